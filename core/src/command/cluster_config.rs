//! Asking a node of ElastiCache for the nodes of its cluster.

use core::fmt;

use super::Command;
use crate::decimal::Decimal;
use crate::error::{ErrorKind, Text};
use crate::wire::{Encoder, Frame, Protocol, Shape, Status, lines};

/// Asks for the nodes of a cluster: `config get cluster`, which only Amazon ElastiCache knows. The
/// binary protocol has no such thing.
#[derive(Clone, Copy, Debug)]
#[must_use = "a command does nothing until it is sent"]
pub struct ClusterConfig {
    is_item: bool,
}

impl ClusterConfig {
    /// Asks as ElastiCache's memcached 1.4.14 and later want it.
    pub const fn new() -> Self {
        Self { is_item: false }
    }

    /// Asks for the item in which those before it, and other services, keep the nodes:
    /// `AmazonElastiCache:cluster`. No prefix stands before that.
    pub const fn as_item() -> Self {
        Self { is_item: true }
    }
}

impl Default for ClusterConfig {
    fn default() -> Self {
        Self::new()
    }
}

impl Command for ClusterConfig {
    const NAME: &'static str = "config get cluster";
    const IS_READ: bool = true;
    type Reply<'b> = Option<Cluster<'b>>;

    fn encode<'v>(&'v self, out: &mut Encoder<'_, 'v>) {
        if out.protocol() == Protocol::Binary {
            out.unsupported("a cluster's nodes in the binary protocol");
        }
        let line: &[u8] = match self.is_item {
            false => b"config get cluster",
            true => b"get AmazonElastiCache:cluster",
        };
        out.line(line, Shape::CONFIG).end();
    }

    fn decode<'b>(frame: &Frame<'b>) -> Result<Option<Cluster<'b>>, ErrorKind> {
        match (frame.status(), frame.key()) {
            (Status::NotFound, _) => Ok(None),
            (Status::Value, b"cluster" | b"AmazonElastiCache:cluster") => {
                Cluster::read(frame.data()?).map(Some)
            }
            _ => Err(frame.unexpected()),
        }
    }
}

/// The nodes of a cluster, as of one of its versions.
#[derive(Clone, Copy, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Cluster<'b> {
    /// The version: it grows with every change.
    pub version: u64,
    nodes: &'b [u8],
}

impl<'b> Cluster<'b> {
    /// `12\nhost|ip|port host|ip|port\n`, each node whole.
    fn read(body: &'b [u8]) -> Result<Self, ErrorKind> {
        let at = body.iter().position(|&byte| byte == b'\n');
        let (version, nodes) = at
            .and_then(|at| body.split_at_checked(at))
            .ok_or(ErrorKind::Malformed)?;
        let version = lines::whole_number(version.trim_ascii())?;
        let cluster = Self { version, nodes };
        if !nodes.is_ascii() || !cluster.words().all(|word| Node::read(word).is_some()) {
            return Err(ErrorKind::Malformed);
        }
        Ok(cluster)
    }

    fn words(self) -> impl Iterator<Item = &'b [u8]> {
        let words = self.nodes.split(u8::is_ascii_whitespace);
        words.filter(|word| !word.is_empty())
    }

    /// The nodes, in the server's order.
    pub fn nodes(self) -> impl Iterator<Item = Node<'b>> {
        self.words().filter_map(Node::read)
    }
}

impl fmt::Debug for Cluster<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cluster {:?} ", Decimal(self.version))?;
        f.debug_list().entries(self.nodes()).finish()
    }
}

/// A node of a cluster.
#[derive(Clone, Copy, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Node<'b> {
    /// Its name in the DNS.
    pub host: &'b str,
    /// Its address; empty where that is not known yet.
    pub ip: &'b str,
    /// Its TCP port.
    pub port: u16,
}

impl<'b> Node<'b> {
    fn read(word: &'b [u8]) -> Option<Self> {
        let mut parts = word.split(|&byte| byte == b'|');
        let (host, ip, port) = (parts.next()?, parts.next()?, parts.next()?);
        if host.is_empty() || parts.next().is_some() {
            return None;
        }
        let port = u16::try_from(lines::whole_number(port).ok()?).ok()?;
        Some(Self {
            host: core::str::from_utf8(host).ok()?,
            ip: core::str::from_utf8(ip).ok()?,
            port,
        })
    }
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (host, ip) = (
            Text::new(self.host.as_bytes()),
            Text::new(self.ip.as_bytes()),
        );
        write!(f, "{host}|{ip}|{:?}", Decimal(self.port.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::check::check;
    use Protocol::{Binary, Meta, Text};

    fn reply(head: &str, body: &str) -> std::vec::Vec<u8> {
        std::format!("{head} 0 {}\r\n{body}\r\nEND\r\n", body.len()).into_bytes()
    }

    #[test]
    fn nodes() {
        let config = |body: &str| reply("CONFIG cluster", body);
        let item = reply("VALUE AmazonElastiCache:cluster", "3\nh||11211\n");
        for protocol in [Text, Meta] {
            for (reply, meaning) in [
                (
                    config("12\na.b|10.0.0.1|11211 c|10.0.0.2|65535\n"),
                    "Ok(Some(Cluster 12 [a.b|10.0.0.1|11211, c|10.0.0.2|65535]))",
                ),
                (config("0\n\n"), "Ok(Some(Cluster 0 []))"),
                (item.clone(), "Ok(Some(Cluster 3 [h||11211]))"),
                (b"END\r\n".to_vec(), "Ok(None)"),
                (b"ERROR\r\n".to_vec(), "Err(Command(\"ERROR\"), Refused)"),
                (config(""), "Err(Malformed, Unknown)"),
                (config("12"), "Err(Malformed, Unknown)"),
                (config("x\na|b|1\n"), "Err(Malformed, Unknown)"),
                (config("18446744073709551616\n"), "Err(Malformed, Unknown)"),
                (config("1\na|b\n"), "Err(Malformed, Unknown)"),
                (config("1\na|b|65536\n"), "Err(Malformed, Unknown)"),
                (config("1\n|b|1\n"), "Err(Malformed, Unknown)"),
                (config("1\na|b|1|2\n"), "Err(Malformed, Unknown)"),
                (config("1\n\u{e9}|b|1\n"), "Err(Malformed, Unknown)"),
                (
                    reply("CONFIG other", "1\na|b|1\n"),
                    "Err(Malformed, Unknown)",
                ),
            ] {
                let request = b"config get cluster\r\n";
                check(protocol, &ClusterConfig::new(), request, &reply, meaning);
            }
            check(
                protocol,
                &ClusterConfig::as_item(),
                b"get AmazonElastiCache:cluster\r\n",
                &item,
                "Ok(Some(Cluster 3 [h||11211]))",
            );
        }
        check(
            Binary,
            &ClusterConfig::new(),
            b"",
            b"",
            "Err(Unsupported(\"a cluster's nodes in the binary protocol\"), NotSent)",
        );
    }
}
