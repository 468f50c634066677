//! Values from readers and into writers: those of std, those that fail, and links that are lost.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::convert::Infallible;
use std::io::{BufWriter, Write};

use embedded_io_adapters::std::FromStd;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use minimc::command::{Store, StoreInPieces, Stored};
use minimc::value::BadValue;
use minimc::value::chunks::Manifest;
use minimc::{Client, Error, ErrorKind, Expiry, Fate, Key, Options, TransferError, net};
use minimc_tests::observer::Observer;
use minimc_tests::script::calls::PROTOCOLS;
use minimc_tests::script::peer::value;
use minimc_tests::script::{Fault, How, Manner, Peer, Script, finish, polled, polls};
use minimc_tests::server::Memcached;
use sha2::{Digest, Sha256};

const LENGTH: usize = 300_000;
const NEVER: Expiry = Expiry::NEVER;

fn image() -> Vec<u8> {
    (0..LENGTH).map(|at| (at * 7 / 5) as u8).collect()
}

fn options(protocol: minimc::Protocol) -> Options {
    Options {
        protocol,
        ..Options::default()
    }
}

/// A reader, or a writer, of so many bytes, seven at a time; then it says `end`.
struct Short<E> {
    bytes: Vec<u8>,
    left: usize,
    end: Result<usize, E>,
}

impl<E: embedded_io::Error + Copy> Short<E> {
    fn new(bytes: &[u8], left: usize, end: Result<usize, E>) -> Self {
        let bytes = bytes.to_vec();
        Self { bytes, left, end }
    }

    fn portion(&mut self, wanted: usize) -> Result<usize, E> {
        if self.left == 0 {
            return self.end;
        }
        let count = wanted.min(self.left).min(7);
        self.left -= count;
        Ok(count)
    }

    fn take(&mut self, place: &mut [u8]) -> Result<usize, E> {
        let count = self.portion(place.len())?;
        for (place, byte) in place.iter_mut().zip(self.bytes.drain(..count)) {
            *place = byte;
        }
        Ok(count)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<usize, E> {
        let count = self.portion(bytes.len())?;
        self.bytes.extend_from_slice(&bytes[..count]);
        Ok(count)
    }
}

impl<E: embedded_io::Error> embedded_io::ErrorType for Short<E> {
    type Error = E;
}

impl<E: embedded_io::Error + Copy> embedded_io::Read for Short<E> {
    fn read(&mut self, place: &mut [u8]) -> Result<usize, E> {
        self.take(place)
    }
}

impl<E: embedded_io::Error + Copy> embedded_io::Write for Short<E> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, E> {
        self.put(bytes)
    }

    fn flush(&mut self) -> Result<(), E> {
        Ok(())
    }
}

impl<E: embedded_io::Error + Copy> embedded_io_async::Read for Short<E> {
    async fn read(&mut self, place: &mut [u8]) -> Result<usize, E> {
        self.take(place)
    }
}

impl<E: embedded_io::Error + Copy> embedded_io_async::Write for Short<E> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, E> {
        self.put(bytes)
    }

    async fn flush(&mut self) -> Result<(), E> {
        Ok(())
    }
}

const BROKEN: embedded_io::ErrorKind = embedded_io::ErrorKind::BrokenPipe;

#[test]
fn std_readers_and_writers_and_any_digest() {
    let image = image();
    let expected = Sha256::digest(&image);
    for protocol in PROTOCOLS {
        let server = Memcached::tcp(&[]);
        let mut client = net::Client::connect_with(server.address(), options(protocol)).unwrap();
        let mut sha = Sha256::new();
        let mut reader = FromStd::new(&image[..]);
        let mut buffer = [0; 1000];
        let length = LENGTH as u32;
        client
            .set_from_reader("image", length, &mut reader, NEVER, &mut buffer, |bytes| {
                sha.update(bytes);
            })
            .unwrap();
        assert_eq!(sha.finalize(), expected);
        assert!(Observer::new(&server).value("image").as_ref() == Some(&image));

        let (mut sha, mut written) = (Sha256::new(), vec![]);
        let mut writer = FromStd::new(&mut written);
        let entry = client.get_to_writer("image", &mut writer, |bytes| sha.update(bytes));
        assert_eq!(entry.unwrap().unwrap().length, length);
        assert_eq!(sha.finalize(), expected);
        assert!(written == image);

        // With flags, and on a condition.
        let add = StoreInPieces::add(Key::new("image").unwrap(), 3).flags(7);
        let stored = client.store_from_reader(&add, &mut &b"abc"[..], &mut buffer, |_| {});
        assert_eq!(stored, Ok(Stored::NotStored));
        client.delete("image").unwrap();
        let stored = client.store_from_reader(&add, &mut &b"abc"[..], &mut buffer, |_| {});
        assert_eq!(stored, Ok(Stored::Stored));
        let entry = client.get_to_writer("image", &mut FromStd::new(vec![]), |_| {});
        let entry = entry.unwrap().unwrap();
        assert_eq!((entry.length, entry.flags), (3, 7));
        // Of no bytes nothing is read, and no buffer is wanted.
        let mut never = Short::new(b"", 0, Err(BROKEN));
        client
            .set_from_reader("image", 0, &mut never, NEVER, &mut [], |_| {})
            .unwrap();
        assert_eq!(client.get("image").unwrap().unwrap().value, b"");
    }
}

/// Whatever the reader does, the old value stays, and the connection goes if some had left.
#[test]
fn a_reader_that_ends_or_fails_stores_nothing() {
    let server = Memcached::tcp(&[]);
    let mut observer = Observer::new(&server);
    for protocol in PROTOCOLS {
        let mut client = net::Client::connect_with(server.address(), options(protocol)).unwrap();
        client.set("k", "old", NEVER).unwrap();
        for (read, costs) in [(0, false), (1, true), (99, true)] {
            for end in [Ok(0), Err(BROKEN)] {
                let before = observer.connections();
                let mut reader = Short::new(&[b'x'; 100], read, end);
                let stored =
                    client.set_from_reader("k", 100, &mut reader, NEVER, &mut [0; 50], |_| {});
                let left = 100 - read as u32;
                let expected = match end {
                    Ok(_) => TransferError::UnexpectedEof { left },
                    Err(error) => TransferError::Io(error),
                };
                let about = format!("{protocol:?}, {read} bytes, {end:?}");
                assert_eq!(stored, Err(expected), "{about}");
                assert_eq!(client.get("k").unwrap().unwrap().value, b"old", "{about}");
                let cost = observer.connections() - before;
                assert_eq!(cost, u64::from(costs), "{about}");
            }
        }
    }
}

#[test]
fn a_writer_that_fails_is_told_and_the_connection_goes_on() {
    let server = Memcached::tcp(&[]);
    let mut observer = Observer::new(&server);
    observer.store("k", &[b'x'; 2000]);
    observer.store("image", &image());
    for protocol in PROTOCOLS {
        let mut client = net::Client::connect_with(server.address(), options(protocol)).unwrap();
        client.set("small", "s", NEVER).unwrap();
        let before = observer.connections();
        for room in [0, 1, 1999] {
            for (end, expected) in [
                (Ok(0), TransferError::WriteZero),
                (Err(BROKEN), TransferError::Io(BROKEN)),
            ] {
                let mut writer = Short::new(b"", room, end);
                let got = client.get_to_writer("k", &mut writer, |_| {});
                assert_eq!(got, Err(expected), "{protocol:?}, {room} bytes");
                assert_eq!(writer.bytes, vec![b'x'; room]);
                assert_eq!(client.get("small").unwrap().unwrap().value, b"s");
            }
        }
        assert_eq!(observer.connections(), before);
        // More than the client is willing to pass over.
        let mut writer = Short::new(b"", 0, Err(BROKEN));
        let got = client.get_to_writer("image", &mut writer, |_| {});
        assert_eq!(got, Err(TransferError::Io(BROKEN)));
        assert_eq!(client.get("small").unwrap().unwrap().value, b"s");
        assert_eq!(observer.connections(), before + 1, "{protocol:?}");
    }
}

#[test]
fn what_is_compressed_is_inflated_on_the_way() {
    let server = Memcached::tcp(&[]);
    let image = image();
    let mut encoder = ZlibEncoder::new(vec![], Compression::default());
    encoder.write_all(&image).unwrap();
    let packed = encoder.finish().unwrap();
    let mut damaged = packed.clone();
    let last = damaged.last_mut().unwrap();
    *last ^= 1;
    let cut = &packed[..packed.len() - 1];
    let more = [&packed[..], b"x"].concat();
    let limit = LENGTH as u32;
    let too_large = BadValue::InflatedTooLarge { limit: limit - 1 };
    for protocol in PROTOCOLS {
        let mut client = net::Client::connect_with(server.address(), options(protocol)).unwrap();
        for (bytes, limit, expected) in [
            (&packed[..], limit, Ok(())),
            (&packed, limit - 1, Err(too_large)),
            (&damaged, limit, Err(BadValue::Corrupt)),
            (cut, limit, Err(BadValue::Truncated)),
            (&more, limit, Err(BadValue::Trailing)),
        ] {
            let store = Store::set(Key::new("k").unwrap(), bytes).flags(8 | 16);
            assert_eq!(client.call(&store), Ok(Stored::Stored));
            let (mut sha, mut written) = (Sha256::new(), vec![]);
            let (mut window, mut writer) = (vec![0; 1 << 15], FromStd::new(&mut written));
            let got =
                client.get_inflated_to_writer("k", &mut writer, &mut window, limit, |bytes| {
                    sha.update(bytes);
                });
            match expected {
                Ok(()) => {
                    let entry = got.unwrap().unwrap();
                    assert_eq!((entry.length, entry.flags), (limit, 16));
                    assert!(written == image);
                }
                Err(bad) => {
                    let TransferError::Call(error) = got.unwrap_err() else {
                        panic!("no error of the call's");
                    };
                    assert_eq!(error.kind(), ErrorKind::Value(bad), "{protocol:?}");
                    assert!(image.starts_with(&written), "{protocol:?}: {bad:?}");
                }
            }
            assert_eq!(sha.finalize(), Sha256::digest(&written));
            client.noop().unwrap();
        }
    }
}

/// The link of a chip's client to a peer that has a value, and to which one is to be sent.
fn chip(protocol: minimc::Protocol, manner: Manner) -> (Script, Client<Script, [u8; 400], 4>) {
    let mut peer = Peer::new(protocol);
    peer.put("old", 700);
    let script = Script::new(peer, manner);
    let client = Client::with_options(script.clone(), [0; 400], [0; 400], options(protocol));
    let mut client = client.unwrap();
    finish(client.noop()).unwrap();
    (script, client)
}

async fn send(client: &mut Client<Script, [u8; 400], 4>) -> Result<(), TransferError<Infallible>> {
    let new = value("old", 500);
    client
        .set_from_reader("old", 500, &mut &new[..], NEVER, &mut [0; 100], |_| {})
        .await
}

/// At every byte, in each direction: nothing is stored but a whole value, and an error is no miss.
#[test]
fn a_link_that_is_lost_anywhere() {
    let (old, new) = (value("old", 700), value("old", 500));
    for protocol in PROTOCOLS {
        for at in 0..900 {
            for how in [How::End, How::Reset, How::Stall] {
                let about = format!("{protocol:?}, {how:?} after {at} bytes");
                let (script, mut client) = chip(protocol, Manner::PROMPT);
                script.fault(Fault::Out(at, how));
                let stored = finish(send(&mut client));
                let there = script.peer().item("old").unwrap().to_vec();
                match stored {
                    Ok(()) => assert!(there == new, "{about}"),
                    Err(TransferError::Call(error)) => {
                        assert_eq!(error.fate(), Fate::NotSent, "{about}");
                        assert!(there == old, "{about}");
                    }
                    Err(other) => panic!("{about}: {other:?}"),
                }
                script.fault(Fault::None);
                assert!(finish(client.noop()).is_ok(), "{about}");

                let (script, mut client) = chip(protocol, Manner::PROMPT);
                script.fault(Fault::Back(at, how));
                let mut place = vec![];
                let got = {
                    let mut writer = Short::<Infallible>::new(b"", usize::MAX, Ok(0));
                    let got = finish(client.get_to_writer("old", &mut writer, |_| {}));
                    place.append(&mut writer.bytes);
                    got
                };
                match got {
                    // Within its head it is asked for again.
                    Ok(entry) => assert!(entry.is_some() && place == old, "{about}"),
                    Err(TransferError::Call(_)) => assert!(old.starts_with(&place), "{about}"),
                    Err(other) => panic!("{about}: {other:?}"),
                }
                script.fault(Fault::None);
                let next = finish(client.get_into("old", &mut [0; 700])).unwrap();
                assert_eq!(next.unwrap().length, 700, "{about}");
            }
        }
    }
}

/// At every poll: nothing is stored but a whole value, and the next call gets its own reply.
#[test]
fn futures_may_be_dropped_anywhere() {
    let (old, new) = (value("old", 700), value("old", 500));
    for protocol in PROTOCOLS {
        let manner = Manner {
            chunk: 9,
            ..Manner::HALTING
        };
        let (_, mut client) = chip(protocol, manner);
        let (sending, sent) = polls(send(&mut client));
        sent.unwrap();
        for times in 1..sending {
            let (script, mut client) = chip(protocol, manner);
            assert!(polled(send(&mut client), times).is_none());
            let mut place = [0; 700];
            let entry = finish(client.get_into("old", &mut place)).unwrap().unwrap();
            let got = &place[..entry.length as usize];
            let about = format!("{protocol:?}: dropped after {times} of {sending} polls");
            assert!(got == old || got == new, "{about}");
            assert_eq!(script.unread(), 0, "{about}");
        }
        let mut writer = Short::<Infallible>::new(b"", usize::MAX, Ok(0));
        let (getting, _) = polls(client.get_to_writer("old", &mut writer, |_| {}));
        for times in 1..getting {
            let (script, mut client) = chip(protocol, manner);
            assert!(polled(client.get_to_writer("old", &mut writer, |_| {}), times).is_none());
            finish(client.set("other", "o", NEVER)).unwrap();
            let item = finish(client.get("other")).unwrap().unwrap();
            assert_eq!(item.value, b"o", "{protocol:?}: {times} of {getting} polls");
            assert_eq!(script.unread(), 0);
        }
    }
}

/// A value that is 25 times the storage, with its head, its rest, and where the transport does not scatter
/// what it reads, with its tail in a read of its own.
#[test]
fn a_value_is_read_straight_into_the_buffer() {
    for protocol in PROTOCOLS {
        let tail = usize::from(protocol != minimc::Protocol::Binary);
        for (pending, reads) in [(false, 2), (true, 2 + tail)] {
            let manner = Manner {
                pending,
                ..Manner::PROMPT
            };
            let (script, mut client) = chip(protocol, manner);
            finish(client.set("old", &value("old", 10_000), NEVER)).unwrap();
            let (before, mut place) = (script.reads(), [0; 10_000]);
            let entry = finish(client.get_into("old", &mut place)).unwrap();
            assert_eq!(entry.unwrap().length, 10_000);
            assert!(value("old", 10_000) == place, "{protocol:?}");
            assert_eq!(script.reads() - before, reads, "{protocol:?}, {pending}");
        }
    }
}

#[test]
fn what_a_writer_keeps_is_flushed() {
    let server = Memcached::tcp(&[]);
    let mut client = net::Client::connect(server.address()).unwrap();
    let plain = b"a value";
    let mut encoder = ZlibEncoder::new(vec![], Compression::default());
    encoder.write_all(plain).unwrap();
    let packed = encoder.finish().unwrap();
    let store = Store::set(Key::new("packed").unwrap(), &packed).flags(8);
    assert_eq!(client.call(&store), Ok(Stored::Stored));
    client.set("plain", plain, NEVER).unwrap();
    let manifest = Manifest::new(7, 3, 1).unwrap();
    let mut buffer = [0; 10];
    client
        .set_chunked(
            "parts",
            manifest,
            &mut &plain[..],
            NEVER,
            &mut buffer,
            |_| {},
        )
        .unwrap();

    let mut writer = FromStd::new(BufWriter::new(vec![]));
    let mut window = [0; 100];
    for key in ["plain", "packed"] {
        let got = client.get_inflated_to_writer(key, &mut writer, &mut window, 100, |_| {});
        assert_eq!(got.unwrap().unwrap().length, 7);
        assert!(writer.inner().buffer().is_empty(), "{key}");
    }
    client.get_to_writer("plain", &mut writer, |_| {}).unwrap();
    assert!(writer.inner().buffer().is_empty());
    // A position that is kept must not be ahead of what is written.
    let mut position = client.open_chunked("parts").unwrap().unwrap();
    for _ in 0..3 {
        assert!(
            client
                .get_part("parts", &mut position, &mut writer, |_| {})
                .unwrap()
        );
        assert!(writer.inner().buffer().is_empty());
    }
    assert_eq!(writer.into_inner().into_inner().unwrap(), plain.repeat(4));
}

#[test]
fn errors_say_what_they_are() {
    let lost: TransferError<std::io::Error> = Error::new(ErrorKind::Closed).into();
    for (error, words) in [
        (lost, Error::new(ErrorKind::Closed).to_string()),
        (
            TransferError::Io(std::io::Error::other("no space")),
            "no space".into(),
        ),
        (
            TransferError::UnexpectedEof { left: 7 },
            "the reader ended 7 bytes before the end of the value".into(),
        ),
        (TransferError::WriteZero, "the writer takes no bytes".into()),
    ] {
        assert_eq!(error.to_string(), words);
    }
}
