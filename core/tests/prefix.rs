//! What stands before every key is on the wire, and not in what is given back.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may fail"
)]

#[allow(unreachable_pub, reason = "other tests use more of it")]
mod peer;

use minimc_core::command::{Count, Get, GetMany, Store};
use minimc_core::{BadKey, Connection, ErrorKind, Expiry, Fate, Key, Prefix, Progress};
use peer::{PROTOCOLS, Peer, arrive_item, call, queue};

type Link = Connection<[u8; 400], 4>;

fn connection(protocol: minimc_core::Protocol) -> Link {
    let mut connection = Link::new(protocol, [0; 400], [0; 400]).unwrap();
    connection.set_prefix(Prefix::new("dev:").unwrap());
    connection
}

#[test]
fn a_command_asks_for_the_whole_key_and_gets_its_own_reply() {
    for protocol in PROTOCOLS {
        let (mut link, mut peer) = (connection(protocol), Peer::with(&[("k", b"another's")]));
        let key = Key::new("k").unwrap();
        let get = Get::new(key);
        assert_eq!(call(&mut link, &mut peer, &get, 50), "Ok(None)");
        let set = Store::set(key, b"1");
        assert_eq!(call(&mut link, &mut peer, &set, 50), "Ok(Stored)");
        assert_eq!(call(&mut link, &mut peer, &Count::up(key, 1), 50), "Ok(2)");
        let item = call(&mut link, &mut peer, &get, 50);
        assert!(item.starts_with("Ok(Some(Item(\"2\""), "{item}");
        // Without it, it is the other's.
        link.set_prefix(Prefix::NONE);
        let item = call(&mut link, &mut peer, &get, 50);
        assert!(item.starts_with("Ok(Some(Item(\"another\\'s\""), "{item}");
    }
}

#[test]
fn a_batch_finds_its_keys_again() {
    for protocol in PROTOCOLS {
        let items = [
            ("dev:a", &b"1"[..]),
            ("dev:b", b"2"),
            ("b", b"3"),
            ("a", b"4"),
        ];
        let (mut link, mut peer) = (connection(protocol), Peer::with(&items));
        let keys = ["b", "a"];
        let (batch, mut progress) = (GetMany::new(&keys), Progress::new());
        assert_eq!(queue(&mut link, &batch, &mut progress), Ok(true));
        for value in [b"2", b"1"] {
            assert!(arrive_item(&mut link, &mut peer, &batch, &mut progress, 50));
            let (_, item) = link.item(&batch, &mut progress).unwrap();
            assert_eq!(item.unwrap().unwrap().value, value);
        }
        assert!(!arrive_item(
            &mut link,
            &mut peer,
            &batch,
            &mut progress,
            50
        ));
    }
}

#[test]
fn a_value_under_another_prefix_is_anothers() {
    let mut link = connection(minimc_core::Protocol::Text);
    link.send(&Get::new(Key::new("k").unwrap())).unwrap();
    link.sent(400);
    let reply = b"VALUE k 0 1\r\nx\r\nEND\r\n";
    link.space()[..reply.len()].copy_from_slice(reply);
    link.filled(reply.len());
    assert_eq!(link.arrived(), Err(ErrorKind::Mismatched));
}

#[test]
fn it_counts_towards_the_length_of_a_key() {
    for protocol in PROTOCOLS {
        let long = [b'k'; 247];
        let mut link = connection(protocol);
        let set = |length: usize| Store::set(Key::new(&long[..length]).unwrap(), b"x");
        assert!(link.send(&set(246)).is_ok());
        let error = link.send(&set(247)).unwrap_err();
        let bad = BadKey::TooLong {
            length: 251,
            limit: 250,
        };
        assert_eq!(
            (error.kind(), error.fate()),
            (ErrorKind::Key(bad), Fate::NotSent)
        );
    }
}

#[test]
fn it_is_encoded_with_the_key() {
    let mut link = connection(minimc_core::Protocol::Meta);
    for (key, line) in [
        ("", "ZGV2Og=="),
        ("a b", "ZGV2OmEgYg=="),
        ("ab", "ZGV2OmFi"),
        ("a\n", "ZGV2OmEK"),
    ] {
        let Ok(key) = Key::encoded(key) else {
            continue;
        };
        link.send(&Get::new(key).touch(Expiry::NEVER)).unwrap();
        let bytes = link.outgoing(None).concat();
        let words = core::str::from_utf8(&bytes).unwrap();
        assert_eq!(words.split(' ').nth(1), Some(line));
        link.sent(bytes.len());
    }
    let error = link
        .send(&Get::new(Key::encoded(&[0; 183]).unwrap()))
        .unwrap_err();
    let bad = BadKey::TooLong {
        length: 187,
        limit: 186,
    };
    assert_eq!(error.kind(), ErrorKind::Key(bad));
}
