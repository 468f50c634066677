//! Tests of how the sockets of hosts connect over TCP: to which of several addresses, and without delay.

use alloc::vec;
use alloc::vec::Vec;
use core::net::SocketAddr;
use core::time::Duration;
use std::net::{TcpListener, TcpStream};
use std::time::Instant;

use minimc_core::ErrorKind;
use socket2::{Domain, Socket, Type};

const LIMIT: Duration = Duration::from_secs(1);

/// A listener that answers nobody, for its queue is full, and what it is full of.
fn deaf() -> (Socket, SocketAddr, Vec<TcpStream>) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    socket.bind(&any.into()).unwrap();
    socket.listen(0).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    let mut held = vec![];
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
        held.push(stream);
        assert!(held.len() < 20, "the queue has no end");
    }
    (socket, address, held)
}

/// What each adapter makes of these addresses: where it connected to, and whether it sends at once.
fn connect(addresses: &[SocketAddr]) -> [Result<(SocketAddr, bool), ErrorKind>; 2] {
    let began = Instant::now();
    let left = || {
        let left = LIMIT.checked_sub(began.elapsed());
        left.ok_or(ErrorKind::TimedOut)
    };
    let blocking = super::net::connect_any(addresses, left);
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().unwrap();
    let tokio = runtime.block_on(async {
        let deadline = tokio::time::Instant::now() + LIMIT;
        super::tokio::connect_any(addresses, Some(deadline)).await
    });
    [
        blocking.map(|stream| (stream.peer_addr().unwrap(), stream.nodelay().unwrap())),
        tokio.map(|stream| (stream.peer_addr().unwrap(), stream.nodelay().unwrap())),
    ]
}

#[test]
fn one_that_does_not_answer_leaves_time_for_the_next() {
    let (_listening, deaf, _held) = deaf();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let good = listener.local_addr().unwrap();
    // Nobody listens there.
    let gone = TcpListener::bind("127.0.0.1:0").unwrap();
    let refuses = gone.local_addr().unwrap();
    drop(gone);
    for addresses in [
        &[good][..],
        &[refuses, good],
        &[deaf, good],
        &[deaf, refuses, good],
    ] {
        for connected in connect(addresses) {
            assert_eq!(connected, Ok((good, true)), "{addresses:?}");
        }
    }
    for connected in connect(&[deaf, deaf]) {
        assert_eq!(connected, Err(ErrorKind::TimedOut));
    }
}
