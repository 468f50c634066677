//! A rule together with the ring that it needs.

use super::dalli::dalli;
use super::points::Point;
use super::ring::{Full, Ring};
use super::rule::Rule;
use super::server::Server;

/// A rule, and for a list of servers the ring that it needs, in the caller's storage.
///
/// ```
/// use minimc_core::placement::{Placement, Point, Rule, Server};
///
/// let servers = [Server::parse("10.0.1.1")?, Server::parse("10.0.1.2:11212")?, Server::parse("10.0.1.3")?];
/// let rule = Rule::PYLIBMC_KETAMA_WEIGHTED;
/// let room = vec![Point::default(); rule.room(&servers)]; // an array on a microcontroller
/// let placement = Placement::new(rule, &servers, &[], room)?;
///
/// assert_eq!(placement.place(b"key2", &servers), Some(2));
/// assert_eq!(placement.place_alive(b"key2", &servers, |server| server != 2), Some(1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Placement<P> {
    rule: Rule,
    ring: Option<Ring<P>>,
}

impl<P: AsRef<[Point]> + AsMut<[Point]>> Placement<P> {
    /// Places keys by `rule` on these servers. Those whose index is in `ejected` have no points on a ring;
    /// where points go by weight the others have more, as in libmemcached. Rules without a ring do not
    /// know of them: they take those who are dead in [`Placement::place_alive`].
    ///
    /// # Errors
    ///
    /// [`Full`], if the storage is too small.
    pub fn new(
        rule: Rule,
        servers: &[Server<'_>],
        ejected: &[usize],
        storage: P,
    ) -> Result<Self, Full> {
        let ring = rule
            .points()
            .map(|points| Ring::new(points, servers, ejected, storage));
        let ring = ring.transpose()?;
        Ok(Self { rule, ring })
    }
}

impl<P: AsRef<[Point]>> Placement<P> {
    /// The index of the server of a key. The servers are those of [`Placement::new`].
    ///
    /// `None` without servers, and of a weighted ring if no server has a point.
    pub fn place(&self, key: &[u8], servers: &[Server<'_>]) -> Option<usize> {
        match (self.rule, &self.ring) {
            (Rule::Ring(hash, _), Some(ring)) => ring.find(hash.of(key)),
            _ => self.place_alive(key, servers, |_| true),
        }
    }

    /// The same, where servers may be dead, as [`Rule::place_alive`] does it.
    pub fn place_alive(
        &self,
        key: &[u8],
        servers: &[Server<'_>],
        is_alive: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        match (self.rule, &self.ring) {
            (Rule::Ring(hash, _), Some(ring)) => ring.find_alive(hash.of(key), is_alive),
            (Rule::Dalli, Some(ring)) => dalli(key, ring, is_alive),
            (rule, _) => rule.without_ring(key, servers, is_alive),
        }
    }

    /// The rule.
    pub fn rule(&self) -> Rule {
        self.rule
    }

    /// The ring, of a rule that has one.
    pub fn ring(&self) -> Option<&Ring<P>> {
        self.ring.as_ref()
    }
}
