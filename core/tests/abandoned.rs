//! Calls that are given up: after every byte written, after every byte read, in every protocol.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "a test may fail"
)]

mod peer;

use minimc_core::command::{Command, Count, Delete, Get, GetMany, Noop, Store, Touch, Version};
use minimc_core::{
    Connection, Error, ErrorKind, Expiry, Fate, Gap, Key, Piece, Progress, Protocol,
};
use peer::{PROTOCOLS, Peer, Turns, call, queue, read, write, write_all};

type Link = Connection<[u8; 400], 4>;

/// A call that is given up.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Call {
    Get,
    Miss,
    /// Its reply does not fit the storage.
    Large,
    InPieces,
    LargeInPieces,
    MissInPieces,
    Set,
    SetByGap,
    Many,
    Count,
    Delete,
    Touch,
    Version,
    Noop,
    /// Three of them, one behind the other.
    Several,
}

const CALLS: [Call; 15] = [
    Call::Get,
    Call::Miss,
    Call::Large,
    Call::InPieces,
    Call::LargeInPieces,
    Call::MissInPieces,
    Call::Set,
    Call::SetByGap,
    Call::Many,
    Call::Count,
    Call::Delete,
    Call::Touch,
    Call::Version,
    Call::Noop,
    Call::Several,
];

const LARGE: &[u8] = &[b'l'; 450];

fn key(name: &str) -> Key<'_> {
    Key::new(name).unwrap()
}

fn new(protocol: Protocol) -> (Link, Peer) {
    let peer = Peer::with(&[
        ("a", b"value of a"),
        ("b", b"value of b"),
        ("large", LARGE),
        ("n", b"7"),
        ("other", b"value of another"),
        ("number", b"41"),
    ]);
    let connection = Connection::new(protocol, [0; 400], [0; 400]).unwrap();
    (connection, peer)
}

/// A call on its way.
struct Running<'v> {
    call: Call,
    batch: GetMany<'static, &'static str>,
    progress: Progress,
    gap: Option<Gap<'v>>,
    /// The bytes of its requests, and of those before the end of a value outside the storage.
    length: usize,
    in_gap: usize,
}

impl<'v> Running<'v> {
    fn start(connection: &mut Link, call: Call, set_by_gap: &'v Store<'_, 'v>) -> Self {
        let batch = GetMany::new(&["a", "none", "b", "large"]);
        let mut progress = Progress::new();
        let mut gap = None;
        match call {
            Call::Get | Call::InPieces => send(connection, &Get::new(key("a"))),
            Call::Miss | Call::MissInPieces => send(connection, &Get::new(key("none"))),
            Call::Large | Call::LargeInPieces => send(connection, &Get::new(key("large"))),
            Call::Set => send(connection, &Store::set(key("a"), b"another value of a")),
            Call::SetByGap => gap = connection.send(set_by_gap).unwrap(),
            Call::Many => assert_eq!(queue(connection, &batch, &mut progress), Ok(true)),
            Call::Count => send(connection, &Count::up(key("n"), 1)),
            Call::Delete => send(connection, &Delete::new(key("b"))),
            Call::Touch => send(connection, &Touch::new(key("b"), Expiry::seconds(9))),
            Call::Version => send(connection, &Version),
            Call::Noop => send(connection, &Noop),
            Call::Several => {
                send(connection, &Get::new(key("a")));
                send(connection, &Store::set(key("b"), b"another value of b"));
                send(connection, &Count::up(key("n"), 1));
            }
        }
        let [before, value, behind] = connection.outgoing(gap.as_ref()).map(<[u8]>::len);
        Self {
            call,
            batch,
            progress,
            gap,
            length: before + value + behind,
            in_gap: if value > 0 { before + value } else { 0 },
        }
    }

    /// Writes so many bytes of it, one by one.
    fn write(&self, connection: &mut Link, peer: &mut Peer, count: usize) {
        for _ in 0..count {
            assert_eq!(write(connection, peer, self.gap.as_ref(), 1), 1);
        }
    }

    /// What the call does when bytes have come; `false` when it is done.
    fn go_on(&mut self, connection: &mut Link) -> bool {
        match self.call {
            Call::InPieces | Call::LargeInPieces | Call::MissInPieces => {
                let mut turns = Turns::new();
                loop {
                    turns.count();
                    match connection.piece().unwrap() {
                        Some(Piece::End) => return false,
                        Some(_) => {}
                        None => return true,
                    }
                }
            }
            Call::Many => {
                let (batch, progress) = (&self.batch, &mut self.progress);
                let mut turns = Turns::new();
                while connection.item_arrived(batch, progress).unwrap() {
                    turns.count();
                    _ = connection.item(batch, progress).unwrap();
                }
                progress.is_waiting()
            }
            Call::Large => {
                if connection.arrived().unwrap() {
                    // What remains of it is to be skipped by whoever comes next.
                    let error = connection.reply::<Get<'_>>().unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::ReplyTooLarge { size: 450 });
                }
                connection.owed() > 0
            }
            Call::Several if connection.owed() == 3 => {
                if connection.arrived().unwrap() {
                    assert!(connection.reply::<Get<'_>>().unwrap().is_some());
                }
                true
            }
            // Arrived, and not taken.
            _ => !connection.arrived().unwrap(),
        }
    }
}

/// Sends a command that fits the storage.
fn send<C: Command>(connection: &mut Link, command: &C) {
    assert!(connection.send(command).unwrap().is_none());
}

/// Gives up what is owed and settles, as a client does.
fn give_up(connection: &mut Link, peer: &mut Peer) -> Result<(), Error> {
    connection.abandon();
    // Nobody can take what was given up.
    assert!(connection.raw_reply().is_err());
    assert!(connection.reply::<Get<'_>>().is_err());
    write_all(connection, peer, None, || 7);
    let mut turns = Turns::new();
    while !connection.settle()? {
        turns.count();
        assert!(
            read(connection, peer, 7) > 0,
            "nothing more comes to settle with"
        );
    }
    assert_eq!(connection.owed(), 0);
    assert!(peer.replies.is_empty());
    Ok(())
}

/// Calls that differ in command, key and value from all that were given up.
fn next_calls(connection: &mut Link, peer: &mut Peer, context: &str) {
    let other = call(connection, peer, &Get::new(key("other")), 11);
    let expected = "Ok(Some(Item(\"value of another\"";
    assert!(other.starts_with(expected), "{context}: {other}");
    let number = call(connection, peer, &Count::up(key("number"), 1), 11);
    assert_eq!(number, "Ok(42)", "{context}");
    let new = call(connection, peer, &Store::set(key("new"), b"new"), 11);
    assert_eq!(new, "Ok(Stored)", "{context}");
    assert_eq!(peer.value("new"), Some(&b"new"[..]), "{context}");
    let absent = call(connection, peer, &Delete::new(key("absent")), 11);
    assert_eq!(absent, "Ok(false)", "{context}");
}

#[test]
fn after_every_byte_written() {
    let set = Store::set(key("a"), LARGE);
    for (protocol, abandoned) in all() {
        for out in 0.. {
            let context = format!("{protocol:?} {abandoned:?}, {out} bytes written");
            let (mut connection, mut peer) = new(protocol);
            let running = Running::start(&mut connection, abandoned, &set);
            if out > running.length {
                assert!(out > 3, "{context}");
                break;
            }
            running.write(&mut connection, &mut peer, out);
            let last = connection.owed() - 1;
            let expected = if out < running.length {
                Fate::NotSent
            } else {
                Fate::Unknown
            };
            assert_eq!(connection.fate(last), expected, "{context}");
            let in_gap = out > 0 && out < running.in_gap;
            match give_up(&mut connection, &mut peer) {
                Ok(()) => {
                    assert!(!in_gap, "{context}");
                    let untouched = peer.value("n") == Some(b"7")
                        && peer.value("a") == Some(b"value of a")
                        && peer.value("b") == Some(b"value of b");
                    assert!(out > 0 || untouched, "{context}");
                    next_calls(&mut connection, &mut peer, &context);
                }
                Err(error) => {
                    assert!(in_gap, "{context}");
                    assert_eq!(error.kind(), ErrorKind::Closed, "{context}");
                    assert!(connection.is_broken() && !connection.is_sending());
                    assert_eq!(connection.send(&Noop).unwrap_err().fate(), Fate::NotSent);
                    assert_eq!(peer.value("a"), Some(&b"value of a"[..]), "{context}");
                    // The next connection of the transport is another one.
                    connection.reset();
                    next_calls(&mut connection, &mut new(protocol).1, &context);
                }
            }
        }
    }
}

#[test]
fn after_every_byte_read() {
    let set = Store::set(key("a"), LARGE);
    for (protocol, abandoned) in all() {
        for back in 0.. {
            let context = format!("{protocol:?} {abandoned:?}, {back} bytes read");
            let (mut connection, mut peer) = new(protocol);
            let mut running = Running::start(&mut connection, abandoned, &set);
            running.write(&mut connection, &mut peer, running.length);
            let length = peer.replies.len();
            if back > length {
                assert!(back > 3, "{context}");
                break;
            }
            let mut is_waiting = true;
            for _ in 0..back {
                assert!(is_waiting, "{context}");
                assert_eq!(read(&mut connection, &mut peer, 1), 1);
                is_waiting = running.go_on(&mut connection) || connection.owed() > 1;
            }
            give_up(&mut connection, &mut peer)
                .unwrap_or_else(|error| panic!("{context}: {error}"));
            next_calls(&mut connection, &mut peer, &context);
        }
    }
}

#[test]
fn a_second_time_while_settling() {
    let set = Store::set(key("a"), LARGE);
    for (protocol, abandoned) in all() {
        for back in 0..40 {
            let (mut connection, mut peer) = new(protocol);
            let running = Running::start(&mut connection, abandoned, &set);
            running.write(&mut connection, &mut peer, running.length);
            for _ in 0..back.min(peer.replies.len()) {
                connection.abandon();
                connection.settle().unwrap();
                read(&mut connection, &mut peer, 1);
            }
            give_up(&mut connection, &mut peer).unwrap();
            next_calls(&mut connection, &mut peer, "twice");
        }
    }
}

#[test]
fn what_came_before_anything_had_left_breaks_the_connection() {
    for protocol in PROTOCOLS {
        for count in [1, 11] {
            let (mut connection, _) = new(protocol);
            send(&mut connection, &Version);
            let mut peer = Peer::default();
            peer.receive(if protocol == Protocol::Binary {
                VERSION_PACKET
            } else {
                b"version\r\n"
            });
            read(&mut connection, &mut peer, count);
            connection.abandon();
            assert!(connection.is_broken(), "{protocol:?}");

            peer.replies.clear();
            // Nor is it the reply to a request that did not leave in full.
            let (mut connection, mut away) = new(protocol);
            peer.receive(if protocol == Protocol::Binary {
                VERSION_PACKET
            } else {
                b"version\r\n"
            });
            send(&mut connection, &Version);
            write(&mut connection, &mut away, None, 5);
            read(&mut connection, &mut peer, 99);
            peer.replies.clear();
            assert_eq!(connection.arrived(), Err(ErrorKind::Unsolicited));
            assert!(connection.is_broken());
            assert_eq!(connection.fate(0), Fate::NotSent);
            assert_eq!(connection.arrived().unwrap_err(), ErrorKind::Closed);
        }
    }
}

const VERSION_PACKET: &[u8] = &[
    0x80, 0x0B, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0B, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
];

#[test]
fn bytes_that_nobody_asked_for_break_the_connection() {
    for protocol in PROTOCOLS {
        let (mut connection, mut peer) = new(protocol);
        call(&mut connection, &mut peer, &Noop, 99);
        peer.replies.extend_from_slice(b"M");
        read(&mut connection, &mut peer, 1);
        let mut other = new(protocol).0;
        assert_eq!(other.settle(), Ok(true));
        other.space()[..2].copy_from_slice(b"MN");
        other.filled(2);
        assert_eq!(other.settle().unwrap_err(), ErrorKind::Unsolicited);
        // Whether the client settles before its next call or not.
        let error = connection.send(&Noop).unwrap_err();
        assert_eq!(
            (error.kind(), error.fate()),
            (ErrorKind::Closed, Fate::NotSent)
        );
        assert!(connection.is_broken() && connection.space().is_empty());
        assert_eq!(connection.settle().unwrap_err(), ErrorKind::Closed);
    }
}

#[test]
fn a_refusal_that_came_early_ends_a_half_sent_value() {
    let set = Store::set(key("a"), LARGE);
    for (protocol, reply) in [
        (
            Protocol::Text,
            &b"SERVER_ERROR object too large for cache\r\n"[..],
        ),
        (
            Protocol::Meta,
            b"SERVER_ERROR object too large for cache\r\n",
        ),
    ] {
        for out in [3, 100, 460] {
            let (mut connection, mut peer) = new(protocol);
            let running = Running::start(&mut connection, Call::SetByGap, &set);
            running.write(&mut connection, &mut peer, out);
            peer.replies.extend_from_slice(reply);
            read(&mut connection, &mut peer, 99);
            assert_eq!(connection.arrived(), Ok(true));
            let error = connection.reply::<Store<'_, '_>>().unwrap_err();
            assert_eq!(format!("{error:?}"), "TooLarge, RefusedAndGone");
            assert!(connection.is_broken());
        }
    }
}

fn all() -> impl Iterator<Item = (Protocol, Call)> {
    PROTOCOLS
        .into_iter()
        .flat_map(|protocol| CALLS.into_iter().map(move |call| (protocol, call)))
}

/// Nobody waits for it any more, but what stands behind it is still not to be trusted.
#[test]
fn a_refusal_of_an_abandoned_set_breaks_the_connection() {
    for protocol in [Protocol::Text, Protocol::Meta] {
        let (mut link, _) = new(protocol);
        send(&mut link, &Store::set(key("k"), b"v"));
        link.sent(400);
        link.abandon();
        let reply = b"CLIENT_ERROR bad data chunk\r\n";
        link.space()[..reply.len()].copy_from_slice(reply);
        link.filled(reply.len());
        let _ = link.settle();
        assert!(link.is_broken(), "{protocol:?}");
    }
}
