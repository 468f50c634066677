//! A pool for threads.

use alloc::sync::Arc;
use core::fmt;
use core::time::Duration;

use minimc_core::{Error, ErrorKind};

use super::guard::{Pooled, Turn};
use super::home::Home;
use super::turns::Turns;
use super::{PoolOptions, Poolable};

/// A pool of clients for threads; see the [module](super). A clone is another handle to the same pool.
///
/// Who waits is served in the order of coming: nobody gets a client before one who waited longer, not
/// even who asked just when one was given back.
///
/// ```no_run
/// use core::time::Duration;
/// use minimc::pool::PoolOptions;
/// use minimc::{Error, ErrorKind, Options};
///
/// # fn main() -> Result<(), Error> {
/// let few = PoolOptions { size: 2, wait: Duration::from_millis(50), ..PoolOptions::default() };
/// let pool = minimc::net::Pool::connect_lazy_with("127.0.0.1:11211", Options::default(), few);
///
/// let boots = pool.checkout()?.incr("boots", 1)?;
///
/// match pool.checkout() {
///     Ok(mut client) => println!("memcached {}", client.version()?),
///     Err(error) if error.kind() == ErrorKind::PoolExhausted => println!("all are busy"),
///     Err(error) => return Err(error),
/// }
/// # Ok(())
/// # }
/// ```
pub struct Pool<C> {
    home: Arc<Home<C>>,
    turns: Arc<Turns>,
    wait: Duration,
}

impl<C: Poolable> Pool<C> {
    /// A pool whose clients `make` makes, when one is asked for and none rests. It may connect them or
    /// leave that to their first call, and is called by several threads at once.
    ///
    /// ```no_run
    /// use minimc::net::Client;
    /// use minimc::pool::{PoolOptions, blocking::Pool};
    ///
    /// // Fails to lend a client, where `connect_lazy` would lend one that fails.
    /// let pool = Pool::new(PoolOptions::default(), || Client::connect("127.0.0.1:11211"));
    /// ```
    pub fn new(
        options: PoolOptions,
        make: impl Fn() -> Result<C, Error> + Send + Sync + 'static,
    ) -> Self {
        Self {
            home: Home::new(&options, make),
            turns: Turns::new(options.size),
            wait: options.wait,
        }
    }

    /// Borrows a client; waits while all are lent, up to [`PoolOptions::wait`].
    ///
    /// Fails with [`PoolExhausted`](ErrorKind::PoolExhausted) if none was given back in time; and as
    /// the pool's `make` does. A thread that waits for a client while it holds one may wait for itself.
    pub fn checkout(&self) -> Result<Pooled<C>, Error> {
        self.within(self.wait)
    }

    /// Borrows a client without waiting.
    ///
    /// Fails with [`PoolExhausted`](ErrorKind::PoolExhausted) if all are lent, or others wait for those
    /// that are not; and as the pool's `make` does.
    pub fn try_checkout(&self) -> Result<Pooled<C>, Error> {
        self.within(Duration::ZERO)
    }

    fn within(&self, limit: Duration) -> Result<Pooled<C>, Error> {
        let turn = self.turns.take(limit).ok_or(ErrorKind::PoolExhausted)?;
        self.home.lend(Turn::Thread(turn))
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
