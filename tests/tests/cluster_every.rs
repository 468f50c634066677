//! What concerns every server of a cluster, and clones.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use minimc::cluster::ClusterOptions;
use minimc::command::Stats;
use minimc::placement::Rule;
use minimc::{ErrorKind, Expiry, Options, Prefix};
use minimc_tests::fleet::{Fleet, keys};

const NEVER: Expiry = Expiry::NEVER;
const DOWN: usize = 1;

/// `$async` and `$await` are the colour.
macro_rules! clusters {
    (#[$test:meta] $colour:ident, [$($async:ident)?], [$($await:tt)*]) => {
        use super::*;
        use minimc::$colour::Cluster;

        #[$test]
        $($async)? fn each_server_tells_of_itself() {
            let mut fleet = Fleet::new();
            let mut cluster = Cluster::connect_lazy(&fleet.addresses()).unwrap();
            let keys = keys(50);
            let mut stored = [0; 5];
            for key in &keys {
                cluster.at(key).unwrap().set(key, "", NEVER) $($await)*.unwrap();
                stored[cluster.place(key).unwrap()] += 1;
            }
            let mut items = [0; 5];
            let asked = cluster.stats(Stats::GENERAL, |server, stat| {
                if stat.name == b"curr_items" {
                    items[server] = stat.number().unwrap();
                }
            }) $($await)*;
            assert_eq!((items, asked), (stored, vec![Ok(()); 5]));
            let typed: Vec<_> = cluster
                .general_stats() $($await)*
                .into_iter()
                .map(|stats| stats.unwrap().total_items)
                .collect();
            assert_eq!(typed, stored);
            for (settings, server) in cluster.settings() $($await)*.iter().zip(&fleet.servers) {
                assert_eq!(settings.as_ref().unwrap().tcpport.to_string(), server.port());
            }
            assert_eq!(cluster.reset_stats() $($await)*, vec![Ok(()); 5]);
            assert!(cluster.general_stats() $($await)*.iter().all(|stats| stats.as_ref().unwrap().total_items == 0));
            // What one does not tell, the others do.
            fleet.servers[DOWN].stop();
            for turn in 0..2 {
                let stats = cluster.general_stats() $($await)*;
                for (index, stats) in stats.iter().enumerate() {
                    match stats {
                        Ok(stats) => assert_eq!(stats.curr_items, stored[index]),
                        Err(error) => {
                            assert_eq!(index, DOWN);
                            assert_eq!(error.kind() == ErrorKind::ServerDown, turn > 0);
                        }
                    }
                    assert_eq!(stats.is_err(), index == DOWN);
                }
            }
        }

        #[$test]
        $($async)? fn connections_are_closed() {
            let fleet = Fleet::new();
            let mut cluster = Cluster::connect_lazy(&fleet.addresses()).unwrap();
            let current = |fleet: &Fleet| -> Vec<u64> {
                fleet
                    .servers
                    .iter()
                    .map(|server| {
                        let mut client = minimc::net::Client::connect(server.address()).unwrap();
                        client.general_stats().unwrap().curr_connections
                    })
                    .collect()
            };
            let before = current(&fleet);
            for leave in [true, false] {
                assert!(cluster.noop() $($await)*.iter().all(Result::is_ok));
                assert!(current(&fleet).iter().zip(&before).all(|(now, before)| *now > *before));
                if leave {
                    assert_eq!(cluster.quit() $($await)*, vec![Ok(()); 5]);
                    // Where there is no connection there is nothing to do.
                    assert_eq!(cluster.quit() $($await)*, vec![Ok(()); 5]);
                } else {
                    cluster.disconnect_all();
                }
                for _ in 0..1000 {
                    if current(&fleet) == before {
                        break;
                    }
                    std::thread::sleep(std::time::Duration::from_millis(5));
                }
                assert_eq!(current(&fleet), before);
            }
        }

        #[$test]
        $($async)? fn a_clone_has_connections_of_its_own() {
            let fleet = Fleet::new();
            let prefix = Prefix::new("app:").unwrap();
            let clients = Options { prefix, ..Options::default() };
            let options = ClusterOptions {
                rule: Rule::PYLIBMC_KETAMA,
                hashed_prefix: prefix,
                replicas: 1,
                ..ClusterOptions::default()
            };
            let mut cluster =
                Cluster::connect_lazy_with(&fleet.addresses(), clients, options).unwrap();
            cluster.remove(&fleet.addresses()[0]).unwrap();
            let mut other = cluster.try_clone().unwrap();
            assert_eq!(cluster.servers(), other.servers());
            for key in keys(50) {
                assert_eq!(cluster.replicas(&key), other.replicas(&key));
                cluster.at(&key).unwrap().set(&key, &key, NEVER) $($await)*.unwrap();
                let item = other.at(&key).unwrap().get(&key) $($await)*.unwrap().unwrap();
                assert_eq!(item.value, key.as_bytes());
            }
            let counted = fleet.connections();
            assert!(other.noop() $($await)*.iter().all(Result::is_ok));
            cluster.disconnect_all();
            assert!(other.noop() $($await)*.iter().all(Result::is_ok));
            // But for those that count, none is new.
            let now: Vec<_> = fleet.connections().iter().map(|count| count - 1).collect();
            assert_eq!(now, counted);
            // They part.
            other.add(&fleet.addresses()[0]).unwrap();
            assert_eq!((cluster.servers().len(), other.servers().len()), (4, 5));
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
