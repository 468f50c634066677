//! Numbers in decimal digits.

use core::fmt;

/// A number that is written in decimal digits.
///
/// It looks as a `u64` does in `Debug`, whose own digits can panic: on 32-bit machines, compiled
/// for size, they keep a bounds check.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) struct Decimal(pub(crate) u64);

impl Decimal {
    /// The digits, in `room`.
    pub(crate) fn digits(self, room: &mut [u8; 20]) -> &[u8] {
        let digits = room.get_mut(..self.length()).unwrap_or_default();
        self.write(digits);
        digits
    }

    /// How many digits there are.
    pub(crate) fn length(self) -> usize {
        let (mut length, mut least) = (1_usize, 10_u64);
        // Twenty digits have no such number behind them.
        while length < 20 && self.0 >= least {
            length = length.saturating_add(1);
            least = least.wrapping_mul(10);
        }
        length
    }

    /// Writes the digits to a place that has [their length](Self::length).
    pub(crate) fn write(self, place: &mut [u8]) {
        let mut rest = self.0;
        for place in place.iter_mut().rev() {
            // On 32-bit machines division of 64 bits is a call: do without where it can be.
            let (quotient, digit) = match u32::try_from(rest) {
                Ok(small) => (u64::from(small / 10), (small % 10) as u8),
                Err(_) => (rest / 10, (rest % 10) as u8),
            };
            *place = b'0' | digit;
            rest = quotient;
        }
    }
}

impl fmt::Debug for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Digits stay as they are when they are escaped.
        write!(f, "{}", self.digits(&mut [0; 20]).escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use std::format;

    use super::*;

    #[test]
    fn digits_are_those_of_the_number() {
        let powers = (0..20).map(|exponent| 10_u64.pow(exponent));
        let near = powers.flat_map(|power| [power - 1, power, power + 1]);
        for number in near.chain([u64::from(u32::MAX), 1 << 32, u64::MAX]) {
            let decimal = Decimal(number);
            assert_eq!(format!("{decimal:?}"), format!("{number}"));
            assert_eq!(
                decimal.digits(&mut [0xFF; 20]),
                format!("{number}").as_bytes()
            );
        }
    }
}
