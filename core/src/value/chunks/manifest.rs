//! What lies under the name of a chunked value.

use core::fmt;

use super::super::BadValue;
use crate::decimal::Decimal;
use crate::hash::crc32;

/// What lies under the name of a chunked value: its length, its parts, its version, and its CRC-32.
#[derive(Clone, Copy, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Manifest {
    length: u64,
    version: u64,
    /// Never 0.
    part_size: u32,
    /// How many parts of that size the length comes to, the last one perhaps shorter.
    parts: u32,
    flags: u32,
    crc: u32,
}

/// No text, and no `pickle`: those who take every item with unknown flags for one fail at once.
const MAGIC: [u8; 4] = *b"\xFFmch";

/// The version of the format, and bytes that are 0 in it.
const FORMAT: [u8; 4] = [1, 0, 0, 0];

impl Manifest {
    /// The flags of the item that is a manifest. In no known client's convention they are those of a
    /// type, or say that it is compressed. (They are `mch` and a zero byte.)
    pub const FLAGS: u32 = 0x6D63_6800;

    /// How many bytes a manifest has.
    pub const LENGTH: usize = 40;

    /// The manifest of a value of `length` bytes in parts of `part_size` bytes, without flags; its CRC-32
    /// is that of no bytes.
    ///
    /// A part is an item: take less than the server's item limit, of which a few hundred bytes are its
    /// own, and the key's. `version` must be one that no other write of this name has had, by whomever: a
    /// random number, or one that is counted. Otherwise two writes at a time may become one, which the
    /// CRC-32 gives away, and reads in between may fail.
    ///
    /// Fails with [`Manifest`](BadValue::Manifest) where `part_size` is 0, or there would be more than
    /// 4,294,967,295 parts.
    pub fn new(length: u64, part_size: u32, version: u64) -> Result<Self, BadValue> {
        let whole = length.checked_div(part_size.into());
        let rest = length.checked_rem(part_size.into());
        let (Some(whole), Some(rest)) = (whole, rest) else {
            return Err(BadValue::Manifest);
        };
        let parts = whole.saturating_add(u64::from(rest > 0));
        Ok(Self {
            length,
            version,
            part_size,
            parts: u32::try_from(parts).map_err(|_| BadValue::Manifest)?,
            flags: 0,
            crc: 0,
        })
    }

    /// The same with flags, which say in what form the value is, as those of an item do.
    #[must_use]
    pub fn with_flags(self, flags: u32) -> Self {
        Self { flags, ..self }
    }

    /// The same with the CRC-32 of the whole value.
    #[must_use]
    pub fn with_crc(self, crc: u32) -> Self {
        Self { crc, ..self }
    }

    /// The bytes that are stored under the name, beside [`FLAGS`](Self::FLAGS).
    pub fn encode(&self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        let fields = MAGIC
            .into_iter()
            .chain(FORMAT)
            .chain(self.length.to_be_bytes())
            .chain(self.version.to_be_bytes())
            .chain(self.part_size.to_be_bytes())
            .chain(self.flags.to_be_bytes())
            .chain(self.crc.to_be_bytes());
        bytes
            .iter_mut()
            .zip(fields)
            .for_each(|(place, byte)| *place = byte);
        if let Some((fields, sum)) = bytes.split_last_chunk_mut() {
            *sum = crc32(fields).to_be_bytes();
        }
        bytes
    }

    /// The manifest that these bytes are.
    ///
    /// Fails with [`Manifest`](BadValue::Manifest) where a byte is missing, too many, or another than it
    /// was, where the format is a later one, and where [`new`](Self::new) would fail.
    pub fn decode(bytes: &[u8]) -> Result<Self, BadValue> {
        Self::fields(bytes).ok_or(BadValue::Manifest)
    }

    fn fields(bytes: &[u8]) -> Option<Self> {
        let (fields, sum) = bytes.split_last_chunk()?;
        let (magic, rest) = fields.split_first_chunk()?;
        let (format, rest) = rest.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (version, rest) = rest.split_first_chunk()?;
        let (part_size, rest) = rest.split_first_chunk()?;
        let (flags, rest) = rest.split_first_chunk()?;
        let (crc, rest) = rest.split_first_chunk()?;
        let is_one = (*magic, *format) == (MAGIC, FORMAT) && rest.is_empty();
        if !is_one || crc32(fields) != u32::from_be_bytes(*sum) {
            return None;
        }
        let manifest = Self::new(
            u64::from_be_bytes(*length),
            u32::from_be_bytes(*part_size),
            u64::from_be_bytes(*version),
        );
        Some(Self {
            flags: u32::from_be_bytes(*flags),
            crc: u32::from_be_bytes(*crc),
            ..manifest.ok()?
        })
    }

    /// The bytes of the value.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Which write it was.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The bytes of every part but the last.
    pub fn part_size(&self) -> u32 {
        self.part_size
    }

    /// How many parts there are: none of no bytes.
    pub fn parts(&self) -> u32 {
        self.parts
    }

    /// The value's own flags.
    pub fn flags(&self) -> u32 {
        self.flags
    }

    /// The CRC-32 of the value.
    pub fn crc(&self) -> u32 {
        self.crc
    }
}

impl fmt::Debug for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manifest")
            .field("length", &Decimal(self.length))
            .field("version", &Decimal(self.version))
            .field("part_size", &self.part_size)
            .field("flags", &self.flags)
            .field("crc", &self.crc)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::vec::Vec;

    use super::*;
    use crate::value::{Convention, Reading};

    fn manifest() -> Manifest {
        let manifest = Manifest::new(2500, 1000, 0x0102_0304_0506_0708).unwrap();
        manifest.with_flags(16).with_crc(0xDEAD_BEEF)
    }

    #[test]
    fn every_byte_counts() {
        let bytes = manifest().encode();
        assert_eq!(Manifest::decode(&bytes), Ok(manifest()));
        let bad = Err(BadValue::Manifest);
        for at in 0..bytes.len() {
            assert_eq!(Manifest::decode(&bytes[..at]), bad, "cut at {at}");
            for bit in 0..8 {
                let mut other = bytes;
                other[at] ^= 1 << bit;
                assert_eq!(Manifest::decode(&other), bad, "bit {bit} of byte {at}");
            }
        }
        let more: Vec<u8> = bytes.iter().copied().chain([0]).collect();
        assert_eq!(Manifest::decode(&more), bad);
    }

    /// With a right sum behind it, each of the fields is looked at.
    #[test]
    fn what_is_hostile_is_refused() {
        let bytes = manifest().encode();
        let with = |at: usize, field: &[u8]| {
            let mut bytes = bytes;
            bytes[at..at + field.len()].copy_from_slice(field);
            let sum = crc32(&bytes[..36]).to_be_bytes();
            bytes[36..].copy_from_slice(&sum);
            Manifest::decode(&bytes)
        };
        let bad = Err(BadValue::Manifest);
        for (at, field, expected) in [
            (0, &b"\xFFmch"[..], Ok(manifest())),
            (0, b"\xFEmch", bad),
            (4, &[2], bad),
            (4, &[0], bad),
            (5, &[1], bad),
            (7, &[1], bad),
            (8, &[0xFF; 8], bad),
            (24, &[0; 4], bad),
            // 4,294,967,295 parts, and one more.
            (
                8,
                &4_294_967_295_000_u64.to_be_bytes(),
                Ok(Manifest {
                    length: 4_294_967_295_000,
                    parts: u32::MAX,
                    ..manifest()
                }),
            ),
            (8, &4_294_967_295_001_u64.to_be_bytes(), bad),
            (
                24,
                &[0xFF; 4],
                Ok(Manifest {
                    part_size: u32::MAX,
                    parts: 1,
                    ..manifest()
                }),
            ),
        ] {
            assert_eq!(
                with(at, field),
                expected,
                "{} at {at}",
                field.escape_ascii()
            );
        }
    }

    #[test]
    fn how_many_parts() {
        for (length, part_size, parts) in [
            (0, 1, Some(0)),
            (1, 1, Some(1)),
            (1000, 1000, Some(1)),
            (1001, 1000, Some(2)),
            (u64::MAX, u32::MAX, None),
            (u64::from(u32::MAX).pow(2), u32::MAX, Some(u32::MAX)),
            (u64::from(u32::MAX).pow(2) + 1, u32::MAX, None),
            (1, 0, None),
            (0, 0, None),
        ] {
            let manifest = Manifest::new(length, part_size, 7).ok();
            let found = manifest.map(|manifest| manifest.parts());
            assert_eq!(found, parts, "{length} in {part_size}");
        }
    }

    /// Who reads an item as another client does never takes a manifest for compressed, or strictly for
    /// a value.
    #[test]
    fn no_convention_has_its_flags() {
        for convention in [
            Convention::PYLIBMC,
            Convention::PYTHON_MEMCACHED,
            Convention::PYMEMCACHE,
            Convention::PYMEMCACHE_PLAIN,
            Convention::META_MEMCACHE_PY,
            Convention::DALLI,
            Convention::DALLI_JSON,
            Convention::SPYMEMCACHED,
        ] {
            let flags = Manifest::FLAGS;
            assert!(!convention.is_compressed(flags), "{convention:?}");
            let read = convention.decode(b"x", flags, Reading::Strict);
            assert_eq!(read, Err(BadValue::Flags { flags }), "{convention:?}");
        }
    }

    #[test]
    fn debug_has_the_fields() {
        assert_eq!(
            format!("{:?}", manifest()),
            "Manifest { length: 2500, version: 72623859790382856, part_size: 1000, flags: 16, crc: 3735928559, .. }"
        );
    }
}
