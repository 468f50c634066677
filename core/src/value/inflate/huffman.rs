//! Huffman codes: which bits stand for which symbol.

use super::bits::Bits;
use crate::value::BadValue;

/// The code of up to `SYMBOLS` symbols. A table of `FAST` entries, a power of two, has what stands for
/// short codes; longer ones are counted through.
#[derive(Clone, Debug)]
pub(super) struct Huffman<const SYMBOLS: usize, const FAST: usize> {
    /// How many symbols have a code of each length.
    counts: [u16; 16],
    /// The symbols in the order of their codes.
    symbols: [u16; SYMBOLS],
    /// For the next bits the symbol and, in the lowest four bits, the length of its code; or 0.
    fast: [u16; FAST],
}

impl<const SYMBOLS: usize, const FAST: usize> Huffman<SYMBOLS, FAST> {
    pub(super) const EMPTY: Self = Self {
        counts: [0; 16],
        symbols: [0; SYMBOLS],
        fast: [0; FAST],
    };

    /// The code that gives each symbol a code of this length; 0 gives it none.
    ///
    /// Fails where there are more codes than bits to tell them apart, or fewer, unless there is at
    /// most one.
    pub(super) fn build(&mut self, lengths: &[u8]) -> Result<(), BadValue> {
        self.counts = [0; 16];
        self.fast = [0; FAST];
        for &length in lengths {
            let count = self.counts.get_mut(usize::from(length));
            let count = count.ok_or(BadValue::Corrupt)?;
            *count = count.wrapping_add(1);
        }
        self.counts[0] = 0;
        // The first code and the first place of each length; `left` is how many codes of it are free.
        let (mut codes, mut places) = ([0_u16; 16], [0_u16; 16]);
        let (mut code, mut place, mut left) = (0_u16, 0_u16, 1_u32);
        let starts = codes.iter_mut().zip(&mut places);
        for ((first_code, first_place), &count) in starts.zip(&self.counts).skip(1) {
            left = left.wrapping_mul(2);
            code = code.wrapping_mul(2);
            (*first_code, *first_place) = (code, place);
            left = left.checked_sub(count.into()).ok_or(BadValue::Corrupt)?;
            code = code.wrapping_add(count);
            place = place.wrapping_add(count);
        }
        let single = place == 0 || place == 1 && self.counts[1] == 1;
        if left > 0 && !single {
            return Err(BadValue::Corrupt);
        }
        for (symbol, &length) in lengths
            .iter()
            .enumerate()
            .filter(|(_, length)| **length > 0)
        {
            let index = usize::from(length);
            let (Some(code), Some(place)) = (codes.get_mut(index), places.get_mut(index)) else {
                return Err(BadValue::Corrupt);
            };
            let slot = self.symbols.get_mut(usize::from(*place));
            *slot.ok_or(BadValue::Corrupt)? = symbol as u16;
            let length = u32::from(length);
            let step = 1_usize.wrapping_shl(length);
            if step <= FAST {
                let start = code
                    .reverse_bits()
                    .wrapping_shr(16_u32.wrapping_sub(length));
                let entry = (symbol as u16) << 4 | length as u16;
                let places = self.fast.iter_mut().skip(usize::from(start));
                places.step_by(step).for_each(|place| *place = entry);
            }
            *code = code.wrapping_add(1);
            *place = place.wrapping_add(1);
        }
        Ok(())
    }

    /// The symbol that the next bits stand for, `None` if there are too few bits.
    #[inline]
    pub(super) fn decode(&self, bits: &mut Bits) -> Result<Option<u16>, BadValue> {
        let next = bits.peek();
        let entry = self.fast.get(next as usize & (FAST.wrapping_sub(1)));
        let entry = entry.copied().unwrap_or(0);
        if entry != 0 {
            let taken = bits.skip(u32::from(entry & 15));
            return Ok(taken.map(|()| entry >> 4));
        }
        self.decode_slowly(bits)
    }

    #[inline(never)]
    fn decode_slowly(&self, bits: &mut Bits) -> Result<Option<u16>, BadValue> {
        let mut next = bits.peek();
        let (mut code, mut first, mut place) = (0_u32, 0_u32, 0_u32);
        for (length, &count) in (1..).zip(self.counts.get(1..).unwrap_or_default()) {
            if length > bits.count() {
                return Ok(None);
            }
            code |= next as u32 & 1;
            next >>= 1;
            let count = u32::from(count);
            let offset = code.wrapping_sub(first);
            if offset < count {
                let _ = bits.skip(length);
                let symbol = self.symbols.get(place.wrapping_add(offset) as usize);
                return symbol.copied().map(Some).ok_or(BadValue::Corrupt);
            }
            place = place.wrapping_add(count);
            first = first.wrapping_add(count).wrapping_mul(2);
            code = code.wrapping_mul(2);
        }
        Err(BadValue::Corrupt)
    }
}
