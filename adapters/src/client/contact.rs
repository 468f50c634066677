//! What calls have told of a client's server: that it answered, or when it failed.

use minimc_core::ErrorKind;

/// What came of a call, as far as it tells how the server is.
#[cfg(feature = "std")]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Contact {
    /// The server answered, whatever it said.
    Answered,
    /// It could not be reached, closed a connection without a word, or did not answer in time.
    Failed {
        /// When that was known.
        at: std::time::Instant,
    },
}

/// What became of the last call that came to an end, for who asks: a cluster. Where there is none it is
/// nothing.
#[derive(Debug, Default)]
pub(crate) struct Contacts {
    #[cfg(feature = "std")]
    last: Last,
    /// The failure that was not told, if it is not over.
    #[cfg(feature = "std")]
    failed_at: Option<std::time::Instant>,
}

/// What was heard last, and whether the connection's loss says something against the server: not if it
/// answered on it before, for it may have closed it while it was idle. Whoever connects next finds out.
// One byte, which every call writes.
#[cfg(feature = "std")]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Last {
    /// Nothing, and nothing on this connection either.
    #[default]
    Nothing,
    /// Nothing since that was asked.
    NothingNew,
    Answer,
}

#[cfg(feature = "std")]
impl Contacts {
    /// There is another connection, on which the server has said nothing.
    pub(super) fn begin(&mut self) {
        self.last = Last::Nothing;
    }

    /// Bytes came.
    #[inline]
    pub(super) fn answered(&mut self) {
        self.last = Last::Answer;
    }

    /// The connection could not be opened, or was lost over this.
    #[cold]
    #[inline(never)]
    pub(super) fn lost(&mut self, kind: ErrorKind) {
        let has_answered = matches!(self.last, Last::Answer | Last::NothingNew);
        if has_failed(kind, has_answered) {
            // Whatever was heard before it.
            self.last = Last::Nothing;
            self.failed_at = Some(std::time::Instant::now());
        }
    }

    /// The connection is lost by what the caller has done.
    pub(super) fn forgive(&mut self) {
        if self.last == Last::Nothing {
            self.last = Last::NothingNew;
        }
    }

    /// What there is to tell since it was taken last.
    pub(crate) fn take(&mut self) -> Option<Contact> {
        let failed = self.failed_at.take();
        if self.last == Last::Answer {
            self.last = Last::NothingNew;
            return Some(Contact::Answered);
        }
        let at = failed?;
        Some(Contact::Failed { at })
    }
}

/// Whether the loss of a connection over this says that the server failed.
#[cfg(feature = "std")]
pub(crate) fn has_failed(kind: ErrorKind, has_answered: bool) -> bool {
    match kind {
        ErrorKind::TimedOut => true,
        // One that has answered on it may have closed it while it was idle.
        ErrorKind::Closed | ErrorKind::Io { .. } => !has_answered,
        // What it said was none of memcached's, or nobody asked it.
        _ => false,
    }
}

#[cfg(not(feature = "std"))]
#[expect(clippy::needless_pass_by_ref_mut, reason = "with a clock they write")]
impl Contacts {
    pub(super) fn begin(&mut self) {}
    pub(super) fn answered(&mut self) {}
    pub(super) fn lost(&mut self, _: ErrorKind) {}
    pub(super) fn forgive(&mut self) {}
}
