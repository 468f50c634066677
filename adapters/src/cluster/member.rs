//! What a cluster wants of a client: that it tells how its server is, and that it can be made for one.

use minimc_core::placement::Server;
use minimc_core::{Error, Storage};

use crate::client::Contact;
use crate::options::Options;
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

/// A client that a cluster can make when it hears of a server.
pub trait FromServer: Member + Sized {
    /// A client of `server`, which connects with its first call.
    ///
    /// Fails with [`Address`](minimc_core::ErrorKind::Address), and with
    /// [`Unsupported`](minimc_core::ErrorKind::Unsupported) of a server by UDP.
    fn from_server(server: &Server<'_>, options: &Options) -> Result<Self, Error>;
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
