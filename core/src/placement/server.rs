//! Servers, as lists and option strings write them.

use core::fmt;

/// A server of a list: where it is, and how much of the keys it is to have.
///
/// Its name is placed as it is written: `localhost` and `127.0.0.1` are two servers to a ring, and so
/// are a name with a dot at its end and the same without.
///
/// ```
/// use minimc_core::placement::{BadServer, Server, Via};
///
/// let server = Server::parse("10.0.1.2:11212:3")?; // as pylibmc has it
/// assert_eq!((server.host(), server.port(), server.weight()), ("10.0.1.2", 11212, 3));
///
/// assert_eq!(Server::parse("10.0.1.2")?.port(), 11211);
/// assert_eq!(Server::parse("[fe80::1]:11212")?.host(), "fe80::1");
/// assert_eq!(Server::parse("/run/memcached.sock")?.via(), Via::Unix);
/// assert_eq!(Server::parse("udp:10.0.1.2")?.via(), Via::Udp);
/// assert_eq!(Server::parse("10.0.1.2:http"), Err(BadServer::Port));
/// # Ok::<(), BadServer>(())
/// ```
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Server<'a> {
    host: &'a str,
    port: u16,
    weight: u32,
    via: Via,
}

/// How a server is reached.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Via {
    /// A TCP connection.
    Tcp,
    /// UDP datagrams.
    Udp,
    /// A Unix socket, of which the host is the path.
    Unix,
}

impl<'a> Server<'a> {
    /// memcached's port, which stands where none is written, and which libmemcached leaves out of the
    /// names of points.
    pub const PORT: u16 = 11211;

    /// The most bytes of a host or path.
    pub const LIMIT: usize = 255;

    /// A server that is reached by TCP, of weight 1.
    ///
    /// # Errors
    ///
    /// [`BadServer::Empty`] and [`BadServer::TooLong`], of the host.
    pub const fn tcp(host: &'a str, port: u16) -> Result<Self, BadServer> {
        Self::new(host, port, Via::Tcp)
    }

    /// A server that is reached by UDP, of weight 1.
    ///
    /// # Errors
    ///
    /// [`BadServer::Empty`] and [`BadServer::TooLong`], of the host.
    pub const fn udp(host: &'a str, port: u16) -> Result<Self, BadServer> {
        Self::new(host, port, Via::Udp)
    }

    /// A server that is reached by a Unix socket, of weight 1. Its port is 0.
    ///
    /// # Errors
    ///
    /// [`BadServer::Empty`] and [`BadServer::TooLong`], of the path.
    pub const fn unix(path: &'a str) -> Result<Self, BadServer> {
        Self::new(path, 0, Via::Unix)
    }

    /// The same server with another weight; 0 counts as 1, as it does in libmemcached.
    pub const fn with_weight(self, weight: u32) -> Self {
        let weight = if weight == 0 { 1 } else { weight };
        Self { weight, ..self }
    }

    /// Reads a server as pylibmc's lists write it: `host`, `host:port`, `host:port:weight`, with
    /// `udp:` before any of these, `[v6]`, `[v6]:port`, `[v6]:port:weight`, or the path of a socket,
    /// which begins with a slash and goes on to the end.
    ///
    /// # Errors
    ///
    /// Every [`BadServer`].
    pub fn parse(text: &'a str) -> Result<Self, BadServer> {
        if text.starts_with('/') {
            return Self::unix(text);
        }
        let (text, via) = match text.strip_prefix("udp:") {
            Some(text) => (text, Via::Udp),
            None => (text, Via::Tcp),
        };
        let (host, rest) = match text.strip_prefix('[') {
            Some(text) => {
                let (host, rest) = text.split_once(']').ok_or(BadServer::Bracket)?;
                if rest.is_empty() {
                    (host, None)
                } else {
                    (
                        host,
                        Some(rest.strip_prefix(':').ok_or(BadServer::Bracket)?),
                    )
                }
            }
            None => match text.split_once(':') {
                Some((host, rest)) => (host, Some(rest)),
                None => (text, None),
            },
        };
        let (port, weight) = match rest.map(|rest| rest.split_once(':').unwrap_or((rest, "1"))) {
            Some((port, weight)) => (
                port.parse().map_err(|_| BadServer::Port)?,
                weight.parse().map_err(|_| BadServer::Weight)?,
            ),
            None => (Self::PORT, 1),
        };
        Ok(Self::new(host, port, via)?.with_weight(weight))
    }

    /// The host as it is written, without brackets; of a Unix socket the path.
    pub const fn host(&self) -> &'a str {
        self.host
    }

    /// The port; 0 of a Unix socket.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The weight, at least 1.
    pub const fn weight(&self) -> u32 {
        self.weight
    }

    /// How it is reached.
    pub const fn via(&self) -> Via {
        self.via
    }

    const fn new(host: &'a str, port: u16, via: Via) -> Result<Self, BadServer> {
        match host.len() {
            0 => Err(BadServer::Empty),
            1..=Self::LIMIT => Ok(Self {
                host,
                port,
                weight: 1,
                via,
            }),
            _ => Err(BadServer::TooLong),
        }
    }
}

// A derived one would show the host as text, which can panic.
impl fmt::Debug for Server<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            host,
            port,
            weight,
            via,
        } = self;
        let host = host.as_bytes().escape_ascii();
        write!(f, "Server({via:?} \"{host}\" port {port}, weight {weight})")
    }
}

/// Sorts servers by host and then by port, as `_sort_hosts` of pylibmc and `--SORT-HOSTS` of
/// libmemcached do: lists in any order are one list then.
///
/// ```
/// use minimc_core::placement::{Server, sort_hosts};
///
/// let mut servers = [Server::parse("b")?, Server::parse("a:2")?, Server::parse("a:1")?];
/// sort_hosts(&mut servers);
/// assert_eq!(servers.map(|server| server.port()), [1, 2, 11211]);
/// # Ok::<(), minimc_core::placement::BadServer>(())
/// ```
pub fn sort_hosts(servers: &mut [Server<'_>]) {
    // The standard library's can panic where an order is none. A list of servers is short.
    let cells = core::cell::Cell::from_mut(servers).as_slice_of_cells();
    for end in 1..cells.len() {
        let before = cells.get(..=end).unwrap_or_default();
        for pair in before.windows(2).rev() {
            let [one, next] = pair else { break };
            let (first, second) = (one.get(), next.get());
            if (first.host, first.port) <= (second.host, second.port) {
                break;
            }
            one.swap(next);
        }
    }
}

/// Why a server was refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(test, derive(Hash))]
pub enum BadServer {
    /// There is no host.
    Empty,
    /// The host or path has more than [`Server::LIMIT`] bytes.
    TooLong,
    /// A bracket is not closed, or something else than a colon is behind it.
    Bracket,
    /// The port is no number up to 65535.
    Port,
    /// The weight is no number of 32 bits.
    Weight,
}

impl fmt::Display for BadServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the server has no host",
            Self::TooLong => "the host is longer than 255 bytes",
            Self::Bracket => "a bracket is not closed, or no colon is behind it",
            Self::Port => "the port is no number up to 65535",
            Self::Weight => "the weight is no number of 32 bits",
        })
    }
}

impl core::error::Error for BadServer {}

#[cfg(test)]
mod tests {
    use std::format;

    use super::*;

    /// The examples of pylibmc's `translate_server_spec`, and what is around them.
    #[test]
    fn parsed_as_pylibmc_does() {
        let table = [
            ("127.0.0.1", Ok((Via::Tcp, "127.0.0.1", 11211, 1))),
            ("udp:127.0.0.1", Ok((Via::Udp, "127.0.0.1", 11211, 1))),
            (
                "/run/memcached.sock",
                Ok((Via::Unix, "/run/memcached.sock", 0, 1)),
            ),
            ("/run/a:1:2", Ok((Via::Unix, "/run/a:1:2", 0, 1))),
            ("127.0.0.1:22122", Ok((Via::Tcp, "127.0.0.1", 22122, 1))),
            ("127.0.0.1:1234:2", Ok((Via::Tcp, "127.0.0.1", 1234, 2))),
            ("host:1:0", Ok((Via::Tcp, "host", 1, 1))),
            ("[::1]:22122", Ok((Via::Tcp, "::1", 22122, 1))),
            ("[::1]", Ok((Via::Tcp, "::1", 11211, 1))),
            ("[::1]:22122:3", Ok((Via::Tcp, "::1", 22122, 3))),
            ("udp:[::1]:7", Ok((Via::Udp, "::1", 7, 1))),
            ("", Err(BadServer::Empty)),
            (":11211", Err(BadServer::Empty)),
            ("[::1", Err(BadServer::Bracket)),
            ("[::1]1", Err(BadServer::Bracket)),
            ("host:", Err(BadServer::Port)),
            ("host:65536", Err(BadServer::Port)),
            ("host:1:", Err(BadServer::Weight)),
            ("host:1:4294967296", Err(BadServer::Weight)),
            ("host:1:2:3", Err(BadServer::Weight)),
        ];
        for (text, expected) in table {
            let parsed = Server::parse(text);
            let parsed = parsed.map(|s| (s.via(), s.host(), s.port(), s.weight()));
            assert_eq!(parsed, expected, "{text}");
        }
        assert!(Server::parse(&"h".repeat(255)).is_ok());
        assert_eq!(Server::parse(&"h".repeat(256)), Err(BadServer::TooLong));
    }

    #[test]
    fn hosts_are_sorted() {
        for seed in 0..200_u32 {
            let names: std::vec::Vec<_> = (0..seed % 9)
                .map(|i| format!("h{}:{}", (seed * 7 + i * 13) % 3, (seed + i * 5) % 4))
                .collect();
            let mut ours: std::vec::Vec<_> = names
                .iter()
                .map(|name| Server::parse(name).unwrap())
                .collect();
            let mut expected = ours.clone();
            sort_hosts(&mut ours);
            expected.sort_by_key(|server| (server.host(), server.port()));
            assert_eq!(ours, expected);
        }
    }
}
