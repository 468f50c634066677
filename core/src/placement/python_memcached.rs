//! How python-memcached places keys.

use super::server::Server;
use crate::decimal::Decimal;
use crate::hash::{crc, crc32};

/// How often python-memcached tries another server.
const TRIES: u8 = 10;

/// python-memcached's hash functions.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum PythonHash {
    /// Its usual one, `cmemcache_hash`: [`crc`].
    #[default]
    Cmemcache,
    /// The one of `useOldServerHashFunction`: [`crc32`].
    Old,
}

impl PythonHash {
    /// The hash of `bytes`.
    pub const fn of(self, bytes: &[u8]) -> u32 {
        match self {
            Self::Cmemcache => crc(bytes),
            Self::Old => crc32(bytes),
        }
    }
}

/// Where python-memcached puts a key of this hash, which is that of the key or the number that a tuple
/// `(number, key)` names: at the remainder by the sum of all weights. Past a dead server it hashes the
/// digits of the hash and of the try, ten times. `None` if it finds nobody alive, which may be so even
/// though somebody is.
pub fn python_memcached(
    hash: u32,
    rehash: PythonHash,
    servers: &[Server<'_>],
    is_alive: impl Fn(usize) -> bool,
) -> Option<usize> {
    let weights = servers.iter().map(|server| u64::from(server.weight()));
    let total = weights.fold(0, u64::saturating_add);
    let mut hash = hash;
    for again in 0..TRIES {
        let mut bucket = u64::from(hash).checked_rem(total)?;
        let index = servers.iter().position(|server| {
            let weight = u64::from(server.weight());
            let is_here = bucket < weight;
            bucket = bucket.saturating_sub(weight);
            is_here
        })?;
        if is_alive(index) {
            return Some(index);
        }
        let mut room = [0; 20];
        let digit = b'0' | again;
        hash = match hash {
            0 => rehash.of(&[b'0', digit]),
            _ => {
                // A number with a digit behind it is ten times the number and the digit.
                let longer = u64::from(hash).saturating_mul(10);
                rehash.of(Decimal(longer.saturating_add(again.into())).digits(&mut room))
            }
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What python-memcached 1.62 does with five servers of the weights 1 to 5.
    #[test]
    fn past_the_dead() {
        let weights = [1, 2, 3, 4, 5];
        let servers = weights.map(|weight| Server::tcp("host", 1).unwrap().with_weight(weight));
        let keys = ["eggplant", "k@v", "LwnABVX", "green", "user:4719"];
        let table = [
            (
                PythonHash::Cmemcache,
                [3].as_slice(),
                [4, 2, 2, 0, 4].map(Some),
            ),
            (
                PythonHash::Old,
                &[2, 3, 4],
                [Some(0), Some(1), None, Some(0), Some(1)],
            ),
        ];
        for (hash, dead, expected) in table {
            let found = keys.map(|key| {
                let is_alive = |server| !dead.contains(&server);
                python_memcached(hash.of(key.as_bytes()), hash, &servers, is_alive)
            });
            assert_eq!(found, expected, "{hash:?}");
        }
    }

    /// A former version took a hash of 0 for 1, and was alone with it.
    #[test]
    fn zero_is_a_hash() {
        let servers = [Server::tcp("host", 1).unwrap(); 8];
        let hash = PythonHash::Cmemcache.of(b"k25");
        assert_eq!(hash, 0);
        assert_eq!(
            python_memcached(hash, PythonHash::Cmemcache, &servers, |_| true),
            Some(0)
        );
        // Behind it comes the hash of `00`, whose first zero is not lost.
        let second = crc(b"00") as usize % 8;
        let found = python_memcached(hash, PythonHash::Cmemcache, &servers, |server| {
            server == second
        });
        assert_eq!(found, Some(second));
        assert!(second != 0 && second != crc(b"0") as usize % 8);
    }
}
