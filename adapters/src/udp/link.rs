//! The socket, and the ids of requests: datagrams out, and in until a deadline.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::hash::BuildHasher;
use core::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use core::time::Duration;
use std::hash::RandomState;
use std::io::ErrorKind as Io;
use std::net::UdpSocket;
use std::time::Instant;

use minimc_core::command::Command;
use minimc_core::{During, Error, ErrorKind, Fate};

use super::exchange::Exchange;
use super::frame::Frame;
use crate::address::{Address, io_error};

/// The most bytes of a request's datagram, unless told otherwise. With the heads of IPv6 and UDP it
/// fits the 1,500 bytes of an Ethernet frame, even within a tunnel, so no router cuts it; and it is
/// the most that memcached's own datagrams have.
const USUAL_DATAGRAM: usize = 1400;

/// How far a wait may miss its deadline: within that the socket's timeout stays as it is.
const SLACK: Duration = Duration::from_millis(10);

/// A socket that hears only one server. An id is used once on a socket: when all are used up, or
/// something went wrong, there is another socket, with a port that no late answer goes to.
#[derive(Debug)]
pub(super) struct Link {
    host: String,
    socket: UdpSocket,
    /// The id of the next request, and how many were used on this socket.
    id: u16,
    used: u16,
    is_spent: bool,
    /// How long an answer may take.
    limit: Duration,
    /// The datagram that is sent, and how many bytes it may have.
    sent: Vec<u8>,
    sent_limit: usize,
    /// The socket's timeout; `None` waits for ever.
    armed: Option<Duration>,
    /// As large as a datagram can be: none is cut.
    received: Box<[u8]>,
}

impl Link {
    /// A socket for `host`, `host:port`, `[v6]` or `[v6]:port`.
    pub(super) fn open(address: &str, limit: Duration) -> Result<Self, ErrorKind> {
        let Address::Tcp(host) = Address::parse(address) else {
            return Err(ErrorKind::Unsupported("datagrams to a Unix socket"));
        };
        Ok(Self {
            socket: bind(&host)?,
            host,
            // Not one that others could guess.
            id: RandomState::new().hash_one(address) as u16,
            used: 0,
            is_spent: false,
            limit,
            sent: Vec::new(),
            sent_limit: USUAL_DATAGRAM,
            armed: None,
            received: vec![0; 64 * 1024].into(),
        })
    }

    /// Sets how many bytes the datagram of a request may have.
    pub(super) fn set_limit(&mut self, bytes: usize) {
        self.sent_limit = bytes;
    }

    /// Begins an exchange: sends its request, whole or not at all. What answers are still waited for
    /// would be lost, unless the link [has ids](Self::has_ids).
    pub(super) fn ask<C: Command>(
        &mut self,
        exchange: &mut Exchange,
        command: &C,
    ) -> Result<(), Error> {
        let not_sent = |kind| Error::new(kind).with_fate(Fate::NotSent);
        let deadline = Instant::now().checked_add(self.limit);
        let id = self.next_id().map_err(not_sent)?;
        exchange.begin(command, id, deadline, &mut self.sent, self.sent_limit)?;
        self.send().map_err(not_sent)
    }

    /// Whether another exchange can begin on this socket.
    pub(super) fn has_ids(&self) -> bool {
        !self.is_spent && self.used < u16::MAX
    }

    fn next_id(&mut self) -> Result<u16, ErrorKind> {
        if !self.has_ids() {
            // The old socket is there while the new one is bound, so that their ports differ.
            self.socket = bind(&self.host)?;
            (self.used, self.is_spent, self.armed) = (0, false, None);
        }
        self.used += 1;
        self.id = self.id.wrapping_add(1);
        Ok(self.id)
    }

    fn send(&mut self) -> Result<(), ErrorKind> {
        loop {
            match self.socket.send(&self.sent) {
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == Io::Interrupted => {}
                Err(error) => {
                    self.is_spent = true;
                    return Err(io_error(&error, During::Write));
                }
            }
        }
    }

    /// Waits for the next datagram of an answer. Fails with [`TimedOut`](ErrorKind::TimedOut) at the
    /// deadline.
    pub(super) fn receive(
        &mut self,
        deadline: Option<Instant>,
    ) -> Result<(Frame, &[u8]), ErrorKind> {
        let count = loop {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                self.is_spent = true;
                return Err(ErrorKind::TimedOut);
            }
            self.arm(left)?;
            match self.socket.recv(&mut self.received) {
                Ok(count) if Frame::read(&self.received[..count]).is_some() => break count,
                Ok(_) => {}
                Err(error) => match error.kind() {
                    // The timeout may be that of an earlier wait.
                    Io::Interrupted | Io::WouldBlock | Io::TimedOut => {}
                    _ => {
                        self.is_spent = true;
                        return Err(io_error(&error, During::Read));
                    }
                },
            }
        };
        Frame::read(&self.received[..count]).ok_or(ErrorKind::Malformed)
    }

    /// Sets the socket's timeout, unless it is near enough.
    fn arm(&mut self, left: Option<Duration>) -> Result<(), ErrorKind> {
        let is_near = match (left, self.armed) {
            (Some(left), Some(armed)) => left.abs_diff(armed) <= SLACK,
            (left, armed) => left == armed,
        };
        if !is_near {
            // Zero would mean none.
            let timeout = left.map(|left| left.max(Duration::from_millis(1)));
            self.socket
                .set_read_timeout(timeout)
                .map_err(|error| io_error(&error, During::Read))?;
            self.armed = left;
        }
        Ok(())
    }
}

/// A socket on a port of its own that hears only the first of the host's addresses to which there is
/// a way.
fn bind(host: &str) -> Result<UdpSocket, ErrorKind> {
    let mut last = ErrorKind::Io {
        during: During::Lookup,
        code: 0,
    };
    for address in Address::look_up(host)? {
        let any = match address {
            SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
        };
        let connected = UdpSocket::bind(any).and_then(|socket| {
            socket.connect(address)?;
            Ok(socket)
        });
        match connected {
            Ok(socket) => return Ok(socket),
            Err(error) => last = io_error(&error, During::Connect),
        }
    }
    Err(last)
}
