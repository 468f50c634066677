//! Threads and tasks that race for the clients of a pool, over a real memcached: every value names its
//! writer, and holders leave behind whatever they like.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Waker};
use std::time::Duration;

use minimc::command::Get;
use minimc::pool::{PoolOptions, blocking, tokio as async_pool};
use minimc::{Expiry, Growing, Key, Options, Protocol, net, tokio as async_net};
use minimc_tests::counted::Census;
use minimc_tests::race::{RACERS, tasks, threads};
use minimc_tests::run::host;
use minimc_tests::script::calls::PROTOCOLS;
use minimc_tests::server::Memcached;

/// How often each gets a client.
const TURNS: usize = 84;

fn options(protocol: Protocol) -> Options {
    Options {
        protocol,
        ..Options::default()
    }
}

/// Racers wait as long as it takes.
fn sized(size: usize) -> PoolOptions {
    PoolOptions {
        size,
        wait: Duration::MAX,
        ..PoolOptions::default()
    }
}

/// What racer `n` stores at its `turn`: at some of them more than a client's first storage holds.
fn value(n: usize, turn: usize) -> Vec<u8> {
    let times = [1, 100, 20_000][turn % 3];
    format!("{n}:{turn};").repeat(times).into_bytes()
}

/// Whether racer `n` has written it, at whichever turn.
fn is_of(n: usize, item: &[u8]) -> bool {
    let first = item.split(|byte| *byte == b';').next().unwrap();
    let (writer, turn) = std::str::from_utf8(first).unwrap().split_once(':').unwrap();
    writer == n.to_string() && item == value(n, turn.parse().unwrap())
}

/// A client that connects before it is lent.
fn blocking_client(address: &str, options: Options) -> net::Client {
    net::Client::connect_with(address, options).unwrap()
}

type AsyncClient = minimc::Client<async_net::Socket, Growing, 64>;

/// A client that connects with its first call.
fn async_client(address: &str, options: Options) -> AsyncClient {
    host(async_net::Socket::new(address), options)
}

/// A blocking call cannot be dropped.
fn drop_nothing(_: &mut net::Client, _: &str) {}

/// Drops a call that most likely has left and is not answered.
fn drop_a_call(client: &mut AsyncClient, key: &str) {
    let mut context = Context::from_waker(Waker::noop());
    let _ = pin!(client.get(key)).poll(&mut context);
}

fn panic_with<T>(held: T) {
    let panics = AssertUnwindSafe(move || {
        let _held = held;
        resume_unwind(Box::new(()));
    });
    assert!(catch_unwind(panics).is_err());
}

/// `$async`, `$move` and `$await` are the colour.
macro_rules! race {
    (
        #[$test:meta] $pool:path, $client:ident, $race:ident, $drop:ident,
        [$($async:ident $move:ident)?], [$($await:tt)*]
    ) => {
        use super::*;

        #[$test]
        $($async)? fn nobody_gets_what_is_anothers() {
            let server = Memcached::tcp(&[]);
            for (protocol, size) in PROTOCOLS.into_iter().zip([1, 3, RACERS]) {
                let (census, lost) = (Census::default(), Arc::new(AtomicUsize::new(0)));
                let (address, counted) = (server.address().to_string(), census.clone());
                let pool = $pool(sized(size), move || {
                    Ok(counted.count($client(&address, options(protocol))))
                });
                $race(|n| {
                    let (pool, lost) = (pool.clone(), lost.clone());
                    let key = move |n: usize| format!("{protocol:?}:{n}");
                    $($async $move)? {
                        for turn in 0..TURNS {
                            let (mine, others, other) = (key(n), (n + turn) % RACERS, key((n + turn) % RACERS));
                            let get = Get::new(Key::new(&other).unwrap());
                            let mut client = pool.checkout() $($await)*.unwrap();
                            client.set(&mine, &value(n, turn), Expiry::NEVER) $($await)*.unwrap();
                            let item = client.get(&mine) $($await)*.unwrap().unwrap();
                            assert!(item.value == value(n, turn), "{n} at {turn}");
                            if let Some(item) = client.get(&other) $($await)*.unwrap() {
                                assert!(is_of(others, item.value), "{n} of {others} at {turn}");
                            }
                            match turn % 12 {
                                0 | 6 => client.send(&get) $($await)*.unwrap(),
                                1 | 7 => drop(client.open(&other) $($await)*.unwrap()),
                                2 | 8 => {
                                    let keys = [&other, &mine];
                                    let mut items = client.get_many(&keys) $($await)*.unwrap();
                                    items.next() $($await)*.unwrap().1.unwrap();
                                }
                                3 | 9 => $drop(&mut client, &other),
                                4 => {
                                    client.disconnect();
                                    lost.fetch_add(1, Ordering::SeqCst);
                                }
                                5 => {
                                    client.send(&get) $($await)*.unwrap();
                                    lost.fetch_add(1, Ordering::SeqCst);
                                    panic_with(client);
                                }
                                _ => {}
                            }
                        }
                    }
                }) $($await)*;
                // The limit held, and no place is lost.
                assert!(census.most() <= size, "{} of {size}", census.most());
                let all: Vec<_> = (0..size).map(|_| pool.try_checkout().unwrap()).collect();
                assert!(pool.try_checkout().is_err());
                // Those that were whole were lent again, and no others.
                let lost = lost.load(Ordering::SeqCst);
                assert_eq!(lost, 2 * RACERS * TURNS / 12);
                assert!((lost + 1..=lost + size).contains(&census.made()), "{census:?}");
                drop(all);
            }
        }
    };
}

mod in_threads {
    race!(
        #[test]
        blocking::Pool::new,
        blocking_client,
        threads,
        drop_nothing,
        [],
        []
    );
}

mod in_tasks {
    race!(
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async_pool::Pool::new, async_client, tasks, drop_a_call, [async move], [.await]
    );
}
