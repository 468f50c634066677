//! The nodes of an Amazon ElastiCache cluster.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;

use minimc_core::command::{self, ClusterConfig, Node};
use minimc_core::placement::{Server, Via};
use minimc_core::{Error, ErrorKind, Storage};

use super::Known;
use crate::transport::Transport;
use crate::{blocking, client};

/// The nodes of an ElastiCache cluster, which every node knows, and the cluster's configuration endpoint
/// leads to one.
///
/// ```no_run
/// use core::time::Duration;
/// use minimc::{Error, discovery::ElastiCache, net};
///
/// # fn main() -> Result<(), Error> {
/// let endpoint = net::Client::connect("my-cluster.cfg.use1.cache.amazonaws.com:11211")?;
/// let mut nodes = ElastiCache::new(endpoint, Duration::from_secs(60));
/// let mut cluster = net::Cluster::connect_lazy(nodes.poll()?.unwrap_or_default())?;
/// // and now and then:
/// if let Some(servers) = nodes.poll()? {
///     cluster.set_servers(servers)?;
/// }
/// # Ok(())
/// # }
/// ```
///
/// The nodes have a version, which grows: an older one, of a node that lags behind, is not taken. When the
/// endpoint was given to another cluster, begin anew.
#[derive(Debug)]
pub struct ElastiCache<C> {
    client: C,
    command: ClusterConfig,
    by_name: bool,
    version: Option<u64>,
    known: Known,
}

impl<C> ElastiCache<C> {
    /// The nodes as this client is told them, to be asked for when `period` has gone by; Amazon's own
    /// clients ask every 60 s.
    pub fn new(client: C, period: Duration) -> Self {
        Self {
            client,
            command: ClusterConfig::new(),
            by_name: false,
            version: None,
            known: Known::new(period),
        }
    }

    /// Asks for the item in which services other than ElastiCache's memcached 1.4.14 and later keep the
    /// nodes: see [`ClusterConfig::as_item`].
    #[must_use]
    pub fn as_item(mut self) -> Self {
        self.command = ClusterConfig::as_item();
        self
    }

    /// Names the servers by their host names, not by their addresses. Keys are placed by these names:
    /// choose what the other programs do.
    #[must_use]
    pub fn by_name(mut self) -> Self {
        self.by_name = true;
        self
    }

    /// The version of the nodes that were told last.
    pub fn version(&self) -> Option<u64> {
        self.version
    }
}

macro_rules! methods {
    ($colour:ident, [$($async:ident)?], [$($await:tt)*]) => {
        impl<T: Transport, S: Storage, const N: usize> ElastiCache<$colour::Client<T, S, N>> {
            /// The servers, if it is time to ask and they are others than when this told them last.
            ///
            /// Fails as the call does, with [`Command`](ErrorKind::Command) if the server is no ElastiCache, with
            /// [`NoServers`](ErrorKind::NoServers) if it knows of none, and with
            /// [`Malformed`](ErrorKind::Malformed) of one that is no server: then the servers are who they were.
            pub $($async)? fn poll(&mut self) -> Result<Option<&[String]>, Error> {
                if !self.known.is_due() {
                    return Ok(None);
                }
                let Some(nodes) = self.client.call(&self.command) $($await)* ? else {
                    return Err(ErrorKind::NoServers.into());
                };
                let version = nodes.version;
                if self.version.is_some_and(|known| known >= version) {
                    return Ok(None);
                }
                let servers = servers(nodes, self.by_name)?;
                self.version = Some(version);
                Ok(self.known.told(servers))
            }
        }
    };
}

methods!(client, [async], [.await]);
methods!(blocking, [], []);

/// The servers as lists have them, if all are some.
fn servers(nodes: command::Cluster<'_>, by_name: bool) -> Result<Vec<String>, ErrorKind> {
    let server = |node: Node<'_>| {
        let port = node.port;
        // An address that is not known yet is empty.
        if by_name || node.ip.is_empty() {
            let name = format!("{}:{port}", node.host);
            // What it names in a list may be something else, or nothing.
            let server = Server::parse(&name).ok()?;
            let is_it = (server.via(), server.host(), server.port()) == (Via::Tcp, node.host, port);
            return is_it.then_some(name);
        }
        let ip: IpAddr = node.ip.parse().ok()?;
        Some(SocketAddr::new(ip, port).to_string())
    };
    let servers: Option<Vec<_>> = nodes.nodes().map(server).collect();
    match servers {
        Some(servers) if servers.is_empty() => Err(ErrorKind::NoServers),
        servers => servers.ok_or(ErrorKind::Malformed),
    }
}
