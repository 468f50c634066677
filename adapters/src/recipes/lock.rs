//! A lock with a fencing token.

use minimc_core::{Error, ErrorKind, Expiry, IntoKey, Key, Storage};

use super::claim::Claim;
use crate::transport::Transport;
use crate::{blocking, client};

/// A lock: one of its owners at a time holds it, until it releases it or it expires.
///
/// That is as much as a cache can promise, and it is not enough to protect anything: who holds the
/// lock may be stopped until it has expired and another holds it, and go on as if nothing had been
/// (see [what memcached does not promise](super)). Therefore each holder gets a **token**, a number
/// that is larger than those of all before it. Pass it to the protected resource with every request,
/// and let that refuse a token smaller than the largest that it has seen.
///
/// The tokens are counted under a key of their own, which never expires. If it is lost all the same
/// (evicted, flushed, with the server), they begin again, by default at 1. Until they have passed those
/// of before, the resource refuses who holds the lock, and two may have the same token. A
/// [first token](Self::first_token) that grows with the time prevents both.
///
/// The lock is not reentrant: its holder cannot acquire it once more.
#[derive(Clone, Copy, Debug)]
pub struct Lock<'k> {
    claim: Claim<'k>,
    tokens: Key<'k>,
    first: u64,
}

impl<'k> Lock<'k> {
    /// The lock under `key`, whose tokens are counted under `tokens`, as `owner` sees it.
    ///
    /// The owner's name is what the key holds, so it must be another for each who asks for the lock,
    /// tasks and threads of one program too: say, a host, a process and a number. Held, the lock
    /// expires after `lasts`: at least 2 seconds, and longer than the work takes, or
    /// [renew](crate::Client::renew) it. ([`Expiry::NEVER`] is until it is released: too long, if its
    /// holder may die.)
    ///
    /// Fails if a key is none, if the owner's name is empty, or if both keys are the same.
    pub fn new(
        key: impl IntoKey<'k>,
        tokens: impl IntoKey<'k>,
        owner: &'k (impl AsRef<[u8]> + ?Sized),
        lasts: Expiry,
    ) -> Result<Self, Error> {
        let claim = Claim::new(key, owner, lasts)?;
        let tokens = tokens.into_key()?;
        if tokens == claim.key {
            return Err(ErrorKind::Unsupported("a lock whose tokens are under its own key").into());
        }
        Ok(Self {
            claim,
            tokens,
            first: 1,
        })
    }

    /// Begins with the token `first` where none was counted yet, or where the counter was lost. Take
    /// the microseconds since 1970: then tokens go on growing, unless the lock changes hands more often
    /// than that, or a clock goes back. The largest number of 64 bits is followed by 0.
    pub fn first_token(self, first: u64) -> Self {
        Self { first, ..self }
    }
}

macro_rules! lock {
    (
        $colour:ident, [$($async:ident)?], [$($await:tt)*], [$($_functions:tt)*],
        $open:literal, $wait:literal
    ) => {
        impl<T: Transport, S: Storage, const N: usize> $colour::Client<T, S, N> {
            /// Acquires a [`Lock`]: the token for the protected resource, or `None` while another
            /// holds it. Three round trips, or one.
            ///
            /// Count the time that the lock lasts from before the call, and by a second less. After
            /// an error it may be held nevertheless: [release](Self::release) it, or let it expire.
            #[doc = example!($open, "let lock = Lock::new(\"lock:plan\", \"lock:plan:tokens\", \"host-1/817/3\", Expiry::seconds(30))?;\nif let Some(token) = client.acquire(&lock)", $wait, "? {\n    // plan.write(token, ...): fails if the plan has seen a larger token.\n    let was_held = client.release(&lock)", $wait, "?;\n}")]
            pub $($async)? fn acquire(&mut self, lock: &Lock<'_>) -> Result<Option<u64>, Error> {
                if !self.take(&lock.claim) $($await)* ? {
                    return Ok(None);
                }
                let token = self.count(lock.tokens, lock.first, Expiry::NEVER) $($await)* ?;
                // Only a token that was drawn while the lock was held is larger than all before: who
                // lost the lock meanwhile may have one that is larger than its successor's.
                Ok(self.owned(&lock.claim) $($await)* ?.map(|_| token))
            }

            /// Lets a [`Lock`] that is held last anew; the token stays. `false` if it is not held any
            /// more: then stop.
            pub $($async)? fn renew(&mut self, lock: &Lock<'_>) -> Result<bool, Error> {
                self.keep(&lock.claim) $($await)*
            }

            /// Releases a [`Lock`] if it still is held, and no other's; `false` if it was not.
            pub $($async)? fn release(&mut self, lock: &Lock<'_>) -> Result<bool, Error> {
                self.give_up(&lock.claim) $($await)*
            }
        }
    };
}

both_colours!(lock);
