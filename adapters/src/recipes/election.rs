//! Leader election.

use minimc_core::{Error, Expiry, IntoKey, Storage};

use super::claim::Claim;
use crate::transport::Transport;
use crate::{blocking, client};

/// An election: one of its candidates at a time leads, for a term that it renews.
///
/// Each candidate campaigns again and again, three times a term or so. Who leads goes on leading; when
/// the leader dies or resigns, or the server loses the key, the next who campaigns leads.
///
/// A leader whose campaigns fail leads on until its term is over by its own clock, counted from
/// before the last campaign that it won, and a second less; then it must stop by itself, for another
/// may be elected. Between two candidates there is no more than that: what must never be done by two
/// at once needs the token of a [`Lock`](super::Lock), and [more](super).
#[derive(Clone, Copy, Debug)]
pub struct Election<'k> {
    claim: Claim<'k>,
}

impl<'k> Election<'k> {
    /// The election under `key`, as `candidate` sees it, for a term of at least 2 seconds.
    ///
    /// The candidate's name is what the key holds, so that anybody may get who leads; it must be
    /// another for each candidate.
    ///
    /// Fails if the key is none, or the candidate's name is empty.
    pub fn new(
        key: impl IntoKey<'k>,
        candidate: &'k (impl AsRef<[u8]> + ?Sized),
        term: Expiry,
    ) -> Result<Self, Error> {
        let claim = Claim::new(key, candidate, term)?;
        Ok(Self { claim })
    }
}

macro_rules! election {
    (
        $colour:ident, [$($async:ident)?], [$($await:tt)*], [$($_functions:tt)*],
        $open:literal, $wait:literal
    ) => {
        impl<T: Transport, S: Storage, const N: usize> $colour::Client<T, S, N> {
            /// Campaigns in an [`Election`]: whether the candidate leads for a term from now. Two
            /// round trips.
            #[doc = example!($open, "let election = Election::new(\"leader\", \"host-1/817\", Expiry::seconds(15))?;\n// Every 5 seconds:\nif client.campaign(&election)", $wait, "? {\n    // Do what only the leader does.\n}")]
            pub $($async)? fn campaign(&mut self, election: &Election<'_>) -> Result<bool, Error> {
                Ok(self.keep(&election.claim) $($await)* ? || self.take(&election.claim) $($await)* ?)
            }

            /// Resigns from leading in an [`Election`], so that the next may lead at once; `false` if
            /// the candidate did not lead.
            pub $($async)? fn resign(&mut self, election: &Election<'_>) -> Result<bool, Error> {
                self.give_up(&election.claim) $($await)*
            }
        }
    };
}

both_colours!(election);
