//! One connection shared by any number of tasks, which pipelines what they ask.
//!
//! A [`Shared`] is a handle; its clones are handles to the same connection. A task that asks for something
//! puts its request behind those of the others and waits for its own reply: the requests of many tasks leave
//! in one write, and the replies to them come in one read. On one core that serves several times as many
//! small requests as a [pool](crate::pool) does, for which each costs two system calls.
//!
//! ```no_run
//! use minimc::{Error, Expiry, tokio::Shared};
//!
//! # async fn example() -> Result<(), Error> {
//! let cache = Shared::connect("127.0.0.1:11211").await?;
//! for n in 0..1000 {
//!     let cache = cache.clone();
//!     tokio::spawn(async move {
//!         cache.set(&format!("key{n}"), "value", Expiry::seconds(60)).await?;
//!         cache.get(&format!("key{n}")).await
//!     });
//! }
//! # Ok(())
//! # }
//! ```
//!
//! - **Back-pressure.** At most 512 requests, of 16 KiB in all, are on their way; who comes then waits until
//!   there is room, in the order of coming. So the memory of a connection is bounded, however many tasks there
//!   are: each reply is copied to who waits for it.
//! - **Giving up.** A future that is dropped leaves the others untouched: its reply is dropped when it comes.
//! - **Losing the connection.** Each who waits learns what became of its own request ([`Fate`]).
//!   Reads, and writes that had not left, are repeated once on the next connection, if
//!   [`Options::retry`](crate::Options::retry) is on. The next call connects. When that fails, calls fail at once with the same error
//!   for a while, from 50 ms on and up to 2 s: a server that is down is an error, and no crowd at its door.
//! - **Time limit.** A request has [`Options::timeout`](crate::Options::timeout) to be sent, and as long
//!   to be answered. One that is not breaks the connection, for what is behind it is late as well; all who
//!   wait on it are told.
//! - **Large values.** A value of more than 8 KiB goes out on a second connection, so that the small ones
//!   need not wait behind it. A large one that comes in does hold up those behind it, and is copied three
//!   times before it is the caller's: where values are large, a [`Client`](crate::Client) lends them, or
//!   reads them straight into place.
//!
//! Many servers, each behind a connection of this kind, are a [`SharedCluster`].
//!
//! A task of its own, the dispatcher, moves the bytes; it is spawned on the runtime of the first call, and
//! ends when the last handle is dropped. Where its runtime is shut down under it, all who wait are told, and the
//! next call spawns another. A runtime that is there and that nobody drives, as one of a single thread outside
//! of `block_on`, moves nothing: calls from other runtimes wait for it. What is not here, as batches and
//! streams, is for a [`Client`](crate::Client).

mod cluster;
mod dispatch;
mod hub;
mod items;
mod line;
mod slots;
mod verbs;

pub use cluster::SharedCluster;
pub use items::{IntoIter, Items, Iter};

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::fmt;
use core::future::poll_fn;
use core::task::Poll;

use ::tokio::time::timeout;
use minimc_core::command::Command;
use minimc_core::{Error, ErrorKind, Expiry, Fate, RawReply};

use crate::client::Failure;
use crate::options::Options;
use crate::transport::tokio::Client;
use crate::transport::unix_time;
use hub::{Hub, Waiting};

/// A handle to a connection that tasks share; see the [module](self).
///
/// Any of its futures may be dropped at any point. What it had asked for may have happened or not, as with
/// a timeout.
#[derive(Clone)]
pub struct Shared {
    handles: Arc<Handles>,
}

/// What all handles have in common.
struct Handles {
    hub: Arc<Hub>,
    /// For values that are too large for the hub.
    aside: ::tokio::sync::Mutex<Client>,
}

impl Drop for Handles {
    fn drop(&mut self) {
        self.hub.close();
    }
}

impl Shared {
    /// Connects to `host`, `host:port` or the Unix socket `/path`, with the default
    /// [`Options`].
    ///
    /// Fails if it cannot, as the calls do later.
    pub async fn connect(address: &str) -> Result<Self, Error> {
        Self::connect_with(address, Options::default()).await
    }

    /// The same with [`Options`].
    pub async fn connect_with(address: &str, options: Options) -> Result<Self, Error> {
        let shared = Self::connect_lazy_with(address, options)?;
        shared.noop().await?;
        Ok(shared)
    }

    /// A handle whose first call connects.
    pub fn connect_lazy(address: &str) -> Result<Self, Error> {
        Self::connect_lazy_with(address, Options::default())
    }

    /// The same with [`Options`].
    pub fn connect_lazy_with(address: &str, options: Options) -> Result<Self, Error> {
        let aside = Client::lazy(address, options.clone())?;
        let hub = Arc::new(Hub::new(address, options)?);
        let aside = ::tokio::sync::Mutex::new(aside);
        Ok(Self {
            handles: Arc::new(Handles { hub, aside }),
        })
    }

    /// Carries out one command whose reply lends nothing.
    ///
    /// Fails with a [`Fate`] that tells what became of a write.
    pub async fn call<C, R>(&self, command: &C) -> Result<R, Error>
    where
        C: for<'b> Command<Reply<'b> = R>,
    {
        self.call_with(command, |reply| reply).await
    }

    /// Carries out one command, and makes something of its reply.
    pub async fn call_with<C: Command, R>(
        &self,
        command: &C,
        make: impl FnOnce(C::Reply<'_>) -> R,
    ) -> Result<R, Error> {
        self.exchange(command, |reply| Ok(make(reply))).await
    }

    /// The same; to make [`Malformed`](ErrorKind::Malformed) of a reply, which no server gives then, costs
    /// the connection.
    async fn exchange<C: Command, R>(
        &self,
        command: &C,
        make: impl FnOnce(C::Reply<'_>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let waiting = match self.handles.hub.queue(command).await {
            Ok(waiting) => waiting,
            // It does not fit, even if nothing else is on its way.
            Err(error) if error.kind() == ErrorKind::Full => {
                return self.call_aside(command, make).await;
            }
            Err(error) => return Err(error),
        };
        let failure = match ended(waiting).await {
            Ok(reply) => return self.decode::<C, R>(reply, make),
            Err(failure) => failure,
        };
        if !self.repeats(failure, C::IS_READ) {
            return Err(failure.into());
        }
        let reply = ended(self.handles.hub.queue(command).await?).await?;
        self.decode::<C, R>(reply, make)
    }

    /// Whether what was lost so is repeated, as it does no harm.
    fn repeats(&self, failure: Failure, is_read: bool) -> bool {
        let is_lost = matches!(failure.kind, ErrorKind::Closed | ErrorKind::Io { .. });
        self.options().retry && is_lost && (is_read || failure.fate == Fate::NotSent)
    }

    fn decode<C: Command, R>(
        &self,
        reply: Reply,
        make: impl FnOnce(C::Reply<'_>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let made = reply.raw.over(&reply.bytes).decode::<C>().and_then(make);
        if is_malformed(&made) {
            self.handles.hub.distrust(reply.epoch);
        }
        if reply.bytes.capacity() <= SPARE_LIMIT {
            SPARE.set(reply.bytes);
        }
        made
    }

    /// The same on the second connection.
    async fn call_aside<C: Command, R>(
        &self,
        command: &C,
        make: impl FnOnce(C::Reply<'_>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let aside = timeout(self.options().timeout, self.handles.aside.lock());
        let Ok(mut client) = aside.await else {
            return Err(Error::new(ErrorKind::TimedOut).with_fate(Fate::NotSent));
        };
        let made = client.call(command).await.and_then(make);
        if is_malformed(&made) {
            client.distrust();
        }
        if let Some(contact) = client.contacts.take() {
            self.handles.hub.lock().contact = Some(contact);
        }
        made
    }

    /// The options.
    pub fn options(&self) -> &Options {
        &self.handles.hub.options
    }

    fn resolve(&self, expiry: Expiry) -> Expiry {
        match unix_time() {
            Some(now) if expiry.needs_clock() => expiry.since(now),
            _ => expiry,
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hub = &self.handles.hub;
        f.debug_struct("Shared")
            .field("address", &hub.address)
            .field("phase", &hub.lock().phase)
            .finish_non_exhaustive()
    }
}

std::thread_local! {
    /// A buffer for the next reply that is taken on this thread: it goes to the slot, whose own is taken.
    static SPARE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Larger buffers are not kept.
const SPARE_LIMIT: usize = 4 * 1024;

/// A reply as it came.
struct Reply {
    raw: RawReply<'static>,
    bytes: Vec<u8>,
    epoch: u64,
}

fn is_malformed<R>(made: &Result<R, Error>) -> bool {
    matches!(made, Err(error) if error.kind() == ErrorKind::Malformed)
}

async fn ended(mut waiting: Waiting<'_>) -> Result<Reply, Failure> {
    // Taken only when there is something to exchange it for: others on this thread want it meanwhile.
    let (raw, bytes) = poll_fn(|context| {
        let mut bytes = SPARE.take();
        let ending = waiting.poll(context, &mut bytes);
        if ending.is_pending() {
            SPARE.set(bytes);
            return Poll::Pending;
        }
        ending.map_ok(|raw| (raw, bytes))
    })
    .await?;
    Ok(Reply {
        raw,
        bytes,
        epoch: waiting.epoch,
    })
}
