//! A client that is counted: how many of its kind were made, and how many there are.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use minimc::pool::Poolable;

/// What clients of a kind are counted by.
#[derive(Clone, Debug, Default)]
pub struct Census(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    made: AtomicUsize,
    alive: AtomicUsize,
    most: AtomicUsize,
}

impl Census {
    /// How many were made.
    pub fn made(&self) -> usize {
        self.0.made.load(Ordering::SeqCst)
    }

    /// How many there are.
    pub fn alive(&self) -> usize {
        self.0.alive.load(Ordering::SeqCst)
    }

    /// How many there ever were at a time.
    pub fn most(&self) -> usize {
        self.0.most.load(Ordering::SeqCst)
    }

    /// Counts this one.
    pub fn count<C>(&self, client: C) -> Counted<C> {
        let number = self.0.made.fetch_add(1, Ordering::SeqCst);
        let alive = self.0.alive.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.most.fetch_max(alive, Ordering::SeqCst);
        Counted {
            client,
            number,
            census: self.clone(),
        }
    }
}

/// A client that is counted.
#[derive(Debug)]
pub struct Counted<C> {
    client: C,
    number: usize,
    census: Census,
}

impl<C> Counted<C> {
    /// How many were made before it.
    pub fn number(&self) -> usize {
        self.number
    }
}

impl<C> Deref for Counted<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.client
    }
}

impl<C> DerefMut for Counted<C> {
    fn deref_mut(&mut self) -> &mut C {
        &mut self.client
    }
}

impl<C: Poolable> Poolable for Counted<C> {
    fn recycle(&mut self) -> bool {
        self.client.recycle()
    }
}

impl<C> Drop for Counted<C> {
    fn drop(&mut self) {
        self.census.0.alive.fetch_sub(1, Ordering::SeqCst);
    }
}
