//! The clients that rest, and which of them are too old: no clock, no lock, no thread.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::time::Duration;
use std::time::Instant;

use super::PoolOptions;

/// A client with its age.
#[derive(Debug)]
pub(super) struct Aged<C> {
    /// In one place: it is large, and moved several times with every loan.
    pub(super) client: Box<C>,
    made: Instant,
    /// When it was given back.
    used: Instant,
}

impl<C> Aged<C> {
    pub(super) fn new(client: C, now: Instant) -> Self {
        Self {
            client: Box::new(client),
            made: now,
            used: now,
        }
    }
}

/// The clients that rest: those at the back were used last.
#[derive(Debug)]
pub(super) struct Idle<C> {
    clients: VecDeque<Aged<C>>,
    max_idle: Duration,
    max_lifetime: Duration,
}

impl<C> Idle<C> {
    pub(super) fn new(options: &PoolOptions) -> Self {
        Self {
            clients: VecDeque::new(),
            max_idle: options.max_idle.unwrap_or(Duration::MAX),
            max_lifetime: options.max_lifetime.unwrap_or(Duration::MAX),
        }
    }

    /// Takes the client that was used last and is not too old; and of those that are too old all that
    /// have rested too long, to be dropped where nobody waits for it.
    pub(super) fn take(&mut self, now: Instant) -> (Option<Aged<C>>, Vec<Aged<C>>) {
        let mut old = Vec::new();
        let is_old = |client: &Aged<C>| self.max_idle <= age(client.used, now);
        let count = self
            .clients
            .iter()
            .take_while(|client| is_old(client))
            .count();
        old.extend(self.clients.drain(..count));
        while let Some(client) = self.clients.pop_back() {
            if age(client.made, now) < self.max_lifetime {
                return (Some(client), old);
            }
            old.push(client);
        }
        (None, old)
    }

    /// Lets a client rest from now on.
    pub(super) fn put(&mut self, client: Aged<C>, now: Instant) {
        self.clients.push_back(Aged {
            used: now,
            ..client
        });
    }
}

/// The time since then: none, if another thread read the clock a little later.
fn age(then: Instant, now: Instant) -> Duration {
    now.saturating_duration_since(then)
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    enum Step {
        /// What is made at this second, and used until it is given back at the other.
        Put(&'static str, u64, u64),
        /// What is lent at this second, and what is too old then.
        Take(u64, Option<&'static str>, &'static [&'static str]),
    }
    use Step::{Put, Take};

    #[test]
    fn what_is_lent_and_what_is_too_old() {
        let forever = None;
        for (what, max_idle, max_lifetime, steps) in [
            (
                "nothing rests",
                Some(60),
                Some(600),
                vec![Take(0, None, &[])],
            ),
            (
                "used last, lent first",
                Some(60),
                forever,
                vec![
                    Put("a", 0, 1),
                    Put("b", 0, 2),
                    Put("c", 0, 3),
                    Take(3, Some("c"), &[]),
                    Put("c", 0, 4),
                    Take(4, Some("c"), &[]),
                    Take(4, Some("b"), &[]),
                    Take(4, Some("a"), &[]),
                    Take(4, None, &[]),
                ],
            ),
            (
                "resting to the last second but one",
                Some(60),
                forever,
                vec![Put("a", 0, 5), Take(64, Some("a"), &[])],
            ),
            (
                "resting a second longer",
                Some(60),
                forever,
                vec![Put("a", 0, 5), Take(65, None, &["a"]), Take(65, None, &[])],
            ),
            (
                "those that rest too long behind one that does not",
                Some(60),
                forever,
                vec![
                    Put("a", 0, 5),
                    Put("b", 0, 6),
                    Put("c", 0, 20),
                    Take(66, Some("c"), &["a", "b"]),
                    Take(66, None, &[]),
                ],
            ),
            (
                "time in use is no rest",
                Some(60),
                forever,
                vec![Put("a", 0, 1000), Take(1059, Some("a"), &[])],
            ),
            (
                "no rest at all",
                Some(0),
                forever,
                vec![Put("a", 0, 0), Take(0, None, &["a"])],
            ),
            (
                "rest for ever",
                forever,
                forever,
                vec![Put("a", 0, 0), Take(4_000_000_000, Some("a"), &[])],
            ),
            (
                "at the end of a life that was busy",
                Some(60),
                Some(600),
                vec![
                    Put("a", 0, 599),
                    Take(599, Some("a"), &[]),
                    Put("a", 0, 600),
                    Take(600, None, &["a"]),
                ],
            ),
            (
                "the one used last has lived longest",
                Some(60),
                Some(600),
                vec![
                    Put("young", 500, 590),
                    Put("old", 0, 595),
                    Put("older", 0, 599),
                    Take(601, Some("young"), &["older", "old"]),
                    Take(601, None, &[]),
                ],
            ),
            (
                "another thread's clock reads a little less",
                Some(60),
                Some(600),
                vec![Put("a", 10, 12), Take(9, Some("a"), &[])],
            ),
        ] {
            let start = Instant::now();
            let at = |second| start + Duration::from_secs(second);
            let mut idle = Idle::new(&PoolOptions {
                max_idle: max_idle.map(Duration::from_secs),
                max_lifetime: max_lifetime.map(Duration::from_secs),
                ..PoolOptions::default()
            });
            for step in steps {
                match step {
                    Put(name, made, given) => idle.put(Aged::new(name, at(made)), at(given)),
                    Take(second, lent, too_old) => {
                        let (client, old) = idle.take(at(second));
                        let old: Vec<_> = old.iter().map(|aged| *aged.client).collect();
                        let client = client.map(|aged| *aged.client);
                        assert_eq!((client, &old[..]), (lent, too_old), "{what}, at {second}");
                    }
                }
            }
        }
    }

    #[test]
    fn giving_back_makes_nothing_younger() {
        let start = Instant::now();
        let mut idle = Idle::new(&PoolOptions {
            max_lifetime: Some(Duration::from_secs(10)),
            ..PoolOptions::default()
        });
        let mut client = Aged::new("a", start);
        for second in 1..10 {
            let now = start + Duration::from_secs(second);
            idle.put(client, now);
            client = idle.take(now).0.expect("the client");
        }
        let now = start + Duration::from_secs(10);
        idle.put(client, now);
        assert!(idle.take(now).0.is_none());
    }
}
