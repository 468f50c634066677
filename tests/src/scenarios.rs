//! What every client must do with a real server, written once for all of them.
//!
//! A scenario is async and generic over the client. It is run over every transport, storage and
//! protocol by `tests/live.rs`; over a transport that blocks it is ready when first polled.

use minimc::command::{Get, Store, Stored};
use minimc::{Client, ErrorKind, Expiry, Fate, Key, Protocol, ReturnCode, Storage, Transport};

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
    assert_eq!(client.get_owned("k").await.unwrap().unwrap().value, b"123");

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
    // More than 30 days: a host has a clock.
    client
        .set("far", "x", Expiry::seconds(40 * 24 * 60 * 60))
        .await
        .unwrap();
    assert!(client.get("far").await.unwrap().is_some());
    assert!(client.touch("stays", Expiry::AT_ONCE).await.unwrap());
    assert_eq!(client.get("stays").await.unwrap(), None);
}

/// One call for many keys: those that exist come, in order, with the keys as they were given.
pub async fn many<T: Transport, S: Storage, const N: usize>(client: &mut Client<T, S, N>) {
    let keys: Vec<String> = (0..1000)
        .map(|n| format!("many:{n}:{}", "x".repeat(n % 50)))
        .collect();
    let even = keys.iter().step_by(2);
    let sets = even.map(|key| Store::set(Key::new(key).unwrap(), key.as_bytes()).flags(7));
    let mut stored = 0;
    client
        .call_each(sets, |index, reply| {
            assert_eq!((index, reply.unwrap()), (stored, Stored::Stored));
            stored += 1;
        })
        .await
        .unwrap();
    assert_eq!(stored, 500);

    let mut items = client.get_many(&keys).await.unwrap();
    let mut found = 0;
    while let Some((key, item)) = items.next().await.unwrap() {
        assert_eq!(key, &keys[found * 2]);
        assert_eq!((item.value, item.flags), (key.as_bytes(), 7));
        found += 1;
    }
    assert_eq!(found, 500);

    // Given up half way: the next call is none the worse.
    let mut items = client.get_many(&keys).await.unwrap();
    let _ = items.next().await.unwrap();
    client.set("other", "value", Expiry::NEVER).await.unwrap();
    assert_eq!(client.get("other").await.unwrap().unwrap().value, b"value");
    let no_keys: [&str; 0] = [];
    assert!(
        client
            .get_many(&no_keys)
            .await
            .unwrap()
            .next()
            .await
            .unwrap()
            .is_none()
    );
}

/// A value of 300,000 bytes, whatever the storage.
pub async fn large<T: Transport, S: Storage, const N: usize>(client: &mut Client<T, S, N>) {
    let value: Vec<u8> = (0..300_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    client.set("large", &value, Expiry::NEVER).await.unwrap();
    client.set("small", "s", Expiry::NEVER).await.unwrap();

    let mut stream = client.open("large").await.unwrap().unwrap();
    assert_eq!(stream.entry().length, 300_000);
    let mut read = Vec::new();
    while let Some(bytes) = stream.next().await.unwrap() {
        read.extend_from_slice(bytes);
    }
    assert!(read == value, "the value that came back differs");
    assert!(stream.next().await.unwrap().is_none());

    // Given up at the first piece, and before it.
    let mut stream = client.open("large").await.unwrap().unwrap();
    assert!(!stream.next().await.unwrap().unwrap().is_empty());
    assert_eq!(client.get("small").await.unwrap().unwrap().value, b"s");
    let _ = client.open("large").await.unwrap().unwrap();
    assert_eq!(client.get("small").await.unwrap().unwrap().value, b"s");
    assert!(client.open("absent").await.unwrap().is_none());

    let mut buffer = vec![0; 300_000];
    let entry = client
        .get_into("large", &mut buffer)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(entry.length, 300_000);
    assert!(buffer == value, "the value that came back differs");
    let error = client
        .get_into("large", &mut buffer[..299_999])
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReplyTooLarge { size: 300_000 });

    // Whole: it fits the storage, or it is refused and passed over.
    match client.get("large").await {
        Ok(item) => assert!(item.unwrap().value == value),
        Err(error) => assert_eq!(error.kind(), ErrorKind::ReplyTooLarge { size: 300_000 }),
    }
    assert_eq!(client.get("small").await.unwrap().unwrap().value, b"s");
}

/// 100 sets and 100 gets on the way at once, and a pipeline by hand.
pub async fn pipelined<T: Transport, S: Storage, const N: usize>(client: &mut Client<T, S, N>) {
    let keys: Vec<String> = (0..100).map(|n| format!("p{n}")).collect();
    let values: Vec<Vec<u8>> = (0..100).map(|n| vec![n as u8; n * 3]).collect();
    let sets = keys
        .iter()
        .zip(&values)
        .map(|(key, value)| Store::set(Key::new(key).unwrap(), value));
    let mut replies = 0;
    client
        .call_each(sets, |index, reply| {
            assert_eq!((index, reply.unwrap()), (replies, Stored::Stored));
            replies += 1;
        })
        .await
        .unwrap();
    let gets = keys.iter().map(|key| Get::new(Key::new(key).unwrap()));
    client
        .call_each(gets, |index, reply| {
            assert_eq!(reply.unwrap().unwrap().value, values[index]);
            replies += 1;
        })
        .await
        .unwrap();
    assert_eq!(replies, 200);

    let get = |n: usize| Get::new(Key::new(&keys[n]).unwrap());
    client.send(&get(1)).await.unwrap();
    client.send(&get(2)).await.unwrap();
    assert_eq!(
        client.receive::<Get<'_>>().await.unwrap().unwrap().value,
        values[1]
    );
    client.send(&get(3)).await.unwrap();
    assert_eq!(
        client.receive::<Get<'_>>().await.unwrap().unwrap().value,
        values[2]
    );
    // The third reply is given up by another call.
    assert_eq!(
        client.get(&keys[4]).await.unwrap().unwrap().value,
        values[4]
    );
    assert_eq!(
        client.receive::<Get<'_>>().await.unwrap_err().kind(),
        ErrorKind::OutOfOrder
    );
}

/// Bad input gets a clear error, sends nothing, and loses nothing.
pub async fn refused<T: Transport, S: Storage, const N: usize>(client: &mut Client<T, S, N>) {
    client.set("k", "kept", Expiry::NEVER).await.unwrap();
    let long = "k".repeat(251);
    for key in ["", "a b", "k\r\nflush_all", "\0", "\x7F", &long] {
        let error = client.set(key, "x", Expiry::NEVER).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Key(_)), "{error}");
        assert_eq!(error.fate(), Fate::NotSent);
        assert!(client.get(key).await.is_err());
    }
    assert!(client.get_many(&["k", "a b"]).await.is_err());
    // Over the client's own limit.
    let limit = client.options().item_limit as usize;
    let error = client
        .set("k", &vec![0; limit + 1], Expiry::NEVER)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.fate()),
        (ErrorKind::TooLarge, Fate::NotSent)
    );
    assert_eq!(client.get("k").await.unwrap().unwrap().value, b"kept");
    // Within it, but over the server's, which counts the key and its own header too.
    let error = client
        .set("k", &vec![0; limit], Expiry::NEVER)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.fate()),
        (ErrorKind::TooLarge, Fate::RefusedAndGone)
    );
    assert_eq!(error.return_code() as u8, 37);
    assert_eq!(client.get("k").await.unwrap(), None);
    // Classic `add` leaves the old item where it is.
    client.set("k", "kept", Expiry::NEVER).await.unwrap();
    let error = client
        .add("k", &vec![0; limit], Expiry::NEVER)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    let kept = error.fate() == Fate::Refused;
    assert_eq!(kept, client.options().protocol != Protocol::Meta);
    assert_eq!(client.get("k").await.unwrap().is_some(), kept);
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
