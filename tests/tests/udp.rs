//! Datagrams, with a real server.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use minimc::udp::Client;
use minimc::{ErrorKind, Expiry, Fate, Options, Prefix, Protocol};
use minimc_tests::datagrams::{got, options};
use minimc_tests::observer::Observer;
use minimc_tests::script::calls::PROTOCOLS;
use minimc_tests::server::Memcached;

#[test]
fn get_and_set_with_a_real_server() {
    let server = Memcached::udp(&[]);
    let mut observer = Observer::new(&server);
    for protocol in PROTOCOLS {
        let options = Options {
            prefix: Prefix::new("p:").unwrap(),
            ..options(protocol)
        };
        let mut client = Client::connect_with(server.address(), options).unwrap();
        client.set("k", "v", Expiry::seconds(60)).unwrap();
        assert_eq!(observer.value("p:k").unwrap(), b"v", "{protocol:?}");
        assert_eq!(got(&mut client, "k"), "v", "{protocol:?}");
        assert_eq!(got(&mut client, "absent"), "a miss", "{protocol:?}");
        client.set("k", "", Expiry::NEVER).unwrap();
        assert_eq!(client.get("k").unwrap().unwrap().value, b"");
        client.set("gone", "v", Expiry::AT_ONCE).unwrap();
        assert_eq!(got(&mut client, "gone"), "a miss");

        // A key, an expiry or a version that forbids it is refused as on a connection.
        let error = client.set("a b", "v", Expiry::NEVER).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Key(_)), "{error:?}");
        assert_eq!(error.fate(), Fate::NotSent);
    }
}

#[test]
fn values_of_many_datagrams_with_a_real_server() {
    let server = Memcached::udp(&[]);
    let mut observer = Observer::new(&server);
    for protocol in PROTOCOLS {
        let mut client = Client::connect_with(server.address(), options(protocol)).unwrap();
        for size in [1300, 1370, 1390, 1400, 2770, 2790, 14_000, 60_000] {
            let value: Vec<u8> = (0..size).map(|at| (at % 251) as u8).collect();
            observer.store("large", &value);
            let item = client.get("large").unwrap().unwrap();
            assert!(item.value == value, "{protocol:?}: {size} bytes differ");
        }
        // What the client takes has a bound, by which the next call is none the worse.
        let options = Options {
            item_limit: 10_000,
            ..options(protocol)
        };
        let mut client = Client::connect_with(server.address(), options).unwrap();
        let too_large = "ReplyTooLarge { size: 60000 }, Unknown";
        assert_eq!(got(&mut client, "large"), too_large, "{protocol:?}");
        observer.store("large", &[b'x'; 10_000]);
        assert_eq!(got(&mut client, "large"), "10000 bytes", "{protocol:?}");
    }
}

#[test]
fn many_with_a_real_server() {
    let server = Memcached::udp(&[]);
    let mut observer = Observer::new(&server);
    let keys: Vec<String> = (0..100).map(|n| format!("key-{n}")).collect();
    for (n, key) in keys.iter().enumerate().filter(|(n, _)| n % 3 != 0) {
        observer.store(key, &vec![b'x'; n * 30]);
    }
    for protocol in PROTOCOLS {
        let mut client = Client::connect_with(server.address(), options(protocol)).unwrap();
        let mut told = vec![false; keys.len()];
        let mut items = client.get_many(&keys);
        while let Some((key, item)) = items.next() {
            let n = keys.iter().position(|given| std::ptr::eq(given, key));
            let n = n.unwrap();
            assert!(!told[n], "{key} was told twice");
            told[n] = true;
            let length = item.unwrap().map(|item| item.value.len());
            assert_eq!(length, (n % 3 != 0).then_some(n * 30), "{protocol:?} {key}");
        }
        assert!(items.next().is_none());
        assert!(told.iter().all(|told| *told), "{protocol:?}");

        // A bad key fails by itself; who asks for no more is owed nothing.
        let mut items = client.get_many(&["a b", "key-1", "key-2"]);
        let (key, item) = items.next().unwrap();
        assert_eq!((*key, item.unwrap_err().fate()), ("a b", Fate::NotSent));
        let (_, item) = items.next().unwrap();
        assert!(item.unwrap().is_some());
        drop(items);
        assert_eq!(got(&mut client, "absent"), "a miss");
        assert!(client.get_many::<&str>(&[]).next().is_none());
    }
}

/// The largest request that is sent, to the byte, and what stands above that.
#[test]
fn a_request_fits_its_datagram_or_is_not_sent() {
    let server = Memcached::udp(&[]);
    let mut observer = Observer::new(&server);
    for (protocol, head) in [
        // "set k 0 0 1376" and "ms k 1378 Oa" with both line ends; header, extras and key.
        (Protocol::Text, 18),
        (Protocol::Meta, 16),
        (Protocol::Binary, 33),
    ] {
        for limit in [1400, 5000] {
            let mut client = Client::connect_with(server.address(), options(protocol)).unwrap();
            client.set_datagram_limit(limit);
            let most = limit - 8 - head;
            client.set("k", &vec![b'x'; most], Expiry::NEVER).unwrap();
            let error = client
                .set("k", &vec![b'y'; most + 1], Expiry::NEVER)
                .unwrap_err();
            let told = (error.kind(), error.fate());
            assert_eq!(told, (ErrorKind::TooLarge, Fate::NotSent), "{protocol:?}");
            assert_eq!(observer.value("k").unwrap(), vec![b'x'; most]);
            assert_eq!(got(&mut client, "k"), format!("{most} bytes"));
        }
    }
}

#[test]
fn a_server_that_is_down_is_an_error_at_once_and_comes_again() {
    let mut server = Memcached::udp(&[]);
    let mut client = Client::connect(server.address()).unwrap();
    client.set("k", "v", Expiry::NEVER).unwrap();
    server.stop();
    let error = client.get("k").unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Io { .. }), "{error:?}");
    let error = client.set("k", "v", Expiry::NEVER).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Io { .. }), "{error:?}");
    // Of those that left the fate is unknown, the others were not sent; none is a miss.
    let keys: Vec<String> = (0..40).map(|n| format!("key-{n}")).collect();
    let mut fates = vec![];
    let mut items = client.get_many(&keys);
    while let Some((_, item)) = items.next() {
        let error = item.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Io { .. }), "{error:?}");
        fates.push(error.fate());
    }
    assert_eq!(fates.len(), 40);
    assert_eq!(fates[39], Fate::NotSent);
    server.start_again();
    assert_eq!(got(&mut client, "k"), "a miss");
    client.set("k", "w", Expiry::NEVER).unwrap();
    assert_eq!(got(&mut client, "k"), "w");
}
