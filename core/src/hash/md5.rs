//! MD5, as a hash function and for the points of a ring.
//!
//! It is written here because the crates for it cannot be evaluated at compile time, when a fixed
//! list of servers gets its ring. Nothing secret ever depends on it.

use super::padding::{SHORT, end_with, pad};

/// The first word of the [MD5 digest](md5_words): libmemcached's `md5`.
pub const fn md5(bytes: &[u8]) -> u32 {
    let [first, ..] = md5_words(bytes);
    first
}

/// The MD5 digest as four words, lower byte first: the four points of a label on a weighted ring.
pub const fn md5_words(bytes: &[u8]) -> [u32; 4] {
    let mut state = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476];
    let (mut blocks, rest) = bytes.as_chunks();
    while let [block, behind @ ..] = blocks {
        state = compress(state, block);
        blocks = behind;
    }
    let bits = (bytes.len() as u64).wrapping_mul(8).to_le_bytes();
    let mut last = pad(rest);
    if rest.len() > SHORT {
        state = compress(state, &last);
        last = [0; 64];
    }
    end_with(bits, &mut last);
    compress(state, &last)
}

const fn compress(state: [u32; 4], block: &[u8; 64]) -> [u32; 4] {
    let (words, _) = block.as_chunks();
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
    ] = words
    else {
        return state;
    };
    let [mut a, mut b, mut c, mut d] = state;
    macro_rules! step {
        ($mix:expr, $a:ident $b:ident $word:ident $turn:literal $sine:literal) => {
            // Last comes what waits for the step before.
            $a = $a
                .wrapping_add($sine)
                .wrapping_add(u32::from_le_bytes($word))
                .wrapping_add($mix)
                .rotate_left($turn)
                .wrapping_add($b)
        };
    }

    step!(d ^ b & (c ^ d), a b m0 7 0xD76A_A478);
    step!(c ^ a & (b ^ c), d a m1 12 0xE8C7_B756);
    step!(b ^ d & (a ^ b), c d m2 17 0x2420_70DB);
    step!(a ^ c & (d ^ a), b c m3 22 0xC1BD_CEEE);
    step!(d ^ b & (c ^ d), a b m4 7 0xF57C_0FAF);
    step!(c ^ a & (b ^ c), d a m5 12 0x4787_C62A);
    step!(b ^ d & (a ^ b), c d m6 17 0xA830_4613);
    step!(a ^ c & (d ^ a), b c m7 22 0xFD46_9501);
    step!(d ^ b & (c ^ d), a b m8 7 0x6980_98D8);
    step!(c ^ a & (b ^ c), d a m9 12 0x8B44_F7AF);
    step!(b ^ d & (a ^ b), c d m10 17 0xFFFF_5BB1);
    step!(a ^ c & (d ^ a), b c m11 22 0x895C_D7BE);
    step!(d ^ b & (c ^ d), a b m12 7 0x6B90_1122);
    step!(c ^ a & (b ^ c), d a m13 12 0xFD98_7193);
    step!(b ^ d & (a ^ b), c d m14 17 0xA679_438E);
    step!(a ^ c & (d ^ a), b c m15 22 0x49B4_0821);

    step!((c & !d).wrapping_add(b & d), a b m1 5 0xF61E_2562);
    step!((b & !c).wrapping_add(a & c), d a m6 9 0xC040_B340);
    step!((a & !b).wrapping_add(d & b), c d m11 14 0x265E_5A51);
    step!((d & !a).wrapping_add(c & a), b c m0 20 0xE9B6_C7AA);
    step!((c & !d).wrapping_add(b & d), a b m5 5 0xD62F_105D);
    step!((b & !c).wrapping_add(a & c), d a m10 9 0x0244_1453);
    step!((a & !b).wrapping_add(d & b), c d m15 14 0xD8A1_E681);
    step!((d & !a).wrapping_add(c & a), b c m4 20 0xE7D3_FBC8);
    step!((c & !d).wrapping_add(b & d), a b m9 5 0x21E1_CDE6);
    step!((b & !c).wrapping_add(a & c), d a m14 9 0xC337_07D6);
    step!((a & !b).wrapping_add(d & b), c d m3 14 0xF4D5_0D87);
    step!((d & !a).wrapping_add(c & a), b c m8 20 0x455A_14ED);
    step!((c & !d).wrapping_add(b & d), a b m13 5 0xA9E3_E905);
    step!((b & !c).wrapping_add(a & c), d a m2 9 0xFCEF_A3F8);
    step!((a & !b).wrapping_add(d & b), c d m7 14 0x676F_02D9);
    step!((d & !a).wrapping_add(c & a), b c m12 20 0x8D2A_4C8A);

    step!(b ^ (c ^ d), a b m5 4 0xFFFA_3942);
    step!(a ^ (b ^ c), d a m8 11 0x8771_F681);
    step!(d ^ (a ^ b), c d m11 16 0x6D9D_6122);
    step!(c ^ (d ^ a), b c m14 23 0xFDE5_380C);
    step!(b ^ (c ^ d), a b m1 4 0xA4BE_EA44);
    step!(a ^ (b ^ c), d a m4 11 0x4BDE_CFA9);
    step!(d ^ (a ^ b), c d m7 16 0xF6BB_4B60);
    step!(c ^ (d ^ a), b c m10 23 0xBEBF_BC70);
    step!(b ^ (c ^ d), a b m13 4 0x289B_7EC6);
    step!(a ^ (b ^ c), d a m0 11 0xEAA1_27FA);
    step!(d ^ (a ^ b), c d m3 16 0xD4EF_3085);
    step!(c ^ (d ^ a), b c m6 23 0x0488_1D05);
    step!(b ^ (c ^ d), a b m9 4 0xD9D4_D039);
    step!(a ^ (b ^ c), d a m12 11 0xE6DB_99E5);
    step!(d ^ (a ^ b), c d m15 16 0x1FA2_7CF8);
    step!(c ^ (d ^ a), b c m2 23 0xC4AC_5665);

    step!(c ^ (b | !d), a b m0 6 0xF429_2244);
    step!(b ^ (a | !c), d a m7 10 0x432A_FF97);
    step!(a ^ (d | !b), c d m14 15 0xAB94_23A7);
    step!(d ^ (c | !a), b c m5 21 0xFC93_A039);
    step!(c ^ (b | !d), a b m12 6 0x655B_59C3);
    step!(b ^ (a | !c), d a m3 10 0x8F0C_CC92);
    step!(a ^ (d | !b), c d m10 15 0xFFEF_F47D);
    step!(d ^ (c | !a), b c m1 21 0x8584_5DD1);
    step!(c ^ (b | !d), a b m8 6 0x6FA8_7E4F);
    step!(b ^ (a | !c), d a m15 10 0xFE2C_E6E0);
    step!(a ^ (d | !b), c d m6 15 0xA301_4314);
    step!(d ^ (c | !a), b c m13 21 0x4E08_11A1);
    step!(c ^ (b | !d), a b m4 6 0xF753_7E82);
    step!(b ^ (a | !c), d a m11 10 0xBD3A_F235);
    step!(a ^ (d | !b), c d m2 15 0x2AD7_D2BB);
    step!(d ^ (c | !a), b c m9 21 0xEB86_D391);

    let [w, x, y, z] = state;
    [
        w.wrapping_add(a),
        x.wrapping_add(b),
        y.wrapping_add(c),
        z.wrapping_add(d),
    ]
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::string::String;

    use super::*;

    /// The examples of RFC 1321, which have one block and two.
    #[test]
    fn examples() {
        let table: [(&[u8], &str); 6] = [
            (b"", "d41d8cd98f00b204e9800998ecf8427e"),
            (b"a", "0cc175b9c0f1b6a831c399e269772661"),
            (b"message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
            (
                b"abcdefghijklmnopqrstuvwxyz",
                "c3fcd3d76192e4007dfb496cca67e13b",
            ),
            (
                b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
                "d174ab98d277d9f5a5611c2c9f419d9f",
            ),
            (
                b"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
                "57edf4a22be3c955ac49da2e2107b67a",
            ),
        ];
        for (bytes, digest) in table {
            let words = md5_words(bytes).map(u32::to_le_bytes);
            let digits: String = words
                .as_flattened()
                .iter()
                .map(|b| format!("{b:02x}"))
                .collect();
            assert_eq!(digits, digest);
        }
    }
}
