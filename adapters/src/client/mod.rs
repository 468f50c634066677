//! The one driver of a connection over a transport: written once, async.

mod contact;
mod drive;
mod greet;
mod lines;
mod many;
mod stream;
mod upload;

#[cfg(feature = "std")]
pub use contact::Contact;
pub use lines::{Events, Lines};
pub use many::{Many, Outcome};
pub use stream::Stream;
pub use upload::Upload;

#[cfg(feature = "tokio")]
pub(crate) use contact::has_failed;
#[cfg(feature = "tokio")]
pub(crate) use drive::Failure;
/// The traits of readers and writers of this colour.
pub(crate) use embedded_io_async as io;

use minimc_core::command::{Batch, Command, Get, Quit, Watch};
use minimc_core::{Connection, Dialect, Error, ErrorKind, Expiry, Fate, IntoKey, Storage};

use contact::Contacts;

use crate::options::Options;
use crate::transport::Transport;

/// A client over any [`Transport`], in any [`Storage`], with up to `N` replies owed at a time.
///
/// It connects with the first call, and connects again with the next call after the connection
/// was lost. A server that is down is an error, never a miss.
///
/// # Cancel safety
///
/// Any future of a client may be dropped at any point. What it had asked for may have happened or
/// not, as with a timeout; the next call gets its own reply all the same. The same holds for a
/// [`Stream`], [`Many`] or [`Upload`] dropped before its end.
#[derive(Debug)]
pub struct Client<T, S, const N: usize = 4> {
    pub(crate) transport: T,
    pub(crate) connection: Connection<S, N>,
    options: Options,
    connected: bool,
    /// Whether the owed replies are those to what was [sent](Self::send) and may be
    /// [received](Self::receive). Not while a future that could be dropped is on its way: what
    /// that leaves behind is nobody's.
    by_hand: bool,
    /// How many of them were not received, nor told to be lost. One more may be owed: that of which
    /// a reply too large was told.
    waiting: usize,
    pub(crate) contacts: Contacts,
}

impl<T: Transport, S: Storage, const N: usize> Client<T, S, N> {
    /// A client over `transport`, with storage for sending and for receiving: at least
    /// [`Connection::STORAGE`] bytes each. See there for how to size them.
    pub fn new(transport: T, sending: S, receiving: S) -> Result<Self, Error> {
        Self::with_options(transport, sending, receiving, Options::default())
    }

    /// The same with [`Options`].
    pub fn with_options(
        transport: T,
        sending: S,
        receiving: S,
        options: Options,
    ) -> Result<Self, Error> {
        Ok(Self {
            transport,
            connection: Self::connection(&options, sending, receiving)?,
            options,
            connected: false,
            by_hand: false,
            waiting: 0,
            contacts: Contacts::default(),
        })
    }

    /// A connection that is as the options want it.
    pub(crate) fn connection(
        options: &Options,
        sending: S,
        receiving: S,
    ) -> Result<Connection<S, N>, Error> {
        let mut connection = Connection::new(options.protocol, sending, receiving)?;
        connection.set_item_limit(options.item_limit);
        connection.set_dialect(options.dialect);
        connection.set_prefix(options.prefix);
        Ok(connection)
    }

    /// Carries out one command.
    ///
    /// Fails with a [`Fate`] that tells what became of a write. A reply that an earlier call gave
    /// up is dropped first.
    pub async fn call<C: Command>(&mut self, command: &C) -> Result<C::Reply<'_>, Error> {
        self.exchange(command).await?;
        self.reply::<C>()
    }

    /// Carries out any number of commands, as many at a time as fit: each reply goes to `each`
    /// with the index of its command, in order. The time limit runs anew with every reply.
    ///
    /// When the connection is lost on the way, every command that was on it gets an error with
    /// its own fate. The call fails if there are others, which were not sent.
    // An `Iterator`, not an `IntoIterator`: with the latter the future of a mapped iterator over
    // borrowed keys is not `Send` in the eyes of the compiler.
    pub async fn call_each<C, I, F>(&mut self, mut commands: I, mut each: F) -> Result<(), Error>
    where
        C: Command,
        I: Iterator<Item = C>,
        F: for<'b> FnMut(usize, Result<C::Reply<'b>, Error>),
    {
        self.start().await?;
        let mut refused = None;
        let mut waiting = None;
        let (mut index, mut queued) = (0, 0);
        let mut lost = ErrorKind::Closed;
        loop {
            if self.connection.is_broken() {
                self.lose(lost, queued - index, &mut index, &mut each);
                let rest = refused.is_some() || waiting.is_some() || commands.next().is_some();
                let error = Error::new(ErrorKind::Closed).with_fate(Fate::NotSent);
                return if rest { Err(error) } else { Ok(()) };
            }
            // Queue what fits; what cannot be sent at all waits for its turn to be told.
            while refused.is_none() {
                let Some(command) = waiting.take().or_else(|| commands.next()) else {
                    break;
                };
                match self.connection.send(&command) {
                    Ok(gap) => {
                        queued += 1;
                        if gap.is_some()
                            && let Err(kind) = self.write(gap).await
                        {
                            self.lose(kind, queued - index, &mut index, &mut each);
                            break;
                        }
                    }
                    Err(error) if error.kind() == ErrorKind::Full && self.connection.owed() > 0 => {
                        waiting = Some(command);
                        break;
                    }
                    Err(error) => refused = Some(error),
                }
            }
            // The rest of a reply that was too large may be left to the next operation.
            if index < queued || waiting.is_some() {
                let mut arrived = self.next_reply().await;
                // Take every reply that has come before sending more.
                while arrived.is_ok() && self.connection.owed() > 0 {
                    match self.connection.arrived() {
                        Ok(true) => {
                            let reply = self.connection.reply::<C>();
                            if index == 0
                                && let Err(error) = &reply
                                && error.kind() == ErrorKind::TooManyConnections
                            {
                                // The server has read nothing.
                                lost = error.kind();
                            }
                            each(index, reply);
                            index += 1;
                            if self.connection.is_broken() {
                                break;
                            }
                        }
                        Ok(false) => break,
                        Err(kind) => arrived = Err(kind),
                    }
                }
                if let Err(kind) = arrived {
                    self.lose(kind, queued - index, &mut index, &mut each);
                }
                self.transport.begin(self.options.timeout);
            } else if let Some(error) = refused.take() {
                each(index, Err(error));
                index += 1;
                queued += 1;
            } else if !self.connection.is_broken() {
                return Ok(());
            }
        }
    }

    /// Starts a [`Batch`]: the outcomes of its requests come one by one from [`Many::next`].
    pub async fn batch<B: Batch>(&mut self, batch: B) -> Result<Many<'_, B, T, S, N>, Error> {
        let reused = self.start().await?;
        Ok(Many::new(self, batch, reused))
    }

    /// Starts a batch of one request that [lines](Batch::IS_LINES) answer: what they say comes one by
    /// one from [`Lines::next`].
    pub async fn lines<B: Batch<Name = ()>>(
        &mut self,
        batch: B,
    ) -> Result<Lines<'_, B, T, S, N>, Error> {
        self.batch(batch).await.map(Lines::new)
    }

    /// Watches what the server does: see [`Watch`]. From the time this returns no event is missed,
    /// but those that [`Events::next_within`] tells to be skipped.
    ///
    /// Fails with [`Refused`](ErrorKind::Refused) where the server has watchers enough.
    pub async fn watch(&mut self, watch: Watch) -> Result<Events<'_, T, S, N>, Error> {
        Events::begin(self.batch(watch).await?).await
    }

    /// Gets a value of any length in pieces; `None` if there is no such item. The receive storage
    /// bounds a piece, not the value.
    pub async fn open<'k>(
        &mut self,
        key: impl IntoKey<'k>,
    ) -> Result<Option<Stream<'_, T, S, N>>, Error> {
        let get = Get::new(key.into_key()?);
        match self.opened(&get).await? {
            Some(entry) => Ok(Some(Stream::new(self, entry))),
            None => Ok(None),
        }
    }

    /// Queues a command without waiting for its reply: for pipelines by hand. Take the reply with
    /// [`receive`](Self::receive); any other call gives it up, and so does dropping the future of
    /// a `send` or `receive` before it is ready.
    ///
    /// Fails with [`Full`](ErrorKind::Full) where replies must be received first; and when the
    /// connection was lost, until each reply that was on it is [received](Self::receive) as lost.
    pub async fn send<C: Command>(&mut self, command: &C) -> Result<(), Error> {
        if !self.by_hand || self.waiting == 0 {
            self.start().await?;
        } else if self.connection.is_broken() {
            return Err(Error::new(ErrorKind::Closed).with_fate(Fate::NotSent));
        } else {
            self.transport.begin(self.options.timeout);
        }
        let gap = self.connection.send(command)?;
        self.by_hand = false;
        self.waiting += 1;
        if gap.is_some() {
            self.write(gap).await.map_err(|kind| self.lost(kind))?;
        }
        self.by_hand = true;
        Ok(())
    }

    /// Writes out what was [sent](Self::send), and waits for nothing. When it fails the connection is
    /// broken, and what was on it is lost. The replies are nobody's, for the caller may be dropped while
    /// it waits for others, until it [takes them up](Self::take_up).
    pub(crate) async fn flush(&mut self) -> Result<(), Error> {
        self.transport.begin(self.options.timeout);
        self.by_hand = false;
        let mut written = self.write(None).await;
        if written.is_ok() {
            written = self.transport.push().await;
        }
        written.map_err(|kind| self.lost(kind))?;
        Ok(())
    }

    /// Says that who [flushed](Self::flush) is there still, and [receives](Self::receive).
    pub(crate) fn take_up(&mut self) {
        self.by_hand = true;
    }

    /// Takes the reply to the oldest command that was [sent](Self::send) and not received.
    pub async fn receive<C: Command>(&mut self) -> Result<C::Reply<'_>, Error> {
        if !self.by_hand || self.waiting == 0 {
            return Err(ErrorKind::OutOfOrder.into());
        }
        self.transport.begin(self.options.timeout);
        self.by_hand = false;
        let arrived = self.next_reply().await;
        self.by_hand = true;
        if let Err(kind) = arrived {
            let oldest = self.connection.owed().saturating_sub(self.waiting);
            let fate = self.connection.fate(oldest);
            self.contacts.lost(kind);
            self.connection.fail();
            self.waiting -= 1;
            return Err(Error::new(kind).with_fate(fate));
        }
        let reply = self.connection.reply::<C>();
        if !matches!(&reply, Err(error) if error.kind() == ErrorKind::OutOfOrder) {
            self.waiting -= 1;
        }
        reply
    }

    /// Closes the connection; the next call opens a new one. What was [sent](Self::send) and not
    /// received is given up.
    pub fn disconnect(&mut self) {
        self.transport.close();
        self.connection.reset();
        self.connected = false;
        self.forget();
    }

    /// Takes leave: asks the server to close the connection, and closes it. That the server does is
    /// success; where the connection was lost before, there is nothing to do. The next call opens a
    /// new one. What was [sent](Self::send) and not received is given up.
    ///
    /// Fails if the server neither closes nor answers in time; the connection is closed all the same.
    pub async fn quit(&mut self) -> Result<(), Error> {
        let left = if self.begin() {
            self.contacts.forgive();
            self.attempt(&Quit).await
        } else {
            Ok(())
        };
        self.disconnect();
        left.or_else(|failure| failure.unless_lost())
    }

    /// Gives up what was [sent](Self::send) and not received.
    pub(crate) fn forget(&mut self) {
        (self.by_hand, self.waiting) = (false, 0);
    }

    /// Gives up whatever is left of earlier calls, without waiting; `false` if the client has no
    /// connection then that another holder could use.
    #[cfg(feature = "std")]
    pub(crate) fn let_go(&mut self) -> bool {
        self.forget();
        self.connection.abandon();
        self.connected && !self.connection.is_broken()
    }

    /// Sets what the server understands, as [`Options::dialect`] does. It is not asked from now on.
    pub fn set_dialect(&mut self, dialect: Dialect) {
        self.options.dialect = dialect;
        self.options.learn_dialect = false;
        self.connection.set_dialect(dialect);
    }

    /// The client's options.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// An expiry of more than 30 days by the transport's clock, if it has one.
    pub(crate) fn resolve(&self, expiry: Expiry) -> Expiry {
        if !expiry.needs_clock() {
            return expiry;
        }
        self.transport
            .unix_time()
            .map_or(expiry, |now| expiry.since(now))
    }
}
