//! Values as what they are, in each protocol and by each convention, with a real server.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::thread;

use flate2::Compression;
use flate2::read::{GzDecoder, ZlibDecoder};
use flate2::write::ZlibEncoder;
use minimc::command::{Store, Stored};
use minimc::net::Client;
use minimc::value::chunks::Manifest;
use minimc::value::{BadValue, Convention, Deflate, Kind, Reading, Value};
use minimc::{ErrorKind, Expiry, Fate, Key, Options, Protocol, Zlib};
use minimc_tests::script::calls::PROTOCOLS;
use minimc_tests::server::Memcached;

const NEVER: Expiry = Expiry::NEVER;

fn client(server: &Memcached, protocol: Protocol, convention: &'static Convention) -> Client {
    let options = Options {
        protocol,
        convention,
        ..Options::default()
    };
    Client::connect_with(server.address(), options).unwrap()
}

/// Stores bytes with flags, as another client may have left them.
fn leave(client: &mut Client, bytes: &[u8], flags: u32) {
    let store = Store::set(Key::new("k").unwrap(), bytes).flags(flags);
    assert_eq!(client.call(&store).unwrap(), Stored::Stored);
}

/// The stored bytes and flags.
fn left(client: &mut Client) -> (Vec<u8>, u32) {
    let item = client.get_owned("k").unwrap().unwrap();
    (item.value, item.flags)
}

#[test]
fn what_is_set_is_got() {
    let server = Memcached::tcp(&[]);
    let long = "text ".repeat(30_000);
    for protocol in PROTOCOLS {
        for convention in [
            &Convention::PYLIBMC,
            &Convention::PYTHON_MEMCACHED,
            &Convention::PYMEMCACHE_PLAIN,
            &Convention::META_MEMCACHE_PY,
            &Convention::DALLI,
            &Convention::SPYMEMCACHED,
        ] {
            let mut client = client(&server, protocol, convention);
            assert_eq!(client.get_value("absent").unwrap(), None);
            for value in [
                Value::from(&b"\xFF\0\r\n"[..]),
                Value::from(""),
                Value::from("größe"),
                Value::from(long.as_str()),
                Value::from(-5),
                Value::from(i64::MAX),
                Value::from(true),
                Value::from(false),
            ] {
                let about = format!("{protocol:?}, {convention:?}");
                match client.set_value("k", value, NEVER) {
                    Err(error) => {
                        assert_eq!(
                            error.kind(),
                            ErrorKind::Value(BadValue::NoSuchType),
                            "{about}"
                        );
                        assert_eq!(error.fate(), Fate::NotSent);
                        assert!(convention.name() == "dalli" && value.integer().is_some());
                    }
                    Ok(()) => {
                        let got = client.get_value("k").unwrap().unwrap();
                        let same =
                            got == value || got.truth() == value.truth() && got.truth().is_some();
                        assert!(same, "{about}: {value:?} became {got:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn every_way_to_store() {
    let server = Memcached::tcp(&[]);
    for protocol in PROTOCOLS {
        let mut client = client(&server, protocol, &Convention::PYLIBMC);
        client.delete("k").unwrap();
        assert_eq!(
            client.replace_value("k", 1, NEVER).unwrap(),
            Stored::NotStored
        );
        assert_eq!(client.add_value("k", "ü", NEVER).unwrap(), Stored::Stored);
        assert_eq!(left(&mut client), ("ü".into(), 16));
        assert_eq!(client.add_value("k", 1, NEVER).unwrap(), Stored::NotStored);
        assert_eq!(
            client.replace_value("k", -7, NEVER).unwrap(),
            Stored::Stored
        );
        assert_eq!(left(&mut client), (b"-7".into(), 4));
        let (value, cas) = client.gets_value("k").unwrap().unwrap();
        assert_eq!(value, Value::from(-7));
        let cas = cas.unwrap();
        assert_eq!(
            client.cas_value("k", true, cas, NEVER).unwrap(),
            Stored::Stored
        );
        assert_eq!(left(&mut client), (b"1".into(), 2));
        assert_eq!(
            client.cas_value("k", "late", cas, NEVER).unwrap(),
            Stored::Exists
        );
        assert_eq!(left(&mut client), (b"1".into(), 2));
    }
}

#[test]
fn what_others_left() {
    let server = Memcached::tcp(&[]);
    let pickled = Value::Object {
        kind: Kind::Pickle,
        bytes: b"N.",
    };
    for protocol in PROTOCOLS {
        let mut strict = client(&server, protocol, &Convention::PYLIBMC);
        let options = Options {
            reading: Reading::Lenient,
            ..strict.options().clone()
        };
        let mut lenient = Client::connect_with(server.address(), options).unwrap();
        let bad = |bad| Err(ErrorKind::Value(bad));
        for (bytes, flags, strictly, leniently) in [
            (&b"N."[..], 1, Ok(pickled), Ok(pickled)),
            (
                b"x",
                3,
                bad(BadValue::Flags { flags: 3 }),
                bad(BadValue::Flags { flags: 3 }),
            ),
            (
                b"x",
                65_536,
                bad(BadValue::Flags { flags: 65_536 }),
                Ok(Value::from(&b"x"[..])),
            ),
            (b"\xFF", 16, bad(BadValue::NotText), bad(BadValue::NotText)),
            (
                b"x",
                4,
                bad(BadValue::NotInteger),
                bad(BadValue::NotInteger),
            ),
            (b" 1_0", 4, bad(BadValue::NotInteger), Ok(Value::from(10))),
            (
                b"x",
                24,
                bad(BadValue::Compressed),
                bad(BadValue::Compressed),
            ),
        ] {
            leave(&mut strict, bytes, flags);
            for (client, expected) in [(&mut strict, strictly), (&mut lenient, leniently)] {
                let got = client.get_value("k").map_err(|error| error.kind());
                assert_eq!(got, expected.map(Some), "{protocol:?}: {flags}");
                // What cannot be read is no fault of the connection's.
                assert_eq!(client.get("k").unwrap().unwrap().value, bytes);
            }
        }
    }
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(vec![], Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn what_is_compressed_is_inflated_while_it_arrives() {
    let server = Memcached::tcp(&[]);
    let text = (0..60_000_u64)
        .map(|n| (n * n % 997).to_string())
        .collect::<String>();
    let compressed = zlib(text.as_bytes());
    let (mut damaged, mut more) = (compressed.clone(), compressed.clone());
    damaged[compressed.len() / 2] ^= 1;
    more.push(b'x');
    let mut buffer = vec![0; text.len()];
    for protocol in PROTOCOLS {
        let mut client = client(&server, protocol, &Convention::PYLIBMC);
        let mut small = vec![0; text.len() - 1];
        for (bytes, flags, expected) in [
            (&compressed[..], 24, Ok(Value::from(text.as_str()))),
            (&compressed, 8, Ok(Value::from(text.as_bytes()))),
            (&zlib(b""), 24, Ok(Value::from(""))),
            (&zlib(b"-7"), 12, Ok(Value::from(-7))),
            (text.as_bytes(), 16, Ok(Value::from(text.as_str()))),
            (b"12", 4, Ok(Value::from(12))),
            (
                &compressed[..compressed.len() - 1],
                24,
                Err(BadValue::Truncated),
            ),
            (b"", 24, Err(BadValue::Truncated)),
            (&damaged, 24, Err(BadValue::Corrupt)),
            (&more, 24, Err(BadValue::Trailing)),
            (&zlib(b"x"), 12, Err(BadValue::NotInteger)),
            (&compressed, 3 | 8, Err(BadValue::Flags { flags: 3 })),
        ] {
            let about = format!("{protocol:?}: {} bytes, {flags}", bytes.len());
            leave(&mut client, bytes, flags);
            let got = client.get_value_into("k", &mut buffer);
            let got = got.map_err(|error| error.kind());
            let expected = expected.map(Some).map_err(ErrorKind::Value);
            assert!(got == expected, "{about}: {got:.100?}");
            client.noop().unwrap();
        }
        // The bound is the buffer.
        leave(&mut client, &compressed, 24);
        let limit = small.len() as u32;
        let error = client.get_value_into("k", &mut small).unwrap_err();
        assert_eq!(
            error.kind(),
            ErrorKind::Value(BadValue::InflatedTooLarge { limit })
        );
        leave(&mut client, text.as_bytes(), 16);
        let error = client.get_value_into("k", &mut small).unwrap_err();
        let size = text.len() as u32;
        assert_eq!(error.kind(), ErrorKind::ReplyTooLarge { size });
        client.delete("k").unwrap();
        assert_eq!(client.get_value_into("k", &mut small).unwrap(), None);
    }
}

#[test]
fn what_is_compressed_is_read_by_all() {
    static FROM_100: Convention = Convention::PYLIBMC.compress_from(100);
    static GZIP: Convention = Convention::SPYMEMCACHED.compress_from(100);
    let server = Memcached::tcp(&[]);
    let text = "one line like the other\n".repeat(100);
    let mut room = vec![0; text.len() + Convention::ROOM];
    let mut buffer = vec![0; text.len()];
    let mut deflate: Deflate = Deflate::new();
    for protocol in PROTOCOLS {
        for (convention, plain, compressed) in [(&FROM_100, 16, 24), (&GZIP, 0, 2)] {
            let mut client = client(&server, protocol, convention);
            for compressor in [0, 1] {
                let (text, never) = (text.as_str(), NEVER);
                if compressor == 0 {
                    client
                        .set_value_compressed("k", text, never, &mut deflate, &mut room)
                        .unwrap();
                } else {
                    let mut zlib = Zlib::new();
                    client
                        .set_value_compressed("k", text, never, &mut zlib, &mut room)
                        .unwrap();
                }
                let (bytes, flags) = left(&mut client);
                assert_eq!(flags, compressed, "{protocol:?}, {convention:?}");
                assert!(bytes.len() < text.len() / 10);
                let mut theirs = String::new();
                if compressed == 24 {
                    ZlibDecoder::new(&bytes[..])
                        .read_to_string(&mut theirs)
                        .unwrap();
                } else {
                    GzDecoder::new(&bytes[..])
                        .read_to_string(&mut theirs)
                        .unwrap();
                }
                assert_eq!(theirs, text);
                let got = client.get_value_into("k", &mut buffer).unwrap();
                assert_eq!(got, Some(Value::from(text)));
                // What is short is left as it is.
                client
                    .set_value_compressed("k", "short", never, &mut deflate, &mut room)
                    .unwrap();
                assert_eq!(left(&mut client), (b"short".into(), plain));
            }
        }
    }
}

#[test]
fn append_and_prepend_ask_first() {
    let server = Memcached::tcp(&[]);
    let corrupt = Err(ErrorKind::Value(BadValue::WouldCorrupt));
    let unknown = |flags| Err(ErrorKind::Value(BadValue::Flags { flags }));
    let manifest = Manifest::new(9, 9, 1).unwrap().encode();
    let chunked = Manifest::FLAGS;
    for protocol in PROTOCOLS {
        let mut client = client(&server, protocol, &Convention::PYLIBMC);
        client.delete("k").unwrap();
        assert_eq!(client.append_value("k", "x").unwrap(), Stored::NotStored);
        assert_eq!(client.prepend_value("k", "x").unwrap(), Stored::NotStored);
        for (bytes, flags, value, expected) in [
            (&b"ab"[..], 0, Value::from(&b"\xFF"[..]), Ok(Stored::Stored)),
            (b"ab", 0, Value::from("ü"), Ok(Stored::Stored)),
            (b"ab", 16, Value::from("ü"), Ok(Stored::Stored)),
            (b"ab", 16, Value::from(&b"\xFF"[..]), corrupt),
            (b"12", 4, Value::from("3"), corrupt),
            (b"12", 2, Value::from(3), corrupt),
            (b"ab", 0, Value::from(3), corrupt),
            (b"N.", 1, Value::from(&b"x"[..]), corrupt),
            (b"x\x9C", 8, Value::from(&b"x"[..]), corrupt),
            (b"x\x9C", 24, Value::from("x"), corrupt),
            (b"ab", 32, Value::from("x"), unknown(32)),
            (&manifest, chunked, Value::from("x"), unknown(chunked)),
        ] {
            let about = format!("{protocol:?}: {flags}, {value:?}");
            let part = value.bytes().unwrap_or_default();
            for (is_append, all) in [
                (true, [bytes, part].concat()),
                (false, [part, bytes].concat()),
            ] {
                leave(&mut client, bytes, flags);
                let outcome = if is_append {
                    client.append_value("k", value)
                } else {
                    client.prepend_value("k", value)
                };
                assert_eq!(outcome.map_err(|error| error.kind()), expected, "{about}");
                let stored = if expected.is_ok() { &all[..] } else { bytes };
                assert_eq!(left(&mut client), (stored.into(), flags), "{about}");
            }
        }
        // By name it is done, whatever is there.
        leave(&mut client, b"12", 4);
        assert_eq!(client.append("k", "x").unwrap(), Stored::Stored);
        assert_eq!(left(&mut client), (b"12x".into(), 4));
        // However large the item is.
        leave(&mut client, &[b'x'; 200_000], 0);
        assert_eq!(client.append_value("k", "y").unwrap(), Stored::Stored);
        assert_eq!(left(&mut client).0.len(), 200_001);
    }
}

/// A server whose item changes between the question and the append.
#[test]
fn append_in_meta_is_of_the_item_that_was_asked_for() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = thread::spawn(move || {
        let mut stream = BufReader::new(listener.accept().unwrap().0);
        let (mut asked, mut stored, mut value) = (String::new(), String::new(), String::new());
        stream.read_line(&mut asked).unwrap();
        let tag = asked.trim_end().rsplit_once(' ').unwrap().1;
        write!(stream.get_mut(), "HD f16 c77 {tag}\r\n").unwrap();
        stream.read_line(&mut stored).unwrap();
        stream.read_line(&mut value).unwrap();
        let mut words = stored.split_ascii_whitespace();
        let tag = words.clone().find(|word| word.starts_with('O')).unwrap();
        write!(stream.get_mut(), "EX {tag}\r\n").unwrap();
        words.any(|word| word == "C77")
    });
    let mut client = Client::connect(&address).unwrap();
    assert_eq!(client.append_value("k", "x").unwrap(), Stored::Exists);
    assert!(server.join().unwrap());
}

#[test]
fn counters_count() {
    let server = Memcached::tcp(&[]);
    for protocol in PROTOCOLS {
        for convention in [
            &Convention::PYLIBMC,
            &Convention::PYTHON_MEMCACHED,
            &Convention::PYMEMCACHE,
            &Convention::META_MEMCACHE_PY,
            &Convention::DALLI,
            &Convention::SPYMEMCACHED,
        ] {
            let about = format!("{protocol:?}, {convention:?}");
            let mut client = client(&server, protocol, convention);
            client.delete("k").unwrap();
            assert_eq!(client.get_counter("k").unwrap(), None);
            client.set_counter("k", 10, NEVER).unwrap();
            assert_eq!(client.decr("k", 1).unwrap(), 9, "{about}");
            let stored = left(&mut client).0;
            assert_eq!(stored, b"9 ", "{about}");
            assert_eq!(client.get_counter("k").unwrap(), Some(9));
            assert_eq!(client.incr("k", 100).unwrap(), 109);
            assert_eq!(client.get_counter("k").unwrap(), Some(109));
            client.set_counter("k", u64::MAX, NEVER).unwrap();
            assert_eq!(client.get_counter("k").unwrap(), Some(u64::MAX));
            for bytes in [&b""[..], b"x", b"-1", b"18446744073709551616"] {
                leave(&mut client, bytes, 0);
                let error = client.get_counter("k").unwrap_err();
                assert_eq!(
                    error.kind(),
                    ErrorKind::Value(BadValue::NotInteger),
                    "{about}"
                );
            }
        }
        // A number of pylibmc's can be counted with, and is one still.
        let mut client = client(&server, protocol, &Convention::PYLIBMC);
        client.set_value("k", 10, NEVER).unwrap();
        client.decr("k", 1).unwrap();
        assert_eq!(client.get_value("k").unwrap(), Some(Value::from(9)));
    }
}
