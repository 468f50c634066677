//! Clusters in the caller's storage: many servers behind one client, without an allocator.
//!
//! [`minimc::cluster`](crate::cluster) is what hosts have. This one is for firmware: its servers are a list
//! that does not change, its clients are the caller's, and where keys are placed by a ring that lies in the
//! caller's storage, or in flash where the compiler made it.
//!
//! ```
//! use minimc::fixed::Cluster;
//! use minimc::placement::{Placement, Point, Rule, Server};
//! use minimc::{Client, Error, Expiry, Resting, Storage, Transport};
//!
//! const SERVERS: [Server<'static>; 2] = match (Server::tcp("10.0.0.1", 11211), Server::tcp("10.0.0.2", 11211)) {
//!     (Ok(one), Ok(two)) => [one, two],
//!     _ => panic!("a bad server"),
//! };
//! const RULE: Rule = Rule::PYLIBMC_KETAMA_WEIGHTED;
//! static PLACEMENT: Placement<[Point; RULE.room(&SERVERS)]> = match Placement::at_compile_time(RULE, &SERVERS) {
//!     Ok(placement) => placement,
//!     Err(_) => panic!("the array is too small"),
//! };
//!
//! async fn work<T: Transport, S: Storage>(clients: &mut [Client<Resting<T>, S>; 2]) -> Result<(), Error> {
//!     let mut cluster = Cluster::new(&SERVERS, &PLACEMENT, clients);
//!     cluster.at("greeting")?.set("greeting", "hello", Expiry::NEVER).await?;
//!     cluster.get_each(&["greeting", "farewell"], |_key, _item| {}).await;
//!     Ok(())
//! }
//! ```
//!
//! # A server that is down
//!
//! is an error for its keys, never a miss. The clients are over [`Resting`] transports: who failed is left
//! alone for as long as its [`Policy`](crate::health::Policy) says, and calls for its keys fail at once
//! meanwhile, with [`ServerDown`](ErrorKind::ServerDown); then one call finds out whether it is back. Only
//! with a policy that [ejects](crate::health::Policy::eject) are keys moved: where a ring places them, to
//! those behind on it; where a remainder does, there are no others, and they fail with
//! [`ServerEjected`](ErrorKind::ServerEjected). [`Resting::on_change`] tells of both.

use core::fmt;

use minimc_core::command::{Get, Item};
use minimc_core::placement::{Placement, Point, Server};
use minimc_core::{Error, ErrorKind, Key, Storage};

use crate::transport::{Resting, Transport};
use crate::{blocking, client};

/// Clients of many servers, and the rule by which each key has one of them, in the caller's storage.
///
/// # Cancel safety
///
/// As that of a client: any future may be dropped at any point, and the next call gets its own reply.
pub struct Cluster<'c, C> {
    servers: &'c [Server<'c>],
    placement: Placement<&'c [Point]>,
    clients: &'c mut [C],
}

impl<'c, C: Member> Cluster<'c, C> {
    /// A cluster of `servers`, for which `placement` was made, with a client for each, in their order.
    /// The names of the servers are what keys are placed by; where the clients connect to is theirs.
    pub fn new<P: AsRef<[Point]>>(
        servers: &'c [Server<'c>],
        placement: &'c Placement<P>,
        clients: &'c mut [C],
    ) -> Self {
        let placement = placement.lend();
        Self {
            servers,
            placement,
            clients,
        }
    }

    /// The client of the server on which `key` lives. The key of the call may be another: then this one
    /// is a routing key, and need not be one that memcached takes.
    ///
    /// Fails with [`NoServers`](ErrorKind::NoServers); and with
    /// [`ServerEjected`](ErrorKind::ServerEjected) where no other takes the keys of a server that is ejected.
    /// That the server is down is told by the call.
    pub fn at(&mut self, key: impl AsRef<[u8]>) -> Result<&mut C, Error> {
        let index = self.find(key.as_ref())?;
        let client = self.clients.get_mut(index);
        client.ok_or_else(|| ErrorKind::NoServers.into())
    }

    /// The index in [`servers`](Self::servers) of the server on which `key` lives now; `None` if there is
    /// none.
    pub fn place(&self, key: impl AsRef<[u8]>) -> Option<usize> {
        let is_alive = |index| {
            let client: Option<&C> = self.clients.get(index);
            client.is_none_or(|client| !client.is_ejected())
        };
        self.placement
            .place_alive(key.as_ref(), self.servers, is_alive)
    }

    /// The servers, in their order.
    pub fn servers(&self) -> &'c [Server<'c>] {
        self.servers
    }

    /// The clients, in the order of the servers: for what concerns all of them, and to see how each is.
    pub fn clients(&mut self) -> &mut [C] {
        self.clients
    }

    fn find(&self, key: &[u8]) -> Result<usize, Error> {
        let found = self.place(key);
        found.ok_or_else(
            || match self.placement.place_alive(key, self.servers, |_| true) {
                Some(_) => ErrorKind::ServerEjected.into(),
                None => ErrorKind::NoServers.into(),
            },
        )
    }
}

/// A client that knows how its server is.
pub trait Member {
    /// Whether others have the keys of its server now.
    fn is_ejected(&self) -> bool;

    /// Whether nothing bad is known of its server.
    fn is_up(&self) -> bool;
}

impl<T: Transport, S: Storage, const N: usize> Member for client::Client<Resting<T>, S, N> {
    fn is_ejected(&self) -> bool {
        self.transport.is_ejected()
    }

    fn is_up(&self) -> bool {
        self.transport.health().is_up()
    }
}

impl<T: Transport, S: Storage, const N: usize> Member for blocking::Client<Resting<T>, S, N> {
    fn is_ejected(&self) -> bool {
        self.inner.is_ejected()
    }

    fn is_up(&self) -> bool {
        self.inner.is_up()
    }
}

/// How many keys are placed at a time.
const GROUP: usize = 16;

macro_rules! batches {
    (
        $colour:ident, [$($async:ident)?], [$($await:tt)*], [$($_functions:tt)*],
        $_open:literal, $_wait:literal
    ) => {
        impl<T: Transport, S: Storage, const N: usize> Cluster<'_, $colour::Client<Resting<T>, S, N>> {
            /// Gets many items: `each` is told of every key what came of it, once, and of those of a server
            /// that is down the error.
            ///
            /// 16 keys at a time are split by server, and asked for by one server after the other: keys
            /// come in another order than they were given. The time limit runs anew with every reply.
            pub $($async)? fn get_each<K: AsRef<[u8]>>(&mut self, keys: &[K], mut each: impl FnMut(&K, Result<Option<Item<'_>>, Error>)) {
                for keys in keys.chunks(GROUP) {
                    let mut places = [None; GROUP];
                    for (key, place) in keys.iter().zip(&mut places) {
                        let bytes = key.as_ref();
                        match Key::new(bytes).map_err(Error::from).and_then(|_| self.find(bytes)) {
                            Ok(index) => *place = Some(index),
                            Err(error) => each(key, Err(error)),
                        }
                    }
                    for (index, client) in self.clients.iter_mut().enumerate() {
                        let here = || {
                            let placed = keys.iter().zip(&places);
                            placed.filter(move |(_, place)| **place == Some(index)).map(|(key, _)| key)
                        };
                        if here().next().is_none() {
                            continue;
                        }
                        let mut told = 0;
                        let gets = here().filter_map(|key| Key::new(key.as_ref()).ok()).map(Get::new);
                        let done = client.call_each(gets, |number, item| {
                            told = number.saturating_add(1);
                            if let Some(key) = here().nth(number) {
                                each(key, item);
                            }
                        });
                        if let Err(error) = done $($await)* {
                            here().skip(told).for_each(|key| each(key, Err(error)));
                        }
                    }
                }
            }
        }
    };
}
both_colours!(batches);

impl<C: fmt::Debug> fmt::Debug for Cluster<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster")
            .field("servers", &self.servers)
            .field("clients", &self.clients)
            .field("rule", &self.placement.rule())
            .finish_non_exhaustive()
    }
}
