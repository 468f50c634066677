//! Copies of an item on several servers.
//!
//! With [`ClusterOptions::replicas`](super::ClusterOptions::replicas) a key has copies on that many servers
//! more: those behind its own in the list, and behind the last one the first, which is where libmemcached
//! and pylibmc have theirs (`num_replicas`; there it works in the binary protocol only, here in each).
//! Nothing is copied unless it is asked for, by the methods that have `replica` in their name.
//!
//! ```no_run
//! # use minimc::{Error, Expiry, Options, cluster::ClusterOptions, net::Cluster};
//! # fn main() -> Result<(), Error> {
//! let options = ClusterOptions { replicas: 1, ..ClusterOptions::default() };
//! let servers = ["10.0.0.1", "10.0.0.2", "10.0.0.3"];
//! let mut cluster = Cluster::connect_lazy_with(&servers, Options::default(), options)?;
//!
//! for (server, stored) in cluster.set_replicas("plan", "a", Expiry::NEVER)? {
//!     println!("server {server}: {stored:?}"); // what became of each copy
//! }
//! let plan = cluster.get_replica("plan")?;
//! for (server, error) in &plan.failed {
//!     println!("server {server} was asked before, and failed: {error}");
//! }
//! if let Some(item) = plan.answer? {
//!     println!("{}", item.value.escape_ascii());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What it cannot promise
//!
//! memcached knows nothing of copies: each is an item of its own.
//!
//! - Copies differ when a write reached some of the servers only, which is told, or when two programs write
//!   at once, which nobody can tell. Nothing makes them equal again but the next write.
//! - A server that was down, or lost an item to others, answers with a miss, or with the value from before
//!   it was down, and an answer it is: no other copy is asked. So a copy helps while its server is down, not
//!   after it is back.
//! - There is no CAS value, no lease and no counter over copies: each server would give its own.

use alloc::vec::Vec;

use minimc_core::command::{Command, Delete, Get, Item, Store, Stored};
use minimc_core::{Error, ErrorKind, Expiry, IntoKey, Storage};

use super::healths::random;
use super::together::together;
use super::{Cluster, Member};
use crate::blocking::now;
use crate::transport::Transport;
use crate::{blocking, client};

/// What became of each copy, with the index of its server; that of the key's own server first.
pub type Copies<R> = Vec<(usize, Result<R, Error>)>;

/// What a copy said.
#[derive(Clone, Debug)]
pub struct Replica<R> {
    /// The answer of the first server that gave one, be it a miss or a refusal. Without any, the error of
    /// the last one asked.
    pub answer: Result<R, Error>,

    /// The servers that were asked before and failed, by their index.
    pub failed: Vec<(usize, Error)>,
}

impl<C> Cluster<C> {
    /// The indexes of the servers that have copies of a key: its own first, and then those behind it, each
    /// once. Who is ejected has none of the keys that moved, but may have copies of others.
    pub fn replicas(&self, key: impl AsRef<[u8]>) -> Vec<usize> {
        let count = self.clients.len();
        let Some(first) = self.place(key) else {
            return Vec::new();
        };
        let copies = self.replicas.saturating_add(1).min(count);
        let behind = (0..count).cycle().skip(first);
        behind.take(copies).collect()
    }
}

impl<C: Member> Cluster<C> {
    /// The clients of a key's copies, or why not to ask one.
    fn copies(&mut self, key: &[u8]) -> Vec<(usize, Result<&mut C, ErrorKind>)> {
        self.learn();
        let places = self.replicas(key);
        let order = |index: usize| places.iter().position(|place| *place == index);
        let mut copies: Vec<_> = self.lend_those(|index| places.contains(&index)).collect();
        copies.sort_by_key(|(index, _)| order(*index));
        copies
    }

    /// Whom to ask for a copy.
    fn reading_order(&mut self, key: &[u8]) -> Vec<usize> {
        self.learn();
        let mut places = self.replicas(key);
        if self.random_replica && !places.is_empty() {
            let first = random() as usize % places.len();
            places.rotate_left(first);
        }
        places
    }
}

macro_rules! methods {
    ($colour:ident, [$($async:ident)?], [$($await:tt)*], |$client:ident, $command:ident| $exchange:expr, $reply:expr) => {
        impl<T: Transport, S: Storage, const N: usize> Cluster<$colour::Client<T, S, N>> {
            /// Stores `value` until `expiry` on every server that has a copy of the key. See
            /// [`replicas`](crate::cluster::replicas).
            ///
            /// Fails only if the key is none.
            pub $($async)? fn set_replicas<'k>(&mut self, key: impl IntoKey<'k>, value: &(impl AsRef<[u8]> + ?Sized), expiry: Expiry) -> Result<Copies<Stored>, Error> {
                let (key, expiry) = (key.into_key()?, self.resolve(expiry));
                let store = Store::set(key, value.as_ref()).expiry(expiry);
                Ok(self.call_replicas(key.bytes(), &store) $($await)*)
            }

            /// Removes the item from every server that has a copy of it; `false` where there was none. See
            /// [`replicas`](crate::cluster::replicas).
            ///
            /// Fails only if the key is none.
            pub $($async)? fn delete_replicas<'k>(&mut self, key: impl IntoKey<'k>) -> Result<Copies<bool>, Error> {
                let key = key.into_key()?;
                Ok(self.call_replicas(key.bytes(), &Delete::new(key)) $($await)*)
            }

            /// Gets a copy of the item: of the first server that answers, the key's own or a
            /// [random one](super::ClusterOptions::random_replica) first. See
            /// [`replicas`](crate::cluster::replicas).
            ///
            /// Fails only if the key is none.
            pub $($async)? fn get_replica<'k>(&mut self, key: impl IntoKey<'k>) -> Result<Replica<Option<Item<'_>>>, Error> {
                let key = key.into_key()?;
                Ok(self.call_replica(key.bytes(), &Get::new(key)) $($await)*)
            }

            /// Carries out a command on one of the servers that have a copy of `key`: the first that
            /// answers.
            pub $($async)? fn call_replica<C: Command>(&mut self, key: impl AsRef<[u8]>, $command: &C) -> Replica<C::Reply<'_>> {
                let (mut failed, mut found) = (Vec::new(), None);
                for index in self.reading_order(key.as_ref()) {
                    let asked = match self.lend(index) {
                        Ok($client) => $exchange.map_err(Error::from),
                        Err(error) => Err(error),
                    };
                    match asked {
                        Ok(()) => {
                            found = Some(index);
                            break;
                        }
                        Err(error) => failed.push((index, error)),
                    }
                }
                let last = failed.last().map(|(_, error)| *error);
                let answer = match found.and_then(|index| self.clients.get_mut(index)) {
                    Some($client) => $reply,
                    None => Err(last.unwrap_or(ErrorKind::NoServers.into())),
                };
                Replica { answer, failed }
            }
        }
    };
}

methods!(
    client,
    [async],
    [.await],
    |client, command| client.exchange(command).await,
    client.reply::<C>()
);
methods!(
    blocking,
    [],
    [],
    |client, command| now(client.inner.exchange(command)),
    client.inner.reply::<C>()
);

impl<T: Transport, S: Storage, const N: usize> Cluster<client::Client<T, S, N>> {
    /// Carries out a command on every server that has a copy of `key`, at the same time.
    pub async fn call_replicas<C: Command>(
        &mut self,
        key: impl AsRef<[u8]>,
        command: &C,
    ) -> Copies<C::Reply<'_>> {
        let copies = self.copies(key.as_ref()).into_iter();
        let calls = copies.map(async |(index, client)| match client {
            Ok(client) => (index, client.call(command).await),
            Err(kind) => (index, Err(kind.into())),
        });
        together(calls.collect()).await
    }
}

impl<T: Transport, S: Storage, const N: usize> Cluster<blocking::Client<T, S, N>> {
    /// Carries out a command on every server that has a copy of `key`, one after the other.
    pub fn call_replicas<C: Command>(
        &mut self,
        key: impl AsRef<[u8]>,
        command: &C,
    ) -> Copies<C::Reply<'_>> {
        let copies = self.copies(key.as_ref()).into_iter();
        let calls = copies.map(|(index, client)| match client {
            Ok(client) => (index, client.call(command)),
            Err(kind) => (index, Err(kind.into())),
        });
        calls.collect()
    }
}
