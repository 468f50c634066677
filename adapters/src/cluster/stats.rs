//! What every server of a cluster tells of itself.

use alloc::vec::Vec;

use minimc_core::command::{General, Settings, Statistic, Stats};
use minimc_core::{Error, Storage};

use super::Cluster;
use crate::transport::Transport;
use crate::{blocking, client};

macro_rules! methods {
    ($colour:ident, [$($async:ident)?], [$($await:tt)*]) => {
        impl<T: Transport, S: Storage, const N: usize> Cluster<$colour::Client<T, S, N>> {
            /// Asks each server for statistics, one server after the other: `each` has every line, with the
            /// index of the server. What came of it, in the order of the servers.
            ///
            /// ```no_run
            /// use minimc::command::Stats;
            ///
            /// # fn main() -> Result<(), minimc::Error> {
            /// let mut cluster = minimc::net::Cluster::connect_lazy(&["10.0.0.1", "10.0.0.2"])?;
            /// let mut items = [0; 2];
            /// cluster.stats(Stats::GENERAL, |server, stat| {
            ///     if stat.name == b"curr_items" {
            ///         items[server] = stat.number().unwrap_or(0);
            ///     }
            /// });
            /// # Ok(())
            /// # }
            /// ```
            pub $($async)? fn stats(&mut self, stats: Stats<'_>, mut each: impl FnMut(usize, Statistic<'_>)) -> Vec<Result<(), Error>> {
                let mut outcomes = Vec::with_capacity(self.clients.len());
                for (server, client) in self.lend_all().enumerate() {
                    let client = match client {
                        Ok(client) => client,
                        Err(kind) => {
                            outcomes.push(Err(kind.into()));
                            continue;
                        }
                    };
                    let outcome = match client.stats(stats) $($await)* {
                        Ok(mut lines) => loop {
                            match lines.next() $($await)* {
                                Ok(Some(stat)) => each(server, stat),
                                end => break end.map(drop),
                            }
                        },
                        Err(error) => Err(error),
                    };
                    outcomes.push(outcome);
                }
                outcomes
            }

            /// The general statistics of each server, in their order, one after the other.
            pub $($async)? fn general_stats(&mut self) -> Vec<Result<General, Error>> {
                let mut all = Vec::with_capacity(self.clients.len());
                for client in self.lend_all() {
                    all.push(match client {
                        Ok(client) => client.general_stats() $($await)*,
                        Err(kind) => Err(kind.into()),
                    });
                }
                all
            }

            /// How each server was set up, in their order, one after the other.
            pub $($async)? fn settings(&mut self) -> Vec<Result<Settings, Error>> {
                let mut all = Vec::with_capacity(self.clients.len());
                for client in self.lend_all() {
                    all.push(match client {
                        Ok(client) => client.settings() $($await)*,
                        Err(kind) => Err(kind.into()),
                    });
                }
                all
            }

            /// Sets the counters of each server to 0.
            pub $($async)? fn reset_stats(&mut self) -> Vec<Result<(), Error>> {
                self.stats(Stats::RESET, |_, _| {}) $($await)*
            }
        }
    };
}

methods!(client, [async], [.await]);
methods!(blocking, [], []);
