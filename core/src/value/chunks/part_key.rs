//! The key of a part.

use core::fmt;

use super::Position;
use crate::key::{BadKey, Key};

/// The key of one part of a chunked value: its name, `#`, the version as 16 hexadecimal digits, `.`,
/// and the index as 8.
#[derive(Clone, Copy)]
pub struct PartKey<'k> {
    name: Key<'k>,
    room: [u8; Key::LIMIT],
    length: u8,
}

impl<'k> PartKey<'k> {
    /// How many bytes stand behind the name.
    pub const SUFFIX: usize = 26;

    /// The key of the part at a position.
    ///
    /// Fails with [`TooLong`](BadKey::TooLong) where the name has more than 224 bytes, or if it is
    /// [encoded](Key::encoded) more than 160. A connection's [prefix](crate::Prefix) counts too, when the
    /// key is sent.
    pub fn new(name: Key<'k>, position: &Position) -> Result<Self, BadKey> {
        let (length, limit) = (
            name.bytes().len().saturating_add(Self::SUFFIX),
            name.limit(),
        );
        let too_long = BadKey::TooLong { length, limit };
        if length > limit {
            return Err(too_long);
        }
        let mut room = [0; Key::LIMIT];
        let (front, behind) = room
            .split_at_mut_checked(name.bytes().len())
            .ok_or(too_long)?;
        front.copy_from_slice(name.bytes());
        let version = digits(position.manifest.version());
        let index = digits(position.part.into()).into_iter().skip(8);
        let suffix = [b'#'].into_iter().chain(version).chain([b'.']).chain(index);
        behind
            .iter_mut()
            .zip(suffix)
            .for_each(|(place, byte)| *place = byte);
        Ok(Self {
            name,
            room,
            length: u8::try_from(length).unwrap_or(u8::MAX),
        })
    }

    /// The key, of the same kind as the name.
    pub fn key(&self) -> Key<'_> {
        let bytes = self.room.get(..usize::from(self.length));
        self.name.with_bytes(bytes.unwrap_or_default())
    }
}

impl fmt::Debug for PartKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.key().fmt(f)
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for PartKey<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        self.key().format(f);
    }
}

/// Sixteen hexadecimal digits.
fn digits(number: u64) -> [u8; 16] {
    let mut rest = number;
    let mut digits = [0; 16];
    for place in digits.iter_mut().rev() {
        let digit = (rest & 15) as u8;
        *place = match digit {
            0..=9 => b'0' | digit,
            _ => (b'a' - 10).saturating_add(digit),
        };
        rest >>= 4;
    }
    digits
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::string::String;

    use super::super::Manifest;
    use super::*;

    fn key(name: Key<'_>, version: u64, part: u32) -> Result<String, BadKey> {
        let manifest = Manifest::new(u64::from(u32::MAX), 1, version).unwrap();
        let position = Position {
            part,
            ..Position::new(manifest)
        };
        let key = PartKey::new(name, &position)?;
        assert_eq!(key.key().is_encoded(), name.is_encoded());
        assert_eq!(format!("{key:?}"), format!("{:?}", key.key()));
        let bytes = key.key().bytes();
        let checked = if name.is_encoded() {
            Key::encoded(bytes)
        } else {
            Key::new(bytes)
        };
        assert_eq!(checked, Ok(key.key()));
        Ok(bytes.escape_ascii().collect::<Vec<u8>>()).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    use std::vec::Vec;

    #[test]
    fn keys_of_parts() {
        let name = Key::new("k").unwrap();
        for (version, part, expected) in [
            (0, 0, "k#0000000000000000.00000000"),
            (0x0123_4567_89AB_CDEF, 255, "k#0123456789abcdef.000000ff"),
            (u64::MAX, u32::MAX, "k#ffffffffffffffff.ffffffff"),
        ] {
            assert_eq!(key(name, version, part).unwrap(), expected);
        }
        let name = Key::encoded("a b").unwrap();
        assert_eq!(key(name, 1, 2).unwrap(), "a b#0000000000000001.00000002");
    }

    #[test]
    fn names_that_are_too_long() {
        let long = [b'k'; 225];
        assert_eq!(
            key(Key::new(&long[..224]).unwrap(), 1, 0).unwrap().len(),
            250
        );
        let limit = 250;
        assert_eq!(
            key(Key::new(&long).unwrap(), 1, 0),
            Err(BadKey::TooLong { length: 251, limit })
        );
        assert!(key(Key::encoded(&long[..160]).unwrap(), 1, 0).is_ok());
        let limit = 186;
        assert_eq!(
            key(Key::encoded(&long[..161]).unwrap(), 1, 0),
            Err(BadKey::TooLong { length: 187, limit })
        );
    }
}
