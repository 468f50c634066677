//! libmemcached's option string.

use core::fmt;

use super::label::Labels;
use super::points::Points;
use super::rule::Rule;
use super::server::{BadServer, Server};
use crate::hash::Hash;

/// The settings of an option string of libmemcached, one by one: `--SERVER=10.0.1.1:11212/?2 --HASH=MD5`.
///
/// Names may be in lower case. Behind the first error nothing more comes.
///
/// ```
/// use minimc_core::placement::{OptionString, Rule, Server, Setting};
///
/// let text = "--SERVER=10.0.1.1 --SERVER=10.0.1.2:11212/?3 --DISTRIBUTION=consistent --POLL-TIMEOUT=100";
/// let rule = OptionString::new(text).rule()?; // how libmemcached would place keys then
/// let mut servers = Vec::new();
/// for setting in OptionString::new(text) {
///     match setting? {
///         Setting::Server(server) => servers.push(server),
///         Setting::Number("POLL-TIMEOUT", milliseconds) => assert_eq!(milliseconds, 100),
///         _ => {}
///     }
/// }
/// assert_eq!(servers[1], Server::tcp("10.0.1.2", 11212)?.with_weight(3));
/// assert!(rule.place(b"key", &servers).is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct OptionString<'a> {
    rest: &'a str,
}

/// One setting.
#[derive(Clone, Copy, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Setting<'a> {
    /// `--SERVER=host:port/?weight`, of which port and weight may be left out, or `--SOCKET="path"/?weight`.
    Server(Server<'a>),
    /// `--HASH`: that of keys, and of the points of every ring that is made from here on.
    Hash(Hash),
    /// `--DISTRIBUTION`. The hash that may stand behind it means nothing to libmemcached.
    Distribution(Distribution),
    /// `--NAMESPACE`: what stands before every key.
    Namespace(&'a [u8]),
    /// Another name with a number, such as `RETRY-TIMEOUT`.
    Number(&'static str, u32),
    /// Another name alone, such as `SORT-HOSTS`.
    Switch(&'static str),
}

// Not derived: a text that shows itself as text can panic.
impl fmt::Debug for Setting<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(server) => server.fmt(f),
            Self::Hash(hash) => write!(f, "Hash({hash:?})"),
            Self::Distribution(distribution) => write!(f, "Distribution({distribution:?})"),
            Self::Namespace(name) => write!(f, "Namespace(\"{}\")", name.escape_ascii()),
            Self::Number(name, number) => write!(f, "{name}={number}"),
            Self::Switch(name) => f.write_str(name),
        }
    }
}

/// The distributions that an option string knows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Distribution {
    /// The remainder.
    Modula,
    /// A ring.
    Consistent,
    /// By chance.
    Random,
}

const NUMBERS: [&str; 14] = [
    "CONNECT-TIMEOUT",
    "IO-BYTES-WATERMARK",
    "IO-KEY-PREFETCH",
    "IO-MSG-WATERMARK",
    "NUMBER-OF-REPLICAS",
    "POLL-TIMEOUT",
    "POOL-MAX",
    "POOL-MIN",
    "RCV-TIMEOUT",
    "REMOVE-FAILED-SERVERS",
    "RETRY-TIMEOUT",
    "SND-TIMEOUT",
    "SOCKET-RECV-SIZE",
    "SOCKET-SEND-SIZE",
];

const SWITCHES: [&str; 14] = [
    "BINARY-PROTOCOL",
    "BUFFER-REQUESTS",
    "FETCH-VERSION",
    "HASH-WITH-NAMESPACE",
    "NOREPLY",
    "RANDOMIZE-REPLICA-READ",
    "SORT-HOSTS",
    "SUPPORT-CAS",
    "TCP-KEEPALIVE",
    "TCP-KEEPIDLE",
    "TCP-NODELAY",
    "USE-UDP",
    "USER-DATA",
    "VERIFY-KEY",
];

impl<'a> OptionString<'a> {
    /// Reads `text` from its beginning.
    pub const fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    /// How libmemcached places keys that was given what is left of the string. The order counts, as it does
    /// there: a hash behind the servers is that of keys only, and a weight counts only behind the
    /// distribution.
    ///
    /// # Errors
    ///
    /// Every [`BadOption`]; [`BadOption::Random`] where keys are placed by chance.
    pub fn rule(self) -> Result<Rule, BadOption> {
        let (mut hash, mut distribution) = (Hash::OneAtATime, Distribution::Modula);
        // Of the ring that was made last.
        let (mut points_hash, mut is_weighted) = (hash, false);
        for setting in self {
            match setting? {
                Setting::Hash(name) => hash = name,
                Setting::Distribution(name) => {
                    (distribution, points_hash) = (name, hash);
                    is_weighted &= name != Distribution::Consistent;
                }
                Setting::Server(server) => {
                    points_hash = hash;
                    is_weighted |= server.weight() > 1 && distribution == Distribution::Consistent;
                }
                Setting::Namespace(_) | Setting::Number(..) | Setting::Switch(_) => {}
            }
        }
        match distribution {
            Distribution::Modula => Ok(Rule::Modula(hash)),
            Distribution::Consistent if is_weighted => {
                Ok(Rule::Ring(hash, Points::Weighted(Labels::Ketama)))
            }
            Distribution::Consistent => Ok(Rule::Ring(
                hash,
                Points::Hashed(points_hash, Labels::Ketama),
            )),
            Distribution::Random => Err(BadOption::Random),
        }
    }

    /// The next option's name and what is behind its `=`.
    fn split(&mut self) -> Result<Option<(&'a str, Option<&'a str>)>, BadOption> {
        let text = self.rest.trim_ascii_start();
        if text.is_empty() {
            return Ok(None);
        }
        let text = text.strip_prefix("--").ok_or(BadOption::Unknown)?;
        let is_end = |c: char| c.is_ascii_whitespace();
        let (option, rest) = text.split_once(is_end).unwrap_or((text, ""));
        let Some((name, value)) = option.split_once('=') else {
            self.rest = rest;
            return Ok(Some((option, None)));
        };
        if !value.starts_with('"') {
            self.rest = rest;
            return Ok(Some((name, Some(value))));
        }
        // A quoted text may have blanks.
        let (_, value) = text.split_once('=').unwrap_or_default();
        let open = value.strip_prefix('"').unwrap_or_default();
        let (quoted, behind) = open.split_once('"').ok_or(BadOption::Quote)?;
        let (behind, rest) = behind.split_once(is_end).unwrap_or((behind, ""));
        self.rest = rest;
        // What is behind the quote belongs to it: a weight.
        let length = quoted.len().saturating_add(behind.len()).saturating_add(2);
        Ok(Some((name, Some(value.get(..length).unwrap_or_default()))))
    }

    fn setting(&mut self) -> Result<Option<Setting<'a>>, BadOption> {
        let Some((name, value)) = self.split()? else {
            return Ok(None);
        };
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        let Some(value) = value else {
            let mut switches = SWITCHES.into_iter();
            let switch = switches
                .find(|switch| is(switch))
                .ok_or(BadOption::Unknown)?;
            return Ok(Some(Setting::Switch(switch)));
        };
        let setting = if is("SERVER") {
            let (server, weight) = weight(value)?;
            let (host, port) = match server.split_once(':') {
                Some((host, port)) => (host, port.parse().map_err(|_| BadServer::Port)?),
                None => (server, Server::PORT),
            };
            Setting::Server(Server::tcp(host, port)?.with_weight(weight))
        } else if is("SOCKET") {
            // A weight is behind the quote, or behind a path without any.
            let (path, weight) = match quoted(value) {
                Some((path, behind)) => match weight(behind)? {
                    ("", weight) => (path, weight),
                    _ => return Err(BadOption::Quote),
                },
                None => weight(value)?,
            };
            Setting::Server(Server::unix(path)?.with_weight(weight))
        } else if is("HASH") {
            Setting::Hash(hash(value)?)
        } else if is("DISTRIBUTION") {
            let (name, behind) = value.split_once(',').unwrap_or((value, "md5"));
            hash(behind)?;
            let names = [
                ("modula", Distribution::Modula),
                ("consistent", Distribution::Consistent),
                ("random", Distribution::Random),
            ];
            let mut names = names.into_iter();
            let found = names.find(|(other, _)| name.eq_ignore_ascii_case(other));
            Setting::Distribution(found.ok_or(BadOption::Distribution)?.1)
        } else if is("NAMESPACE") {
            let (name, behind) = quoted(value).unwrap_or((value, ""));
            if !behind.is_empty() {
                return Err(BadOption::Quote);
            }
            Setting::Namespace(name.as_bytes())
        } else {
            let mut numbers = NUMBERS.into_iter();
            let name = numbers.find(|other| is(other)).ok_or(BadOption::Unknown)?;
            let number = value.parse().map_err(|_| BadOption::Number)?;
            Setting::Number(name, number)
        };
        Ok(Some(setting))
    }
}

/// What is within quotes at the beginning, and what is behind them.
fn quoted(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix('"')?.split_once('"')
}

/// What is before a weight, and the weight.
fn weight(text: &str) -> Result<(&str, u32), BadOption> {
    // A text as the pattern would be a search that can panic.
    let split = text.split_once('?');
    match split.and_then(|(before, weight)| Some((before.strip_suffix('/')?, weight))) {
        Some((before, weight)) => Ok((before, weight.parse().map_err(|_| BadServer::Weight)?)),
        None => Ok((text, 1)),
    }
}

fn hash(name: &str) -> Result<Hash, BadOption> {
    Hash::named(name).ok_or(BadOption::Hash)
}

impl<'a> Iterator for OptionString<'a> {
    type Item = Result<Setting<'a>, BadOption>;

    fn next(&mut self) -> Option<Self::Item> {
        let setting = self.setting();
        if setting.is_err() {
            self.rest = "";
        }
        setting.transpose()
    }
}

/// Why an option string was refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum BadOption {
    /// No option of this name, with or without a value; also those that read files.
    Unknown,
    /// A quote is not closed, or something other than a weight is behind it.
    Quote,
    /// A server that is none.
    Server(BadServer),
    /// No hash function of this name.
    Hash,
    /// No distribution of this name.
    Distribution,
    /// A number that is none of 32 bits.
    Number,
    /// Keys that are placed by chance have no rule.
    Random,
}

impl From<BadServer> for BadOption {
    fn from(bad: BadServer) -> Self {
        Self::Server(bad)
    }
}

impl fmt::Display for BadOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unknown => "there is no such option",
            Self::Quote => "a quote is not closed, or something is behind it",
            Self::Server(bad) => return bad.fmt(f),
            Self::Hash => "there is no such hash function",
            Self::Distribution => "there is no such distribution",
            Self::Number => "the number is none of 32 bits",
            Self::Random => "keys that are placed by chance have no rule",
        })
    }
}

impl core::error::Error for BadOption {}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    #[test]
    fn settings() {
        let server = |host, port, weight| {
            Setting::Server(Server::tcp(host, port).unwrap().with_weight(weight))
        };
        let socket =
            |path, weight| Setting::Server(Server::unix(path).unwrap().with_weight(weight));
        let table = [
            ("--SERVER=a", Ok(server("a", 11211, 1))),
            ("--server=a:80", Ok(server("a", 80, 1))),
            ("--SERVER=a:80/?7", Ok(server("a", 80, 7))),
            ("--SERVER=a/?7", Ok(server("a", 11211, 7))),
            ("--SOCKET=\"/a b/?\"", Ok(socket("/a b/?", 1))),
            ("--SOCKET=\"/a\"/?7", Ok(socket("/a", 7))),
            ("--SOCKET=/a/?7", Ok(socket("/a", 7))),
            ("--HASH=fnv1a_32", Ok(Setting::Hash(Hash::Fnv1a32))),
            (
                "--DISTRIBUTION=RANDOM",
                Ok(Setting::Distribution(Distribution::Random)),
            ),
            (
                "--DISTRIBUTION=consistent,crc",
                Ok(Setting::Distribution(Distribution::Consistent)),
            ),
            ("--NAMESPACE=\"n s\"", Ok(Setting::Namespace(b"n s"))),
            ("--NAMESPACE=ns:", Ok(Setting::Namespace(b"ns:"))),
            ("--retry-timeout=2", Ok(Setting::Number("RETRY-TIMEOUT", 2))),
            ("--SORT-HOSTS", Ok(Setting::Switch("SORT-HOSTS"))),
            ("SERVER=a", Err(BadOption::Unknown)),
            ("--SORT-HOSTS=1", Err(BadOption::Unknown)),
            ("--RETRY-TIMEOUT", Err(BadOption::Unknown)),
            ("--CONFIGURE-FILE=\"f\"", Err(BadOption::Unknown)),
            ("--RETRY-TIMEOUT=-1", Err(BadOption::Number)),
            ("--HASH=md4", Err(BadOption::Hash)),
            ("--DISTRIBUTION=ring", Err(BadOption::Distribution)),
            ("--DISTRIBUTION=modula,md4", Err(BadOption::Hash)),
            ("--NAMESPACE=\"ns", Err(BadOption::Quote)),
            ("--NAMESPACE=\"ns\"x", Err(BadOption::Quote)),
            ("--SOCKET=\"/a\"x", Err(BadOption::Quote)),
            ("--SERVER=", Err(BadOption::Server(BadServer::Empty))),
            ("--SERVER=a:x", Err(BadOption::Server(BadServer::Port))),
            ("--SERVER=a/?x", Err(BadOption::Server(BadServer::Weight))),
        ];
        let switch = Ok(Setting::Switch("NOREPLY"));
        for (text, expected) in table {
            assert_eq!(
                OptionString::new(text).collect::<Vec<_>>(),
                [expected],
                "{text}"
            );
            let between = std::format!(" --NOREPLY\n{text} \t --NOREPLY ");
            let mut settings: Vec<_> = OptionString::new(&between).collect();
            // Behind an error nothing comes, and a quote that is not closed may end with another's.
            if expected.is_ok() {
                assert_eq!(settings.pop(), Some(switch), "{text}");
            }
            assert_eq!(settings, [switch, expected], "{text}");
        }
        assert_eq!(OptionString::new(" \n").next(), None);
    }

    /// The order of libmemcached's calls.
    #[test]
    fn the_order_counts() {
        let hashed = |key, points| Rule::Ring(key, Points::Hashed(points, Labels::Ketama));
        let weighted = |key| Rule::Ring(key, Points::Weighted(Labels::Ketama));
        use Hash::{Md5, OneAtATime};
        let table = [
            ("--SERVER=a --SERVER=b", Ok(Rule::PYLIBMC_DEFAULT)),
            ("--HASH=MD5 --SERVER=a", Ok(Rule::Modula(Md5))),
            (
                "--HASH=MD5 --DISTRIBUTION=consistent --SERVER=a",
                Ok(hashed(Md5, Md5)),
            ),
            (
                "--SERVER=a --DISTRIBUTION=consistent --HASH=MD5",
                Ok(hashed(Md5, OneAtATime)),
            ),
            (
                "--SERVER=a --HASH=MD5 --DISTRIBUTION=consistent",
                Ok(hashed(Md5, Md5)),
            ),
            (
                "--SERVER=a/?2 --DISTRIBUTION=consistent",
                Ok(hashed(OneAtATime, OneAtATime)),
            ),
            (
                "--DISTRIBUTION=consistent --SERVER=a/?2 --SERVER=b",
                Ok(weighted(OneAtATime)),
            ),
            ("--DISTRIBUTION=random", Err(BadOption::Random)),
            ("--DISTRIBUTION", Err(BadOption::Unknown)),
        ];
        for (text, expected) in table {
            assert_eq!(OptionString::new(text).rule(), expected, "{text}");
        }
    }
}
