//! Clusters of five servers in both colours: where keys live, what a server that is down costs, batches
//! over all of them, and servers that come and go.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::collections::HashMap;
use std::time::Duration;

use minimc::cluster::ClusterOptions;
use minimc::command::Stored;
use minimc::health::Policy;
use minimc::placement::{BadServer, Rule, Server};
use minimc::{ErrorKind, Expiry, Fate, Options, Prefix, ReturnCode};
use minimc_tests::fleet::{Fleet, keys};

const NEVER: Expiry = Expiry::NEVER;

/// `$async` and `$await` are the colour.
macro_rules! clusters {
    (#[$test:meta] $colour:ident, [$($async:ident)?], [$($await:tt)*]) => {
        use super::*;
        use minimc::$colour::Cluster;

        #[$test]
        $($async)? fn every_key_is_where_its_rule_says() {
            let fleet = Fleet::new();
            let keys = keys(100);
            let weighted: Vec<String> = fleet
                .addresses()
                .iter()
                .enumerate()
                .map(|(index, address)| format!("{address}:{}", index % 3 + 1))
                .collect();
            let servers: Vec<_> = weighted.iter().map(|text| Server::parse(text).unwrap()).collect();
            for (name, rule) in Rule::KNOWN {
                let options = ClusterOptions { rule, ..ClusterOptions::default() };
                let mut cluster =
                    Cluster::connect_lazy_with(&weighted, Options::default(), options).unwrap();
                for flushed in cluster.flush_all(0) $($await)* {
                    flushed.unwrap();
                }
                for key in &keys {
                    cluster.at(key).unwrap().set(key, key, NEVER) $($await)*.unwrap();
                }
                let found = fleet.where_they_live(&keys);
                for key in &keys {
                    let place = rule.place(key.as_bytes(), &servers);
                    assert_eq!(found.get(key).copied(), place, "{name} {key}");
                    assert_eq!(cluster.place(key), place, "{name} {key}");
                }
                for key in &keys[..3] {
                    let place = cluster.place(key);
                    let told = cluster.explain(key);
                    let told = told.iter().find(|(client, _)| *client == name).unwrap().1;
                    assert_eq!(told, place.map(|index| servers[index]), "{name} {key}");
                }
            }
        }

        #[$test]
        $($async)? fn what_is_hashed_may_be_another_than_the_key() {
            let fleet = Fleet::new();
            let prefix = Prefix::new("app:").unwrap();
            let clients = Options { prefix, ..Options::default() };
            for hashed_prefix in [Prefix::NONE, prefix] {
                let options = ClusterOptions { hashed_prefix, ..ClusterOptions::default() };
                let mut cluster =
                    Cluster::connect_lazy_with(&fleet.addresses(), clients.clone(), options).unwrap();
                let _ = cluster.flush_all(0) $($await)*;
                let servers = cluster.servers().len();
                assert_eq!(servers, 5);
                for key in keys(50) {
                    cluster.at(&key).unwrap().set(&key, "", NEVER) $($await)*.unwrap();
                    let stored = format!("app:{key}");
                    let hashed = if hashed_prefix == prefix { &stored } else { &key };
                    let place = Rule::PYLIBMC_DEFAULT.place(hashed.as_bytes(), &cluster.servers());
                    let found = fleet.where_they_live(core::slice::from_ref(&stored));
                    assert_eq!(found.get(&stored).copied(), place, "{key}");
                }
            }
            // A routing key, which need not be one that memcached takes.
            let mut cluster = Cluster::connect_lazy(&fleet.addresses()).unwrap();
            let route = "user 7";
            for key in keys(20) {
                cluster.at(route).unwrap().set(&key, "", NEVER) $($await)*.unwrap();
            }
            let found = fleet.where_they_live(&keys(20));
            assert_eq!(found.len(), 20);
            assert!(found.values().all(|index| Some(*index) == cluster.place(route)));
        }

        #[$test]
        $($async)? fn a_server_that_is_down_is_an_error_for_its_keys_only() {
            let mut fleet = Fleet::new();
            let keys = keys(200);
            let items: Vec<(&str, &str)> =
                keys.iter().map(|key| (key.as_str(), key.as_str())).collect();
            // Who fails is asked again at once.
            let policy = Policy { retry: Duration::ZERO, ..Policy::default() };
            let options = ClusterOptions { policy, ..ClusterOptions::default() };
            let mut cluster =
                Cluster::connect_lazy_with(&fleet.addresses(), Options::default(), options).unwrap();
            let mut count = 0;
            let mut stored = cluster.set_many(&items, NEVER) $($await)*;
            while let Some((_, outcome)) = stored.next() $($await)* {
                assert_eq!(outcome.unwrap(), Stored::Stored);
                count += 1;
            }
            assert_eq!(count, 200);
            for down in [0, 3] {
                fleet.servers[down].stop();
                let placed: Vec<_> = keys.iter().map(|key| cluster.place(key).unwrap()).collect();
                let lost = placed.iter().filter(|place| **place == down).count();
                assert!(lost > 10 && lost < 100);
                // Twice: on the connection that is lost, and without one.
                for _ in 0..2 {
                    for (key, place) in keys.iter().zip(&placed) {
                        let got = cluster.at(key).unwrap().get(key) $($await)*;
                        match got {
                            Ok(item) => {
                                assert_ne!(*place, down);
                                assert_eq!(item.unwrap().value, key.as_bytes());
                            }
                            Err(error) => {
                                assert_eq!(*place, down, "{key}: {error}");
                                assert_eq!(error.return_code(), ReturnCode::ConnectionFailure);
                            }
                        }
                    }
                    let (mut right, mut wrong) = (0, 0);
                    let mut got = cluster.get_many(&keys) $($await)*;
                    // Of each server in the order that they have in the batch.
                    let mut last: HashMap<usize, usize> = HashMap::new();
                    while let Some((key, outcome)) = got.next() $($await)* {
                        let index = keys.iter().position(|one| one == key).unwrap();
                        assert!(last.insert(placed[index], index).is_none_or(|before| before < index));
                        match outcome {
                            Ok(item) => {
                                assert_eq!(item.unwrap().value, key.as_bytes());
                                right += 1;
                            }
                            Err(error) => {
                                assert_eq!(placed[index], down);
                                assert_eq!(error.fate(), Fate::NotSent);
                                wrong += 1;
                            }
                        }
                    }
                    assert_eq!((right, wrong), (200 - lost, lost));
                    let mut failed = 0;
                    let mut stored = cluster.set_many(&items, NEVER) $($await)*;
                    while let Some((key, outcome)) = stored.next() $($await)* {
                        let index = keys.iter().position(|one| one == key).unwrap();
                        assert_eq!(outcome.is_err(), placed[index] == down, "{key}");
                        failed += usize::from(outcome.is_err());
                    }
                    assert_eq!(failed, lost);
                    let versions = cluster.version() $($await)*;
                    for (index, version) in versions.iter().enumerate() {
                        assert_eq!(version.is_err(), index == down);
                    }
                }
                // It comes back, empty.
                fleet.servers[down].start_again();
                let (mut misses, mut count) = (0, 0);
                let mut got = cluster.get_many(&keys) $($await)*;
                while let Some((_, item)) = got.next() $($await)* {
                    misses += usize::from(item.unwrap().is_none());
                    count += 1;
                }
                assert_eq!((misses, count), (lost, 200));
                let mut stored = cluster.set_many(&items, NEVER) $($await)*;
                while let Some((_, outcome)) = stored.next() $($await)* {
                    assert_eq!(outcome.unwrap(), Stored::Stored);
                }
            }
            let mut deleted = 0;
            let mut gone = cluster.delete_many(&keys) $($await)*;
            while let Some((_, was_there)) = gone.next() $($await)* {
                deleted += usize::from(was_there.unwrap());
            }
            assert_eq!(deleted, 200);
        }

        #[$test]
        $($async)? fn all_are_sent_before_any_reply_is_read() {
            let fleet = Fleet::new();
            let keys = keys(100);
            let items: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "")).collect();
            let mut cluster = Cluster::connect_lazy(&fleet.addresses()).unwrap();
            // Nobody asks for an outcome, and all is stored all the same.
            let stored = cluster.set_many(&items, NEVER) $($await)*;
            let mut found = 0;
            for _ in 0..1000 {
                found = fleet.where_they_live(&keys).len();
                if found == 100 {
                    break;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
            assert_eq!(found, 100);
            drop(stored);
            // What was given up is nobody's.
            let mut got = cluster.get_many(&keys) $($await)*;
            let mut count = 0;
            while let Some((_, item)) = got.next() $($await)* {
                assert_eq!(item.unwrap().unwrap().value, b"");
                count += 1;
            }
            assert_eq!(count, 100);
        }

        #[$test]
        $($async)? fn a_bad_key_is_an_error_of_its_own() {
            let fleet = Fleet::new();
            let mut cluster = Cluster::connect_lazy(&fleet.addresses()).unwrap();
            let keys = ["a", "b c", "d", "", "e"];
            let mut failed = Vec::new();
            let mut got = cluster.get_many(&keys) $($await)*;
            while let Some((key, item)) = got.next() $($await)* {
                if let Err(error) = item {
                    assert!(matches!(error.kind(), ErrorKind::Key(_)));
                    failed.push(*key);
                }
            }
            failed.sort_unstable();
            assert_eq!(failed, ["", "b c"]);
        }

        #[$test]
        $($async)? fn servers_come_and_go_and_the_others_keep_their_connections() {
            let fleet = Fleet::new();
            let addresses = fleet.addresses();
            let options = ClusterOptions {
                rule: Rule::PYLIBMC_KETAMA_WEIGHTED,
                ..ClusterOptions::default()
            };
            let mut cluster =
                Cluster::connect_lazy_with(&addresses[..3], Options::default(), options).unwrap();
            for answered in cluster.noop() $($await)* {
                answered.unwrap();
            }
            let before = fleet.connections();
            cluster.add(&addresses[3]).unwrap();
            assert!(cluster.remove(&addresses[1]).unwrap());
            assert!(!cluster.remove(&addresses[1]).unwrap());
            let order = [4, 3, 0, 2].map(|index: usize| addresses[index].as_str());
            cluster.set_servers(&order).unwrap();
            for bad in ["host:x", ""] {
                assert!(matches!(cluster.add(bad).unwrap_err().kind(), ErrorKind::Address(_)));
                assert!(matches!(cluster.remove(bad).unwrap_err().kind(), ErrorKind::Address(_)));
                let error = cluster.set_servers(&[addresses[0].as_str(), bad]).unwrap_err();
                assert!(matches!(error.kind(), ErrorKind::Address(_)));
            }
            assert!(matches!(cluster.add("udp:a").unwrap_err().kind(), ErrorKind::Unsupported(_)));
            let servers = order.map(|text| Server::parse(text).unwrap());
            assert_eq!(cluster.servers(), servers);
            let keys = keys(200);
            for key in &keys {
                cluster.at(key).unwrap().set(key, key, NEVER) $($await)*.unwrap();
                assert_eq!(cluster.place(key), options.rule.place(key.as_bytes(), &servers));
            }
            let found = fleet.where_they_live(&keys);
            for key in &keys {
                let address = order[cluster.place(key).unwrap()];
                assert_eq!(addresses[found[key]], address);
            }
            // Of each the two that asked: for the keys, and for this. Two have a new one besides.
            let more: Vec<_> = fleet.connections().iter().zip(before).map(|(now, then)| now - then).collect();
            assert_eq!(more, [2, 2, 2, 3, 3]);
        }

        #[$test]
        $($async)? fn without_servers_a_key_is_nowhere() {
            let mut cluster = Cluster::connect_lazy::<&str>(&[]).unwrap();
            let error = cluster.at("key").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NoServers);
            let mut got = cluster.get_many(&["a", "b"]) $($await)*;
            for key in ["a", "b"] {
                let (name, outcome) = got.next() $($await)*.unwrap();
                let error = outcome.unwrap_err();
                assert_eq!((*name, error.kind(), error.fate()), (key, ErrorKind::NoServers, Fate::NotSent));
            }
            assert!(got.next() $($await)*.is_none());
            assert!(cluster.flush_all(0) $($await)*.is_empty());
            let error = Cluster::connect_lazy(&["a:b"]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Address(BadServer::Port));
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
