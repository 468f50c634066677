//! A device's registers, as 32-bit words in the memory map.

use core::ptr;

/// The registers of one device: `SIZE` bytes at an address.
#[derive(Clone, Copy, Debug)]
pub struct Mmio<const SIZE: usize> {
    base: usize,
}

impl<const SIZE: usize> Mmio<SIZE> {
    /// The registers at `base`.
    ///
    /// # Safety
    ///
    /// `base` must be aligned to a word, the `SIZE` bytes from there on must be a device's
    /// registers, and whoever uses them must keep to that device's rules.
    #[must_use]
    pub const unsafe fn new(base: usize) -> Self {
        Self { base }
    }

    /// Reads the register at `offset`.
    ///
    /// # Panics
    ///
    /// When no register can be there. Offsets are constants, so no code is left of the question.
    #[inline]
    pub fn read(self, offset: usize) -> u32 {
        let address = self.address(offset) as *const u32;
        // SAFETY: `new` was promised registers in these bounds.
        unsafe { ptr::read_volatile(address) }
    }

    /// Writes the register at `offset`.
    ///
    /// # Panics
    ///
    /// As [`read`](Self::read) does.
    #[inline]
    pub fn write(self, offset: usize, value: u32) {
        let address = self.address(offset) as *mut u32;
        // SAFETY: `new` was promised registers in these bounds.
        unsafe { ptr::write_volatile(address, value) };
    }

    #[inline]
    fn address(self, offset: usize) -> usize {
        assert!(offset < SIZE && offset.is_multiple_of(4));
        self.base + offset
    }
}
