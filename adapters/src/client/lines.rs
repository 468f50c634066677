//! A stream of lines, line by line.

use core::time::Duration;

use minimc_core::command::{Batch, Event, Watch};
use minimc_core::{Error, ErrorKind, Storage};

use super::Many;
use crate::transport::Transport;

/// The lines that answer one request, as they arrive: statistics, or a list of items. It may be
/// dropped at any time.
#[derive(Debug)]
#[must_use = "nothing is asked for until the first line is"]
pub struct Lines<'c, B, T, S, const N: usize> {
    lines: Many<'c, B, T, S, N>,
}

impl<'c, B: Batch<Name = ()>, T: Transport, S: Storage, const N: usize> Lines<'c, B, T, S, N> {
    pub(super) fn new(lines: Many<'c, B, T, S, N>) -> Self {
        Self { lines }
    }

    /// What the next line says; `None` at the end of all, not before: a stream cut short is an
    /// error. Every line has the operation's time limit anew.
    ///
    /// Fails with [`StorageTooSmall`](ErrorKind::StorageTooSmall), and sends nothing, where the
    /// receive storage has fewer than 2,048 bytes; with [`Refused`](ErrorKind::Refused) where the
    /// server will not answer, or not go on. The next call may tell that the connection is lost.
    pub async fn next(&mut self) -> Result<Option<B::Reply<'_>>, Error> {
        self.wait().await?;
        self.take()
    }

    /// Waits until there is something to [take](Self::take).
    pub(crate) async fn wait(&mut self) -> Result<(), Error> {
        if let Err(kind) = self.lines.wait(None).await {
            self.lines.lose(kind);
        }
        Ok(())
    }

    pub(crate) fn take(&mut self) -> Result<Option<B::Reply<'_>>, Error> {
        self.lines.take().map(|((), outcome)| outcome).transpose()
    }

    /// Reads on to the end.
    pub(crate) async fn finish(&mut self) -> Result<(), Error> {
        while self.next().await?.is_some() {}
        Ok(())
    }
}

/// What a server does, as it happens. Dropping it closes the connection; the next call opens
/// another.
#[derive(Debug)]
#[must_use = "events that nobody asks for are skipped"]
pub struct Events<'c, T: Transport, S: Storage, const N: usize> {
    lines: Many<'c, Watch, T, S, N>,
}

impl<'c, T: Transport, S: Storage, const N: usize> Events<'c, T, S, N> {
    /// Begins to watch.
    pub(super) async fn begin(lines: Many<'c, Watch, T, S, N>) -> Result<Self, Error> {
        let mut lines = Lines::new(lines);
        match lines.next().await? {
            Some(Event::Started) => Ok(Self { lines: lines.lines }),
            _ => Err(lines.lines.client().distrust()),
        }
    }

    /// The next event; `None` if there was none within `limit`: then the watch goes on. A transport
    /// without a clock waits for as long as it takes.
    ///
    /// Fails where the connection is lost; there are no more events then.
    pub async fn next_within(&mut self, limit: Duration) -> Result<Option<Event<'_>>, Error> {
        if !self.wait(limit).await? {
            return Ok(None);
        }
        self.take()
    }

    /// Whether there is something to [take](Self::take).
    pub(crate) async fn wait(&mut self, limit: Duration) -> Result<bool, Error> {
        match self.lines.wait_within(limit).await {
            Ok(()) => {}
            Err(ErrorKind::TimedOut) => return Ok(false),
            Err(kind) => self.lines.lose(kind),
        }
        Ok(true)
    }

    pub(crate) fn take(&mut self) -> Result<Option<Event<'_>>, Error> {
        match self.lines.take() {
            Some(((), event)) => event.map(Some),
            None => Err(ErrorKind::Closed.into()),
        }
    }
}

impl<T: Transport, S: Storage, const N: usize> Drop for Events<'_, T, S, N> {
    fn drop(&mut self) {
        self.lines.client().disconnect();
    }
}
