//! A thermometer; the boards in QEMU have none, so it is made up.

use core::fmt;

/// A temperature in hundredths of a degree: that of a room that gets warmer.
pub(crate) fn thermometer(number: u32) -> u32 {
    20_50 + 25 * number
}

/// A temperature in hundredths of a degree; written it has two decimals.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Celsius(pub(crate) u32);

impl fmt::Display for Celsius {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}
