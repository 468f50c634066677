//! One server's failures in time: when it is asked, when it rests, and when others get its keys.
//!
//! It is libmemcached's failure machine, on a clock that is handed in:
//!
//! | a server that is | is asked | and answers | and fails |
//! |---|---|---|---|
//! | up | by every call | is up | rests, if it was tolerated often enough |
//! | resting | by nobody; when its time is over by one call, the probe | | |
//! | being probed | by nobody else | is up | rests again, or is ejected |
//! | ejected | by nobody; when its time is over by a probe, and has its keys back | | |
//!
//! Only a server that fails [`failure_limit`](Policy::failure_limit) times in a row is ejected, and only
//! with [`Policy::eject`]; without it its keys stay its own.
//!
//! Calls for the keys of a server that rests fail at once.
//!
//! ```
//! use core::time::Duration;
//! use minimc_core::health::{Change, Health, Policy, Verdict};
//!
//! let policy = Policy { failure_limit: 2, ..Policy::default() };
//! let at = Duration::from_secs; // of a clock that goes on
//! let mut health = Health::new();
//!
//! assert_eq!(health.ask(at(10), &policy), (Verdict::Go, None));
//! let change = health.failed(at(10), &policy, 0); // no answer came
//! assert_eq!(change, Some(Change::Down { wait: at(2) }));
//!
//! assert_eq!(health.ask(at(11), &policy).0, Verdict::Down); // fails at once: libmemcached's 47
//! assert_eq!(health.ask(at(12), &policy).0, Verdict::Probe); // this one call may try ...
//! assert_eq!(health.ask(at(12), &policy).0, Verdict::Down); // ... and nobody else meanwhile
//! assert_eq!(health.succeeded(), Some(Change::Up));
//! ```
//!
//! Where it differs from libmemcached: a wait is as long as it says, and not up to a second more; one
//! call at a time tries a server again, and is forgiven nothing; a server is ejected by the failure that
//! is one too many, and not by the call behind it; and without a [dead time](Policy::dead) an ejected server comes back after
//! the retry time, where libmemcached never asks it again.

#[cfg(test)]
mod model;

use core::fmt;
use core::time::Duration;

use crate::decimal::Decimal;

/// How many failures a server is forgiven, and how long it rests. Times count to the millisecond.
#[derive(Clone, Copy, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Policy {
    /// How many failures in a row are not counted: libmemcached's `server_timeout_limit`, less one.
    pub tolerated: u32,
    /// How many failures in a row, but for the tolerated, eject a server. Without
    /// [`eject`](Policy::eject) it means nothing; 0 counts as 1.
    pub failure_limit: u32,
    /// How long a server rests after a failure: `retry_timeout`.
    pub retry: Duration,
    /// How long an ejected server is out: `dead_timeout`. Zero stands for the retry time.
    pub dead: Duration,
    /// Whether a server that has failed too often loses its keys to others until it is back: libmemcached's
    /// `auto_eject`. What others have stored under these keys meanwhile stays with them: a server that
    /// comes back has old values.
    pub eject: bool,
    /// Up to what the rest doubles with each further failure; `None` for no more than the retry time.
    pub backoff: Option<Duration>,
    /// Whether each rest is shortened by up to a half, at random: clients that lost a server together
    /// need not come back together.
    pub jitter: bool,
}

impl Policy {
    /// libmemcached's, and pylibmc's: 2 s of rest after each failure, and no ejecting.
    pub const LIBMEMCACHED: Self = Self {
        tolerated: 0,
        failure_limit: 5,
        retry: Duration::from_secs(2),
        dead: Duration::ZERO,
        eject: false,
        backoff: None,
        jitter: false,
    };

    /// How many milliseconds a server rests after so many failures in a row.
    fn rest(&self, failures: u32, random: u32) -> u64 {
        let retry = milliseconds(self.retry);
        let most = self.backoff.map_or(retry, milliseconds);
        let doubled = failures.saturating_sub(1).min(31);
        // Not less than the first rest, whatever the limit.
        let rest = retry.saturating_mul(1 << doubled).min(most.max(retry));
        self.shortened(rest, random)
    }

    /// How many milliseconds a server is ejected.
    fn out(&self, failures: u32, random: u32) -> u64 {
        match milliseconds(self.dead) {
            0 => self.rest(failures, random),
            dead => self.shortened(dead, random),
        }
    }

    fn shortened(&self, rest: u64, random: u32) -> u64 {
        if !self.jitter {
            return rest;
        }
        // The number's upper half is a part of 65,536, of half the rest.
        let parts = (rest / 2).saturating_mul(u64::from(random >> 16));
        rest.saturating_sub(parts >> 16)
    }
}

// Not derived here and below: a `Duration` and 64 bits in digits can panic.
impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy")
            .field("tolerated", &self.tolerated)
            .field("failure_limit", &self.failure_limit)
            .field("retry_ms", &Decimal(milliseconds(self.retry)))
            .field("dead_ms", &Decimal(milliseconds(self.dead)))
            .field("eject", &self.eject)
            .field(
                "backoff_ms",
                &self.backoff.map(|most| Decimal(milliseconds(most))),
            )
            .field("jitter", &self.jitter)
            .finish()
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::LIBMEMCACHED
    }
}

/// What a call is to do that wants a server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Verdict {
    /// Ask it.
    Go,
    /// Ask it, as the one call that finds out whether it is back. A probe that tells neither
    /// [`succeeded`](Health::succeeded) nor [`failed`](Health::failed) is given up after the retry time.
    Probe,
    /// Fail at once: `SERVER_TEMPORARILY_DISABLED`, 47.
    Down,
    /// Fail at once: `SERVER_MARKED_DEAD`, 35. Its keys are with others now.
    Ejected,
}

/// What has become of a server.
#[derive(Clone, Copy, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Change {
    /// It failed, and rests. Its keys stay where they are.
    Down {
        /// For so long.
        wait: Duration,
    },
    /// It failed too often: its keys move to others.
    Ejected {
        /// For so long.
        wait: Duration,
    },
    /// It is no longer ejected: its keys move back, though nobody knows whether it is up.
    Readmitted,
    /// It answers again.
    Up,
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, wait) = match *self {
            Self::Down { wait } => ("Down", wait),
            Self::Ejected { wait } => ("Ejected", wait),
            Self::Readmitted => return f.write_str("Readmitted"),
            Self::Up => return f.write_str("Up"),
        };
        write!(f, "{name} {{ wait_ms: {:?} }}", Decimal(milliseconds(wait)))
    }
}

/// How a server is, as far as calls have told.
///
/// Times are those of a clock that goes on, counted from anywhere. One that goes back ends every rest.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Health {
    state: State,
    /// Failures in a row, but for those that were tolerated.
    failures: u32,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
enum State {
    Up {
        tolerated: u32,
    },
    Resting(Wait),
    /// A call is finding out; when the wait is over it is taken for lost.
    Probing(Wait),
    Ejected(Wait),
}

/// In milliseconds.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
struct Wait {
    since: u64,
    length: u64,
}

impl Wait {
    fn new(since: Duration, length: u64) -> Self {
        let since = milliseconds(since);
        Self { since, length }
    }

    fn is_over(self, now: Duration) -> bool {
        let gone = milliseconds(now).checked_sub(self.since);
        gone.is_none_or(|gone| gone >= self.length)
    }
}

impl fmt::Debug for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (since, length) = (Decimal(self.since), Decimal(self.length));
        write!(f, "{length:?} ms since {since:?} ms")
    }
}

impl Health {
    /// A server of which nothing bad is known.
    pub const fn new() -> Self {
        Self {
            state: State::Up { tolerated: 0 },
            failures: 0,
        }
    }

    /// Whether the server may be asked now. Call it for each call that wants the server, and after
    /// [`Verdict::Go`] and [`Verdict::Probe`] tell what came of it.
    pub fn ask(&mut self, now: Duration, policy: &Policy) -> (Verdict, Option<Change>) {
        let (wait, denied, change) = match self.state {
            State::Up { .. } => return (Verdict::Go, None),
            State::Resting(wait) | State::Probing(wait) => (wait, Verdict::Down, None),
            State::Ejected(wait) => (wait, Verdict::Ejected, Some(Change::Readmitted)),
        };
        if !wait.is_over(now) {
            return (denied, None);
        }
        self.state = State::Probing(Wait::new(now, milliseconds(policy.retry)));
        (Verdict::Probe, change)
    }

    /// The server answered, whatever it said. A server that closed an idle connection, or was told to,
    /// has not failed.
    pub fn succeeded(&mut self) -> Option<Change> {
        let change = match self.state {
            State::Up { .. } => None,
            State::Resting(_) | State::Probing(_) => Some(Change::Up),
            // A call that was under way: it is back sooner than anybody thought.
            State::Ejected(_) => Some(Change::Readmitted),
        };
        *self = Self::new();
        change
    }

    /// The server could not be reached, broke the connection or did not answer in time. Of calls that
    /// were under way together only the first counts. `random` is any number, for
    /// [jitter](Policy::jitter).
    pub fn failed(&mut self, now: Duration, policy: &Policy, random: u32) -> Option<Change> {
        match self.state {
            State::Up { tolerated } if tolerated < policy.tolerated => {
                let tolerated = tolerated.saturating_add(1);
                self.state = State::Up { tolerated };
                return None;
            }
            State::Up { .. } | State::Probing(_) => {}
            State::Resting(_) | State::Ejected(_) => return None,
        }
        self.failures = self.failures.saturating_add(1);
        if policy.eject && self.failures >= policy.failure_limit {
            let length = policy.out(self.failures, random);
            self.state = State::Ejected(Wait::new(now, length));
            let wait = Duration::from_millis(length);
            return Some(Change::Ejected { wait });
        }
        let length = policy.rest(self.failures, random);
        self.state = State::Resting(Wait::new(now, length));
        let wait = Duration::from_millis(length);
        Some(Change::Down { wait })
    }

    /// Whether its keys are with others now: build the ring without it, or walk past its points.
    pub fn is_ejected(&self, now: Duration) -> bool {
        matches!(self.state, State::Ejected(wait) if !wait.is_over(now))
    }

    /// Whether nothing bad is known.
    pub fn is_up(&self) -> bool {
        matches!(self.state, State::Up { .. })
    }
}

fn milliseconds(time: Duration) -> u64 {
    let seconds = time.as_secs().saturating_mul(1000);
    seconds.saturating_add(time.subsec_millis().into())
}

impl Default for Health {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Fails whenever it may be asked; how long each rest is.
    fn rests(policy: &Policy, random: u32, count: usize) -> std::vec::Vec<Duration> {
        let (mut health, mut now) = (Health::new(), seconds(100));
        let rests = (0..count).map(|_| {
            assert!(matches!(
                health.ask(now, policy).0,
                Verdict::Go | Verdict::Probe
            ));
            let change = health.failed(now, policy, random);
            let Some(Change::Down { wait } | Change::Ejected { wait }) = change else {
                panic!("{change:?}");
            };
            now += wait;
            wait
        });
        rests.collect()
    }

    #[test]
    fn rests_double_up_to_the_longest() {
        let table: [(Option<u64>, [u64; 6]); 4] = [
            (None, [2, 2, 2, 2, 2, 2]),
            (Some(10), [2, 4, 8, 10, 10, 10]),
            (Some(1), [2, 2, 2, 2, 2, 2]),
            (Some(u64::MAX), [2, 4, 8, 16, 32, 64]),
        ];
        for (longest, expected) in table {
            let policy = Policy {
                backoff: longest.map(seconds),
                ..Policy::LIBMEMCACHED
            };
            assert_eq!(rests(&policy, 0, 6), expected.map(seconds), "{longest:?}");
            // Whatever number of failures, and whatever the random number.
            assert_eq!(
                rests(&policy, u32::MAX, 60).last(),
                rests(&policy, 7, 60).last()
            );
        }
    }

    #[test]
    fn jitter_shortens_by_up_to_a_half() {
        let policy = Policy {
            jitter: true,
            ..Policy::LIBMEMCACHED
        };
        let rest = |random| rests(&policy, random, 1)[0];
        assert_eq!(rest(0), seconds(2));
        assert!(rest(u32::MAX) >= seconds(1) && rest(u32::MAX) <= seconds(1) + seconds(1) / 1000);
        let middle = rest(1 << 31);
        assert!(middle.abs_diff(seconds(3) / 2) <= seconds(1) / 1000);
    }

    /// libmemcached's sequence with `remove_failed`: the second failure ejects, the dead time is another,
    /// and one more failure is enough to eject it again.
    #[test]
    fn ejected_for_the_dead_time_and_again_at_once() {
        let policy = Policy {
            failure_limit: 2,
            dead: seconds(30),
            eject: true,
            ..Policy::LIBMEMCACHED
        };
        assert_eq!(rests(&policy, 0, 4), [2, 30, 30, 30].map(seconds));
        let mut health = Health::new();
        for (at, is_out) in [(0, false), (2, true)] {
            health.ask(seconds(at), &policy);
            health.failed(seconds(at), &policy, 0);
            assert_eq!(health.is_ejected(seconds(at)), is_out);
        }
        assert_eq!(health.ask(seconds(31), &policy), (Verdict::Ejected, None));
        let back = (Verdict::Probe, Some(Change::Readmitted));
        assert_eq!(health.ask(seconds(32), &policy), back);
        assert_eq!(health.succeeded(), Some(Change::Up));
        assert_eq!(health, Health::new());
    }

    /// Calls that were under way together are one failure.
    #[test]
    fn a_crowd_fails_once() {
        let policy = Policy {
            failure_limit: 2,
            eject: true,
            ..Policy::LIBMEMCACHED
        };
        let mut health = Health::new();
        assert!(health.failed(seconds(0), &policy, 0).is_some());
        for _ in 0..10 {
            assert_eq!(health.failed(seconds(1), &policy, 0), None);
        }
        assert!(!health.is_ejected(seconds(1)));
    }
}
