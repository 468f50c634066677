//! A connection that tasks share: what is true behind the first connection, and that every wait ends.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::time::Duration;

use minimc::tokio::Shared;
use minimc::{Expiry, Options, Prefix, net};
use minimc_tests::server::Memcached;
use tokio::runtime;

const NEVER: Expiry = Expiry::NEVER;

fn a_runtime() -> runtime::Runtime {
    let mut builder = runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap()
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
