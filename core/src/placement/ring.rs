//! A ring: the points of all servers in order, in the caller's storage.

use core::fmt;

use super::points::{Point, Points};
use super::server::Server;
use super::sort::sort;

/// A ring, or continuum: the points of all servers in order, in storage of the caller's: an array on a
/// microcontroller, a `Vec` on a host. A point is 8 bytes, and [`Points::count`] tells how many there are.
///
/// ```
/// use minimc_core::hash::{self, Hash};
/// use minimc_core::placement::{Labels, Point, Points, Ring, Server};
///
/// let servers = [Server::parse("10.0.1.1")?, Server::parse("10.0.1.2:11212")?];
/// let points = Points::Hashed(Hash::Md5, Labels::Ketama);
/// let ring = Ring::new(points, &servers, &[], [Point::default(); 200])?;
///
/// assert_eq!(ring.find(hash::md5(b"key0")), Some(1));
/// // Where the second is down:
/// assert_eq!(ring.find_alive(hash::md5(b"key0"), |server| server != 1), Some(0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A list that is known may have its ring made by the compiler:
///
/// ```
/// use minimc_core::hash::{self, Hash};
/// use minimc_core::placement::{Labels, Point, Points, Ring, Server};
///
/// const SERVERS: [Server<'static>; 2] = match (Server::tcp("10.0.1.1", 11211), Server::tcp("10.0.1.2", 11212)) {
///     (Ok(one), Ok(two)) => [one, two],
///     _ => panic!("a bad server"),
/// };
/// const POINTS: Points = Points::Weighted(Labels::Ketama);
/// static RING: Ring<[Point; POINTS.count(&SERVERS, &[])]> = match Ring::at_compile_time(POINTS, &SERVERS) {
///     Ok(ring) => ring,
///     Err(_) => panic!("the array is too small"),
/// };
///
/// assert_eq!(RING.points().len(), 320);
/// assert_eq!(RING.find(hash::md5(b"key0")), Some(0));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Ring<P> {
    points: P,
    count: usize,
    is_before: bool,
}

impl<P: AsRef<[Point]> + AsMut<[Point]>> Ring<P> {
    /// The ring of these servers in `storage`, without those whose index is in `ejected`. What is in
    /// the storage beyond [`Points::count`] is not touched. To put them in order takes some 2 KiB of stack
    /// on 32-bit machines. A program that makes a ring has every hash function linked, some 6 KB more of
    /// flash than one whose ring was [made by the compiler](Ring::at_compile_time).
    ///
    /// # Errors
    ///
    /// [`Full`], if the storage is too small.
    pub fn new(
        points: Points,
        servers: &[Server<'_>],
        ejected: &[usize],
        mut storage: P,
    ) -> Result<Self, Full> {
        let count = fill(points, servers, ejected, storage.as_mut())?;
        Ok(Self {
            points: storage,
            count,
            is_before: matches!(points, Points::Dalli),
        })
    }

    /// The storage, to be used for another ring.
    pub fn into_storage(self) -> P {
        self.points
    }
}

impl<const N: usize> Ring<[Point; N]> {
    /// The ring of these servers, made by the compiler. Long lists may need
    /// `#[allow(long_running_const_eval)]`.
    ///
    /// # Errors
    ///
    /// [`Full`], if the array is too small.
    pub const fn at_compile_time(points: Points, servers: &[Server<'_>]) -> Result<Self, Full> {
        let mut storage = [Point {
            value: 0,
            server: 0,
        }; N];
        match fill(points, servers, &[], &mut storage) {
            Ok(count) => Ok(Self {
                points: storage,
                count,
                is_before: matches!(points, Points::Dalli),
            }),
            Err(full) => Err(full),
        }
    }
}

impl<P: AsRef<[Point]>> Ring<P> {
    /// All points, in order.
    pub fn points(&self) -> &[Point] {
        let points = self.points.as_ref();
        points.get(..self.count).unwrap_or(points)
    }

    /// The index of the server that has this hash: that of the first point at or behind it, and behind
    /// the last point that of the first. `None` of a ring without points.
    pub fn find(&self, hash: u32) -> Option<usize> {
        let points = self.points();
        let point = points.get(self.place(hash)).or(points.first())?;
        Some(point.server as usize)
    }

    /// The same, past the points of servers that are not alive: the keys of a server that is down are
    /// shared by all others. `None` if no server with a point is alive.
    ///
    /// For rings without weights this is where a new ring without the dead would have the key.
    pub fn find_alive(&self, hash: u32, is_alive: impl Fn(usize) -> bool) -> Option<usize> {
        let points = self.points();
        let (before, behind) = points.split_at_checked(self.place(hash))?;
        let mut asked = None;
        let mut is_right = |point: &&Point| {
            // Neighbours are often of one server.
            let is_new = asked != Some(point.server);
            asked = Some(point.server);
            is_new && is_alive(point.server as usize)
        };
        let point = if self.is_before {
            let (at, after) = (behind.first(), behind.get(1..).unwrap_or_default());
            let mut back = at
                .into_iter()
                .chain(before.iter().rev())
                .chain(after.iter().rev());
            back.find(&mut is_right)
        } else {
            behind.iter().chain(before).find(&mut is_right)
        };
        Some(point?.server as usize)
    }

    /// The same ring over points that stay where they are.
    pub(super) fn lend(&self) -> Ring<&[Point]> {
        Ring {
            points: self.points(),
            count: self.count,
            is_before: self.is_before,
        }
    }

    /// The index of the point that a hash belongs to; that behind the last stands for the first.
    fn place(&self, hash: u32) -> usize {
        let points = self.points();
        if self.is_before {
            let next = hash.checked_add(1);
            let behind = next.map_or(points.len(), |next| at_or_behind(points, next));
            behind
                .checked_sub(1)
                .unwrap_or(points.len().saturating_sub(1))
        } else {
            at_or_behind(points, hash)
        }
    }
}

/// How many points are before a value.
///
/// Points are hashes and spread evenly, so that the place can be guessed: of 16,000 points the first
/// guess is some 60 wrong, and the second some 8. Where they do not, and where the guess is wrong, it is a
/// binary search.
fn at_or_behind(points: &[Point], value: u32) -> usize {
    /// How far from the guess to look.
    const NEAR: usize = 16;
    let is_before = |point: &Point| point.value < value;
    // How many points are in an arc, forwards or backwards.
    let count = points.len() as i64;
    let in_arc = |arc: i64| (arc.wrapping_mul(count) >> 32) as isize;
    let mut guess = 0_usize.saturating_add_signed(in_arc(value.into()));
    if let Some(point) = points.get(guess) {
        let left = i64::from(value).wrapping_sub(point.value.into());
        guess = guess.saturating_add_signed(in_arc(left));
    }
    let low = guess.saturating_sub(NEAR);
    let high = guess.saturating_add(NEAR);
    let near = points.get(low..high).unwrap_or_default();
    match near {
        [first, .., last] if is_before(first) && !is_before(last) => {
            low.saturating_add(near.partition_point(is_before))
        }
        _ => points.partition_point(is_before),
    }
}

/// The server that has this hash on the ring of these servers, which is not stored anywhere: all points
/// are computed.
pub(super) fn scan(
    points: Points,
    servers: &[Server<'_>],
    hash: u32,
    is_alive: impl Fn(usize) -> bool,
) -> Option<usize> {
    let is_before = matches!(points, Points::Dalli);
    // How far it is to a point, around the ring.
    let distance = |point: Point| match is_before {
        true => hash.wrapping_sub(point.value),
        false => point.value.wrapping_sub(hash),
    };
    let mut each = points.of(servers, &[]);
    let mut nearest: Option<Point> = None;
    while let Some(point) = each.next() {
        let is_nearer = nearest.is_none_or(|nearest| match is_before {
            // Of several at one place, that is the last server's.
            true => distance(point) <= distance(nearest),
            false => distance(point) < distance(nearest),
        });
        if is_nearer && is_alive(point.server as usize) {
            nearest = Some(point);
        }
    }
    Some(nearest?.server as usize)
}

const fn fill(
    points: Points,
    servers: &[Server<'_>],
    ejected: &[usize],
    storage: &mut [Point],
) -> Result<usize, Full> {
    let needed = points.count(servers, ejected);
    let Some((storage, _)) = storage.split_at_mut_checked(needed) else {
        return Err(Full { needed });
    };
    let mut each = points.of(servers, ejected);
    let mut rest = &mut *storage;
    while let Some((place, behind)) = rest.split_first_mut() {
        let Some(point) = each.next() else { break };
        *place = point;
        rest = behind;
    }
    sort(storage);
    Ok(needed)
}

/// The storage of a ring is too small.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Full {
    /// How many points there are.
    pub needed: usize,
}

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the ring has {} points", self.needed)
    }
}

impl core::error::Error for Full {}

#[cfg(test)]
mod tests {
    use std::format;
    use std::vec::Vec;

    use super::super::Labels;
    use super::*;
    use crate::hash::Hash;

    const HASHED: Points = Points::Hashed(Hash::Md5, Labels::Ketama);

    /// Keys of the dead go where a new ring without them has them, and no other key moves.
    #[test]
    fn past_the_dead() {
        let servers = ["a", "b", "c", "d"].map(|host| Server::parse(host).unwrap());
        let ring = Ring::new(HASHED, &servers, &[], [Point::default(); 400]).unwrap();
        for dead in 0..16_usize {
            let is_alive = |server: usize| dead >> server & 1 == 0;
            let ejected: Vec<_> = (0..4).filter(|server| !is_alive(*server)).collect();
            let without = Ring::new(HASHED, &servers, &ejected, [Point::default(); 400]).unwrap();
            assert_eq!(without.points().len(), 400 - 100 * ejected.len());
            for number in 0..500 {
                let hash = Hash::Md5.of(format!("key{number}").as_bytes());
                let place = ring.find_alive(hash, is_alive);
                assert_eq!(place, without.find(hash));
                if ring.find(hash).is_some_and(is_alive) {
                    assert_eq!(place, ring.find(hash));
                }
            }
        }
    }

    /// The weights of those that are ejected are the others'.
    #[test]
    fn shares_are_those_of_the_living() {
        let servers = ["a:1:1", "b:1:1", "c:1:2"].map(|server| Server::parse(server).unwrap());
        let count = |ejected: &[usize]| Points::Weighted(Labels::Ketama).count(&servers, ejected);
        assert_eq!((count(&[]), count(&[2]), count(&[0, 1])), (480, 320, 160));
        assert_eq!(count(&[0, 1, 2]), 0);
    }

    /// Wherever the points are, and wherever the value is.
    #[test]
    fn guesses_are_put_right() {
        let even = |n: u32, of: u32| n.wrapping_mul(u32::MAX / of).wrapping_add(n * n % 977);
        for count in [0, 1, 2, 7, 8, 9, 100, 1000] {
            let evenly = (0..count).map(|n| even(n, count));
            let crowded = (0..count).map(|n| ((n % 50) << 8) | n);
            let at_the_end = (0..count).map(|n| u32::MAX - n % 40);
            let same = (0..count).map(|_| 77);
            let all: [Vec<u32>; 4] = [
                evenly.collect(),
                crowded.collect(),
                at_the_end.collect(),
                same.collect(),
            ];
            for mut values in all {
                values.sort_unstable();
                let server = 0;
                let points: Vec<_> = values
                    .iter()
                    .map(|&value| Point { value, server })
                    .collect();
                let near = values
                    .iter()
                    .flat_map(|&value| [value.wrapping_sub(1), value, value.wrapping_add(1)]);
                for value in near.chain([0, 1, 1 << 31, u32::MAX]) {
                    let expected = values.partition_point(|one| *one < value);
                    assert_eq!(at_or_behind(&points, value), expected, "{count} {value}");
                }
            }
        }
    }

    /// libmemcached does not survive so many.
    #[test]
    fn a_thousand_servers() {
        let names: Vec<_> = (0..1000)
            .map(|n| format!("10.0.{}.{}", n / 250, n % 250))
            .collect();
        let servers: Vec<_> = names
            .iter()
            .map(|name| Server::parse(name).unwrap())
            .collect();
        let room = std::vec![Point::default(); HASHED.count(&servers, &[])];
        let ring = Ring::new(HASHED, &servers, &[], room).unwrap();
        assert_eq!(ring.points().len(), 100_000);
        let asked: std::collections::BTreeSet<_> = (0..20_000_u32)
            .map(|n| ring.find(Hash::Md5.of(&n.to_le_bytes())).unwrap())
            .collect();
        assert!(
            asked.len() > 990,
            "{} of 1000 servers have keys",
            asked.len()
        );
    }

    #[test]
    fn storage_may_be_larger_and_not_smaller() {
        let servers = [Server::parse("a").unwrap()];
        let small = Ring::new(HASHED, &servers, &[], [Point::default(); 99]);
        assert_eq!(small.map(|_| ()), Err(Full { needed: 100 }));
        let ring = Ring::new(HASHED, &servers, &[], [Point::default(); 1000]).unwrap();
        assert_eq!(ring.points().len(), 100);
        assert!(
            ring.points()
                .is_sorted_by_key(|point| (point.value, point.server))
        );
        assert_eq!(ring.find(u32::MAX), Some(0));
    }
}
