//! Servers that are down, restart, lie, or have too many connections.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use minimc::command::{Get, Stored};
use minimc::net::Client;
use minimc::{ErrorKind, Expiry, Fate, Key, Options, ReturnCode, Storage, Transport};
use minimc_tests::run::on_tokio;
use minimc_tests::server::Memcached;
use minimc_tests::with_every_client;

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

async fn restarted<T: Transport, S: Storage, const N: usize>(
    mut server: Memcached,
    client: &mut minimc::Client<T, S, N>,
    rest: impl AsyncFn(Duration),
) {
    client.set("k", "v", Expiry::NEVER).await.unwrap();
    server.start_again();
    // A read is repeated on a new connection.
    assert_eq!(client.get("k").await.unwrap(), None);

    // A write that left may have been carried out, or not.
    server.start_again();
    match client.set("k", "v", Expiry::NEVER).await {
        Ok(()) => {}
        Err(error) => assert_eq!(error.fate(), Fate::Unknown, "{error}"),
    }
    client.set("k", "v", Expiry::NEVER).await.unwrap();
    assert_eq!(client.get("k").await.unwrap().unwrap().value, b"v");

    // After a pause the loss is seen before anything is sent.
    server.start_again();
    rest(Duration::from_millis(1100)).await;
    let added = client.add("k", "w", Expiry::NEVER).await;
    assert_eq!(added.unwrap(), Stored::Stored);
}

#[test]
fn the_first_call_after_a_restart_works_or_tells_its_fate() {
    with_every_client!(restarted, Memcached::tcp(&[]), Options::default());
    with_every_client!(restarted, Memcached::unix(), Options::default());
}

async fn disconnected<T: Transport, S: Storage, const N: usize>(
    _server: Memcached,
    client: &mut minimc::Client<T, S, N>,
    _rest: impl AsyncFn(Duration),
) {
    let get = |name| Get::new(Key::new(name).unwrap());
    client.set("k", "v", Expiry::NEVER).await.unwrap();
    client.send(&get("none")).await.unwrap();
    client.disconnect();
    let error = client.receive::<Get<'_>>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutOfOrder);
    // What is sent next leaves over a new connection.
    client.send(&get("none")).await.unwrap();
    client.disconnect();
    client.send(&get("k")).await.unwrap();
    let item = client.receive::<Get<'_>>().await.unwrap();
    assert_eq!(item.unwrap().value, b"v");
    let error = client.receive::<Get<'_>>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutOfOrder);
}

#[test]
fn what_was_sent_by_hand_ends_with_the_connection() {
    let options = Options {
        retry: false,
        ..Options::default()
    };
    with_every_client!(disconnected, Memcached::tcp(&[]), options);
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

/// A server that takes one connection after the other, and on each answers every request by the next
/// of these: by the first bytes at once, and by the others when those were surely read. It closes
/// none before the last has its answers.
fn answering(links: Vec<Vec<[&'static [u8]; 2]>>) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = std::thread::spawn(move || {
        let mut open = vec![];
        for answers in links {
            let (mut link, _) = listener.accept().unwrap();
            for [at_once, later] in answers {
                assert!(link.read(&mut [0; 100]).unwrap() > 0);
                link.write_all(at_once).unwrap();
                if !later.is_empty() {
                    std::thread::sleep(Duration::from_millis(200));
                    link.write_all(later).unwrap();
                }
            }
            open.push(link);
        }
    });
    (address, server)
}

/// However few they are: what was read to find out must not be forgotten.
#[test]
fn bytes_that_came_while_nothing_was_asked_cost_the_connection() {
    for stray in [&b"X"[..], b"XY"] {
        let first = vec![[&b"EN Oa\r\n"[..], stray]];
        let second = vec![[&b"EN Ob\r\n"[..], b""]];
        let twice = vec![first.clone(), second.clone(), first, second];
        let (address, server) = answering(twice);
        let mut client = Client::connect(&address).unwrap();
        assert_eq!(client.get("k").unwrap(), None);
        // A blocking client looks after a pause.
        std::thread::sleep(Duration::from_millis(1200));
        assert_eq!(client.get("k").unwrap(), None);
        on_tokio(async {
            let mut client = minimc::tokio::Client::connect(&address).await.unwrap();
            assert_eq!(client.get("k").await.unwrap(), None);
            tokio::time::sleep(Duration::from_millis(500)).await;
            assert_eq!(client.get("k").await.unwrap(), None);
        });
        server.join().unwrap();
    }
}

/// An answer that a set cannot have breaks the connection too.
#[test]
fn a_set_that_is_not_stored_is_not_trusted() {
    let links = [&b"NS Oa\r\n"[..], b"EN Ob\r\n"].map(|answer| vec![[answer, b""]]);
    let (address, server) = answering(links.into());
    let mut client = Client::connect(&address).unwrap();
    let error = client.set("k", "v", Expiry::NEVER).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed);
    assert_eq!(client.get("k").unwrap(), None);
    server.join().unwrap();
}

/// What stands in place of a value's end is an error, and the value's end all the same.
#[test]
fn a_value_that_ended_in_an_error_has_no_more_pieces() {
    let value = b"VALUE k 0 3\r\nabc\r\nSERVER_ERROR out of memory writing get response\r\n";
    let version = b"VERSION 1\r\n";
    // On the same connection.
    let (address, server) = answering(vec![vec![[value, b""], [version, b""]]]);
    let options = Options {
        protocol: minimc::Protocol::Text,
        ..Options::default()
    };
    let mut client = Client::connect_with(&address, options).unwrap();
    let mut value = client.open("k").unwrap().unwrap();
    assert_eq!(value.next().unwrap(), Some(&b"abc"[..]));
    assert_eq!(value.next().unwrap_err().kind(), ErrorKind::OutOfMemory);
    assert_eq!(value.next().unwrap(), None);
    client.noop().unwrap();
    server.join().unwrap();
}
