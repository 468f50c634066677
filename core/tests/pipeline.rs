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

use minimc_core::command::{Count, Delete, DeleteMany, Get, GetMany, Store, StoreMany, Stored};
use minimc_core::{Connection, Error, ErrorKind, Fate, Key, Progress, Protocol, Sent};
use peer::{PROTOCOLS, Peer, Random, Turns, arrive, arrive_item, queue, read, write, write_all};

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
            let mut turns = Turns::new();
            while answered < 200 {
                turns.count();
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
                            write_all(&mut connection, &mut peer, Some(&gap), || {
                                1 + random.below(50)
                            });
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
        let (batch, mut progress) = (GetMany::new(&names), Progress::new());
        let (mut found, mut hits) = (vec![], vec![]);
        let mut turns = Turns::new();
        loop {
            turns.count();
            match queue(&mut connection, &batch, &mut progress) {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => assert_eq!(error, ErrorKind::Full.into()),
            }
            if !arrive_item(&mut connection, &mut peer, &batch, &mut progress, 33) {
                if progress.queued() == names.len() {
                    break;
                }
                continue;
            }
            let (index, item) = connection.item(&batch, &mut progress).unwrap();
            if let Some(item) = item.unwrap() {
                assert_eq!(item.value, names[index].as_bytes());
                assert_eq!(index % 3, 0);
                assert!(hits.last().is_none_or(|&last| last < index), "{protocol:?}");
                hits.push(index);
            }
            found.push(index);
        }
        // Each is told once, the items in their order.
        found.sort();
        assert!(found.into_iter().eq(0..names.len()), "{protocol:?}");
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
            let (batch, mut progress) = (GetMany::new(&names), Progress::new());
            let before = connection.outgoing(None).concat().len();
            match queue(&mut connection, &batch, &mut progress) {
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
            let more = queue(&mut connection, &batch, &mut progress);
            assert_eq!(more, Ok(waits));
            let mut arrive =
                |c: &mut _, progress: &mut _| arrive_item(c, &mut peer, &batch, progress, 400);
            assert!(arrive(&mut connection, &mut progress));
            let (index, item) = connection.item(&batch, &mut progress).unwrap();
            assert!(index == 0 && item.unwrap().is_some());
            assert!(!arrive(&mut connection, &mut progress));
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
            let mut turns = Turns::new();
            loop {
                turns.count();
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
            let (batch, mut progress) = (GetMany::new(&names), Progress::new());
            let mut turns = Turns::new();
            let error = loop {
                turns.count();
                match queue(&mut connection, &batch, &mut progress) {
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
        let mut turns = Turns::new();
        while write(&mut connection, &mut peer, gap.as_ref(), 100) == 100 {
            turns.count();
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

#[test]
fn values_of_a_batch_need_not_fit_the_storage() {
    let values = [10, 1000, 20, 30, 5000].map(|length| vec![b'x'; length]);
    let names = ["a", "b", "c", "d", "e"];
    let items: Vec<_> = names.iter().zip(&values).collect();
    for protocol in PROTOCOLS {
        for precise in [false, true] {
            let mut connection: Connection<_, 4> =
                Connection::new(protocol, [0; 400], [0; 400]).unwrap();
            let mut peer = Peer::default();
            let batch = StoreMany::set(&items);
            let batch = if precise { batch.precise() } else { batch };
            let mut progress = Progress::new();
            let mut told = vec![];
            let mut turns = Turns::new();
            while told.len() < items.len() {
                turns.count();
                match connection.send_batch(&batch, &mut progress) {
                    Ok(Sent::Group(gap)) => {
                        // A value that is sent from where it is waits until nothing is owed.
                        assert!(gap.is_none() || connection.owed() == 1);
                        write_all(&mut connection, &mut peer, gap.as_ref(), || 77);
                        continue;
                    }
                    Ok(Sent::Nothing) => {}
                    Err(error) => assert_eq!(error.kind(), ErrorKind::Full),
                }
                if arrive_item(&mut connection, &mut peer, &batch, &mut progress, 5) {
                    let (index, outcome) = connection.item(&batch, &mut progress).unwrap();
                    assert_eq!(outcome, Ok(Stored::Stored));
                    told.push(index);
                }
            }
            assert!(told.into_iter().eq(0..items.len()), "{protocol:?}");
            for (name, value) in &items {
                assert_eq!(peer.value(name), Some(&value[..]), "{protocol:?}");
            }
            assert!(!arrive_item(
                &mut connection,
                &mut peer,
                &batch,
                &mut progress,
                5
            ));
            assert!(connection.is_idle());
        }
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
        let mut turns = Turns::new();
        while number < 30_000 {
            turns.count();
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
        let batch = GetMany::new(&["a", "b", "c"]);
        assert!(queue(&mut connection, &batch, &mut Progress::new()).unwrap());
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

#[test]
fn of_no_batch_that_was_sent_it_is_told_that_it_was_not() {
    let keys = ["a", "b", "c"];
    for protocol in PROTOCOLS {
        let mut connection: Connection<_, 4> =
            Connection::new(protocol, [0; 400], [0; 400]).unwrap();
        let batch = DeleteMany::new(&keys);
        let (mut first, mut second) = (Progress::new(), Progress::new());
        assert_eq!(queue(&mut connection, &batch, &mut first), Ok(true));
        connection.sent(connection.outgoing(None).concat().len());
        assert_eq!(queue(&mut connection, &batch, &mut second), Ok(true));
        connection.lose(&mut first, ErrorKind::TimedOut);
        connection.lose(&mut second, ErrorKind::TimedOut);
        // Which of two batches a debt belongs to nobody knows: of the second too much may be feared.
        for progress in [&mut first, &mut second] {
            for index in 0..keys.len() {
                assert_eq!(connection.item_arrived(&batch, progress), Ok(true));
                let outcome = connection.item(&batch, progress).unwrap();
                let error = Error::new(ErrorKind::TimedOut).with_fate(Fate::Unknown);
                assert_eq!(outcome, (index, Err(error)), "{protocol:?}");
            }
            assert_eq!(connection.item_arrived(&batch, progress), Ok(false));
        }
    }
}

/// Two groups of a batch on the way, and a reply to the first: what the second asks for is no answer
/// to it, nor what a group before it was asked.
#[test]
fn a_group_is_not_answered_by_another_groups_item() {
    let names: Vec<String> = (0..3).map(|n| format!("{n}{}", "k".repeat(240))).collect();
    let value = |name: &str| format!("VALUE {name} 0 1\r\nx\r\n");
    let busy = "SERVER_ERROR busy\r\n".to_string();
    let wrong = "Err(Mismatched, Unknown)";
    let hit = "Ok(Some(Item(\"x\")))";
    let busy_told = "Err(Server(\"SERVER_ERROR busy\"), Unknown)";
    for (replies, told) in [
        (vec![value(&names[1])], [(0, wrong), (1, wrong), (2, wrong)]),
        (
            vec!["END\r\n".to_string(), value(&names[0])],
            [(0, "Ok(None)"), (1, wrong), (2, wrong)],
        ),
        // One that failed leaves the next as it is.
        (
            vec![
                busy,
                value(&names[1]),
                "END\r\n".to_string(),
                value(&names[2]),
                "END\r\n".to_string(),
            ],
            [(0, busy_told), (1, hit), (2, hit)],
        ),
    ] {
        let mut link: Connection<_, 4> =
            Connection::new(Protocol::Text, [0; 400], [0; 400]).unwrap();
        let (batch, mut progress) = (GetMany::new(&names), Progress::new());
        let mut replies = replies.into_iter();
        let mut outcomes = vec![];
        let mut turns = Turns::new();
        while outcomes.len() < names.len() {
            turns.count();
            let mut turns = Turns::new();
            while progress.queued() < names.len() && !link.is_broken() {
                turns.count();
                assert!(queue(&mut link, &batch, &mut progress).unwrap());
                link.sent(400);
            }
            match link.item_arrived(&batch, &mut progress) {
                Ok(true) => {
                    let (index, outcome) = link.item(&batch, &mut progress).unwrap();
                    outcomes.push((index, format!("{outcome:?}")));
                }
                Ok(false) => {
                    let reply = replies.next().unwrap();
                    link.space()[..reply.len()].copy_from_slice(reply.as_bytes());
                    link.filled(reply.len());
                }
                Err(kind) => link.lose(&mut progress, kind),
            }
        }
        let told = told.map(|(index, outcome)| (index, outcome.to_string()));
        assert_eq!(outcomes, told);
    }
}
