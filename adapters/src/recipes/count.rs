//! Counting what may not be there yet, in each protocol.

use embedded_io::Write;
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
            /// Adds 1 to the number under `key`; if there is none, makes it `first`, until `expiry`.
            pub(super) $($async)? fn count(&mut self, key: Key<'_>, first: u64, expiry: Expiry) -> Result<u64, Error> {
                if self.options().protocol != Protocol::Text {
                    return self.incr_or_create(key, 1, first, expiry) $($await)*;
                }
                let digits = Digits::of(first);
                for _ in 0..TRIES {
                    match self.incr(key, 1) $($await)* {
                        Err(error) if error.kind() == ErrorKind::NotFound => {}
                        counted => return counted,
                    }
                    if self.add(key, digits.text(), expiry) $($await)* ? == Stored::Stored {
                        return Ok(first);
                    }
                }
                Err(ErrorKind::NotFound.into())
            }
        }
    };
}

both_colours!(count);

/// A number in decimal.
struct Digits {
    text: [u8; 20],
    length: usize,
}

impl Digits {
    fn of(number: u64) -> Self {
        let mut text = [0; 20];
        let mut free = text.as_mut_slice();
        // The largest number has 20 digits, so there is room.
        let _ = free.write_fmt(format_args!("{number}"));
        let free = free.len();
        let length = text.len() - free;
        Self { text, length }
    }

    fn text(&self) -> &[u8] {
        self.text.get(..self.length).unwrap_or_default()
    }
}
