//! A batch, outcome by outcome.

use core::time::Duration;

use minimc_core::command::Batch;
use minimc_core::{Error, ErrorKind, Progress, Sent, Storage};

use super::Client;
use crate::transport::Transport;

/// What became of one request of a batch: what it is known by, mostly its key as it was given, and
/// what its reply means.
pub type Outcome<'b, B> = (<B as Batch>::Name, Result<<B as Batch>::Reply<'b>, Error>);

/// The outcomes of a batch's requests, as they arrive. It may be dropped at any time.
#[derive(Debug)]
#[must_use = "a batch does nothing until its outcomes are asked for"]
pub struct Many<'c, B, T, S, const N: usize> {
    client: &'c mut Client<T, S, N>,
    batch: B,
    progress: Progress,
    /// Whether the connection was there before, so that its loss may have been long ago.
    reused: bool,
    /// Whether a value is on its way that only the future which sends it has.
    in_gap: bool,
}

impl<'c, B: Batch, T: Transport, S: Storage, const N: usize> Many<'c, B, T, S, N> {
    pub(crate) fn new(client: &'c mut Client<T, S, N>, batch: B, reused: bool) -> Self {
        Self {
            client,
            batch,
            progress: Progress::new(),
            reused,
            in_gap: false,
        }
    }

    /// The outcome of the next request, with the key as it was given; `None` when all were told.
    /// Every outcome has the operation's time limit anew.
    ///
    /// The future may be dropped, and this called again. If a value that is sent from where it is
    /// had left in part, the connection is lost with that.
    ///
    /// An error concerns that request. When the connection is lost, each request that had no
    /// outcome yet gets one, with its own fate.
    pub async fn next(&mut self) -> Option<Outcome<'_, B>> {
        if let Err(kind) = self.wait(None).await {
            self.lose(kind);
        }
        self.take()
    }

    /// Waits until the next outcome is there, or all were told; once more if that does no harm. The
    /// limit is that of an operation, if there is no other.
    pub(crate) async fn wait(&mut self, mut limit: Option<Duration>) -> Result<(), ErrorKind> {
        loop {
            let Err(kind) = self.arrive::<true>(limit).await else {
                return Ok(());
            };
            if !self.may_begin_anew(kind) {
                return Ok(());
            }
            if limit.take().is_some() {
                // Another connection needs more than to read what has come.
                self.client.transport.begin(self.client.options.timeout);
            }
            self.client.reconnect().await?;
            self.progress = Progress::new();
        }
    }

    /// Sends as many of the requests as fit, and waits for no reply; once more if that does no harm.
    #[cfg(feature = "std")]
    pub(crate) async fn send(&mut self) -> Result<(), ErrorKind> {
        loop {
            let Err(kind) = self.arrive::<false>(None).await else {
                return Ok(());
            };
            if !self.may_begin_anew(kind) {
                return Ok(());
            }
            self.client.reconnect().await?;
            self.progress = Progress::new();
        }
    }

    /// Whether nothing of it waits to be sent, so that the future that waits for an outcome may be dropped.
    #[cfg(feature = "std")]
    pub(crate) fn is_queued(&self) -> bool {
        self.progress.queued() >= self.batch.count()
    }

    /// How long an operation may take.
    #[cfg(feature = "std")]
    pub(crate) fn limit(&self) -> Duration {
        self.client.options.timeout
    }

    /// Whether there is an outcome to [take](Self::take), after it was [waited](Self::wait) for.
    #[cfg(feature = "std")]
    pub(crate) fn is_there(&mut self) -> bool {
        let connection = &mut self.client.connection;
        connection
            .item_arrived(&self.batch, &mut self.progress)
            .is_ok_and(|there| there)
    }

    /// Breaks the connection over the batch; whether to begin it anew on another does no harm.
    fn may_begin_anew(&mut self, kind: ErrorKind) -> bool {
        self.lose(kind);
        let harmless = B::IS_READ || self.progress.is_unsent();
        let again = self.reused && self.progress.is_untold() && harmless;
        if !again || !self.client.may_repeat(kind) {
            return false;
        }
        (self.reused, self.in_gap) = (false, false);
        true
    }

    pub(super) fn client(&mut self) -> &mut Client<T, S, N> {
        self.client
    }

    /// Takes the outcome that was [waited](Self::wait) for.
    pub(crate) fn take(&mut self) -> Option<Outcome<'_, B>> {
        let connection = &mut self.client.connection;
        // It fails where there is none.
        let (index, outcome) = connection.item(&self.batch, &mut self.progress).ok()?;
        // What was told is not told again.
        self.reused = false;
        Some((self.batch.name(index)?, outcome))
    }

    /// Waits until the next outcome is there, for `limit` at most. Fails with
    /// [`TimedOut`](ErrorKind::TimedOut) after that, and the batch may go on.
    pub(crate) async fn wait_within(&mut self, limit: Duration) -> Result<(), ErrorKind> {
        self.arrive::<true>(Some(limit)).await
    }

    pub(crate) fn lose(&mut self, kind: ErrorKind) {
        self.client.contacts.lost(kind);
        self.client.connection.lose(&mut self.progress, kind);
    }

    /// Sends what fits, and if it `READS` waits until an outcome is there.
    async fn arrive<const READS: bool>(
        &mut self,
        limit: Option<Duration>,
    ) -> Result<(), ErrorKind> {
        let (client, batch) = (&mut *self.client, &self.batch);
        if self.in_gap {
            client.contacts.forgive();
            return Err(ErrorKind::Closed);
        }
        if client.connection.item_arrived(batch, &mut self.progress)? {
            return Ok(());
        }
        if client.connection.is_broken() {
            // By the last reply, maybe: what was never queued will not be any more.
            return Err(ErrorKind::Closed);
        }
        match limit {
            Some(limit) => client.transport.begin_wait(limit),
            None => client.transport.begin(client.options.timeout),
        }
        loop {
            // Where there is no room, a reply is to be read first; or the rest of one that was too large.
            let mut is_full = false;
            while !is_full {
                match client.connection.send_batch(batch, &mut self.progress) {
                    Ok(Sent::Group(None)) => {}
                    Ok(Sent::Group(gap)) => {
                        self.in_gap = true;
                        client.write(gap).await?;
                        self.in_gap = false;
                    }
                    Ok(Sent::Nothing) => break,
                    Err(error)
                        if error.kind() == ErrorKind::Full && client.connection.owed() > 0 =>
                    {
                        is_full = true;
                    }
                    Err(error) => return Err(error.kind()),
                }
            }
            if !READS {
                client.write(None).await?;
                return client.transport.push().await;
            }
            if self.progress.is_waiting() || is_full {
                client.next_reply().await?;
            }
            let arrived = client.connection.item_arrived(batch, &mut self.progress)?;
            let all_queued = self.progress.queued() >= batch.count();
            if arrived || all_queued && !self.progress.is_waiting() {
                return Ok(());
            }
        }
    }
}
