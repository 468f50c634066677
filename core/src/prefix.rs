//! Prefixes: what stands before every key.

use core::fmt;

use crate::key::{BadKey, Key, is_allowed};

/// What stands before every key of a connection: a namespace. It counts towards the 250 bytes of a
/// key, and is not in the keys that are given back.
///
/// ```
/// use minimc_core::Prefix;
///
/// const DEVICES: Prefix = match Prefix::new("dev:") {
///     Ok(prefix) => prefix,
///     Err(_) => Prefix::NONE,
/// };
/// assert!(Prefix::new("de v").is_err());
/// ```
#[derive(Clone, Copy, Default, Eq, PartialEq)]
pub struct Prefix {
    bytes: &'static [u8],
}

impl Prefix {
    /// No prefix.
    pub const NONE: Self = Self { bytes: &[] };

    /// Checks that `prefix` has up to 249 bytes, each 0x21-0x7E or 0x80-0xFF.
    ///
    /// It lives as long as the program: one that is read at run time may be
    /// [leaked](https://doc.rust-lang.org/std/string/struct.String.html#method.leak), once.
    pub const fn new(prefix: &'static str) -> Result<Self, BadKey> {
        let bytes = prefix.as_bytes();
        if bytes.len() >= Key::LIMIT {
            return Err(BadKey::TooLong {
                length: bytes.len(),
                limit: Key::LIMIT,
            });
        }
        let mut rest = bytes;
        while let [byte, behind @ ..] = rest {
            if !is_allowed(*byte) {
                return Err(BadKey::Byte {
                    at: bytes.len().saturating_sub(rest.len()),
                    byte: *byte,
                });
            }
            rest = behind;
        }
        Ok(Self { bytes })
    }

    /// The prefix's bytes.
    pub const fn bytes(self) -> &'static [u8] {
        self.bytes
    }
}

impl fmt::Debug for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prefix(\"{}\")", self.bytes.escape_ascii())
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Prefix {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Prefix({=[u8]:a})", self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_a_key_is_no_prefix() {
        assert_eq!(Prefix::new("").unwrap(), Prefix::NONE);
        assert_eq!(Prefix::new("dev:").unwrap().bytes(), b"dev:");
        let bad = BadKey::Byte { at: 3, byte: b'\r' };
        assert_eq!(Prefix::new("dev\r\nquit"), Err(bad));
        let (limit, length) = (Key::LIMIT, Key::LIMIT);
        let long = "p".repeat(length).leak();
        assert_eq!(Prefix::new(long), Err(BadKey::TooLong { length, limit }));
        assert!(Prefix::new(&long[1..]).is_ok());
    }
}
