//! Which points a list of servers has on a ring.

use super::label::{Label, Labels};
use super::server::Server;
use crate::hash::{Hash, md5_words, sha1_first};

/// A place on the ring, and the server that has it: the index in the list.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Point {
    /// The place.
    pub value: u32,
    /// The index of the server.
    pub server: u32,
}

/// How servers come by their points.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Points {
    /// 100 points for each server, whatever its weight: a hash of each label. libmemcached's
    /// `consistent`, which is its `ketama` too, when it is chosen after the servers were added.
    Hashed(Hash, Labels),
    /// By weight, 160 for each server if all weigh the same: the MD5 digest of a label is four of them.
    /// libmemcached's `ketama_weighted`.
    Weighted(Labels),
    /// `Weighted` as soon as a server weighs more than 1, else `Hashed`: what libmemcached does when it
    /// was told `ketama` before it got the servers.
    HashedOrWeighted(Hash, Labels),
    /// dalli's: by weight, 160 for each server if all weigh the same, by SHA-1. A key belongs to the
    /// point at or before it.
    Dalli,
}

impl Points {
    /// How many points these servers have in all, without those whose index is in `ejected`.
    pub const fn count(self, servers: &[Server<'_>], ejected: &[usize]) -> usize {
        let shares = Shares::new(self, servers, ejected);
        let mut count = 0_usize;
        let mut at = 0_usize;
        let mut rest = servers;
        while let [server, behind @ ..] = rest {
            if !holds(ejected, at) {
                let labels = shares.labels(server) as usize;
                count = count.saturating_add(labels.saturating_mul(shares.each as usize));
            }
            at = at.saturating_add(1);
            rest = behind;
        }
        count
    }

    /// The points of these servers, in the order of the list.
    pub(super) const fn of<'a>(self, servers: &'a [Server<'a>], ejected: &'a [usize]) -> Each<'a> {
        Each {
            shares: Shares::new(self, servers, ejected),
            servers,
            ejected,
            next: 0,
            label: None,
            number: 0,
            labels: 0,
            words: [0; 4],
            left: 0,
        }
    }
}

/// What a server's share depends on.
#[derive(Clone, Copy)]
struct Shares {
    /// Never `HashedOrWeighted`.
    points: Points,
    live: u32,
    weight: u64,
    /// How many points come of a label.
    each: u32,
}

impl Shares {
    const fn new(points: Points, servers: &[Server<'_>], ejected: &[usize]) -> Self {
        let (mut live, mut weight, mut is_weighted) = (0_u32, 0_u64, false);
        let mut at = 0_usize;
        let mut rest = servers;
        while let [server, behind @ ..] = rest {
            if !holds(ejected, at) {
                live = live.saturating_add(1);
                weight = weight.saturating_add(server.weight() as u64);
            }
            is_weighted |= server.weight() > 1;
            at = at.saturating_add(1);
            rest = behind;
        }
        let points = match points {
            Points::HashedOrWeighted(_, labels) if is_weighted => Points::Weighted(labels),
            Points::HashedOrWeighted(hash, labels) => Points::Hashed(hash, labels),
            other => other,
        };
        let each = if matches!(points, Points::Weighted(_)) {
            4
        } else {
            1
        };
        Self {
            points,
            live,
            weight,
            each,
        }
    }

    /// How many labels a server has.
    const fn labels(&self, server: &Server<'_>) -> u32 {
        match self.points {
            Points::Weighted(_) => {
                // In libmemcached's steps, each rounded to 32 bits: others give other numbers.
                let share = server.weight() as f32 / self.weight as f32;
                (share * 160.0 / 4.0 * self.live as f32 + 1e-10) as u32
            }
            Points::Dalli => {
                let points = (self.live as u64).saturating_mul(160);
                let points = points.saturating_mul(server.weight() as u64);
                (points as f64 / self.weight as f64) as u32
            }
            Points::Hashed(..) | Points::HashedOrWeighted(..) => 100,
        }
    }

    const fn label(&self, server: &Server<'_>) -> Label {
        match self.points {
            Points::Hashed(_, labels)
            | Points::HashedOrWeighted(_, labels)
            | Points::Weighted(labels) => Label::of_libmemcached(labels, server),
            Points::Dalli => Label::name(server),
        }
    }

    /// The points that come of a label; the last `each` of them are some.
    const fn words(&self, label: &mut Label, number: u32) -> [u32; 4] {
        match self.points {
            Points::Hashed(hash, _) | Points::HashedOrWeighted(hash, _) => {
                [0, 0, 0, hash.of(label.numbered(b'-', number))]
            }
            Points::Weighted(_) => md5_words(label.numbered(b'-', number)),
            Points::Dalli => [0, 0, 0, sha1_first(label.numbered(b':', number))],
        }
    }
}

/// The points of a list, one by one.
#[derive(Clone)]
pub(super) struct Each<'a> {
    shares: Shares,
    /// Those that are to come, ...
    servers: &'a [Server<'a>],
    ejected: &'a [usize],
    /// ... and the index of the first of them.
    next: u32,
    label: Option<Label>,
    number: u32,
    labels: u32,
    words: [u32; 4],
    left: u32,
}

impl Each<'_> {
    pub(super) const fn next(&mut self) -> Option<Point> {
        loop {
            if self.left > 0 {
                let [a, b, c, d] = self.words;
                let value = match self.left {
                    4 => a,
                    3 => b,
                    2 => c,
                    _ => d,
                };
                self.left = self.left.saturating_sub(1);
                let server = self.next.saturating_sub(1);
                return Some(Point { value, server });
            }
            if let Some(label) = &mut self.label
                && self.number < self.labels
            {
                self.words = self.shares.words(label, self.number);
                self.left = self.shares.each;
                self.number = self.number.saturating_add(1);
                continue;
            }
            let [server, behind @ ..] = self.servers else {
                return None;
            };
            if !holds(self.ejected, self.next as usize) {
                self.label = Some(self.shares.label(server));
                self.labels = self.shares.labels(server);
                self.number = 0;
            }
            self.next = self.next.saturating_add(1);
            self.servers = behind;
        }
    }
}

const fn holds(indexes: &[usize], index: usize) -> bool {
    let mut rest = indexes;
    while let [one, behind @ ..] = rest {
        if *one == index {
            return true;
        }
        rest = behind;
    }
    false
}
