//! What a cluster wants to know of a client.

use std::time::Instant;

use minimc_core::Storage;

use crate::transport::Transport;
use crate::{blocking, client};

/// A client that a cluster can have, of one server: it tells what has come of the calls on it, so that
/// the cluster knows how the server is.
pub trait Member {
    /// What has come of the last call that tells something, if that was after this was asked last.
    ///
    /// Calls that were given up tell nothing, nor does the loss of a connection on which the server had
    /// answered before: it may have been closed while it was idle, and the next call finds out.
    fn contact(&mut self) -> Option<Contact>;
}

/// What came of a call, as far as it tells how the server is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Contact {
    /// The server answered, whatever it said.
    Answered,
    /// It could not be reached, closed a connection without a word, or did not answer in time.
    Failed {
        /// When that was known.
        at: Instant,
    },
}

impl<T: Transport, S: Storage, const N: usize> Member for client::Client<T, S, N> {
    fn contact(&mut self) -> Option<Contact> {
        self.contacts.take()
    }
}

impl<T: Transport, S: Storage, const N: usize> Member for blocking::Client<T, S, N> {
    fn contact(&mut self) -> Option<Contact> {
        self.inner.contact()
    }
}
