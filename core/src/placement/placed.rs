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

impl<const N: usize> Placement<[Point; N]> {
    /// The same for a list that is known, made by the compiler: its ring lies in flash. Long lists may need
    /// `#[allow(long_running_const_eval)]`.
    ///
    /// ```
    /// use minimc_core::placement::{Placement, Point, Rule, Server};
    ///
    /// const SERVERS: [Server<'static>; 2] = match (Server::tcp("10.0.1.1", 11211), Server::tcp("10.0.1.2", 11211)) {
    ///     (Ok(one), Ok(two)) => [one, two],
    ///     _ => panic!("a bad server"),
    /// };
    /// const RULE: Rule = Rule::PYLIBMC_KETAMA_WEIGHTED;
    /// static PLACEMENT: Placement<[Point; RULE.room(&SERVERS)]> = match Placement::at_compile_time(RULE, &SERVERS) {
    ///     Ok(placement) => placement,
    ///     Err(_) => panic!("the array is too small"),
    /// };
    ///
    /// assert_eq!(PLACEMENT.place(b"key0", &SERVERS), RULE.place(b"key0", &SERVERS));
    /// ```
    ///
    /// # Errors
    ///
    /// [`Full`], if the array is too small.
    pub const fn at_compile_time(rule: Rule, servers: &[Server<'_>]) -> Result<Self, Full> {
        let Some(points) = rule.points() else {
            return Ok(Self { rule, ring: None });
        };
        match Ring::at_compile_time(points, servers) {
            Ok(ring) => Ok(Self {
                rule,
                ring: Some(ring),
            }),
            Err(full) => Err(full),
        }
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

    /// The same over a ring that stays where it is.
    pub fn lend(&self) -> Placement<&[Point]> {
        Placement {
            rule: self.rule,
            ring: self.ring.as_ref().map(Ring::lend),
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
