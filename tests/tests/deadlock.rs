//! Client and server never wait for each other, however small the sockets' buffers are.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::io::{IoSlice, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use minimc::command::{Get, Store};
use minimc::{Client, ErrorKind, Growing, Key, Transport};
use minimc_tests::server::Memcached;
use socket2::{Domain, Protocol, Socket, Type};

const GETS: usize = 20_000;

/// A blocking TCP stream with the smallest buffers that the kernel gives.
struct Small(TcpStream);

impl Small {
    fn connect(address: &str) -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP)).unwrap();
        socket.set_send_buffer_size(1).unwrap();
        socket.set_recv_buffer_size(1).unwrap();
        let address: SocketAddr = address.parse().unwrap();
        socket.connect(&address.into()).unwrap();
        socket.set_tcp_nodelay(true).unwrap();
        // A deadlock is a failure, not a test that hangs.
        socket
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        socket
            .set_write_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        Self(socket.into())
    }
}

impl Transport for Small {
    async fn connect(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }

    async fn read(&mut self, into: &mut [u8]) -> Result<usize, ErrorKind> {
        self.0.read(into).map_err(|_| ErrorKind::TimedOut)
    }

    async fn write(&mut self, parts: [&[u8]; 3]) -> Result<usize, ErrorKind> {
        self.0
            .write_vectored(&parts.map(IoSlice::new))
            .map_err(|_| ErrorKind::TimedOut)
    }

    fn close(&mut self) {}
}

async fn gets_through_the_smallest_sockets(protocol: minimc::Protocol) {
    let server = Memcached::tcp(&[]);
    let value = vec![b'x'; 10_000];
    let options = minimc::Options {
        protocol,
        ..minimc::Options::default()
    };
    let storage = || Growing::new(17 * 1024, 64 * 1024);
    let small = Small::connect(server.address());
    let mut client: Client<_, _, 4000> =
        Client::with_options(small, storage(), storage(), options).unwrap();
    let key = Key::new("a-key-of-some-length").unwrap();
    let _ = client.call(&Store::set(key, &value)).await.unwrap();
    let mut answered = 0;
    let gets = std::iter::repeat_n(Get::new(key), GETS);
    client
        .call_each(gets, |index, reply| {
            assert_eq!(index, answered);
            assert_eq!(reply.unwrap().unwrap().value.len(), value.len());
            answered += 1;
        })
        .await
        .unwrap();
    assert_eq!(answered, GETS);
}

#[tokio::test]
async fn classic() {
    gets_through_the_smallest_sockets(minimc::Protocol::Text).await;
}

#[tokio::test]
async fn meta() {
    gets_through_the_smallest_sockets(minimc::Protocol::Meta).await;
}

#[tokio::test]
async fn binary() {
    gets_through_the_smallest_sockets(minimc::Protocol::Binary).await;
}
