//! Pools: many threads or tasks, and few connections, each used by one at a time.
//!
//! A client is one connection, and every call borrows it exclusively, so it is not shared. A pool makes
//! clients as they are needed, up to a limit, and lends them:
//!
//! | pool | for | who has none free |
//! |---|---|---|
//! | [`blocking::Pool`], `minimc::net::Pool` | threads | waits, or fails at once |
//! | `tokio::Pool`, `minimc::tokio::Pool` | tasks | waits, or fails at once |
//! | [`PerThread`], `minimc::net::PerThread` | a thread its own | cannot be |
//!
//! ```no_run
//! use minimc::{Error, Expiry};
//!
//! # fn main() -> Result<(), Error> {
//! let pool = minimc::net::Pool::connect_lazy("127.0.0.1:11211");
//! std::thread::scope(|scope| {
//!     for n in 0..100 {
//!         let pool = &pool;
//!         scope.spawn(move || {
//!             let mut client = pool.checkout()?;
//!             client.set("last", &format!("thread {n}"), Expiry::NEVER)
//!         });
//!     }
//! });
//! # Ok(())
//! # }
//! ```
//!
//! Who comes from pylibmc finds `ClientPool` in [`blocking::Pool`] (its `reserve` in
//! [`try_checkout`](blocking::Pool::try_checkout), with `block=True` in
//! [`checkout`](blocking::Pool::checkout), `queue.Empty` in
//! [`PoolExhausted`](crate::ErrorKind::PoolExhausted)), and `ThreadMappedPool` in [`PerThread`]. There, a
//! client goes back however it fared; here only if the next one cannot tell.
//!
//! That a client is used by one at a time is a matter of types:
//!
//! ```compile_fail,E0596
//! # fn main() -> Result<(), minimc::Error> {
//! let pool = minimc::net::Pool::connect_lazy("127.0.0.1:11211");
//! let client = pool.checkout()?;
//! let shared = &client;
//! shared.get("key")?; // cannot borrow as mutable
//! # Ok(())
//! # }
//! ```
//!
//! # What is handed on
//!
//! Who drops the guard gives the client back. It is kept for the next one if its connection is whole:
//!
//! - A connection that broke, or was closed, is dropped. So is one whose holder panicked: nobody knows
//!   what it was in the middle of.
//! - One on which a call was abandoned (a dropped future, a stream that was not read to its end, a
//!   pipeline whose replies were not received) is kept: requests that have not left are withdrawn, and
//!   the replies that are owed are dropped by the next call, which gets its own. It is dropped where
//!   they could not be told apart, as where half a value has left.
//! - One that has [rested](PoolOptions::max_idle) or [lived](PoolOptions::max_lifetime) too long is
//!   dropped at the next checkout. There is no thread in the background.
//!
//! Of those that rest, the one used last is lent first, so that those that are not needed grow old.
//!
//! What a holder sets with `set_dialect` or `learn_dialect` stays with that client, for who has it next.
//! Set it by the [options](crate::Options) of all.
//!
//! # What a checkout costs
//!
//! No round trip, and nothing else on the network: nobody asks an idle connection how it is. The first
//! call on it finds out whether the server closed it, connects again, and is repeated where that does no
//! harm: see [`Options::retry`](crate::Options::retry). A client is made without connecting, too: that
//! the server is down is the error of the first call.
//!
//! # After a fork
//!
//! A process that forks shares its sockets with its child. If both use one, each may read the other's
//! replies. minimc does not find out: it would have to ask for its process before every call. So a
//! child must not use a pool, or a client, that was made before the fork. It makes its own.
//!
//! What it inherits it had better leave alone. It may drop a blocking pool or client: nothing is sent,
//! and the parent's connections stay open (`quit` would close them). But a lock that another thread held
//! at the fork stays locked in the child. And nothing of tokio survives a fork: who drops a socket there
//! takes it out of the epoll instance that the parent waits at, too.

pub mod blocking;
mod guard;
mod home;
mod idle;
mod per_thread;
#[cfg(feature = "tokio")]
pub mod tokio;
mod turns;

pub use guard::Pooled;
pub use per_thread::PerThread;

use core::time::Duration;

use minimc_core::Storage;

use crate::transport::Transport;

/// What can be chosen about a pool. The defaults are meant for most.
///
/// ```
/// use core::time::Duration;
/// use minimc::pool::PoolOptions;
///
/// let options = PoolOptions {
///     size: 4,
///     wait: Duration::from_millis(100),
///     ..PoolOptions::default()
/// };
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct PoolOptions {
    /// How many clients there are at most, those that are lent and those that rest: 10 by default. With
    /// 0 every checkout fails.
    pub size: usize,

    /// How long a checkout waits for a client while all are lent: 5 s by default. `Duration::ZERO` is
    /// not at all, `Duration::MAX` for ever. The calls' own time limit begins with each call.
    pub wait: Duration,

    /// How long a client may rest and still be lent: 60 s by default, `None` is for ever. Take less
    /// than the server's `-o idle_timeout` (which is off unless set), and than that of any firewall on
    /// the way.
    pub max_idle: Option<Duration>,

    /// How long after it was made a client is still lent: by default for ever. It spreads connections
    /// over servers that came later behind the same address.
    pub max_lifetime: Option<Duration>,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self {
            size: 10,
            wait: Duration::from_secs(5),
            max_idle: Some(Duration::from_secs(60)),
            max_lifetime: None,
        }
    }
}

/// What a pool can lend: a client, or what a program wraps around one.
pub trait Poolable {
    /// Ends what a holder has left unfinished, without waiting; `false` if nobody else can have it.
    ///
    /// What it leaves behind must be nobody's: no call of the next holder may get the reply to one of
    /// the last.
    fn recycle(&mut self) -> bool;
}

impl<T: Transport, S: Storage, const N: usize> Poolable for crate::Client<T, S, N> {
    fn recycle(&mut self) -> bool {
        self.let_go()
    }
}

impl<T: Transport, S: Storage, const N: usize> Poolable for crate::blocking::Client<T, S, N> {
    fn recycle(&mut self) -> bool {
        self.let_go()
    }
}
