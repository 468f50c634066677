//! A client for each thread.

use alloc::boxed::Box;
use alloc::sync::{Arc, Weak};
use alloc::vec::Vec;
use core::any::Any;
use core::cell::RefCell;
use core::fmt;

use minimc_core::{Error, ErrorKind};

use super::Poolable;

/// A client for each thread: made when the thread first asks for one, dropped when it ends.
///
/// Nobody waits, and there are as many connections as threads. Take a
/// [`Pool`](super::blocking::Pool) if that is too many, or if threads come and go. (For async tasks
/// there is no such thing, since they change threads.) A clone is another handle to the same clients.
///
/// What becomes of a client behind a call is as in a pool: one whose connection broke, or whose holder
/// panicked, is dropped, and the thread's next call gets a new one; what was abandoned is settled. How
/// long a client rests is not looked at: it finds out by itself whether the server closed it. The
/// clients of a `PerThread` that is gone are dropped when their thread next uses another, or ends.
///
/// ```no_run
/// use minimc::Error;
///
/// # fn main() -> Result<(), Error> {
/// let clients = minimc::net::PerThread::connect_lazy("127.0.0.1:11211");
/// std::thread::scope(|scope| {
///     for _ in 0..4 {
///         scope.spawn(|| clients.with(|client| client.incr("threads", 1)));
///     }
/// });
/// # Ok(())
/// # }
/// ```
pub struct PerThread<C> {
    make: Arc<dyn Fn() -> Result<C, Error> + Send + Sync>,
    /// By which the threads know the pool. Nothing is in it.
    name: Arc<()>,
}

impl<C: Poolable + 'static> PerThread<C> {
    /// Clients that `make` makes, in the thread that asks. It may connect them or leave that to their
    /// first call.
    pub fn new(make: impl Fn() -> Result<C, Error> + Send + Sync + 'static) -> Self {
        Self {
            make: Arc::new(make),
            name: Arc::new(()),
        }
    }

    /// Does `work` with the thread's client.
    ///
    /// Fails as the work does, or as `make` does. Within `work` the client is in use: there another
    /// `with` of the same pool fails with [`PoolExhausted`](ErrorKind::PoolExhausted), and its work is
    /// not done.
    pub fn with<R, E: From<Error>>(
        &self,
        work: impl FnOnce(&mut C) -> Result<R, E>,
    ) -> Result<R, E> {
        let mut borrowed = Borrowed::<C>::from_thread(&self.name)?;
        let client = match &mut borrowed.client {
            Some(client) => client,
            none => none.insert(Box::new((self.make)()?)),
        };
        work(client)
    }

    /// Drops the client that this thread has; the next call makes another. Within
    /// [`with`](Self::with) it does nothing.
    pub fn relinquish(&self) {
        if let Ok(mut borrowed) = Borrowed::<C>::from_thread(&self.name) {
            borrowed.client = None;
        }
    }
}

std::thread_local! {
    static SLOTS: RefCell<Vec<Slot>> = const { RefCell::new(Vec::new()) };
}

/// Where a thread keeps its client of one pool.
struct Slot {
    pool: Weak<()>,
    /// Not there while it is borrowed.
    client: Option<Box<dyn Any>>,
}

/// A thread's client of one pool, if it has one already. Dropped, it goes back to its slot.
struct Borrowed<C: Poolable + 'static> {
    client: Option<Box<C>>,
    pool: Weak<()>,
}

impl<C: Poolable + 'static> Borrowed<C> {
    fn from_thread(name: &Arc<()>) -> Result<Self, Error> {
        let pool = Arc::downgrade(name);
        let mut client = None;
        let mut is_borrowed = false;
        // What is dropped here is dropped when the slots are free again: it may be a program's own.
        let _gone = with_slots(|slots| {
            let gone: Vec<_> = slots
                .extract_if(.., |slot| slot.pool.strong_count() == 0)
                .collect();
            match slots.iter_mut().find(|slot| slot.pool.ptr_eq(&pool)) {
                Some(slot) => {
                    client = slot.client.take();
                    is_borrowed = client.is_none();
                }
                None => slots.push(Slot {
                    pool: pool.clone(),
                    client: None,
                }),
            }
            gone
        });
        if is_borrowed {
            return Err(ErrorKind::PoolExhausted.into());
        }
        let client = client.and_then(|client| client.downcast().ok());
        Ok(Self { client, pool })
    }
}

impl<C: Poolable + 'static> Drop for Borrowed<C> {
    fn drop(&mut self) {
        if std::thread::panicking() || !self.client.as_mut().is_some_and(|client| client.recycle())
        {
            self.client = None;
        }
        let client = self.client.take();
        with_slots(|slots| match client {
            Some(client) => {
                let mut slots = slots.iter_mut();
                if let Some(slot) = slots.find(|slot| slot.pool.ptr_eq(&self.pool)) {
                    slot.client = Some(client);
                }
            }
            None => slots.retain(|slot| !slot.pool.ptr_eq(&self.pool)),
        });
    }
}

/// Looks at the thread's slots. A thread that is ending has none any more; then nothing is kept.
fn with_slots<R: Default>(look: impl FnOnce(&mut Vec<Slot>) -> R) -> R {
    SLOTS
        .try_with(|slots| look(&mut slots.borrow_mut()))
        .unwrap_or_default()
}

impl<C> Clone for PerThread<C> {
    fn clone(&self) -> Self {
        Self {
            make: self.make.clone(),
            name: self.name.clone(),
        }
    }
}

impl<C> fmt::Debug for PerThread<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PerThread").finish_non_exhaustive()
    }
}
