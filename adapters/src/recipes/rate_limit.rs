//! A limit of how much is let through in a while.

use minimc_core::{Error, ErrorKind, Expiry, IntoKey, Key, Storage};

use crate::transport::Transport;
use crate::{blocking, client};

/// A limit: so many are let through in one window, whoever asks. The first who asks after a window is
/// over begins the next.
///
/// Windows are fixed, so twice as many may pass within the time of one window, at the end of one and
/// at the beginning of the next. And a window is over when its counter is lost, too: see
/// [what memcached does not promise](super).
#[derive(Clone, Copy, Debug)]
pub struct RateLimit<'k> {
    key: Key<'k>,
    most: u64,
    window: Expiry,
}

/// Whether a [`RateLimit`] lets one through.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "the answer may be no"]
pub enum Admission {
    /// It does.
    Admitted {
        /// How many more it would let through in this window.
        left: u64,
    },
    /// It does not, until the window is over.
    Refused,
}

impl<'k> RateLimit<'k> {
    /// Lets through `most` in a `window`, counted under `key`, which says what is limited and for
    /// whom: `rate:login:alice`. A window of `n` seconds is up to one second shorter.
    ///
    /// Fails if the key is none, or with [`Expiry`](ErrorKind::Expiry) if the window is over
    /// [at once](Expiry::AT_ONCE).
    pub fn new(key: impl IntoKey<'k>, most: u64, window: Expiry) -> Result<Self, Error> {
        let key = key.into_key()?;
        if window == Expiry::AT_ONCE {
            return Err(ErrorKind::Expiry.into());
        }
        Ok(Self { key, most, window })
    }
}

macro_rules! rate_limit {
    (
        $colour:ident, [$($async:ident)?], [$($await:tt)*], [$($_functions:tt)*],
        $open:literal, $wait:literal
    ) => {
        impl<T: Transport, S: Storage, const N: usize> $colour::Client<T, S, N> {
            /// Asks a [`RateLimit`] to let one through. One round trip; up to three for the first of a
            /// window in the classic protocol.
            ///
            /// A server that is down is an error, as ever: the caller says whether that lets everybody
            /// through or nobody.
            #[doc = example!($open, "let limit = RateLimit::new(\"rate:login:alice\", 5, Expiry::seconds(60))?;\nmatch client.admit(&limit)", $wait, " {\n    Ok(Admission::Admitted { left }) => println!(\"{left} more tries\"),\n    Ok(Admission::Refused) => println!(\"try again in a minute\"),\n    Err(error) => println!(\"let through without counting: {error}\"),\n}")]
            pub $($async)? fn admit(&mut self, limit: &RateLimit<'_>) -> Result<Admission, Error> {
                let count = self.count(limit.key, 1, limit.window) $($await)* ?;
                Ok(match limit.most.checked_sub(count) {
                    Some(left) => Admission::Admitted { left },
                    None => Admission::Refused,
                })
            }
        }
    };
}

both_colours!(rate_limit);
