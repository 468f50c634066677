//! What pools of both colours are made of but for the waiting: where clients are made and rest.

use alloc::boxed::Box;
use alloc::sync::Arc;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use minimc_core::Error;

use super::guard::{Pooled, Turn};
use super::idle::{Aged, Idle};
use super::{PoolOptions, Poolable};

/// Where a pool's clients are made and rest.
pub(super) struct Home<C> {
    make: Box<dyn Fn() -> Result<C, Error> + Send + Sync>,
    idle: Mutex<Idle<C>>,
}

impl<C: Poolable> Home<C> {
    pub(super) fn new(
        options: &PoolOptions,
        make: impl Fn() -> Result<C, Error> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            make: Box::new(make),
            idle: Mutex::new(Idle::new(options)),
        })
    }

    /// Lends a client to who has a turn, and makes one if none rests. A turn is the right to one
    /// client: there are as many of them as there may be clients.
    pub(super) fn lend(self: &Arc<Self>, turn: Turn) -> Result<Pooled<C>, Error> {
        let now = Instant::now();
        let (rested, old) = self.idle().take(now);
        // Before another is made, and not under the lock: closing a socket takes its time.
        drop(old);
        let client = match rested {
            Some(client) => client,
            None => Aged::new((self.make)()?, now),
        };
        Ok(Pooled::new(client, self.clone(), turn))
    }

    /// Takes a client back, if it is of use to another.
    pub(super) fn take_back(&self, mut client: Aged<C>) {
        // It may be in the middle of anything if its holder panics.
        if !std::thread::panicking() && client.client.recycle() {
            self.idle().put(client, Instant::now());
        }
    }
}

impl<C> Home<C> {
    fn idle(&self) -> MutexGuard<'_, Idle<C>> {
        // Nothing that holds the lock runs a program's code.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
