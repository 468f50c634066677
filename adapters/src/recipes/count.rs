//! Counting from one, in each protocol.

use minimc_core::command::Stored;
use minimc_core::{Error, ErrorKind, Expiry, Key, Protocol, Storage};

use crate::transport::Transport;
use crate::{blocking, client};

/// How often an item that is there for `add` may be gone for `incr`.
const TRIES: u32 = 3;

macro_rules! count {
    (
        $colour:ident, [$($async:ident)?], [$($await:tt)*], [$($_functions:tt)*],
        $open:literal, $wait:literal
    ) => {
        impl<T: Transport, S: Storage, const N: usize> $colour::Client<T, S, N> {
            /// Adds 1 to the number under `key`; if there is none, makes it 1, until `expiry`.
            pub(super) $($async)? fn count(&mut self, key: Key<'_>, expiry: Expiry) -> Result<u64, Error> {
                if self.options().protocol != Protocol::Text {
                    return self.incr_or_create(key, 1, 1, expiry) $($await)*;
                }
                for _ in 0..TRIES {
                    match self.incr(key, 1) $($await)* {
                        Err(error) if error.kind() == ErrorKind::NotFound => {}
                        counted => return counted,
                    }
                    if self.add(key, "1", expiry) $($await)* ? == Stored::Stored {
                        return Ok(1);
                    }
                }
                Err(ErrorKind::NotFound.into())
            }
        }
    };
}

both_colours!(count);
