//! A client that a pool has lent.

use alloc::sync::Arc;
use core::fmt;
use core::ops::{Deref, DerefMut};

use super::home::Home;
use super::idle::Aged;
use super::{Poolable, turns};

/// A client that a pool has lent: use it as one. Dropped, it is given back; see the
/// [module](super#what-is-handed-on) for what becomes of it.
///
/// It borrows nothing, so that it can be moved to another thread or task. One that is leaked
/// ([`core::mem::forget`]) is lost to the pool, which from then on has one client less.
pub struct Pooled<C: Poolable> {
    /// There until it is given back.
    client: Option<Aged<C>>,
    home: Arc<Home<C>>,
    /// Given up after the client was given back, so that who is next finds it.
    _turn: Turn,
}

/// The right to one client, which ends when it is dropped.
pub(super) enum Turn {
    #[expect(dead_code, reason = "held until it is dropped")]
    Thread(turns::Turn),
    #[cfg(feature = "tokio")]
    #[expect(dead_code, reason = "held until it is dropped")]
    Task(::tokio::sync::OwnedSemaphorePermit),
}

impl<C: Poolable> Pooled<C> {
    pub(super) fn new(client: Aged<C>, home: Arc<Home<C>>, turn: Turn) -> Self {
        Self {
            client: Some(client),
            home,
            _turn: turn,
        }
    }
}

impl<C: Poolable> Deref for Pooled<C> {
    type Target = C;

    fn deref(&self) -> &C {
        match &self.client {
            Some(aged) => &aged.client,
            None => unreachable!("given back when dropped, not before"),
        }
    }
}

impl<C: Poolable> DerefMut for Pooled<C> {
    fn deref_mut(&mut self) -> &mut C {
        match &mut self.client {
            Some(aged) => &mut aged.client,
            None => unreachable!("given back when dropped, not before"),
        }
    }
}

impl<C: Poolable> Drop for Pooled<C> {
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            self.home.take_back(client);
        }
    }
}

impl<C: Poolable + fmt::Debug> fmt::Debug for Pooled<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pooled").field(&**self).finish()
    }
}
