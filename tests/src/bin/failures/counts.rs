//! What is counted, and the table of it.

use std::time::Duration;

use minimc::{Error, ErrorKind};

use crate::ledger::Found;

/// What a run came to.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) operations: usize,
    wrong: usize,
    stale: usize,
    late: usize,
    misses: usize,
    refused: usize,
    lost: usize,
    timed_out: usize,
    down: usize,
    ejected: usize,
    other: usize,
    pub(crate) moved: usize,
    /// How often another server than the one that failed was found down.
    pub(crate) others: usize,
    /// Until the last worker knew, and until the last one used the server again.
    pub(crate) noticed: Option<Duration>,
    pub(crate) returned: Option<Duration>,
    /// What must not be.
    pub(crate) problems: Vec<String>,
}

/// No more problems than that are printed of a run.
const PROBLEMS: usize = 5;

impl Counts {
    pub(crate) fn found(&mut self, found: Found, problem: impl FnOnce() -> String) {
        self.operations += 1;
        match found {
            Found::Right => {}
            Found::Late => self.late += 1,
            Found::Stale => self.stale += 1,
            Found::Miss => self.misses += 1,
            Found::Wrong => {
                self.wrong += 1;
                if self.problems.len() < PROBLEMS {
                    self.problems.push(problem());
                }
            }
        }
    }

    pub(crate) fn failed(&mut self, error: &Error) {
        use minimc::During::{Connect, Lookup};
        self.operations += 1;
        match error.kind() {
            ErrorKind::Io {
                during: Connect | Lookup,
                ..
            } => self.refused += 1,
            ErrorKind::Closed | ErrorKind::Io { .. } => self.lost += 1,
            ErrorKind::TimedOut => self.timed_out += 1,
            ErrorKind::ServerDown => self.down += 1,
            ErrorKind::ServerEjected => self.ejected += 1,
            _ => {
                self.other += 1;
                self.problem(format!("an error that none of this explains: {error}"));
            }
        }
    }

    pub(crate) fn problem(&mut self, problem: String) {
        if self.problems.len() < PROBLEMS {
            self.problems.push(problem);
        }
    }

    pub(crate) fn add(&mut self, other: Self) {
        let sums = [
            (&mut self.operations, other.operations),
            (&mut self.wrong, other.wrong),
            (&mut self.stale, other.stale),
            (&mut self.late, other.late),
            (&mut self.misses, other.misses),
            (&mut self.refused, other.refused),
            (&mut self.lost, other.lost),
            (&mut self.timed_out, other.timed_out),
            (&mut self.down, other.down),
            (&mut self.ejected, other.ejected),
            (&mut self.other, other.other),
            (&mut self.moved, other.moved),
            (&mut self.others, other.others),
        ];
        for (sum, count) in sums {
            *sum += count;
        }
        self.problems.extend(other.problems);
    }

    /// Whether all is as it must be.
    pub(crate) fn is_well(&self) -> bool {
        self.problems.is_empty() && self.wrong == 0
    }

    pub(crate) fn head() -> String {
        let names = [
            "ops", "WRONG", "stale", "late", "misses", "refused", "lost", "timeout", "down",
            "dead", "other", "moved", "others", "notice", "return",
        ];
        names.iter().map(|name| format!("{name:>8}")).collect()
    }

    pub(crate) fn row(&self) -> String {
        let counts = [
            self.operations,
            self.wrong,
            self.stale,
            self.late,
            self.misses,
            self.refused,
            self.lost,
            self.timed_out,
            self.down,
            self.ejected,
            self.other,
            self.moved,
            self.others,
        ];
        let counts = counts.iter().map(|count| format!("{count:>8}"));
        let times = [self.noticed, self.returned].map(|time| match time {
            Some(time) => format!("{:>5} ms", time.as_millis()),
            None => format!("{:>8}", "-"),
        });
        counts.chain(times).collect()
    }
}
