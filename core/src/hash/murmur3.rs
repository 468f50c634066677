//! MurmurHash3, the form of 32 bits.

/// MurmurHash3 with the seed that libmemcached makes of the length: its `murmur3`.
pub const fn murmur3(bytes: &[u8]) -> u32 {
    let mut hash = 0xDEAD_BEEF_u32.wrapping_mul(bytes.len() as u32);
    let mut rest = bytes;
    while let [a, b, c, d, behind @ ..] = rest {
        hash = mix(hash, u32::from_le_bytes([*a, *b, *c, *d]));
        rest = behind;
    }
    let tail = match *rest {
        [a, b, c] => [a, b, c, 0],
        [a, b] => [a, b, 0, 0],
        [a] => [a, 0, 0, 0],
        _ => [0; 4],
    };
    // Without a tail this changes nothing.
    finish(
        hash ^ scramble(u32::from_le_bytes(tail)),
        bytes.len() as u32,
    )
}

/// MurmurHash3 with a seed of one's own, of bytes that come one by one.
///
/// ```
/// use minimc_core::hash::Murmur3;
///
/// let mut hash = Murmur3::new(0); // pymemcache's
/// for byte in *b"hello" {
///     hash.push(byte);
/// }
/// assert_eq!(hash.finish(), 0x248B_FA47);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Murmur3 {
    hash: u32,
    word: u32,
    length: u32,
}

impl Murmur3 {
    /// Begins with a seed.
    pub const fn new(seed: u32) -> Self {
        Self {
            hash: seed,
            word: 0,
            length: 0,
        }
    }

    /// Takes one more byte.
    pub const fn push(&mut self, byte: u8) {
        // The first byte of a word ends up at its lower end.
        self.word = self.word >> 8 | (byte as u32) << 24;
        self.length = self.length.wrapping_add(1);
        if self.length.is_multiple_of(4) {
            self.hash = mix(self.hash, self.word);
            self.word = 0;
        }
    }

    /// The hash of all bytes so far.
    pub const fn finish(self) -> u32 {
        let tail = match self.length % 4 {
            0 => 0,
            1 => self.word >> 24,
            2 => self.word >> 16,
            _ => self.word >> 8,
        };
        finish(self.hash ^ scramble(tail), self.length)
    }
}

const fn mix(hash: u32, word: u32) -> u32 {
    let hash = (hash ^ scramble(word)).rotate_left(13);
    hash.wrapping_mul(5).wrapping_add(0xE654_6B64)
}

const fn scramble(word: u32) -> u32 {
    let word = word.wrapping_mul(0xCC9E_2D51).rotate_left(15);
    word.wrapping_mul(0x1B87_3593)
}

const fn finish(hash: u32, length: u32) -> u32 {
    let hash = hash ^ length;
    let hash = (hash ^ hash >> 16).wrapping_mul(0x85EB_CA6B);
    let hash = (hash ^ hash >> 13).wrapping_mul(0xC2B2_AE35);
    hash ^ hash >> 16
}
