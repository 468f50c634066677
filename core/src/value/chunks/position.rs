//! How far a chunked value is read or written.

use super::super::BadValue;
use super::Manifest;

/// Up to which part a chunked value is read or written, and what came of it so far: all that is needed
/// to go on there later, on another connection or after a restart.
///
/// To keep it, store the [bytes of the manifest](Manifest::encode) and the two numbers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Position {
    /// The version that is read or written. Its CRC-32 is not known before the last part is written.
    pub manifest: Manifest,
    /// The index of the next part.
    pub part: u32,
    /// The CRC-32 of all parts before it, as of zlib: see [`crc32_append`](crate::hash::crc32_append).
    pub crc: u32,
}

impl Position {
    /// Before the first part.
    pub fn new(manifest: Manifest) -> Self {
        Self {
            manifest,
            part: 0,
            crc: 0,
        }
    }

    /// How many bytes of the value come before the next part.
    pub fn offset(&self) -> u64 {
        let offset = u64::from(self.part).saturating_mul(self.manifest.part_size().into());
        offset.min(self.manifest.length())
    }

    /// The bytes of the next part; `None` behind the last one.
    pub fn part_length(&self) -> Option<u32> {
        if self.part >= self.manifest.parts() {
            return None;
        }
        let left = self.manifest.length().saturating_sub(self.offset());
        Some(
            u32::try_from(left).map_or(self.manifest.part_size(), |left| {
                left.min(self.manifest.part_size())
            }),
        )
    }

    /// Whether it is right behind the last part. A position that is neither there nor before a
    /// [part](Self::part_length) is none in a value with this manifest.
    pub fn is_at_end(&self) -> bool {
        self.part == self.manifest.parts()
    }

    /// Goes on behind the next part; `crc` is that of all parts up to its end.
    pub fn next_part(&mut self, crc: u32) {
        self.part = self.part.saturating_add(1);
        self.crc = crc;
    }

    /// Says that all was read.
    ///
    /// Fails with [`Truncated`](BadValue::Truncated) where parts are left, or this is no position in such a
    /// value, and with
    /// [`Checksum`](BadValue::Checksum) where the CRC-32 is not the manifest's.
    pub fn finish(&self) -> Result<(), BadValue> {
        if !self.is_at_end() {
            Err(BadValue::Truncated)
        } else if self.crc != self.manifest.crc() {
            Err(BadValue::Checksum)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;
    use crate::hash::{crc32, crc32_append};

    #[test]
    fn parts_make_up_the_value() {
        for (length, part_size, expected) in [
            (0, 10, &[][..]),
            (9, 10, &[9]),
            (10, 10, &[10]),
            (25, 10, &[10, 10, 5]),
            (5_000_000_000, u32::MAX, &[u32::MAX, 705_032_705]),
        ] {
            let manifest = Manifest::new(length, part_size, 1).unwrap();
            let mut position = Position::new(manifest);
            let mut parts = Vec::new();
            let mut offset = 0;
            while let Some(length) = position.part_length() {
                assert_eq!(position.offset(), offset);
                assert_eq!(position.finish(), Err(BadValue::Truncated));
                parts.push(length);
                offset += u64::from(length);
                position.next_part(0);
            }
            assert_eq!((&parts[..], position.offset()), (expected, length));
            assert_eq!(position.finish(), Ok(()));
        }
        // One that was kept for another value.
        let manifest = Manifest::new(25, 10, 1).unwrap();
        let position = Position {
            part: u32::MAX,
            ..Position::new(manifest)
        };
        assert_eq!((position.part_length(), position.offset()), (None, 25));
        assert_eq!(
            (position.is_at_end(), position.finish()),
            (false, Err(BadValue::Truncated))
        );
    }

    #[test]
    fn the_sum_is_that_of_the_whole() {
        let manifest = Manifest::new(9, 4, 1).unwrap();
        let manifest = manifest.with_crc(crc32(b"123456789"));
        let mut position = Position::new(manifest);
        for part in [&b"1234"[..], b"5678", b"9"] {
            position.next_part(crc32_append(position.crc, part));
        }
        assert_eq!(position.finish(), Ok(()));
        position.crc ^= 1;
        assert_eq!(position.finish(), Err(BadValue::Checksum));
    }
}
