//! Keys to numbers: the hash functions by which clients choose a server.
//!
//! Each is a function from bytes to a `u32`, in a file of its own. They give what libmemcached's
//! libhashkit gives, so that keys are found where other programs have put them; [`Hash`](enum@Hash) has them by
//! libmemcached's names. None of them keeps anybody from choosing keys that meet.
//!
//! All are `const`: the [points of a ring](crate::placement) may be computed by the compiler.
//!
//! ```
//! use minimc_core::hash::{self, Hash};
//!
//! assert_eq!(hash::one_at_a_time(b"foo"), 0x2386_78DD);
//! assert_eq!(Hash::named("md5"), Some(Hash::Md5));
//! assert_eq!(Hash::Md5.of(b"foo"), hash::md5(b"foo"));
//!
//! const AT_COMPILE_TIME: u32 = hash::md5(b"foo");
//! assert_eq!(AT_COMPILE_TIME, 0xDB18_BDAC);
//! ```
//!
//! # Signed bytes
//!
//! [`one_at_a_time`], the FNV family and [`hsieh`] take bytes as C's `char`. On x86 that is signed, so
//! bytes from 0x80 on are extended with ones; on 64-bit Arm and on POWER it is not, and there
//! libmemcached places keys outside ASCII elsewhere. Here the signed form is what stands under the
//! usual name, on every machine; the other one has `_unsigned` in its name.

mod crc;
mod fnv;
mod hsieh;
mod jenkins;
mod md5;
mod murmur;
mod murmur3;
mod one_at_a_time;
mod padding;
mod sha1;

pub(crate) use crc::crc32_of;
pub use crc::{crc, crc32, crc32_append};
pub use fnv::{
    fnv1_32, fnv1_32_unsigned, fnv1_64, fnv1_64_unsigned, fnv1a_32, fnv1a_32_unsigned, fnv1a_64,
    fnv1a_64_unsigned,
};
pub use hsieh::{hsieh, hsieh_unsigned};
pub use jenkins::jenkins;
pub use md5::{md5, md5_words};
pub use murmur::murmur;
pub use murmur3::{Murmur3, murmur3};
pub use one_at_a_time::{one_at_a_time, one_at_a_time_unsigned};
pub(crate) use sha1::sha1_first;

/// One of libmemcached's hash functions, chosen at run time.
///
/// A program that uses this links all of them; one that knows its hash function calls it by name.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Hash {
    /// [`one_at_a_time`], libmemcached's default, which it calls `default`.
    #[default]
    OneAtATime,
    /// [`md5`].
    Md5,
    /// [`crc`], 15 bits.
    Crc,
    /// [`fnv1_64`], of which libmemcached keeps 32 bits.
    Fnv1_64,
    /// [`fnv1a_64`], of which libmemcached keeps 32 bits.
    Fnv1a64,
    /// [`fnv1_32`].
    Fnv1_32,
    /// [`fnv1a_32`].
    Fnv1a32,
    /// [`hsieh`], which most builds of libmemcached leave out.
    Hsieh,
    /// [`murmur`], the second of that name.
    Murmur,
    /// [`jenkins`].
    Jenkins,
    /// [`murmur3`].
    Murmur3,
    /// [`one_at_a_time_unsigned`].
    OneAtATimeUnsigned,
    /// [`fnv1_64_unsigned`].
    Fnv1_64Unsigned,
    /// [`fnv1a_64_unsigned`].
    Fnv1a64Unsigned,
    /// [`fnv1_32_unsigned`].
    Fnv1_32Unsigned,
    /// [`fnv1a_32_unsigned`].
    Fnv1a32Unsigned,
    /// [`hsieh_unsigned`].
    HsiehUnsigned,
}

impl Hash {
    /// Those that have a name, in libmemcached's order.
    pub const ALL: [Self; 11] = [
        Self::OneAtATime,
        Self::Md5,
        Self::Crc,
        Self::Fnv1_64,
        Self::Fnv1a64,
        Self::Fnv1_32,
        Self::Fnv1a32,
        Self::Hsieh,
        Self::Murmur,
        Self::Jenkins,
        Self::Murmur3,
    ];

    /// The hash of `bytes`.
    pub const fn of(self, bytes: &[u8]) -> u32 {
        match self {
            Self::OneAtATime => one_at_a_time(bytes),
            Self::Md5 => md5(bytes),
            Self::Crc => crc(bytes),
            Self::Fnv1_64 => fnv1_64(bytes),
            Self::Fnv1a64 => fnv1a_64(bytes),
            Self::Fnv1_32 => fnv1_32(bytes),
            Self::Fnv1a32 => fnv1a_32(bytes),
            Self::Hsieh => hsieh(bytes),
            Self::Murmur => murmur(bytes),
            Self::Jenkins => jenkins(bytes),
            Self::Murmur3 => murmur3(bytes),
            Self::OneAtATimeUnsigned => one_at_a_time_unsigned(bytes),
            Self::Fnv1_64Unsigned => fnv1_64_unsigned(bytes),
            Self::Fnv1a64Unsigned => fnv1a_64_unsigned(bytes),
            Self::Fnv1_32Unsigned => fnv1_32_unsigned(bytes),
            Self::Fnv1a32Unsigned => fnv1a_32_unsigned(bytes),
            Self::HsiehUnsigned => hsieh_unsigned(bytes),
        }
    }

    /// The same with unsigned bytes, where that is another: what libmemcached does on 64-bit Arm.
    pub const fn unsigned(self) -> Self {
        match self {
            Self::OneAtATime => Self::OneAtATimeUnsigned,
            Self::Fnv1_64 => Self::Fnv1_64Unsigned,
            Self::Fnv1a64 => Self::Fnv1a64Unsigned,
            Self::Fnv1_32 => Self::Fnv1_32Unsigned,
            Self::Fnv1a32 => Self::Fnv1a32Unsigned,
            Self::Hsieh => Self::HsiehUnsigned,
            other => other,
        }
    }

    /// The name that libmemcached and pylibmc have for it, in either form.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OneAtATime | Self::OneAtATimeUnsigned => "default",
            Self::Md5 => "md5",
            Self::Crc => "crc",
            Self::Fnv1_64 | Self::Fnv1_64Unsigned => "fnv1_64",
            Self::Fnv1a64 | Self::Fnv1a64Unsigned => "fnv1a_64",
            Self::Fnv1_32 | Self::Fnv1_32Unsigned => "fnv1_32",
            Self::Fnv1a32 | Self::Fnv1a32Unsigned => "fnv1a_32",
            Self::Hsieh | Self::HsiehUnsigned => "hsieh",
            Self::Murmur => "murmur",
            Self::Jenkins => "jenkins",
            Self::Murmur3 => "murmur3",
        }
    }

    /// The hash function of this [name](Hash::name), in upper or lower case, with signed bytes.
    pub fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|hash| hash.name().eq_ignore_ascii_case(name))
    }
}

/// A byte as C's signed `char`, extended to 32 bits.
const fn signed(byte: u8) -> u32 {
    byte as i8 as u32
}

/// A byte as C's unsigned `char`.
const fn unsigned(byte: u8) -> u32 {
    byte as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of libmemcached 1.1.4 on x86-64; `ci/vectors.sh hash` has many more.
    #[test]
    fn golden_values() {
        const KEYS: [&[u8]; 7] = [
            b"",
            b"a",
            b"foo",
            b"test_key",
            b"hello world key 123456789",
            b"k\xc3\xa9y",
            b"\xff\xfe\x80",
        ];
        #[rustfmt::skip]
        let table = [
            (Hash::OneAtATime, [0x00000000, 0xca2e9442, 0x238678dd, 0x4eb1f547, 0x314e173a, 0x5a7d72d7, 0x54cc64c2]),
            (Hash::Md5,        [0xd98c1dd4, 0xb975c10c, 0xdb18bdac, 0x18d1328c, 0x09694ff2, 0xd351e6e8, 0xdaeea645]),
            (Hash::Crc,        [0x00000000, 0x000068b7, 0x00000c73, 0x000073ed, 0x00005d5a, 0x00000896, 0x0000265e]),
            (Hash::Fnv1_64,    [0x84222325, 0x8601b7be, 0x6ba13533, 0xb8034f49, 0xeddf47f3, 0xcae436b5, 0x93edf0fa]),
            (Hash::Fnv1a64,    [0x84222325, 0x8601ec8c, 0xfed9d577, 0xd1f24c35, 0x29d129ff, 0x4841590d, 0x8f0e6190]),
            (Hash::Fnv1_32,    [0x811c9dc5, 0x050c5d7e, 0x408f5e13, 0xca5c7b09, 0xac394513, 0x9d3b64d5, 0x914c917a]),
            (Hash::Fnv1a32,    [0x811c9dc5, 0xe40c292c, 0xa9f37ed7, 0xbd1cc5f5, 0xa3e14e1f, 0x92b00a6d, 0x626cb2b0]),
            (Hash::Murmur,     [0x00000000, 0x4b41757c, 0xc4e0338f, 0x31629190, 0x5068c702, 0x98f3ad13, 0xa3e1075d]),
            (Hash::Jenkins,    [0xdeadbefc, 0xe0a38690, 0x99f84f99, 0x7449514e, 0x844b45fd, 0xc3006b44, 0x201bd2b5]),
            (Hash::Murmur3,    [0x00000000, 0x8872dbc8, 0xa5f500b2, 0x31b34a64, 0x5cde5d5c, 0x1ece4e2f, 0x0c9d3652]),
        ];
        for (hash, values) in table {
            for (key, value) in KEYS.into_iter().zip(values) {
                assert_eq!(hash.of(key), value, "{hash:?} of {}", key.escape_ascii());
            }
        }
    }

    #[test]
    fn only_bytes_from_0x80_on_have_two_forms() {
        let both = [
            Hash::OneAtATime,
            Hash::Fnv1_64,
            Hash::Fnv1a64,
            Hash::Fnv1_32,
            Hash::Fnv1a32,
            Hash::Hsieh,
        ];
        for hash in Hash::ALL {
            let unsigned = hash.unsigned();
            assert_eq!(hash.of(b"keys..\x7f"), unsigned.of(b"keys..\x7f"));
            let differs = hash.of(b"keys..\x80") != unsigned.of(b"keys..\x80");
            assert_eq!(
                (unsigned.name(), unsigned.unsigned()),
                (hash.name(), unsigned)
            );
            assert_eq!(differs, both.contains(&hash), "{hash:?}");
        }
    }

    #[test]
    fn names_lead_back() {
        for hash in Hash::ALL {
            assert_eq!(Hash::named(hash.name()), Some(hash));
        }
        assert_eq!(Hash::named("MD5"), Some(Hash::Md5));
        assert_eq!(Hash::named("md4"), None);
    }
}
