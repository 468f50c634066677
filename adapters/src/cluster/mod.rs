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
//! is an error for its keys, and never a miss. The call that finds out fails as that of any client, after
//! the [time limit](crate::Options::timeout) if the server is silent. Then the server rests, and calls for
//! its keys fail at once, with [`ServerDown`](crate::ErrorKind::ServerDown); nothing was sent. After its
//! rest, 2 s unless told, one call asks it again. [`health`](crate::health) is the machine, libmemcached's;
//! [`ClusterOptions::policy`] is how long and how often, with a rest that grows and jitter as options; and
//! [`on_change`](Cluster::on_change) tells of every change.
//!
//! A server that refuses has answered. One that closed a connection on which it had answered before has not
//! failed: it may have been idle, and the next call connects again. A call that is given up (a dropped
//! future) tells nothing: let the clients' time limit be shorter than your own.
//!
//! Keys are not moved, so that no two programs hold two values of one key. Only where
//! [`Policy::eject`](crate::health::Policy::eject) is set, a server that failed too often loses its keys to
//! others, until it is asked again:
//!
//! ```
//! use minimc::cluster::ClusterOptions;
//! use minimc::health::Policy;
//! use minimc::placement::Rule;
//!
//! let options = ClusterOptions {
//!     rule: Rule::PYLIBMC_KETAMA_WEIGHTED,
//!     policy: Policy { eject: true, failure_limit: 2, ..Policy::default() },
//!     ..ClusterOptions::default()
//! };
//! # assert!(options.policy.eject);
//! ```
//!
//! - To whom is the rule's. A ring is built without the server, as in libmemcached; python-memcached,
//!   pymemcache and dalli have ways of their own. The remainder, which is libmemcached's and pylibmc's
//!   default, and gomemcache move none: their keys fail with
//!   [`ServerEjected`](crate::ErrorKind::ServerEjected), and so do all where all servers are ejected.
//! - A server that comes back has the values from before: reads may be stale then, by any age. Other
//!   programs find the server up or down by themselves, and may look elsewhere meanwhile.

mod blocking;
mod change;
mod every;
mod healths;
mod many;
mod member;
mod part;
pub mod replicas;
mod roster;
mod stats;
pub(crate) mod together;

pub use blocking::Many as BlockingMany;
pub use many::Many;
pub use member::{FromServer, Member};
pub use part::Part;

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use minimc_core::health::{Change, Health, Policy};
use minimc_core::placement::{Placement, Point, Rule, Server, explain};
use minimc_core::{Error, ErrorKind, Prefix};

use crate::options::Options;
use healths::Healths;
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

    /// What a server that fails is forgiven, how long it rests then, and whether others get its keys:
    /// libmemcached's by default, by which keys never move.
    pub policy: Policy,

    /// On how many servers besides its own a key has copies: on none by default. See
    /// [`replicas`].
    pub replicas: usize,

    /// Whether a copy is read from a random one of its servers first, so that they share the load: by
    /// default from the key's own.
    pub random_replica: bool,
}

impl Default for ClusterOptions {
    fn default() -> Self {
        Self {
            rule: Rule::PYLIBMC_DEFAULT,
            hashed_prefix: Prefix::NONE,
            policy: Policy::LIBMEMCACHED,
            replicas: 0,
            random_replica: false,
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
    healths: Healths,
    replicas: usize,
    random_replica: bool,
    connector: Connector<C>,
    observer: Option<Observer>,
}

/// What makes the client of a server.
type Connector<C> = Arc<dyn Fn(&Server<'_>) -> Result<C, Error> + Send + Sync>;

/// What is told how servers fare.
type Observer = Arc<dyn Fn(&Server<'_>, Change) + Send + Sync>;

impl<C: FromServer + 'static> Cluster<C> {
    /// A cluster of these servers, written as pylibmc writes them ([`Server::parse`]), with the defaults:
    /// keys are where pylibmc puts them. Each server is connected to with the first call on it, which
    /// fails if it cannot be.
    ///
    /// Fails with [`Address`](ErrorKind::Address), and with [`Unsupported`](ErrorKind::Unsupported) of one
    /// by UDP.
    pub fn connect_lazy<A: AsRef<str>>(servers: &[A]) -> Result<Self, Error> {
        Self::connect_lazy_with(servers, Options::default(), ClusterOptions::default())
    }

    /// The same with [`Options`] for the clients and [`ClusterOptions`] for the cluster.
    pub fn connect_lazy_with<A: AsRef<str>>(
        servers: &[A],
        options: Options,
        cluster: ClusterOptions,
    ) -> Result<Self, Error> {
        Self::new(servers, cluster, move |server| {
            C::from_server(server, &options)
        })
    }
}

impl<C: Member> Cluster<C> {
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
            placement: place(options.rule, &[], &[])?,
            hashed_prefix: options.hashed_prefix,
            healths: Healths::new(options.policy),
            replicas: options.replicas,
            random_replica: options.random_replica,
            connector: Arc::new(connector),
            observer: None,
        };
        cluster.set_servers(servers)?;
        Ok(cluster)
    }

    /// The client of the server on which `key` lives. The key of the call may be another: then this one
    /// is a routing key, and need not be one that memcached takes.
    ///
    /// Fails with [`NoServers`](ErrorKind::NoServers); with [`ServerDown`](ErrorKind::ServerDown) while the
    /// server rests, and with [`ServerEjected`](ErrorKind::ServerEjected) where it is ejected and no other
    /// has its keys. What came of the calls on the client, the cluster learns when it is used next.
    pub fn at(&mut self, key: impl AsRef<[u8]>) -> Result<&mut C, Error> {
        self.learn();
        let index = self.place(key).ok_or(ErrorKind::NoServers)?;
        self.lend(index)
    }

    /// The clients, in the order of the servers, resting ones too: what calls on them tell is heeded.
    pub fn clients(&mut self) -> &mut [C] {
        self.learn();
        self.healths.lent = (0..self.clients.len()).collect();
        &mut self.clients
    }

    /// Has this called with every [`Change`] of a server's health from now on, in place of what was there
    /// before. Where servers are ejected, it says so before the first key moves, and before the first moves
    /// back.
    ///
    /// A change is told by the next call on the cluster, for it is not before that it looks at what calls
    /// on clients have told. Nobody waits for rests in the background.
    ///
    /// ```
    /// use minimc::health::Change;
    ///
    /// # fn main() -> Result<(), minimc::Error> {
    /// let mut cluster = minimc::net::Cluster::connect_lazy(&["10.0.1.1", "10.0.1.2", "10.0.1.3"])?;
    /// cluster.on_change(|server, change| match change {
    ///     Change::Down { wait } => eprintln!("{} rests for {wait:?}", server.host()),
    ///     Change::Ejected { .. } => eprintln!("the keys of {} move", server.host()),
    ///     Change::Readmitted => eprintln!("{} has its keys back", server.host()),
    ///     Change::Up => eprintln!("{} answers again", server.host()),
    /// });
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_change(&mut self, observer: impl Fn(&Server<'_>, Change) + Send + Sync + 'static) {
        self.observer = Some(Arc::new(observer));
    }

    /// Another cluster of the same servers and options, with connections of its own, as `clone` of
    /// pylibmc's clients makes. It has the same observer, and knows nothing bad of any server.
    ///
    /// Fails as the connector does.
    pub fn try_clone(&self) -> Result<Self, Error> {
        let servers = self.roster.servers();
        let clients: Vec<_> = servers
            .map(|server| (self.connector)(&server))
            .collect::<Result<_, _>>()?;
        let rule = self.placement.rule();
        let mut healths = Healths::new(self.healths.policy);
        healths.each.resize(clients.len(), Health::new());
        Ok(Self {
            placement: self.roster.with(|servers| place(rule, servers, &[]))?,
            roster: self.roster.clone(),
            clients,
            hashed_prefix: self.hashed_prefix,
            healths,
            replicas: self.replicas,
            random_replica: self.random_replica,
            connector: self.connector.clone(),
            observer: self.observer.clone(),
        })
    }
}

impl<C> Cluster<C> {
    /// The index in [`servers`](Self::servers) of the server on which `key` lives; `None` without servers.
    /// Where servers are ejected, it is as the last call on the cluster has left it.
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

    /// What of a key is hashed.
    fn hashed(&self, key: &[u8]) -> Vec<u8> {
        [self.hashed_prefix.bytes(), key].concat()
    }

    fn place_hashed(&self, key: &[u8]) -> Option<usize> {
        let ejected = &self.healths.ejected;
        if !ejected.is_empty() {
            let is_alive = |index| !ejected.contains(&index);
            // Where the rule moves no keys, or there is nobody to move them to, they stay.
            return self.roster.with(|servers| {
                let moved = self.placement.place_alive(key, servers, is_alive);
                moved.or_else(|| self.placement.rule().place(key, servers))
            });
        }
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
            .field("healths", &self.healths)
            .finish_non_exhaustive()
    }
}

/// The placement of keys by `rule`, where servers are ejected.
fn place(
    rule: Rule,
    servers: &[Server<'_>],
    ejected: &[usize],
) -> Result<Placement<Vec<Point>>, ErrorKind> {
    // libmemcached builds its ring without them, unless there is none left; others go on to the next by
    // rules of their own, on the whole ring.
    let gone = match rule {
        Rule::Ring(..) if ejected.len() < servers.len() => ejected,
        _ => &[],
    };
    let room = rule
        .points()
        .map_or(0, |points| points.count(servers, gone));
    // There is room enough.
    Placement::new(rule, servers, gone, vec![Point::default(); room])
        .map_err(|_| ErrorKind::StorageTooSmall)
}
