//! How dalli places keys.

use super::points::Point;
use super::ring::Ring;
use crate::decimal::Decimal;
use crate::hash::crc32_of;

/// How often dalli tries another server.
const TRIES: u8 = 20;

/// Where dalli puts a key, on a ring of [`Points::Dalli`](super::Points::Dalli): at its CRC-32. Past a
/// dead server it hashes the try's number and the key, up to twenty times in all. `None` if it finds
/// nobody alive, which may be so even though somebody is.
pub fn dalli<P: AsRef<[Point]>>(
    key: &[u8],
    ring: &Ring<P>,
    is_alive: impl Fn(usize) -> bool,
) -> Option<usize> {
    tries(key, |hash| ring.find(hash), is_alive)
}

/// The same, on any ring.
pub(super) fn tries(
    key: &[u8],
    find: impl Fn(u32) -> Option<usize>,
    is_alive: impl Fn(usize) -> bool,
) -> Option<usize> {
    let mut server = find(crc32_of(&[key]))?;
    for again in 0..TRIES {
        if is_alive(server) {
            return Some(server);
        }
        let mut room = [0; 20];
        let digits = Decimal(again.into()).digits(&mut room);
        server = find(crc32_of(&[digits, key]))?;
    }
    None
}

#[cfg(test)]
mod tests {
    use core::cell::RefCell;
    use std::vec::Vec;

    use super::super::{Points, Rule, Server};
    use super::*;

    /// What dalli 5.0.6 does with five sockets of the weights 1, 1, 2, 2 and 4; and whom it asks in turn
    /// for the first of 160 keys, if nobody is alive.
    #[test]
    fn whom_it_asks() {
        let servers = [
            ("/var/run/memcached/1.sock", 1),
            ("/var/run/memcached/2.sock", 1),
            ("/var/run/memcached/3.sock", 2),
            ("/var/run/memcached/4.sock", 2),
            ("/var/run/memcached/5.sock", 4),
        ];
        let servers = servers.map(|(path, weight)| Server::unix(path).unwrap().with_weight(weight));
        let ring = Ring::new(Points::Dalli, &servers, &[], [Point::default(); 800]).unwrap();
        for (key, server) in [("eggplant", 0), ("k@v", 4), ("LwnABVX", 1), ("green", 2)] {
            assert_eq!(
                dalli(key.as_bytes(), &ring, |_| true),
                Some(server),
                "{key}"
            );
            assert_eq!(
                Rule::Dalli.place(key.as_bytes(), &servers),
                Some(server),
                "{key}"
            );
        }
        let asked = RefCell::new(Vec::new());
        let nobody = dalli(b"\0start", &ring, |server| {
            asked.borrow_mut().push(server);
            false
        });
        assert_eq!(nobody, None);
        let chain = [2, 0, 2, 2, 2, 4, 2, 2, 4, 0, 2, 3, 0, 4, 4, 2, 0, 3, 3, 4];
        assert_eq!(asked.into_inner(), chain);
    }
}
