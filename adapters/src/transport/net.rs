//! Sockets of the standard library, TCP and Unix: they block, so their futures are ready at once.

use alloc::borrow::ToOwned;
use core::net::SocketAddr;
use core::time::Duration;
use std::io::{ErrorKind as Io, IoSlice, IoSliceMut, Read, Write};
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Instant;

use minimc_core::placement::Server;
use minimc_core::{During, Error, ErrorKind};
use socket2::{Domain, SockAddr, Type};

use super::{Transport, unix_time};
use crate::address::{Address, io_error};
use crate::cluster::{self, FromServer};
use crate::options::Options;
use crate::pool::{self, PoolOptions};
use crate::storage::Growing;
use crate::{DEPTH, blocking};

/// The blocking client on a host.
///
/// ```no_run
/// use minimc::Expiry;
///
/// # fn main() -> Result<(), minimc::Error> {
/// let mut client = minimc::net::Client::connect("127.0.0.1:11211")?;
/// client.set("greeting", "hello", Expiry::seconds(60))?;
/// if let Some(item) = client.get("greeting")? {
///     assert_eq!(item.value, b"hello");
/// }
/// # Ok(())
/// # }
/// ```
pub type Client = blocking::Client<Socket, Growing, DEPTH>;

impl Client {
    /// Connects to `host`, `host:port` or the Unix socket `/path`. The client remembers it and
    /// connects again when the connection is lost.
    pub fn connect(address: &str) -> Result<Self, Error> {
        Self::connect_with(address, Options::default())
    }

    /// The same with [`Options`]. Where they have credentials it logs in, too, and fails with
    /// [`LoginRefused`](ErrorKind::LoginRefused) if it may not.
    pub fn connect_with(address: &str, options: Options) -> Result<Self, Error> {
        let mut client = Self::lazy(address, options)?;
        client.start()?;
        Ok(client)
    }

    /// A client that connects with its first call.
    fn lazy(address: &str, options: Options) -> Result<Self, Error> {
        let (sending, receiving) = Growing::pair(&options);
        let socket = Socket::new(address).busy_poll(options.busy_poll);
        Self::with_options(socket, sending, receiving, options)
    }
}

/// A pool of clients for threads on a host.
pub type Pool = pool::blocking::Pool<Client>;

impl Pool {
    /// A pool of clients of `host`, `host:port` or the Unix socket `/path`, with the defaults. Each
    /// connects with its first call, which fails if it cannot.
    pub fn connect_lazy(address: &str) -> Self {
        Self::connect_lazy_with(address, Options::default(), PoolOptions::default())
    }

    /// The same with [`Options`] for the clients and [`PoolOptions`] for the pool.
    pub fn connect_lazy_with(address: &str, options: Options, pool: PoolOptions) -> Self {
        let address = address.to_owned();
        Self::new(pool, move || Client::lazy(&address, options.clone()))
    }
}

/// A client for each thread of a host.
pub type PerThread = pool::PerThread<Client>;

impl PerThread {
    /// Clients of `host`, `host:port` or the Unix socket `/path`. Each connects with its first call,
    /// which fails if it cannot.
    pub fn connect_lazy(address: &str) -> Self {
        Self::connect_lazy_with(address, Options::default())
    }

    /// The same with [`Options`].
    pub fn connect_lazy_with(address: &str, options: Options) -> Self {
        let address = address.to_owned();
        Self::new(move || Client::lazy(&address, options.clone()))
    }
}

/// Blocking clients of many servers: see [`connect_lazy`](cluster::Cluster::connect_lazy).
pub type Cluster = cluster::Cluster<Client>;

impl FromServer for Client {
    fn from_server(server: &Server<'_>, options: &Options) -> Result<Self, Error> {
        Self::lazy(&Address::of(server)?, options.clone())
    }
}

/// A TCP or Unix socket that blocks.
///
/// The operation's deadline is checked between system calls. The socket's own timeouts are set
/// once, to the limit of an operation; so a peer that goes silent just before the deadline can
/// make an operation take up to twice its limit, and none longer.
#[derive(Debug)]
pub struct Socket {
    address: Address,
    stream: Option<Stream>,
    /// When the current operation began, and how long it may take.
    began: Instant,
    limit: Duration,
    /// The system calls that the operation may make before it looks at the clock again.
    unclocked: u8,
    /// The limit to which the socket's timeouts are set.
    armed: Duration,
    /// Whether no operation began for a second before this one.
    rested: bool,
    /// How long a read asks before it sleeps. If that is any time, the socket does not block but while
    /// it sleeps.
    busy_poll: Duration,
}

#[derive(Debug)]
enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Socket {
    /// A socket for `host`, `host:port` or the Unix socket `/path`, not connected yet.
    pub fn new(address: &str) -> Self {
        Self {
            address: Address::parse(address),
            stream: None,
            began: Instant::now(),
            limit: Duration::MAX,
            unclocked: 0,
            armed: Duration::MAX,
            rested: false,
            busy_poll: Duration::ZERO,
        }
    }

    /// The same, which asks for up to this long whether something has come before it sleeps: see
    /// [`Options::busy_poll`].
    #[must_use]
    pub fn busy_poll(self, busy_poll: Duration) -> Self {
        Self { busy_poll, ..self }
    }

    /// What is left of the operation's time.
    fn left(&self) -> Result<Duration, ErrorKind> {
        match self.limit.checked_sub(self.began.elapsed()) {
            Some(left) if !left.is_zero() => Ok(left),
            _ => Err(ErrorKind::TimedOut),
        }
    }

    fn open(&self) -> Result<Stream, ErrorKind> {
        let host = match &self.address {
            Address::Unix(path) => {
                return connect_unix(path, self.left()?)
                    .map(Stream::Unix)
                    .map_err(|error| io_error(&error, During::ConnectUnix));
            }
            Address::Tcp(host) => host,
        };
        connect_any(&Address::look_up(host)?, || self.left()).map(Stream::Tcp)
    }

    /// Sets the socket's timeouts to the limit; `false` if that fails, or there is no socket.
    // Mostly it is the limit of the operation before.
    #[inline]
    fn arm(&mut self) -> bool {
        self.stream.is_some() && (self.limit == self.armed || self.arm_anew())
    }

    #[cold]
    #[inline(never)]
    fn arm_anew(&mut self) -> bool {
        let stream = self.stream.as_mut();
        let is_armed = stream.is_some_and(|stream| stream.arm(self.limit).is_ok());
        if is_armed {
            self.armed = self.limit;
        }
        is_armed
    }

    /// Does `once` until it is not interrupted.
    fn retry(
        &mut self,
        during: During,
        mut once: impl FnMut(&mut Stream) -> std::io::Result<usize>,
    ) -> Result<usize, ErrorKind> {
        loop {
            match self.unclocked.checked_sub(1) {
                Some(left) => self.unclocked = left,
                None => _ = self.left()?,
            }
            let stream = self.stream.as_mut().ok_or(ErrorKind::Closed)?;
            match once(stream) {
                Err(error) if error.kind() == Io::Interrupted => {}
                Err(error) if error.kind() == Io::WouldBlock && !self.busy_poll.is_zero() => {
                    return self.ask_and_sleep(during, once);
                }
                result => return result.map_err(|error| io_error(&error, during)),
            }
        }
    }

    /// Does `once` on a socket that does not block until it is ready: a read is asked for again and again
    /// for a while, and then waited for asleep.
    #[inline(never)]
    fn ask_and_sleep(
        &mut self,
        during: During,
        mut once: impl FnMut(&mut Stream) -> std::io::Result<usize>,
    ) -> Result<usize, ErrorKind> {
        let began = Instant::now();
        let ask = match during {
            During::Read => self.busy_poll.min(self.left()?),
            // A server that does not take what is sent is at work.
            _ => Duration::ZERO,
        };
        let stream = self.stream.as_mut().ok_or(ErrorKind::Closed)?;
        while began.elapsed() < ask {
            core::hint::spin_loop();
            match once(stream) {
                Err(error) if matches!(error.kind(), Io::WouldBlock | Io::Interrupted) => {}
                result => return result.map_err(|error| io_error(&error, during)),
            }
        }
        let blocks = stream.set_nonblocking(false);
        blocks.map_err(|error| io_error(&error, during))?;
        let result = loop {
            if let Err(kind) = self.left() {
                break Err(kind);
            }
            let stream = self.stream.as_mut().ok_or(ErrorKind::Closed)?;
            match once(stream) {
                Err(error) if error.kind() == Io::Interrupted => {}
                result => break result.map_err(|error| io_error(&error, during)),
            }
        };
        // If that fails it blocks from now on, which is as right, and no faster: a read that did not sleep
        // for its limit is clocked above.
        _ = self
            .stream
            .as_ref()
            .map(|stream| stream.set_nonblocking(true));
        result
    }
}

impl Transport for Socket {
    async fn connect(&mut self) -> Result<(), ErrorKind> {
        let stream = self.open()?;
        stream
            .arm(self.limit)
            .map_err(|error| io_error(&error, During::Connect))?;
        self.armed = self.limit;
        if !self.busy_poll.is_zero() {
            stream
                .set_nonblocking(true)
                .map_err(|error| io_error(&error, During::Connect))?;
        }
        self.stream = Some(stream);
        Ok(())
    }

    fn begin(&mut self, limit: Duration) {
        let now = Instant::now();
        self.rested = now > self.began + Duration::from_secs(1);
        self.began = now;
        self.limit = limit;
        // One write and one read: what most operations are made of.
        self.unclocked = 2;
    }

    fn begin_wait(&mut self, limit: Duration) {
        self.begin(limit);
        // A socket that cannot be armed is told of by the read.
        self.arm();
    }

    #[inline]
    fn is_alive(&mut self) -> bool {
        if !self.arm() {
            return false;
        }
        // A server that closes an idle connection, or restarts, is seen before anything is sent.
        // A busy connection is not asked: it would cost every call three system calls more.
        let blocks = self.busy_poll.is_zero();
        !self.rested
            || self
                .stream
                .as_mut()
                .is_some_and(|stream| stream.is_quiet(blocks))
    }

    async fn read(&mut self, into: &mut [u8]) -> Result<usize, ErrorKind> {
        self.retry(During::Read, |stream| stream.read(into))
    }

    async fn read_both(&mut self, into: [&mut [u8]; 2]) -> Result<usize, ErrorKind> {
        let mut into = into.map(IoSliceMut::new);
        self.retry(During::Read, |stream| match stream {
            Stream::Tcp(stream) => stream.read_vectored(&mut into),
            Stream::Unix(stream) => stream.read_vectored(&mut into),
        })
    }

    async fn write(&mut self, parts: [&[u8]; 3]) -> Result<usize, ErrorKind> {
        if let [part, [], []] = parts {
            return self.retry(During::Write, |stream| match stream {
                Stream::Tcp(stream) => stream.write(part),
                Stream::Unix(stream) => stream.write(part),
            });
        }
        let parts = parts.map(IoSlice::new);
        self.retry(During::Write, |stream| match stream {
            Stream::Tcp(stream) => stream.write_vectored(&parts),
            Stream::Unix(stream) => stream.write_vectored(&parts),
        })
    }

    fn close(&mut self) {
        self.stream = None;
    }

    fn unix_time(&self) -> Option<u64> {
        unix_time()
    }
}

impl Stream {
    /// Sets the socket's timeouts.
    fn arm(&self, limit: Duration) -> std::io::Result<()> {
        // Zero would mean none.
        let limit = Some(limit.max(Duration::from_millis(1)));
        match self {
            Self::Tcp(stream) => {
                stream.set_read_timeout(limit)?;
                stream.set_write_timeout(limit)
            }
            Self::Unix(stream) => {
                stream.set_read_timeout(limit)?;
                stream.set_write_timeout(limit)
            }
        }
    }

    fn set_nonblocking(&self, nonblocking: bool) -> std::io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.set_nonblocking(nonblocking),
            Self::Unix(stream) => stream.set_nonblocking(nonblocking),
        }
    }

    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(into),
            Self::Unix(stream) => stream.read(into),
        }
    }

    /// Whether there is neither an end nor a byte to read. Afterwards the socket blocks, or not.
    fn is_quiet(&mut self, blocks: bool) -> bool {
        let read = self
            .set_nonblocking(true)
            .and_then(|()| self.read(&mut [0]));
        let is_quiet = read.is_err_and(|error| error.kind() == Io::WouldBlock);
        is_quiet && (!blocks || self.set_nonblocking(false).is_ok())
    }
}

/// Connects to the first of these addresses that answers, each in its share of the time that is left.
pub(super) fn connect_any(
    addresses: &[SocketAddr],
    left: impl Fn() -> Result<Duration, ErrorKind>,
) -> Result<TcpStream, ErrorKind> {
    let mut last = ErrorKind::Io {
        during: During::Lookup,
        code: 0,
    };
    for (address, untried) in addresses.iter().zip((1..=addresses.len()).rev()) {
        // One that does not answer leaves the others their share.
        let limit = left()? / u32::try_from(untried).unwrap_or(u32::MAX);
        let connected = TcpStream::connect_timeout(address, limit)
            .and_then(|stream| stream.set_nodelay(true).map(|()| stream));
        match connected {
            Ok(stream) => return Ok(stream),
            Err(error) => last = io_error(&error, During::Connect),
        }
    }
    Err(last)
}

/// Connects to a Unix socket. Where the server's queue is full that waits, up to the limit.
fn connect_unix(path: &Path, limit: Duration) -> std::io::Result<UnixStream> {
    let socket = socket2::Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_write_timeout(Some(limit.max(Duration::from_millis(1))))?;
    socket.connect(&SockAddr::unix(path)?)?;
    Ok(OwnedFd::from(socket).into())
}
