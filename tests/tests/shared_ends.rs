//! A connection that tasks share: what is true behind the first connection, and that every wait ends.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::future::Future;
use std::io::Read;
use std::net::TcpListener;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use minimc::tokio::Shared;
use minimc::{ErrorKind, Expiry, Fate, Options, Prefix, net};
use minimc_tests::server::Memcached;
use tokio::runtime;
use tokio::task::JoinSet;
use tokio::time::timeout;

const NEVER: Expiry = Expiry::NEVER;

fn a_runtime() -> runtime::Runtime {
    let mut builder = runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap()
}

/// Polls a future once.
fn begin<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// The options are those of every connection, not of each other one.
#[test]
fn the_prefix_outlives_the_connection() {
    let mut server = Memcached::tcp(&[]);
    let options = Options {
        prefix: Prefix::new("p:").unwrap(),
        ..Options::default()
    };
    a_runtime().block_on(async {
        let shared = Shared::connect_with(server.address(), options)
            .await
            .unwrap();
        for round in 0..3 {
            server.stop();
            shared.set("key", "value", NEVER).await.unwrap_err();
            server.start_again();
            while shared.set("key", "value", NEVER).await.is_err() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            let mut client = net::Client::connect(server.address()).unwrap();
            assert!(client.get("p:key").unwrap().is_some(), "round {round}");
        }
    });
}

/// The runtime ends before its dispatcher did anything.
#[test]
fn a_runtime_that_ends_at_once() {
    let server = Memcached::tcp(&[]);
    let shared = Shared::connect_lazy(server.address()).unwrap();
    let runtime = a_runtime();
    runtime.block_on(async {
        assert!(begin(pin!(shared.noop())).is_pending());
    });
    let handle = runtime.handle().clone();
    drop(runtime);
    let error = handle.block_on(shared.noop()).unwrap_err();
    assert_eq!(
        (error.kind(), error.fate()),
        (ErrorKind::Closed, Fate::NotSent)
    );
    a_runtime().block_on(async {
        timeout(Duration::from_secs(2), shared.noop())
            .await
            .unwrap()
            .unwrap();
    });
}

/// The replies to those who gave up make room as well.
#[test]
fn room_that_nobody_waited_for() {
    let server = Memcached::tcp(&[]);
    a_runtime().block_on(async {
        let shared = Shared::connect(server.address()).await.unwrap();
        server.hold();
        for _ in 0..512 {
            assert!(begin(pin!(shared.get("key"))).is_pending());
        }
        let mut waiting = pin!(shared.get("key"));
        assert!(
            timeout(Duration::from_millis(200), &mut waiting)
                .await
                .is_err()
        );
        server.go_on();
        timeout(Duration::from_secs(2), waiting)
            .await
            .unwrap()
            .unwrap();
    });
}

/// Many large values cost one limit to be sent and one to be answered, not one each.
#[test]
fn large_values_for_a_server_that_does_not_answer() {
    let server = Memcached::tcp(&[]);
    let limit = Duration::from_millis(300);
    let options = Options {
        timeout: limit,
        ..Options::default()
    };
    a_runtime().block_on(async {
        let shared = Shared::connect_with(server.address(), options)
            .await
            .unwrap();
        server.hold();
        let begun = Instant::now();
        let mut tasks = JoinSet::new();
        for _ in 0..20 {
            let shared = shared.clone();
            tasks.spawn(async move { shared.set("key", &[0; 100_000], NEVER).await });
        }
        let mut fates = Vec::new();
        for ended in tasks.join_all().await {
            let error = ended.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::TimedOut);
            fates.push(error.fate());
        }
        assert!(begun.elapsed() < limit * 4, "{:?}", begun.elapsed());
        assert!(
            fates.contains(&Fate::Unknown) && fates.contains(&Fate::NotSent),
            "{fates:?}"
        );
        server.go_on();
        shared.set("key", &[0; 100_000], NEVER).await.unwrap();
    });
}

/// Keys that were lost together are asked for again together.
#[test]
fn many_keys_and_a_server_that_leaves_and_then_is_silent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut bytes = [0; 10];
        stream.read_exact(&mut bytes).unwrap();
        drop(stream);
        listener
    });
    let limit = Duration::from_millis(200);
    let options = Options {
        timeout: limit,
        ..Options::default()
    };
    a_runtime().block_on(async {
        let shared = Shared::connect_lazy_with(&address, options).unwrap();
        let begun = Instant::now();
        let keys: Vec<String> = (0..50).map(|n| format!("key{n}")).collect();
        for item in shared.get_many(&keys).await {
            assert_eq!(item.unwrap_err().kind(), ErrorKind::TimedOut);
        }
        assert!(begun.elapsed() < limit * 5, "{:?}", begun.elapsed());
    });
    let _silent = server.join().unwrap();
}

/// Without a runtime there is no clock: that is an error, however full the connection is.
#[test]
fn outside_of_tokio() {
    let server = Memcached::tcp(&[]);
    let runtime = a_runtime();
    let shared = runtime.block_on(Shared::connect(server.address())).unwrap();
    let mut waits: Vec<_> = (0..512).map(|_| Box::pin(shared.get("key"))).collect();
    for wait in &mut waits {
        assert!(begin(wait.as_mut()).is_pending());
    }
    let Poll::Ready(Err(error)) = begin(pin!(shared.get("key"))) else {
        panic!("there is no room");
    };
    assert!(matches!(error.kind(), ErrorKind::Unsupported(_)), "{error}");
    runtime.block_on(async {
        for wait in waits {
            wait.await.unwrap();
        }
    });
}
