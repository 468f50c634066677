//! libmemcached's handle, as far as it places keys: every call in its order, for the order matters.

use minimc_core::hash::Hash;
use minimc_core::placement::{
    Labels, Point, Points, Ring, Rule, Server, Via, masked, modula, sort_hosts, virtual_bucket,
};

/// What `memcached_st` holds.
#[derive(Clone, Default)]
pub(super) struct Handle {
    pub(super) hash: Hash,
    distribution: Distribution,
    pub(super) is_weighted: bool,
    servers: Vec<Instance>,
    sorts: bool,
    ejects: bool,
    namespace: Vec<u8>,
    hashes_namespace: bool,
    buckets: Option<Vec<usize>>,
    /// It is as old as the last call that made a new one.
    ring: Option<Ring<Vec<Point>>>,
    points: Option<Points>,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Distribution {
    #[default]
    Modula,
    Ring(Labels),
    Weighted,
    VirtualBucket,
}

/// A server of the handle.
#[derive(Clone, Debug)]
pub(super) struct Instance {
    pub(super) host: String,
    pub(super) port: u16,
    weight: u32,
    is_unix: bool,
    /// Whether its next retry is to come.
    is_waiting: bool,
}

impl Instance {
    fn server(&self) -> Server<'_> {
        let server = if self.is_unix {
            Server::unix(&self.host)
        } else {
            Server::tcp(&self.host, self.port)
        };
        server.unwrap().with_weight(self.weight)
    }
}

impl Handle {
    /// `memcached_server_add_with_weight` and its like.
    pub(super) fn add(&mut self, server: Server<'_>) {
        self.take(server);
        if server.weight() > 1 && self.is_consistent() {
            self.is_weighted = true;
        }
        self.run();
    }

    /// `memcached_server_push`.
    pub(super) fn push<'a>(&mut self, servers: impl IntoIterator<Item = Server<'a>>) {
        for server in servers {
            self.take(server);
            self.is_weighted |= server.weight() > 1;
        }
        self.run();
    }

    fn take(&mut self, server: Server<'_>) {
        self.servers.push(Instance {
            host: server.host().into(),
            port: server.port(),
            weight: server.weight(),
            is_unix: server.via() == Via::Unix,
            is_waiting: false,
        });
    }

    /// `memcached_behavior_set`, of the behaviours that matter; `None` of one that is not known.
    pub(super) fn behave(&mut self, name: &str, value: &str) -> Option<()> {
        let is_on = value != "0";
        match name {
            "HASH" => self.hash = Hash::named(value)?,
            "KETAMA" if is_on => self.distribute("consistent_ketama")?,
            "KETAMA" => self.distribute("modula")?,
            "KETAMA_WEIGHTED" if is_on => {
                self.hash = Hash::Md5;
                self.distribute("consistent_weighted")?;
            }
            "KETAMA_WEIGHTED" => self.distribute("consistent_ketama")?,
            "DISTRIBUTION" => self.distribute(value)?,
            "SORT_HOSTS" => {
                self.sorts = is_on;
                self.run();
            }
            "AUTO_EJECT_HOSTS" => self.ejects = is_on,
            "HASH_WITH_PREFIX_KEY" => self.hashes_namespace = is_on,
            // Stored, and never asked for.
            "KETAMA_HASH" => {}
            "BINARY_PROTOCOL" | "NUMBER_OF_REPLICAS" => {}
            _ => return None,
        }
        Some(())
    }

    fn distribute(&mut self, name: &str) -> Option<()> {
        self.distribution = match name {
            "modula" => Distribution::Modula,
            "consistent" | "consistent_ketama" => {
                self.is_weighted = false;
                Distribution::Ring(Labels::Ketama)
            }
            "consistent_ketama_spy" => Distribution::Ring(Labels::Spy),
            "consistent_weighted" => {
                self.is_weighted = true;
                Distribution::Weighted
            }
            "virtual_bucket" => Distribution::VirtualBucket,
            _ => return None,
        };
        self.run();
        Some(())
    }

    /// `memcached_bucket_set`.
    pub(super) fn bucket(&mut self, buckets: Vec<usize>) {
        self.distribution = Distribution::VirtualBucket;
        self.buckets = Some(buckets);
        self.run();
    }

    pub(super) fn namespace(&mut self, name: Vec<u8>) {
        self.namespace = name;
    }

    /// Server `index` is to be tried again later, or now.
    pub(super) fn retry(&mut self, index: usize, is_waiting: bool) {
        self.servers[index].is_waiting = is_waiting;
    }

    /// `memcached_clone`: whether points go by weight is not copied, but found out again.
    pub(super) fn copy(&self) -> Self {
        let mut copy = Self {
            is_weighted: self.servers.iter().any(|server| server.weight > 1),
            ..self.clone()
        };
        copy.run();
        copy
    }

    /// `run_distribution`.
    fn run(&mut self) {
        if self.sorts {
            let before = self.servers.clone();
            let mut sorted: Vec<_> = before.iter().map(Instance::server).collect();
            sort_hosts(&mut sorted);
            self.servers.clear();
            for server in sorted {
                self.take(server);
            }
        }
        let Some(points) = self.rule_points() else {
            return;
        };
        let servers: Vec<_> = self.servers.iter().map(Instance::server).collect();
        let ejected = self.ejected();
        // Without a server alive the old ring stays.
        if ejected.len() == servers.len() {
            return;
        }
        let room = vec![Point::default(); points.count(&servers, &ejected)];
        self.ring = Ring::new(points, &servers, &ejected, room).ok();
        self.points = Some(points);
    }

    fn ejected(&self) -> Vec<usize> {
        let servers = self.servers.iter().enumerate();
        let ejected = servers.filter(|(_, server)| self.ejects && server.is_waiting);
        ejected.map(|(index, _)| index).collect()
    }

    fn is_consistent(&self) -> bool {
        matches!(
            self.distribution,
            Distribution::Ring(_) | Distribution::Weighted
        )
    }

    fn rule_points(&self) -> Option<Points> {
        let labels = match self.distribution {
            Distribution::Ring(labels) => labels,
            Distribution::Weighted => Labels::Ketama,
            _ => return None,
        };
        Some(if self.is_weighted {
            Points::Weighted(labels)
        } else {
            Points::Hashed(self.hash, labels)
        })
    }

    /// `memcached_generate_hash`: the server of a key.
    pub(super) fn place(&self, key: &[u8]) -> Option<usize> {
        // It is copied with `strncpy`, which copies nothing behind a zero.
        let zero = key.iter().position(|byte| *byte == 0);
        let mut whole = [&self.namespace[..], key].concat();
        whole[self.namespace.len() + zero.unwrap_or(key.len())..].fill(0);
        let hash = if self.servers.len() == 1 {
            0
        } else if !self.hashes_namespace {
            self.hash.of(key)
        } else if whole.len() > 250 {
            // No server would take it.
            0
        } else {
            self.hash.of(&whole)
        };
        match (self.distribution, &self.ring, &self.buckets) {
            (Distribution::Modula, ..) => modula(hash, self.servers.len()),
            (Distribution::VirtualBucket, _, Some(buckets)) => virtual_bucket(hash, buckets),
            (Distribution::VirtualBucket, _, None) => masked(hash, self.servers.len()),
            (_, ring, _) => ring.as_ref()?.find(hash),
        }
    }

    /// The rule of the crate that places keys as this handle does; `None` where none does, since the ring
    /// is stale, the namespace is hashed, or buckets have a table.
    pub(super) fn rule(&self) -> Option<Rule> {
        if self.hashes_namespace || self.buckets.is_some() || !self.ejected().is_empty() {
            return None;
        }
        match self.distribution {
            Distribution::Modula => Some(Rule::Modula(self.hash)),
            Distribution::VirtualBucket => Some(Rule::VirtualBucket(self.hash)),
            _ => Some(Rule::Ring(self.hash, self.points?)),
        }
    }

    /// Whether a ring made now would be another.
    pub(super) fn is_stale(&self) -> bool {
        self.rule_points() != self.points && self.is_consistent()
    }

    pub(super) fn servers(&self) -> Vec<Server<'_>> {
        self.servers.iter().map(Instance::server).collect()
    }

    pub(super) fn instances(&self) -> &[Instance] {
        &self.servers
    }

    pub(super) fn ring(&self) -> Option<&[Point]> {
        Some(self.ring.as_ref()?.points())
    }
}
