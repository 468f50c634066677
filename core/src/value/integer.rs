//! Whole numbers of any size.

use core::fmt;

use super::BadValue;
use crate::decimal::Decimal;

/// A whole number of any size: up to 128 bits as a number, larger ones as the digits that came.
///
/// ```
/// use minimc_core::value::Integer;
///
/// assert_eq!(Integer::parse(b"9 ")?.to_u64(), Some(9)); // as decr leaves it
/// assert_eq!(Integer::from(-1).to_u64(), None);
/// assert_eq!(Integer::parse(b"-0")?, Integer::from(0));
/// # Ok::<(), minimc_core::value::BadValue>(())
/// ```
#[derive(Clone, Copy)]
pub struct Integer<'v>(Form<'v>);

#[derive(Clone, Copy)]
enum Form<'v> {
    /// Zero is not negative.
    Number { negative: bool, magnitude: u128 },
    /// A minus perhaps, and digits, perhaps with `_` between: more than a `u128` holds.
    Digits(&'v [u8]),
}

/// The digits of the largest magnitude.
const DIGITS: usize = 39;

impl<'v> Integer<'v> {
    /// The room for the sign and the digits of what has 128 bits.
    pub(super) const ROOM: usize = DIGITS + 1;

    /// Reads digits with a sign before them perhaps, and blanks behind them: such as memcached
    /// leaves when it counts down.
    pub fn parse(text: &'v [u8]) -> Result<Self, BadValue> {
        let end = text.iter().rposition(|&byte| byte != b' ');
        let text = end.and_then(|end| text.get(..=end)).unwrap_or_default();
        if text.contains(&b'_') {
            return Err(BadValue::NotInteger);
        }
        Self::number(text).ok_or(BadValue::NotInteger)
    }

    /// Reads what Python's `int` reads of ASCII: blanks of any kind around, and `_` between digits.
    pub(super) fn parse_as_python(text: &'v [u8]) -> Result<Self, BadValue> {
        let is_blank = |byte: &u8| !matches!(byte, b' ' | b'\t'..=b'\r');
        let start = text.iter().position(is_blank).unwrap_or_default();
        let end = text.iter().rposition(is_blank);
        let text = end
            .and_then(|end| text.get(start..=end))
            .unwrap_or_default();
        let single = text.split(|&byte| byte == b'_').all(|part| {
            // Before the first one may stand a sign.
            part.iter().any(u8::is_ascii_digit)
        });
        if single {
            Self::number(text).ok_or(BadValue::NotInteger)
        } else {
            Err(BadValue::NotInteger)
        }
    }

    /// A sign perhaps, then digits, then nothing. A `_` counts for nothing.
    fn number(text: &'v [u8]) -> Option<Self> {
        let (negative, digits) = match text.split_first()? {
            (b'-', digits) => (true, digits),
            (b'+', digits) => (false, digits),
            _ => (false, text),
        };
        if !digits.iter().any(u8::is_ascii_digit) {
            return None;
        }
        let mut magnitude = Some(0_u128);
        for &byte in digits {
            match byte {
                b'0'..=b'9' => {
                    let digit = u128::from(byte & 0xF);
                    magnitude = magnitude
                        .and_then(|before| before.checked_mul(10))
                        .and_then(|before| before.checked_add(digit));
                }
                b'_' => {}
                _ => return None,
            }
        }
        Some(match magnitude {
            Some(magnitude) => Self::new(negative, magnitude),
            None if negative => Self(Form::Digits(text)),
            None => Self(Form::Digits(digits)),
        })
    }

    pub(super) fn new(negative: bool, magnitude: u128) -> Self {
        Self(Form::Number {
            negative: negative && magnitude != 0,
            magnitude,
        })
    }

    /// The number, if it has no more than 64 bits.
    pub fn to_i64(self) -> Option<i64> {
        self.to_i128().and_then(|number| number.try_into().ok())
    }

    /// The number, if it is not negative and has no more than 64 bits.
    pub fn to_u64(self) -> Option<u64> {
        match self.0 {
            Form::Number {
                negative: false,
                magnitude,
            } => magnitude.try_into().ok(),
            _ => None,
        }
    }

    /// The number, if it has no more than 128 bits.
    pub fn to_i128(self) -> Option<i128> {
        match self.0 {
            Form::Number {
                negative: false,
                magnitude,
            } => magnitude.try_into().ok(),
            Form::Number { magnitude, .. } => 0_i128.checked_sub_unsigned(magnitude),
            Form::Digits(_) => None,
        }
    }

    /// The number in decimal digits, with a minus if it is negative: those that came, or written
    /// to the end of `room`, which 40 bytes are enough for.
    pub fn digits<'r>(self, room: &'r mut [u8]) -> Result<&'r [u8], BadValue>
    where
        'v: 'r,
    {
        let (negative, mut rest) = match self.0 {
            Form::Digits(text) => return Ok(text),
            Form::Number {
                negative,
                magnitude,
            } => (negative, magnitude),
        };
        let mut start = room.len();
        let mut put = |byte| {
            start = start.checked_sub(1)?;
            *room.get_mut(start)? = byte;
            Some(())
        };
        // Beyond 64 bits digit by digit; no division of 128 bits is linked for it.
        while rest > u128::from(u64::MAX) {
            let (quotient, digit) = tenth(rest);
            put(b'0' | digit).ok_or(BadValue::NoRoom)?;
            rest = quotient;
        }
        for &digit in Decimal(rest as u64).digits(&mut [0; 20]).iter().rev() {
            put(digit).ok_or(BadValue::NoRoom)?;
        }
        if negative {
            put(b'-').ok_or(BadValue::NoRoom)?;
        }
        Ok(room.get(start..).unwrap_or_default())
    }
}

/// Divides by ten, in limbs of 32 bits.
fn tenth(number: u128) -> (u128, u8) {
    let mut quotient = 0_u128;
    let mut rest = 0_u64;
    for place in [96, 64, 32, 0] {
        let limb = number.wrapping_shr(place) as u32;
        let dividend = rest << 32 | u64::from(limb);
        quotient = quotient << 32 | u128::from(dividend / 10);
        rest = dividend % 10;
    }
    (quotient, rest as u8)
}

macro_rules! from_numbers {
    ($($number:ty),*) => {$(
        impl From<$number> for Integer<'_> {
            fn from(number: $number) -> Self {
                let number = i128::from(number);
                Self::new(number < 0, number.unsigned_abs())
            }
        }
    )*};
}

from_numbers!(i32, i64, i128, u32, u64);

impl PartialEq for Integer<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self.0, other.0) {
            (
                Form::Number {
                    negative,
                    magnitude,
                },
                Form::Number {
                    negative: other_negative,
                    magnitude: other_magnitude,
                },
            ) => (negative, magnitude) == (other_negative, other_magnitude),
            (Form::Digits(text), Form::Digits(other)) => significant(text).eq(significant(other)),
            // The one fits into 128 bits, the other does not.
            _ => false,
        }
    }
}

impl Eq for Integer<'_> {}

/// The minus, if there is one, and the digits from the first that counts.
fn significant(text: &[u8]) -> impl Iterator<Item = &u8> {
    let sign = text.iter().take_while(|&&byte| byte == b'-');
    let digits = text.iter().filter(|byte| byte.is_ascii_digit());
    sign.chain(digits.skip_while(|&&byte| byte == b'0'))
}

impl fmt::Debug for Integer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Digits stay as they are when they are escaped.
        let mut room = [0; Self::ROOM];
        let digits = self.digits(&mut room).unwrap_or_default();
        write!(f, "{}", digits.escape_ascii())
    }
}

impl fmt::Display for Integer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Integer<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        let mut room = [0; Self::ROOM];
        let digits = self.digits(&mut room).unwrap_or_default();
        defmt::write!(f, "{=[u8]:a}", digits);
    }
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::string::{String, ToString};

    use super::*;

    #[test]
    fn digits_are_those_of_the_number() {
        let powers = (0..38).map(|exponent| 10_i128.pow(exponent));
        let bits = (0..127).map(|bit| 1_i128 << bit);
        let near = powers
            .chain(bits)
            .flat_map(|number| [number - 1, number, number + 1]);
        for number in near
            .flat_map(|number| [number, -number])
            .chain([i128::MIN, i128::MAX])
        {
            let integer = Integer::from(number);
            let digits = number.to_string();
            assert_eq!(format!("{integer:?}"), digits);
            assert_eq!(Integer::parse(digits.as_bytes()), Ok(integer));
            assert_eq!(integer.to_i128(), Some(number));
            assert_eq!(integer.to_i64(), number.try_into().ok(), "{number}");
            assert_eq!(integer.to_u64(), number.try_into().ok(), "{number}");
        }
    }

    #[test]
    fn larger_numbers_are_the_digits_that_came() {
        let large = "3".repeat(400);
        for (text, digits) in [
            ("340282366920938463463374607431768211455", None),
            ("340282366920938463463374607431768211456", None),
            (&large, None),
            (&["-", &large].concat(), None),
            (&["+", &large].concat(), Some(large.as_str())),
            (&[&large, "   "].concat(), Some(large.as_str())),
        ] {
            let integer = Integer::parse(text.as_bytes()).unwrap();
            assert_eq!(format!("{integer:?}"), digits.unwrap_or(text));
            assert_eq!(
                (integer.to_i128(), integer.to_u64(), integer.to_i64()),
                (None, None, None)
            );
        }
        let number = |text: &'static str| Integer::parse_as_python(text.as_bytes()).unwrap();
        let same = "100000000000000000000000000000000000000000";
        assert_eq!(
            number(same),
            number("0100000000000000000000000000000000000000_000")
        );
        assert_ne!(
            number(same),
            number("-100000000000000000000000000000000000000000")
        );
        assert_ne!(
            number(same),
            number("100000000000000000000000000000000000000001")
        );
        assert_ne!(number(same), Integer::from(0));
    }

    #[test]
    fn what_is_a_number() {
        for (text, strict, python) in [
            ("0", Some(0), Some(0)),
            ("-5", Some(-5), Some(-5)),
            ("+5", Some(5), Some(5)),
            ("007", Some(7), Some(7)),
            ("-0", Some(0), Some(0)),
            ("9 ", Some(9), Some(9)),
            ("0                   ", Some(0), Some(0)),
            (" 12 ", None, Some(12)),
            ("12\n", None, Some(12)),
            ("\t\x0B\x0C\r12", None, Some(12)),
            ("1_000", None, Some(1000)),
            ("-1_0", None, Some(-10)),
            ("_1", None, None),
            ("1_", None, None),
            ("1__0", None, None),
            ("-_1", None, None),
            ("", None, None),
            (" ", None, None),
            ("-", None, None),
            ("- 5", None, None),
            ("--5", None, None),
            ("5-", None, None),
            ("1 2", None, None),
            ("0x10", None, None),
            ("1.5", None, None),
            ("12abc", None, None),
            ("12\x0034", None, None),
            ("٣", None, None),
        ] {
            let read = |result: Result<Integer<'_>, BadValue>| match result {
                Ok(integer) => integer.to_i64(),
                Err(bad) => {
                    assert_eq!(bad, BadValue::NotInteger);
                    None
                }
            };
            assert_eq!(read(Integer::parse(text.as_bytes())), strict, "{text:?}");
            assert_eq!(
                read(Integer::parse_as_python(text.as_bytes())),
                python,
                "{text:?}"
            );
        }
    }

    #[test]
    fn the_room_must_do() {
        let integer = Integer::from(i128::MIN);
        let text = i128::MIN.to_string();
        for length in 0..=Integer::ROOM {
            let mut room = [0; Integer::ROOM];
            let digits = integer.digits(&mut room[..length]).map(<[u8]>::to_vec);
            let digits = digits.map(|digits| String::from_utf8(digits).unwrap());
            if length < text.len() {
                assert_eq!(digits, Err(BadValue::NoRoom), "{length}");
            } else {
                assert_eq!(digits, Ok(text.clone()));
            }
        }
    }
}
