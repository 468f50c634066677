//! The methods of a cluster that concern many keys or every server, declared once for both colours.

use alloc::vec::Vec;

use minimc_core::command::{
    Command, CountMany, DeleteMany, FlushAll, GetMany, Noop, StoreMany, TouchMany, Version,
};
use minimc_core::{Error, Expiry, Storage, Text};

use super::together::together;
use super::{BlockingMany, Cluster, Many};
use crate::transport::Transport;
use crate::{blocking, client};

macro_rules! methods {
    ($colour:ident, $many:ident, [$($async:ident)?], [$($await:tt)*]) => {
        impl<T: Transport, S: Storage, const N: usize> Cluster<$colour::Client<T, S, N>> {
            /// Gets any number of items: each key, as it was given, comes with its item, with `None` for
            /// a miss, or with its own error.
            pub $($async)? fn get_many<'k, K: AsRef<[u8]>>(&mut self, keys: &'k [K]) -> $many<'_, GetMany<'k, K>, T, S, N> {
                self.batch(GetMany::new(keys)) $($await)*
            }

            /// Stores any number of values until `expiry`, whatever there was.
            pub $($async)? fn set_many<'k, K: AsRef<[u8]>, V: AsRef<[u8]>>(&mut self, items: &'k [(K, V)], expiry: Expiry) -> $many<'_, StoreMany<'k, K, V>, T, S, N> {
                let expiry = self.resolve(expiry);
                self.batch(StoreMany::set(items).expiry(expiry)) $($await)*
            }

            /// Stores those of any number of values of which there is no item yet, until `expiry`.
            pub $($async)? fn add_many<'k, K: AsRef<[u8]>, V: AsRef<[u8]>>(&mut self, items: &'k [(K, V)], expiry: Expiry) -> $many<'_, StoreMany<'k, K, V>, T, S, N> {
                let expiry = self.resolve(expiry);
                self.batch(StoreMany::add(items).expiry(expiry)) $($await)*
            }

            /// Removes any number of items: each key comes with whether it was there.
            pub $($async)? fn delete_many<'k, K: AsRef<[u8]>>(&mut self, keys: &'k [K]) -> $many<'_, DeleteMany<'k, K>, T, S, N> {
                self.batch(DeleteMany::new(keys)) $($await)*
            }

            /// Adds `delta` to any number of numbers: each key comes with its new one, or with
            /// [`NotFound`](crate::ErrorKind::NotFound).
            pub $($async)? fn incr_many<'k, K: AsRef<[u8]>>(&mut self, keys: &'k [K], delta: u64) -> $many<'_, CountMany<'k, K>, T, S, N> {
                self.batch(CountMany::up(keys, delta)) $($await)*
            }

            /// Subtracts `delta` from any number of numbers, down to 0: each key comes with its new one,
            /// or with [`NotFound`](crate::ErrorKind::NotFound).
            pub $($async)? fn decr_many<'k, K: AsRef<[u8]>>(&mut self, keys: &'k [K], delta: u64) -> $many<'_, CountMany<'k, K>, T, S, N> {
                self.batch(CountMany::down(keys, delta)) $($await)*
            }

            /// Lets any number of items live until `expiry`: each key comes with whether it is there.
            pub $($async)? fn touch_many<'k, K: AsRef<[u8]>>(&mut self, keys: &'k [K], expiry: Expiry) -> $many<'_, TouchMany<'k, K>, T, S, N> {
                let expiry = self.resolve(expiry);
                self.batch(TouchMany::new(keys, expiry)) $($await)*
            }

            /// Makes every item of every server expire in `delay` seconds. What came of it, in the order
            /// of the servers.
            pub $($async)? fn flush_all(&mut self, delay: u32) -> Vec<Result<(), Error>> {
                self.call_all(&FlushAll::after(delay)) $($await)*
            }

            /// The version of each server, in their order.
            pub $($async)? fn version(&mut self) -> Vec<Result<Text, Error>> {
                self.call_all(&Version) $($await)*
            }

            /// Asks each server whether it answers, in their order.
            pub $($async)? fn noop(&mut self) -> Vec<Result<(), Error>> {
                self.call_all(&Noop) $($await)*
            }

            /// Takes leave of each server, in their order, and closes the connection to it; where there is
            /// none there is nothing to do. The next calls open new ones.
            pub $($async)? fn quit(&mut self) -> Vec<Result<(), Error>> {
                let mut left = Vec::with_capacity(self.clients.len());
                for client in &mut self.clients {
                    left.push(client.quit() $($await)*);
                }
                left
            }

            /// Closes all connections; the next calls open new ones.
            pub fn disconnect_all(&mut self) {
                for client in &mut self.clients {
                    client.disconnect();
                }
            }

            /// By the clock of any of the clients.
            pub(super) fn resolve(&self, expiry: Expiry) -> Expiry {
                self.clients.first().map_or(expiry, |client| client.resolve(expiry))
            }
        }
    };
}

methods!(client, Many, [async], [.await]);
methods!(blocking, BlockingMany, [], []);

impl<T: Transport, S: Storage, const N: usize> Cluster<client::Client<T, S, N>> {
    /// Carries out a command on every server at the same time. The replies come in the order of the
    /// servers.
    pub async fn call_all<C: Command>(&mut self, command: &C) -> Vec<Result<C::Reply<'_>, Error>> {
        let calls = self.lend_all();
        let calls = calls.map(async |client| client?.call(command).await);
        together(calls.collect()).await
    }
}

impl<T: Transport, S: Storage, const N: usize> Cluster<blocking::Client<T, S, N>> {
    /// Carries out a command on every server, one after the other. The replies come in the order of the
    /// servers.
    pub fn call_all<C: Command>(&mut self, command: &C) -> Vec<Result<C::Reply<'_>, Error>> {
        let calls = self.lend_all();
        calls.map(|client| client?.call(command)).collect()
    }
}
