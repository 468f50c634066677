//! Datagrams that a peer loses, repeats and mixes up.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::collections::HashSet;
use std::time::Duration;

use minimc::udp::Client;
use minimc::{Dialect, ErrorKind, Expiry, Fate, Options, Protocol};
use minimc_tests::datagrams::{Part, Peer, Request, got, options};

/// Short enough to wait for what does not come.
fn short(protocol: Protocol) -> Options {
    Options {
        timeout: Duration::from_millis(300),
        ..options(protocol)
    }
}

const LOST: &str = "TimedOut, Unknown";
const HELLO: Part<'static> = (0, 0, 1, "VA 5 f0 Oa\r\nhello\r\n");

#[test]
fn refusals_before_anything_is_sent() {
    let peer = Peer::new();
    let dialect = Options {
        dialect: Dialect::new(1, 4, 0),
        ..short(Protocol::Meta)
    };
    let limited = Options {
        item_limit: 10,
        ..short(Protocol::Meta)
    };
    for (options, key, size, expected) in [
        (short(Protocol::Meta), "", 1, "Key(Empty)"),
        (short(Protocol::Meta), "k", 1400, "TooLarge"),
        (limited, "k", 11, "TooLarge"),
        (dialect, "k", 1, "Unsupported"),
    ] {
        let mut client = Client::connect_with(&peer.address, options).unwrap();
        let error = client
            .set(key, &vec![b'x'; size], Expiry::NEVER)
            .unwrap_err();
        assert!(
            format!("{:?}", error.kind()).starts_with(expected),
            "{error:?}"
        );
        assert_eq!(error.fate(), Fate::NotSent, "{expected}");
    }
    assert!(peer.has_nothing());
    let error = Client::connect("/run/memcached.sock").unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Unsupported(_)),
        "{error:?}"
    );
}

/// What comes for one get, and what the call comes to. Then the next call gets its own.
#[test]
fn datagrams_that_are_lost_late_repeated_mixed_up_or_wrong() {
    let rows: &[(&str, &[Part<'_>], &str)] = &[
        ("the answer", &[HELLO], "hello"),
        ("a miss", &[(0, 0, 1, "EN Oa\r\n")], "a miss"),
        ("nothing", &[], LOST),
        (
            "parts in order",
            &[
                (0, 0, 3, "VA 5 f"),
                (0, 1, 3, "0 Oa\r\nhel"),
                (0, 2, 3, "lo\r\n"),
            ],
            "hello",
        ),
        (
            "parts in another order",
            &[
                (0, 2, 3, "lo\r\n"),
                (0, 0, 3, "VA 5 f"),
                (0, 1, 3, "0 Oa\r\nhel"),
            ],
            "hello",
        ),
        (
            "the last first",
            &[
                (0, 2, 3, "lo\r\n"),
                (0, 1, 3, "0 Oa\r\nhel"),
                (0, 0, 3, "VA 5 f"),
            ],
            "hello",
        ),
        (
            "parts twice, of which one is early",
            &[
                (0, 0, 3, "VA 5 f"),
                (0, 0, 3, "VA 5 f"),
                (0, 2, 3, "lo\r\n"),
                (0, 2, 3, "lo\r\n"),
                (0, 1, 3, "0 Oa\r\nhel"),
            ],
            "hello",
        ),
        (
            "the first part lost",
            &[(0, 1, 3, "0 Oa\r\nhel"), (0, 2, 3, "lo\r\n")],
            LOST,
        ),
        (
            "a part in the middle lost",
            &[(0, 0, 3, "VA 5 f"), (0, 2, 3, "lo\r\n")],
            LOST,
        ),
        (
            "the last part lost",
            &[(0, 0, 3, "VA 5 f"), (0, 1, 3, "0 Oa\r\nhel")],
            LOST,
        ),
        (
            "another's answer, in the same words",
            &[(1, 0, 1, "VA 5 f0 Oa\r\nother\r\n"), HELLO],
            "hello",
        ),
        (
            "another's answer and no more",
            &[
                (1, 0, 1, "VA 5 f0 Oa\r\nother\r\n"),
                (300, 0, 1, "EN Oa\r\n"),
            ],
            LOST,
        ),
        (
            "another's part between",
            &[
                (0, 0, 2, "VA 5 f0 Oa\r\nhe"),
                (1, 1, 2, "xxx\r\n"),
                (0, 1, 2, "llo\r\n"),
            ],
            "hello",
        ),
        (
            "a part of no message, as memcached itself sends",
            &[(0, 0, 0, ""), HELLO],
            "hello",
        ),
        (
            "a part behind the last",
            &[(0, 1, 1, "EN Oa\r\n"), HELLO],
            "hello",
        ),
        (
            "a part of a message of another length",
            &[
                (0, 0, 2, "VA 5 f0 Oa\r\nhe"),
                (0, 1, 3, "xxx\r\n"),
                (0, 1, 2, "llo\r\n"),
            ],
            "hello",
        ),
        (
            "a total below the answer",
            &[(0, 0, 1, "VA 5 f0 Oa\r\nhe"), (0, 1, 2, "llo\r\n")],
            "Malformed, Unknown",
        ),
        ("an empty answer", &[(0, 0, 1, "")], "Malformed, Unknown"),
        (
            "a total above the answer",
            &[(0, 0, 2, "VA 5 f0 Oa\r\nhello\r\n")],
            "hello",
        ),
        (
            "another's answer with our id",
            &[(0, 0, 1, "VA 5 f0 Ob\r\nother\r\n")],
            "Mismatched, Unknown",
        ),
        (
            "no words of memcached's",
            &[(0, 0, 1, "what?\r\n")],
            "Malformed, Unknown",
        ),
        (
            "an error",
            &[(
                0,
                0,
                1,
                "SERVER_ERROR out of memory writing get response\r\n",
            )],
            "OutOfMemory(\"SERVER_ERROR out of memory writing get response\"), Refused",
        ),
        (
            "an error, and what became of the rest",
            &[(0, 0, 1, "CLIENT_ERROR bad\r\n"), (0, 0, 1, "ERROR\r\n")],
            "Client(\"CLIENT_ERROR bad\"), Refused",
        ),
    ];
    for (what, parts, expected) in rows {
        let peer = Peer::new();
        let mut client = Client::connect_with(&peer.address, short(Protocol::Meta)).unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let request = peer.request();
                assert_eq!(request.data, b"mg k v f Oa\r\n");
                for part in *parts {
                    peer.answer(&request, *part);
                }
                let next = peer.request();
                assert_eq!(next.data, b"mg next v f Ob\r\n");
                // Once more, to wherever the next one came from.
                for part in *parts {
                    let from = next.from;
                    peer.answer(
                        &Request {
                            from,
                            data: vec![],
                            ..request
                        },
                        *part,
                    );
                }
                peer.answer(&next, (0, 0, 1, "VA 4 f0 Ob\r\nnext\r\n"));
            });
            assert_eq!(&got(&mut client, "k"), expected, "{what}");
            assert_eq!(got(&mut client, "next"), "next", "after {what}");
        });
    }
}

/// In place of a head.
#[test]
fn datagrams_without_a_whole_head_are_dropped() {
    let peer = Peer::new();
    let mut client = Client::connect_with(&peer.address, short(Protocol::Meta)).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let request = peer.request();
            let head = [request.id, 0, 1, 0].map(u16::to_be_bytes).concat();
            for length in 0..8 {
                peer.send(&head[..length], request.from);
            }
            peer.answer(&request, HELLO);
        });
        assert_eq!(got(&mut client, "k"), "hello");
    });
}

/// The answer to a set that was given up comes while a later one waits for its own.
#[test]
fn a_late_answer_is_nobodys() {
    for (protocol, stored) in [
        (Protocol::Text, "STORED\r\n"),
        (Protocol::Meta, "HD Oa\r\n"),
    ] {
        let peer = Peer::new();
        let mut client = Client::connect_with(&peer.address, short(protocol)).unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let first = peer.request();
                let second = peer.request();
                // To where it came from, to which the client listens no more, and to where it does.
                assert_ne!(first.from.port(), second.from.port());
                peer.answer(&first, (0, 0, 1, stored));
                let from = second.from;
                peer.answer(&Request { from, ..first }, (0, 0, 1, stored));
            });
            for _ in 0..2 {
                let error = client.set("k", "v", Expiry::NEVER).unwrap_err();
                assert_eq!(format!("{error:?}"), LOST, "{protocol:?}");
            }
        });
    }
}

/// Of many keys each has its own answer, however they come.
#[test]
fn answers_to_many_in_another_order_twice_and_not_at_all() {
    let peer = Peer::new();
    let mut client = Client::connect_with(&peer.address, short(Protocol::Text)).unwrap();
    let keys: Vec<String> = (0..20).map(|n| format!("key-{n}")).collect();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // As many as are asked for at a time; the second is lost.
            let mut requests: Vec<Request> = (0..16).map(|_| peer.request()).collect();
            assert!(peer.has_nothing());
            requests.remove(1);
            let ids: HashSet<u16> = requests.iter().map(|r| r.id).collect();
            assert_eq!(ids.len(), 15);
            let answer = |request: &Request| {
                let line = String::from_utf8(request.data.clone()).unwrap();
                let key = line.strip_prefix("get ").unwrap().trim_end();
                let answer = format!("VALUE {key} 0 {}\r\n{key}\r\nEND\r\n", key.len());
                let (head, tail) = answer.split_at(9);
                peer.answer(request, (0, 1, 2, tail));
                peer.answer(request, (0, 0, 2, head));
                peer.answer(request, (0, 0, 2, head));
            };
            requests.iter().rev().for_each(answer);
            // The rest are asked for when there is room, and the very last is a miss.
            for n in 16..20 {
                let request = peer.request();
                if n < 19 {
                    answer(&request);
                } else {
                    peer.answer(&request, (0, 0, 1, "END\r\n"));
                }
            }
        });
        let mut told = vec![String::new(); keys.len()];
        let mut items = client.get_many(&keys);
        while let Some((key, item)) = items.next() {
            let n: usize = key.strip_prefix("key-").unwrap().parse().unwrap();
            assert_eq!(told[n], "", "{key} was told twice");
            told[n] = match item {
                Ok(item) => item.map_or("a miss".into(), |item| {
                    item.value.escape_ascii().to_string()
                }),
                Err(error) => format!("{error:?}"),
            };
        }
        let mut expected = keys.clone();
        expected[1] = LOST.into();
        expected[19] = "a miss".into();
        assert_eq!(told, expected);
    });
}

/// A silent server costs the time of one request, whatever the number of keys.
#[test]
fn after_a_loss_nothing_more_is_asked_for() {
    let peer = Peer::new();
    let mut client = Client::connect_with(&peer.address, short(Protocol::Meta)).unwrap();
    let keys: Vec<String> = (0..30).map(|n| format!("key-{n}")).collect();
    let mut told = vec![];
    let mut items = client.get_many(&keys);
    while let Some((key, item)) = items.next() {
        told.push((key.clone(), format!("{:?}", item.unwrap_err())));
    }
    for ((key, error), n) in told.iter().zip(0..) {
        assert_eq!(key, &keys[n]);
        let fate = if n < 16 { LOST } else { "TimedOut, NotSent" };
        assert_eq!(error, fate, "{key}");
    }
    assert_eq!(told.len(), 30);
    for _ in 0..16 {
        peer.request();
    }
    assert!(peer.has_nothing());
}

/// No id is used twice on one socket, so that the answer of one that comes when the ids begin again
/// finds nobody.
#[test]
fn when_the_ids_are_used_up_there_is_another_socket() {
    let peer = Peer::new();
    let mut client = Client::connect(&peer.address).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut seen = HashSet::new();
            let mut ports = HashSet::new();
            for _ in 0..70_000 {
                let request = peer.request();
                ports.insert(request.from.port());
                assert!(seen.insert((request.from, request.id)), "{}", request.id);
                peer.answer(&request, (0, 0, 1, "MN\r\n"));
            }
            assert_eq!(ports.len(), 2);
        });
        for _ in 0..70_000 {
            // No answer to a get, but one that is there at once.
            assert_eq!(got(&mut client, "k"), "Malformed, Unknown");
        }
    });
}
