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
    while let [byte, behind @ ..] = rest {
        sum = entry(sum as u8 ^ *byte) ^ sum >> 8;
        rest = behind;
    }
    sum
}

/// What each byte comes to: 1 KiB.
static TABLE: [u32; 256] = table();

#[allow(
    clippy::indexing_slicing,
    reason = "a byte is less than 256; `get` is not const, and ways around it take half as long again"
)]
const fn entry(byte: u8) -> u32 {
    TABLE[byte as usize]
}

const fn table() -> [u32; 256] {
    /// The polynomial, its bits reversed.
    const POLYNOMIAL: u32 = 0xEDB8_8320;
    let mut table = [0; 256];
    let mut places = table.as_mut_slice();
    let mut byte = 0_u32;
    while let Some((place, behind)) = places.split_first_mut() {
        let mut sum = byte;
        let mut bit = 0_u8;
        while bit < 8 {
            sum = sum >> 1 ^ if sum & 1 == 1 { POLYNOMIAL } else { 0 };
            bit = bit.saturating_add(1);
        }
        *place = sum;
        byte = byte.saturating_add(1);
        places = behind;
    }
    table
}
