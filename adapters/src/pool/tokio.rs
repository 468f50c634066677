//! A pool for tokio's tasks.

use alloc::sync::Arc;
use core::fmt;
use core::time::Duration;

use ::tokio::sync::Semaphore;
use ::tokio::time::timeout;
use minimc_core::{Error, ErrorKind};

use super::guard::{Pooled, Turn};
use super::home::Home;
use super::{PoolOptions, Poolable};

/// A pool of clients for tokio's tasks; see the [module](super). A clone is another handle to the same
/// pool.
///
/// Who waits is served in the order of coming, which is that of the first polls: nobody gets a client
/// before one who waited longer.
///
/// ```no_run
/// # async fn example() -> Result<(), minimc::Error> {
/// let pool = minimc::tokio::Pool::connect_lazy("127.0.0.1:11211");
/// let tasks: Vec<_> = (0..100)
///     .map(|_| {
///         let pool = pool.clone();
///         tokio::spawn(async move { pool.checkout().await?.incr("tasks", 1).await })
///     })
///     .collect();
/// # Ok(())
/// # }
/// ```
pub struct Pool<C> {
    home: Arc<Home<C>>,
    turns: Arc<Semaphore>,
    wait: Duration,
}

impl<C: Poolable> Pool<C> {
    /// A pool whose clients `make` makes, when one is asked for and none rests. It should not block:
    /// clients connect with their first call. It is called by several tasks at once.
    ///
    /// ```
    /// use minimc::pool::{PoolOptions, tokio::Pool};
    /// use minimc::tokio::Socket;
    /// use minimc::{Client, Growing};
    ///
    /// // Small storage, for many connections with small values.
    /// let storage = || Growing::new(1024, 16 * 1024);
    /// let pool = Pool::new(PoolOptions::default(), move || {
    ///     Client::<_, _, 8>::new(Socket::new("127.0.0.1:11211"), storage(), storage())
    /// });
    /// ```
    pub fn new(
        options: PoolOptions,
        make: impl Fn() -> Result<C, Error> + Send + Sync + 'static,
    ) -> Self {
        Self {
            home: Home::new(&options, make),
            turns: Arc::new(Semaphore::new(options.size.min(Semaphore::MAX_PERMITS))),
            wait: options.wait,
        }
    }

    /// Borrows a client; waits while all are lent, up to [`PoolOptions::wait`].
    ///
    /// Fails with [`PoolExhausted`](ErrorKind::PoolExhausted) if none was given back in time; and as
    /// the pool's `make` does. A task that waits for a client while it holds one may wait for itself.
    ///
    /// # Cancel safety
    ///
    /// The future may be dropped at any point: then no client is lent, and who waits behind moves up.
    pub async fn checkout(&self) -> Result<Pooled<C>, Error> {
        if let Ok(turn) = self.turns.clone().try_acquire_owned() {
            return self.home.lend(Turn::Task(turn));
        }
        match timeout(self.wait, self.turns.clone().acquire_owned()).await {
            Ok(Ok(turn)) => self.home.lend(Turn::Task(turn)),
            _ => Err(ErrorKind::PoolExhausted.into()),
        }
    }

    /// Borrows a client without waiting.
    ///
    /// Fails with [`PoolExhausted`](ErrorKind::PoolExhausted) if all are lent, or others wait for those
    /// that are not; and as the pool's `make` does.
    pub fn try_checkout(&self) -> Result<Pooled<C>, Error> {
        match self.turns.clone().try_acquire_owned() {
            Ok(turn) => self.home.lend(Turn::Task(turn)),
            Err(_) => Err(ErrorKind::PoolExhausted.into()),
        }
    }
}

impl<C> Clone for Pool<C> {
    fn clone(&self) -> Self {
        Self {
            home: self.home.clone(),
            turns: self.turns.clone(),
            wait: self.wait,
        }
    }
}

impl<C> fmt::Debug for Pool<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").finish_non_exhaustive()
    }
}
