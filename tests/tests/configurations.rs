//! Servers that were started otherwise than by default, with every client: blocking and async, in
//! each protocol.
//!
//! | option | here | elsewhere |
//! |---|---|---|
//! | none | | `live.rs`, and most of the others |
//! | `-I` | values of more than 1 MiB | smaller items: `outcomes_values.rs` |
//! | `-M` | a memory that is full | the fate of each way to store: `outcomes_values.rs` |
//! | `-C` | no CAS values | |
//! | `-U` | both ways to one server | datagrams: `udp.rs`, `udp_lost.rs` |
//! | `-o idle_timeout` | the first call after it | |
//! | `-c` | too many connections | and `-o maxconns_fast`: `lost.rs` |
//! | `-Y` | | a login: `outcomes.rs` |
//! | `-F`, `-X`, `-W` | | no flush_all: `commands.rs`; no dumps, no watching: `lines.rs` |

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use minimc::command::{Deleted, GetMany, Leased, Store, StoreMany, Stored};
use minimc::{
    Client, ErrorKind, Expiry, Fate, Key, Options, Protocol, ReturnCode, Storage, Transport,
};
use minimc_scenarios as scenarios;
use minimc_tests::observer::Observer;
use minimc_tests::server::Memcached;
use minimc_tests::with_every_client;

const LARGE: usize = 1_500_000;

/// `-I 2m`, known to the client.
async fn larger_items<T: Transport, S: Storage, const N: usize>(
    server: Memcached,
    client: &mut Client<T, S, N>,
    _rest: impl AsyncFn(Duration),
) {
    let mut observer = Observer::new(&server);
    let value: Vec<u8> = (0..LARGE).map(|at| (at % 251) as u8).collect();
    client.set("k", &value, Expiry::NEVER).await.unwrap();
    assert!(observer.value("k").unwrap() == value);
    assert!(client.get("k").await.unwrap().unwrap().value == value);
    let mut into = vec![0; LARGE];
    client.get_into("k", &mut into).await.unwrap().unwrap();
    assert!(into == value);
    let mut items = client.get_many(&["absent", "k"]).await.unwrap();
    let (key, item) = items.next().await.unwrap();
    assert!(*key == "k" && item.unwrap().unwrap().value == value);
    assert!(items.next().await.unwrap().1.unwrap().is_none());
    assert_eq!(client.get("absent").await.unwrap(), None);
    assert_eq!(client.options().item_limit, 2 * 1024 * 1024);
}

/// `-I 2m`, not known to the client.
async fn larger_items_than_the_client_knows<T: Transport, S: Storage, const N: usize>(
    server: Memcached,
    client: &mut Client<T, S, N>,
    _rest: impl AsyncFn(Duration),
) {
    let mut observer = Observer::new(&server);
    let value = vec![b'x'; LARGE];
    client.set("k", "kept", Expiry::NEVER).await.unwrap();
    let sets = observer.count("cmd_set");
    let error = client.set("k", &value, Expiry::NEVER).await.unwrap_err();
    let told = (error.kind(), error.fate(), error.return_code());
    assert_eq!(
        told,
        (ErrorKind::TooLarge, Fate::NotSent, ReturnCode::E2Big)
    );
    // The server saw no request, and nothing that it would have to skip.
    assert_eq!(observer.count("cmd_set"), sets);
    assert_eq!(client.get("k").await.unwrap().unwrap().value, b"kept");

    // What another stored can be had in pieces; whole, it is told to be too large.
    observer.store("k", &value);
    let error = client.get("k").await.unwrap_err();
    let size = LARGE as u32;
    assert_eq!(error.kind(), ErrorKind::ReplyTooLarge { size });
    let mut length = 0;
    let mut stream = client.open("k").await.unwrap().unwrap();
    while let Some(piece) = stream.next().await.unwrap() {
        length += piece.len();
    }
    assert_eq!(length, LARGE);
    assert_eq!(client.get("absent").await.unwrap(), None);
}

#[test]
fn items_of_two_megabytes() {
    let server = || Memcached::tcp(&["-I", "2m", "-m", "128"]);
    let options = Options {
        item_limit: 2 * 1024 * 1024,
        ..Options::default()
    };
    with_every_client!(larger_items, server(), options);
    with_every_client!(
        larger_items_than_the_client_knows,
        server(),
        Options::default()
    );
}

/// The keys of [`full`] that make small items: so long that a page holds few of them.
fn long(name: &str) -> String {
    format!("{name:-<250}")
}

/// Stores values until the server refuses one; how many it took.
fn fill(observer: &mut Observer, key: impl Fn(usize) -> String, value: &[u8]) -> usize {
    let mut held = 0;
    while observer.try_to_store(&key(held), value) == "STORED" {
        held += 1;
        assert!(held < 10_000, "the server has memory without end");
    }
    held
}

/// `-M`, and all memory used by items of two sizes.
async fn full<T: Transport, S: Storage, const N: usize>(
    server: Memcached,
    client: &mut Client<T, S, N>,
    _rest: impl AsyncFn(Duration),
) {
    let mut observer = Observer::new(&server);
    let value = [b'x'; 5000];
    let number = long("n");
    observer.store(&number, b"9");
    let held = fill(&mut observer, |n| format!("f{n}"), &value);
    fill(&mut observer, |n| long(&format!("f{n}")), b"");
    let what = format!("{:?}", client.options().protocol);
    client.noop().await.unwrap();
    let connections = observer.connections();

    // What is there can be had, counted and removed; the rest is a miss.
    assert!(client.get("f0").await.unwrap().unwrap().value == value);
    assert_eq!(client.get("absent").await.unwrap(), None);
    assert!(client.exists("f1").await.unwrap());
    assert!(client.touch("f1", Expiry::seconds(100)).await.unwrap());

    let error = client.set("new", &value, Expiry::NEVER).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutOfMemory, "{what}");
    let code = ReturnCode::ServerMemoryAllocationFailure;
    assert_eq!(error.return_code(), code, "{what}");
    let error = client.add("new", &value, Expiry::NEVER).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutOfMemory, "{what}");

    // A number that needs another digit, and the stub of a lease: the server has no room for either.
    let error = client.incr(&number, 1).await.unwrap_err();
    let told = (error.kind(), error.fate());
    assert_eq!(told, (ErrorKind::OutOfMemory, Fate::Refused), "{what}");
    assert_eq!(observer.value(&number).unwrap(), b"9");
    if client.options().protocol == Protocol::Meta {
        let lease = client.lease(&long("leased"), Expiry::seconds(30)).await;
        assert_eq!(lease.unwrap_err().kind(), ErrorKind::OutOfMemory);
    }

    // Of many, each has its outcome, which is the truth; quiet requests are answered for all.
    let keys: Vec<String> = (0..40).map(|n| format!("many-{n}")).collect();
    let items: Vec<(&str, &[u8])> = keys.iter().map(|key| (&key[..], &value[..])).collect();
    for is_precise in [false, true] {
        let many = StoreMany::set(&items);
        let many = if is_precise { many.precise() } else { many };
        let mut told = 0;
        let mut outcomes = client.batch(many).await.unwrap();
        while let Some((key, outcome)) = outcomes.next().await {
            let error = outcome.unwrap_err();
            let of_its_own = error.kind() == ErrorKind::OutOfMemory;
            let of_all = error.kind() == ErrorKind::Unconfirmed && !is_precise;
            assert!(of_its_own || of_all, "{what} {key}: {error:?}");
            assert_eq!(observer.value(key), None, "{what}");
            told += 1;
        }
        assert_eq!(told, keys.len(), "{what}");
    }

    // Where there is room again storing goes on, all of it over one connection.
    for n in 0..held {
        assert!(client.delete(&format!("f{n}")).await.is_ok(), "{what}");
    }
    client.set("new", &value, Expiry::NEVER).await.unwrap();
    assert!(client.get("new").await.unwrap().unwrap().value == value);
    assert_eq!(observer.connections(), connections, "{what}");
}

#[test]
fn a_memory_that_is_full() {
    let server = || Memcached::tcp(&["-M", "-m", "2"]);
    with_every_client!(full, server(), Options::default());
}

/// `-C`.
async fn without_cas<T: Transport, S: Storage, const N: usize>(
    server: Memcached,
    client: &mut Client<T, S, N>,
    _rest: impl AsyncFn(Duration),
) {
    scenarios::everyday(client).await;
    scenarios::counting(client).await;
    scenarios::expiry(client).await;
    scenarios::many(client).await;

    // No item has a CAS value, ...
    let protocol = client.options().protocol;
    client.set("k", "x", Expiry::NEVER).await.unwrap();
    let item = client.gets("k").await.unwrap().unwrap();
    assert_eq!((item.value, item.cas), (&b"x"[..], None), "{protocol:?}");
    let keys = ["k"];
    let many = GetMany::new(&keys).with_cas();
    let mut items = client.batch(many).await.unwrap();
    let item = items.next().await.unwrap().1.unwrap().unwrap();
    assert_eq!((item.value, item.cas), (&b"x"[..], None), "{protocol:?}");
    assert!(client.exists("k").await.unwrap(), "{protocol:?}");

    // ... so none is the one that was read somewhere else: nothing is stored, nor removed.
    let mut observer = Observer::new(&server);
    let cas = client.cas("k", "y", 9, Expiry::NEVER).await;
    let absent = client.cas("absent", "y", 9, Expiry::NEVER).await;
    if protocol == Protocol::Binary {
        // There the server does not compare, but stores.
        for error in [cas.unwrap_err(), absent.unwrap_err()] {
            let told = (error.kind(), error.fate(), error.return_code());
            let code = ReturnCode::NotSupported;
            assert_eq!(told, (ErrorKind::Uncompared, Fate::Unknown, code));
        }
        client.set("k", "x", Expiry::NEVER).await.unwrap();
    } else {
        assert_eq!((cas, absent), (Ok(Stored::Exists), Ok(Stored::NotFound)));
        assert_eq!(observer.value("absent"), None);
    }
    assert_eq!(observer.value("k").unwrap(), b"x", "{protocol:?}");
    if protocol != Protocol::Text {
        let deleted = client.delete_cas("k", 9).await;
        assert_eq!(deleted, Ok(Deleted::Exists), "{protocol:?}");
        assert_eq!(observer.value("k").unwrap(), b"x", "{protocol:?}");
    }
    if protocol == Protocol::Meta {
        let lease = client.lease("leased", Expiry::seconds(30)).await;
        let won = Leased::Won {
            cas: None,
            stale: None,
        };
        assert_eq!(lease, Ok(won));
    }
}

#[test]
fn no_cas_values() {
    with_every_client!(without_cas, Memcached::tcp(&["-C"]), Options::default());
}

/// `-U`: what came by one way is had by the other.
async fn both_ways<T: Transport, S: Storage, const N: usize>(
    server: Memcached,
    client: &mut Client<T, S, N>,
    _rest: impl AsyncFn(Duration),
) {
    let options = client.options().clone();
    let mut datagrams = minimc::udp::Client::connect_with(server.address(), options).unwrap();
    scenarios::everyday(client).await;
    client.set("k", "one", Expiry::NEVER).await.unwrap();
    assert_eq!(datagrams.get("k").unwrap().unwrap().value, b"one");
    datagrams.set("k", "two", Expiry::NEVER).unwrap();
    assert_eq!(client.get("k").await.unwrap().unwrap().value, b"two");
    assert!(client.delete("k").await.unwrap());
    assert_eq!(datagrams.get("k").unwrap(), None);
}

#[test]
fn datagrams_too() {
    with_every_client!(both_ways, Memcached::udp(&[]), Options::default());
}

/// `-o idle_timeout=1`.
async fn rested<T: Transport, S: Storage, const N: usize>(
    server: Memcached,
    client: &mut Client<T, S, N>,
    rest: impl AsyncFn(Duration),
) {
    let mut observer = Observer::new(&server);
    client.set("n", "1", Expiry::NEVER).await.unwrap();
    // Who asks again and again is not idle.
    while observer.count("idle_kicks") == 0 {
        rest(Duration::from_millis(100)).await;
    }
    assert_eq!(client.incr("n", 1).await.unwrap(), 2);
}

/// The loss is seen before anything is sent, so nothing need be repeated.
#[test]
fn an_idle_timeout() {
    // By one thread: it answers the observer when it has closed the connection that it counted.
    let server = || Memcached::tcp(&["-o", "idle_timeout=1", "-t", "1"]);
    let options = Options {
        retry: false,
        ..Options::default()
    };
    with_every_client!(rested, server(), options);
}

/// `-c`, and as many connections as there may be.
async fn crowded<T: Transport, S: Storage, const N: usize>(
    server: Memcached,
    client: &mut Client<T, S, N>,
    rest: impl AsyncFn(Duration),
) {
    let mut observer = Observer::new(&server);
    let mut crowd = crowd(server.address());
    let what = format!("{:?}", client.options().protocol);
    let no_room = "TooManyConnections, NotSent";
    let store = Store::set(Key::new("k").unwrap(), b"x");
    for _ in 0..3 {
        let error = client.call(&store).await.unwrap_err();
        assert_eq!(format!("{error:?}"), no_room, "{what}");
        assert_eq!(error.return_code(), ReturnCode::Error);
        // No miss, either.
        let error = client.get("k").await.unwrap_err();
        assert_eq!(format!("{error:?}"), no_room, "{what}");
        let mut items = client.get_many(&["k", "l"]).await.unwrap();
        while let Some((_, item)) = items.next().await {
            let error = item.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::TooManyConnections, "{what}");
        }
    }
    assert_eq!(observer.value("k"), None);
    // When there is room again, the first call works.
    let before = observer.count("curr_connections");
    crowd.truncate(crowd.len() - 3);
    while observer.count("curr_connections") + 3 > before {
        rest(Duration::from_millis(10)).await;
    }
    assert_eq!(client.call(&store).await, Ok(Stored::Stored), "{what}");
    assert_eq!(client.get("k").await.unwrap().unwrap().value, b"x");
    assert_eq!(observer.value("k").unwrap(), b"x");
}

/// As many connections as a server takes.
fn crowd(address: &str) -> Vec<TcpStream> {
    let mut crowd = Vec::new();
    loop {
        assert!(crowd.len() < 60, "the server refuses no connection");
        let mut stream = TcpStream::connect(address).unwrap();
        let mut line = String::new();
        let asked = stream.write_all(b"version\r\n");
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        if asked.is_err() || reader.read_line(&mut line).is_err() || !line.starts_with("VERSION") {
            return crowd;
        }
        crowd.push(stream);
    }
}

#[test]
fn few_connections() {
    let server = || Memcached::tcp(&["-c", "40", "-t", "1"]);
    with_every_client!(crowded, server(), Options::default());
}
