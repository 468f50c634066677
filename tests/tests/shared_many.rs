//! Many keys on a connection that tasks share: their items however they come, whose they are, and what
//! becomes of each when the connection is lost.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::time::Duration;

use minimc::tokio::Shared;
use minimc::{ErrorKind, Expiry, Fate, Options, Protocol};
use minimc_tests::observer::Observer;
use minimc_tests::server::Memcached;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;
use tokio::task::JoinSet;

const NEVER: Expiry = Expiry::NEVER;

fn run<F: Future>(test: F) -> F::Output {
    let mut runtime = runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(test)
}

/// A server by hand, and a handle to it.
async fn by_hand(retry: bool) -> (TcpListener, Shared) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let options = Options {
        retry,
        ..Options::default()
    };
    let shared = Shared::connect_lazy_with(&address, options).unwrap();
    (listener, shared)
}

async fn accept(listener: &TcpListener) -> TcpStream {
    let (stream, _) = listener.accept().await.unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

async fn expect(stream: &mut TcpStream, request: &str) {
    let mut bytes = vec![0; request.len()];
    stream.read_exact(&mut bytes).await.unwrap();
    assert_eq!(String::from_utf8(bytes).unwrap(), request);
}

/// Sends bytes that are read before any behind them are sent.
async fn send(stream: &mut TcpStream, bytes: &[u8]) {
    stream.write_all(bytes).await.unwrap();
    tokio::time::sleep(Duration::from_millis(2)).await;
}

/// What came of each key, in short.
async fn outcomes(shared: &Shared, keys: &[&str]) -> Vec<String> {
    let items = shared.get_many(keys).await.into_iter();
    let outcomes = items.map(|item| match item {
        Ok(None) => "miss".to_owned(),
        Ok(Some(item)) => String::from_utf8(item.value).unwrap(),
        Err(error) => format!("{:?}, {:?}", error.kind(), error.fate()),
    });
    outcomes.collect()
}

#[test]
fn cut_at_every_place() {
    let keys = ["a", "b", "no key", "a", "c", "d", "a"];
    let answers = b"VALUE a 0 1\r\n1\r\nEND\r\nVALUE d 0 2\r\n4\n\r\nVALUE a 0 0\r\n\r\nVALUE c 7 1\r\n3\r\nVALUE a 0 1\r\n5\r\nEND\r\n";
    // The key that is none ends the first line.
    run(async {
        let (listener, shared) = by_hand(false).await;
        let server = async {
            let mut stream = accept(&listener).await;
            for cut in 0..answers.len() {
                expect(&mut stream, "get a b\r\nget a c d a\r\n").await;
                send(&mut stream, &answers[..cut]).await;
                send(&mut stream, &answers[cut..]).await;
            }
        };
        let asked = async {
            for cut in 0..answers.len() {
                let found = outcomes(&shared, &keys).await;
                assert_eq!(found[..2], ["1", "miss"], "{cut}");
                assert!(found[2].starts_with("Key("), "{found:?}");
                // A key that is there twice is answered twice, and the next one first.
                assert_eq!(found[3..], ["5", "3", "4\n", ""], "{cut}");
            }
        };
        tokio::join!(server, asked);
    });
}

/// Those whose items had come have them; the others are lost, or are asked for once more.
#[test]
fn a_connection_that_is_lost_on_the_way() {
    let answers = b"VALUE a 0 1\r\n1\r\nVALUE c 0 1\r\n3\r\nEND\r\n";
    let behind = |line: &str| {
        let at = answers.windows(line.len());
        let at = at.into_iter().position(|bytes| bytes == line.as_bytes());
        at.unwrap() + line.len()
    };
    let (first, second, end) = (behind("1\r\n1\r\n"), behind("3\r\n"), answers.len());
    let lost = "Closed, Unknown";
    for cut in 0..=end {
        let (expected, again) = match cut {
            _ if cut < first => ([lost, lost, lost, lost], Some("get a b c d\r\n")),
            _ if cut < second => (["1", lost, lost, lost], Some("get b c d\r\n")),
            _ if cut < end => (["1", lost, "3", lost], Some("get b d\r\n")),
            _ => (["1", "miss", "3", "miss"], None),
        };
        for retry in [false, true] {
            run(async {
                let (listener, shared) = by_hand(retry).await;
                let server = async {
                    let mut stream = accept(&listener).await;
                    expect(&mut stream, "get a b c d\r\n").await;
                    stream.write_all(&answers[..cut]).await.unwrap();
                    drop(stream);
                    if let Some(again) = again.filter(|_| retry) {
                        let mut stream = accept(&listener).await;
                        expect(&mut stream, again).await;
                        // In another order.
                        let mut keys: Vec<_> = again.trim().split(' ').skip(1).collect();
                        keys.reverse();
                        for key in keys {
                            send(&mut stream, format!("VALUE {key} 0 1\r\n2\r\n").as_bytes()).await;
                        }
                        send(&mut stream, b"END\r\n").await;
                    }
                };
                let asked = async {
                    let found = outcomes(&shared, &["a", "b", "c", "d"]).await;
                    let expected = expected.map(|item| match item {
                        lost if lost == "Closed, Unknown" && retry => "2",
                        _ => item,
                    });
                    assert_eq!(found, expected, "{cut}, {retry}");
                };
                tokio::join!(server, asked);
            });
        }
    }
}

/// One is dropped in the middle of its answer; the others get theirs, on the same connection.
#[test]
fn giving_up_on_the_way() {
    run(async {
        let (listener, shared) = by_hand(false).await;
        let given_up = tokio::spawn({
            let shared = shared.clone();
            async move { outcomes(&shared, &["a", "b", "c"]).await }
        });
        let mut stream = accept(&listener).await;
        expect(&mut stream, "get a b c\r\n").await;
        let (one, many) = (shared.clone(), shared.clone());
        let one = tokio::spawn(async move { one.get_many(&["c"]).await.into_iter().next() });
        let many = tokio::spawn(async move { outcomes(&many, &["b", "a"]).await });
        expect(&mut stream, "get c\r\nget b a\r\n").await;
        send(&mut stream, b"VALUE a 0 1\r\n1\r\nVALUE b 0 1\r\n").await;
        given_up.abort();
        assert!(given_up.await.unwrap_err().is_cancelled());
        send(&mut stream, b"2\r\nVALUE c 0 1\r\n3\r\nEND\r\n").await;
        send(
            &mut stream,
            b"VALUE c 0 1\r\n4\r\nEND\r\nVALUE b 0 1\r\n5\r\n",
        )
        .await;
        send(&mut stream, b"END\r\n").await;
        let item = one.await.unwrap().unwrap().unwrap().unwrap();
        assert_eq!(item.value, b"4");
        assert_eq!(many.await.unwrap(), ["5", "miss"]);
    });
}

/// What no server answers costs the connection, even if who had asked is gone.
#[test]
fn items_that_nobody_asked_for() {
    const LOST: [&str; 2] = ["Mismatched, Unknown"; 2];
    for (answer, expected) in [
        ("VALUE c 0 1\r\nx\r\nEND\r\n", LOST),
        (
            "VALUE a 0 1\r\nx\r\nVALUE a 0 1\r\nx\r\nEND\r\n",
            ["x", LOST[1]],
        ),
        ("VALUE ab 0 1\r\nx\r\nEND\r\n", LOST),
        (
            "VALUE b 0 1\r\nx\r\nVALUE  0 1\r\nx\r\nEND\r\n",
            ["Malformed, Unknown", "x"],
        ),
        ("STORED\r\n", ["Malformed, Unknown"; 2]),
    ] {
        for is_given_up in [false, true] {
            run(async {
                let (listener, shared) = by_hand(false).await;
                let first = tokio::spawn({
                    let shared = shared.clone();
                    async move { outcomes(&shared, &["a", "b"]).await }
                });
                let mut stream = accept(&listener).await;
                expect(&mut stream, "get a b\r\n").await;
                let second = tokio::spawn({
                    let shared = shared.clone();
                    async move { outcomes(&shared, &["c"]).await }
                });
                expect(&mut stream, "get c\r\n").await;
                if is_given_up {
                    first.abort();
                    tokio::task::yield_now().await;
                }
                send(&mut stream, answer.as_bytes()).await;
                if is_given_up {
                    assert!(first.await.unwrap_err().is_cancelled());
                } else {
                    assert_eq!(first.await.unwrap(), expected, "{answer}");
                }
                // Nobody gets another's.
                let kind = expected.iter().find(|outcome| outcome.contains(','));
                assert_eq!(second.await.unwrap(), [*kind.unwrap()], "{answer}");
                let next = async {
                    let mut stream = accept(&listener).await;
                    expect(&mut stream, "get d\r\n").await;
                    send(&mut stream, b"END\r\n").await;
                };
                let (found, ()) = tokio::join!(outcomes(&shared, &["d"]), next);
                assert_eq!(found, ["miss"]);
            });
        }
    }
}

/// A server's own error is that of each key that it may be meant for, and costs nothing.
#[test]
fn a_server_that_fails_on_the_way() {
    run(async {
        let (listener, shared) = by_hand(false).await;
        let server = async {
            let mut stream = accept(&listener).await;
            expect(&mut stream, "get a b c\r\n").await;
            send(
                &mut stream,
                b"VALUE b 0 1\r\n2\r\nSERVER_ERROR out of memory\r\n",
            )
            .await;
            expect(&mut stream, "get b\r\n").await;
            send(&mut stream, b"END\r\n").await;
        };
        let asked = async {
            let unconfirmed = "Unconfirmed, Unknown";
            let found = outcomes(&shared, &["a", "b", "c"]).await;
            assert_eq!(found, [unconfirmed, "2", unconfirmed]);
            assert_eq!(outcomes(&shared, &["b"]).await, ["miss"]);
        };
        tokio::join!(server, asked);
    });
}

/// A server that takes no more clients says so before it closes: nothing was carried out.
#[test]
fn a_server_that_is_full() {
    run(async {
        let (listener, shared) = by_hand(false).await;
        let server = async {
            let mut stream = accept(&listener).await;
            expect(&mut stream, "get a b\r\nget c\r\n").await;
            send(&mut stream, b"ERROR Too many open connections\r\n").await;
        };
        let first = outcomes(&shared, &["a", "b"]);
        let second = outcomes(&shared, &["c"]);
        let (first, second, ()) = tokio::join!(first, second, server);
        assert_eq!(first, ["TooManyConnections, NotSent"; 2]);
        assert_eq!(second, ["Closed, Unknown"]);
    });
}

/// More than may be on its way, from many tasks, of which some give up: one connection serves them all.
#[test]
fn more_than_there_is_room_for() {
    for protocol in [Protocol::Meta, Protocol::Text, Protocol::Binary] {
        let server = Memcached::tcp(&[]);
        let mut observer = Observer::new(&server);
        let mut runtime = runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(2).enable_all().build().unwrap();
        let made = observer.count("total_connections");
        runtime.block_on(async {
            let options = Options {
                protocol,
                retry: false,
                ..Options::default()
            };
            let shared = Shared::connect_with(server.address(), options).await;
            let shared = shared.unwrap();
            let key = |n: usize| format!("{n:0>200}");
            for n in (0..100).step_by(3) {
                shared.set(&key(n), &n.to_string(), NEVER).await.unwrap();
            }
            let mut tasks = JoinSet::new();
            for task in 0..16 {
                let shared = shared.clone();
                tasks.spawn(async move {
                    // Each several times; those of one task are more than may be on their way.
                    let keys: Vec<_> = (0..700).map(|n| (n * 7 + task) % 100).collect();
                    let names: Vec<_> = keys.iter().map(|n| key(*n)).collect();
                    for round in 0..6 {
                        let asked = shared.get_many(&names);
                        let wait = match (task + round) % 3 {
                            0 => Duration::from_micros(300 * round as u64),
                            _ => Duration::from_secs(60),
                        };
                        let Ok(items) = tokio::time::timeout(wait, asked).await else {
                            continue;
                        };
                        let mut items = items.into_iter();
                        for n in &keys {
                            let item = items.next().unwrap().unwrap();
                            let expected = (n % 3 == 0).then(|| n.to_string().into_bytes());
                            assert_eq!(item.map(|item| item.value), expected);
                        }
                        assert!(items.next().is_none());
                    }
                });
            }
            tasks.join_all().await;
            assert!(
                shared
                    .get_many::<&str>(&[])
                    .await
                    .into_iter()
                    .next()
                    .is_none()
            );
        });
        assert_eq!(
            observer.count("total_connections"),
            made + 1,
            "{protocol:?}"
        );
    }
}

/// A server that is not there is told of every key, and the wait is one.
#[test]
fn a_server_that_is_not_there() {
    run(async {
        let (listener, shared) = by_hand(true).await;
        drop(listener);
        let keys: Vec<_> = (0..1000).map(|n| format!("key{n}")).collect();
        let mut count = 0;
        for item in shared.get_many(&keys).await {
            assert_eq!(item.unwrap_err().fate(), Fate::NotSent);
            count += 1;
        }
        assert_eq!(count, keys.len());
    });
}

/// A set has no condition: that one does not hold is no answer.
#[test]
fn a_set_that_is_answered_by_what_no_server_says() {
    for length in [5, 10_000] {
        run(async {
            let (listener, shared) = by_hand(false).await;
            let value = "x".repeat(length);
            let server = async {
                for answer in ["NS", "HD"] {
                    let mut stream = accept(&listener).await;
                    let mut request = Vec::new();
                    while !request.ends_with(b"x\r\n") {
                        stream.read_buf(&mut request).await.unwrap();
                    }
                    let head = request.split(|byte| *byte == b'\r').next().unwrap();
                    let opaque = head.iter().rposition(|byte| *byte == b' ').unwrap();
                    let reply = [answer.as_bytes(), &head[opaque..], b"\r\n"].concat();
                    send(&mut stream, &reply).await;
                    if answer == "NS" {
                        // The connection is not used again, and closed.
                        assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
                    }
                }
            };
            let asked = async {
                let error = shared.set("key", &value, NEVER).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Malformed);
                shared.set("key", &value, NEVER).await.unwrap();
            };
            tokio::join!(server, asked);
        });
    }
}
