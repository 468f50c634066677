//! What the client asks of the outer world: one small trait, and one file for each world.

#[cfg(all(test, feature = "tokio"))]
mod connecting;
#[cfg(feature = "embassy-net")]
pub mod embassy;
mod io;
#[cfg(feature = "std")]
pub mod net;
mod resting;
#[cfg(feature = "tokio")]
pub mod tokio;

pub use io::Io;
pub use resting::Resting;
#[cfg(feature = "std")]
pub(crate) use resting::heed;

use core::future::{Future, ready};
use core::time::Duration;

use minimc_core::{During, ErrorKind};

/// A way to a server and back, over which a client moves bytes.
///
/// A transport for a new world is one file. Its futures must do nothing when dropped before they
/// are ready: what [`read`](Self::read) took or [`write`](Self::write) gave away has been
/// reported. They say what went wrong; the client knows what became of the write.
pub trait Transport {
    /// Connects, or connects anew after the connection was [closed](Self::close).
    ///
    /// A transport that cannot do so fails with [`Closed`](ErrorKind::Closed).
    fn connect(&mut self) -> impl Future<Output = Result<(), ErrorKind>>;

    /// Begins an operation: `connect`, `read`, `write` and `push` fail with
    /// [`TimedOut`](ErrorKind::TimedOut) when `limit` has passed. A transport without a clock
    /// ignores it.
    fn begin(&mut self, limit: Duration) {
        let _ = limit;
    }

    /// Begins a wait within an operation, on a connection on which bytes may have come: as
    /// [`begin`](Self::begin), but the limit is kept even if it is another than that of the
    /// operations.
    fn begin_wait(&mut self, limit: Duration) {
        self.begin(limit);
    }

    /// Whether the peer still keeps the connection, as far as is known without waiting. Asked
    /// before an operation, when nothing should have come. It may read to find out: having said no, it
    /// is not asked again.
    fn is_alive(&mut self) -> bool {
        true
    }

    /// Reads at least one byte into `into`; 0 is the end.
    fn read(&mut self, into: &mut [u8]) -> impl Future<Output = Result<usize, ErrorKind>>;

    /// The same into the first of two places, and where that is filled and it can at once, into the
    /// second. The first is not empty.
    fn read_both(
        &mut self,
        into: [&mut [u8]; 2],
    ) -> impl Future<Output = Result<usize, ErrorKind>> {
        let [first, _] = into;
        self.read(first)
    }

    /// Writes the first bytes of `parts`, in order and if it can at once, and returns how many.
    fn write(&mut self, parts: [&[u8]; 3]) -> impl Future<Output = Result<usize, ErrorKind>>;

    /// Lets everything that was written go. Called before the client waits for replies.
    fn push(&mut self) -> impl Future<Output = Result<(), ErrorKind>> {
        ready(Ok(()))
    }

    /// Closes the connection, if there is one.
    fn close(&mut self);

    /// The seconds since 1970, where there is a clock for it.
    fn unix_time(&self) -> Option<u64> {
        None
    }
}

/// The seconds since 1970 by a host's clock.
#[cfg(feature = "std")]
pub(crate) fn unix_time() -> Option<u64> {
    let now = std::time::SystemTime::now();
    let since = now.duration_since(std::time::SystemTime::UNIX_EPOCH).ok()?;
    Some(since.as_secs())
}

/// The first of `parts` that is not empty, for transports that write one at a time.
pub(crate) fn first(parts: [&[u8]; 3]) -> &[u8] {
    parts
        .into_iter()
        .find(|part| !part.is_empty())
        .unwrap_or_default()
}

/// What a transport says that failed in a way it has no number for.
pub(crate) fn failed(during: During, error: &impl embedded_io::Error) -> ErrorKind {
    match error.kind() {
        embedded_io::ErrorKind::TimedOut => ErrorKind::TimedOut,
        _ => ErrorKind::Io { during, code: 0 },
    }
}

/// A stream that is connected when it is given, and cannot be connected again.
#[derive(Debug)]
pub(crate) struct Once<T> {
    stream: Option<T>,
    started: bool,
}

impl<T> Once<T> {
    pub(crate) fn new(stream: T) -> Self {
        Self {
            stream: Some(stream),
            started: false,
        }
    }

    /// Succeeds once.
    pub(crate) fn start(&mut self) -> Result<(), ErrorKind> {
        let again = core::mem::replace(&mut self.started, true);
        if again || self.stream.is_none() {
            Err(ErrorKind::Closed)
        } else {
            Ok(())
        }
    }

    pub(crate) fn get(&mut self) -> Result<&mut T, ErrorKind> {
        self.stream.as_mut().ok_or(ErrorKind::Closed)
    }

    pub(crate) fn close(&mut self) {
        // Before the first call it is not closed, only not started.
        if self.started {
            self.stream = None;
        }
    }
}
