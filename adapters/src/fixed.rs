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
        let has_client = |index: &usize| *index < self.clients.len();
        match self.place(key) {
            Some(index) => Some(index).filter(has_client).ok_or(ErrorKind::NoServers),
            None => match self.placement.place_alive(key, self.servers, |_| true) {
                Some(_) => Err(ErrorKind::ServerEjected),
                None => Err(ErrorKind::NoServers),
            },
        }
        .map_err(Error::from)
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

/// How many keys are on their way at a time.
const GROUP: usize = 16;

/// How far a key of a group is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Place {
    /// Told of, or not there.
    #[default]
    Done,
    /// To be sent to this server.
    Waits(usize),
    /// Sent to this server.
    Sent(usize),
}

macro_rules! batches {
    (
        $colour:ident, [$($async:ident)?], [$($await:tt)*], [$($_functions:tt)*],
        $_open:literal, $_wait:literal
    ) => {
        impl<T: Transport, S: Storage, const N: usize> Cluster<'_, $colour::Client<Resting<T>, S, N>> {
            /// Gets many items: `each` is told of every key what came of it, once, and of those of a server
            /// that is down the error.
            ///
            /// 16 keys at a time are split by server. Each server is sent what fits of its own before any
            /// reply is read: `N` keys, unless the send storage is smaller. Keys come in another order than
            /// they were given. The time limit runs anew with every reply, and nothing is repeated.
            pub $($async)? fn get_each<K: AsRef<[u8]>>(&mut self, keys: &[K], mut each: impl FnMut(&K, Result<Option<Item<'_>>, Error>)) {
                for keys in keys.chunks(GROUP) {
                    let mut places = [Place::Done; GROUP];
                    for (key, place) in keys.iter().zip(&mut places) {
                        let bytes = key.as_ref();
                        match Key::new(bytes).map_err(Error::from).and_then(|_| self.find(bytes)) {
                            Ok(index) => *place = Place::Waits(index),
                            Err(error) => each(key, Err(error)),
                        }
                    }
                    for index in 0..self.clients.len() {
                        if let Some(client) = self.clients.get_mut(index) {
                            // Replies may be left of a call that was dropped: they are not these keys'.
                            client.forget();
                        }
                        self.send_keys(index, keys, &mut places, &mut each) $($await)*;
                    }
                    for index in 0..self.clients.len() {
                        self.take_items(index, keys, &mut places, &mut each) $($await)*;
                    }
                }
            }

            /// Sends what fits of a server's keys.
            $($async)? fn send_keys<K: AsRef<[u8]>>(&mut self, index: usize, keys: &[K], places: &mut [Place; GROUP], each: &mut impl FnMut(&K, Result<Option<Item<'_>>, Error>)) {
                let Some(client) = self.clients.get_mut(index) else {
                    return;
                };
                let mut is_to_go = false;
                for (key, place) in keys.iter().zip(&mut *places) {
                    if *place != Place::Waits(index) {
                        continue;
                    }
                    // It was a key when it was placed.
                    let Ok(get) = Key::new(key.as_ref()).map(Get::new) else {
                        continue;
                    };
                    match client.send(&get) $($await)* {
                        Ok(()) => (*place, is_to_go) = (Place::Sent(index), true),
                        // What was sent makes room when it is answered.
                        Err(error) if error.kind() == ErrorKind::Full && is_to_go => break,
                        Err(error) => {
                            *place = Place::Done;
                            each(key, Err(error));
                        }
                    }
                }
                if is_to_go && let Err(error) = client.flush() $($await)* {
                    for (key, place) in keys.iter().zip(places) {
                        if *place == Place::Sent(index) {
                            *place = Place::Done;
                            each(key, Err(error));
                        }
                    }
                }
            }

            /// Takes the items of a server's keys, and sends the others as there is room.
            $($async)? fn take_items<K: AsRef<[u8]>>(&mut self, index: usize, keys: &[K], places: &mut [Place; GROUP], each: &mut impl FnMut(&K, Result<Option<Item<'_>>, Error>)) {
                while places.contains(&Place::Waits(index)) || places.contains(&Place::Sent(index)) {
                    for (key, place) in keys.iter().zip(&mut *places) {
                        if *place == Place::Sent(index) && let Some(client) = self.clients.get_mut(index) {
                            *place = Place::Done;
                            client.take_up();
                            each(key, client.receive::<Get<'_>>() $($await)*);
                        }
                    }
                    self.send_keys(index, keys, places, each) $($await)*;
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
