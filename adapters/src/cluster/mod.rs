//! Clusters: many servers behind one client, each key on the server where other programs look for it.
//!
//! A cluster has a client for each server, and a [`Rule`] that chooses one for each key, as known
//! clients do. [`at`](Cluster::at) lends the client of a key, with every method that a client has.
//!
//! ```no_run
//! use minimc::{Error, Expiry, net};
//!
//! # fn main() -> Result<(), Error> {
//! let mut cluster = net::Cluster::connect_lazy(&["10.0.0.1", "10.0.0.2:11212", "10.0.0.3"])?;
//! cluster.at("greeting")?.set("greeting", "hello", Expiry::seconds(60))?;
//!
//! // A routing key apart from the key: all of a user's items are on one server.
//! cluster.at("user:7")?.set("user:7:name", "Ann", Expiry::NEVER)?;
//!
//! let mut items = cluster.get_many(&["greeting", "farewell"]);
//! while let Some((key, item)) = items.next() {
//!     match item {
//!         Ok(Some(item)) => println!("{key}: {} bytes", item.value.len()),
//!         Ok(None) => println!("{key}: a miss"),
//!         Err(error) => println!("{key}: {error}"), // its server is down, and the others go on
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! All parts of a [chunked value](minimc_core::value::chunks) are on the server of its name, since the
//! client that `at` lends is asked for all of them: `cluster.at("video")?.get_chunked("video", ..)`.
//!
//! Unless told, keys are placed as pylibmc and libmemcached do without behaviours. Others by name:
//!
//! ```
//! use minimc::placement::Rule;
//! use minimc::cluster::ClusterOptions;
//!
//! let options = ClusterOptions {
//!     rule: Rule::named("pylibmc ketama_weighted").unwrap_or(Rule::PYLIBMC_DEFAULT),
//!     ..ClusterOptions::default()
//! };
//! assert_eq!(options.rule, Rule::PYLIBMC_KETAMA_WEIGHTED);
//! ```
//!
//! # A server that is down
//!
//! is an error for its keys, and never a miss: keys are never moved to another server, so that no two
//! programs hold two values of one key. Each call on it tries to connect anew: who refuses a connection
//! fails at once, and is back with the first call after it is back. One that does not answer at all costs
//! each call on it its time limit. There is no way yet to have a cluster leave it alone for a while, nor to
//! eject it.

mod blocking;
mod every;
mod many;
mod part;
mod roster;
mod together;

pub use blocking::Many as BlockingMany;
pub use many::Many;
pub use part::Part;

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use minimc_core::placement::{Placement, Point, Rule, Server, explain};
use minimc_core::{Error, ErrorKind, Prefix};

use roster::Roster;

/// What can be chosen about a cluster.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ClusterOptions {
    /// How keys are placed: as pylibmc does unless told otherwise.
    pub rule: Rule,

    /// What stands before each key where it is hashed: nothing by default, as in libmemcached, even if the
    /// clients have a [prefix](crate::Options::prefix). Give it that of the clients to place keys as
    /// `_hash_with_prefix_key` does.
    pub hashed_prefix: Prefix,
}

impl Default for ClusterOptions {
    fn default() -> Self {
        Self {
            rule: Rule::PYLIBMC_DEFAULT,
            hashed_prefix: Prefix::NONE,
        }
    }
}

/// Clients of many servers, and the rule by which each key has one of them.
///
/// On hosts that is `minimc::net::Cluster` and `minimc::tokio::Cluster`.
///
/// # Cancel safety
///
/// As that of a client: any future may be dropped at any point, and the next call gets its own reply.
pub struct Cluster<C> {
    roster: Roster,
    clients: Vec<C>,
    placement: Placement<Vec<Point>>,
    hashed_prefix: Prefix,
    connector: Connector<C>,
}

/// What makes the client of a server.
type Connector<C> = Box<dyn Fn(&Server<'_>) -> Result<C, Error> + Send + Sync>;

impl<C> Cluster<C> {
    /// A cluster of `servers`, written as pylibmc's lists have them ([`Server::parse`]), of each of which
    /// `connector` makes the client. The order of the list matters to some rules.
    ///
    /// Fails with [`Address`](ErrorKind::Address), and as the connector does.
    pub fn new<A: AsRef<str>>(
        servers: &[A],
        options: ClusterOptions,
        connector: impl Fn(&Server<'_>) -> Result<C, Error> + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let mut cluster = Self {
            roster: Roster::default(),
            clients: Vec::new(),
            placement: place(options.rule, &[])?,
            hashed_prefix: options.hashed_prefix,
            connector: Box::new(connector),
        };
        cluster.set_servers(servers)?;
        Ok(cluster)
    }

    /// The client of the server on which `key` lives. The key of the call may be another: then this one
    /// is a routing key, and need not be one that memcached takes.
    ///
    /// Fails with [`NoServers`](ErrorKind::NoServers). That the server is down is told by the call.
    pub fn at(&mut self, key: impl AsRef<[u8]>) -> Result<&mut C, Error> {
        let place = self.place(key);
        let client = place.and_then(|index| self.clients.get_mut(index));
        client.ok_or_else(|| ErrorKind::NoServers.into())
    }

    /// The index in [`servers`](Self::servers) of the server on which `key` lives; `None` without servers.
    pub fn place(&self, key: impl AsRef<[u8]>) -> Option<usize> {
        let key = key.as_ref();
        if self.hashed_prefix == Prefix::NONE {
            self.place_hashed(key)
        } else {
            self.place_hashed(&self.hashed(key))
        }
    }

    /// The servers, in their order.
    pub fn servers(&self) -> Vec<Server<'_>> {
        self.roster.servers().collect()
    }

    /// The clients, in the order of the servers.
    pub fn clients(&mut self) -> &mut [C] {
        &mut self.clients
    }

    /// The server of `key` by the rule of each known client: for people who wonder why two programs do
    /// not find each other's keys. What this cluster does is [`place`](Self::place).
    ///
    /// ```
    /// # fn main() -> Result<(), minimc::Error> {
    /// let cluster = minimc::net::Cluster::connect_lazy(&["10.0.1.1", "10.0.1.2", "10.0.1.3"])?;
    /// for (client, server) in cluster.explain("key0") {
    ///     println!("{client:<24} {}", server.map_or("nowhere", |server| server.host()));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn explain(&self, key: impl AsRef<[u8]>) -> Vec<(&'static str, Option<Server<'_>>)> {
        let (key, servers) = (self.hashed(key.as_ref()), self.servers());
        explain(&key, &servers)
            .map(|(client, index)| (client, index.and_then(|index| servers.get(index)).copied()))
            .collect()
    }

    /// Makes these the servers, in this order. Those that are there already keep their clients and so
    /// their connections; those that are not named are dropped with theirs. Keys are placed anew.
    ///
    /// Fails as [`new`](Self::new) does, and then nothing has changed.
    pub fn set_servers<A: AsRef<str>>(&mut self, servers: &[A]) -> Result<(), Error> {
        let parsed: Vec<_> = servers
            .iter()
            .map(|server| Server::parse(server.as_ref()))
            .collect::<Result<_, _>>()?;
        self.change(&parsed)
    }

    /// Adds a server behind the others. Keys are placed anew; no connection is touched.
    ///
    /// Fails as [`new`](Self::new) does, and then nothing has changed.
    pub fn add(&mut self, server: &str) -> Result<(), Error> {
        let added = Server::parse(server)?;
        let old = core::mem::take(&mut self.roster);
        let servers: Vec<_> = old.servers().chain([added]).collect();
        self.change_from(&old, &servers)
    }

    /// Removes the server with this host and port, with its client; `false` if there is none. Keys are
    /// placed anew; the connections of the others stay.
    ///
    /// Fails with [`Address`](ErrorKind::Address), and then nothing has changed.
    pub fn remove(&mut self, server: &str) -> Result<bool, Error> {
        let removed = Server::parse(server)?;
        let old = core::mem::take(&mut self.roster);
        let mut servers: Vec<_> = old.servers().collect();
        let index = servers.iter().position(|one| is_same(one, &removed));
        if let Some(index) = index {
            servers.remove(index);
        }
        self.change_from(&old, &servers)?;
        Ok(index.is_some())
    }

    fn change(&mut self, servers: &[Server<'_>]) -> Result<(), Error> {
        let old = core::mem::take(&mut self.roster);
        self.change_from(&old, servers)
    }

    /// Goes from the servers `old`, which were taken out, to others; back to them if that fails.
    fn change_from(&mut self, old: &Roster, servers: &[Server<'_>]) -> Result<(), Error> {
        match self.prepare(old, servers) {
            Ok((placement, kept)) => {
                let mut before: Vec<_> = core::mem::take(&mut self.clients)
                    .into_iter()
                    .map(Some)
                    .collect();
                let client = |kept| match kept {
                    Kept::New(client) => Some(client),
                    Kept::Old(index) => before.get_mut(index).and_then(Option::take),
                };
                self.clients = kept.into_iter().filter_map(client).collect();
                self.roster = Roster::new(servers);
                self.placement = placement;
                Ok(())
            }
            Err(error) => {
                self.roster = old.clone();
                Err(error)
            }
        }
    }

    /// All that can fail of a change.
    fn prepare(&self, old: &Roster, servers: &[Server<'_>]) -> Result<Prepared<C>, Error> {
        let mut left: Vec<_> = old.servers().map(Some).collect();
        let mut kept = Vec::with_capacity(servers.len());
        for server in servers {
            let found = left
                .iter_mut()
                .enumerate()
                .find(|(_, one)| one.is_some_and(|one| is_same(&one, server)));
            kept.push(match found {
                Some((index, one)) => {
                    *one = None;
                    Kept::Old(index)
                }
                None => Kept::New((self.connector)(server)?),
            });
        }
        Ok((place(self.placement.rule(), servers)?, kept))
    }

    /// What of a key is hashed.
    fn hashed(&self, key: &[u8]) -> Vec<u8> {
        [self.hashed_prefix.bytes(), key].concat()
    }

    fn place_hashed(&self, key: &[u8]) -> Option<usize> {
        if self.placement.ring().is_some() {
            // What a ring says, its points say; of the servers nothing is asked.
            return self.placement.place(key, &[]);
        }
        self.roster
            .with(|servers| self.placement.place(key, servers))
    }
}

impl<C: fmt::Debug> fmt::Debug for Cluster<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster")
            .field("servers", &self.servers())
            .field("clients", &self.clients)
            .field("rule", &self.placement.rule())
            .finish_non_exhaustive()
    }
}

/// A placement, and the client of each server.
type Prepared<C> = (Placement<Vec<Point>>, Vec<Kept<C>>);

/// The client of a server after a change.
enum Kept<C> {
    New(C),
    /// The one that was at this index.
    Old(usize),
}

/// Whether a client of the one is a client of the other.
fn is_same(one: &Server<'_>, other: &Server<'_>) -> bool {
    (one.host(), one.port(), one.via()) == (other.host(), other.port(), other.via())
}

fn place(rule: Rule, servers: &[Server<'_>]) -> Result<Placement<Vec<Point>>, ErrorKind> {
    let room = vec![Point::default(); rule.room(servers)];
    // There is room enough.
    Placement::new(rule, servers, &[], room).map_err(|_| ErrorKind::StorageTooSmall)
}
