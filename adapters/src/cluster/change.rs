//! Servers that come and go.

use alloc::vec::Vec;

use minimc_core::Error;
use minimc_core::health::Health;
use minimc_core::placement::{Placement, Point, Server};

use super::roster::Roster;
use super::{Cluster, Member, place};

impl<C: Member> Cluster<C> {
    /// Makes these the servers, in this order. Those that are there already keep their clients, so their
    /// connections, and what is known of their health; those that are not named are dropped with theirs.
    /// Keys are placed anew.
    ///
    /// Fails as [`new`](Self::new) does, and then nothing has changed.
    pub fn set_servers<A: AsRef<str>>(&mut self, servers: &[A]) -> Result<(), Error> {
        let parsed: Vec<_> = servers
            .iter()
            .map(|server| Server::parse(server.as_ref()))
            .collect::<Result<_, _>>()?;
        let old = self.roster.clone();
        self.change_from(&old, &parsed)
    }

    /// Adds a server behind the others. Keys are placed anew; no connection is touched.
    ///
    /// Fails as [`new`](Self::new) does, and then nothing has changed.
    pub fn add(&mut self, server: &str) -> Result<(), Error> {
        let added = Server::parse(server)?;
        let old = self.roster.clone();
        let servers: Vec<_> = old.servers().chain([added]).collect();
        self.change_from(&old, &servers)
    }

    /// Removes the server with this host and port, with its client; `false` if there is none. Keys are
    /// placed anew; the connections of the others stay.
    ///
    /// Fails with [`Address`](crate::ErrorKind::Address), and then nothing has changed.
    pub fn remove(&mut self, server: &str) -> Result<bool, Error> {
        let removed = Server::parse(server)?;
        let old = self.roster.clone();
        let mut servers: Vec<_> = old.servers().collect();
        let index = servers.iter().position(|one| is_same(one, &removed));
        if let Some(index) = index {
            servers.remove(index);
        }
        self.change_from(&old, &servers)?;
        Ok(index.is_some())
    }

    /// Goes from the servers `old`, a copy of those there are, to others.
    fn change_from(&mut self, old: &Roster, servers: &[Server<'_>]) -> Result<(), Error> {
        // While the indexes are those of the servers before.
        self.learn();
        let prepared = self.prepare(old, servers)?;
        let mut before: Vec<_> = core::mem::take(&mut self.clients)
            .into_iter()
            .map(Some)
            .collect();
        let client = |kept| match kept {
            Kept::New(client) => Some(client),
            Kept::Old(index) => before.get_mut(index).and_then(Option::take),
        };
        self.clients = prepared.clients.into_iter().filter_map(client).collect();
        self.roster = Roster::new(servers);
        self.healths.each = prepared.healths;
        self.healths.ejected = prepared.ejected;
        self.placement = prepared.placement;
        // Their indexes are others.
        self.healths.lent = (0..self.clients.len()).collect();
        Ok(())
    }

    /// All that can fail of a change.
    fn prepare(&self, old: &Roster, servers: &[Server<'_>]) -> Result<Prepared<C>, Error> {
        let mut left: Vec<_> = old.servers().map(Some).collect();
        let (mut clients, mut healths, mut ejected) = (Vec::new(), Vec::new(), Vec::new());
        for (place, server) in servers.iter().enumerate() {
            let found = left
                .iter_mut()
                .enumerate()
                .find(|(_, one)| one.is_some_and(|one| is_same(&one, server)));
            let Some((index, one)) = found else {
                clients.push(Kept::New((self.connector)(server)?));
                healths.push(Health::new());
                continue;
            };
            *one = None;
            clients.push(Kept::Old(index));
            healths.push(self.healths.each.get(index).copied().unwrap_or_default());
            if self.healths.ejected.contains(&index) {
                ejected.push(place);
            }
        }
        Ok(Prepared {
            placement: place(self.placement.rule(), servers, &ejected)?,
            clients,
            healths,
            ejected,
        })
    }
}

/// What a cluster has after a change, for each server.
struct Prepared<C> {
    placement: Placement<Vec<Point>>,
    clients: Vec<Kept<C>>,
    healths: Vec<Health>,
    ejected: Vec<usize>,
}

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
