//! The servers of a cluster, which owns their names.

use alloc::string::String;
use alloc::vec::Vec;

use minimc_core::placement::{Server, Via};

/// A list of servers that owns their names.
#[derive(Clone, Debug, Default)]
pub(super) struct Roster {
    servers: Vec<Owned>,
}

#[derive(Clone, Debug)]
struct Owned {
    host: String,
    port: u16,
    weight: u32,
    via: Via,
}

/// Up to so many servers are listed without an allocation.
const FEW: usize = 16;

impl Roster {
    pub(super) fn new(servers: &[Server<'_>]) -> Self {
        let own = |server: &Server<'_>| Owned {
            host: server.host().into(),
            port: server.port(),
            weight: server.weight(),
            via: server.via(),
        };
        Self {
            servers: servers.iter().map(own).collect(),
        }
    }

    pub(super) fn servers(&self) -> impl Iterator<Item = Server<'_>> {
        self.servers.iter().filter_map(Owned::server)
    }

    /// Lends the servers as a slice, which nobody can keep beside their names.
    pub(super) fn with<R>(&self, work: impl FnOnce(&[Server<'_>]) -> R) -> R {
        let mut few = [None; FEW];
        let Some(first) = self.servers().next() else {
            return work(&[]);
        };
        if self.servers.len() > FEW {
            return work(&self.servers().collect::<Vec<_>>());
        }
        for (place, server) in few.iter_mut().zip(self.servers()) {
            *place = Some(server);
        }
        let few = few.map(|server| server.unwrap_or(first));
        work(few.get(..self.servers.len()).unwrap_or_default())
    }
}

impl Owned {
    /// Always there: it was one before.
    fn server(&self) -> Option<Server<'_>> {
        let server = match self.via {
            Via::Unix => Server::unix(&self.host),
            Via::Tcp => Server::tcp(&self.host, self.port),
            Via::Udp => Server::udp(&self.host, self.port),
        };
        Some(server.ok()?.with_weight(self.weight))
    }
}
