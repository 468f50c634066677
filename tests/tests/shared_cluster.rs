//! Five servers, each behind a connection that tasks share.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use minimc::cluster::ClusterOptions;
use minimc::health::{Change, Policy};
use minimc::placement::Rule;
use minimc::tokio::SharedCluster;
use minimc::{ErrorKind, Expiry, Fate, Options, net};
use minimc_tests::fleet::Fleet;
use tokio::task::JoinSet;

const NEVER: Expiry = Expiry::NEVER;

fn keys(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("key{n}")).collect()
}

/// Tasks store and get keys by it, and they are where a cluster of clients has them.
#[tokio::test]
async fn keys_are_where_they_belong() {
    let fleet = Fleet::new();
    for rule in [Rule::PYLIBMC_DEFAULT, Rule::PYLIBMC_KETAMA_WEIGHTED] {
        let options = ClusterOptions {
            rule,
            ..ClusterOptions::default()
        };
        let addresses = fleet.addresses();
        let shared =
            SharedCluster::connect_lazy_with(&addresses, Options::default(), options).unwrap();
        let keys = keys(500);
        let mut tasks = JoinSet::new();
        for key in keys.clone() {
            let shared = shared.clone();
            tasks.spawn(async move {
                shared
                    .at(&key)
                    .unwrap()
                    .set(&key, &key, NEVER)
                    .await
                    .unwrap()
            });
        }
        tasks.join_all().await;
        let cluster =
            net::Cluster::connect_lazy_with(&addresses, Options::default(), options).unwrap();
        for (key, server) in fleet.where_they_live(&keys) {
            assert_eq!(cluster.place(&key), Some(server), "{key}");
        }
        let asked = [&keys[..], &["absent".into(), "no\nkey".into()]].concat();
        for (key, item) in asked.iter().zip(shared.get_many(&asked).await) {
            match item {
                Ok(Some(item)) => assert_eq!(item.value, key.as_bytes()),
                Ok(None) => assert_eq!(key, "absent"),
                Err(error) => assert!(key == "no\nkey" && error.fate() == Fate::NotSent, "{error}"),
            }
        }
        for version in shared.with(|cluster| cluster.clients().to_vec()) {
            version.flush_all(0).await.unwrap();
        }
    }
    let nobody: [&str; 0] = [];
    let none = SharedCluster::connect_lazy(&nobody).unwrap();
    assert_eq!(none.at("key").unwrap_err().kind(), ErrorKind::NoServers);
    assert_eq!(
        none.get_many(&["key"]).await[0].unwrap_err_kind(),
        ErrorKind::NoServers
    );
}

trait Kind {
    fn unwrap_err_kind(&self) -> ErrorKind;
}

impl<T: std::fmt::Debug> Kind for Result<T, minimc::Error> {
    fn unwrap_err_kind(&self) -> ErrorKind {
        self.as_ref().unwrap_err().kind()
    }
}

/// The keys of one that is down fail, at once when that is known; the others' do not; and it is found
/// again.
#[tokio::test]
async fn a_server_that_is_down() {
    let mut fleet = Fleet::new();
    let retry = Duration::from_millis(300);
    let policy = Policy {
        retry,
        ..Policy::default()
    };
    let options = ClusterOptions {
        policy,
        ..ClusterOptions::default()
    };
    let shared =
        SharedCluster::connect_lazy_with(&fleet.addresses(), Options::default(), options).unwrap();
    let changes = Arc::new(Mutex::new(Vec::new()));
    let told = changes.clone();
    shared.with(|cluster| cluster.on_change(move |_, change| told.lock().unwrap().push(change)));
    let keys = keys(100);
    let there = |item: &Result<Option<_>, minimc::Error>| item.is_ok();
    assert!(shared.get_many(&keys).await.iter().all(there));
    fleet.servers[2].stop();

    let down = |key: &String| shared.with(|cluster| cluster.place(key)) == Some(2);
    for round in 0..3 {
        for (key, item) in keys.iter().zip(shared.get_many(&keys).await) {
            assert_eq!(item.is_err(), down(key), "{key} in round {round}");
        }
    }
    let began = Instant::now();
    for (key, item) in keys.iter().zip(shared.get_many(&keys).await) {
        if down(key) {
            assert_eq!(item.unwrap_err().kind(), ErrorKind::ServerDown);
        }
    }
    if began.elapsed() < retry {
        assert!(
            matches!(changes.lock().unwrap()[..], [Change::Down { .. }]),
            "{changes:?}"
        );
    }
    fleet.servers[2].start_again();
    let back = async {
        while !shared.get_many(&keys).await.iter().all(there) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), back)
        .await
        .unwrap();
    shared.with(|cluster| cluster.health());
    let changes = changes.lock().unwrap();
    assert!(changes.contains(&Change::Up), "{changes:?}");
}

/// When keys move back, a batch that is the first to learn of it asks each server for its own keys.
#[tokio::test]
async fn a_batch_by_which_keys_move() {
    let mut fleet = Fleet::new();
    let retry = Duration::from_millis(300);
    let policy = Policy {
        eject: true,
        failure_limit: 1,
        retry,
        ..Policy::default()
    };
    let options = ClusterOptions {
        rule: Rule::PYLIBMC_KETAMA_WEIGHTED,
        policy,
        ..ClusterOptions::default()
    };
    let shared =
        SharedCluster::connect_lazy_with(&fleet.addresses(), Options::default(), options).unwrap();
    let home = |key: &String| shared.with(|cluster| cluster.place(key)).unwrap();
    let mut keys = keys(100);
    for key in &keys {
        shared.at(key).unwrap().set(key, key, NEVER).await.unwrap();
    }
    keys.sort_by_key(|key| home(key) != 2);
    let homes: Vec<_> = keys.iter().map(home).collect();
    fleet.servers[2].stop();
    while home(&keys[0]) == 2 {
        if let Ok(shared) = shared.at(&keys[0]) {
            let _ = shared.noop().await;
        }
        shared.with(|cluster| cluster.health());
    }
    fleet.servers[2].start_again();
    tokio::time::sleep(retry).await;
    for ((key, home), item) in keys.iter().zip(homes).zip(shared.get_many(&keys).await) {
        if home != 2 {
            assert!(item.unwrap().is_some(), "{key} of {home}");
        }
    }
}

/// A server that refuses has answered: who is turned away hears so each time.
#[tokio::test]
async fn a_server_that_refuses() {
    let server = minimc_tests::server::Memcached::with_login();
    let options = Options {
        credentials: Some(minimc::Credentials::new("minimc", "wrong").unwrap()),
        ..Options::default()
    };
    let cluster = ClusterOptions::default();
    let shared = SharedCluster::connect_lazy_with(&[server.address()], options, cluster).unwrap();
    for _ in 0..5 {
        let error = shared.at("key").unwrap().get("key").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LoginRefused);
    }
}

/// Large values tell of a server as small ones do.
#[tokio::test]
async fn large_values_for_a_server_that_is_down() {
    let mut server = minimc_tests::server::Memcached::tcp(&[]);
    let shared = SharedCluster::connect_lazy(&[server.address()]).unwrap();
    server.stop();
    let value = [0; 100_000];
    shared
        .at("key")
        .unwrap()
        .set("key", &value, NEVER)
        .await
        .unwrap_err();
    assert_eq!(shared.at("key").unwrap_err().kind(), ErrorKind::ServerDown);
}
