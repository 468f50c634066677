//! Chunked values, with a real server: whole, damaged, overwritten, and over links that are lost.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::fmt::Debug;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use embedded_io_adapters::std::FromStd;
use minimc::command::meta::{self, TimeToLive};
use minimc::command::{Store, Stored};
use minimc::net::{Client, Cluster};
use minimc::value::BadValue;
use minimc::value::chunks::{Manifest, Position};
use minimc::{
    BadKey, ErrorKind, Expiry, Fate, Key, Options, Prefix, Protocol, Storage, TransferError,
    Transport, random_version,
};
use minimc_tests::observer::Observer;
use minimc_tests::proxy::{Fault, How, Line, Way};
use minimc_tests::run::on_tokio;
use minimc_tests::script::calls::PROTOCOLS;
use minimc_tests::server::Memcached;
use minimc_tests::with_every_client;

const NEVER: Expiry = Expiry::NEVER;

fn client(server: &Memcached, protocol: Protocol) -> Client {
    let options = Options {
        protocol,
        ..Options::default()
    };
    Client::connect_with(server.address(), options).unwrap()
}

/// A value that is another for every seed, at every place.
fn image(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let words = (0..length.div_ceil(8)).flat_map(|_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    words.take(length).collect()
}

fn manifest(length: usize, part_size: u32) -> Manifest {
    Manifest::new(length as u64, part_size, random_version()).unwrap()
}

fn set(client: &mut Client, name: &str, image: &[u8], part_size: u32) -> Manifest {
    let manifest = manifest(image.len(), part_size);
    let (mut reader, mut buffer) = (FromStd::new(image), [0; 1000]);
    client
        .set_chunked(name, manifest, &mut reader, NEVER, &mut buffer, |_| {})
        .unwrap()
}

/// What is got, if anything is.
fn get(client: &mut Client, name: &str) -> Result<Option<Vec<u8>>, ErrorKind> {
    let mut writer = FromStd::new(vec![]);
    match client.get_chunked(name, &mut writer, |_| {}) {
        Ok(manifest) => Ok(manifest.map(|manifest| {
            let value = writer.into_inner();
            assert_eq!(manifest.length(), value.len() as u64);
            value
        })),
        Err(TransferError::Call(error)) => Err(error.kind()),
        Err(other) => panic!("{other}"),
    }
}

/// The key of a part, as the format's description has it.
fn part_key(name: &str, manifest: &Manifest, index: u32) -> String {
    format!("{name}#{:016x}.{index:08x}", manifest.version())
}

fn bad<R>(bad: BadValue) -> Result<R, ErrorKind> {
    Err(ErrorKind::Value(bad))
}

/// The kind of an error of the call's.
fn kind<R: Debug, E: Debug>(result: Result<R, TransferError<E>>) -> ErrorKind {
    match result {
        Err(TransferError::Call(error)) => error.kind(),
        other => panic!("{other:?}"),
    }
}

async fn five_megabytes<T: Transport, S: Storage, const N: usize>(
    server: Memcached,
    client: &mut minimc::Client<T, S, N>,
    _rest: impl AsyncFn(Duration),
) {
    let image = image(5_000_000, 1);
    let mut observer = Observer::new(&server);
    for part_size in [1_000_000, 65_536, 999_983] {
        let manifest = manifest(image.len(), part_size).with_flags(16);
        let mut buffer = vec![0; 10_000];
        let mut seen = 0;
        let mut reader = &image[..];
        let stored = client.set_chunked("v", manifest, &mut reader, NEVER, &mut buffer, |bytes| {
            seen += bytes.len();
        });
        let stored = stored.await.unwrap();
        assert_eq!(seen, image.len());
        // The flags are kept, and the sum is what zlib says.
        assert_eq!(stored, manifest.with_crc(crc(&image)));
        // By another way than the client's.
        let mut whole = vec![];
        for index in 0..manifest.parts() {
            whole.extend(observer.value(&part_key("v", &manifest, index)).unwrap());
        }
        assert!(whole == image);
        assert_eq!(observer.value("v").unwrap(), stored.encode());

        let mut place = vec![0; image.len()];
        let mut writer = &mut place[..];
        let mut seen = 0;
        let got = client.get_chunked("v", &mut writer, |bytes| seen += bytes.len());
        assert_eq!(got.await.unwrap(), Some(stored));
        assert_eq!((seen, writer.len()), (image.len(), 0));
        assert!(place == image);
        assert!(client.delete_chunked("v").await.unwrap());
        assert_eq!(observer.count("curr_items"), 0);
        assert!(!client.delete_chunked("v").await.unwrap());
        assert_eq!(client.open_chunked("v").await.unwrap(), None);
    }
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

#[test]
fn five_megabytes_in_three_sizes_of_parts() {
    with_every_client!(five_megabytes, Memcached::tcp(&[]), Options::default());
}

#[test]
fn every_length() {
    let server = Memcached::tcp(&[]);
    for protocol in PROTOCOLS {
        let mut client = client(&server, protocol);
        for (length, part_size, parts) in [
            (0, 10, 0),
            (1, 10, 1),
            (9, 10, 1),
            (10, 10, 1),
            (11, 10, 2),
            (100, 1, 100),
            (5, u32::MAX, 1),
        ] {
            let image = image(length, 2);
            let manifest = set(&mut client, "v", &image, part_size);
            assert_eq!(manifest.parts(), parts);
            assert_eq!(get(&mut client, "v"), Ok(Some(image)));
        }
    }
}

/// Each is a typed error, and no fault of the connection's.
#[test]
fn what_is_damaged_is_no_value() {
    let server = Memcached::tcp(&[]);
    let mut observer = Observer::new(&server);
    let image = image(950, 3);
    for protocol in PROTOCOLS {
        let mut client = client(&server, protocol);
        client.noop().unwrap();
        let before = observer.connections();
        let manifest = set(&mut client, "v", &image, 100);
        assert_eq!(manifest.parts(), 10);
        for index in 0..10 {
            let key = part_key("v", &manifest, index);
            let part = observer.value(&key).unwrap();
            let mut other = part.clone();
            *other.last_mut().unwrap() ^= 1;
            for (stored, expected) in [
                (None, BadValue::PartMissing { index }),
                (Some(&part[1..]), BadValue::PartLength { index }),
                (Some(&[0; 101][..]), BadValue::PartLength { index }),
                (Some(&[]), BadValue::PartLength { index }),
                (Some(&other), BadValue::Checksum),
            ] {
                match stored {
                    Some(bytes) => client.set(&key, bytes, NEVER).unwrap(),
                    None => assert!(client.delete(&key).unwrap()),
                }
                assert_eq!(
                    get(&mut client, "v"),
                    bad(expected),
                    "{protocol:?}: {index}"
                );
            }
            client.set(&key, &part, NEVER).unwrap();
        }
        assert_eq!(get(&mut client, "v"), Ok(Some(image.clone())));

        // The manifest is another, or none.
        let bytes = manifest.encode();
        let leave = |client: &mut Client, bytes: &[u8], flags| {
            let store = Store::set(Key::new("v").unwrap(), bytes).flags(flags);
            assert_eq!(client.call(&store), Ok(Stored::Stored));
            get(client, "v")
        };
        let flags = Manifest::FLAGS;
        assert_eq!(leave(&mut client, &bytes, 0), bad(BadValue::NotChunked));
        assert_eq!(leave(&mut client, &[0; 5000], 0), bad(BadValue::NotChunked));
        for other in [&bytes[1..], b"", &[0; 5000], &[0; 40], &[0xFF; 40]] {
            assert_eq!(leave(&mut client, other, flags), bad(BadValue::Manifest));
        }
        let huge = Manifest::new(u64::MAX >> 8, u32::MAX, 7).unwrap().encode();
        let missing = BadValue::PartMissing { index: 0 };
        assert_eq!(leave(&mut client, &huge, flags), bad(missing));
        // To remove it takes as long as there are parts.
        assert!(client.delete_chunked("v").unwrap());
        assert_eq!(leave(&mut client, &bytes, flags), Ok(Some(image.clone())));
        // A plain value is not removed, nor taken for a part's.
        client.set("v", "plain", NEVER).unwrap();
        let error = client.delete_chunked("v").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Value(BadValue::NotChunked));
        assert!(client.delete("v").unwrap());
        assert_eq!(get(&mut client, "v"), Ok(None));
        assert_eq!(client.delete_parts("v", &manifest).unwrap(), 10);
        assert_eq!(observer.connections(), before, "{protocol:?}");
    }
}

/// Who is in the middle reads the old version to its end, or finds out; never a mix.
#[test]
fn a_value_that_is_overwritten_while_it_is_read() {
    let server = Memcached::tcp(&[]);
    let (old, new) = (image(1000, 4), image(1000, 5));
    for protocol in PROTOCOLS {
        let (mut reader, mut writer) = (client(&server, protocol), client(&server, protocol));
        for at in 0..=10 {
            for is_removed in [false, true] {
                let before = set(&mut writer, "v", &old, 100);
                let mut position = reader.open_chunked("v").unwrap().unwrap();
                let mut got = FromStd::new(vec![]);
                for _ in 0..at {
                    assert!(
                        reader
                            .get_part("v", &mut position, &mut got, |_| {})
                            .unwrap()
                    );
                }
                reader.resume_chunked("v", &position).unwrap();
                set(&mut writer, "v", &new, 100);
                if is_removed {
                    assert_eq!(writer.delete_parts("v", &before).unwrap(), 10);
                }
                let end = loop {
                    match reader.get_part("v", &mut position, &mut got, |_| {}) {
                        Ok(true) => {}
                        Ok(false) => break Ok(()),
                        Err(error) => break Err(error),
                    }
                };
                if is_removed && at < 10 {
                    let missing = BadValue::PartMissing { index: at };
                    assert_eq!(kind(end), ErrorKind::Value(missing));
                } else {
                    end.unwrap();
                    assert!(got.into_inner() == old);
                }
                let changed = reader.resume_chunked("v", &position).unwrap_err();
                assert_eq!(changed.kind(), ErrorKind::Value(BadValue::Changed));
                assert_eq!(get(&mut reader, "v"), Ok(Some(new.clone())));
                assert!(writer.delete_chunked("v").unwrap());
                let changed = reader.resume_chunked("v", &position).unwrap_err();
                assert_eq!(changed.kind(), ErrorKind::Value(BadValue::Changed));
            }
        }
    }
}

/// Many who write and remove under one name, and readers: each gets what one of them wrote.
#[test]
fn writers_race() {
    let server = Memcached::tcp(&[]);
    let over = AtomicBool::new(false);
    let (mut whole, mut failed) = (0, 0);
    thread::scope(|scope| {
        for seed in 0..3 {
            let (server, over) = (&server, &over);
            scope.spawn(move || {
                let mut client = client(server, Protocol::Meta);
                let image = image(2000, seed);
                let mut last = None;
                while !over.load(Ordering::Relaxed) {
                    let manifest = set(&mut client, "v", &image, 300);
                    if let Some(last) = last.replace(manifest) {
                        client.delete_parts("v", &last).unwrap();
                    }
                }
            });
        }
        let images: Vec<_> = (0..3).map(|seed| image(2000, seed)).collect();
        let mut client = client(&server, Protocol::Meta);
        while whole < 300 {
            match get(&mut client, "v") {
                Ok(None) => {}
                Ok(Some(value)) => {
                    assert!(images.contains(&value), "a mix was read");
                    whole += 1;
                }
                Err(ErrorKind::Value(BadValue::PartMissing { .. })) => failed += 1,
                Err(other) => panic!("{other:?}"),
            }
        }
        over.store(true, Ordering::Relaxed);
    });
    println!("{whole} read whole, {failed} were gone in the middle");
}

/// What is half written nobody sees; and it is gone on with from the part that is missing.
#[test]
fn a_value_that_is_half_written() {
    let server = Memcached::tcp(&[]);
    let (old, new) = (image(500, 6), image(1000, 7));
    for protocol in PROTOCOLS {
        let mut client = client(&server, protocol);
        for cut in [0, 1, 99, 100, 550, 999] {
            set(&mut client, "v", &old, 100);
            let mut position = Position::new(manifest(new.len(), 100));
            let mut buffer = [0; 30];
            let mut short = FromStd::new(&new[..cut]);
            let failed = loop {
                match client.set_part("v", &mut position, &mut short, NEVER, &mut buffer, |_| {}) {
                    Ok(is_part) => assert!(is_part),
                    Err(error) => break error,
                }
            };
            let left = 100 - cut % 100;
            let about = format!("{protocol:?}: {cut}");
            match failed {
                TransferError::UnexpectedEof { left: found } => {
                    assert_eq!(found as usize, left, "{about}");
                }
                other => panic!("{about}: {other}"),
            }
            assert_eq!(get(&mut client, "v"), Ok(Some(old.clone())), "{about}");
            assert_eq!(position.offset() as usize, cut / 100 * 100);

            // Kept in bytes, as firmware would, and taken up by another client.
            let (bytes, part, crc) = (position.manifest.encode(), position.part, position.crc);
            let manifest = Manifest::decode(&bytes).unwrap();
            let mut position = Position {
                manifest,
                part,
                crc,
            };
            let mut other = self::client(&server, protocol);
            let mut rest = &new[position.offset() as usize..];
            while other
                .set_part("v", &mut position, &mut rest, NEVER, &mut buffer, |_| {})
                .unwrap()
            {
                assert_eq!(get(&mut client, "v"), Ok(Some(old.clone())), "{about}");
            }
            assert_eq!(get(&mut client, "v"), Ok(Some(new.clone())), "{about}");
            assert_eq!(position.manifest.crc(), self::crc(&new));
        }
    }
}

/// What was kept badly stores nothing.
#[test]
fn a_position_behind_the_end() {
    let server = Memcached::tcp(&[]);
    let (old, new) = (image(500, 6), image(1000, 7));
    for protocol in PROTOCOLS {
        let mut client = client(&server, protocol);
        set(&mut client, "v", &old, 100);
        let mut position = Position::new(manifest(new.len(), 100));
        position.part = 11;
        let mut reader = &new[..];
        let stored = client.set_part("v", &mut position, &mut reader, NEVER, &mut [0; 30], |_| {});
        match stored.unwrap_err() {
            TransferError::Call(error) => {
                assert_eq!(error.kind(), ErrorKind::Value(BadValue::Truncated));
            }
            other => panic!("{other}"),
        }
        assert_eq!(get(&mut client, "v"), Ok(Some(old.clone())));
    }
}

/// Parts that were got or stored are not asked for again.
#[test]
fn a_link_that_is_lost_on_the_way() {
    const PARTS: u32 = 6;
    const SIZE: u32 = 100_000;
    let image = image((SIZE * PARTS) as usize, 8);
    for protocol in PROTOCOLS {
        let server = Memcached::tcp(&[]);
        let mut observer = Observer::new(&server);
        let line = Line::new(server.address(), protocol, || {}).unwrap();
        let options = Options {
            protocol,
            ..Options::default()
        };
        let mut client = Client::connect_with(&line.address(), options).unwrap();
        for (at, how) in [
            (0, How::Cut),
            (20, How::Reset),
            (50_000, How::Cut),
            (250_000, How::Reset),
            (500_300, How::Cut),
            (599_000, How::Cut),
        ] {
            let about = format!("{protocol:?}, {how:?} after {at}");
            line.arm(Fault::After(Way::Out, at, how));
            let before = observer.count("cmd_set");
            let failures = stored_in_spite(&mut client, &image, SIZE);
            assert!(line.disarm().is_some(), "{about}: nothing was lost");
            // What was not sent in full may be sent again without being told.
            assert!(failures <= 1, "{about}: {failures} failures");
            let stored = observer.count("cmd_set") - before;
            assert!(
                stored <= u64::from(PARTS) + 2,
                "{about}: {stored} were stored"
            );
            assert!(get(&mut client, "v") == Ok(Some(image.clone())), "{about}");

            line.arm(Fault::After(Way::Back, at, how));
            let before = observer.count("cmd_get");
            let failures = got_in_spite(&mut client, &image);
            assert!(line.disarm().is_some(), "{about}: nothing was lost");
            assert!(failures <= 1, "{about}: {failures} failures");
            // The part again, and a look at the manifest.
            let got = observer.count("cmd_get") - before;
            assert!(got <= u64::from(PARTS) + 1 + 2, "{about}: {got} were got");

            // Without going on: whole, or what happened.
            line.arm(Fault::After(Way::Back, at, how));
            let got = get(&mut client, "v");
            line.disarm();
            match got {
                Ok(value) => assert!(value.as_ref() == Some(&image), "{about}"),
                Err(error) => assert!(is_lost(error), "{about}: {error:?}"),
            }
        }
    }
}

fn is_lost(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::Closed | ErrorKind::Io { .. })
}

/// Stores a value, and goes on after a failure; how many there were.
fn stored_in_spite(client: &mut Client, image: &[u8], part_size: u32) -> usize {
    let mut position = Position::new(manifest(image.len(), part_size));
    let (mut buffer, mut failures) = ([0; 1000], 0);
    loop {
        let before = position.part;
        let mut reader = &image[position.offset() as usize..];
        match client.set_part("v", &mut position, &mut reader, NEVER, &mut buffer, |_| {}) {
            Ok(false) => return failures,
            Ok(true) => assert_eq!(position.part, before + 1),
            Err(TransferError::Call(error)) => {
                assert!(is_lost(error.kind()), "{error}");
                assert_eq!(position.part, before);
                failures += 1;
            }
            Err(other) => panic!("{other}"),
        }
    }
}

/// Gets a value, and goes on after a failure; how many there were.
fn got_in_spite(client: &mut Client, image: &[u8]) -> usize {
    let mut position = client.open_chunked("v").unwrap().unwrap();
    let (mut place, mut failures) = (vec![0; image.len()], 0);
    loop {
        let before = position.part;
        let mut writer = &mut place[position.offset() as usize..];
        match client.get_part("v", &mut position, &mut writer, |_| {}) {
            Ok(true) => assert_eq!(position.part, before + 1),
            Ok(false) => break,
            Err(TransferError::Call(error)) => {
                assert!(is_lost(error.kind()), "{error}");
                assert_eq!(position.part, before);
                failures += 1;
                client.resume_chunked("v", &position).unwrap();
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!(place == image);
    failures
}

/// What a future comes to, if it is ready before it was polled so many times; else it is dropped.
async fn within<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..polls {
        let polled = poll_fn(|context| Poll::Ready(future.as_mut().poll(context)));
        if let Poll::Ready(output) = polled.await {
            return Some(output);
        }
        // So that the socket gets on.
        tokio::time::sleep(Duration::from_micros(50)).await;
    }
    None
}

/// Wherever it is: nothing half is seen, and what is gone on with becomes whole.
#[test]
fn futures_may_be_dropped_anywhere() {
    let server = Memcached::tcp(&[]);
    let (old, new) = (image(300_000, 13), image(300_000, 14));
    let mut blocking = client(&server, Protocol::Meta);
    on_tokio(async {
        let mut client = minimc::tokio::Client::connect(server.address())
            .await
            .unwrap();
        let (mut dropped, mut calls) = (0, 0);
        for round in 0..20 {
            set(&mut blocking, "v", &old, 100_000);
            let mut buffer = vec![0; 50_000];
            let mut position = Position::new(manifest(new.len(), 100_000));
            loop {
                let mut reader = &new[position.offset() as usize..];
                let part =
                    client.set_part("v", &mut position, &mut reader, NEVER, &mut buffer, |_| {});
                // Every fifth is let be, or it would never end.
                calls += 1;
                let polls = if calls % 5 == 0 {
                    usize::MAX
                } else {
                    1 + round % 4
                };
                match within(polls, part).await {
                    Some(Ok(false)) => break,
                    Some(stored) => assert!(stored.unwrap()),
                    None => dropped += 1,
                }
                let seen = get(&mut blocking, "v").unwrap().unwrap();
                assert!(
                    seen == old || seen == new,
                    "{round}: something else was seen"
                );
            }
            let mut place = vec![0; new.len()];
            let mut position = client.open_chunked("v").await.unwrap().unwrap();
            loop {
                let mut writer = &mut place[position.offset() as usize..];
                let part = client.get_part("v", &mut position, &mut writer, |_| {});
                calls += 1;
                let polls = if calls % 5 == 0 {
                    usize::MAX
                } else {
                    1 + round % 4
                };
                match within(polls, part).await {
                    Some(Ok(false)) => break,
                    Some(got) => assert!(got.unwrap()),
                    None => dropped += 1,
                }
            }
            assert!(place == new, "{round}");
        }
        assert!(dropped > 0, "none was dropped of {calls}");
        println!("{dropped} of {calls} were dropped");
    });
}

#[test]
fn names_and_parts_that_are_too_long_are_refused() {
    let server = Memcached::tcp(&[]);
    let mut observer = Observer::new(&server);
    let long = "n".repeat(225);
    for protocol in PROTOCOLS {
        for prefix in ["", "dev:"] {
            let options = Options {
                protocol,
                prefix: Prefix::new(prefix).unwrap(),
                ..Options::default()
            };
            let mut client = Client::connect_with(server.address(), options).unwrap();
            let fits = 224 - prefix.len();
            let image = image(50, 9);
            set(&mut client, &long[..fits], &image, 10);
            assert_eq!(get(&mut client, &long[..fits]), Ok(Some(image.clone())));
            let items = observer.count("curr_items");
            let name = &long[..fits + 1];
            let manifest = manifest(50, 10);
            let mut reader = &image[..];
            let refused =
                client.set_chunked(name, manifest, &mut reader, NEVER, &mut [0; 10], |_| {});
            let TransferError::Call(error) = refused.unwrap_err() else {
                panic!("no error of the call's");
            };
            let (length, limit) = (251, 250);
            let too_long = ErrorKind::Key(BadKey::TooLong { length, limit });
            assert_eq!((error.kind(), error.fate()), (too_long, Fate::NotSent));
            assert_eq!((reader.len(), observer.count("curr_items")), (50, items));
            // A part that is over the item limit.
            let manifest = self::manifest(2 << 20, 2 << 20);
            let refused =
                client.set_chunked("v", manifest, &mut reader, NEVER, &mut [0; 10], |_| {});
            assert_eq!(kind(refused), ErrorKind::TooLarge);
            assert_eq!((reader.len(), observer.count("curr_items")), (50, items));
        }
    }
    // Any bytes as a name.
    let mut client = client(&server, Protocol::Meta);
    let name = Key::encoded("a name\r\n").unwrap();
    let image = image(50, 10);
    let manifest = manifest(50, 20);
    client
        .set_chunked(name, manifest, &mut &image[..], NEVER, &mut [0; 10], |_| {})
        .unwrap();
    let mut place = [0; 50];
    let got = client.get_chunked(name, &mut &mut place[..], |_| {});
    assert!(got.unwrap().is_some() && place == image[..]);
}

#[test]
fn parts_outlive_the_manifest() {
    let server = Memcached::tcp(&[]);
    let mut client = client(&server, Protocol::Meta);
    let image = image(50, 11);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let later = Expiry::at(since.as_secs() as u32 + 1000);
    for (expiry, of_manifest, of_parts) in [
        (NEVER, None, None),
        (Expiry::seconds(100), Some(100), Some(200)),
        (
            Expiry::seconds(30 * 24 * 3600),
            Some(2_592_000),
            Some(2_592_000),
        ),
        // As a point in time, of which each part would have another.
        (
            Expiry::seconds(40 * 24 * 3600),
            Some(3_456_000),
            Some(6_912_000),
        ),
        (later, Some(1000), Some(1000)),
    ] {
        let manifest = manifest(50, 20);
        client
            .set_chunked("v", manifest, &mut &image[..], expiry, &mut [0; 50], |_| {})
            .unwrap();
        let keys = (0..3).map(|index| (part_key("v", &manifest, index), of_parts));
        for (key, expected) in keys.chain([("v".into(), of_manifest)]) {
            let get = meta::Get::new(Key::new(&key).unwrap()).with_time_to_live();
            let lives = client.call(&get).unwrap().unwrap().time_to_live().unwrap();
            match (lives, expected) {
                (TimeToLive::Unlimited, None) => {}
                // However slow the machine is. The server's clock ticks once a second, so that a point in
                // time may seem to be one farther.
                (TimeToLive::Seconds(found), Some(most)) => {
                    assert!(
                        found <= most + 1 && found + 60 > most,
                        "{key}: {found} of {most}"
                    );
                }
                other => panic!("{key}: {other:?}"),
            }
        }
    }
}

/// All parts live where the name does, if that is the routing key.
#[test]
fn a_cluster_routes_by_the_name() {
    let servers = [
        Memcached::tcp(&[]),
        Memcached::tcp(&[]),
        Memcached::tcp(&[]),
    ];
    let addresses: Vec<_> = servers
        .iter()
        .map(|server| server.address().to_string())
        .collect();
    let mut cluster = Cluster::connect_lazy(&addresses).unwrap();
    for name in ["one", "two", "three", "four"] {
        let image = image(500, 12);
        let manifest = manifest(500, 50);
        let client = cluster.at(name).unwrap();
        let manifest = client
            .set_chunked(name, manifest, &mut &image[..], NEVER, &mut [0; 50], |_| {})
            .unwrap();
        let mut place = vec![0; 500];
        let client = cluster.at(name).unwrap();
        let got = client.get_chunked(name, &mut &mut place[..], |_| {});
        assert!(got.unwrap() == Some(manifest) && place == image);
        let server = &servers[cluster.place(name).unwrap()];
        let mut observer = Observer::new(server);
        for index in 0..10 {
            assert!(observer.value(&part_key(name, &manifest, index)).is_some());
        }
    }
}

#[test]
fn versions_are_new_each_time() {
    let mut versions: Vec<_> = (0..1000).map(|_| random_version()).collect();
    versions.sort_unstable();
    versions.dedup();
    assert_eq!(versions.len(), 1000);
    // All bits are drawn.
    assert_eq!(
        versions.iter().fold(0, |all, version| all | version),
        u64::MAX
    );
    assert_eq!(
        versions.iter().fold(u64::MAX, |all, version| all & version),
        0
    );
}
