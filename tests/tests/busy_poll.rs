//! A blocking socket that asks for a while before it sleeps: the same replies and the same limit.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use minimc::net::Client;
use minimc::{ErrorKind, Expiry, Options};
use minimc_tests::server::Memcached;

/// How long it asks: not worth mentioning, longer than a server takes, and for ever.
const ASK: [Duration; 3] = [
    Duration::from_nanos(1),
    Duration::from_millis(1),
    Duration::from_secs(3600),
];

fn options(busy_poll: Duration) -> Options {
    Options {
        busy_poll,
        item_limit: 2 << 20,
        ..Options::default()
    }
}

#[test]
fn every_value_goes_and_comes() {
    for server in [Memcached::tcp(&["-I", "2m"]), Memcached::unix()] {
        for ask in ASK {
            let mut client = Client::connect_with(server.address(), options(ask)).unwrap();
            // The last is more than a socket holds: writing it has to wait, too.
            for length in [0, 1, 5000, 900_000] {
                let value: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
                client.set("k", &value, Expiry::NEVER).unwrap();
                assert!(client.get("k").unwrap().unwrap().value == value);
                let mut place = vec![0; length];
                client.get_into("k", &mut place).unwrap().unwrap();
                assert!(place == value, "{length} bytes, {ask:?}");
            }
            assert!(client.get("absent").unwrap().is_none());
        }
    }
}

/// A connection that rested is looked at before it is used, and left as it was.
#[test]
fn a_connection_that_rested_goes_on() {
    let server = Memcached::unix();
    let mut client = Client::connect_with(server.address(), options(ASK[1])).unwrap();
    client.set("k", "v", Expiry::NEVER).unwrap();
    let before = client.general_stats().unwrap().total_connections;
    std::thread::sleep(Duration::from_millis(1100));
    for _ in 0..3 {
        assert_eq!(client.get("k").unwrap().unwrap().value, b"v");
    }
    assert_eq!(client.general_stats().unwrap().total_connections, before);
}

/// The time that this thread was on a core.
fn on_core() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    let first = stat.split_whitespace().next().unwrap();
    Duration::from_nanos(first.parse().unwrap())
}

/// Has a server that answers each request after `pause`, or never.
fn slow(pause: Option<Duration>) -> (String, std::thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = std::thread::spawn(move || {
        let (mut link, _) = listener.accept().unwrap();
        while link.read(&mut [0; 100]).unwrap() > 0 {
            if let Some(pause) = pause {
                std::thread::sleep(pause);
                link.write_all(b"EN\r\n").unwrap();
            }
        }
    });
    (address, server)
}

/// It asks first each time: also after it slept, which leaves the socket as it was.
#[test]
fn a_slow_server_is_waited_for_asleep() {
    let pause = Duration::from_millis(400);
    let ask = Duration::from_millis(50);
    let (address, server) = slow(Some(pause));
    let mut client = Client::connect_with(&address, options(ask)).unwrap();
    for _ in 0..2 {
        let before = on_core();
        assert!(client.get("k").unwrap().is_none());
        let asked = on_core() - before;
        assert!((ask / 50..pause / 2).contains(&asked), "{asked:?}");
    }
    drop(client);
    server.join().unwrap();
}

#[test]
fn the_limit_holds() {
    for ask in ASK {
        let (address, server) = slow(None);
        let limit = Duration::from_millis(200);
        let options = Options {
            timeout: limit,
            ..options(ask)
        };
        let mut client = Client::connect_with(&address, options).unwrap();
        let began = Instant::now();
        let error = client.get("k").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut, "{ask:?}");
        // Neither at once nor for ever.
        let took = began.elapsed();
        assert!((limit / 2..limit * 20).contains(&took), "{took:?}");
        drop(client);
        server.join().unwrap();
    }
}
