//! Numbers in decimal digits.

use core::fmt;

/// A number that is written in decimal digits.
///
/// It looks as a `u64` does in `Debug`, whose own digits can panic: on 32-bit machines, compiled
/// for size, they keep a bounds check.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) struct Decimal(pub(crate) u64);

impl Decimal {
    /// The digits, at the end of `room`.
    pub(crate) fn digits(self, room: &mut [u8; 20]) -> &[u8] {
        let mut rest = self.0;
        let mut start = room.len();
        for place in room.iter_mut().rev() {
            // On 32-bit machines division of 64 bits is a call: do without where it can be.
            let (quotient, digit) = match u32::try_from(rest) {
                Ok(small) => (u64::from(small / 10), (small % 10) as u8),
                Err(_) => (rest / 10, (rest % 10) as u8),
            };
            *place = b'0' | digit;
            start = start.saturating_sub(1);
            rest = quotient;
            if rest == 0 {
                break;
            }
        }
        room.get(start..).unwrap_or_default()
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
