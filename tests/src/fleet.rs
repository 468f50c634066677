//! Five real servers for a cluster.

use std::collections::HashMap;

use minimc::net;

use crate::server::Memcached;

/// Five servers.
#[derive(Debug)]
pub struct Fleet {
    /// In the order of the cluster's.
    pub servers: Vec<Memcached>,
}

impl Fleet {
    /// Starts them.
    #[expect(clippy::new_without_default, reason = "it starts processes")]
    pub fn new() -> Self {
        let servers = (0..5).map(|_| Memcached::tcp(&[])).collect();
        Self { servers }
    }

    /// Where they listen.
    pub fn addresses(&self) -> Vec<String> {
        let addresses = self.servers.iter().map(Memcached::address);
        addresses.map(Into::into).collect()
    }

    /// Who has which key, as asked of each server by itself. Each has it once.
    pub fn where_they_live(&self, keys: &[String]) -> HashMap<String, usize> {
        let mut found = HashMap::new();
        for (index, server) in self.servers.iter().enumerate() {
            let mut client = net::Client::connect(server.address()).expect("a server that answers");
            let mut items = client.get_many(keys).expect("a server that answers");
            while let Some((key, item)) = items.next() {
                if item.expect("a server that answers").is_some() {
                    assert_eq!(found.insert(key.clone(), index), None, "{key} lives twice");
                }
            }
        }
        found
    }

    /// How many connections each has had, with that which asks.
    pub fn connections(&self) -> Vec<u64> {
        let count = |server: &Memcached| {
            let mut client = net::Client::connect(server.address()).expect("a server that answers");
            client
                .general_stats()
                .expect("a server that answers")
                .total_connections
        };
        self.servers.iter().map(count).collect()
    }
}

/// So many keys, which are spread over the servers.
pub fn keys(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("key{n}")).collect()
}
