//! The bits of a compressed stream, the lowest of each byte first.

/// Up to 64 bits that were read and not yet used.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bits {
    bits: u64,
    count: u32,
}

impl Bits {
    /// Takes bytes from the front of `input`, as many as fit.
    pub(super) fn refill(&mut self, input: &mut &[u8]) {
        while self.count <= 56
            && let Some((&byte, rest)) = input.split_first()
        {
            self.bits |= u64::from(byte).wrapping_shl(self.count);
            self.count = self.count.wrapping_add(8);
            *input = rest;
        }
    }

    /// How many there are.
    pub(super) fn count(self) -> u32 {
        self.count
    }

    /// The next ones, 0 where there are none.
    pub(super) fn peek(self) -> u64 {
        self.bits
    }

    /// Uses up `count` of them, at most 32; `None` if there are not so many.
    pub(super) fn take(&mut self, count: u32) -> Option<u32> {
        let mask = 1_u64.wrapping_shl(count).wrapping_sub(1);
        let value = self.bits & mask;
        self.skip(count)?;
        Some(value as u32)
    }

    /// Uses up `count` of them, fewer than 64.
    pub(super) fn skip(&mut self, count: u32) -> Option<()> {
        self.count = self.count.checked_sub(count)?;
        self.bits = self.bits.wrapping_shr(count);
        Some(())
    }

    /// Drops what is left of the byte that was begun.
    pub(super) fn align(&mut self) {
        let _ = self.skip(self.count & 7);
    }
}
