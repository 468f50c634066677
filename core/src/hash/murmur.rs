//! MurmurHash2.

/// MurmurHash2 with the seed that libmemcached makes of the length: its `murmur`.
pub const fn murmur(bytes: &[u8]) -> u32 {
    const M: u32 = 0x5BD1_E995;
    let length = bytes.len() as u32;
    let mut hash = 0xDEAD_BEEF_u32.wrapping_mul(length) ^ length;
    let mut rest = bytes;
    while let [a, b, c, d, behind @ ..] = rest {
        let word = u32::from_le_bytes([*a, *b, *c, *d]).wrapping_mul(M);
        let word = (word ^ word >> 24).wrapping_mul(M);
        hash = hash.wrapping_mul(M) ^ word;
        rest = behind;
    }
    let tail = match *rest {
        [a, b, c] => Some([a, b, c, 0]),
        [a, b] => Some([a, b, 0, 0]),
        [a] => Some([a, 0, 0, 0]),
        _ => None,
    };
    if let Some(tail) = tail {
        hash = (hash ^ u32::from_le_bytes(tail)).wrapping_mul(M);
    }
    hash = (hash ^ hash >> 13).wrapping_mul(M);
    hash ^ hash >> 15
}
