//! Bob Jenkins' one-at-a-time.

/// Bob Jenkins' one-at-a-time, with signed bytes: libmemcached's `default`.
pub const fn one_at_a_time(bytes: &[u8]) -> u32 {
    let mut hash = 0;
    let mut rest = bytes;
    while let [byte, behind @ ..] = rest {
        hash = mix(hash, super::signed(*byte));
        rest = behind;
    }
    finish(hash)
}

/// [`one_at_a_time`] with unsigned bytes.
pub const fn one_at_a_time_unsigned(bytes: &[u8]) -> u32 {
    let mut hash = 0;
    let mut rest = bytes;
    while let [byte, behind @ ..] = rest {
        hash = mix(hash, super::unsigned(*byte));
        rest = behind;
    }
    finish(hash)
}

const fn mix(hash: u32, byte: u32) -> u32 {
    let hash = hash.wrapping_add(byte);
    let hash = hash.wrapping_add(hash << 10);
    hash ^ hash >> 6
}

const fn finish(hash: u32) -> u32 {
    let hash = hash.wrapping_add(hash << 3);
    let hash = hash ^ hash >> 11;
    hash.wrapping_add(hash << 15)
}
