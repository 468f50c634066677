//! Paul Hsieh's SuperFastHash.

/// Paul Hsieh's SuperFastHash, with a signed byte where three are left at the end. Where one is left,
/// libmemcached takes it unsigned on every machine.
pub const fn hsieh(bytes: &[u8]) -> u32 {
    of(bytes, true)
}

/// [`hsieh`] with unsigned bytes.
pub const fn hsieh_unsigned(bytes: &[u8]) -> u32 {
    of(bytes, false)
}

const fn of(bytes: &[u8], is_signed: bool) -> u32 {
    let mut hash = 0_u32;
    let mut rest = bytes;
    while let [a, b, c, d, behind @ ..] = rest {
        hash = hash.wrapping_add(pair(*a, *b));
        let mixed = pair(*c, *d) << 11 ^ hash;
        hash = hash << 16 ^ mixed;
        hash = hash.wrapping_add(hash >> 11);
        rest = behind;
    }
    hash = match *rest {
        [a, b, c] => {
            let hash = hash.wrapping_add(pair(a, b));
            let hash = hash ^ hash << 16;
            let c = if is_signed {
                super::signed(c)
            } else {
                super::unsigned(c)
            };
            let hash = hash ^ c << 18;
            hash.wrapping_add(hash >> 11)
        }
        [a, b] => {
            let hash = hash.wrapping_add(pair(a, b));
            let hash = hash ^ hash << 11;
            hash.wrapping_add(hash >> 17)
        }
        [a] => {
            let hash = hash.wrapping_add(super::unsigned(a));
            let hash = hash ^ hash << 10;
            hash.wrapping_add(hash >> 1)
        }
        _ => hash,
    };
    hash ^= hash << 3;
    hash = hash.wrapping_add(hash >> 5);
    hash ^= hash << 4;
    hash = hash.wrapping_add(hash >> 17);
    hash ^= hash << 25;
    hash.wrapping_add(hash >> 6)
}

const fn pair(low: u8, high: u8) -> u32 {
    u16::from_le_bytes([low, high]) as u32
}
