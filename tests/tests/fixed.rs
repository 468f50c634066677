//! Clusters in the caller's storage, in both colours, over real servers: where keys live, that a server which
//! fails is left alone, by its policy and a clock of the test's, and what becomes of its keys.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use minimc::command::{Get, Item, Watch, Watched};
use minimc::fixed::{Cluster, Member};
use minimc::health::{Change, Policy};
use minimc::placement::{Placement, Point, Rule, Server};
use minimc::{
    BadKey, ErrorKind, Expiry, Fate, Key, Options, Protocol, Resting, ReturnCode, Transport,
};
use minimc_tests::server::Memcached;

const NEVER: Expiry = Expiry::NEVER;

/// What a client has to send from, and to receive into: as much as events want.
const STORAGE: usize = 2048;

/// The names by which keys are placed; where the servers really are changes with each test.
const SERVERS: [Server<'static>; 3] = match (
    Server::tcp("10.0.2.100", 11211),
    Server::tcp("10.0.2.101", 11211),
    Server::tcp("10.0.2.102", 11211),
) {
    (Ok(a), Ok(b), Ok(c)) => [a, b, c],
    _ => panic!("a bad server"),
};
const RULE: Rule = Rule::PYLIBMC_KETAMA_WEIGHTED;
static PLACEMENT: Placement<[Point; RULE.room(&SERVERS)]> =
    match Placement::at_compile_time(RULE, &SERVERS) {
        Ok(placement) => placement,
        Err(_) => panic!("the array is too small"),
    };

static STAYING: Policy = Policy {
    retry: Duration::from_secs(2),
    ..Policy::LIBMEMCACHED
};
static EJECTING: Policy = Policy {
    retry: Duration::from_secs(2),
    failure_limit: 2,
    dead: Duration::from_secs(30),
    eject: true,
    ..Policy::LIBMEMCACHED
};

// Each test has a thread of its own, and so a clock and a list.
thread_local! {
    static NOW: Cell<Duration> = const { Cell::new(Duration::from_secs(100)) };
    static TOLD: RefCell<Vec<(usize, Change)>> = const { RefCell::new(Vec::new()) };
}

fn clock() -> Duration {
    NOW.get()
}

fn pass(seconds: u64) {
    NOW.set(NOW.get() + Duration::from_secs(seconds));
}

fn tell(server: usize, change: Change) {
    TOLD.with_borrow_mut(|told| told.push((server, change)));
}

fn told() -> Vec<(usize, Change)> {
    TOLD.take()
}

const fn down(seconds: u64) -> Change {
    let wait = Duration::from_secs(seconds);
    Change::Down { wait }
}

fn fleet() -> [Memcached; 3] {
    [0; 3].map(|_| Memcached::tcp(&[]))
}

fn keys() -> Vec<String> {
    (0..50).map(|n| format!("key{n}")).collect()
}

/// How often a server was connected to, but for the one time by which it is asked.
fn connections(server: &Memcached) -> u64 {
    let mut client = minimc::net::Client::connect(server.address()).unwrap();
    client.general_stats().unwrap().total_connections
}

/// `$async` and `$await` are the colour.
macro_rules! clusters {
    (#[$test:meta] $client:ty, $colour:ident, [$($async:ident)?], [$($await:tt)*]) => {
        use super::*;

        type Client = $client;

        pub(super) fn clients(fleet: &[Memcached; 3], policy: &'static Policy) -> [Client; 3] {
            let mut number = 0;
            fleet.each_ref().map(|server| {
                let socket = minimc::$colour::Socket::new(server.address());
                let transport = Resting::new(socket, policy, clock).on_change(number, tell);
                number += 1;
                let options = Options {
                    timeout: Duration::from_millis(300),
                    ..Options::default()
                };
                Client::with_options(transport, [0; STORAGE], [0; STORAGE], options).unwrap()
            })
        }

        #[$test]
        $($async)? fn keys_are_where_the_rule_has_them() {
            let fleet = fleet();
            let mut clients = clients(&fleet, &STAYING);
            let mut cluster = Cluster::new(&SERVERS, &PLACEMENT, &mut clients);
            let keys = keys();
            for key in &keys {
                cluster.at(key).unwrap().set(key, key, NEVER) $($await)* .unwrap();
            }
            for key in &keys {
                let place = RULE.place(key.as_bytes(), &SERVERS).unwrap();
                assert_eq!(cluster.place(key), Some(place));
                for (index, client) in cluster.clients().iter_mut().enumerate() {
                    let found = client.get(key) $($await)* .unwrap().is_some();
                    assert_eq!(found, index == place, "{key}");
                }
            }
            assert_eq!(told(), []);
            let mut none: [Client; 0] = [];
            let nobody = Placement::new(RULE, &[], &[], []).unwrap();
            let mut cluster = Cluster::new(&[], &nobody, &mut none);
            let error = cluster.at("key").unwrap_err();
            assert_eq!((error.kind(), error.fate()), (ErrorKind::NoServers, Fate::NotSent));
        }

        #[$test]
        $($async)? fn each_key_is_told_of_once() {
            let mut fleet = fleet();
            let mut clients = clients(&fleet, &STAYING);
            let mut cluster = Cluster::new(&SERVERS, &PLACEMENT, &mut clients);
            let mut keys = keys();
            for key in keys.iter().step_by(2) {
                cluster.at(key).unwrap().set(key, key, NEVER) $($await)* .unwrap();
            }
            keys.push("no key".into());
            fleet[1].stop();
            for round in 0..2 {
                let mut told: HashMap<String, _> = HashMap::new();
                cluster.get_each(&keys, |key, item| {
                    let item = item.map(|item| item.map(|item| item.value.to_vec()));
                    assert!(told.insert(key.clone(), item).is_none(), "{key} is told of twice");
                }) $($await)*;
                assert_eq!(told.len(), keys.len());
                let mut failed = 0;
                for (number, key) in keys.iter().enumerate() {
                    match &told[key] {
                        Ok(item) => {
                            assert_ne!(cluster.place(key), Some(1));
                            assert_eq!(item.is_some(), number % 2 == 0, "{key}");
                            assert!(item.iter().all(|item| item == key.as_bytes()));
                        }
                        Err(error) if key == "no key" => {
                            assert!(matches!(error.kind(), ErrorKind::Key(BadKey::Byte { .. })));
                        }
                        Err(error) => {
                            assert_eq!(cluster.place(key), Some(1), "{key}: {error}");
                            failed += 1;
                            // Of the first that finds out it is said how.
                            if round == 1 {
                                assert_eq!(error.kind(), ErrorKind::ServerDown);
                            }
                        }
                    }
                }
                assert!(failed > 5, "{failed} keys of the dead");
            }
        }

        #[$test]
        $($async)? fn who_cannot_be_connected_to_is_left_alone() {
            let mut fleet = fleet();
            let mut clients = clients(&fleet, &STAYING);
            let mut cluster = Cluster::new(&SERVERS, &PLACEMENT, &mut clients);
            let key = keys().into_iter().find(|key| cluster.place(key) == Some(0)).unwrap();
            let other = keys().into_iter().find(|key| cluster.place(key) == Some(2)).unwrap();
            cluster.at(&key).unwrap().set(&key, "1", NEVER) $($await)* .unwrap();
            fleet[0].stop();
            // That the connection was lost is no failure, that there is no other is one.
            let error = cluster.at(&key).unwrap().get(&key) $($await)* .unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Io { .. }), "{error}");
            assert_eq!(told(), [(0, down(2))]);
            fleet[0].start_again();
            let before = connections(&fleet[0]);
            for _ in 0..5 {
                let error = cluster.at(&key).unwrap().set(&key, "2", NEVER) $($await)* .unwrap_err();
                let told = (error.kind(), error.fate(), error.return_code());
                let down = ReturnCode::ServerTemporarilyDisabled;
                assert_eq!(told, (ErrorKind::ServerDown, Fate::NotSent, down));
                assert!(!cluster.clients()[0].is_up() && !cluster.clients()[0].is_ejected());
                cluster.at(&other).unwrap().set(&other, "2", NEVER) $($await)* .unwrap();
            }
            assert_eq!(connections(&fleet[0]), before + 1, "it was not left alone");
            // Its keys are its own, and it is back with the first call after its rest.
            pass(2);
            assert_eq!(cluster.place(&key), Some(0));
            assert!(cluster.at(&key).unwrap().get(&key) $($await)* .unwrap().is_none());
            assert_eq!(told(), [(0, Change::Up)]);
            assert!(cluster.clients()[0].is_up());
        }

        #[$test]
        $($async)? fn who_does_not_answer_costs_the_time_limit_once() {
            let fleet = fleet();
            let mut clients = clients(&fleet, &STAYING);
            let mut cluster = Cluster::new(&SERVERS, &PLACEMENT, &mut clients);
            let key = keys().into_iter().find(|key| cluster.place(key) == Some(1)).unwrap();
            cluster.at(&key).unwrap().set(&key, "1", NEVER) $($await)* .unwrap();
            fleet[1].hold();
            let mut get = $($async)? || {
                cluster.at(&key).unwrap().get(&key) $($await)* .map(|item| item.is_some()).map_err(|error| error.kind())
            };
            for _ in 0..2 {
                assert_eq!(get() $($await)*, Err(ErrorKind::TimedOut));
                assert_eq!(told(), [(1, down(2))]);
                assert_eq!(get() $($await)*, Err(ErrorKind::ServerDown));
                pass(1);
                assert_eq!(get() $($await)*, Err(ErrorKind::ServerDown));
                pass(1);
            }
            fleet[1].go_on();
            assert_eq!(get() $($await)*, Ok(true));
            assert_eq!(told(), [(1, Change::Up)]);
        }

        #[$test]
        $($async)? fn who_closes_without_a_word_has_failed_and_who_closes_an_idle_connection_has_not() {
            let mut fleet = fleet();
            let mut clients = clients(&fleet, &STAYING);
            let mut cluster = Cluster::new(&SERVERS, &PLACEMENT, &mut clients);
            let key = keys().into_iter().find(|key| cluster.place(key) == Some(2)).unwrap();
            for _ in 0..3 {
                // A read, which is repeated on a new connection.
                assert!(cluster.at(&key).unwrap().get(&key) $($await)* .unwrap().is_none());
                fleet[2].start_again();
            }
            assert_eq!(told(), []);

            // A proxy whose server is gone: it takes the connection, and closes it.
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap().to_string();
            let proxy = std::thread::spawn(move || drop(listener.accept().unwrap()));
            let socket = minimc::$colour::Socket::new(&address);
            let transport = Resting::new(socket, &STAYING, clock).on_change(7, tell);
            let mut client = Client::new(transport, [0; STORAGE], [0; STORAGE]).unwrap();
            assert!(client.get("key") $($await)* .is_err());
            proxy.join().unwrap();
            assert_eq!(told(), [(7, down(2))]);
            let error = client.get("key") $($await)* .unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ServerDown);
        }

        #[$test]
        $($async)? fn that_nothing_happens_is_no_failure() {
            let fleet = fleet();
            let mut clients = clients(&fleet, &STAYING);
            let mut events = clients[0].watch(Watch::new(&[Watched::Evictions])) $($await)* .unwrap();
            let event = events.next_within(Duration::from_millis(10)) $($await)* .unwrap();
            assert!(event.is_none());
            drop(events);
            assert_eq!(told(), []);
            assert!(clients[0].get("key") $($await)* .unwrap().is_none());
        }

        #[$test]
        $($async)? fn keys_move_only_if_it_is_told_to_eject() {
            let mut fleet = fleet();
            let mut clients = clients(&fleet, &EJECTING);
            let mut cluster = Cluster::new(&SERVERS, &PLACEMENT, &mut clients);
            let keys = keys();
            let places: Vec<_> = keys.iter().map(|key| cluster.place(key).unwrap()).collect();
            let key = &keys[places.iter().position(|place| *place == 1).unwrap()];
            fleet[1].stop();
            // The first failure, then the one that is one too many.
            for _ in 0..2 {
                assert_eq!(cluster.place(key), Some(1));
                cluster.at(key).unwrap().set(key, "1", NEVER) $($await)* .unwrap_err();
                pass(2);
            }
            let wait = Duration::from_secs(30);
            assert_eq!(told(), [(1, down(2)), (1, Change::Ejected { wait })]);
            assert!(cluster.clients()[1].is_ejected());
            // Where a ring of the other two has them.
            for (key, place) in keys.iter().zip(&places) {
                let moved = cluster.place(key).unwrap();
                assert!(if *place == 1 { moved != 1 } else { moved == *place }, "{key}");
                let others = PLACEMENT.place_alive(key.as_bytes(), &SERVERS, |server| server != 1);
                assert_eq!(Some(moved), others);
                cluster.at(key).unwrap().set(key, "2", NEVER) $($await)* .unwrap();
            }
            let error = cluster.clients()[1].get(key) $($await)* .unwrap_err();
            let dead = ReturnCode::ServerMarkedDead;
            assert_eq!((error.kind(), error.return_code()), (ErrorKind::ServerEjected, dead));
            // Back.
            fleet[1].start_again();
            pass(28);
            assert_eq!(cluster.place(key), Some(1));
            assert!(cluster.at(key).unwrap().get(key) $($await)* .unwrap().is_none());
            assert_eq!(told(), [(1, Change::Readmitted), (1, Change::Up)]);
        }

        /// A remainder knows no others.
        #[$test]
        $($async)? fn where_nobody_else_takes_the_keys_they_fail() {
            let mut fleet = fleet();
            let mut clients = clients(&fleet, &EJECTING);
            let placement: Placement<[Point; 0]> =
                Placement::at_compile_time(Rule::PYLIBMC_DEFAULT, &SERVERS).unwrap();
            let mut cluster = Cluster::new(&SERVERS, &placement, &mut clients);
            let key = keys().into_iter().find(|key| cluster.place(key) == Some(1)).unwrap();
            fleet[1].stop();
            for _ in 0..2 {
                cluster.at(&key).unwrap().get(&key) $($await)* .unwrap_err();
                pass(2);
            }
            let error = cluster.at(&key).unwrap_err();
            assert_eq!((error.kind(), error.fate()), (ErrorKind::ServerEjected, Fate::NotSent));
        }
    };
}

mod blocking {
    clusters!(#[test] minimc::blocking::Client<Resting<minimc::net::Socket>, [u8; STORAGE]>, net, [], []);
}

/// Replies of a call that was dropped are not taken for those of the next.
#[tokio::test]
async fn what_a_dropped_call_leaves_is_nobodys() {
    let fleet = fleet();
    let mut clients = tasks::clients(&fleet, &STAYING);
    let mut cluster = Cluster::new(&SERVERS, &PLACEMENT, &mut clients);
    let keys = keys();
    for key in &keys {
        cluster.at(key).unwrap().set(key, key, NEVER).await.unwrap();
    }
    for round in 0..10 {
        let held = &fleet[round % 3];
        held.hold();
        let asked = cluster.get_each(&keys[round..][..16], |_, _| {});
        let dropped = tokio::time::timeout(Duration::from_millis(20), asked).await;
        assert!(dropped.is_err());
        held.go_on();
        let mut told = 0;
        let compare = |key: &String, item: Result<Option<Item<'_>>, _>| {
            assert_eq!(item.unwrap().unwrap().value, key.as_bytes());
            told += 1;
        };
        cluster.get_each(&keys[30..], compare).await;
        assert_eq!(told, keys.len() - 30);
    }
}

/// Not even where keys are asked for by hand then.
#[tokio::test]
async fn what_a_dropped_call_leaves_is_not_received() {
    let fleet = fleet();
    let mut clients = tasks::clients(&fleet, &STAYING);
    let mut cluster = Cluster::new(&SERVERS, &PLACEMENT, &mut clients);
    let keys = keys();
    for key in &keys {
        cluster.at(key).unwrap().set(key, key, NEVER).await.unwrap();
    }
    fleet[0].hold();
    let asked = cluster.get_each(&keys[..16], |_, _| {});
    let dropped = tokio::time::timeout(Duration::from_millis(20), asked).await;
    assert!(dropped.is_err());
    fleet[0].go_on();
    for number in 0..3 {
        let of_it = |key: &&String| cluster.place(key) == Some(number);
        let key = keys.iter().rfind(of_it).unwrap();
        let client = &mut cluster.clients()[number];
        let nothing = client.receive::<Get<'_>>().await.unwrap_err();
        assert_eq!(nothing.kind(), ErrorKind::OutOfOrder);
        client
            .send(&Get::new(Key::new(key).unwrap()))
            .await
            .unwrap();
        let item = client.receive::<Get<'_>>().await.unwrap();
        assert_eq!(item.unwrap().value, key.as_bytes());
    }
}

/// Nobody has the keys of a server that has no client, and nobody keeps silent about them.
#[test]
fn fewer_clients_than_servers() {
    let fleet = fleet();
    let mut clients = blocking::clients(&fleet, &STAYING);
    let mut cluster = Cluster::new(&SERVERS, &PLACEMENT, &mut clients[..2]);
    let keys = keys();
    let mut told = 0;
    let places: Vec<_> = keys.iter().map(|key| (key, cluster.place(key))).collect();
    let places: HashMap<_, _> = places.into_iter().collect();
    cluster.get_each(&keys, |key, item| {
        told += 1;
        let expected = match places[key] {
            Some(2) => Err(ErrorKind::NoServers),
            _ => Ok(None),
        };
        assert_eq!(item.map_err(|error| error.kind()), expected);
    });
    assert_eq!(told, keys.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_future_is_send() {
    let fleet = fleet();
    let mut clients = tasks::clients(&fleet, &STAYING);
    let task = async move {
        let mut cluster = Cluster::new(&SERVERS, &PLACEMENT, &mut clients);
        let keys = keys();
        cluster.at(&keys[0])?.set(&keys[0], "1", NEVER).await?;
        let mut found = 0;
        let count = |_: &String, item: Result<Option<Item<'_>>, _>| {
            found += usize::from(item.is_ok_and(|item| item.is_some()));
        };
        cluster.get_each(&keys, count).await;
        Ok::<_, minimc::Error>(found)
    };
    assert_eq!(tokio::spawn(task).await.unwrap().unwrap(), 1);
}

/// A server that has nothing, in memory: when how many requests are written to it (`w`), when they are let go
/// (`p`), and when a reply is read (`r`).
#[derive(Clone, Default)]
struct Empty {
    happened: Rc<RefCell<Vec<(char, usize)>>>,
    number: usize,
    is_to_go: bool,
}

impl Transport for Empty {
    async fn connect(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }

    async fn read(&mut self, into: &mut [u8]) -> Result<usize, ErrorKind> {
        self.happened.borrow_mut().push(('r', self.number));
        into[..5].copy_from_slice(b"END\r\n");
        Ok(5)
    }

    async fn write(&mut self, parts: [&[u8]; 3]) -> Result<usize, ErrorKind> {
        let bytes = parts.concat();
        let count = bytes.iter().filter(|byte| **byte == b'\n').count();
        self.is_to_go = true;
        self.happened.borrow_mut().push(('w', count));
        Ok(bytes.len())
    }

    async fn push(&mut self) -> Result<(), ErrorKind> {
        if std::mem::take(&mut self.is_to_go) {
            self.happened.borrow_mut().push(('p', self.number));
        }
        Ok(())
    }

    fn close(&mut self) {}
}

#[test]
fn all_servers_are_sent_their_keys_before_any_is_waited_for() {
    let happened = Rc::<RefCell<Vec<(char, usize)>>>::default();
    let mut clients = [0, 1, 2].map(|number| {
        let empty = Empty {
            happened: happened.clone(),
            number,
            is_to_go: false,
        };
        let options = Options {
            protocol: Protocol::Text,
            ..Options::default()
        };
        let transport = Resting::new(empty, &STAYING, clock);
        let storage = [0; STORAGE];
        minimc::blocking::Client::<_, _, 4>::with_options(transport, storage, storage, options)
            .unwrap()
    });
    let mut cluster = Cluster::new(&SERVERS, &PLACEMENT, &mut clients);
    let keys = keys();
    let keys = &keys[..16];
    let of = |server| {
        keys.iter()
            .filter(|key| RULE.place(key.as_bytes(), &SERVERS) == Some(server))
            .count()
    };
    let mut misses = 0;
    cluster.get_each(keys, |_, item| {
        misses += usize::from(item.unwrap().is_none())
    });
    assert_eq!(misses, keys.len());
    // Four are on their way at most, and all go out in one write.
    let sent = |server, count: usize| [('w', count.min(4)), ('p', server)];
    let mut expected: Vec<_> = (0..3).flat_map(|server| sent(server, of(server))).collect();
    for server in 0..3 {
        for number in 0..of(server) {
            if number != 0 && number % 4 == 0 {
                expected.extend(sent(server, of(server) - number));
            }
            expected.push(('r', server));
        }
    }
    assert_eq!(*happened.borrow(), expected);
}

mod tasks {
    clusters!(#[tokio::test] minimc::Client<Resting<minimc::tokio::Socket>, [u8; STORAGE]>, tokio, [async], [.await]);
}
