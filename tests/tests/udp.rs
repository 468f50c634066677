//! Datagrams: with a real server, and with a peer that loses, repeats and mixes them up.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use minimc::udp::Client;
use minimc::{Dialect, ErrorKind, Expiry, Fate, Options, Prefix, Protocol};
use minimc_tests::observer::Observer;
use minimc_tests::script::calls::PROTOCOLS;
use minimc_tests::server::Memcached;

fn options(protocol: Protocol) -> Options {
    Options {
        protocol,
        ..Options::default()
    }
}

/// What a get came to, in short.
fn got(client: &mut Client, key: &str) -> String {
    match client.get(key) {
        Ok(None) => "a miss".into(),
        Ok(Some(item)) if item.value.len() > 30 => format!("{} bytes", item.value.len()),
        Ok(Some(item)) => item.value.escape_ascii().to_string(),
        Err(error) => format!("{error:?}"),
    }
}

#[test]
fn get_and_set_with_a_real_server() {
    let server = Memcached::udp(&[]);
    let mut observer = Observer::new(&server);
    for protocol in PROTOCOLS {
        let options = Options {
            prefix: Prefix::new("p:").unwrap(),
            ..options(protocol)
        };
        let mut client = Client::connect_with(server.address(), options).unwrap();
        client.set("k", "v", Expiry::seconds(60)).unwrap();
        assert_eq!(observer.value("p:k").unwrap(), b"v", "{protocol:?}");
        assert_eq!(got(&mut client, "k"), "v", "{protocol:?}");
        assert_eq!(got(&mut client, "absent"), "a miss", "{protocol:?}");
        client.set("k", "", Expiry::NEVER).unwrap();
        assert_eq!(client.get("k").unwrap().unwrap().value, b"");
        client.set("gone", "v", Expiry::AT_ONCE).unwrap();
        assert_eq!(got(&mut client, "gone"), "a miss");

        // A key, an expiry or a version that forbids it is refused as on a connection.
        let error = client.set("a b", "v", Expiry::NEVER).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Key(_)), "{error:?}");
        assert_eq!(error.fate(), Fate::NotSent);
    }
}

#[test]
fn values_of_many_datagrams_with_a_real_server() {
    let server = Memcached::udp(&[]);
    let mut observer = Observer::new(&server);
    for protocol in PROTOCOLS {
        let mut client = Client::connect_with(server.address(), options(protocol)).unwrap();
        for size in [1300, 1370, 1390, 1400, 2770, 2790, 14_000, 60_000] {
            let value: Vec<u8> = (0..size).map(|at| (at % 251) as u8).collect();
            observer.store("large", &value);
            let item = client.get("large").unwrap().unwrap();
            assert!(item.value == value, "{protocol:?}: {size} bytes differ");
        }
        // What the client takes has a bound, by which the next call is none the worse.
        let options = Options {
            item_limit: 10_000,
            ..options(protocol)
        };
        let mut client = Client::connect_with(server.address(), options).unwrap();
        let too_large = "ReplyTooLarge { size: 60000 }, Refused";
        assert_eq!(got(&mut client, "large"), too_large, "{protocol:?}");
        observer.store("large", &[b'x'; 10_000]);
        assert_eq!(got(&mut client, "large"), "10000 bytes", "{protocol:?}");
    }
}

#[test]
fn many_with_a_real_server() {
    let server = Memcached::udp(&[]);
    let mut observer = Observer::new(&server);
    let keys: Vec<String> = (0..100).map(|n| format!("key-{n}")).collect();
    for (n, key) in keys.iter().enumerate().filter(|(n, _)| n % 3 != 0) {
        observer.store(key, &vec![b'x'; n * 30]);
    }
    for protocol in PROTOCOLS {
        let mut client = Client::connect_with(server.address(), options(protocol)).unwrap();
        let mut told = vec![false; keys.len()];
        let mut items = client.get_many(&keys);
        while let Some((key, item)) = items.next() {
            let n = keys.iter().position(|given| std::ptr::eq(given, key));
            let n = n.unwrap();
            assert!(!told[n], "{key} was told twice");
            told[n] = true;
            let length = item.unwrap().map(|item| item.value.len());
            assert_eq!(length, (n % 3 != 0).then_some(n * 30), "{protocol:?} {key}");
        }
        assert!(items.next().is_none());
        assert!(told.iter().all(|told| *told), "{protocol:?}");

        // A bad key fails by itself; who asks for no more is owed nothing.
        let mut items = client.get_many(&["a b", "key-1", "key-2"]);
        let (key, item) = items.next().unwrap();
        assert_eq!((*key, item.unwrap_err().fate()), ("a b", Fate::NotSent));
        let (_, item) = items.next().unwrap();
        assert!(item.unwrap().is_some());
        drop(items);
        assert_eq!(got(&mut client, "absent"), "a miss");
        assert!(client.get_many::<&str>(&[]).next().is_none());
    }
}

/// The largest request that is sent, to the byte, and what stands above that.
#[test]
fn a_request_fits_its_datagram_or_is_not_sent() {
    let server = Memcached::udp(&[]);
    let mut observer = Observer::new(&server);
    for (protocol, head) in [
        // "set k 0 0 1376" and "ms k 1378 Oa" with both line ends; header, extras and key.
        (Protocol::Text, 18),
        (Protocol::Meta, 16),
        (Protocol::Binary, 33),
    ] {
        for limit in [1400, 5000] {
            let mut client = Client::connect_with(server.address(), options(protocol)).unwrap();
            client.set_datagram_limit(limit);
            let most = limit - 8 - head;
            client.set("k", &vec![b'x'; most], Expiry::NEVER).unwrap();
            let error = client
                .set("k", &vec![b'y'; most + 1], Expiry::NEVER)
                .unwrap_err();
            let told = (error.kind(), error.fate());
            assert_eq!(told, (ErrorKind::TooLarge, Fate::NotSent), "{protocol:?}");
            assert_eq!(observer.value("k").unwrap(), vec![b'x'; most]);
            assert_eq!(got(&mut client, "k"), format!("{most} bytes"));
        }
    }
}

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

#[test]
fn a_server_that_is_down_is_an_error_at_once_and_comes_again() {
    let mut server = Memcached::udp(&[]);
    let mut client = Client::connect(server.address()).unwrap();
    client.set("k", "v", Expiry::NEVER).unwrap();
    server.stop();
    let error = client.get("k").unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Io { .. }), "{error:?}");
    let error = client.set("k", "v", Expiry::NEVER).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Io { .. }), "{error:?}");
    // Of those that left the fate is unknown, the others were not sent; none is a miss.
    let keys: Vec<String> = (0..40).map(|n| format!("key-{n}")).collect();
    let mut fates = vec![];
    let mut items = client.get_many(&keys);
    while let Some((_, item)) = items.next() {
        let error = item.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Io { .. }), "{error:?}");
        fates.push(error.fate());
    }
    assert_eq!(fates.len(), 40);
    assert_eq!(fates[39], Fate::NotSent);
    server.start_again();
    assert_eq!(got(&mut client, "k"), "a miss");
    client.set("k", "w", Expiry::NEVER).unwrap();
    assert_eq!(got(&mut client, "k"), "w");
}

/// A peer of the test's own that answers by hand.
struct Peer {
    socket: UdpSocket,
    address: String,
}

/// A request that came.
struct Request {
    id: u16,
    data: Vec<u8>,
    from: SocketAddr,
}

/// A datagram: its id less that of the request, its sequence, the total, what is in it.
type Part = (u16, u16, u16, &'static str);

impl Peer {
    fn new() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap().to_string();
        Self { socket, address }
    }

    fn request(&self) -> Request {
        let mut bytes = [0; 2000];
        let limit = Some(Duration::from_secs(20));
        self.socket.set_read_timeout(limit).unwrap();
        let (length, from) = self.socket.recv_from(&mut bytes).unwrap();
        let (head, data) = bytes[..length].split_first_chunk::<8>().unwrap();
        // The first and only part, and the reserved bytes.
        assert_eq!(head[2..], [0, 0, 0, 1, 0, 0]);
        Request {
            id: u16::from_be_bytes([head[0], head[1]]),
            data: data.to_vec(),
            from,
        }
    }

    fn answer(&self, request: &Request, (less, sequence, total, data): Part) {
        let id = request.id.wrapping_sub(less);
        let head = [id, sequence, total, 0].map(u16::to_be_bytes).concat();
        let datagram = [&head, data.as_bytes()].concat();
        self.socket.send_to(&datagram, request.from).unwrap();
    }

    fn has_nothing(&self) -> bool {
        self.socket.set_nonblocking(true).unwrap();
        let result = self.socket.recv_from(&mut [0; 10]);
        self.socket.set_nonblocking(false).unwrap();
        result.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
    }
}

/// Short enough to wait for what does not come.
fn short(protocol: Protocol) -> Options {
    Options {
        timeout: Duration::from_millis(300),
        ..options(protocol)
    }
}

const LOST: &str = "TimedOut, Unknown";
const HELLO: Part = (0, 0, 1, "VA 5 f0 Oa\r\nhello\r\n");

/// What comes for one get, and what the call comes to. Then the next call gets its own.
#[test]
fn datagrams_that_are_lost_late_repeated_mixed_up_or_wrong() {
    let rows: &[(&str, &[Part], &str)] = &[
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
                peer.socket.send_to(&head[..length], request.from).unwrap();
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
            let ids: std::collections::HashSet<u16> = requests.iter().map(|r| r.id).collect();
            assert_eq!(ids.len(), 15);
            let answer = |request: &Request| {
                let line = String::from_utf8(request.data.clone()).unwrap();
                let key = line.strip_prefix("get ").unwrap().trim_end();
                let answer = format!("VALUE {key} 0 {}\r\n{key}\r\nEND\r\n", key.len());
                let answer: &'static str = Box::leak(answer.into());
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
            let mut seen = std::collections::HashSet::new();
            let mut ports = std::collections::HashSet::new();
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
