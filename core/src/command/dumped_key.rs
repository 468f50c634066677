//! Keys as dumps and watches write them.

use core::fmt;

use crate::error::{ErrorKind, Text};

/// A key as the server writes it in a dump or to a watch: with all that stands before it there, a
/// client's prefix too.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct DumpedKey<'b> {
    raw: &'b [u8],
    writing: Writing,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Writing {
    /// As it is.
    Plain,
    /// `%` and two hexadecimal digits for what a URI does not allow.
    Escaped,
    /// Base64.
    Encoded,
}

impl<'b> DumpedKey<'b> {
    pub(super) fn plain(raw: &'b [u8]) -> Result<Self, ErrorKind> {
        Self::checked(raw, Writing::Plain, true)
    }

    pub(super) fn escaped(raw: &'b [u8]) -> Result<Self, ErrorKind> {
        // Each `%` takes two digits; what they stand for is read one by one.
        let mut rest = raw;
        let is_well_formed = loop {
            match rest {
                [] => break true,
                [b'%', high, low, behind @ ..] if hex(*high).is_some() && hex(*low).is_some() => {
                    rest = behind;
                }
                [b'%', ..] => break false,
                [_, behind @ ..] => rest = behind,
            }
        };
        Self::checked(raw, Writing::Escaped, is_well_formed)
    }

    pub(super) fn encoded(raw: &'b [u8]) -> Result<Self, ErrorKind> {
        let text = raw.strip_suffix(b"=").unwrap_or(raw);
        let text = text.strip_suffix(b"=").unwrap_or(text);
        let is_well_formed =
            raw.len().is_multiple_of(4) && text.iter().all(|&byte| digit(byte).is_some());
        Self::checked(raw, Writing::Encoded, is_well_formed)
    }

    fn checked(raw: &'b [u8], writing: Writing, is_well_formed: bool) -> Result<Self, ErrorKind> {
        if raw.is_empty() || !is_well_formed {
            return Err(ErrorKind::Malformed);
        }
        Ok(Self { raw, writing })
    }

    /// The key as it stands in the line: escaped in a metadump, encoded in an mgdump where
    /// [`is_encoded`](Self::is_encoded) says so.
    pub fn raw(self) -> &'b [u8] {
        self.raw
    }

    /// Whether it stands in the line as base64, so that it may hold any bytes.
    pub fn is_encoded(self) -> bool {
        self.writing == Writing::Encoded
    }

    /// The key's own bytes.
    pub fn bytes(self) -> impl Iterator<Item = u8> + use<'b> {
        let mut rest = self.raw;
        let mut at = 0_usize;
        core::iter::from_fn(move || {
            if self.writing == Writing::Encoded {
                let byte = encoded_byte(self.raw, at);
                at = at.saturating_add(1);
                return byte;
            }
            if self.writing == Writing::Escaped
                && let [b'%', high, low, behind @ ..] = rest
            {
                rest = behind;
                return Some(hex(*high)? << 4 | hex(*low)?);
            }
            let (&byte, behind) = rest.split_first()?;
            rest = behind;
            Some(byte)
        })
    }

    /// The key's own bytes, written to the front of `buffer`; `None` if that is too small. 250
    /// bytes are enough for every key.
    pub fn copy_into(self, buffer: &mut [u8]) -> Option<&mut [u8]> {
        let mut length = 0_usize;
        for byte in self.bytes() {
            *buffer.get_mut(length)? = byte;
            length = length.saturating_add(1);
        }
        buffer.get_mut(..length)
    }
}

impl fmt::Debug for DumpedKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&Text::new(self.raw), f)?;
        f.write_str(if self.is_encoded() { " as base64" } else { "" })
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for DumpedKey<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{=[u8]:a}", self.raw);
    }
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit & 15),
        b'a'..=b'f' | b'A'..=b'F' => Some((digit & 15).wrapping_add(9)),
        _ => None,
    }
}

fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte.wrapping_sub(b'A')),
        b'a'..=b'z' => Some(byte.wrapping_sub(b'a' - 26)),
        b'0'..=b'9' => Some(byte.wrapping_add(52 - b'0')),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

/// The byte at an index of what base64 says: it lies in two digits.
fn encoded_byte(text: &[u8], at: usize) -> Option<u8> {
    let start = (at / 3).saturating_mul(4).saturating_add(at % 3);
    let (&first, rest) = text.get(start..)?.split_first()?;
    let (first, second) = (digit(first)?, digit(*rest.first()?)?);
    Some(match at % 3 {
        0 => first << 2 | second >> 4,
        1 => first << 4 | second >> 2,
        _ => first << 6 | second,
    })
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    #[test]
    fn escapes() {
        for (raw, bytes) in [
            ("a", Some(&b"a"[..])),
            ("k%2520", Some(b"k%20")),
            ("%00%0d%0A%fF", Some(b"\0\r\n\xFF")),
            ("%", None),
            ("a%2", None),
            ("%2g", None),
            ("%%41", None),
            ("", None),
        ] {
            let found = DumpedKey::escaped(raw.as_bytes()).ok();
            let found = found.map(|key| key.bytes().collect::<Vec<_>>());
            assert_eq!(found.as_deref(), bytes, "{raw}");
        }
    }

    #[test]
    fn base64() {
        for (raw, bytes) in [
            ("AAECICA=", Some(&b"\0\x01\x02  "[..])),
            ("QQ==", Some(b"A")),
            ("QUI=", Some(b"AB")),
            ("QUJD", Some(b"ABC")),
            ("+/+/", Some(b"\xFB\xFF\xBF")),
            ("QUJ", None),
            ("QU=D", None),
            ("Q===", None),
            ("QU D", None),
            ("", None),
        ] {
            let found = DumpedKey::encoded(raw.as_bytes()).ok();
            let found = found.map(|key| key.bytes().collect::<Vec<_>>());
            assert_eq!(found.as_deref(), bytes, "{raw}");
        }
    }

    #[test]
    fn into_a_buffer() {
        let key = DumpedKey::escaped(b"a%20b").unwrap();
        let copied = key.copy_into(&mut [0; 3]).map(|bytes| bytes.to_vec());
        assert_eq!(copied.as_deref(), Some(&b"a b"[..]));
        assert_eq!(key.copy_into(&mut [0; 2]), None);
        let plain = DumpedKey::plain(b"a%20b").unwrap();
        assert_eq!(plain.bytes().collect::<Vec<_>>(), b"a%20b");
    }
}
