//! The limit of an operation over real sockets, TCP and Unix: a server that does not take a
//! connection, and one that drips.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use minimc::{Error, ErrorKind, Options};
use minimc_tests::run::on_tokio;
use socket2::{Domain, SockAddr, Socket, Type};

const LIMIT: Duration = Duration::from_millis(300);

/// Long enough for a machine with other work, and far less than for ever.
const AT_MOST: Duration = Duration::from_millis(1500);

fn options() -> Options {
    Options {
        timeout: LIMIT,
        ..Options::default()
    }
}

/// Connects in each colour; each must fail at its limit, neither at once nor much later.
fn is_in_time(address: &str) {
    let blocking = || minimc::net::Client::connect_with(address, options()).map(drop);
    let tokio = || {
        let mut connected = Ok(());
        on_tokio(async {
            let client = minimc::tokio::Client::connect_with(address, options());
            connected = client.await.map(drop);
        });
        connected
    };
    let colours: [&dyn Fn() -> Result<(), Error>; 2] = [&blocking, &tokio];
    for connect in colours {
        let began = Instant::now();
        assert_eq!(connect().unwrap_err().kind(), ErrorKind::TimedOut);
        let took = began.elapsed();
        assert!((LIMIT / 2..AT_MOST).contains(&took), "{took:?}");
    }
}

#[test]
fn connecting_has_the_limit_over_tcp() {
    // A listener whose queue is full answers nobody.
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
    is_in_time(&address.to_string());
}

#[test]
fn connecting_has_the_limit_over_unix() {
    let name = format!("minimc-full-{}.sock", std::process::id());
    let path = std::env::temp_dir().join(name);
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
    socket.bind(&SockAddr::unix(&path).unwrap()).unwrap();
    socket.listen(0).unwrap();
    let held = UnixStream::connect(&path).unwrap();
    is_in_time(path.to_str().unwrap());
    drop(held);
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn a_byte_in_time_does_not_prolong_it() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = std::thread::spawn(move || {
        for link in listener.incoming().take(2) {
            let mut link = link.unwrap();
            let _ = link.read(&mut [0; 100]).unwrap();
            for byte in b"VA 100 f0 Oa\r\n".iter().chain(&[b'x'; 86]) {
                if link.write_all(&[*byte]).is_err() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    });
    let mut client = minimc::net::Client::connect_with(&address, options()).unwrap();
    let began = Instant::now();
    assert_eq!(client.get("k").unwrap_err().kind(), ErrorKind::TimedOut);
    assert!(began.elapsed() < AT_MOST, "{:?}", began.elapsed());
    drop(client);
    on_tokio(async {
        let client = minimc::tokio::Client::connect_with(&address, options());
        let mut client = client.await.unwrap();
        let began = Instant::now();
        let error = client.get("k").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert!(began.elapsed() < AT_MOST, "{:?}", began.elapsed());
    });
    server.join().unwrap();
}

/// A server of a large value that comes in pieces, and the second time to the half.
fn in_pieces(listener: &TcpListener, value: &[u8]) {
    let (mut link, _) = listener.accept().unwrap();
    link.set_nodelay(true).unwrap();
    for (pieces, opaque) in [(25, "a"), (50, "b")] {
        let _ = link.read(&mut [0; 100]).unwrap();
        let head = format!("VA {} f0 O{opaque}\r\n", value.len());
        link.write_all(head.as_bytes()).unwrap();
        for piece in value.chunks(value.len() / pieces).take(25) {
            link.write_all(piece).unwrap();
            std::thread::sleep(Duration::from_millis(1));
        }
        if pieces == 25 {
            link.write_all(b"\r\n").unwrap();
        }
    }
    // Until the client has had enough.
    let _ = link.read(&mut [0; 100]);
}

#[test]
fn a_large_value_comes_in_pieces_or_has_the_limit() {
    let value: Vec<u8> = (0..200_000).map(|at| (at % 251) as u8).collect();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let options = Options {
        // For the pieces, whatever else the machine does.
        timeout: AT_MOST,
        ..options()
    };
    std::thread::scope(|scope| {
        scope.spawn(|| (0..2).for_each(|_| in_pieces(&listener, &value)));
        let mut place = vec![0; value.len()];
        let mut client = minimc::net::Client::connect_with(&address, options.clone()).unwrap();
        client.get_into("k", &mut place).unwrap().unwrap();
        assert!(place == value);
        let error = client.get_into("k", &mut place).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        drop(client);
        on_tokio(async {
            let mut place = vec![0; value.len()];
            let client = minimc::tokio::Client::connect_with(&address, options);
            let mut client = client.await.unwrap();
            client.get_into("k", &mut place).await.unwrap().unwrap();
            assert!(place == value);
            let error = client.get_into("k", &mut place).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::TimedOut);
        });
    });
}
