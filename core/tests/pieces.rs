//! Values larger than the storage: out by a gap, in by pieces.
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

use core::cell::RefCell;
use std::rc::Rc;

use minimc_core::command::{Delete, Get, GetMany, Store};
use minimc_core::{
    Connection, Entry, ErrorKind, Expiry, Fate, Key, Piece, Progress, Protocol, Storage,
};
use peer::{
    PROTOCOLS, Peer, Random, Turns, arrive, arrive_item, call, pieces, queue, read, read_beside,
    write_all,
};

fn key(name: &str) -> Key<'_> {
    Key::new(name).unwrap()
}

fn connection(protocol: Protocol) -> Connection<[u8; 400], 4> {
    Connection::new(protocol, [0; 400], [0; 400]).unwrap()
}

#[test]
fn a_value_of_300_000_bytes_passes_through_400() {
    let mut random = Random(1);
    let value: Vec<u8> = (0..300_000).map(|_| random.below(256) as u8).collect();
    for protocol in PROTOCOLS {
        let (mut connection, mut peer) = (connection(protocol), Peer::default());
        let set = Store::set(key("image"), &value).flags(7);
        let gap = connection.send(&set).unwrap();
        assert!(gap.is_some());
        write_all(&mut connection, &mut peer, gap.as_ref(), || {
            1 + random.below(999)
        });
        arrive(&mut connection, &mut peer, 3);
        assert_eq!(
            format!("{:?}", connection.reply::<Store<'_, '_>>()),
            "Ok(Stored)"
        );
        assert_eq!(peer.value("image"), Some(&value[..]), "{protocol:?}");

        connection.send(&Get::new(key("image")).with_cas()).unwrap();
        connection.send(&Delete::new(key("image"))).unwrap();
        write_all(&mut connection, &mut peer, None, || 5);
        let there = pieces(&mut connection, &mut peer, || 1 + random.below(500));
        assert!(there.as_ref() == Some(&value), "{protocol:?}");
        arrive(&mut connection, &mut peer, 3);
        assert_eq!(connection.reply::<Delete<'_>>(), Ok(true));
    }
}

#[test]
fn what_is_told_of_a_value_before_its_bytes() {
    for protocol in PROTOCOLS {
        let (mut connection, mut peer) = (connection(protocol), Peer::default());
        let set = Store::set(key("k"), b"abc").flags(7);
        call(&mut connection, &mut peer, &set, 99);
        connection.send(&Get::new(key("k")).with_cas()).unwrap();
        write_all(&mut connection, &mut peer, None, || 99);
        read(&mut connection, &mut peer, 399);
        let entry = Entry {
            length: 3,
            flags: 7,
            cas: Some(1),
        };
        assert_eq!(connection.piece(), Ok(Some(Piece::Start(entry))));
        assert_eq!(connection.piece(), Ok(Some(Piece::Bytes(b"abc"))));
        assert_eq!(connection.piece(), Ok(Some(Piece::End)));
        assert_eq!(
            connection.piece().unwrap_err().kind(),
            ErrorKind::OutOfOrder
        );
    }
}

#[test]
fn no_bytes_and_no_item() {
    for protocol in PROTOCOLS {
        for chunk in [1, 2, 300] {
            let (mut connection, mut peer) = (connection(protocol), Peer::with(&[("empty", b"")]));
            for (name, there) in [
                ("empty", Some(vec![])),
                ("absent", None),
                ("empty", Some(vec![])),
            ] {
                connection.send(&Get::new(key(name))).unwrap();
                write_all(&mut connection, &mut peer, None, || chunk);
                assert_eq!(
                    pieces(&mut connection, &mut peer, || chunk),
                    there,
                    "{protocol:?}"
                );
                assert_eq!(connection.owed(), 0);
            }
        }
    }
}

/// Gives the connection a reply in chunks; what came of each step until there is nothing to take.
/// What may go `beside` the storage does.
fn steps(
    connection: &mut Connection<[u8; 400], 4>,
    reply: &[u8],
    chunk: usize,
    beside: bool,
) -> Vec<String> {
    let mut steps: Vec<String> = vec![];
    let mut peer = Peer::default();
    peer.replies = reply.to_vec();
    let mut turns = Turns::new();
    let came = |steps: &mut Vec<String>, bytes: &[u8]| match steps.last_mut() {
        Some(last) if last.starts_with('"') => {
            last.insert_str(last.len() - 1, &bytes.escape_ascii().to_string());
        }
        _ => steps.push(format!("\"{}\"", bytes.escape_ascii())),
    };
    while connection.owed() > 0 && !connection.is_broken() {
        turns.count();
        if beside && connection.bypass() > 0 {
            let bytes = read_beside(connection, &mut peer, chunk);
            assert!(!bytes.is_empty());
            came(&mut steps, &bytes);
            continue;
        }
        match connection.piece() {
            Ok(Some(Piece::Bytes(bytes))) => came(&mut steps, bytes),
            Ok(Some(Piece::Start(entry))) => steps.push(format!("{}", entry.length)),
            Ok(Some(Piece::End)) => steps.push("end".into()),
            Ok(None) => assert!(read(connection, &mut peer, chunk) > 0),
            Err(error) => steps.push(format!("{error:?}")),
        }
    }
    steps
}

#[test]
fn errors_in_every_place() {
    let long = format!(
        "VALUE k 0 600\r\n{}\r\nSERVER_ERROR out of memory writing get response\r\n",
        "x".repeat(600)
    );
    let endless = format!("VALUE k 0 3\r\nabc\r\nSERVER_ERROR {}", "x".repeat(500));
    let long_bytes = format!("\"{}\"", "x".repeat(600));
    for (protocol, reply, expected) in [
        (
            Protocol::Text,
            "VALUE k 0 3\r\nabc\r\nEND\r\n",
            &["3", "\"abc\"", "end"][..],
        ),
        (
            Protocol::Text,
            &endless,
            &["3", "\"abc\"", "Malformed, Unknown"],
        ),
        (
            Protocol::Text,
            "SERVER_ERROR busy\r\n",
            &["Server(\"SERVER_ERROR busy\"), Unknown"],
        ),
        (
            Protocol::Text,
            "VALUE k 0 3\r\nabc\r\nSERVER_ERROR busy\r\n",
            &["3", "\"abc\"", "Server(\"SERVER_ERROR busy\"), Unknown"],
        ),
        (
            Protocol::Text,
            &long,
            &[
                "600",
                &long_bytes,
                "OutOfMemory(\"SERVER_ERROR out of memory writing get response\"), Refused",
            ],
        ),
        (
            Protocol::Text,
            "VALUE k 0 3\r\nabcd\r\nEND\r\n",
            &["3", "\"abc\"", "Malformed, Unknown"],
        ),
        (
            Protocol::Text,
            "VALUE j 0 3\r\nabc\r\nEND\r\n",
            &["Mismatched, Unknown"],
        ),
        (Protocol::Text, "STORED\r\n", &["Malformed, Unknown"]),
        (
            Protocol::Meta,
            "VA 3 f0 Oa\r\nabc\r\n",
            &["3", "\"abc\"", "end"],
        ),
        (
            Protocol::Meta,
            "VA 3 f0 Oa\r\nabcd\r\n",
            &["3", "\"abc\"", "Malformed, Unknown"],
        ),
        (
            Protocol::Meta,
            "VA 3 f0 Ob\r\nabc\r\n",
            &["Mismatched, Unknown"],
        ),
        (Protocol::Meta, "HD Oa\r\n", &["Malformed, Unknown"]),
        (Protocol::Meta, "EN\r\n", &["end"]),
        (
            Protocol::Binary,
            "ERROR Too many open connections\r\n",
            &["TooManyConnections, NotSent"],
        ),
        (Protocol::Binary, "END\r\n", &["Malformed, Unknown"]),
    ] {
        let ways = [1, 7, 400].map(|chunk| [(chunk, false), (chunk, true)]);
        for (chunk, beside) in ways.into_iter().flatten() {
            let mut connection = connection(protocol);
            connection.send(&Get::new(key("k"))).unwrap();
            write_all(&mut connection, &mut Peer::default(), None, || 400);
            let found = steps(&mut connection, reply.as_bytes(), chunk, beside);
            assert_eq!(found, expected, "{protocol:?} {reply:?} by {chunk}");
        }
    }
}

/// Takes the pieces of a value until the rest may go beside the storage.
fn until_bypass(connection: &mut Connection<[u8; 400], 4>, peer: &mut Peer, chunk: usize) {
    while connection.bypass() == 0 {
        if connection.piece().unwrap().is_none() {
            assert!(read(connection, peer, chunk) > 0);
        }
    }
}

#[test]
fn a_value_goes_beside_the_storage_wherever_it_is_cut() {
    let value: Vec<u8> = (0..1000).map(|n| (n % 251) as u8).collect();
    for protocol in PROTOCOLS {
        let mut whole = Peer::with(&[("large", &value), ("small", b"s")]);
        let ask = |peer: &mut Peer| {
            let mut connection = connection(protocol);
            connection.send(&Get::new(key("large"))).unwrap();
            connection.send(&Get::new(key("small"))).unwrap();
            write_all(&mut connection, peer, None, || 400);
            connection
        };
        ask(&mut whole);
        for cut in 0..=whole.replies.len() {
            let mut peer = Peer::with(&[("large", &value), ("small", b"s")]);
            let mut connection = ask(&mut peer);
            let mut behind = peer.replies.split_off(cut);
            let mut found = vec![];
            let mut turns = Turns::new();
            loop {
                turns.count();
                if peer.replies.is_empty() {
                    peer.replies.append(&mut behind);
                }
                let bypass = connection.bypass();
                if bypass > 0 {
                    assert_eq!(bypass, value.len() - found.len());
                    assert_eq!(connection.piece(), Ok(None));
                    found.append(&mut read_beside(&mut connection, &mut peer, usize::MAX));
                    continue;
                }
                match connection.piece().unwrap() {
                    Some(Piece::Start(entry)) => assert_eq!(entry.length, 1000),
                    Some(Piece::Bytes(bytes)) => found.extend_from_slice(bytes),
                    Some(Piece::End) => break,
                    None => _ = read(&mut connection, &mut peer, 50),
                }
            }
            peer.replies.append(&mut behind);
            assert!(found == value, "{protocol:?}, cut at {cut}");
            assert_eq!((connection.owed(), connection.bypass()), (1, 0));
            arrive(&mut connection, &mut peer, 50);
            let item = connection.reply::<Get<'_>>().unwrap();
            assert_eq!(item.unwrap().value, b"s");
        }
    }
}

#[test]
fn a_value_that_is_given_up_while_it_goes_beside_the_storage_is_passed_over() {
    let value = [b'x'; 1000];
    for protocol in PROTOCOLS {
        for (taken, by_abandon) in [(1, false), (1, true), (899, false), (899, true)] {
            let mut connection = connection(protocol);
            let mut peer = Peer::with(&[("large", &value), ("small", b"s")]);
            connection.send(&Get::new(key("large"))).unwrap();
            connection.send(&Get::new(key("small"))).unwrap();
            assert_eq!(connection.bypass(), 0);
            write_all(&mut connection, &mut peer, None, || 400);
            until_bypass(&mut connection, &mut peer, 10);
            assert_eq!(read_beside(&mut connection, &mut peer, taken).len(), taken);
            if by_abandon {
                connection.abandon();
                assert_eq!(connection.bypass(), 0);
                while !connection.settle().unwrap() {
                    // Nor while it is passed over.
                    assert_eq!(connection.bypass(), 0);
                    assert!(read(&mut connection, &mut peer, 13) > 0);
                }
                connection.send(&Get::new(key("small"))).unwrap();
            }
            arrive(&mut connection, &mut peer, 13);
            let item = connection.reply::<Get<'_>>().unwrap();
            assert_eq!(item.unwrap().value, b"s", "{protocol:?} {taken}");
            assert!(connection.is_idle());
        }
    }
}

#[test]
fn more_than_may_go_beside_the_storage_breaks_the_connection() {
    for protocol in PROTOCOLS {
        let mut connection = connection(protocol);
        let mut peer = Peer::with(&[("k", b"abcdef")]);
        connection.bypassed(0);
        connection.send(&Get::new(key("k"))).unwrap();
        write_all(&mut connection, &mut peer, None, || 400);
        until_bypass(&mut connection, &mut peer, 1);
        let left = connection.bypass();
        connection.bypassed(0);
        assert_eq!((connection.is_broken(), connection.bypass()), (false, left));
        connection.bypassed(left + 1);
        assert_eq!((connection.is_broken(), connection.bypass()), (true, 0));
    }
}

/// What stands before a value of so many bytes, and behind it; then that another is not there.
fn around(protocol: Protocol, length: u64) -> (Vec<u8>, Vec<u8>) {
    let packet = |opaque, status, extras, body: u32| {
        let mut head = vec![0; 24];
        (head[0], head[4], head[7]) = (0x81, extras, status);
        head[8..12].copy_from_slice(&body.to_be_bytes());
        head[15] = opaque;
        head
    };
    match protocol {
        Protocol::Text => (
            format!("VALUE k 0 {length}\r\n").into(),
            b"\r\nEND\r\nEND\r\n".into(),
        ),
        Protocol::Meta => (
            format!("VA {length} f0 Oa\r\n").into(),
            b"\r\nEN Ob\r\n".into(),
        ),
        Protocol::Binary => {
            let body = u32::try_from(length + 4).unwrap();
            let head = [packet(0, 0, 4, body), vec![0; 4]].concat();
            (head, packet(1, 1, 0, 0))
        }
    }
}

#[test]
fn a_value_of_4_gib_is_counted_to_its_last_byte() {
    let most = u64::from(u32::MAX);
    for (protocol, length) in [
        (Protocol::Text, most),
        (Protocol::Meta, most),
        // Its flags count, too.
        (Protocol::Binary, most - 4),
    ] {
        let (head, tail) = around(protocol, length);
        for (first, last) in [(0, 0), (1, 0), (0, 1), (7, 9)] {
            let mut connection = connection(protocol);
            connection.send(&Get::new(key("k"))).unwrap();
            connection.send(&Get::new(key("j"))).unwrap();
            write_all(&mut connection, &mut Peer::default(), None, || 400);
            let mut peer = Peer::default();
            peer.replies = [&head[..], &vec![b'x'; first]].concat();
            while read(&mut connection, &mut peer, 400) > 0 {}
            let Ok(Some(Piece::Start(entry))) = connection.piece() else {
                panic!("{protocol:?}: no value");
            };
            assert_eq!(u64::from(entry.length), length);
            if first > 0 {
                assert_eq!(connection.bypass(), 0);
                assert_eq!(
                    connection.piece(),
                    Ok(Some(Piece::Bytes(&vec![b'x'; first])))
                );
            }
            let left = usize::try_from(length).unwrap() - first;
            assert_eq!(connection.bypass(), left);
            connection.bypassed(left - last);
            assert_eq!(connection.bypass(), last);
            peer.replies = [&vec![b'x'; last][..], &tail].concat();
            loop {
                match connection.piece().unwrap() {
                    Some(Piece::End) => break,
                    Some(taken) => assert_eq!(taken, Piece::Bytes(b"x")),
                    None => assert_eq!(read(&mut connection, &mut peer, 1), 1),
                }
            }
            assert_eq!(connection.owed(), 1, "{protocol:?}, {first}, {last}");
            arrive(&mut connection, &mut peer, 50);
            assert!(connection.reply::<Get<'_>>().unwrap().is_none());
            assert!(connection.is_idle());
        }
    }
}

#[test]
fn what_is_announced_above_4_gib_is_no_value() {
    for protocol in [Protocol::Text, Protocol::Meta] {
        for length in [1 << 32, (1 << 32) + 3, u64::MAX] {
            let mut connection = connection(protocol);
            connection.send(&Get::new(key("k"))).unwrap();
            write_all(&mut connection, &mut Peer::default(), None, || 400);
            let (head, _) = around(protocol, length);
            let found = steps(&mut connection, &head, 1, true);
            assert_eq!(found, ["Malformed, Unknown"], "{protocol:?}, {length}");
        }
    }
}

#[test]
fn a_reply_too_large_is_skipped_and_the_next_is_right() {
    let large = [b'x'; 5000];
    for protocol in PROTOCOLS {
        for chunk in [1, 13, 400] {
            let mut connection = connection(protocol);
            let mut peer = Peer::with(&[("large", &large), ("small", b"s")]);
            for name in ["large", "small", "large", "small"] {
                connection.send(&Get::new(key(name))).unwrap();
            }
            for item in ["ReplyTooLarge { size: 5000 }", "Item(\"s\""].repeat(2) {
                arrive(&mut connection, &mut peer, chunk);
                assert!(connection.owed() > 0);
                let reply = format!("{:?}", connection.reply::<Get<'_>>());
                assert!(reply.contains(item), "{protocol:?}: {reply}");
            }
            assert_eq!(connection.owed(), 0);
        }
    }
}

#[test]
fn what_is_skipped_is_handed_out_to_nobody() {
    let large = [b'x'; 5000];
    for protocol in PROTOCOLS {
        for (chunk, by_reply) in [(1, false), (13, true), (13, false), (400, true)] {
            let mut connection = connection(protocol);
            let mut peer = Peer::with(&[("large", &large), ("small", b"s")]);
            connection.send(&Get::new(key("large"))).unwrap();
            connection.send(&Delete::new(key("none"))).unwrap();
            connection.send(&Get::new(key("small"))).unwrap();
            arrive(&mut connection, &mut peer, chunk);
            let error = connection.reply::<Get<'_>>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ReplyTooLarge { size: 5000 });
            assert_eq!(connection.owed(), 3);
            let mut turns = Turns::new();
            loop {
                turns.count();
                if by_reply {
                    let error = connection.reply::<Get<'_>>().unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::OutOfOrder);
                }
                match connection.piece() {
                    Ok(piece) => assert_eq!(piece, None),
                    Err(error) => break assert_eq!(error.kind(), ErrorKind::OutOfOrder),
                }
                assert!(read(&mut connection, &mut peer, chunk) > 0);
            }
            arrive(&mut connection, &mut peer, chunk);
            assert_eq!(connection.reply::<Delete<'_>>(), Ok(false));
            assert_eq!(
                pieces(&mut connection, &mut peer, || chunk),
                Some(b"s".to_vec())
            );
        }
    }
}

#[test]
fn one_item_of_many_may_be_too_large() {
    let large = [b'x'; 1000];
    let keys = ["small", "large", "small"];
    for protocol in PROTOCOLS {
        let mut connection = connection(protocol);
        let mut peer = Peer::with(&[("large", &large), ("small", b"s")]);
        let (batch, mut progress) = (GetMany::new(&keys), Progress::new());
        assert_eq!(queue(&mut connection, &batch, &mut progress), Ok(true));
        connection.send(&Get::new(key("small"))).unwrap();
        let mut items = vec![];
        let mut turns = Turns::new();
        while arrive_item(&mut connection, &mut peer, &batch, &mut progress, 50) {
            turns.count();
            let (index, item) = connection.item(&batch, &mut progress).unwrap();
            items.push(format!("{index}: {item:?}"));
        }
        assert!(items[0].starts_with("0: Ok(Some(Item(\"s\""), "{items:?}");
        assert_eq!(items[1], "1: Err(ReplyTooLarge { size: 1000 }, Unknown)");
        assert!(items[2].starts_with("2: Ok(Some(Item(\"s\""), "{items:?}");
        assert_eq!((items.len(), connection.owed()), (3, 1));
        arrive(&mut connection, &mut peer, 50);
        assert!(connection.reply::<Get<'_>>().unwrap().is_some());
    }
}

#[test]
fn a_call_in_the_wrong_order_loses_nothing() {
    for protocol in PROTOCOLS {
        let mut connection = connection(protocol);
        let mut peer = Peer::with(&[("k", b"abcdef")]);
        let refused = |connection: &mut Connection<[u8; 400], 4>| {
            let error = connection.reply::<Delete<'_>>().unwrap_err();
            assert_eq!(
                (error.kind(), error.fate()),
                (ErrorKind::OutOfOrder, Fate::NotSent)
            );
            let batch = GetMany::new(&["k"]);
            let error = connection.item(&batch, &mut Progress::new()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::OutOfOrder);
        };
        refused(&mut connection);
        connection.send(&Get::new(key("k"))).unwrap();
        refused(&mut connection);
        write_all(&mut connection, &mut peer, None, || 400);
        let mut value = vec![];
        let mut turns = Turns::new();
        loop {
            turns.count();
            refused(&mut connection);
            match connection.piece().unwrap() {
                Some(Piece::Start(entry)) => assert_eq!(entry.length, 6),
                Some(Piece::Bytes(bytes)) => {
                    value.extend_from_slice(bytes);
                    let error = connection.reply::<Get<'_>>().unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::OutOfOrder);
                    assert!(connection.raw_reply().is_err());
                }
                Some(Piece::End) => break,
                None => _ = read(&mut connection, &mut peer, 1),
            }
        }
        assert_eq!(value, b"abcdef", "{protocol:?}");
        assert_eq!(connection.owed(), 0);
    }
}

#[test]
fn a_stream_that_is_dropped_is_skipped_by_the_next_reply() {
    let large = [b'x'; 1000];
    for protocol in PROTOCOLS {
        for taken in 0..12 {
            let mut connection = connection(protocol);
            let mut peer = Peer::with(&[("large", &large), ("small", b"s")]);
            connection.send(&Get::new(key("large"))).unwrap();
            connection.send(&Get::new(key("small"))).unwrap();
            write_all(&mut connection, &mut peer, None, || 400);
            let mut started = false;
            for _ in 0..taken {
                match connection.piece().unwrap() {
                    None => _ = read(&mut connection, &mut peer, 97),
                    Some(_) => started = true,
                }
            }
            if !started {
                // Nothing of it was taken: it still is a reply of its own.
                arrive(&mut connection, &mut peer, 97);
                assert!(connection.reply::<Get<'_>>().is_err());
            }
            arrive(&mut connection, &mut peer, 97);
            let item = connection.reply::<Get<'_>>().unwrap();
            assert_eq!(item.unwrap().value, b"s", "{protocol:?} {taken}");
            assert_eq!(connection.owed(), 0);
        }
    }
}

/// Storage that grows to a limit, and what it was told.
#[derive(Debug)]
struct Growing {
    bytes: Vec<u8>,
    limit: usize,
    told: Rc<RefCell<Vec<String>>>,
}

impl Storage for Growing {
    fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    fn grow(&mut self, size: usize) -> bool {
        if size > self.limit {
            return false;
        }
        if size > self.bytes.len() {
            self.told.borrow_mut().push(format!("grow {size}"));
            self.bytes.resize(size, 0);
        }
        true
    }

    fn rest(&mut self, used: usize) {
        self.told.borrow_mut().push(format!("rest {used}"));
    }
}

#[test]
fn storage_grows_as_far_as_the_value_has_come() {
    let value = vec![b'x'; 200_000];
    for (limit, expected) in [
        (
            300_000,
            &["rest 0", "grow 65536", "grow 200019", "rest 200019"][..],
        ),
        (150_000, &["rest 0", "grow 65536", "rest 19"]),
        (1000, &["rest 0", "rest 19"]),
    ] {
        let told = Rc::new(RefCell::new(vec![]));
        let storage = |told: &Rc<_>| Growing {
            bytes: vec![0; 400],
            limit,
            told: Rc::clone(told),
        };
        let (sending, receiving) = (storage(&Rc::default()), storage(&told));
        let mut connection: Connection<_, 4> =
            Connection::new(Protocol::Meta, sending, receiving).unwrap();
        let mut peer = Peer::with(&[("large", &value), ("small", b"small")]);
        connection.send(&Get::new(key("large"))).unwrap();
        connection.send(&Get::new(key("small"))).unwrap();
        arrive(&mut connection, &mut peer, 10_000);
        match connection.reply::<Get<'_>>() {
            Ok(item) => assert!(item.unwrap().value == value),
            Err(error) => assert_eq!(error.kind(), ErrorKind::ReplyTooLarge { size: 200_000 }),
        }
        arrive(&mut connection, &mut peer, 10_000);
        assert_eq!(
            connection.reply::<Get<'_>>().unwrap().unwrap().value,
            b"small"
        );
        connection.send(&Get::new(key("small"))).unwrap();
        assert_eq!(*told.borrow(), expected);
    }
}

#[test]
fn an_error_behind_a_large_value_is_read_whole_too() {
    // The end of the value lies beyond 64 KiB.
    let reply = [
        b"VALUE k 0 70000\r\n".to_vec(),
        vec![b'x'; 70_000],
        b"\r\nSERVER_ERROR busy\r\n".to_vec(),
    ]
    .concat();
    let (mut sending, mut receiving) = ([0; 400], [0; 80_000]);
    let mut connection: Connection<&mut [u8], 4> =
        Connection::new(Protocol::Text, &mut sending[..], &mut receiving[..]).unwrap();
    connection
        .send(&Get::new(key("k")).touch(Expiry::NEVER))
        .unwrap();
    let mut peer = Peer::default();
    write_all(&mut connection, &mut Peer::default(), None, || 400);
    peer.replies = reply;
    let mut turns = Turns::new();
    while !connection.arrived().unwrap() {
        turns.count();
        assert!(read(&mut connection, &mut peer, 9_999) > 0);
    }
    let error = connection.reply::<Get<'_>>().unwrap_err();
    assert_eq!(
        format!("{error:?}"),
        "Server(\"SERVER_ERROR busy\"), Unknown"
    );
    assert!(!connection.is_broken());
}
