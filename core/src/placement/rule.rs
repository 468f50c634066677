//! Rules: how which client places keys.

use super::dalli::tries;
use super::label::Labels;
use super::modula::{masked, modula};
use super::points::Points;
use super::pymemcache::{PythonKey, pymemcache};
use super::python_memcached::{PythonHash, python_memcached};
use super::ring::scan;
use super::server::Server;
use crate::hash::{Hash, crc32};

/// How a client chooses the server of a key.
///
/// The constants are named after the clients that they agree with; [`Rule::KNOWN`] has all of them by
/// name. A rule is a value: others are put together from their parts.
///
/// ```
/// use minimc_core::placement::{Rule, Server};
///
/// let servers = [Server::parse("10.0.1.1")?, Server::parse("10.0.1.2:11212")?, Server::parse("10.0.1.3")?];
/// assert_eq!(Rule::PYLIBMC_DEFAULT.place(b"key0", &servers), Some(2));
/// assert_eq!(Rule::PYLIBMC_KETAMA.place(b"key0", &servers), Some(1));
/// assert_eq!(Rule::named("pylibmc ketama_weighted"), Some(Rule::PYLIBMC_KETAMA_WEIGHTED));
/// # Ok::<(), minimc_core::placement::BadServer>(())
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Rule {
    /// [`modula`]: libmemcached's default.
    Modula(Hash),
    /// On a [`Ring`](super::Ring), by the hash of the key, whatever hash the points have.
    Ring(Hash, Points),
    /// libmemcached's virtual buckets, without a table of them: [`masked`]. With a table it is
    /// [`virtual_bucket`](super::virtual_bucket).
    VirtualBucket(Hash),
    /// [`python_memcached`].
    PythonMemcached(PythonHash),
    /// [`pymemcache`].
    Pymemcache(PythonKey),
    /// [`dalli`](super::dalli()), on a ring of [`Points::Dalli`].
    Dalli,
    /// gomemcache's: the remainder of the CRC-32.
    Gomemcache,
}

impl Rule {
    /// pylibmc without behaviours, and libmemcached likewise.
    pub const PYLIBMC_DEFAULT: Self = Self::Modula(Hash::OneAtATime);
    /// pylibmc with `ketama`. The hash stays the default one; points go by weight as soon as a server weighs
    /// more than 1.
    pub const PYLIBMC_KETAMA: Self = ketama(Hash::OneAtATime);
    /// pylibmc with `ketama` and `hash: md5`, which is what others mean by ketama.
    pub const PYLIBMC_KETAMA_MD5: Self = ketama(Hash::Md5);
    /// pylibmc with `ketama_weighted`, and libmemcached likewise. The hash is MD5 then.
    pub const PYLIBMC_KETAMA_WEIGHTED: Self =
        Self::Ring(Hash::Md5, Points::Weighted(Labels::Ketama));
    /// libmemcached with `ketama_weighted` and then the distribution `consistent ketama spy`: made to agree
    /// with the ketama of spymemcached.
    pub const LIBMEMCACHED_SPY: Self = Self::Ring(Hash::Md5, Points::Weighted(Labels::Spy));
    /// python-memcached.
    pub const PYTHON_MEMCACHED: Self = Self::PythonMemcached(PythonHash::Cmemcache);
    /// pymemcache's `HashClient` with keys that are `str`.
    pub const PYMEMCACHE: Self = Self::Pymemcache(PythonKey::Str);
    /// pymemcache's `HashClient` with keys that are `bytes`.
    pub const PYMEMCACHE_BYTES: Self = Self::Pymemcache(PythonKey::Bytes);

    /// The rules of known clients, by name.
    pub const KNOWN: [(&'static str, Self); 10] = [
        ("pylibmc default", Self::PYLIBMC_DEFAULT),
        ("pylibmc ketama", Self::PYLIBMC_KETAMA),
        ("pylibmc ketama md5", Self::PYLIBMC_KETAMA_MD5),
        ("pylibmc ketama_weighted", Self::PYLIBMC_KETAMA_WEIGHTED),
        ("libmemcached_spy", Self::LIBMEMCACHED_SPY),
        ("python-memcached", Self::PYTHON_MEMCACHED),
        ("pymemcache", Self::PYMEMCACHE),
        ("pymemcache bytes", Self::PYMEMCACHE_BYTES),
        ("dalli", Self::Dalli),
        ("gomemcache", Self::Gomemcache),
    ];

    /// The rule of a client in [`Rule::KNOWN`].
    pub fn named(name: &str) -> Option<Self> {
        let mut known = Self::KNOWN.into_iter();
        Some(known.find(|(one, _)| *one == name)?.1)
    }

    /// The index of the server of a key. Nothing is stored: of a rule with a ring all points are computed
    /// for each key, some microseconds for each server. [`Placement`](super::Placement) keeps the ring.
    ///
    /// `None` without servers, and of a weighted ring if no server has a point.
    pub fn place(self, key: &[u8], servers: &[Server<'_>]) -> Option<usize> {
        self.place_alive(key, servers, |_| true)
    }

    /// The same, where servers may be dead. What becomes of their keys is the rule's: a ring, dalli,
    /// python-memcached and pymemcache go on to others; the remainder and virtual buckets do not, and
    /// `None` says that the one server of this key is dead.
    pub fn place_alive(
        self,
        key: &[u8],
        servers: &[Server<'_>],
        is_alive: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        let ring = |points, hash| scan(points, servers, hash, &is_alive);
        match self {
            Self::Ring(hash, points) => ring(points, hash.of(key)),
            Self::Dalli => {
                let find = |hash| scan(Points::Dalli, servers, hash, |_| true);
                tries(key, find, is_alive)
            }
            _ => self.without_ring(key, servers, is_alive),
        }
    }

    /// The points that the rule puts on a ring.
    pub const fn points(self) -> Option<Points> {
        match self {
            Self::Ring(_, points) => Some(points),
            Self::Dalli => Some(Points::Dalli),
            _ => None,
        }
    }

    /// How many [`Point`](super::Point)s of storage a [`Placement`](super::Placement) of these servers needs: 0 where there is no ring.
    pub const fn room(self, servers: &[Server<'_>]) -> usize {
        match self.points() {
            Some(points) => points.count(servers, &[]),
            None => 0,
        }
    }

    /// What [`Rule::place_alive`] is where there is no ring; `None` where there is one.
    pub(super) fn without_ring(
        self,
        key: &[u8],
        servers: &[Server<'_>],
        is_alive: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        let count = servers.len();
        let index = match self {
            Self::Modula(hash) => modula(hash.of(key), count),
            Self::VirtualBucket(hash) => masked(hash.of(key), count),
            Self::Gomemcache => modula(crc32(key), count),
            Self::PythonMemcached(hash) => {
                return python_memcached(hash.of(key), hash, servers, is_alive);
            }
            Self::Pymemcache(kind) => return pymemcache(key, kind, servers, is_alive),
            Self::Ring(..) | Self::Dalli => None,
        };
        index.filter(|index| is_alive(*index))
    }
}

/// libmemcached that was told `ketama` and this hash before it got the servers.
const fn ketama(hash: Hash) -> Rule {
    Rule::Ring(hash, Points::HashedOrWeighted(hash, Labels::Ketama))
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::vec::Vec;

    use super::super::{Placement, Point};
    use super::*;

    /// What libmemcached 1.1.4 does with key0 to key23; `ci/vectors.sh placement` has many more.
    #[test]
    fn golden_indexes() {
        const SPY: Points = Points::Weighted(Labels::Spy);
        let hosts = ["10.0.1.1", "10.0.1.2:11212", "10.0.1.3"];
        let servers = hosts.map(|host| Server::parse(host).unwrap());
        let [one, two, three] = servers;
        let weighted = [one, two.with_weight(2), three.with_weight(5)];
        let table = [
            (Rule::PYLIBMC_DEFAULT, servers, "222222211101000001112221"),
            (Rule::PYLIBMC_KETAMA, servers, "121112110011202220222220"),
            (
                Rule::PYLIBMC_KETAMA_MD5,
                servers,
                "212011110112121011110021",
            ),
            (
                Rule::PYLIBMC_KETAMA_WEIGHTED,
                servers,
                "002001112221120121021002",
            ),
            (
                Rule::Ring(Hash::Md5, SPY),
                servers,
                "111022122222200112022111",
            ),
            (
                Rule::PYLIBMC_KETAMA_WEIGHTED,
                weighted,
                "212222212221220121221222",
            ),
        ];
        for (rule, servers, expected) in table {
            let room = std::vec![Point::default(); rule.room(&servers)];
            let placement = Placement::new(rule, &servers, &[], room).unwrap();
            for (number, digit) in expected.bytes().enumerate() {
                let key = format!("key{number}");
                let expected = Some(usize::from(digit - b'0'));
                assert_eq!(
                    rule.place(key.as_bytes(), &servers),
                    expected,
                    "{rule:?} {key}"
                );
                for found in [
                    placement.place(key.as_bytes(), &servers),
                    placement.lend().place(key.as_bytes(), &servers),
                ] {
                    assert_eq!(found, expected, "{rule:?} {key}");
                }
            }
        }
    }

    /// What is computed for each key, and what is stored, is one; whoever is dead.
    #[test]
    fn a_ring_need_not_be_stored() {
        let names: Vec<_> = (0..5)
            .map(|n| format!("host{n}:1{n}:{}", n % 3 + 1))
            .collect();
        let servers: Vec<_> = names
            .iter()
            .map(|name| Server::parse(name).unwrap())
            .collect();
        for (client, rule) in Rule::KNOWN {
            let room = std::vec![Point::default(); rule.room(&servers)];
            let placement = Placement::new(rule, &servers, &[], room).unwrap();
            for (dead, number) in [0, 1, 0b0110, 0b1110, 0b1111]
                .into_iter()
                .flat_map(|dead| (0..6).map(move |number| (dead, number)))
            {
                let key = format!("key{number}");
                let is_alive = |server: usize| dead >> server & 1 == 0;
                let place = rule.place_alive(key.as_bytes(), &servers, is_alive);
                let stored = placement.place_alive(key.as_bytes(), &servers, is_alive);
                assert_eq!(place, stored, "{client} {key} {dead:b}");
                assert!(place.is_none_or(is_alive), "{client} {key} {dead:b}");
                if dead == 0 {
                    assert_eq!(place, placement.place(key.as_bytes(), &servers));
                    assert!(place.is_some());
                }
            }
        }
    }

    #[test]
    fn without_servers_a_key_is_nowhere() {
        for (_, rule) in Rule::KNOWN
            .into_iter()
            .chain([("", Rule::VirtualBucket(Hash::Md5))])
        {
            assert_eq!(rule.place(b"key", &[]), None);
            let placement = Placement::new(rule, &[], &[], []).unwrap();
            assert_eq!(placement.place(b"key", &[]), None);
        }
    }
}
