//! What calls have told of a client's server: that it answered, or when it failed.

use minimc_core::ErrorKind;

#[cfg(feature = "std")]
use crate::cluster::Contact;

/// What became of the last call that came to an end, for who asks: a cluster. Where there is none it is
/// nothing.
#[derive(Debug, Default)]
pub(crate) struct Contacts {
    #[cfg(feature = "std")]
    last: Option<Contact>,
    /// Whether the connection's loss says nothing against the server: it answered on it before, and
    /// may have closed it while it was idle. Whoever connects next finds out.
    #[cfg(feature = "std")]
    proven: bool,
}

#[cfg(feature = "std")]
impl Contacts {
    /// There is another connection, on which the server has said nothing.
    pub(super) fn begin(&mut self) {
        self.proven = false;
    }

    /// Bytes came.
    pub(super) fn answered(&mut self) {
        (self.last, self.proven) = (Some(Contact::Answered), true);
    }

    /// The connection could not be opened, or was lost over this.
    pub(super) fn lost(&mut self, kind: ErrorKind) {
        let failed = match kind {
            ErrorKind::TimedOut => true,
            ErrorKind::Closed | ErrorKind::Io { .. } => !self.proven,
            // What it said was none of memcached's, or nobody asked it.
            _ => false,
        };
        if failed {
            let at = std::time::Instant::now();
            self.last = Some(Contact::Failed { at });
        }
    }

    /// The connection is lost by what the caller has done.
    pub(super) fn forgive(&mut self) {
        self.proven = true;
    }

    /// What there is to tell since it was taken last.
    pub(crate) fn take(&mut self) -> Option<Contact> {
        self.last.take()
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
