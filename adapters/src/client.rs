//! The one driver: moves bytes between a transport and a connection. Written once, async.

use minimc_core::command::{Batch, Command, Get};
use minimc_core::{
    Connection, Entry, Error, ErrorKind, Expiry, Fate, Gap, IntoKey, Piece, Storage,
};

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
/// [`Stream`] or [`Many`] dropped before its end.
#[derive(Debug)]
pub struct Client<T, S, const N: usize = 4> {
    pub(crate) transport: T,
    connection: Connection<S, N>,
    options: Options,
    connected: bool,
    /// Whether the owed replies are those to what was [sent](Self::send) and may be
    /// [received](Self::receive). Not while a future that could be dropped is on its way: what
    /// that leaves behind is nobody's.
    by_hand: bool,
    /// How many of the owed replies a [`receive`](Self::receive) has told to be lost.
    told: usize,
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
        let mut connection = Connection::new(options.protocol, sending, receiving)?;
        connection.set_item_limit(options.item_limit);
        Ok(Self {
            transport,
            connection,
            options,
            connected: false,
            by_hand: false,
            told: 0,
        })
    }

    /// Carries out one command.
    ///
    /// Fails with a [`Fate`] that tells what became of a write. A reply that an earlier call gave
    /// up is dropped first.
    pub async fn call<C: Command>(&mut self, command: &C) -> Result<C::Reply<'_>, Error> {
        self.exchange(command).await?;
        self.connection.reply::<C>()
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
        let mut index = 0;
        loop {
            if self.connection.is_broken() {
                self.lose(ErrorKind::Closed.into(), &mut index, &mut each);
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
                    Ok(None) => {}
                    Ok(gap @ Some(_)) => {
                        if let Err(error) = self.write(gap).await {
                            self.lose(error, &mut index, &mut each);
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
            if self.connection.owed() > 0 {
                match self.next_reply().await {
                    Ok(()) => {}
                    Err(error) => self.lose(error, &mut index, &mut each),
                }
                // Take every reply that has come before sending more.
                while self.connection.owed() > 0
                    && self.connection.arrived().is_ok_and(|there| there)
                {
                    each(index, self.connection.reply::<C>());
                    index += 1;
                }
                self.transport.begin(self.options.timeout);
            } else if let Some(error) = refused.take() {
                each(index, Err(error));
                index += 1;
            } else if !self.connection.is_broken() {
                return Ok(());
            }
        }
    }

    /// Starts a [`Batch`]: its items come one by one from [`Many::next`].
    pub async fn batch<B: Batch>(&mut self, batch: B) -> Result<Many<'_, B, T, S, N>, Error> {
        self.start().await?;
        Ok(Many {
            client: self,
            batch,
        })
    }

    /// Gets a value of any length in pieces; `None` if there is no such item. The receive storage
    /// bounds a piece, not the value.
    pub async fn open<'k>(
        &mut self,
        key: impl IntoKey<'k>,
    ) -> Result<Option<Stream<'_, T, S, N>>, Error> {
        let get = Get::new(key.into_key()?);
        match self.opened(&get).await? {
            Some(entry) => Ok(Some(Stream {
                client: self,
                entry,
                done: false,
                renews: true,
            })),
            None => Ok(None),
        }
    }

    /// Queues a command without waiting for its reply: for pipelines by hand. Take the reply with
    /// [`receive`](Self::receive); any other call gives it up, and so does dropping the future of
    /// a `send` or `receive` before it is ready.
    ///
    /// Fails with [`Full`](ErrorKind::Full) where replies must be received first.
    pub async fn send<C: Command>(&mut self, command: &C) -> Result<(), Error> {
        if self.by_hand && !self.connection.is_broken() {
            self.transport.begin(self.options.timeout);
        } else {
            self.start().await?;
        }
        let gap = self.connection.send(command)?;
        self.by_hand = false;
        if gap.is_some() {
            self.write(gap).await.map_err(|error| self.lost(error))?;
        }
        self.by_hand = true;
        Ok(())
    }

    /// Takes the reply to the oldest command that was [sent](Self::send) and not received.
    pub async fn receive<C: Command>(&mut self) -> Result<C::Reply<'_>, Error> {
        if !self.by_hand || self.connection.owed() <= self.told {
            return Err(ErrorKind::OutOfOrder.into());
        }
        self.transport.begin(self.options.timeout);
        self.by_hand = false;
        let arrived = self.next_reply().await;
        self.by_hand = true;
        if let Err(error) = arrived {
            let fate = self.connection.fate(self.told);
            self.connection.fail();
            self.told += 1;
            return Err(error.with_fate(fate));
        }
        self.connection.reply::<C>()
    }

    /// Closes the connection; the next call opens a new one.
    pub fn disconnect(&mut self) {
        self.transport.close();
        self.connection.reset();
        self.connected = false;
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

    /// Sends a command and waits until its reply is there, once more if that does no harm.
    async fn exchange<C: Command>(&mut self, command: &C) -> Result<(), Error> {
        self.transport.begin(self.options.timeout);
        let reused = self.ready().await?;
        let Err(error) = self.attempt(command).await else {
            return Ok(());
        };
        if reused && self.repeats(error, C::IS_READ) {
            self.ready().await?;
            return self.attempt(command).await;
        }
        Err(error)
    }

    async fn attempt<C: Command>(&mut self, command: &C) -> Result<(), Error> {
        let gap = self.connection.send(command)?;
        let sent = self.write(gap).await;
        let received = match sent {
            // Nothing was owed before: there is nothing to look at yet.
            Ok(()) => self.receive_reply().await,
            failed => failed,
        };
        received.map_err(|error| self.lost(error))
    }

    /// [`open`](Self::open) up to the first piece.
    async fn opened(&mut self, get: &Get<'_>) -> Result<Option<Entry>, Error> {
        self.transport.begin(self.options.timeout);
        let reused = self.ready().await?;
        match self.try_open(get).await {
            Err(error) if reused && self.repeats(error, true) => {
                self.ready().await?;
                self.try_open(get).await
            }
            opened => opened,
        }
    }

    async fn try_open(&mut self, get: &Get<'_>) -> Result<Option<Entry>, Error> {
        self.connection.send(get)?;
        let sent = self.write(None).await;
        let received = match sent {
            Ok(()) => self.piece_arrive().await,
            failed => failed,
        };
        received.map_err(|error| self.lost(error))?;
        match self.connection.piece()? {
            Some(Piece::Start(entry)) => Ok(Some(entry)),
            Some(Piece::End) => Ok(None),
            _ => Err(ErrorKind::Malformed.into()),
        }
    }

    /// Whether a failed operation may be repeated on a new connection.
    fn repeats(&self, error: Error, is_read: bool) -> bool {
        let lost = matches!(error.kind(), ErrorKind::Closed | ErrorKind::Io { .. });
        self.options.retry && lost && (is_read || error.fate() == Fate::NotSent)
    }

    /// Begins an operation on a connection that owes nothing.
    pub(crate) async fn start(&mut self) -> Result<(), Error> {
        self.transport.begin(self.options.timeout);
        self.ready().await.map(|_| ())
    }

    /// Sees to it that there is a connection and that it owes nothing; `true` if it was there
    /// before.
    async fn ready(&mut self) -> Result<bool, Error> {
        (self.by_hand, self.told) = (false, 0);
        // While replies are owed, that bytes came says nothing against the connection.
        if self.connected && self.settle().await.is_ok() && self.transport.is_alive() {
            return Ok(true);
        }
        self.disconnect();
        self.transport
            .connect()
            .await
            .map_err(|error| error.with_fate(Fate::NotSent))?;
        self.connected = true;
        Ok(false)
    }

    /// Withdraws what has not left, sends the rest of a request that left in part, and drops the
    /// replies nobody waits for.
    async fn settle(&mut self) -> Result<(), Error> {
        self.connection.abandon();
        self.write(None).await?;
        if self.connection.settle()? {
            return Ok(());
        }
        self.transport.push().await?;
        let mut left = self.options.settle_limit;
        loop {
            let count = self.fill().await?;
            left = left.checked_sub(count).ok_or(ErrorKind::Closed)?;
            if self.connection.settle()? {
                return Ok(());
            }
        }
    }

    /// Writes everything that is queued.
    async fn write(&mut self, gap: Option<Gap<'_>>) -> Result<(), Error> {
        while self.connection.is_sending() {
            let parts = self.connection.outgoing(gap.as_ref());
            match self.transport.write(parts).await? {
                0 => return Err(ErrorKind::Closed.into()),
                count => self.connection.sent(count),
            }
        }
        Ok(())
    }

    /// Writes what is queued and waits for the oldest reply.
    async fn next_reply(&mut self) -> Result<(), Error> {
        self.write(None).await?;
        self.arrive().await
    }

    async fn arrive(&mut self) -> Result<(), Error> {
        if self.connection.arrived()? {
            return Ok(());
        }
        self.receive_reply().await
    }

    /// Reads until the oldest reply is there.
    async fn receive_reply(&mut self) -> Result<(), Error> {
        self.transport.push().await?;
        loop {
            self.fill().await?;
            if self.connection.arrived()? {
                return Ok(());
            }
        }
    }

    async fn piece_arrive(&mut self) -> Result<(), Error> {
        if self.connection.piece_arrived()? {
            return Ok(());
        }
        self.transport.push().await?;
        loop {
            self.fill().await?;
            if self.connection.piece_arrived()? {
                return Ok(());
            }
        }
    }

    /// Reads once.
    async fn fill(&mut self) -> Result<usize, Error> {
        match self.transport.read(self.connection.space()).await? {
            0 => Err(ErrorKind::Closed.into()),
            count => {
                self.connection.filled(count);
                Ok(count)
            }
        }
    }

    /// Breaks the connection; the error gets the fate of the oldest request.
    fn lost(&mut self, error: Error) -> Error {
        let fate = self.connection.fate(0);
        self.connection.fail();
        error.with_fate(fate)
    }

    /// Breaks the connection, and tells every request on it its fate.
    fn lose<R>(
        &mut self,
        error: Error,
        index: &mut usize,
        each: &mut impl FnMut(usize, Result<R, Error>),
    ) {
        for owed in 0..self.connection.owed() {
            each(*index, Err(error.with_fate(self.connection.fate(owed))));
            *index += 1;
        }
        self.connection.reset();
        self.connection.fail();
    }
}

/// A value that is got in pieces. It may be dropped at any time.
#[derive(Debug)]
#[must_use = "the value is in its pieces"]
pub struct Stream<'c, T, S, const N: usize> {
    client: &'c mut Client<T, S, N>,
    entry: Entry,
    done: bool,
    /// Whether the time limit begins anew with every piece.
    renews: bool,
}

impl<T: Transport, S: Storage, const N: usize> Stream<'_, T, S, N> {
    /// The value's length in bytes, its flags and CAS value.
    pub fn entry(&self) -> Entry {
        self.entry
    }

    /// The same as a part of one operation, which began with [`Client::open`].
    pub(crate) fn within_the_limit(self) -> Self {
        Self {
            renews: false,
            ..self
        }
    }

    /// The next bytes of the value: at least one, at most what the receive storage holds. `None`
    /// at its end, not before: a value cut short is an error. Every piece has the operation's time
    /// limit anew.
    pub async fn next(&mut self) -> Result<Option<&[u8]>, Error> {
        if self.done {
            return Ok(None);
        }
        let client = &mut *self.client;
        if self.renews {
            client.transport.begin(client.options.timeout);
        }
        if let Err(error) = client.piece_arrive().await {
            return Err(client.lost(error));
        }
        match client.connection.piece()? {
            Some(Piece::Bytes(bytes)) => Ok(Some(bytes)),
            Some(Piece::End) => {
                self.done = true;
                Ok(None)
            }
            _ => Err(ErrorKind::Malformed.into()),
        }
    }
}

/// The items of a batch, as they arrive. It may be dropped at any time.
#[derive(Debug)]
#[must_use = "a batch does nothing until its items are asked for"]
pub struct Many<'c, B, T, S, const N: usize> {
    client: &'c mut Client<T, S, N>,
    batch: B,
}

impl<B: Batch, T: Transport, S: Storage, const N: usize> Many<'_, B, T, S, N> {
    /// The next item; `None` when all were answered. Every item has the operation's time limit
    /// anew.
    ///
    /// An error may concern one item, or the link: then the rest of the items is lost, and every
    /// further call fails.
    pub async fn next(&mut self) -> Result<Option<B::Item<'_>>, Error> {
        loop {
            if !self.arrive().await? {
                return Ok(None);
            }
            if !self.client.connection.is_group_end() {
                break;
            }
            self.client.connection.item(&mut self.batch)?;
        }
        self.client.connection.item(&mut self.batch)
    }

    /// Waits for the next item or end of a group; `false` when there is none to wait for.
    async fn arrive(&mut self) -> Result<bool, Error> {
        let client = &mut *self.client;
        client.transport.begin(client.options.timeout);
        if client.connection.arrived()? {
            return Ok(true);
        }
        loop {
            match client.connection.send_batch(&mut self.batch) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) if error.kind() == ErrorKind::Full && client.connection.owed() > 0 => {
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        if client.connection.owed() == 0 {
            return Ok(false);
        }
        match client.next_reply().await {
            Ok(()) => Ok(true),
            Err(error) => Err(client.lost(error)),
        }
    }
}
