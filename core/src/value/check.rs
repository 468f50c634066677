//! The checksums behind compressed data.

/// Adler-32 of zlib, or CRC-32 of gzip.
#[derive(Clone, Copy, Debug)]
pub(super) enum Check {
    Adler { low: u32, high: u32 },
    Crc(u32),
}

impl Check {
    pub(super) const ADLER: Self = Self::Adler { low: 1, high: 0 };
    pub(super) const CRC: Self = Self::Crc(u32::MAX);

    /// Adds what was inflated.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        match self {
            Self::Adler { low, high } => {
                // So many bytes cannot overflow 32 bits.
                for part in bytes.chunks(5552) {
                    let (chunks, rest) = part.as_chunks::<16>();
                    for chunk in chunks {
                        // Side by side, where the machine can.
                        let (mut sum, mut weighted) = (0_u32, 0_u32);
                        for (&byte, weight) in chunk.iter().zip((1..=16).rev()) {
                            let byte = u32::from(byte);
                            sum = sum.wrapping_add(byte);
                            weighted = weighted.wrapping_add(byte.wrapping_mul(weight));
                        }
                        *high = high
                            .wrapping_add(low.wrapping_mul(16))
                            .wrapping_add(weighted);
                        *low = low.wrapping_add(sum);
                    }
                    for &byte in rest {
                        *low = low.wrapping_add(byte.into());
                        *high = high.wrapping_add(*low);
                    }
                    *low %= 65_521;
                    *high %= 65_521;
                }
            }
            Self::Crc(crc) => {
                for &byte in bytes {
                    *crc ^= u32::from(byte);
                    for _ in 0..2 {
                        let nibble = CRC.get((*crc & 15) as usize).copied().unwrap_or(0);
                        *crc = *crc >> 4 ^ nibble;
                    }
                }
            }
        }
    }

    /// The checksum as a number.
    pub(super) fn sum(self) -> u32 {
        match self {
            Self::Adler { low, high } => high << 16 | low,
            Self::Crc(crc) => !crc,
        }
    }
}

/// The remainders of four bits.
const CRC: [u32; 16] = [
    rest(0),
    rest(1),
    rest(2),
    rest(3),
    rest(4),
    rest(5),
    rest(6),
    rest(7),
    rest(8),
    rest(9),
    rest(10),
    rest(11),
    rest(12),
    rest(13),
    rest(14),
    rest(15),
];

const fn rest(mut nibble: u32) -> u32 {
    let mut bits = 4_u32;
    while let Some(fewer) = bits.checked_sub(1) {
        let carry = nibble & 1 == 1;
        nibble = nibble >> 1 ^ if carry { 0xEDB8_8320 } else { 0 };
        bits = fewer;
    }
    nibble
}
