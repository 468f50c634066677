//! The recipes with a real server and many who race, in threads and in tasks; and one race lost for sure.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use minimc::recipes::{Admission, Compute, Computed, Election, Lock, RateLimit, Update, Updated};
use minimc::{Error, ErrorKind, Expiry, Fate, Options, Protocol, net, tokio as async_net};
use minimc_tests::race::{RACERS, tasks, threads};
use minimc_tests::script::calls::PROTOCOLS;
use minimc_tests::server::Memcached;

/// How often each does it.
const TIMES: usize = 25;
const MINUTE: Expiry = Expiry::seconds(60);
const SHORT: Duration = Duration::from_millis(5);

fn options(protocol: Protocol) -> Options {
    Options {
        protocol,
        ..Options::default()
    }
}

/// The number that the item holds in decimal.
fn number(value: &[u8]) -> u64 {
    std::str::from_utf8(value).unwrap().parse().unwrap()
}

/// `$async`, `$move` and `$await` are the colour.
macro_rules! races {
    (#[$test:meta] $client:path, $race:ident, $sleep:path, [$($async:ident $move:ident)?], [$($await:tt)*]) => {
        use super::*;

        #[$test]
        $($async)? fn a_value_is_computed_once() {
            let server = Memcached::tcp(&[]);
            let calls = Arc::new(AtomicU32::new(0));
            let values = $race(|_| {
                let (address, calls) = (server.address().to_string(), calls.clone());
                $($async $move)? {
                    let mut client = $client(&address, options(Protocol::Meta)) $($await)*.unwrap();
                    let recipe = Compute::new("k", MINUTE).unwrap().tries(2000);
                    let compute = $($async)? || {
                        let call = calls.fetch_add(1, Ordering::SeqCst);
                        $sleep(Duration::from_millis(300)) $($await)*;
                        Ok::<_, Error>(format!("value {call}"))
                    };
                    let wait = $($async)? |_| $sleep(SHORT) $($await)*;
                    client
                        .get_or_compute(&recipe, |item| item.value.to_vec(), compute, wait)
                        $($await)*
                        .unwrap()
                }
            }) $($await)*;
            assert_eq!(calls.load(Ordering::SeqCst), 1);
            let computed = |value: &Computed<_>| matches!(value, Computed::Computed { .. });
            assert_eq!(values.iter().filter(|value| computed(value)).count(), 1);
            for value in values {
                assert_eq!(value.value().as_deref(), Some(&b"value 0"[..]));
            }
        }

        #[$test]
        $($async)? fn no_update_is_lost() {
            let server = Memcached::tcp(&[]);
            for protocol in PROTOCOLS {
                let key = format!("{protocol:?}");
                $race(|_| {
                    let (address, key) = (server.address().to_string(), key.clone());
                    $($async $move)? {
                        let mut client = $client(&address, options(protocol)) $($await)*.unwrap();
                        let update = Update::new(&key, MINUTE).unwrap().tries(u32::MAX);
                        for _ in 0..TIMES {
                            let outcome = client.update(&update, |item| {
                                let number = item.map_or(0, |item| number(item.value));
                                Some((number + 1).to_string())
                            }) $($await)*;
                            assert_eq!(outcome.unwrap(), Updated::Stored);
                        }
                    }
                }) $($await)*;
                let mut client = $client(server.address(), options(protocol)) $($await)*.unwrap();
                let sum = client.get(&key) $($await)*.unwrap().unwrap();
                assert_eq!(number(sum.value), (RACERS * TIMES) as u64, "{protocol:?}");
            }
        }

        #[$test]
        $($async)? fn one_holds_the_lock_and_tokens_increase() {
            let server = Memcached::tcp(&[]);
            for protocol in PROTOCOLS {
                let (key, is_held) = (format!("{protocol:?}"), Arc::new(AtomicBool::new(false)));
                let tokens = Arc::new(Mutex::new(vec![]));
                $race(|n| {
                    let (address, key) = (server.address().to_string(), key.clone());
                    let (is_held, tokens) = (is_held.clone(), tokens.clone());
                    $($async $move)? {
                        let mut client = $client(&address, options(protocol)) $($await)*.unwrap();
                        let owner = n.to_string();
                        let counter = format!("{key}:tokens");
                        let lock = Lock::new(&key, &counter, &owner, MINUTE).unwrap();
                        for _ in 0..TIMES {
                            let token = loop {
                                match client.acquire(&lock) $($await)*.unwrap() {
                                    Some(token) => break token,
                                    None => $sleep(SHORT) $($await)*,
                                }
                            };
                            assert!(!is_held.swap(true, Ordering::SeqCst), "two hold it");
                            tokens.lock().unwrap().push(token);
                            assert!(client.renew(&lock) $($await)*.unwrap());
                            assert!(is_held.swap(false, Ordering::SeqCst));
                            assert!(client.release(&lock) $($await)*.unwrap());
                        }
                    }
                }) $($await)*;
                let tokens = tokens.lock().unwrap();
                assert_eq!(tokens.len(), RACERS * TIMES);
                assert!(tokens.is_sorted_by(|one, next| one < next), "{tokens:?}");
            }
        }

        #[$test]
        $($async)? fn one_leads() {
            let server = Memcached::tcp(&[]);
            for protocol in PROTOCOLS {
                let (key, leads) = (format!("{protocol:?}"), Arc::new(AtomicBool::new(false)));
                let terms = $race(|n| {
                    let (address, key) = (server.address().to_string(), key.clone());
                    let leads = leads.clone();
                    $($async $move)? {
                        let mut client = $client(&address, options(protocol)) $($await)*.unwrap();
                        let candidate = n.to_string();
                        let election = Election::new(&key, &candidate, MINUTE).unwrap();
                        let mut terms = 0;
                        for _ in 0..TIMES {
                            if client.campaign(&election) $($await)*.unwrap() {
                                assert!(!leads.swap(true, Ordering::SeqCst), "two lead");
                                assert!(client.campaign(&election) $($await)*.unwrap());
                                terms += 1;
                                assert!(leads.swap(false, Ordering::SeqCst));
                                assert!(client.resign(&election) $($await)*.unwrap());
                            }
                        }
                        terms
                    }
                }) $($await)*;
                assert!(terms.into_iter().sum::<u32>() > 0);
            }
        }

        #[$test]
        $($async)? fn a_limit_lets_so_many_through() {
            const MOST: usize = RACERS * TIMES / 2;
            let server = Memcached::tcp(&[]);
            for protocol in PROTOCOLS {
                let key = format!("{protocol:?}");
                let admitted = $race(|_| {
                    let (address, key) = (server.address().to_string(), key.clone());
                    $($async $move)? {
                        let mut client = $client(&address, options(protocol)) $($await)*.unwrap();
                        let limit = RateLimit::new(&key, MOST as u64, MINUTE).unwrap();
                        let mut admitted = 0;
                        for _ in 0..TIMES {
                            let admission = client.admit(&limit) $($await)*.unwrap();
                            admitted += usize::from(admission != Admission::Refused);
                        }
                        admitted
                    }
                }) $($await)*;
                assert_eq!(admitted.into_iter().sum::<usize>(), MOST, "{protocol:?}");
            }
        }
    };
}

mod in_threads {
    races!(
        #[test]
        net::Client::connect_with,
        threads,
        thread::sleep,
        [],
        []
    );
}

mod in_tasks {
    races!(
        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async_net::Client::connect_with, tasks, tokio::time::sleep, [async move], [.await]
    );
}

/// What memcached says in the binary protocol to one of two that create a number at the same moment,
/// and then to the same request once more.
#[test]
fn who_loses_the_race_to_create_a_number_counts_on() {
    const REQUEST: usize = 24 + 20 + 1;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let (lost, counted) = ((5, &b"Not stored."[..]), (0, &2_u64.to_be_bytes()[..]));
        for (status, body) in [lost, counted, lost, lost, counted] {
            let mut request = [0; REQUEST];
            stream.read_exact(&mut request).unwrap();
            let mut reply = [0; 24];
            (reply[0], reply[1]) = (0x81, request[1]);
            (reply[7], reply[11]) = (status, body.len() as u8);
            reply[12..16].copy_from_slice(&request[12..16]);
            stream.write_all(&[&reply, body].concat()).unwrap();
        }
    });
    let mut client = net::Client::connect_with(&address, options(Protocol::Binary)).unwrap();
    assert_eq!(client.incr_or_create("n", 1, 1, MINUTE), Ok(2));
    // Who loses twice is told so, and keeps the connection.
    let lost = client.decr_or_create("n", 1, 1, MINUTE).unwrap_err();
    assert_eq!(
        (lost.kind(), lost.fate()),
        (ErrorKind::NotFound, Fate::Refused)
    );
    assert_eq!(client.decr_or_create("n", 1, 1, MINUTE), Ok(2));
    server.join().unwrap();
}
