//! Sockets of tokio, TCP and Unix.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use core::future::{Future, poll_fn};
use core::net::SocketAddr;
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::io::{self, IoSlice, IoSliceMut};

use ::tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use ::tokio::net::{TcpStream, UnixStream};
use ::tokio::time::{Instant, Sleep, sleep, sleep_until, timeout_at};
use minimc_core::placement::Server;
use minimc_core::{During, Error, ErrorKind};

use super::{Transport, unix_time};
use crate::DEPTH;
use crate::address::{Address, io_error};
use crate::cluster::{self, FromServer};
use crate::options::Options;
use crate::pool::{self, PoolOptions};
use crate::storage::Growing;

/// The async client on a tokio host. Its futures are `Send`.
///
/// ```no_run
/// use minimc::Expiry;
///
/// # async fn example() -> Result<(), minimc::Error> {
/// let mut client = minimc::tokio::Client::connect("127.0.0.1:11211").await?;
/// client.set("greeting", "hello", Expiry::seconds(60)).await?;
/// if let Some(item) = client.get("greeting").await? {
///     assert_eq!(item.value, b"hello");
/// }
/// # Ok(())
/// # }
/// ```
pub type Client = crate::Client<Socket, Growing, DEPTH>;

impl Client {
    /// Connects to `host`, `host:port` or the Unix socket `/path`. The client remembers it and
    /// connects again when the connection is lost.
    pub async fn connect(address: &str) -> Result<Self, Error> {
        Self::connect_with(address, Options::default()).await
    }

    /// The same with [`Options`]. Where they have credentials it logs in, too, and fails with
    /// [`LoginRefused`](ErrorKind::LoginRefused) if it may not.
    pub async fn connect_with(address: &str, options: Options) -> Result<Self, Error> {
        let mut client = Self::lazy(address, options)?;
        client.start().await?;
        Ok(client)
    }

    /// A client that connects with its first call.
    pub(crate) fn lazy(address: &str, options: Options) -> Result<Self, Error> {
        let (sending, receiving) = Growing::pair(&options);
        Self::with_options(Socket::new(address), sending, receiving, options)
    }
}

/// A pool of clients for tokio's tasks.
pub type Pool = pool::tokio::Pool<Client>;

pub use crate::shared::{Shared, SharedCluster};

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

/// Async clients of many servers: see [`connect_lazy`](cluster::Cluster::connect_lazy).
pub type Cluster = cluster::Cluster<Client>;

impl FromServer for Client {
    fn from_server(server: &Server<'_>, options: &Options) -> Result<Self, Error> {
        Self::lazy(&Address::of(server)?, options.clone())
    }
}

/// A TCP or Unix socket of tokio's.
#[derive(Debug)]
pub struct Socket {
    address: Address,
    stream: Option<Stream>,
    deadline: Option<Instant>,
    /// Rings when the deadline has come, or before: then it is set anew.
    timer: Option<Pin<Box<Sleep>>>,
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
            deadline: None,
            timer: None,
        }
    }

    async fn open(address: &Address, deadline: Option<Instant>) -> Result<Stream, ErrorKind> {
        let host = match address {
            Address::Unix(path) => loop {
                match UnixStream::connect(path).await {
                    // The server's queue is full, and nobody tells when it is not.
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        sleep(Duration::from_millis(5)).await;
                    }
                    stream => {
                        return stream
                            .map(Stream::Unix)
                            .map_err(|error| io_error(&error, During::ConnectUnix));
                    }
                }
            },
            Address::Tcp(host) => host,
        };
        let addresses = Address::look_up_async(host).await?;
        connect_any(&addresses, deadline).await.map(Stream::Tcp)
    }

    /// Reads what has come, whatever the deadline.
    pub(crate) fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<Result<usize, ErrorKind>> {
        let Some(stream) = self.stream.as_mut() else {
            return Poll::Ready(Err(ErrorKind::Closed));
        };
        let read = stream.poll_read(context, into);
        read.map_err(|error| io_error(&error, During::Read))
    }

    /// Writes what can be written, whatever the deadline.
    pub(crate) fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize, ErrorKind>> {
        let Some(stream) = self.stream.as_mut() else {
            return Poll::Ready(Err(ErrorKind::Closed));
        };
        let written = stream.poll_write(context, &[IoSlice::new(bytes)]);
        written.map_err(|error| io_error(&error, During::Write))
    }

    /// Waits until `poll` is ready, up to the deadline.
    async fn wait(
        &mut self,
        during: During,
        mut poll: impl FnMut(&mut Stream, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Result<usize, ErrorKind> {
        let stream = self.stream.as_mut().ok_or(ErrorKind::Closed)?;
        let (timer, deadline) = (&mut self.timer, self.deadline);
        let result = poll_fn(|context| {
            if let Poll::Ready(result) = poll(stream, context) {
                return Poll::Ready(result.map_err(|error| io_error(&error, during)));
            }
            match deadline {
                Some(deadline) => ring(timer, deadline, context).map(|()| Err(ErrorKind::TimedOut)),
                None => Poll::Pending,
            }
        });
        result.await
    }
}

impl Stream {
    fn poll_read(&mut self, context: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(into);
        let poll = match self {
            Self::Tcp(stream) => Pin::new(stream).poll_read(context, &mut buffer),
            Self::Unix(stream) => Pin::new(stream).poll_read(context, &mut buffer),
        };
        poll.map_ok(|()| buffer.filled().len())
    }

    /// Reads into both places at once. Nothing is read but by a poll that is ready: who gives up loses nothing.
    fn poll_read_both(
        &mut self,
        context: &mut Context<'_>,
        into: &mut [IoSliceMut<'_>; 2],
    ) -> Poll<io::Result<usize>> {
        loop {
            let ready = match self {
                Self::Tcp(stream) => stream.poll_read_ready(context),
                Self::Unix(stream) => stream.poll_read_ready(context),
            };
            match ready {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            }
            match self.try_read_both(into) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                result => return Poll::Ready(result),
            }
        }
    }

    /// Reads what has come. Less than there is room for was all of it: tokio takes that from its own reads,
    /// and from others only if it is told so. It would ask the system once more otherwise.
    fn try_read_both(&self, into: &mut [IoSliceMut<'_>; 2]) -> io::Result<usize> {
        let room = into.iter().map(|part| part.len()).sum();
        let mut all = None;
        let mut take = |read: io::Result<usize>| match read {
            Ok(count) if (1..room).contains(&count) => {
                all = Some(count);
                Err(io::ErrorKind::WouldBlock.into())
            }
            read => read,
        };
        let read = match self {
            Self::Tcp(stream) => {
                stream.try_io(Interest::READABLE, || take(stream.try_read_vectored(into)))
            }
            Self::Unix(stream) => {
                stream.try_io(Interest::READABLE, || take(stream.try_read_vectored(into)))
            }
        };
        all.map_or(read, Ok)
    }

    fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // A gathered write of one part costs the kernel more than a plain one.
        let single = match parts {
            [part] => Some(part),
            [part, second, third] if second.is_empty() && third.is_empty() => Some(part),
            _ => None,
        };
        match (self, single) {
            (Self::Tcp(stream), Some(part)) => Pin::new(stream).poll_write(context, part),
            (Self::Unix(stream), Some(part)) => Pin::new(stream).poll_write(context, part),
            (Self::Tcp(stream), None) => Pin::new(stream).poll_write_vectored(context, parts),
            (Self::Unix(stream), None) => Pin::new(stream).poll_write_vectored(context, parts),
        }
    }
}

/// Connects to the first of these addresses that answers, each in its share of the time that is left.
pub(super) async fn connect_any(
    addresses: &[SocketAddr],
    deadline: Option<Instant>,
) -> Result<TcpStream, ErrorKind> {
    let mut last = ErrorKind::Io {
        during: During::Lookup,
        code: 0,
    };
    for (address, untried) in addresses.iter().zip((1..=addresses.len()).rev()) {
        // One that does not answer leaves the others their share.
        let share = deadline.map(|deadline| {
            let now = Instant::now();
            now + deadline.saturating_duration_since(now)
                / u32::try_from(untried).unwrap_or(u32::MAX)
        });
        let connected = within(share, TcpStream::connect(address)).await;
        let connected = connected.and_then(|stream| {
            let ready = stream.and_then(|stream| stream.set_nodelay(true).map(|()| stream));
            ready.map_err(|error| io_error(&error, During::Connect))
        });
        match connected {
            Ok(stream) => return Ok(stream),
            Err(kind) => last = kind,
        }
    }
    Err(last)
}

/// Ready at the deadline.
///
/// To register a timer with the runtime and to take it back costs more than the rest of an operation. So it is
/// left as it is as long as it does not ring too late, and set anew when it has rung too early.
fn ring(
    timer: &mut Option<Pin<Box<Sleep>>>,
    deadline: Instant,
    context: &mut Context<'_>,
) -> Poll<()> {
    let timer = timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
    if timer.deadline() > deadline {
        timer.as_mut().reset(deadline);
    }
    while timer.as_mut().poll(context).is_ready() {
        if Instant::now() >= deadline {
            return Poll::Ready(());
        }
        timer.as_mut().reset(deadline);
    }
    Poll::Pending
}

/// The result of `future`, or [`TimedOut`](ErrorKind::TimedOut) at the deadline.
async fn within<F: Future>(deadline: Option<Instant>, future: F) -> Result<F::Output, ErrorKind> {
    match deadline {
        Some(deadline) => timeout_at(deadline, future)
            .await
            .map_err(|_| ErrorKind::TimedOut),
        None => Ok(future.await),
    }
}

impl Transport for Socket {
    async fn connect(&mut self) -> Result<(), ErrorKind> {
        // It may be another runtime's.
        self.timer = None;
        self.stream = Some(within(self.deadline, Self::open(&self.address, self.deadline)).await??);
        Ok(())
    }

    fn begin(&mut self, limit: Duration) {
        self.deadline = Instant::now().checked_add(limit);
    }

    fn is_alive(&mut self) -> bool {
        // tokio knows from epoll whether there is anything to read; usually no system call.
        let mut byte = [0];
        let read = match &self.stream {
            Some(Stream::Tcp(stream)) => stream.try_read(&mut byte),
            Some(Stream::Unix(stream)) => stream.try_read(&mut byte),
            None => return false,
        };
        read.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    async fn read(&mut self, into: &mut [u8]) -> Result<usize, ErrorKind> {
        self.wait(During::Read, |stream, context| {
            stream.poll_read(context, into)
        })
        .await
    }

    async fn read_both(&mut self, into: [&mut [u8]; 2]) -> Result<usize, ErrorKind> {
        let mut into = into.map(IoSliceMut::new);
        self.wait(During::Read, |stream, context| {
            stream.poll_read_both(context, &mut into)
        })
        .await
    }

    async fn write(&mut self, parts: [&[u8]; 3]) -> Result<usize, ErrorKind> {
        let parts = parts.map(IoSlice::new);
        self.wait(During::Write, |stream, context| {
            stream.poll_write(context, &parts)
        })
        .await
    }

    fn close(&mut self) {
        self.stream = None;
    }

    fn unix_time(&self) -> Option<u64> {
        unix_time()
    }
}
