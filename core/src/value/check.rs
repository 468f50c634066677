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
                    (*low, *high) = adler(*low, *high, part);
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

/// Both sums of Adler-32, with these bytes.
fn adler(mut low: u32, mut high: u32, bytes: &[u8]) -> (u32, u32) {
    let (rows, rest) = if cfg!(target_pointer_width = "64") {
        bytes.as_chunks()
    } else {
        (&[][..], bytes)
    };
    for rows in rows.chunks(ROWS) {
        let (sum, weighted) = adler_of_rows(rows);
        let length = rows.as_flattened().len() as u32;
        high = high
            .wrapping_add(low.wrapping_mul(length))
            .wrapping_add(weighted);
        low = low.wrapping_add(sum);
    }
    for &byte in rest {
        low = low.wrapping_add(byte.into());
        high = high.wrapping_add(low);
    }
    (low % 65_521, high % 65_521)
}

/// So many sums are computed side by side, of so many rows that 16 bits hold them.
const LANES: usize = 32;
const ROWS: usize = 22;

/// The sum of the bytes, and that of the sums after each of them.
// By itself: within a larger function the compiler does not always see what can be done side by side.
#[inline(never)]
fn adler_of_rows(rows: &[[u8; LANES]]) -> (u32, u32) {
    let (mut sums, mut sums_of_sums) = ([0_u16; LANES], [0_u16; LANES]);
    for row in rows {
        for ((sum, of_sums), &byte) in sums.iter_mut().zip(&mut sums_of_sums).zip(row) {
            *of_sums = of_sums.wrapping_add(*sum);
            *sum = sum.wrapping_add(byte.into());
        }
    }
    let (mut all, mut weighted) = (0_u32, 0_u32);
    for ((&sum, &of_sums), place) in sums.iter().zip(&sums_of_sums).zip(0..) {
        let weight = (LANES as u32).wrapping_sub(place);
        all = all.wrapping_add(sum.into());
        weighted = weighted
            .wrapping_add(u32::from(of_sums).wrapping_mul(LANES as u32))
            .wrapping_add(u32::from(sum).wrapping_mul(weight));
    }
    (all, weighted)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// As RFC 1950 has it: modulo at each byte.
    fn naive(bytes: &[u8]) -> u32 {
        let (mut low, mut high) = (1, 0);
        for &byte in bytes {
            low = (low + u32::from(byte)) % 65_521;
            high = (high + low) % 65_521;
        }
        high << 16 | low
    }

    /// The largest bytes too, of which the fewest fit the sums.
    #[test]
    fn adler_of_any_length() {
        let largest = std::vec![0xFF; 20_000];
        let mixed: std::vec::Vec<u8> = (0..20_000_u32).map(|at| ((at * at) >> 3) as u8).collect();
        for length in (0..100).chain([703, 704, 705, 5551, 5552, 5553, 6256, 20_000]) {
            for bytes in [&largest[..length], &mixed[..length]] {
                let mut check = Check::ADLER;
                check.add(bytes);
                assert_eq!(check.sum(), naive(bytes), "{length}");
                // In two parts it is the same.
                let (front, rest) = bytes.split_at(length / 3);
                let mut check = Check::ADLER;
                check.add(front);
                check.add(rest);
                assert_eq!(check.sum(), naive(bytes), "{length}");
            }
        }
    }
}
