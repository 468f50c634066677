//! A peer that answers datagrams by hand, and what a client makes of that.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use minimc::udp::Client;
use minimc::{Options, Protocol};

/// A peer of the test's own that answers by hand.
#[derive(Debug)]
pub struct Peer {
    socket: UdpSocket,
    /// Where it listens.
    pub address: String,
}

/// A request that came.
#[derive(Debug)]
pub struct Request {
    /// Its id.
    pub id: u16,
    /// What is behind its head.
    pub data: Vec<u8>,
    /// Who sent it.
    pub from: SocketAddr,
}

/// A datagram: its id less that of the request, its sequence, the total, what is in it.
pub type Part<'d> = (u16, u16, u16, &'d str);

impl Peer {
    /// One on a free port.
    #[allow(clippy::new_without_default, reason = "it may fail")]
    pub fn new() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap().to_string();
        Self { socket, address }
    }

    /// Waits for the next request.
    pub fn request(&self) -> Request {
        let mut bytes = [0; 2000];
        let limit = Some(Duration::from_secs(20));
        self.socket.set_read_timeout(limit).unwrap();
        let (length, from) = self.socket.recv_from(&mut bytes).unwrap();
        let (head, data) = bytes[..length].split_first_chunk::<8>().unwrap();
        // The first and only part, and the reserved bytes.
        assert_eq!(head[2..], [0, 0, 0, 1, 0, 0]);
        Request {
            id: u16::from_be_bytes([head[0], head[1]]),
            data: data.to_vec(),
            from,
        }
    }

    /// Answers a request by one datagram.
    pub fn answer(&self, request: &Request, (less, sequence, total, data): Part<'_>) {
        let id = request.id.wrapping_sub(less);
        let head = [id, sequence, total, 0].map(u16::to_be_bytes).concat();
        let datagram = [&head, data.as_bytes()].concat();
        self.socket.send_to(&datagram, request.from).unwrap();
    }

    /// Sends bytes as they are.
    pub fn send(&self, bytes: &[u8], to: SocketAddr) {
        self.socket.send_to(bytes, to).unwrap();
    }

    /// Whether no request has come.
    pub fn has_nothing(&self) -> bool {
        self.socket.set_nonblocking(true).unwrap();
        let result = self.socket.recv_from(&mut [0; 10]);
        self.socket.set_nonblocking(false).unwrap();
        result.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
    }
}

/// The options for a protocol.
pub fn options(protocol: Protocol) -> Options {
    Options {
        protocol,
        ..Options::default()
    }
}

/// What a get came to, in short.
pub fn got(client: &mut Client, key: &str) -> String {
    match client.get(key) {
        Ok(None) => "a miss".into(),
        Ok(Some(item)) if item.value.len() > 30 => format!("{} bytes", item.value.len()),
        Ok(Some(item)) => item.value.escape_ascii().to_string(),
        Err(error) => format!("{error:?}"),
    }
}
