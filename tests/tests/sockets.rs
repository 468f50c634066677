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
