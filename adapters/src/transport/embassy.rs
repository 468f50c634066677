//! embassy-net's TCP sockets, with embassy-time's clock.

use core::time::Duration;

use embassy_net::tcp::{ConnectError, TcpSocket};
use embassy_net::{IpEndpoint, Stack};
use embassy_time::{Instant, with_deadline};
use minimc_core::health::Policy;
use minimc_core::{During, ErrorKind};

use super::{Resting, Transport, first};
use crate::fixed;

/// The client on embassy-net: over a [`Socket`], in the caller's storage, with up to `N` replies
/// owed at a time.
pub type Client<'d, const N: usize = 4> = crate::Client<Socket<'d>, &'d mut [u8], N>;

/// Clients of many servers on embassy-net: see [`fixed`]. Each server has a [`Member`].
pub type Cluster<'c, 'd, const N: usize = 4> = fixed::Cluster<'c, Member<'d, N>>;

/// The client of one server of a [`Cluster`], over a socket that is [resting](Socket::resting) after a
/// failure.
///
/// The stack looks for one neighbour a second, no more: on a network without a router in between it may
/// take a second until another server is connected to for the first time. A time limit below that would
/// take it for down.
pub type Member<'d, const N: usize = 4> = crate::Client<Resting<Socket<'d>>, &'d mut [u8], N>;

/// A TCP socket of embassy-net's that leads to one server.
///
/// The client's read returns what the socket's receive buffer holds, so that buffer bounds what
/// the network may deliver ahead; 1 KiB and more keep a link busy.
pub struct Socket<'d> {
    socket: TcpSocket<'d>,
    server: IpEndpoint,
    deadline: Instant,
}

impl core::fmt::Debug for Socket<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Socket").finish_non_exhaustive()
    }
}

impl<'d> Socket<'d> {
    /// A socket for `server`, not connected yet, with buffers for the TCP window in each
    /// direction.
    pub fn new(
        stack: Stack<'d>,
        receiving: &'d mut [u8],
        sending: &'d mut [u8],
        server: impl Into<IpEndpoint>,
    ) -> Self {
        let socket = TcpSocket::new(stack, receiving, sending);
        Self {
            socket,
            server: server.into(),
            deadline: Instant::MAX,
        }
    }

    /// The socket as a member of a [`Cluster`] has it: after a failure its server is left alone for as
    /// long as the policy says, by embassy-time's clock.
    pub fn resting(self, policy: &'static Policy) -> Resting<Self> {
        let clock = || Duration::from_micros(Instant::now().as_micros());
        Resting::new(self, policy, clock)
    }
}

impl Transport for Socket<'_> {
    async fn connect(&mut self) -> Result<(), ErrorKind> {
        self.socket.abort();
        // Until the peer was told, the socket must not be used anew: it would keep a connection that
        // nobody has. If it cannot be told, it is not waited for.
        let farewell = self.deadline.min(Instant::now() + FAREWELL);
        _ = with_deadline(farewell, self.socket.flush()).await;
        // Small requests must not wait for the acknowledgement of the last.
        self.socket.set_nagle_enabled(false);
        let connected = with_deadline(self.deadline, self.socket.connect(self.server)).await;
        match connected.map_err(|_| ErrorKind::TimedOut)? {
            Ok(()) => Ok(()),
            Err(ConnectError::TimedOut) => Err(ErrorKind::TimedOut),
            Err(_) => Err(failed(During::Connect)),
        }
    }

    fn begin(&mut self, limit: Duration) {
        let limit = limit.try_into().unwrap_or(embassy_time::Duration::MAX);
        self.deadline = Instant::now().checked_add(limit).unwrap_or(Instant::MAX);
    }

    fn is_alive(&mut self) -> bool {
        self.socket.may_send() && self.socket.may_recv() && !self.socket.can_recv()
    }

    async fn read(&mut self, into: &mut [u8]) -> Result<usize, ErrorKind> {
        let read = with_deadline(self.deadline, self.socket.read(into)).await;
        read.map_err(|_| ErrorKind::TimedOut)?
            .map_err(|_| failed(During::Read))
    }

    async fn write(&mut self, parts: [&[u8]; 3]) -> Result<usize, ErrorKind> {
        // The stack sends when this task waits: parts that are written one after the other leave
        // together. Its `flush` would wait for the acknowledgement, so it is not called here.
        let written = with_deadline(self.deadline, self.socket.write(first(parts))).await;
        written
            .map_err(|_| ErrorKind::TimedOut)?
            .map_err(|_| failed(During::Write))
    }

    fn close(&mut self) {
        self.socket.abort();
    }
}

/// How long the stack may take to tell the peer that a connection is over.
const FAREWELL: embassy_time::Duration = embassy_time::Duration::from_millis(20);

/// What went wrong where the stack does not say more.
fn failed(during: During) -> ErrorKind {
    ErrorKind::Io { during, code: 0 }
}
