//! Commands beyond the everyday ones, each in each protocol, with a real server.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::thread::sleep;
use std::time::Duration;

use minimc::command::{Count, Deleted};
use minimc::net::Client;
use minimc::{ErrorKind, Expiry, Key, Options, Protocol, ReturnCode};
use minimc_tests::script::calls::PROTOCOLS;
use minimc_tests::server::Memcached;

fn client(server: &Memcached, protocol: Protocol) -> Client {
    let options = Options {
        protocol,
        ..Options::default()
    };
    Client::connect_with(server.address(), options).unwrap()
}

/// The last second in which nothing may be flushed is over.
fn next_second() {
    sleep(Duration::from_millis(1100));
}

#[test]
fn exists_without_fetching() {
    let server = Memcached::tcp(&[]);
    for protocol in PROTOCOLS {
        let mut client = client(&server, protocol);
        client.delete("k").unwrap();
        assert!(!client.exists("k").unwrap(), "{protocol:?}");
        // Asking leaves nothing behind.
        assert!(client.get("k").unwrap().is_none(), "{protocol:?}");
        client.set("k", "value", Expiry::NEVER).unwrap();
        assert!(client.exists("k").unwrap(), "{protocol:?}");
        assert_eq!(client.get("k").unwrap().unwrap().value, b"value");
        client.set("k", "", Expiry::NEVER).unwrap();
        assert!(client.exists("k").unwrap(), "{protocol:?}");
    }
}

#[test]
fn flush_all_now_and_later() {
    let server = Memcached::tcp(&[]);
    for protocol in PROTOCOLS {
        let mut client = client(&server, protocol);
        client.set("k", "x", Expiry::NEVER).unwrap();
        next_second();
        client.flush_all(0).unwrap();
        assert!(client.get("k").unwrap().is_none(), "{protocol:?}");
        next_second();
        client.set("k", "x", Expiry::NEVER).unwrap();
        client.flush_all(2).unwrap();
        assert!(client.get("k").unwrap().is_some(), "{protocol:?}");
        sleep(Duration::from_millis(3200));
        assert!(client.get("k").unwrap().is_none(), "{protocol:?}");
        let error = client.flush_all(2_592_001).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Expiry);
    }
}

#[test]
fn flush_all_where_it_is_not_allowed() {
    let server = Memcached::tcp(&["-F"]);
    for protocol in PROTOCOLS {
        let mut client = client(&server, protocol);
        client.set("k", "x", Expiry::NEVER).unwrap();
        let error = client.flush_all(0).unwrap_err();
        let kind = match protocol {
            Protocol::Binary => ErrorKind::Unauthenticated,
            _ => ErrorKind::Client,
        };
        assert_eq!(error.kind(), kind, "{protocol:?}");
        assert!(client.get("k").unwrap().is_some(), "{protocol:?}");
    }
}

#[test]
fn the_servers_settings() {
    let server = Memcached::tcp(&[]);
    for protocol in [Protocol::Text, Protocol::Meta] {
        let mut client = client(&server, protocol);
        client.verbosity(0).unwrap();
        client.cache_memlimit(64).unwrap();
        let error = client.cache_memlimit(1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused);
        assert_eq!(error.return_code(), ReturnCode::Failure);
        let words = error.text().unwrap().bytes();
        assert!(words.starts_with(b"MEMLIMIT_TOO_SMALL "), "{error}");
        client.noop().unwrap();
    }
    let mut client = client(&server, Protocol::Binary);
    for refused in [client.verbosity(0), client.cache_memlimit(64)] {
        assert_eq!(refused.unwrap_err().return_code(), ReturnCode::NotSupported);
    }
}

#[test]
fn quit_and_come_again() {
    let server = Memcached::tcp(&[]);
    for protocol in PROTOCOLS {
        let mut client = client(&server, protocol);
        client.set("k", "x", Expiry::NEVER).unwrap();
        client.quit().unwrap();
        // There is nothing to leave.
        client.quit().unwrap();
        assert!(client.get("k").unwrap().is_some(), "{protocol:?}");
    }
}

#[test]
fn delete_by_cas() {
    let server = Memcached::tcp(&[]);
    for protocol in [Protocol::Meta, Protocol::Binary] {
        let mut client = client(&server, protocol);
        assert_eq!(client.delete_cas("k", 9).unwrap(), Deleted::NotFound);
        client.set("k", "x", Expiry::NEVER).unwrap();
        let cas = client.gets("k").unwrap().unwrap().cas.unwrap();
        client.set("k", "y", Expiry::NEVER).unwrap();
        assert_eq!(client.delete_cas("k", cas).unwrap(), Deleted::Exists);
        let cas = client.gets("k").unwrap().unwrap().cas.unwrap();
        assert_eq!(client.delete_cas("k", cas).unwrap(), Deleted::Deleted);
        assert!(client.get("k").unwrap().is_none());
        let error = client.delete_cas("k", 0).unwrap_err();
        assert_eq!(error.return_code(), ReturnCode::NotSupported);
    }
    let mut client = client(&server, Protocol::Text);
    let error = client.delete_cas("k", 9).unwrap_err();
    assert_eq!(error.return_code(), ReturnCode::NotSupported);
}

#[test]
fn counting_with_an_initial_value_and_a_new_expiry() {
    let server = Memcached::tcp(&[]);
    for protocol in [Protocol::Meta, Protocol::Binary] {
        let mut client = client(&server, protocol);
        client.delete("n").unwrap();
        let hour = Expiry::seconds(3600);
        assert_eq!(client.incr_or_create("n", 5, 10, hour).unwrap(), 10);
        assert_eq!(client.incr_or_create("n", 5, 10, hour).unwrap(), 15);
        assert_eq!(client.decr_or_create("n", 20, 10, hour).unwrap(), 0);
    }
    let mut client = client(&server, Protocol::Meta);
    client.set("n", "1", Expiry::NEVER).unwrap();
    let count = Count::up(Key::new("n").unwrap(), 1).touch(Expiry::seconds(1));
    assert_eq!(client.call(&count).unwrap(), 2);
    sleep(Duration::from_millis(2200));
    assert!(client.get("n").unwrap().is_none());
}
