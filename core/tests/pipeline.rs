//! Many requests on their way at once.
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

use std::collections::VecDeque;

use minimc_core::command::{Count, Delete, Get, GetMany, Store, Stored};
use minimc_core::{Connection, ErrorKind, Fate, Key, Protocol};
use peer::{PROTOCOLS, Peer, Random, arrive, read, write};

fn key(name: &str) -> Key<'_> {
    Key::new(name).unwrap()
}

/// How a request is answered.
enum Asked {
    Set,
    Get(usize),
}

#[test]
fn a_hundred_sets_and_gets_through_400_bytes() {
    let names: Vec<String> = (0..100).map(|index| format!("key-{index}")).collect();
    // The longest go out by gaps, and come in whole.
    let values: Vec<Vec<u8>> = (0..100)
        .map(|index| vec![b'a' + index as u8 % 26; index * 3])
        .collect();
    let mut random = Random(2);
    for protocol in PROTOCOLS {
        for round in 0..10 {
            let mut connection: Connection<_, 7> =
                Connection::new(protocol, [0; 400], [0; 400]).unwrap();
            let mut peer = Peer::default();
            let mut owed = VecDeque::new();
            let (mut sent, mut answered) = (0, 0);
            while answered < 200 {
                // A set, and later the get of the same key.
                let store;
                let queued = if sent == 200 {
                    Err(ErrorKind::Full.into())
                } else if sent % 2 == 0 {
                    store = Store::set(key(&names[sent / 2]), &values[sent / 2]);
                    connection.send(&store).map(|gap| (Asked::Set, gap))
                } else {
                    let get = Get::new(key(&names[sent / 2]));
                    connection.send(&get).map(|_| (Asked::Get(sent / 2), None))
                };
                match queued {
                    Ok((asked, gap)) => {
                        owed.push_back(asked);
                        sent += 1;
                        if let Some(gap) = gap {
                            assert_eq!(connection.owed(), 1, "a gap while other replies are owed");
                            while write(
                                &mut connection,
                                &mut peer,
                                Some(&gap),
                                1 + random.below(50),
                            ) > 0
                            {}
                        } else if random.below(3) == 0 {
                            write(&mut connection, &mut peer, None, 1 + random.below(50));
                        }
                        continue;
                    }
                    Err(error) => assert_eq!(error, ErrorKind::Full.into()),
                }
                arrive(&mut connection, &mut peer, 1 + random.below(60));
                match owed.pop_front().unwrap() {
                    Asked::Set => {
                        assert_eq!(connection.reply::<Store<'_, '_>>(), Ok(Stored::Stored))
                    }
                    Asked::Get(index) => {
                        let item = connection.reply::<Get<'_>>().unwrap().unwrap();
                        assert_eq!(item.value, values[index], "{protocol:?} {round} {index}");
                    }
                }
                answered += 1;
            }
            assert_eq!(connection.owed(), 0);
            assert_eq!(connection.settle(), Ok(true));
        }
    }
}

#[test]
fn many_keys_in_constant_memory() {
    let names: Vec<String> = (0..500).map(|index| format!("key-{index}")).collect();
    for protocol in PROTOCOLS {
        let mut connection: Connection<_, 2> =
            Connection::new(protocol, [0; 400], [0; 400]).unwrap();
        let mut peer = Peer::default();
        for name in names.iter().step_by(3) {
            peer.receive(format!("set {name} 0 0 {}\r\n{name}\r\n", name.len()).as_bytes());
        }
        peer.replies.clear();
        let mut batch = GetMany::new(&names).unwrap();
        let mut found = vec![];
        let mut all_queued = false;
        while !all_queued || connection.owed() > 0 {
            match connection.send_batch(&mut batch) {
                Ok(more) => {
                    all_queued = !more;
                    if more {
                        continue;
                    }
                }
                Err(error) => assert_eq!(error, ErrorKind::Full.into()),
            }
            arrive(&mut connection, &mut peer, 33);
            let is_end = connection.is_group_end();
            match connection.item(&mut batch).unwrap() {
                Some((name, item)) => {
                    assert_eq!(item.value, name.as_bytes());
                    found.push(name);
                }
                None => assert!(is_end),
            }
        }
        assert!(
            found.into_iter().eq(names.iter().step_by(3)),
            "{protocol:?}"
        );
        assert_eq!(connection.settle(), Ok(true));
    }
}

#[test]
fn a_batch_for_which_there_is_no_room_queues_nothing() {
    let names = ["k".repeat(250)];
    for protocol in PROTOCOLS {
        for filled in 0..400 {
            let mut connection: Connection<_, 8> =
                Connection::new(protocol, [0; 400], [0; 400]).unwrap();
            let mut peer = Peer::with(&[(&names[0], b"x")]);
            let value = vec![b'x'; filled];
            let set = Store::set(key("k"), &value);
            if connection.send(&set).unwrap().is_some() {
                continue;
            }
            let mut batch = GetMany::new(&names).unwrap();
            let before = connection.outgoing(None).concat().len();
            match connection.send_batch(&mut batch) {
                Ok(more) => assert!(more),
                Err(error) => {
                    assert_eq!(error, ErrorKind::Full.into());
                    assert_eq!(connection.outgoing(None).concat().len(), before);
                    assert_eq!(connection.owed(), 1);
                }
            }
            arrive(&mut connection, &mut peer, 400);
            assert_eq!(connection.reply::<Store<'_, '_>>(), Ok(Stored::Stored));
            let waits = connection.owed() == 0;
            assert_eq!(connection.send_batch(&mut batch), Ok(waits));
            arrive(&mut connection, &mut peer, 400);
            assert!(connection.item(&mut batch).unwrap().is_some());
            arrive(&mut connection, &mut peer, 400);
            assert!(connection.item(&mut batch).unwrap().is_none());
            assert_eq!(connection.owed(), 0, "{protocol:?} {filled}");
        }
    }
}

#[test]
fn at_most_16_kib_are_unanswered() {
    let names: Vec<String> = (0..10_000).map(|index| format!("{index:0>100}")).collect();
    for protocol in PROTOCOLS {
        let (mut sending, mut receiving) = (vec![0; 100_000], vec![0; 100_000]);
        let mut connection: Connection<&mut [u8], 1000> =
            Connection::new(protocol, &mut sending[..], &mut receiving[..]).unwrap();
        let mut peer = Peer::default();
        let (mut unanswered, mut full) = (VecDeque::new(), 0);
        for name in names.iter().take(2000) {
            // Written at once, so that the storage is never what is full.
            loop {
                match connection.send(&Get::new(key(name))) {
                    Ok(_) => break,
                    Err(error) => assert_eq!(error, ErrorKind::Full.into()),
                }
                full += 1;
                arrive(&mut connection, &mut peer, 100_000);
                assert_eq!(connection.reply::<Get<'_>>(), Ok(None));
                unanswered.pop_front();
            }
            unanswered.push_back(write(&mut connection, &mut peer, None, 100_000));
            let sum: usize = unanswered.iter().sum();
            assert!(sum <= 16 * 1024, "{protocol:?}: {sum}");
            assert!(full == 0 || sum > 16 * 1024 - 250);
        }
        assert!(full > 0);
        // A batch keeps to it too, and what is withdrawn no longer counts.
        let mut connection: Connection<_, 1000> =
            Connection::new(protocol, &mut sending[..], &mut receiving[..]).unwrap();
        for _ in 0..3 {
            let mut batch = GetMany::new(&names).unwrap();
            let error = loop {
                match connection.send_batch(&mut batch) {
                    Ok(more) => assert!(more),
                    Err(error) => break error,
                }
            };
            assert_eq!(error, ErrorKind::Full.into());
            let length = connection.outgoing(None).concat().len();
            let range = 16 * 1024 - 250..=16 * 1024;
            assert!(range.contains(&length), "{protocol:?}: {length}");
            connection.abandon();
            assert!(!connection.is_sending());
        }
    }
}

#[test]
fn as_many_debts_as_there_is_room_for() {
    for protocol in PROTOCOLS {
        let mut connection: Connection<_, 3> =
            Connection::new(protocol, [0; 400], [0; 400]).unwrap();
        let mut peer = Peer::with(&[("k", b"v")]);
        for _ in 0..3 {
            connection.send(&Get::new(key("k"))).unwrap();
        }
        let length = connection.outgoing(None).concat().len();
        let error = connection.send(&Delete::new(key("k"))).unwrap_err();
        assert_eq!(
            (error.kind(), error.fate()),
            (ErrorKind::Full, Fate::NotSent)
        );
        assert_eq!(connection.outgoing(None).concat().len(), length);
        arrive(&mut connection, &mut peer, 9);
        assert!(connection.reply::<Get<'_>>().unwrap().is_some());
        connection.send(&Delete::new(key("k"))).unwrap();
        for _ in 0..2 {
            arrive(&mut connection, &mut peer, 9);
            assert!(connection.reply::<Get<'_>>().unwrap().is_some());
        }
        arrive(&mut connection, &mut peer, 9);
        assert_eq!(connection.reply::<Delete<'_>>(), Ok(true));
    }
}

#[test]
fn a_value_outside_the_storage_waits_for_every_reply() {
    let value = [b'x'; 1000];
    for protocol in PROTOCOLS {
        let mut connection: Connection<_, 4> =
            Connection::new(protocol, [0; 400], [0; 400]).unwrap();
        let mut peer = Peer::default();
        let set = Store::set(key("k"), &value);
        connection.send(&Get::new(key("k"))).unwrap();
        assert_eq!(connection.send(&set).unwrap_err().kind(), ErrorKind::Full);
        arrive(&mut connection, &mut peer, 400);
        assert_eq!(connection.reply::<Get<'_>>(), Ok(None));
        let gap = connection.send(&set).unwrap();
        // Nor may anything follow before it has left.
        while write(&mut connection, &mut peer, gap.as_ref(), 100) == 100 {
            if connection.outgoing(gap.as_ref())[1].is_empty() {
                break;
            }
            let error = connection.send(&Get::new(key("k"))).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Full);
            // Without its gap nothing but what stands before it leaves.
            let [_, inside, behind] = connection.outgoing(None);
            assert!(inside.is_empty() && behind.is_empty());
        }
        connection.send(&Delete::new(key("k"))).unwrap();
        arrive(&mut connection, &mut peer, 400);
        assert_eq!(connection.reply::<Store<'_, '_>>(), Ok(Stored::Stored));
        arrive(&mut connection, &mut peer, 400);
        assert_eq!(connection.reply::<Delete<'_>>(), Ok(true));
    }
}

/// The opaque of the last request in the storage, a `ma n v` or its packet.
fn opaque<const N: usize>(connection: &Connection<&mut [u8], N>) -> Vec<u8> {
    let request = connection.outgoing(None).concat();
    match connection.protocol() {
        Protocol::Binary => request[12..16].to_vec(),
        _ => request[8..request.len() - 2].to_vec(),
    }
}

#[test]
fn opaques_of_what_is_owed_differ() {
    let mut random = Random(3);
    for protocol in [Protocol::Meta, Protocol::Binary] {
        let (mut sending, mut receiving) = (vec![0; 20_000], vec![0; 20_000]);
        let mut connection: Connection<&mut [u8], 100> =
            Connection::new(protocol, &mut sending[..], &mut receiving[..]).unwrap();
        let mut peer = Peer::with(&[("n", b"0")]);
        let mut opaques: VecDeque<Vec<u8>> = VecDeque::new();
        let (mut longest, mut number) = (0, 0);
        while number < 30_000 {
            for _ in 0..random.below(120) {
                // Refused requests use up no opaque.
                if connection.send(&Count::up(key("n"), 1)).is_ok() {
                    let opaque = opaque(&connection);
                    assert!(!opaques.contains(&opaque), "{protocol:?} {opaque:?}");
                    longest = longest.max(opaque.len());
                    opaques.push_back(opaque);
                    write(&mut connection, &mut peer, None, 1000);
                }
            }
            for _ in 0..random.below(120).min(opaques.len()) {
                arrive(&mut connection, &mut peer, 5000);
                opaques.pop_front();
                number += 1;
                assert_eq!(connection.reply::<Count<'_>>(), Ok(number));
            }
        }
        assert_eq!(longest, if protocol == Protocol::Meta { 2 } else { 4 });
    }
}

#[test]
fn a_batch_of_packets_uses_up_an_opaque_for_each_and_for_its_end() {
    let (mut sending, mut receiving) = ([0; 400], [0; 400]);
    let mut connection: Connection<&mut [u8], 4> =
        Connection::new(Protocol::Binary, &mut sending[..], &mut receiving[..]).unwrap();
    for first in [0, 4, 8] {
        connection
            .send_batch(&mut GetMany::new(&["a", "b", "c"]).unwrap())
            .unwrap();
        assert_eq!(opaque(&connection), [0, 0x0D, 0, first]);
        connection.sent(400);
    }
}

#[test]
fn withdrawn_and_refused_requests_use_up_no_opaque() {
    let large = Store::set(key("k"), &[b'x'; 500]);
    for protocol in [Protocol::Meta, Protocol::Binary] {
        let (mut sending, mut receiving) = ([0; 400], [0; 400]);
        let mut connection: Connection<&mut [u8], 100> =
            Connection::new(protocol, &mut sending[..], &mut receiving[..]).unwrap();
        let mut peer = Peer::with(&[("n", b"0")]);
        connection.send(&Count::up(key("n"), 1)).unwrap();
        write(&mut connection, &mut peer, None, 400);
        let mut last = None;
        for _ in 0..300 {
            connection.send(&Count::up(key("n"), 1)).unwrap();
            let opaque = opaque(&connection);
            assert_eq!(*last.get_or_insert(opaque.clone()), opaque);
            let refused = connection.send(&large).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Full);
            connection.abandon();
            assert_eq!(connection.owed(), 1);
        }
        read(&mut connection, &mut peer, 400);
        assert_eq!(connection.settle(), Ok(true));
        assert_eq!(peer.value("n"), Some(&b"1"[..]));
    }
}
