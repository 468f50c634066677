//! Where a server is: a host and port, or the path of a Unix socket.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::SocketAddr;
use std::net::ToSocketAddrs;
use std::path::PathBuf;

use minimc_core::placement::{Server, Via};
use minimc_core::{During, ErrorKind};

/// Where a server is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Address {
    /// `host:port`, to be looked up with each connection.
    Tcp(String),
    /// The path of a Unix socket.
    Unix(PathBuf),
}

impl Address {
    /// Reads `host`, `host:port`, `[v6]`, `[v6]:port` or `/path`. The port is 11211 unless told.
    pub(crate) fn parse(text: &str) -> Self {
        if text.starts_with('/') {
            return Self::Unix(text.into());
        }
        let after_v6 = text.rsplit_once(']').map_or(text, |(_, rest)| rest);
        // More than one colon outside of brackets is an IPv6 address without them.
        match after_v6.matches(':').count() {
            0 => Self::Tcp(format!("{text}:11211")),
            1 => Self::Tcp(text.to_owned()),
            _ => Self::Tcp(format!("[{text}]:11211")),
        }
    }

    /// The address of a server of a list, as [`parse`](Self::parse) reads it.
    pub(crate) fn of(server: &Server<'_>) -> Result<String, ErrorKind> {
        let (host, port) = (server.host(), server.port());
        match server.via() {
            Via::Unix => Ok(host.to_owned()),
            Via::Tcp if host.contains(':') => Ok(format!("[{host}]:{port}")),
            Via::Tcp => Ok(format!("{host}:{port}")),
            Via::Udp => Err(ErrorKind::Unsupported(
                "datagrams have a client of their own, udp::Client",
            )),
        }
    }

    /// The addresses that the host has now. Waits for the resolver.
    pub(crate) fn look_up(host: &str) -> Result<Vec<SocketAddr>, ErrorKind> {
        let found = host.to_socket_addrs();
        let found = found.map_err(|error| io_error(&error, During::Lookup))?;
        Ok(found.collect())
    }

    /// The same on tokio.
    #[cfg(feature = "tokio")]
    pub(crate) async fn look_up_async(host: &str) -> Result<Vec<SocketAddr>, ErrorKind> {
        let found = tokio::net::lookup_host(host).await;
        let found = found.map_err(|error| io_error(&error, During::Lookup))?;
        Ok(found.collect())
    }
}

/// What the operating system's error means.
pub(crate) fn io_error(error: &std::io::Error, during: During) -> ErrorKind {
    match error.kind() {
        std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut => ErrorKind::TimedOut,
        _ => ErrorKind::Io {
            during,
            code: error.raw_os_error().unwrap_or(0),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (text, address) in [
            ("cache", Address::Tcp("cache:11211".into())),
            ("cache:11212", Address::Tcp("cache:11212".into())),
            ("127.0.0.1", Address::Tcp("127.0.0.1:11211".into())),
            ("[::1]", Address::Tcp("[::1]:11211".into())),
            ("[::1]:11212", Address::Tcp("[::1]:11212".into())),
            ("::1", Address::Tcp("[::1]:11211".into())),
            (
                "/run/memcached.sock",
                Address::Unix("/run/memcached.sock".into()),
            ),
        ] {
            assert_eq!(Address::parse(text), address, "{text}");
        }
    }
}
