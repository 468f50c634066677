//! The blocking client: the same futures over transports that never wait.

use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;

use minimc_core::command::{Batch, Command, Event, StoreInPieces, Stored, Watch};
use minimc_core::{Dialect, During, Entry, Error, ErrorKind, IntoKey, Storage};

/// The traits of readers and writers of this colour.
pub(crate) use embedded_io as io;

use crate::client::Outcome;
use crate::options::Options;
use crate::transport::{Once, Transport, failed, first};

/// A blocking client over any [`Transport`] whose futures are ready at once, in any [`Storage`],
/// with up to `N` replies owed at a time.
///
/// On hosts that is `minimc::net::Client`; on a microcontroller without an executor
/// a client over [`Io`]. It is [`minimc::Client`](crate::Client) in another colour, with the same
/// guarantees: see there. A future that is not ready at once is an error,
/// [`WouldWait`](ErrorKind::WouldWait), never a spin.
#[derive(Debug)]
pub struct Client<T, S, const N: usize = 4> {
    pub(crate) inner: crate::Client<T, S, N>,
}

impl<T: Transport, S: Storage, const N: usize> Client<T, S, N> {
    /// A client over `transport`, with storage for sending and for receiving: see
    /// [`minimc::Client::new`](crate::Client::new).
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
        let inner = crate::Client::with_options(transport, sending, receiving, options)?;
        Ok(Self { inner })
    }

    /// Carries out one command: see [`minimc::Client::call`](crate::Client::call).
    pub fn call<C: Command>(&mut self, command: &C) -> Result<C::Reply<'_>, Error> {
        // As there, but for the reply, which need not pass through a future.
        now(self.inner.exchange(command))?;
        self.inner.reply::<C>()
    }

    /// Carries out any number of commands, as many at a time as fit: see
    /// [`minimc::Client::call_each`](crate::Client::call_each).
    pub fn call_each<C, I, F>(&mut self, commands: I, each: F) -> Result<(), Error>
    where
        C: Command,
        I: Iterator<Item = C>,
        F: for<'b> FnMut(usize, Result<C::Reply<'b>, Error>),
    {
        now(self.inner.call_each(commands, each))
    }

    /// Starts a [`Batch`]: the outcomes of its requests come one by one from [`Many::next`].
    pub fn batch<B: Batch>(&mut self, batch: B) -> Result<Many<'_, B, T, S, N>, Error> {
        now(self.inner.batch(batch)).map(Many)
    }

    /// Starts a batch of one request that lines answer: see
    /// [`minimc::Client::lines`](crate::Client::lines).
    pub fn lines<B: Batch<Name = ()>>(&mut self, batch: B) -> Result<Lines<'_, B, T, S, N>, Error> {
        now(self.inner.lines(batch)).map(Lines)
    }

    /// Watches what the server does: see [`minimc::Client::watch`](crate::Client::watch).
    pub fn watch(&mut self, watch: Watch) -> Result<Events<'_, T, S, N>, Error> {
        now(self.inner.watch(watch)).map(Events)
    }

    /// Gets a value of any length in pieces: see [`minimc::Client::open`](crate::Client::open).
    pub fn open<'k>(
        &mut self,
        key: impl IntoKey<'k>,
    ) -> Result<Option<Stream<'_, T, S, N>>, Error> {
        now(self.inner.open(key)).map(|stream| stream.map(Stream))
    }

    /// Begins to store a value whose bytes are given piece by piece: see
    /// [`minimc::Client::upload`](crate::Client::upload).
    pub fn upload(&mut self, store: &StoreInPieces<'_>) -> Result<Upload<'_, T, S, N>, Error> {
        now(self.inner.upload(store)).map(Upload)
    }

    /// Queues a command without waiting: see [`minimc::Client::send`](crate::Client::send).
    pub fn send<C: Command>(&mut self, command: &C) -> Result<(), Error> {
        now(self.inner.send(command))
    }

    pub(crate) fn forget(&mut self) {
        self.inner.forget();
    }

    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        now(self.inner.flush())
    }

    pub(crate) fn take_up(&mut self) {
        self.inner.take_up();
    }

    /// Takes the reply to the oldest command that was sent: see
    /// [`minimc::Client::receive`](crate::Client::receive).
    pub fn receive<C: Command>(&mut self) -> Result<C::Reply<'_>, Error> {
        now(self.inner.receive::<C>())
    }

    /// Closes the connection; the next call opens a new one.
    pub fn disconnect(&mut self) {
        self.inner.disconnect();
    }

    /// Takes leave, and closes the connection: see
    /// [`minimc::Client::quit`](crate::Client::quit).
    pub fn quit(&mut self) -> Result<(), Error> {
        now(self.inner.quit())
    }

    /// Sets what the server understands: see
    /// [`minimc::Client::set_dialect`](crate::Client::set_dialect).
    pub fn set_dialect(&mut self, dialect: Dialect) {
        self.inner.set_dialect(dialect);
    }

    /// The client's options.
    pub fn options(&self) -> &Options {
        self.inner.options()
    }

    #[cfg(feature = "std")]
    pub(crate) fn start(&mut self) -> Result<(), Error> {
        now(self.inner.start()).map(drop)
    }

    #[cfg(feature = "std")]
    pub(crate) fn let_go(&mut self) -> bool {
        self.inner.let_go()
    }

    pub(crate) fn learn(&mut self, version: Option<Dialect>) {
        self.inner.learn(version);
    }

    pub(crate) fn distrust(&mut self) -> Error {
        self.inner.distrust()
    }

    pub(crate) fn resolve(&self, expiry: minimc_core::Expiry) -> minimc_core::Expiry {
        self.inner.resolve(expiry)
    }
}

/// A value that is got in pieces. It may be dropped at any time.
#[derive(Debug)]
#[must_use = "the value is in its pieces"]
pub struct Stream<'c, T, S, const N: usize>(crate::client::Stream<'c, T, S, N>);

impl<T: Transport, S: Storage, const N: usize> Stream<'_, T, S, N> {
    /// The value's length in bytes, its flags and CAS value.
    pub fn entry(&self) -> Entry {
        self.0.entry()
    }

    pub(crate) fn within_the_limit(self) -> Self {
        Self(self.0.within_the_limit())
    }

    pub(crate) fn read_into(&mut self, buffer: &mut [u8]) -> Result<(), Error> {
        now(self.0.read_into(buffer))
    }

    /// The next bytes of the value, `None` at its end: see
    /// [`minimc::client::Stream::next`](crate::client::Stream::next).
    #[expect(
        clippy::should_implement_trait,
        reason = "the bytes are lent, as no iterator can"
    )]
    pub fn next(&mut self) -> Result<Option<&[u8]>, Error> {
        now(self.0.next())
    }
}

/// A value that is stored in pieces: [write](Self::write) all of it, then [finish](Self::finish). It may
/// be dropped at any time: see [`minimc::client::Upload`](crate::client::Upload).
#[derive(Debug)]
#[must_use = "the value is not stored until it is finished"]
pub struct Upload<'c, T: Transport, S: Storage, const N: usize>(crate::client::Upload<'c, T, S, N>);

impl<T: Transport, S: Storage, const N: usize> Upload<'_, T, S, N> {
    /// The bytes of the value that were not written yet.
    pub fn left(&self) -> u32 {
        self.0.left()
    }

    /// Sends the next bytes of the value: see
    /// [`minimc::client::Upload::write`](crate::client::Upload::write).
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        now(self.0.write(bytes))
    }

    /// Waits for the server's answer, when all bytes were written: see
    /// [`minimc::client::Upload::finish`](crate::client::Upload::finish).
    pub fn finish(self) -> Result<Stored, Error> {
        now(self.0.finish())
    }
}

/// The outcomes of a batch's requests, as they arrive. It may be dropped at any time.
#[derive(Debug)]
#[must_use = "a batch does nothing until its outcomes are asked for"]
pub struct Many<'c, B, T, S, const N: usize>(crate::client::Many<'c, B, T, S, N>);

impl<B: Batch, T: Transport, S: Storage, const N: usize> Many<'_, B, T, S, N> {
    /// The outcome of the next request, `None` when all were told: see
    /// [`minimc::client::Many::next`](crate::client::Many::next).
    #[expect(
        clippy::should_implement_trait,
        reason = "the outcome is lent, as by no iterator"
    )]
    pub fn next(&mut self) -> Option<Outcome<'_, B>> {
        if let Err(kind) = now(self.0.wait(None)) {
            self.0.lose(kind);
        }
        self.0.take()
    }
}

/// The lines that answer one request, as they arrive. It may be dropped at any time.
#[derive(Debug)]
#[must_use = "nothing is asked for until the first line is"]
pub struct Lines<'c, B, T, S, const N: usize>(crate::client::Lines<'c, B, T, S, N>);

impl<B: Batch<Name = ()>, T: Transport, S: Storage, const N: usize> Lines<'_, B, T, S, N> {
    /// What the next line says, `None` at the end: see
    /// [`minimc::client::Lines::next`](crate::client::Lines::next).
    #[expect(
        clippy::should_implement_trait,
        reason = "the line is lent, as by no iterator"
    )]
    pub fn next(&mut self) -> Result<Option<B::Reply<'_>>, Error> {
        now(self.0.wait())?;
        self.0.take()
    }

    pub(crate) fn finish(&mut self) -> Result<(), Error> {
        now(self.0.finish())
    }
}

/// What a server does, as it happens. Dropping it closes the connection; the next call opens
/// another.
#[derive(Debug)]
#[must_use = "events that nobody asks for are skipped"]
pub struct Events<'c, T: Transport, S: Storage, const N: usize>(crate::client::Events<'c, T, S, N>);

impl<T: Transport, S: Storage, const N: usize> Events<'_, T, S, N> {
    /// The next event, `None` if there was none within `limit`: see
    /// [`minimc::client::Events::next_within`](crate::client::Events::next_within).
    pub fn next_within(&mut self, limit: Duration) -> Result<Option<Event<'_>>, Error> {
        if !now(self.0.wait(limit))? {
            return Ok(None);
        }
        self.0.take()
    }
}

/// A connected stream that speaks [`embedded_io`]'s blocking traits: a modem, a pipe, a TCP stack
/// that is polled by hand.
///
/// It knows neither a clock nor how to connect again: put the deadline into the stream. For
/// embedded-io's async traits there is [`minimc::Io`](crate::Io).
#[derive(Debug)]
pub struct Io<T> {
    stream: Once<T>,
}

impl<T> Io<T> {
    /// A transport over a stream that is connected.
    pub fn new(stream: T) -> Self {
        Self {
            stream: Once::new(stream),
        }
    }
}

impl<T: embedded_io::Read + embedded_io::Write> Transport for Io<T> {
    async fn connect(&mut self) -> Result<(), ErrorKind> {
        self.stream.start()
    }

    async fn read(&mut self, into: &mut [u8]) -> Result<usize, ErrorKind> {
        self.stream
            .get()?
            .read(into)
            .map_err(|error| failed(During::Read, &error))
    }

    async fn write(&mut self, parts: [&[u8]; 3]) -> Result<usize, ErrorKind> {
        self.stream
            .get()?
            .write(first(parts))
            .map_err(|error| failed(During::Write, &error))
    }

    async fn push(&mut self) -> Result<(), ErrorKind> {
        self.stream
            .get()?
            .flush()
            .map_err(|error| failed(During::Write, &error))
    }

    fn close(&mut self) {
        self.stream.close();
    }
}

/// The result of a future that is ready at once.
pub(crate) fn now<R, E: From<ErrorKind>>(
    future: impl Future<Output = Result<R, E>>,
) -> Result<R, E> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(ErrorKind::WouldWait.into()),
    }
}
