//! A key that belongs to who stored it first.

use minimc_core::command::{Deleted, Stored};
use minimc_core::{BadKey, Error, ErrorKind, Expiry, IntoKey, Key, Protocol, Storage};

use crate::transport::Transport;
use crate::{blocking, client};

/// A key that belongs to its `owner`, whose name it holds, until it expires.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim<'k> {
    pub(super) key: Key<'k>,
    pub(super) owner: &'k [u8],
    pub(super) lasts: Expiry,
}

impl<'k> Claim<'k> {
    /// Fails with [`BadKey::Empty`] if the owner has no name: an empty value may be the stub of a lease.
    pub(super) fn new(
        key: impl IntoKey<'k>,
        owner: &'k (impl AsRef<[u8]> + ?Sized),
        lasts: Expiry,
    ) -> Result<Self, Error> {
        let (key, owner) = (key.into_key()?, owner.as_ref());
        if owner.is_empty() {
            return Err(BadKey::Empty.into());
        }
        Ok(Self { key, owner, lasts })
    }
}

macro_rules! claim {
    (
        $colour:ident, [$($async:ident)?], [$($await:tt)*], [$($_functions:tt)*],
        $open:literal, $wait:literal
    ) => {
        impl<T: Transport, S: Storage, const N: usize> $colour::Client<T, S, N> {
            /// Takes the key if it is nobody's.
            pub(super) $($async)? fn take(&mut self, claim: &Claim<'_>) -> Result<bool, Error> {
                Ok(self.add(claim.key, claim.owner, claim.lasts) $($await)* ? == Stored::Stored)
            }

            /// The CAS value of the key, if it is the owner's.
            pub(super) $($async)? fn owned(&mut self, claim: &Claim<'_>) -> Result<Option<u64>, Error> {
                match self.gets(claim.key) $($await)* ? {
                    Some(item) if item.value == claim.owner => match item.cas {
                        None => Err(ErrorKind::Unsupported("locks, on a server without CAS values").into()),
                        cas => Ok(cas),
                    },
                    _ => Ok(None),
                }
            }

            /// Lets the key last anew, if it is the owner's.
            pub(super) $($async)? fn keep(&mut self, claim: &Claim<'_>) -> Result<bool, Error> {
                let Some(cas) = self.owned(claim) $($await)* ? else {
                    return Ok(false);
                };
                let stored = self.cas(claim.key, claim.owner, cas, claim.lasts) $($await)* ?;
                Ok(stored == Stored::Stored)
            }

            /// Gives the key up, if it is the owner's.
            pub(super) $($async)? fn give_up(&mut self, claim: &Claim<'_>) -> Result<bool, Error> {
                let Some(cas) = self.owned(claim) $($await)* ? else {
                    return Ok(false);
                };
                // The classic protocol does not delete by CAS value; an item that has expired is as
                // good as none.
                if self.options().protocol == Protocol::Text {
                    let stored = self.cas(claim.key, "", cas, Expiry::AT_ONCE) $($await)* ?;
                    return Ok(stored == Stored::Stored);
                }
                Ok(self.delete_cas(claim.key, cas) $($await)* ? == Deleted::Deleted)
            }
        }
    };
}

both_colours!(claim);
