//! CRC-32, and the 15 bits of it that libmemcached uses.

/// The bits 16 to 30 of [`crc32`]: libmemcached's `crc`, and python-memcached's hash.
///
/// On a ring whose points are of 32 bits, all keys are in front of the first point: weighted ketama
/// with this hash puts every key on one server, as libmemcached does.
pub const fn crc(bytes: &[u8]) -> u32 {
    crc32(bytes) >> 16 & 0x7FFF
}

/// CRC-32 as of zlib and Ethernet, which gomemcache and dalli use.
pub const fn crc32(bytes: &[u8]) -> u32 {
    !extend(u32::MAX, bytes)
}

/// [`crc32`] of more bytes behind those whose `sum` is known: zlib's running CRC-32, which begins
/// with 0.
pub const fn crc32_append(sum: u32, bytes: &[u8]) -> u32 {
    !extend(!sum, bytes)
}

/// [`crc32`] of bytes that follow each other.
pub(crate) fn crc32_of(parts: &[&[u8]]) -> u32 {
    !parts.iter().fold(u32::MAX, |sum, bytes| extend(sum, bytes))
}

const fn extend(sum: u32, bytes: &[u8]) -> u32 {
    let mut sum = sum;
    let mut rest = bytes;
    #[cfg(target_pointer_width = "64")]
    while let [a, b, c, d, behind @ ..] = rest {
        let [a, b, c, d] = (sum ^ u32::from_le_bytes([*a, *b, *c, *d])).to_le_bytes();
        sum = entry::<3>(a) ^ entry::<2>(b) ^ entry::<1>(c) ^ entry::<0>(d);
        rest = behind;
    }
    while let [byte, behind @ ..] = rest {
        sum = entry::<0>(sum as u8 ^ *byte) ^ sum >> 8;
        rest = behind;
    }
    sum
}

/// How many bytes are taken at once. It is three times as fast with four, for 4 KiB, which is too much of
/// a microcontroller's flash.
const AT_ONCE: usize = if cfg!(target_pointer_width = "64") {
    4
} else {
    1
};

/// What each byte comes to when so many others are behind it: 1 KiB each.
static TABLES: [[u32; 256]; AT_ONCE] = tables();

#[allow(
    clippy::indexing_slicing,
    reason = "a byte is less than 256; `get` is not const, and ways around it take half as long again"
)]
const fn entry<const BEHIND: usize>(byte: u8) -> u32 {
    TABLES[BEHIND][byte as usize]
}

const fn tables() -> [[u32; 256]; AT_ONCE] {
    let mut tables = [[0; 256]; AT_ONCE];
    let mut left = tables.as_mut_slice();
    let mut bytes = 1_u8;
    while let Some((table, behind)) = left.split_first_mut() {
        let mut places = table.as_mut_slice();
        let mut byte = 0_u32;
        while let Some((place, behind)) = places.split_first_mut() {
            *place = divided(byte, bytes);
            byte = byte.saturating_add(1);
            places = behind;
        }
        bytes = bytes.saturating_add(1);
        left = behind;
    }
    tables
}

/// What is left of a sum after so many bytes of zeros.
const fn divided(sum: u32, bytes: u8) -> u32 {
    /// The polynomial, its bits reversed.
    const POLYNOMIAL: u32 = 0xEDB8_8320;
    let mut sum = sum;
    let mut bits = bytes.saturating_mul(8);
    while bits > 0 {
        sum = sum >> 1 ^ if sum & 1 == 1 { POLYNOMIAL } else { 0 };
        bits = bits.saturating_sub(1);
    }
    sum
}
