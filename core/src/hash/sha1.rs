//! SHA-1, for dalli's ring.
//!
//! It is written here for the reason that MD5 is.

use super::padding::{SHORT, end_with, pad};

/// The first word of the SHA-1 digest, higher byte first.
pub(crate) const fn sha1_first(bytes: &[u8]) -> u32 {
    let mut state = [
        0x6745_2301,
        0xEFCD_AB89,
        0x98BA_DCFE,
        0x1032_5476,
        0xC3D2_E1F0,
    ];
    let (mut blocks, rest) = bytes.as_chunks();
    while let [block, behind @ ..] = blocks {
        state = compress(state, block);
        blocks = behind;
    }
    let bits = (bytes.len() as u64).wrapping_mul(8).to_be_bytes();
    let mut last = pad(rest);
    if rest.len() > SHORT {
        state = compress(state, &last);
        last = [0; 64];
    }
    end_with(bits, &mut last);
    let [first, ..] = compress(state, &last);
    first
}

const fn compress(state: [u32; 5], block: &[u8; 64]) -> [u32; 5] {
    let (chunks, _) = block.as_chunks();
    let &[
        m0,
        m1,
        m2,
        m3,
        m4,
        m5,
        m6,
        m7,
        m8,
        m9,
        m10,
        m11,
        m12,
        m13,
        m14,
        m15,
    ] = chunks
    else {
        return state;
    };
    let mut words = [
        u32::from_be_bytes(m0),
        u32::from_be_bytes(m1),
        u32::from_be_bytes(m2),
        u32::from_be_bytes(m3),
        u32::from_be_bytes(m4),
        u32::from_be_bytes(m5),
        u32::from_be_bytes(m6),
        u32::from_be_bytes(m7),
        u32::from_be_bytes(m8),
        u32::from_be_bytes(m9),
        u32::from_be_bytes(m10),
        u32::from_be_bytes(m11),
        u32::from_be_bytes(m12),
        u32::from_be_bytes(m13),
        u32::from_be_bytes(m14),
        u32::from_be_bytes(m15),
    ];
    let [mut a, mut b, mut c, mut d, mut e] = state;
    let mut round = 0_u8;
    while round < 80 {
        // The oldest word is used up, and makes room for the one that sixteen make together.
        let [
            w0,
            w1,
            w2,
            w3,
            w4,
            w5,
            w6,
            w7,
            w8,
            w9,
            w10,
            w11,
            w12,
            w13,
            w14,
            w15,
        ] = words;
        let new = (w0 ^ w2 ^ w8 ^ w13).rotate_left(1);
        words = [
            w1, w2, w3, w4, w5, w6, w7, w8, w9, w10, w11, w12, w13, w14, w15, new,
        ];
        let (mix, constant) = match round {
            0..20 => (d ^ b & (c ^ d), 0x5A82_7999),
            20..40 => (b ^ c ^ d, 0x6ED9_EBA1),
            40..60 => (b & c | d & (b | c), 0x8F1B_BCDC),
            _ => (b ^ c ^ d, 0xCA62_C1D6_u32),
        };
        let next = (a.rotate_left(5).wrapping_add(mix))
            .wrapping_add(e)
            .wrapping_add(constant)
            .wrapping_add(w0);
        (a, b, c, d, e) = (next, a, b.rotate_left(30), c, d);
        round = round.saturating_add(1);
    }
    let [v, w, x, y, z] = state;
    [
        v.wrapping_add(a),
        w.wrapping_add(b),
        x.wrapping_add(c),
        y.wrapping_add(d),
        z.wrapping_add(e),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of FIPS 180, of one block and of two.
    #[test]
    fn examples() {
        assert_eq!(sha1_first(b"abc"), 0xA999_3E36);
        let long = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
        assert_eq!(sha1_first(long), 0x8498_3E44);
    }
}
