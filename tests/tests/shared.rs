//! A connection that tasks share: whose reply is whose, what a crowd is, what becomes of it when the
//! connection is lost.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::future::Future;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use minimc::command::{Count, Stored};
use minimc::tokio::Shared;
use minimc::{ErrorKind, Expiry, Fate, Key, Options, Protocol, ReturnCode};
use minimc_tests::server::Memcached;
use tokio::runtime;
use tokio::task::JoinSet;
use tokio::time::timeout;

const NEVER: Expiry = Expiry::NEVER;

fn runtimes() -> [runtime::Runtime; 2] {
    let mut one = runtime::Builder::new_current_thread();
    let mut many = runtime::Builder::new_multi_thread();
    [&mut one, many.worker_threads(2)].map(|builder| builder.enable_all().build().unwrap())
}

/// On both runtimes, over both sockets.
fn everywhere<F: Future<Output = ()>>(test: impl Fn(Shared) -> F) {
    for runtime in runtimes() {
        for server in [Memcached::tcp(&[]), Memcached::unix()] {
            runtime.block_on(async {
                let shared = Shared::connect(server.address()).await.unwrap();
                test(shared).await;
            });
        }
    }
}

#[test]
fn each_task_gets_its_own() {
    everywhere(|shared| async move {
        let mut tasks = JoinSet::new();
        for task in 0..64 {
            let shared = shared.clone();
            tasks.spawn(async move {
                let key = format!("key{task}");
                assert_eq!(shared.get(&key).await.unwrap(), None);
                for round in 0..200 {
                    let value = format!("{task}:{round}").repeat(1 + task * round % 50);
                    shared.set(&key, &value, NEVER).await.unwrap();
                    let item = shared.get(&key).await.unwrap().unwrap();
                    assert_eq!(item.value, value.as_bytes());
                }
                assert_eq!(
                    shared.incr("count", 1).await.unwrap_err().kind(),
                    ErrorKind::NotFound
                );
                assert!(shared.delete(&key).await.unwrap());
            });
        }
        tasks.join_all().await;
    });
}

/// Requests of many bytes, more of them than fit, and values that are larger than all that may be on its
/// way.
#[test]
fn a_crowd_waits_for_room() {
    everywhere(|shared| async move {
        let mut tasks = JoinSet::new();
        for task in 0..2000_usize {
            let shared = shared.clone();
            tasks.spawn(async move {
                let key = format!("key{task}");
                let length = match task % 100 {
                    0 => 1_000_000,
                    1 => 16 * 1024,
                    2 => 8 * 1024,
                    _ => task % 7000,
                };
                let value = vec![task as u8; length];
                shared.set(&key, &value, NEVER).await.unwrap();
                let mut buffer = vec![0; length];
                let entry = shared.get_into(&key, &mut buffer).await.unwrap().unwrap();
                assert_eq!((entry.length as usize, &buffer), (length, &value));
                if length > 0 {
                    let small = shared.get_into(&key, &mut buffer[1..]).await.unwrap_err();
                    let size = length as u32;
                    assert_eq!(small.kind(), ErrorKind::ReplyTooLarge { size });
                }
                // It is small again: the server would run out of memory.
                shared.set(&key, "x", NEVER).await.unwrap();
            });
        }
        tasks.join_all().await;
    });
}

#[test]
fn all_the_verbs() {
    everywhere(|shared| async move {
        let shared = &shared;
        assert_eq!(shared.add("k", "b", NEVER).await.unwrap(), Stored::Stored);
        assert_eq!(
            shared.add("k", "x", NEVER).await.unwrap(),
            Stored::NotStored
        );
        assert_eq!(shared.append("k", "c").await.unwrap(), Stored::Stored);
        assert_eq!(shared.prepend("k", "a").await.unwrap(), Stored::Stored);
        let item = shared.gets("k").await.unwrap().unwrap();
        assert_eq!(item.value, b"abc");
        let cas = item.cas.unwrap();
        assert_eq!(
            shared.cas("k", "1", cas, NEVER).await.unwrap(),
            Stored::Stored
        );
        assert_eq!(
            shared.cas("k", "2", cas, NEVER).await.unwrap(),
            Stored::Exists
        );
        assert_eq!(
            shared.replace("k", "41", NEVER).await.unwrap(),
            Stored::Stored
        );
        assert_eq!(shared.incr("k", 1).await.unwrap(), 42);
        assert_eq!(shared.decr("k", 2).await.unwrap(), 40);
        assert_eq!(
            shared
                .call(&Count::up(Key::new("n").unwrap(), 1).or_initial(7, NEVER))
                .await
                .unwrap(),
            7
        );
        assert!(shared.touch("k", Expiry::seconds(9)).await.unwrap());
        assert!(shared.get_and_touch("k", NEVER).await.unwrap().is_some());
        assert!(shared.exists("k").await.unwrap());
        let keys: Vec<String> = (0..1000).map(|n| format!("k{}", n % 3)).collect();
        shared.set("k1", "one", NEVER).await.unwrap();
        for (key, item) in keys.iter().zip(shared.get_many(&keys).await) {
            assert_eq!(item.unwrap().is_some(), key == "k1");
        }
        let one = shared.get_many(&["k1", "no key", "k"]).await;
        let kinds: Vec<_> = one
            .iter()
            .map(|item| item.err().map(|e| e.kind()))
            .collect();
        assert!(
            matches!(kinds[..], [None, Some(ErrorKind::Key(_)), None]),
            "{kinds:?}"
        );
        assert!(
            !shared
                .delete_cas("k", cas)
                .await
                .is_ok_and(|was| was == minimc::command::Deleted::Deleted)
        );
        shared.version().await.unwrap();
        shared.flush_all(0).await.unwrap();
        assert_eq!(shared.get("k").await.unwrap(), None);
    });
}

/// Futures that are dropped at any time leave the others with their own replies.
#[test]
fn giving_up_harms_nobody() {
    everywhere(|shared| async move {
        for task in 0..64 {
            shared
                .set(&format!("key{task}"), &format!("{task}"), NEVER)
                .await
                .unwrap();
        }
        let mut tasks = JoinSet::new();
        for task in 0..64_u64 {
            let shared = shared.clone();
            tasks.spawn(async move {
                for round in 0..300 {
                    let key = format!("key{task}");
                    let wait = match (task + round) % 3 {
                        0 => Duration::from_secs(60),
                        odd => Duration::from_micros(odd * 40 + round % 50),
                    };
                    if let Ok(item) = timeout(wait, shared.get(&key)).await {
                        assert_eq!(item.unwrap().unwrap().value, format!("{task}").as_bytes());
                    }
                }
            });
        }
        tasks.join_all().await;
        shared.noop().await.unwrap();
    });
}

#[test]
fn a_server_that_is_down_is_an_error_and_is_found_again() {
    for runtime in runtimes() {
        let mut server = Memcached::tcp(&[]);
        runtime.block_on(async {
            let shared = Shared::connect(server.address()).await.unwrap();
            shared.set("key", "value", NEVER).await.unwrap();
            server.stop();
            // The write may have left before the end was seen; then nobody knows.
            let first = shared.set("key", "value", NEVER).await.unwrap_err();
            assert_ne!(first.fate(), Fate::Refused, "{first}");
            let mut refused = 0;
            for _ in 0..100 {
                let error = shared.get("key").await.unwrap_err();
                assert_eq!(error.fate(), Fate::NotSent, "{error}");
                refused += u32::from(error.return_code() == ReturnCode::ConnectionFailure);
            }
            assert!(refused > 90, "{refused}");
            server.start_again();
            let back = async {
                while shared.get("key").await.is_err() {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            };
            timeout(Duration::from_secs(5), back).await.unwrap();
            shared.set("key", "again", NEVER).await.unwrap();
        });
    }
}

/// A server that reads the requests of five tasks, answers so many, and closes.
fn one_that_leaves(answers: usize) -> (String, std::thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = Vec::new();
        while asked.windows(4).filter(|four| four == b"incr").count() < 5 || !asked.ends_with(b"\n")
        {
            let mut bytes = [0; 1000];
            let count = stream.read(&mut bytes).unwrap();
            assert!(count > 0);
            asked.extend_from_slice(&bytes[..count]);
        }
        for number in 0..answers {
            stream
                .write_all(format!("{number}\r\n").as_bytes())
                .unwrap();
        }
    });
    (address, server)
}

/// Each learns what became of its own request.
#[test]
fn a_connection_that_is_lost() {
    for runtime in runtimes() {
        for answers in 0..=5 {
            let (address, server) = one_that_leaves(answers);
            runtime.block_on(async {
                let options = Options {
                    protocol: Protocol::Text,
                    ..Options::default()
                };
                let shared = Shared::connect_lazy_with(&address, options).unwrap();
                let mut tasks = JoinSet::new();
                for _ in 0..5 {
                    let shared = shared.clone();
                    tasks.spawn(async move { shared.incr("n", 1).await });
                }
                let ended = tasks.join_all().await;
                let mut told: Vec<u64> = ended
                    .iter()
                    .filter_map(|end| end.as_ref().ok())
                    .copied()
                    .collect();
                told.sort_unstable();
                assert_eq!(told, (0..answers as u64).collect::<Vec<_>>());
                for error in ended.into_iter().filter_map(Result::err) {
                    assert_eq!(
                        (error.kind(), error.fate()),
                        (ErrorKind::Closed, Fate::Unknown)
                    );
                }
            });
            server.join().unwrap();
        }
    }
}

/// A reply that belongs to nobody breaks the connection; the next call has another.
#[test]
fn a_lie_is_found_out() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = std::thread::spawn(move || {
        let mut bytes = [0; 1000];
        let (mut first, _) = listener.accept().unwrap();
        assert!(first.read(&mut bytes).unwrap() > 0);
        first.write_all(b"HD O!\r\n").unwrap();
        let (mut second, _) = listener.accept().unwrap();
        let count = second.read(&mut bytes).unwrap();
        assert!(bytes[..count].starts_with(b"md key "));
        let end = bytes[..count]
            .iter()
            .rposition(|byte| *byte == b' ')
            .unwrap();
        let reply = [b"HD", &bytes[end..count]].concat();
        second.write_all(&reply).unwrap();
    });
    for runtime in runtimes().into_iter().take(1) {
        runtime.block_on(async {
            let shared = Shared::connect_lazy(&address).unwrap();
            let error = shared.delete("key").await.unwrap_err();
            assert_eq!(
                (error.return_code(), error.fate()),
                (ReturnCode::ProtocolError, Fate::Unknown),
                "{error}"
            );
            assert!(shared.delete("key").await.unwrap());
        });
    }
    server.join().unwrap();
}

#[test]
fn a_server_that_does_not_answer() {
    for runtime in runtimes() {
        let server = Memcached::tcp(&[]);
        runtime.block_on(async {
            let timeout = Duration::from_millis(200);
            let options = Options {
                timeout,
                ..Options::default()
            };
            let shared = Shared::connect_with(server.address(), options)
                .await
                .unwrap();
            server.hold();
            let mut tasks = JoinSet::new();
            for _ in 0..20 {
                let shared = shared.clone();
                tasks.spawn(async move { shared.set("key", "value", NEVER).await });
            }
            for ended in tasks.join_all().await {
                let error = ended.unwrap_err();
                assert_eq!(
                    (error.kind(), error.fate()),
                    (ErrorKind::TimedOut, Fate::Unknown)
                );
            }
            server.go_on();
            shared.set("key", "value", NEVER).await.unwrap();
        });
    }
}

/// A handle outlives the runtime on which its dispatcher was.
#[test]
fn another_runtime() {
    let server = Memcached::tcp(&[]);
    let shared = Shared::connect_lazy(server.address()).unwrap();
    for runtime in runtimes() {
        runtime.block_on(async { shared.set("key", "value", NEVER).await.unwrap() });
        runtime.shutdown_background();
    }
    for runtime in runtimes() {
        let item = runtime.block_on(async { shared.get("key").await.unwrap() });
        assert_eq!(item.unwrap().value, b"value");
    }
}

/// With the last handle the connection goes.
#[test]
fn the_last_handle() {
    let server = Memcached::tcp(&[]);
    let mut observer = minimc_tests::observer::Observer::new(&server);
    // That which looked whether the server is up may not have gone yet.
    let before = 1;
    while observer.count("curr_connections") > before {
        std::thread::sleep(Duration::from_millis(5));
    }
    for runtime in runtimes() {
        runtime.block_on(async {
            let shared = Shared::connect(server.address()).await.unwrap();
            let other = shared.clone();
            drop(shared);
            other.noop().await.unwrap();
            assert_eq!(observer.count("curr_connections"), before + 1);
            drop(other);
            while observer.count("curr_connections") > before {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
    }
}
