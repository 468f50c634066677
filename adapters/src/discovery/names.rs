//! Host names that are looked up again.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::future::{Future, ready};
use core::net::SocketAddr;
use core::time::Duration;

use minimc_core::placement::{Server, Via};
use minimc_core::{Error, ErrorKind};

use super::Known;
use crate::address::Address;
use crate::blocking::now;

/// Servers by host names, each of which may have several addresses: each address is a server.
///
/// The names keep the order of the list. The addresses of one name are sorted: resolvers hand them out
/// in turns, and that must not move keys. Sockets' paths and addresses in the list stay as they are.
///
/// Without this, a client of a server by name looks it up with each connection, and tries its addresses
/// in the resolver's order, each for its share of the time that is left.
#[derive(Debug)]
pub struct Names {
    names: Vec<String>,
    known: Known,
}

impl Names {
    /// These servers, written as pylibmc's lists have them ([`Server::parse`]), to be looked up when
    /// `period` has gone by. The weight of a name is that of each of its addresses.
    ///
    /// Fails with [`Address`](ErrorKind::Address), and with [`NoServers`](ErrorKind::NoServers) for an
    /// empty list.
    pub fn new<A: AsRef<str>>(servers: &[A], period: Duration) -> Result<Self, Error> {
        if servers.is_empty() {
            return Err(ErrorKind::NoServers.into());
        }
        for server in servers {
            Server::parse(server.as_ref())?;
        }
        Ok(Self {
            names: servers
                .iter()
                .map(|server| server.as_ref().to_owned())
                .collect(),
            known: Known::new(period),
        })
    }

    /// The servers, if it is time to look and they are others than when this told them last. Waits for the
    /// resolver.
    ///
    /// Fails if a name cannot be looked up, with [`Io`](ErrorKind::Io) during
    /// [`Lookup`](crate::During::Lookup): then the servers are who they were.
    pub fn poll(&mut self) -> Result<Option<&[String]>, Error> {
        self.poll_with(Address::look_up)
    }

    /// The same with a resolver of one's own, which gets `host:port`.
    pub fn poll_with(
        &mut self,
        mut look_up: impl FnMut(&str) -> Result<Vec<SocketAddr>, ErrorKind>,
    ) -> Result<Option<&[String]>, Error> {
        now(self.poll_by(|host| ready(look_up(&host))))
    }

    /// The same as [`poll`](Self::poll) on tokio, whose threads for what blocks wait for the resolver.
    ///
    /// It may be dropped at any time; then the names are looked up when a period has gone by.
    #[cfg(feature = "tokio")]
    pub async fn poll_async(&mut self) -> Result<Option<&[String]>, Error> {
        let look_up = async |host: String| Address::look_up_async(&host).await;
        self.poll_by(look_up).await
    }

    async fn poll_by<F: Future<Output = Result<Vec<SocketAddr>, ErrorKind>>>(
        &mut self,
        mut look_up: impl FnMut(String) -> F,
    ) -> Result<Option<&[String]>, Error> {
        if !self.known.is_due() {
            return Ok(None);
        }
        let mut servers = Vec::new();
        for name in &self.names {
            let server = Server::parse(name)?;
            match to_look_up(&server)? {
                Some(host) => add(&mut servers, &server, look_up(host).await?)?,
                None => servers.push(name.clone()),
            }
        }
        Ok(self.known.told(servers))
    }
}

/// `host:port` of a server that has a name.
fn to_look_up(server: &Server<'_>) -> Result<Option<String>, ErrorKind> {
    let is_address = server.host().parse::<core::net::IpAddr>().is_ok();
    if server.via() != Via::Tcp || is_address {
        return Ok(None);
    }
    Address::of(server).map(Some)
}

/// Adds a server for each address, as lists have them.
fn add(
    servers: &mut Vec<String>,
    server: &Server<'_>,
    mut found: Vec<SocketAddr>,
) -> Result<(), ErrorKind> {
    if found.is_empty() {
        return Err(ErrorKind::NoServers);
    }
    found.sort_unstable();
    found.dedup();
    servers.extend(found.iter().map(|address| match server.weight() {
        1 => format!("{address}"),
        weight => format!("{address}:{weight}"),
    }));
    Ok(())
}
