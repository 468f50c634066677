//! Values that are stored piece by piece.
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

use minimc_core::command::{Get, Store, StoreInPieces, Stored};
use minimc_core::{Connection, ErrorKind, Expiry, Fate, Key, Protocol};
use peer::{PROTOCOLS, Peer, Random, arrive, call, pieces, write};

type Link = Connection<[u8; 400], 4>;

fn key(name: &str) -> Key<'_> {
    Key::new(name).unwrap()
}

fn link(protocol: Protocol) -> Link {
    Connection::new(protocol, [0; 400], [0; 400]).unwrap()
}

/// Sends what the connection has, with these bytes of the value, `chunk` at a time.
fn send(link: &mut Link, peer: &mut Peer, mut piece: &[u8], chunk: usize) {
    loop {
        let all = link.outgoing_piece(piece).concat();
        let count = all.len().min(chunk);
        if count == 0 {
            return;
        }
        let left = link.value_left();
        peer.receive(&all[..count]);
        link.sent(count);
        piece = &piece[left - link.value_left()..];
    }
}

/// The bytes of the request are those that store the same value whole, wherever they are cut.
#[test]
fn the_request_is_that_of_the_whole_value() {
    let value = [b'v'; 3000];
    let expiry = Expiry::seconds(60);
    type Pair<'v> = (StoreInPieces<'static>, Store<'static, 'v>);
    let pairs: [Pair<'_>; 5] = [
        (
            StoreInPieces::set(Key::new("k").unwrap(), 3000),
            Store::set(Key::new("k").unwrap(), &value),
        ),
        (
            StoreInPieces::add(Key::new("k").unwrap(), 3000),
            Store::add(Key::new("k").unwrap(), &value),
        ),
        (
            StoreInPieces::replace(Key::new("k").unwrap(), 3000),
            Store::replace(Key::new("k").unwrap(), &value),
        ),
        (
            StoreInPieces::append(Key::new("k").unwrap(), 3000),
            Store::append(Key::new("k").unwrap(), &value),
        ),
        (
            StoreInPieces::prepend(Key::new("k").unwrap(), 3000),
            Store::prepend(Key::new("k").unwrap(), &value),
        ),
    ];
    for protocol in PROTOCOLS {
        for (in_pieces, whole) in pairs {
            let mut expected = link(protocol);
            let whole = whole.flags(5).expiry(expiry);
            let gap = expected.send(&whole).unwrap();
            let expected = expected.outgoing(gap.as_ref()).concat();
            for (piece, chunk) in [(1, 1), (7, 3), (999, 64), (3000, 3000), (1500, 4000)] {
                let mut link = link(protocol);
                link.send_in_pieces(&in_pieces.flags(5).expiry(expiry))
                    .unwrap();
                let mut sent = vec![];
                for bytes in value.chunks(piece) {
                    let mut rest = bytes;
                    while !rest.is_empty() {
                        let all = link.outgoing_piece(rest).concat();
                        let count = all.len().min(chunk);
                        let left = link.value_left();
                        sent.extend_from_slice(&all[..count]);
                        link.sent(count);
                        rest = &rest[left - link.value_left()..];
                    }
                }
                // What ends a line may be left.
                sent.extend(link.outgoing_piece(&[]).concat());
                assert_eq!(link.value_left(), 0);
                assert!(sent == expected, "{protocol:?}, {piece}, {chunk}");
            }
        }
    }
}

#[test]
fn a_value_of_300_000_bytes_passes_through_400() {
    let mut random = Random(1);
    let value: Vec<u8> = (0..300_000).map(|_| random.below(256) as u8).collect();
    for protocol in PROTOCOLS {
        let (mut link, mut peer) = (link(protocol), Peer::default());
        link.send_in_pieces(&StoreInPieces::set(key("image"), 300_000))
            .unwrap();
        assert_eq!(link.value_left(), 300_000);
        let mut rest = &value[..];
        while !rest.is_empty() {
            let (piece, behind) = rest.split_at(rest.len().min(1 + random.below(5000)));
            send(&mut link, &mut peer, piece, 1 + random.below(700));
            rest = behind;
        }
        send(&mut link, &mut peer, &[], 99);
        arrive(&mut link, &mut peer, 3);
        assert_eq!(link.reply::<Store<'_, '_>>(), Ok(Stored::Stored));
        link.send(&Get::new(key("image"))).unwrap();
        while write(&mut link, &mut peer, None, 99) > 0 {}
        let there = pieces(&mut link, &mut peer, || 1 + random.below(500));
        assert!(there.as_ref() == Some(&value), "{protocol:?}");
    }
}

#[test]
fn no_bytes() {
    for protocol in PROTOCOLS {
        let (mut link, mut peer) = (link(protocol), Peer::default());
        link.send_in_pieces(&StoreInPieces::set(key("k"), 0))
            .unwrap();
        assert_eq!(link.value_left(), 0);
        send(&mut link, &mut peer, b"more than there is", 5);
        arrive(&mut link, &mut peer, 3);
        assert_eq!(link.reply::<Store<'_, '_>>(), Ok(Stored::Stored));
        assert_eq!(peer.value("k"), Some(&b""[..]));
    }
}

/// Bytes behind the announced length cannot become a request.
#[test]
fn more_than_was_announced_is_not_sent() {
    for protocol in PROTOCOLS {
        let (mut link, mut peer) = (link(protocol), Peer::default());
        link.send_in_pieces(&StoreInPieces::set(key("k"), 3))
            .unwrap();
        send(&mut link, &mut peer, b"abc\r\nflush_all\r\n", 4);
        arrive(&mut link, &mut peer, 3);
        assert_eq!(link.reply::<Store<'_, '_>>(), Ok(Stored::Stored));
        assert_eq!(peer.value("k"), Some(&b"abc"[..]));
        assert!(link.is_idle());
    }
}

#[test]
fn refused_before_it_is_sent() {
    for protocol in PROTOCOLS {
        let mut link = link(protocol);
        link.set_item_limit(1000);
        let error = link.send_in_pieces(&StoreInPieces::set(key("k"), 1001));
        let error = error.unwrap_err();
        assert_eq!(
            (error.kind(), error.fate()),
            (ErrorKind::TooLarge, Fate::NotSent)
        );
        assert!(link.is_idle());
        // While a reply is owed nothing is sent from outside the storage.
        link.send(&Get::new(key("k"))).unwrap();
        let error = link.send_in_pieces(&StoreInPieces::set(key("k"), 1));
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Full);
        assert_eq!(link.owed(), 1);
    }
}

/// Given up before a byte has left it is withdrawn; behind the first the connection is broken, and
/// the value was not sent.
#[test]
fn given_up_at_every_byte() {
    for protocol in PROTOCOLS {
        let store = StoreInPieces::set(key("k"), 5);
        let mut whole = link(protocol);
        whole.send_in_pieces(&store).unwrap();
        let length = whole.outgoing_piece(b"value").concat().len();
        for left in 0..=length {
            let (mut link, mut peer) = (link(protocol), Peer::default());
            link.send_in_pieces(&store).unwrap();
            let mut piece = &b"value"[..];
            for _ in 0..left {
                let all = link.outgoing_piece(piece).concat();
                let before = link.value_left();
                peer.receive(&all[..1]);
                link.sent(1);
                piece = &piece[before - link.value_left()..];
            }
            let fate = link.fate(0);
            let (not_sent, gone) = (left < length, link.value_left() == 0);
            assert_eq!(fate == Fate::NotSent, not_sent, "{protocol:?}, {left}");
            link.abandon();
            assert_eq!(link.is_broken(), left > 0 && !gone, "{protocol:?}, {left}");
            if link.is_broken() {
                continue;
            }
            // What ends the line must still leave.
            while !link.settle().unwrap() {
                send(&mut link, &mut peer, &[], 9);
                peer::read(&mut link, &mut peer, 9);
            }
            let told = call(&mut link, &mut peer, &Get::new(key("k")), 9);
            let expected = if left > 0 {
                "Ok(Some(Item(\"value\")))"
            } else {
                "Ok(None)"
            };
            assert_eq!(
                told.replace(", cas 1", ""),
                expected,
                "{protocol:?}, {left}"
            );
        }
    }
}
