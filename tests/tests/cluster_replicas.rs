//! Copies of items on several servers of a cluster: where they are, and what becomes of them when servers
//! are down.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::time::Duration;

use minimc::cluster::ClusterOptions;
use minimc::command::{Count, Stored};
use minimc::health::Policy;
use minimc::{ErrorKind, Expiry, IntoKey, Options, Protocol, net};
use minimc_tests::fleet::{Fleet, keys};

const NEVER: Expiry = Expiry::NEVER;

fn copied(replicas: usize) -> ClusterOptions {
    let policy = Policy {
        retry: Duration::from_secs(3600),
        ..Policy::default()
    };
    ClusterOptions {
        replicas,
        policy,
        ..ClusterOptions::default()
    }
}

/// Which of the servers have the key, as asked of each by itself.
fn who_has(fleet: &Fleet, key: &str) -> Vec<usize> {
    let has = |index: &usize| {
        let mut client = net::Client::connect(fleet.servers[*index].address()).unwrap();
        client.get(key).unwrap().is_some()
    };
    (0..fleet.servers.len()).filter(has).collect()
}

/// `$async` and `$await` are the colour.
macro_rules! clusters {
    (#[$test:meta] $colour:ident, [$($async:ident)?], [$($await:tt)*]) => {
        use super::*;
        use minimc::$colour::Cluster;

        fn cluster(fleet: &Fleet, options: ClusterOptions) -> Cluster {
            Cluster::connect_lazy_with(&fleet.addresses(), Options::default(), options).unwrap()
        }

        #[$test]
        $($async)? fn copies_are_on_the_servers_behind() {
            let fleet = Fleet::new();
            for protocol in [Protocol::Text, Protocol::Meta, Protocol::Binary] {
                let clients = Options { protocol, ..Options::default() };
                let mut cluster =
                    Cluster::connect_lazy_with(&fleet.addresses(), clients, copied(2)).unwrap();
                for key in keys(20) {
                    let home = cluster.place(&key).unwrap();
                    let places = [home, (home + 1) % 5, (home + 2) % 5];
                    assert_eq!(cluster.replicas(&key), places);
                    let stored = cluster.set_replicas(&key, "v", NEVER) $($await)*.unwrap();
                    let stored: Vec<_> =
                        stored.into_iter().map(|(index, stored)| (index, stored.unwrap())).collect();
                    assert_eq!(stored, places.map(|index| (index, Stored::Stored)));
                    let mut sorted = places;
                    sorted.sort_unstable();
                    assert_eq!(who_has(&fleet, &key), sorted);
                    let got = cluster.get_replica(&key) $($await)*.unwrap();
                    assert_eq!(got.answer.unwrap().unwrap().value, b"v");
                    assert_eq!(got.failed, []);
                    for was_there in [true, false] {
                        let deleted = cluster.delete_replicas(&key) $($await)*.unwrap();
                        assert!(deleted.into_iter().all(|(_, deleted)| deleted == Ok(was_there)));
                    }
                    assert_eq!(who_has(&fleet, &key), [0; 0]);
                }
            }
        }

        /// No more copies than servers, and with none asked for the key's own.
        #[$test]
        $($async)? fn how_many_copies() {
            let fleet = Fleet::new();
            for (replicas, copies) in [(0, 1), (1, 2), (4, 5), (5, 5), (usize::MAX, 5)] {
                let mut cluster = cluster(&fleet, copied(replicas));
                let stored = cluster.set_replicas("key", "", NEVER) $($await)*.unwrap();
                assert_eq!(stored.len(), copies);
                assert_eq!(who_has(&fleet, "key").len(), copies);
                cluster.delete_replicas("key") $($await)*.unwrap();
            }
            let mut none = Cluster::connect_lazy::<&str>(&[]).unwrap();
            assert!(none.set_replicas("key", "", NEVER) $($await)*.unwrap().is_empty());
            let got = none.get_replica("key") $($await)*.unwrap();
            assert_eq!(got.answer.unwrap_err().kind(), ErrorKind::NoServers);
            let error = none.get_replica("a key") $($await)*.unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Key(_)));
        }

        #[$test]
        $($async)? fn what_became_of_each_copy_is_told() {
            let mut fleet = Fleet::new();
            let mut cluster = cluster(&fleet, copied(1));
            let key = "key";
            let places = cluster.replicas(key);
            cluster.set_replicas(key, "old", NEVER) $($await)*.unwrap();
            fleet.servers[places[0]].stop();
            // The first time it is asked, and then it rests.
            for kind in [None, Some(ErrorKind::ServerDown)] {
                let got = cluster.get_replica(key) $($await)*.unwrap();
                assert_eq!(got.answer.unwrap().unwrap().value, b"old");
                let [(index, error)] = got.failed[..] else {
                    panic!("{:?}", got.failed);
                };
                assert_eq!(index, places[0]);
                assert!(kind.is_none_or(|kind| kind == error.kind()), "{error:?}");
                let stored = cluster.set_replicas(key, "old", NEVER) $($await)*.unwrap();
                assert_eq!(stored[0].0, places[0]);
                assert_eq!(stored[0].1.unwrap_err().kind(), ErrorKind::ServerDown);
                assert_eq!(stored[1], (places[1], Ok(Stored::Stored)));
            }
            fleet.servers[places[1]].stop();
            let got = cluster.get_replica(key) $($await)*.unwrap();
            let failed: Vec<_> = got.failed.iter().map(|(index, _)| *index).collect();
            assert_eq!(failed, places);
            assert_eq!(got.answer.unwrap_err(), got.failed[1].1);
            // Who is back has lost it, and a miss is an answer.
            places.iter().for_each(|place| fleet.servers[*place].start_again());
            let mut cluster = cluster.try_clone().unwrap();
            let got = cluster.get_replica(key) $($await)*.unwrap();
            assert!(got.answer.unwrap().is_none());
            assert_eq!(got.failed, []);
            // So is a refusal.
            cluster.set_replicas(key, "no number", NEVER) $($await)*.unwrap();
            let count = Count::up(key.into_key().unwrap(), 1);
            let counted = cluster.call_replica(key, &count) $($await)*;
            assert_eq!(counted.answer.unwrap_err().kind(), ErrorKind::NotNumeric);
            assert_eq!(counted.failed, []);
        }

        #[$test]
        $($async)? fn reads_may_begin_anywhere() {
            let fleet = Fleet::new();
            let options = ClusterOptions { random_replica: true, ..copied(2) };
            let mut cluster = cluster(&fleet, options);
            let places = cluster.replicas("key");
            for place in &places {
                let mut client = net::Client::connect(fleet.servers[*place].address()).unwrap();
                client.set("key", &place.to_string(), NEVER).unwrap();
            }
            let mut seen = vec![0; 5];
            for _ in 0..200 {
                let got = cluster.get_replica("key") $($await)*.unwrap();
                let value = got.answer.unwrap().unwrap().value;
                seen[str::from_utf8(value).unwrap().parse::<usize>().unwrap()] += 1;
            }
            let seen: Vec<_> = (0..5).filter(|index| seen[*index] > 0).collect();
            let mut places = places;
            places.sort_unstable();
            assert_eq!(seen, places);
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
}
