//! Moving bytes between the transport and the connection: sending, waiting, settling, connecting.
//!
//! In here nothing is known of a server's words: what fails is an [`ErrorKind`], or with the fate of
//! a request a [`Failure`], which becomes an [`Error`] where it leaves.

use minimc_core::command::{Command, Get};
use minimc_core::{Connection, Entry, Error, ErrorKind, Fate, Gap, Piece, Storage};

use super::Client;
use crate::transport::Transport;

/// An [`Error`] without a server's words, which futures would copy at every level.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failure {
    pub(crate) kind: ErrorKind,
    pub(crate) fate: Fate,
}

impl Failure {
    /// The failure, unless it is that the connection was lost.
    pub(crate) fn unless_lost(self) -> Result<(), Error> {
        match self.kind {
            ErrorKind::Closed | ErrorKind::Io { .. } => Ok(()),
            _ => Err(self.into()),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self {
            kind: error.kind(),
            fate: error.fate(),
        }
    }
}

impl From<ErrorKind> for Failure {
    fn from(kind: ErrorKind) -> Self {
        Error::from(kind).into()
    }
}

impl From<Failure> for Error {
    #[cold]
    #[inline(never)]
    fn from(failure: Failure) -> Self {
        Self::new(failure.kind).with_fate(failure.fate)
    }
}

impl<T: Transport, S: Storage, const N: usize> Client<T, S, N> {
    /// Sends a command and waits until its reply is there, once more if that does no harm.
    pub(crate) async fn exchange<C: Command>(&mut self, command: &C) -> Result<(), Failure> {
        let mut reused = self.begin() || self.ready().await?;
        loop {
            // As `attempt`, a future of its own, which would cost more than it says.
            let failure = match self.connection.send(command) {
                Ok(gap) => match self.transfer(gap, usize::MAX, Connection::arrived).await {
                    Ok(()) => return Ok(()),
                    Err(kind) => self.lost(kind),
                },
                Err(error) => error.into(),
            };
            if !reused || !self.repeats(failure, C::IS_READ) {
                return Err(failure);
            }
            self.ready().await?;
            reused = false;
        }
    }

    /// The reply that [`exchange`](Self::exchange) waited for.
    pub(crate) fn reply<C: Command>(&mut self) -> Result<C::Reply<'_>, Error> {
        self.connection.reply::<C>()
    }

    pub(super) async fn attempt<C: Command>(&mut self, command: &C) -> Result<(), Failure> {
        let gap = self.connection.send(command)?;
        let received = self.transfer(gap, usize::MAX, Connection::arrived).await;
        received.map_err(|kind| self.lost(kind))
    }

    /// [`open`](Self::open) up to the first piece.
    pub(super) async fn opened(&mut self, get: &Get<'_>) -> Result<Option<Entry>, Error> {
        let mut reused = self.begin() || self.ready().await?;
        loop {
            match self.try_open(get).await {
                Err(error) if reused && self.repeats(error.into(), true) => {
                    self.ready().await?;
                    reused = false;
                }
                opened => return opened,
            }
        }
    }

    async fn try_open(&mut self, get: &Get<'_>) -> Result<Option<Entry>, Error> {
        self.connection.send(get)?;
        if let Err(kind) = self.piece_arrive().await {
            return Err(self.lost(kind).into());
        }
        match self.connection.piece()? {
            Some(Piece::Start(entry)) => Ok(Some(entry)),
            Some(Piece::End) => Ok(None),
            _ => Err(ErrorKind::Malformed.into()),
        }
    }

    /// Whether a failed operation may be repeated on a new connection.
    fn repeats(&self, failure: Failure, is_read: bool) -> bool {
        self.may_repeat(failure.kind) && (is_read || failure.fate == Fate::NotSent)
    }

    /// Whether what failed so may be repeated on a new connection, if that does no harm.
    pub(super) fn may_repeat(&self, kind: ErrorKind) -> bool {
        self.options.retry && matches!(kind, ErrorKind::Closed | ErrorKind::Io { .. })
    }

    /// Connects again after a connection was lost.
    pub(super) async fn reconnect(&mut self) -> Result<(), ErrorKind> {
        match self.ready().await {
            Ok(_) => Ok(()),
            Err(failure) => Err(failure.kind),
        }
    }

    /// Begins an operation; `true` if the connection is there and owes nothing. Else make it
    /// [ready](Self::ready).
    pub(super) fn begin(&mut self) -> bool {
        self.transport.begin(self.options.timeout);
        self.forget();
        if !self.connected || !self.connection.is_idle() {
            return false;
        }
        let is_alive = self.transport.is_alive();
        if !is_alive {
            // What was read to find out is gone, so nobody may ask again.
            self.connection.fail();
        }
        is_alive
    }

    /// Begins an operation on a connection that owes nothing; `true` if it was there before.
    pub(crate) async fn start(&mut self) -> Result<bool, Error> {
        Ok(self.begin() || self.ready().await?)
    }

    /// Sees to it that there is a connection and that it owes nothing; `true` if it was there
    /// before.
    async fn ready(&mut self) -> Result<bool, Failure> {
        // While replies are owed, that bytes came says nothing against the connection.
        if self.connected && self.settle().await.is_ok() && self.transport.is_alive() {
            return Ok(true);
        }
        self.connect_anew().await?;
        Ok(false)
    }

    /// Withdraws what has not left, sends the rest of a request that left in part, and drops the
    /// replies nobody waits for.
    async fn settle(&mut self) -> Result<(), ErrorKind> {
        self.connection.abandon();
        self.transfer(None, self.options.settle_limit, Connection::settle)
            .await
    }

    /// Writes everything that is queued.
    pub(super) async fn write(&mut self, gap: Option<Gap<'_>>) -> Result<(), ErrorKind> {
        self.transfer(gap, 0, |_| Ok(true)).await
    }

    /// Writes what is queued and waits for the oldest reply; or, if all that is owed is the rest of
    /// one that was too large, for its end.
    pub(super) async fn next_reply(&mut self) -> Result<(), ErrorKind> {
        let there =
            |connection: &mut Connection<S, N>| Ok(connection.arrived()? || connection.owed() == 0);
        self.transfer(None, usize::MAX, there).await
    }

    /// Writes what is queued and waits for the next piece.
    pub(super) async fn piece_arrive(&mut self) -> Result<(), ErrorKind> {
        self.transfer(None, usize::MAX, Connection::piece_arrived)
            .await
    }

    /// Reads the next bytes of the value that is taken in pieces straight to the front of `place`, which
    /// has room for all that is left of it; how many. None if there are some in the storage, or none are
    /// left.
    // What was read is told of before anything else is waited for.
    pub(super) async fn read_straight(&mut self, place: &mut [u8]) -> Result<usize, ErrorKind> {
        let left = self.connection.bypass();
        let Some(place) = place.get_mut(..left).filter(|place| !place.is_empty()) else {
            return Ok(0);
        };
        // What ends the value comes with its last bytes, if the transport can do that.
        let into = [place, self.connection.space()];
        let count = self.transport.read_both(into).await?;
        if count == 0 {
            return Err(ErrorKind::Closed);
        }
        let straight = count.min(left);
        self.connection.bypassed(straight);
        self.connection.filled(count.saturating_sub(straight));
        self.contacts.answered();
        Ok(straight)
    }

    /// Writes everything that is queued, then reads until it is `there`, and no more than `limit`
    /// bytes.
    // One loop for all that moves bytes: a future of its own for each step costs more than the step.
    async fn transfer(
        &mut self,
        gap: Option<Gap<'_>>,
        mut limit: usize,
        there: fn(&mut Connection<S, N>) -> Result<bool, ErrorKind>,
    ) -> Result<(), ErrorKind> {
        while self.connection.is_sending() {
            let parts = self.connection.outgoing(gap.as_ref());
            match self.transport.write(parts).await? {
                0 => return Err(ErrorKind::Closed),
                count => self.connection.sent(count),
            }
        }
        if there(&mut self.connection)? {
            return Ok(());
        }
        self.transport.push().await?;
        loop {
            let count = self.transport.read(self.connection.space()).await?;
            limit = limit.checked_sub(count).ok_or(ErrorKind::Closed)?;
            if count == 0 {
                return Err(ErrorKind::Closed);
            }
            self.connection.filled(count);
            self.contacts.answered();
            if there(&mut self.connection)? {
                return Ok(());
            }
        }
    }

    /// Breaks the connection; the failure gets the fate of the oldest request.
    #[cold]
    #[inline(never)]
    pub(super) fn lost(&mut self, kind: ErrorKind) -> Failure {
        let fate = self.connection.fate(0);
        self.contacts.lost(kind);
        self.connection.fail();
        Failure { kind, fate }
    }

    /// Breaks the connection over a reply that no server gives.
    pub(crate) fn distrust(&mut self) -> Error {
        self.connection.fail();
        ErrorKind::Malformed.into()
    }

    /// Breaks the connection, and tells the last `untold` requests on it their fate. (One before
    /// them may be owed still, that of which a reply too large was told.)
    pub(super) fn lose<R>(
        &mut self,
        kind: ErrorKind,
        untold: usize,
        index: &mut usize,
        each: &mut impl FnMut(usize, Result<R, Error>),
    ) {
        self.contacts.lost(kind);
        let error = Error::new(kind);
        let owed = self.connection.owed();
        for owed in owed.saturating_sub(untold)..owed {
            let fate = match kind {
                ErrorKind::TooManyConnections => Fate::NotSent,
                _ => self.connection.fate(owed),
            };
            each(*index, Err(error.with_fate(fate)));
            *index += 1;
        }
        self.connection.reset();
        self.connection.fail();
    }
}
