//! The FNV family.
//!
//! `1` multiplies before it takes a byte, `1a` after. Of the forms of 64 bits libmemcached keeps the
//! lower half, for which 32 bits suffice: no product's lower half depends on an upper one.

/// Where a sum begins, and what it is multiplied by.
#[derive(Clone, Copy)]
struct Size {
    start: u32,
    prime: u32,
}

const SIZE_32: Size = Size {
    start: 0x811C_9DC5,
    prime: 0x0100_0193,
};

/// The lower halves of 0xCBF29CE484222325 and 0x100000001B3.
const SIZE_64: Size = Size {
    start: 0x8422_2325,
    prime: 0x0000_01B3,
};

macro_rules! fnv {
    ($($(#[doc = $doc:literal])+ $name:ident $size:ident $extend:ident |$hash:ident, $byte:ident, $prime:ident| $step:expr;)*) => {$(
        $(#[doc = $doc])+
        pub const fn $name(bytes: &[u8]) -> u32 {
            let Size { start: mut $hash, prime: $prime } = $size;
            let mut rest = bytes;
            while let [byte, behind @ ..] = rest {
                let $byte = super::$extend(*byte);
                $hash = $step;
                rest = behind;
            }
            $hash
        }
    )*};
}

fnv! {
    /// FNV-1 of 32 bits, with signed bytes.
    fnv1_32 SIZE_32 signed |hash, byte, prime| hash.wrapping_mul(prime) ^ byte;
    /// [`fnv1_32`] with unsigned bytes.
    fnv1_32_unsigned SIZE_32 unsigned |hash, byte, prime| hash.wrapping_mul(prime) ^ byte;
    /// FNV-1a of 32 bits, with signed bytes.
    fnv1a_32 SIZE_32 signed |hash, byte, prime| (hash ^ byte).wrapping_mul(prime);
    /// [`fnv1a_32`] with unsigned bytes.
    fnv1a_32_unsigned SIZE_32 unsigned |hash, byte, prime| (hash ^ byte).wrapping_mul(prime);
    /// The lower half of FNV-1 of 64 bits, with signed bytes.
    fnv1_64 SIZE_64 signed |hash, byte, prime| hash.wrapping_mul(prime) ^ byte;
    /// [`fnv1_64`] with unsigned bytes.
    fnv1_64_unsigned SIZE_64 unsigned |hash, byte, prime| hash.wrapping_mul(prime) ^ byte;
    /// The lower half of FNV-1a of 64 bits, with signed bytes.
    fnv1a_64 SIZE_64 signed |hash, byte, prime| (hash ^ byte).wrapping_mul(prime);
    /// [`fnv1a_64`] with unsigned bytes.
    fnv1a_64_unsigned SIZE_64 unsigned |hash, byte, prime| (hash ^ byte).wrapping_mul(prime);
}
