//! Turns that threads take, first come, first served.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use core::time::Duration;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// So many turns, and the threads that wait for one.
#[derive(Debug)]
pub(super) struct Turns(Mutex<State>);

#[derive(Debug)]
struct State {
    free: usize,
    /// Each thread has a bell of its own, so that only the one whose turn it is wakes up.
    waiting: VecDeque<Arc<Condvar>>,
}

/// One of the turns; it is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Turn(Arc<Turns>);

impl Turns {
    pub(super) fn new(count: usize) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State {
            free: count,
            waiting: VecDeque::new(),
        })))
    }

    /// Takes a turn; waits until one is free and all who came before have theirs, up to `limit`.
    pub(super) fn take(self: &Arc<Self>, limit: Duration) -> Option<Turn> {
        let mut state = self.state();
        if state.waiting.is_empty() && state.free > 0 {
            state.free -= 1;
            return Some(Turn(self.clone()));
        }
        if limit.is_zero() {
            return None;
        }
        let deadline = Instant::now().checked_add(limit);
        let bell = Arc::new(Condvar::new());
        state.waiting.push_back(bell.clone());
        loop {
            if state.free > 0 && state.is_first(&bell) {
                state.waiting.pop_front();
                state.free -= 1;
                state.ring();
                return Some(Turn(self.clone()));
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            state = match left {
                // Nobody waits for this one: had it been rung for, it would have a turn.
                Some(Duration::ZERO) => {
                    state.waiting.retain(|other| !Arc::ptr_eq(other, &bell));
                    return None;
                }
                Some(left) => match bell.wait_timeout(state, left) {
                    Ok((state, _)) => state,
                    Err(poisoned) => poisoned.into_inner().0,
                },
                None => bell.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that holds the lock runs a program's code.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_first(&self, bell: &Arc<Condvar>) -> bool {
        self.waiting
            .front()
            .is_some_and(|first| Arc::ptr_eq(first, bell))
    }

    /// Wakes who is next, if a turn is free.
    fn ring(&self) {
        if self.free > 0
            && let Some(first) = self.waiting.front()
        {
            first.notify_one();
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.free += 1;
        state.ring();
    }
}

#[cfg(test)]
mod tests {
    use core::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::Barrier;
    use std::thread;
    use std::vec::Vec;

    use super::*;

    /// Waits until so many threads wait.
    fn until_waiting(turns: &Turns, count: usize) {
        while turns.state().waiting.len() < count {
            thread::yield_now();
        }
    }

    #[test]
    fn first_come_first_served() {
        let turns = Turns::new(1);
        let held = turns.take(Duration::ZERO);
        let order = Mutex::new(Vec::new());
        thread::scope(|scope| {
            for n in 0..8 {
                let (turns, order) = (&turns, &order);
                scope.spawn(move || {
                    let _turn = turns.take(Duration::MAX);
                    order.lock().unwrap().push(n);
                });
                until_waiting(turns, n + 1);
            }
            drop(held);
        });
        assert_eq!(order.into_inner().unwrap(), Vec::from_iter(0..8));
    }

    #[test]
    fn who_did_not_wait_does_not_push_in() {
        let turns = Turns::new(1);
        // Somebody waits, to whom the turn that is free was not yet given.
        turns.state().waiting.push_back(Arc::new(Condvar::new()));
        assert!(turns.take(Duration::ZERO).is_none());
        assert!(turns.take(Duration::from_millis(1)).is_none());
        assert_eq!(turns.state().waiting.len(), 1);
        turns.state().waiting.clear();
        assert!(turns.take(Duration::ZERO).is_some());
    }

    #[test]
    fn who_gives_up_is_in_nobodys_way() {
        let turns = Turns::new(1);
        let held = turns.take(Duration::ZERO);
        assert!(turns.take(Duration::from_millis(1)).is_none());
        assert!(turns.state().waiting.is_empty());
        thread::scope(|scope| {
            let impatient = scope.spawn(|| turns.take(Duration::from_millis(50)).is_some());
            // On a busy machine it may have given up before anybody looks.
            while turns.state().waiting.is_empty() && !impatient.is_finished() {
                thread::yield_now();
            }
            let patient = scope.spawn(|| turns.take(Duration::MAX).is_some());
            assert!(!impatient.join().unwrap());
            until_waiting(&turns, 1);
            drop(held);
            assert!(patient.join().unwrap());
        });
    }

    #[test]
    fn two_turns_freed_at_once_wake_two() {
        let turns = Turns::new(0);
        let both = Barrier::new(2);
        thread::scope(|scope| {
            for n in 1..=2 {
                let (turns, both) = (&turns, &both);
                scope.spawn(move || {
                    let _turn = turns.take(Duration::MAX);
                    // The one does not give its turn up before the other has one.
                    both.wait();
                });
                until_waiting(turns, n);
            }
            // The first one is rung for twice before it wakes up.
            let mut state = turns.state();
            state.free = 2;
            state.ring();
            state.ring();
        });
    }

    #[test]
    fn no_turn_is_lost_and_none_is_given_twice() {
        const COUNT: usize = 3;
        let turns = Turns::new(COUNT);
        let (taken, given_up) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for n in 0..12_u64 {
                let (turns, taken, given_up) = (&turns, &taken, &given_up);
                scope.spawn(move || {
                    for i in 0..300 {
                        // Some do not wait, some give up, some wait as long as it takes.
                        let limit = match (n + i) % 3 {
                            0 => Duration::ZERO,
                            1 => Duration::from_micros(n * 20),
                            _ => Duration::MAX,
                        };
                        let Some(turn) = turns.take(limit) else {
                            given_up.fetch_add(1, Ordering::Relaxed);
                            continue;
                        };
                        assert!(taken.fetch_add(1, Ordering::SeqCst) < COUNT);
                        thread::yield_now();
                        taken.fetch_sub(1, Ordering::SeqCst);
                        drop(turn);
                    }
                });
            }
        });
        let state = turns.state();
        assert_eq!((state.free, state.waiting.len()), (COUNT, 0));
        // Or it was no race.
        assert!(given_up.into_inner() > 0);
    }
}
