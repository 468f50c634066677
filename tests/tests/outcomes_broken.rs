//! What is left of a real server's connection when the peer, the link or the caller fails: the
//! rows of the table in ARCHITECTURE.md that are no answer of the server's.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use core::time::Duration;

use minimc::command::Version;
use minimc::{ErrorKind, Expiry, Fate, Key, Options, Protocol, ReturnCode};
use minimc_core::wire::{Opcode, Shape};
use minimc_tests::observer::Observer;
use minimc_tests::odd::Odd;
use minimc_tests::scene::After::{Kept, Replaced};
use minimc_tests::scene::Scene;
use minimc_tests::script::calls::PROTOCOLS;
use minimc_tests::server::Memcached;
use tokio::time::timeout;

fn key(name: &str) -> Key<'_> {
    Key::new(name).unwrap()
}

const MOMENT: Duration = Duration::from_millis(200);

/// The length of a value that no socket's buffers hold.
const LARGE: usize = 50 << 20;

/// Requests whose reply is another than they wait for.
const OTHER_REPLIES: [(Protocol, Odd); 5] = [
    (
        Protocol::Text,
        Odd(|out| _ = out.line(b"version\r\n", Shape::VALUE)),
    ),
    (
        Protocol::Text,
        Odd(|out| _ = out.line(b"version\r\n", Shape::STORED)),
    ),
    (
        Protocol::Text,
        Odd(|out| _ = out.line(b"version\r\n", Shape::NUMBER)),
    ),
    (
        Protocol::Meta,
        Odd(|out| _ = out.line(b"mn\r\n", Shape::META)),
    ),
    (
        Protocol::Meta,
        Odd(|out| _ = out.line(b"version\r\n", Shape::NOP)),
    ),
];

#[tokio::test]
async fn a_reply_that_is_none() {
    for (protocol, odd) in OTHER_REPLIES {
        let mut scene = Scene::new(protocol).await;
        let error = scene.client.call(&odd).await.unwrap_err();
        let code = ReturnCode::ProtocolError;
        scene
            .failed(error, "Malformed, Unknown", code, Replaced)
            .await;
    }
}

#[tokio::test]
async fn another_reply() {
    // Each waits for one reply, and gets first that to something else.
    let two_keys = Odd(|out| {
        _ = out
            .line(b"get", Shape::VALUE)
            .key(key("there"))
            .key(key("k"))
            .end()
    });
    let other_opaque = Odd(|out| _ = out.line(b"mg k O!\r\n", Shape::META));
    let other_packet = Odd(|out| {
        out.packet(Opcode::Version, &[], None, 0);
        out.packet(Opcode::NoOp, &[], None, 0);
    });
    for (protocol, odd) in PROTOCOLS
        .into_iter()
        .zip([two_keys, other_opaque, other_packet])
    {
        let mut scene = Scene::new(protocol).await;
        scene.observer.store("there", b"x");
        let error = scene.client.call(&odd).await.unwrap_err();
        let code = ReturnCode::ProtocolError;
        scene
            .failed(error, "Mismatched, Unknown", code, Replaced)
            .await;
    }
}

/// Two requests that are owed one reply.
#[tokio::test]
async fn bytes_that_nothing_asked_for() {
    for protocol in PROTOCOLS {
        let mut scene = Scene::new(protocol).await;
        let twice = Odd(|out| {
            _ = match out.protocol() {
                Protocol::Binary => {
                    out.packet(Opcode::Version, &[], None, 0)
                        .packet(Opcode::Version, &[], None, 0)
                }
                _ => out.line(b"version\r\nversion\r\n", Shape::VERSION),
            }
        });
        scene.client.send(&twice).await.unwrap();
        // The reply itself is right; what came behind it is found before the next request leaves.
        let error = scene.client.receive::<Version>().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutOfOrder);
        scene.goes_on(Replaced, "a second reply").await;
    }
}

#[tokio::test]
async fn the_end_of_the_stream() {
    for protocol in PROTOCOLS {
        let options = Options {
            protocol,
            retry: false,
            ..Options::default()
        };
        let mut scene = Scene::with(Memcached::tcp(&[]), options).await;
        scene.server.start_again();
        scene.observer = Observer::new(&scene.server);
        let error = scene.client.set("k", "x", Expiry::NEVER).await.unwrap_err();
        // The server's system may say that the stream ended, or that there is none.
        let is_lost = matches!(error.kind(), ErrorKind::Closed | ErrorKind::Io { .. });
        assert!(is_lost && error.fate() == Fate::Unknown, "{error:?}");
        scene.goes_on(Replaced, "the end").await;
        assert_eq!(scene.observer.value("k"), None);
    }
}

#[tokio::test]
async fn the_deadline() {
    for protocol in PROTOCOLS {
        let options = Options {
            protocol,
            timeout: Duration::from_secs(1),
            ..Options::default()
        };
        let mut scene = Scene::with(Memcached::tcp(&[]), options).await;
        scene.server.hold();
        let error = scene.client.set("k", "x", Expiry::NEVER).await.unwrap_err();
        scene.server.go_on();
        // Unknown it is: the server carries it out when nobody waits for it.
        while scene.observer.value("k").is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        let code = ReturnCode::Timeout;
        scene
            .failed(error, "TimedOut, Unknown", code, Replaced)
            .await;
    }
}

#[tokio::test]
async fn an_abandoned_call() {
    for protocol in PROTOCOLS {
        let mut scene = Scene::new(protocol).await;
        scene.observer.store("k", b"old");
        scene.server.hold();
        let set = scene.client.set("k", "new", Expiry::NEVER);
        assert!(timeout(MOMENT, set).await.is_err());
        // The next one waits for the old reply first, and is abandoned in its turn.
        assert!(timeout(MOMENT, scene.client.get("k")).await.is_err());
        scene.server.go_on();
        scene.goes_on(Kept, "calls that were abandoned").await;
        assert_eq!(scene.observer.value("k").unwrap(), b"new");
    }
}

#[tokio::test]
async fn an_abandoned_call_of_which_half_has_left() {
    let large = vec![b'x'; LARGE];
    for protocol in PROTOCOLS {
        let options = Options {
            protocol,
            item_limit: 64 << 20,
            ..Options::default()
        };
        let server = Memcached::tcp(&["-I", "64m", "-m", "256"]);
        let mut scene = Scene::with(server, options).await;
        scene.observer.store("k", b"old");
        scene.server.hold();
        let set = scene.client.set("k", &large, Expiry::NEVER);
        assert!(timeout(MOMENT, set).await.is_err());
        scene.server.go_on();
        scene.goes_on(Replaced, "half a value").await;
        assert_eq!(scene.observer.value("k").unwrap(), b"old");
    }
}
