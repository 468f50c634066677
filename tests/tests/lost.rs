//! Servers that are down, restart, close idle connections, or have too many.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use minimc::net::Client;
use minimc::{ErrorKind, Expiry, Fate, Options, ReturnCode};
use minimc_tests::server::Memcached;

#[test]
fn a_server_that_is_down_is_an_error_at_once() {
    let mut server = Memcached::tcp(&[]);
    let mut client = Client::connect(server.address()).unwrap();
    client.set("k", "v", Expiry::NEVER).unwrap();
    server.stop();
    let began = Instant::now();
    for _ in 0..3 {
        assert_eq!(
            client.get("k").unwrap_err().return_code(),
            ReturnCode::ConnectionFailure
        );
    }
    let error = client.set("k", "v", Expiry::NEVER).unwrap_err();
    assert_eq!(error.fate(), Fate::NotSent, "{error}");
    assert!(client.get_many(&["k"]).is_err());
    assert!(began.elapsed() < Duration::from_secs(2));
    assert!(Client::connect(server.address()).is_err());
    // And when it is back, so is the client.
    server.start_again();
    assert_eq!(client.get("k").unwrap(), None);
}

#[test]
fn the_first_call_after_a_restart_works_or_tells_its_fate() {
    for mut server in [Memcached::tcp(&[]), Memcached::unix()] {
        let mut client = Client::connect(server.address()).unwrap();
        client.set("k", "v", Expiry::NEVER).unwrap();
        server.start_again();
        // A read is repeated on a new connection.
        assert_eq!(client.get("k").unwrap(), None);

        // A write that left may have been carried out, or not.
        server.start_again();
        match client.set("k", "v", Expiry::NEVER) {
            Ok(()) => {}
            Err(error) => assert_eq!(error.fate(), Fate::Unknown, "{error}"),
        }
        client.set("k", "v", Expiry::NEVER).unwrap();

        // After a pause the loss is seen before anything is sent.
        server.start_again();
        std::thread::sleep(Duration::from_millis(1100));
        client.set("k", "v", Expiry::NEVER).unwrap();
    }
}

#[test]
fn the_first_call_after_an_idle_close_works() {
    let server = Memcached::tcp(&["-o", "idle_timeout=1"]);
    let mut client = Client::connect(server.address()).unwrap();
    client.set("k", "v", Expiry::NEVER).unwrap();
    std::thread::sleep(Duration::from_secs(4));
    client.set("k", "w", Expiry::NEVER).unwrap();
    assert_eq!(client.get("k").unwrap().unwrap().value, b"w");
}

#[test]
fn without_retry_the_loss_is_told() {
    let mut server = Memcached::tcp(&[]);
    let options = Options {
        retry: false,
        ..Options::default()
    };
    let mut client = Client::connect_with(server.address(), options).unwrap();
    client.set("k", "v", Expiry::NEVER).unwrap();
    server.start_again();
    let error = client.get("k").unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Closed | ErrorKind::Io { .. }),
        "{error}"
    );
    assert_eq!(client.get("k").unwrap(), None);
}

#[test]
fn too_many_connections_is_told_apart_from_a_reply() {
    // The server keeps some for itself; the rest are taken until it refuses.
    let server = Memcached::tcp(&["-c", "40", "-t", "1", "-o", "maxconns_fast"]);
    let mut clients: Vec<Client> = Vec::new();
    let error = loop {
        assert!(clients.len() < 60, "the server refuses no connection");
        let mut client = Client::connect(server.address()).unwrap();
        match client.set("k", "v", Expiry::NEVER) {
            Ok(()) => clients.push(client),
            Err(error) => break error,
        }
    };
    let told = error.kind() == ErrorKind::TooManyConnections && error.fate() == Fate::NotSent;
    // The server closes at once: what the socket reports may be that.
    let reset = matches!(error.kind(), ErrorKind::Closed | ErrorKind::Io { .. });
    assert!(told || reset, "{error:?}");
    // Those that are connected are none the worse.
    assert_eq!(clients[0].get("k").unwrap().unwrap().value, b"v");
}

#[test]
fn a_silent_server_is_a_timeout_and_its_late_reply_is_nobodys() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = std::thread::spawn(move || {
        let mut request = [0; 100];
        let (mut first, _) = listener.accept().unwrap();
        let _ = first.read(&mut request).unwrap();
        std::thread::sleep(Duration::from_millis(300));
        // The late reply, to a connection that the client has given up.
        let _ = first.write_all(b"VA 4 f0 Oa\r\nlate\r\n");
        let (mut second, _) = listener.accept().unwrap();
        let length = second.read(&mut request).unwrap();
        assert!(request[..length].starts_with(b"mg other "));
        second.write_all(b"VA 5 f0 Ob\r\nright\r\n").unwrap();
    });
    let options = Options {
        timeout: Duration::from_millis(200),
        ..Options::default()
    };
    let mut client = Client::connect_with(&address, options).unwrap();
    let error = client.get("k").unwrap_err();
    assert_eq!(
        (error.kind(), error.return_code() as u8),
        (ErrorKind::TimedOut, 31)
    );
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(client.get("other").unwrap().unwrap().value, b"right");
    server.join().unwrap();
}
