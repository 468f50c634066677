//! What every client must do with a real server, written once for hosts and microcontrollers.
//!
//! A scenario is async, generic over the client, and panics where the client fails it. It needs
//! little memory, no clock and no allocator, so that it runs over every transport, storage and
//! protocol: on hosts by `tests/tests/live.rs`, where over a transport that blocks it is ready when
//! first polled, and on firmware by `boards/live`. What needs a host is `minimc_tests::hosted`.
//!
//! Each wants a server that has none of its keys yet. They keep out of each other's way, so one
//! server will do for one run of each.

#![no_std]
#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "a test may fail"
)]

mod chunked;
pub mod fleet;
mod large;
mod many;
mod pipelined;
mod recipes;
mod streams;
mod values;

pub use chunked::chunked;
pub use large::{LARGE, PART, WHOLE, large};
pub use many::many;
pub use pipelined::{pairs, pipelined};
pub use recipes::recipes;
pub use streams::streams;
pub use values::values;

use minimc::command::{Store, Stored};
use minimc::{
    Client, Credentials, ErrorKind, Expiry, Fate, Key, Protocol, ReturnCode, Storage, Transport,
};

/// What firmware logs in with to a server that wants it.
pub const LOGIN: Credentials<'static> = match Credentials::new("minimc", "secret") {
    Ok(credentials) => credentials,
    Err(_) => panic!("a login that cannot be sent"),
};

/// One byte longer than a key may be.
const LONG: &str = match core::str::from_utf8(&[b'k'; 251]) {
    Ok(long) => long,
    Err(_) => "",
};

/// The commands, one after the other, with their outcomes.
pub async fn everyday<T: Transport, S: Storage, const N: usize>(client: &mut Client<T, S, N>) {
    assert!(client.version().await.unwrap().bytes().starts_with(b"1."));
    client.noop().await.unwrap();

    assert_eq!(client.get("k").await.unwrap(), None);
    client.set("k", "one", Expiry::NEVER).await.unwrap();
    assert_eq!(client.get("k").await.unwrap().unwrap().value, b"one");
    assert_eq!(
        client.add("k", "two", Expiry::NEVER).await.unwrap(),
        Stored::NotStored
    );
    assert_eq!(
        client.add("new", "two", Expiry::NEVER).await.unwrap(),
        Stored::Stored
    );
    assert_eq!(
        client.replace("k", "2", Expiry::NEVER).await.unwrap(),
        Stored::Stored
    );
    assert_eq!(
        client.replace("absent", "2", Expiry::NEVER).await.unwrap(),
        Stored::NotStored
    );
    assert_eq!(client.append("k", "3").await.unwrap(), Stored::Stored);
    assert_eq!(client.prepend("k", "1").await.unwrap(), Stored::Stored);
    assert_eq!(
        client.append("absent", "3").await.unwrap(),
        Stored::NotStored
    );
    assert_eq!(
        client.prepend("absent", "3").await.unwrap(),
        Stored::NotStored
    );
    assert_eq!(client.get("k").await.unwrap().unwrap().value, b"123");

    // Flags stay beside the value; text and its UTF-8 bytes are one key.
    let key = Key::new("größe").unwrap();
    assert_eq!(
        client
            .call(&Store::set(key, b"x").flags(u32::MAX))
            .await
            .unwrap(),
        Stored::Stored
    );
    let item = client
        .get(&b"gr\xC3\xB6\xC3\x9Fe"[..])
        .await
        .unwrap()
        .unwrap();
    assert_eq!((item.value, item.flags), (&b"x"[..], u32::MAX));
    client.set("empty", "", Expiry::NEVER).await.unwrap();
    assert_eq!(client.get("empty").await.unwrap().unwrap().value, b"");

    assert!(client.delete("k").await.unwrap());
    assert!(!client.delete("k").await.unwrap());
}

/// Compare and store.
pub async fn cas<T: Transport, S: Storage, const N: usize>(client: &mut Client<T, S, N>) {
    client.set("plan", "a", Expiry::NEVER).await.unwrap();
    let cas = client.gets("plan").await.unwrap().unwrap().cas.unwrap();
    assert_eq!(
        client.cas("plan", "b", cas, Expiry::NEVER).await.unwrap(),
        Stored::Stored
    );
    assert_eq!(
        client.cas("plan", "c", cas, Expiry::NEVER).await.unwrap(),
        Stored::Exists
    );
    assert_eq!(
        client.cas("absent", "c", cas, Expiry::NEVER).await.unwrap(),
        Stored::NotFound
    );
    assert_eq!(client.get("plan").await.unwrap().unwrap().value, b"b");
}

/// Counting, and counting what is not there or no number.
pub async fn counting<T: Transport, S: Storage, const N: usize>(client: &mut Client<T, S, N>) {
    let error = client.incr("n", 1).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.return_code()),
        (ErrorKind::NotFound, ReturnCode::NotFound)
    );
    client.set("n", "10", Expiry::NEVER).await.unwrap();
    assert_eq!(client.incr("n", 5).await.unwrap(), 15);
    assert_eq!(client.decr("n", 8).await.unwrap(), 7);
    // The server leaves blanks behind the shorter number.
    assert_eq!(
        client
            .get("n")
            .await
            .unwrap()
            .unwrap()
            .value
            .trim_ascii_end(),
        b"7"
    );
    assert_eq!(client.decr("n", 100).await.unwrap(), 0);
    assert_eq!(client.incr("n", u64::MAX).await.unwrap(), u64::MAX);
    assert_eq!(client.incr("n", 2).await.unwrap(), 1);
    client.set("text", "x", Expiry::NEVER).await.unwrap();
    let error = client.incr("text", 1).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.fate()),
        (ErrorKind::NotNumeric, Fate::Refused)
    );
    client.noop().await.unwrap();
}

/// Times to live.
pub async fn expiry<T: Transport, S: Storage, const N: usize>(client: &mut Client<T, S, N>) {
    client.set("gone", "x", Expiry::AT_ONCE).await.unwrap();
    assert_eq!(client.get("gone").await.unwrap(), None);
    // A negative time means never, as zero does.
    client.set("stays", "x", Expiry::seconds(-1)).await.unwrap();
    assert!(client.get("stays").await.unwrap().is_some());
    assert!(client.touch("stays", Expiry::seconds(1000)).await.unwrap());
    assert!(
        client
            .get_and_touch("stays", Expiry::seconds(2000))
            .await
            .unwrap()
            .is_some()
    );
    assert!(!client.touch("absent", Expiry::seconds(1000)).await.unwrap());
    assert!(client.touch("stays", Expiry::AT_ONCE).await.unwrap());
    assert_eq!(client.get("stays").await.unwrap(), None);
}

/// Bad input gets a clear error, sends nothing, and loses nothing.
pub async fn refused<T: Transport, S: Storage, const N: usize>(client: &mut Client<T, S, N>) {
    client.set("kept", "x", Expiry::NEVER).await.unwrap();
    for key in ["", "a b", "k\r\nflush_all", "\0", "\x7F", LONG] {
        let error = client.set(key, "y", Expiry::NEVER).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Key(_)), "{error}");
        assert_eq!(error.fate(), Fate::NotSent);
        assert!(client.get(key).await.is_err());
    }
    // Of many, it is the bad one's own, and the others have their items.
    let keys = ["kept", "a b", "kept", LONG];
    let mut items = client.get_many(&keys).await.unwrap();
    for expected in keys {
        let (key, item) = items.next().await.unwrap();
        assert_eq!(*key, expected);
        match item {
            Ok(item) => assert_eq!((expected, item.unwrap().value), ("kept", &b"x"[..])),
            Err(error) => {
                assert!(expected != "kept" && matches!(error.kind(), ErrorKind::Key(_)));
                assert_eq!(error.fate(), Fate::NotSent);
            }
        }
    }
    assert!(items.next().await.is_none());
    assert_eq!(client.get("kept").await.unwrap().unwrap().value, b"x");
}

/// Any bytes as a key.
pub async fn encoded_keys<T: Transport, S: Storage, const N: usize>(client: &mut Client<T, S, N>) {
    let key = Key::encoded(b"a key\r\n\0\xFF").unwrap();
    let set = Store::set(key, b"x");
    if client.options().protocol == Protocol::Text {
        let error = client.call(&set).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Unsupported(_)));
        return;
    }
    assert_eq!(client.call(&set).await.unwrap(), Stored::Stored);
    assert_eq!(client.get(key).await.unwrap().unwrap().value, b"x");
    assert!(client.delete(key).await.unwrap());
}
