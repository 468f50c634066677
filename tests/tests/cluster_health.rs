//! Clusters whose servers fail: who rests is not asked, who is back is asked again, and keys move only
//! where servers are ejected.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use minimc::cluster::ClusterOptions;
use minimc::health::{Change, Policy};
use minimc::placement::{Placement, Point, Rule, Server};
use minimc::{ErrorKind, Expiry, Fate, Options, ReturnCode};
use minimc_tests::fleet::{Fleet, keys};

const NEVER: Expiry = Expiry::NEVER;

/// Longer than any test.
const LONG: Duration = Duration::from_secs(3600);
/// Over before anybody looks, more or less.
const SHORT: Duration = Duration::from_millis(20);
const DOWN: usize = 3;

fn resting(retry: Duration) -> ClusterOptions {
    let policy = Policy {
        retry,
        ..Policy::default()
    };
    ClusterOptions {
        policy,
        ..ClusterOptions::default()
    }
}

fn ejecting(rule: Rule, dead: Duration) -> ClusterOptions {
    let policy = Policy {
        eject: true,
        failure_limit: 1,
        dead,
        ..Policy::default()
    };
    ClusterOptions {
        rule,
        policy,
        ..ClusterOptions::default()
    }
}

/// Enough for a server that answers.
fn quick() -> Options {
    Options {
        timeout: Duration::from_secs(1),
        ..Options::default()
    }
}

/// What was told of servers, by their ports.
#[derive(Clone, Debug, Default)]
struct Told(Arc<Mutex<Vec<(u16, &'static str)>>>);

impl Told {
    fn observer(&self) -> impl Fn(&Server<'_>, Change) + Send + Sync + 'static {
        let told = self.clone();
        move |server, change| {
            let change = match change {
                Change::Down { .. } => "down",
                Change::Ejected { .. } => "ejected",
                Change::Readmitted => "readmitted",
                Change::Up => "up",
            };
            told.0.lock().unwrap().push((server.port(), change));
        }
    }

    /// In order, and then forgotten; all of one server.
    fn take(&self, fleet: &Fleet, server: usize) -> Vec<&'static str> {
        let port: u16 = fleet.servers[server].port().parse().unwrap();
        let told = std::mem::take(&mut *self.0.lock().unwrap());
        assert!(told.iter().all(|(one, _)| *one == port), "{told:?}");
        told.into_iter().map(|(_, change)| change).collect()
    }
}

/// Where a rule has each key without one of the servers, as a ring that is built so says.
fn without(rule: Rule, servers: &[Server<'_>], key: &str, gone: usize) -> Option<usize> {
    if matches!(rule, Rule::Ring(..)) {
        let room = vec![Point::default(); 10_000];
        let placement = Placement::new(rule, servers, &[gone], room).unwrap();
        return placement.place(key.as_bytes(), servers);
    }
    rule.place_alive(key.as_bytes(), servers, |index| index != gone)
}

/// `$async` and `$await` are the colour.
macro_rules! clusters {
    (#[$test:meta] $colour:ident, [$($async:ident)?], [$($await:tt)*]) => {
        use super::*;
        use minimc::$colour::Cluster;

        /// A cluster of the fleet, and what it tells.
        fn cluster(fleet: &Fleet, options: ClusterOptions) -> (Cluster, Told) {
            let mut cluster =
                Cluster::connect_lazy_with(&fleet.addresses(), quick(), options).unwrap();
            let told = Told::default();
            cluster.on_change(told.observer());
            (cluster, told)
        }

        /// A key of that server, by the cluster.
        fn key_of(cluster: &Cluster, server: usize) -> String {
            let mut keys = keys(1000).into_iter();
            keys.find(|key| cluster.place(key) == Some(server)).unwrap()
        }

        #[$test]
        $($async)? fn who_fails_rests_and_is_not_asked() {
            let mut fleet = Fleet::new();
            let (mut cluster, told) = cluster(&fleet, resting(LONG));
            let keys = keys(100);
            let homes: Vec<_> = keys.iter().map(|key| cluster.place(key).unwrap()).collect();
            let key = key_of(&cluster, DOWN);
            fleet.servers[DOWN].stop();
            let error = cluster.at(&key).unwrap().set(&key, "", NEVER) $($await)*.unwrap_err();
            assert_eq!(error.return_code(), ReturnCode::ConnectionFailure);
            // It is back, and nobody knows.
            fleet.servers[DOWN].start_again();
            let before = fleet.connections()[DOWN];
            for (key, home) in keys.iter().zip(&homes) {
                match cluster.at(key) {
                    Ok(client) => {
                        assert_ne!(*home, DOWN);
                        client.set(key, key, NEVER) $($await)*.unwrap();
                    }
                    Err(error) => {
                        assert_eq!(*home, DOWN);
                        assert_eq!(error.kind(), ErrorKind::ServerDown);
                        assert_eq!(error.return_code(), ReturnCode::ServerTemporarilyDisabled);
                        assert_eq!(error.fate(), Fate::NotSent);
                    }
                }
                assert_eq!(cluster.place(key), Some(*home));
            }
            let mut got = cluster.get_many(&keys) $($await)*;
            let mut count = 0;
            while let Some((key, item)) = got.next() $($await)* {
                let home = homes[keys.iter().position(|one| one == key).unwrap()];
                match item {
                    Ok(item) => assert_eq!(item.unwrap().value, key.as_bytes()),
                    Err(error) => {
                        assert_eq!(home, DOWN);
                        assert_eq!((error.kind(), error.fate()), (ErrorKind::ServerDown, Fate::NotSent));
                    }
                }
                count += 1;
            }
            assert_eq!(count, 100);
            for (index, answered) in cluster.noop() $($await)*.into_iter().enumerate() {
                let down = (index == DOWN).then_some(ErrorKind::ServerDown);
                assert_eq!(answered.err().map(|error| error.kind()), down);
            }
            let is_up: Vec<_> = cluster.health().iter().map(|health| health.is_up()).collect();
            assert_eq!(is_up, [0, 1, 2, 3, 4].map(|index| index != DOWN));
            assert_eq!(told.take(&fleet, DOWN), ["down"]);
            // That which asks for it is the only one.
            assert_eq!(fleet.connections()[DOWN], before + 1);
            assert!(fleet.where_they_live(&keys).values().all(|index| *index != DOWN));
        }

        #[$test]
        $($async)? fn who_has_rested_is_asked_and_is_back() {
            let mut fleet = Fleet::new();
            let (mut cluster, told) = cluster(&fleet, resting(SHORT));
            let key = key_of(&cluster, DOWN);
            fleet.servers[DOWN].stop();
            assert!(cluster.at(&key).unwrap().get(&key) $($await)*.is_err());
            assert!(!cluster.health()[DOWN].is_up());
            thread::sleep(SHORT);
            // The probe fails, and it rests again.
            assert!(cluster.at(&key).unwrap().get(&key) $($await)*.is_err());
            assert!(!cluster.health()[DOWN].is_up());
            fleet.servers[DOWN].start_again();
            thread::sleep(SHORT);
            assert!(cluster.at(&key).unwrap().get(&key) $($await)*.unwrap().is_none());
            assert!(cluster.health()[DOWN].is_up());
            assert_eq!(told.take(&fleet, DOWN), ["down", "down", "up"]);
            // The rest begins with the failure, and not when somebody looks.
            fleet.servers[DOWN].stop();
            assert!(cluster.at(&key).unwrap().get(&key) $($await)*.is_err());
            thread::sleep(SHORT);
            assert!(cluster.at(&key).is_ok());
            fleet.servers[DOWN].start_again();
            // Nobody knows what came of that one, so it is as good as failed.
            thread::sleep(SHORT);
            assert!(cluster.at(&key).unwrap().get(&key) $($await)*.unwrap().is_none());
            assert!(cluster.health()[DOWN].is_up());
            assert_eq!(told.take(&fleet, DOWN), ["down", "up"]);
            // Of batches, too, and of what concerns all.
            fleet.servers[DOWN].stop();
            let failed = cluster.get_many(&[&key]) $($await)*.next() $($await)*.unwrap().1.is_err();
            assert!(failed);
            thread::sleep(SHORT);
            assert!(cluster.version() $($await)*[DOWN].is_err());
            fleet.servers[DOWN].start_again();
            thread::sleep(SHORT);
            assert!(cluster.version() $($await)*[DOWN].is_ok());
            assert!(cluster.health()[DOWN].is_up());
            assert_eq!(told.take(&fleet, DOWN), ["down", "down", "up"]);
        }

        #[$test]
        $($async)? fn who_is_silent_costs_one_limit_and_delays_nobody_for_good() {
            let fleet = Fleet::new();
            let (mut cluster, told) = cluster(&fleet, resting(LONG));
            for answered in cluster.noop() $($await)* {
                answered.unwrap();
            }
            let keys = keys(100);
            let held = [0, DOWN];
            let homes: Vec<_> = keys.iter().map(|key| cluster.place(key).unwrap()).collect();
            held.iter().for_each(|index| fleet.servers[*index].hold());
            for silence in [ErrorKind::TimedOut, ErrorKind::ServerDown] {
                let mut got = cluster.get_many(&keys) $($await)*;
                let mut count = 0;
                while let Some((key, item)) = got.next() $($await)* {
                    let home = homes[keys.iter().position(|one| one == key).unwrap()];
                    let expected = held.contains(&home).then_some(silence);
                    assert_eq!(item.err().map(|error| error.kind()), expected, "{key}");
                    count += 1;
                }
                assert_eq!(count, 100);
            }
            held.iter().for_each(|index| fleet.servers[*index].go_on());
            assert_eq!(told.0.lock().unwrap().len(), 2);
        }

        /// As a proxy without a server does.
        #[$test]
        $($async)? fn who_closes_without_a_word_has_failed() {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap().to_string();
            let closer = thread::spawn(move || drop(listener.accept().unwrap()));
            let mut cluster =
                Cluster::connect_lazy_with(&[address], quick(), resting(LONG)).unwrap();
            let error = cluster.at("key").unwrap().get("key") $($await)*.unwrap_err();
            assert_ne!(error.kind(), ErrorKind::ServerDown);
            assert_eq!(cluster.at("key").unwrap_err().kind(), ErrorKind::ServerDown);
            closer.join().unwrap();
        }

        #[$test]
        $($async)? fn what_is_no_failure() {
            let mut fleet = Fleet::new();
            let (mut cluster, told) = cluster(&fleet, resting(LONG));
            let key = key_of(&cluster, DOWN);
            let other = key_of(&cluster, 0);
            cluster.at(&key).unwrap().set(&key, "1", NEVER) $($await)*.unwrap();
            // A connection that the server closed while it was idle: a write may meet it, once.
            fleet.servers[DOWN].start_again();
            let _ = cluster.at(&key).unwrap().set(&key, "x", NEVER) $($await)*;
            cluster.at(&key).unwrap().set(&key, "x", NEVER) $($await)*.unwrap();
            // A refusal is an answer.
            let error = cluster.at(&key).unwrap().incr(&key, 1) $($await)*.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotNumeric);
            // To have closed it, or to take leave.
            cluster.disconnect_all();
            cluster.at(&key).unwrap().get(&key) $($await)*.unwrap().unwrap();
            cluster.at(&key).unwrap().quit() $($await)*.unwrap();
            cluster.at(&other).unwrap().get(&other) $($await)*.unwrap();
            assert!(cluster.health().iter().all(|health| health.is_up()));
            assert_eq!(told.take(&fleet, DOWN), [""; 0]);
        }

        #[$test]
        $($async)? fn only_who_is_told_to_eject_moves_keys_and_says_so() {
            for (name, rule) in Rule::KNOWN {
                let mut fleet = Fleet::new();
                let (mut cluster, told) = cluster(&fleet, ejecting(rule, LONG));
                let addresses = fleet.addresses();
                let servers: Vec<_> =
                    addresses.iter().map(|text| Server::parse(text).unwrap()).collect();
                let key = key_of(&cluster, DOWN);
                fleet.servers[DOWN].stop();
                let error = cluster.at(&key).unwrap().get(&key) $($await)*.unwrap_err();
                assert_eq!(error.return_code(), ReturnCode::ConnectionFailure);
                fleet.servers[DOWN].start_again();
                let mut moved = 0;
                for key in keys(60) {
                    let expected = without(rule, &servers, &key, DOWN);
                    match cluster.at(&key) {
                        Ok(client) => {
                            client.set(&key, "", NEVER) $($await)*.unwrap();
                            assert_eq!(cluster.place(&key), expected, "{name} {key}");
                            moved += usize::from(expected != rule.place(key.as_bytes(), &servers));
                        }
                        Err(error) => {
                            // The rule moves no keys.
                            assert_eq!(expected, None, "{name} {key}");
                            assert_eq!(error.kind(), ErrorKind::ServerEjected);
                            assert_eq!(error.return_code(), ReturnCode::ServerMarkedDead);
                            assert_eq!(error.fate(), Fate::NotSent);
                        }
                    }
                }
                let moves = !matches!(rule, Rule::Modula(_) | Rule::Gomemcache);
                assert_eq!(moved > 0, moves, "{name}");
                assert_eq!(told.take(&fleet, DOWN), ["ejected"]);
                let found = fleet.where_they_live(&keys(60));
                for key in keys(60) {
                    let expected = without(rule, &servers, &key, DOWN);
                    assert_eq!(found.get(&key).copied(), expected, "{name} {key}");
                }
                // Who comes new knows nothing of it.
                let other = cluster.try_clone().unwrap();
                assert_eq!(other.place(&key), Some(DOWN), "{name}");
            }
        }

        #[$test]
        $($async)? fn who_was_ejected_has_its_keys_back() {
            let mut fleet = Fleet::new();
            let rule = Rule::PYLIBMC_KETAMA_WEIGHTED;
            let (mut cluster, told) = cluster(&fleet, ejecting(rule, SHORT));
            let key = key_of(&cluster, DOWN);
            fleet.servers[DOWN].stop();
            for _ in 0..2 {
                assert!(cluster.at(&key).unwrap().get(&key) $($await)*.is_err());
                cluster.health();
                thread::sleep(SHORT);
            }
            assert_eq!(told.take(&fleet, DOWN), ["ejected", "readmitted", "ejected"]);
            fleet.servers[DOWN].start_again();
            assert!(cluster.at(&key).unwrap().get(&key) $($await)*.unwrap().is_none());
            assert_eq!(cluster.place(&key), Some(DOWN));
            assert!(cluster.health().iter().all(|health| health.is_up()));
            assert_eq!(told.take(&fleet, DOWN), ["readmitted", "up"]);
        }

        #[$test]
        $($async)? fn where_all_are_ejected_keys_stay() {
            let mut fleet = Fleet::new();
            fleet.servers.iter_mut().for_each(|server| server.stop());
            for (name, rule) in Rule::KNOWN {
                let (mut cluster, _) = cluster(&fleet, ejecting(rule, LONG));
                for answered in cluster.noop() $($await)* {
                    answered.unwrap_err();
                }
                let error = cluster.at("key").unwrap_err();
                assert_eq!(error.kind(), ErrorKind::ServerEjected, "{name}");
                let mut got = cluster.get_many(&["key"]) $($await)*;
                let (_, item) = got.next() $($await)*.unwrap();
                assert_eq!(item.unwrap_err().kind(), ErrorKind::ServerEjected, "{name}");
            }
        }

        #[$test]
        $($async)? fn health_goes_with_its_server() {
            let mut fleet = Fleet::new();
            let addresses = fleet.addresses();
            for options in [resting(LONG), ejecting(Rule::PYLIBMC_KETAMA_WEIGHTED, LONG)] {
                let (mut cluster, told) = cluster(&fleet, options);
                fleet.servers[DOWN].stop();
                for (index, answered) in cluster.noop() $($await)*.into_iter().enumerate() {
                    assert_eq!(answered.is_err(), index == DOWN);
                }
                // Before it is looked what came of it.
                assert!(cluster.remove(&addresses[0]).unwrap());
                cluster.add(&addresses[0]).unwrap();
                let up = |cluster: &mut Cluster| -> Vec<bool> {
                    cluster.health().iter().map(|health| health.is_up()).collect()
                };
                assert_eq!(up(&mut cluster), [true, true, false, true, true]);
                let moved = keys(200).iter().all(|key| cluster.place(key) != Some(DOWN - 1));
                assert_eq!(moved, options.policy.eject);
                assert_eq!(told.take(&fleet, DOWN).len(), 1);
                // Of who was taken out nothing is kept.
                assert!(cluster.remove(&addresses[DOWN]).unwrap());
                cluster.add(&addresses[DOWN]).unwrap();
                assert_eq!(up(&mut cluster), [true; 5]);
                assert!(keys(200).iter().any(|key| cluster.place(key) == Some(4)));
                fleet.servers[DOWN].start_again();
                for answered in cluster.noop() $($await)* {
                    answered.unwrap();
                }
            }
        }
    };
}

mod blocking {
    clusters!(
        #[test]
        net,
        [],
        []
    );
}

mod asynchronous {
    clusters!(#[tokio::test] tokio, [async], [.await]);

    /// Who does not answer keeps nobody waiting who is behind it.
    #[tokio::test]
    async fn who_answers_first_is_heard_first() {
        let fleet = Fleet::new();
        let (mut cluster, _) = cluster(&fleet, resting(LONG));
        let keys = keys(100);
        for held in 0..5 {
            cluster.noop().await;
            fleet.servers[held].hold();
            let homes: Vec<_> = keys.iter().map(|key| cluster.place(key)).collect();
            let mut got = cluster.get_many(&keys).await;
            let (mut answered, mut silent) = (0, 0);
            while let Some((key, item)) = got.next().await {
                let home = homes[keys.iter().position(|one| one == key).unwrap()];
                assert_eq!(item.is_err(), home == Some(held));
                if item.is_err() {
                    silent += 1;
                } else {
                    assert_eq!(silent, 0, "{key} was kept waiting");
                    answered += 1;
                }
            }
            assert_eq!(answered + silent, 100);
            fleet.servers[held].go_on();
            cluster = cluster.try_clone().unwrap();
        }
    }

    /// A call that is given up says nothing, and what it was to find out the next one does.
    #[tokio::test]
    async fn who_gives_up_blames_nobody() {
        let fleet = Fleet::new();
        let (mut cluster, told) = cluster(&fleet, resting(LONG));
        let key = key_of(&cluster, DOWN);
        cluster.noop().await;
        fleet.servers[DOWN].hold();
        for _ in 0..3 {
            let client = cluster.at(&key).unwrap();
            let call = tokio::time::timeout(SHORT, client.get(&key));
            assert!(call.await.is_err());
        }
        assert_eq!(told.take(&fleet, DOWN), [""; 0]);
        let error = cluster.at(&key).unwrap().get(&key).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert_eq!(cluster.at(&key).unwrap_err().kind(), ErrorKind::ServerDown);
        assert_eq!(told.take(&fleet, DOWN), ["down"]);
        fleet.servers[DOWN].go_on();
    }
}
