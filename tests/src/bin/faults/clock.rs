//! How long calls take, and how late the machine is.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The longest time between two things that a client does.
#[derive(Debug)]
pub(crate) struct Laps {
    began: Instant,
    longest: Duration,
    /// When the longest began.
    when: Instant,
}

impl Laps {
    pub(crate) fn begin() -> Self {
        let now = Instant::now();
        Self {
            began: now,
            longest: Duration::ZERO,
            when: now,
        }
    }

    /// Ends a lap and begins the next.
    pub(crate) fn lap(&mut self) {
        let took = self.began.elapsed();
        if took > self.longest {
            (self.longest, self.when) = (took, self.began);
        }
        self.began = Instant::now();
    }

    /// The longest of them, and what it took when the machine's own lateness is left out.
    pub(crate) fn longest(&self, metronome: &Metronome) -> (Duration, Duration) {
        let late = metronome.late_between(self.when, self.when + self.longest);
        (self.longest, self.longest.saturating_sub(late))
    }
}

/// Wakes up all the time, and notes when that was late: the machine has others to serve. A call that
/// took longer by so much did not hang.
#[derive(Debug, Default)]
pub(crate) struct Metronome {
    late: Mutex<Vec<(Instant, Duration)>>,
}

impl Metronome {
    pub(crate) const STEP: Duration = Duration::from_millis(5);
    /// Less than this is no lateness.
    const USUAL: Duration = Duration::from_millis(2);

    /// Tells that it woke up, and when it had lain down.
    pub(crate) fn tick(&self, from: Instant) {
        let late = from.elapsed().saturating_sub(Self::STEP);
        if late > Self::USUAL {
            let mut all = self.late.lock().unwrap_or_else(PoisonError::into_inner);
            all.push((Instant::now(), late));
        }
    }

    /// By how much it was late in all in this time.
    fn late_between(&self, from: Instant, to: Instant) -> Duration {
        let all = self.late.lock().unwrap_or_else(PoisonError::into_inner);
        let within = all.iter().rev().take_while(|(when, _)| *when >= from);
        // One that began in this time and ended behind it counts as far as it lies in it.
        let within = within.filter_map(|&(when, late)| {
            let behind = when.saturating_duration_since(to);
            late.checked_sub(behind)
        });
        within.sum()
    }

    /// How late it was at worst.
    pub(crate) fn worst(&self) -> Duration {
        let all = self.late.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().map(|&(_, late)| late).max().unwrap_or_default()
    }
}
