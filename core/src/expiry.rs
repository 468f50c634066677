//! When an item expires.

use core::time::Duration;

use crate::error::ErrorKind;

/// When an item expires: never, a time from now, at a Unix time, or at once.
///
/// ```
/// use minimc_core::Expiry;
///
/// assert_eq!(Expiry::seconds(-1), Expiry::NEVER);   // as zero does
/// assert_eq!(Expiry::seconds(60), Expiry::after(std::time::Duration::from_secs(60)));
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Expiry(When);

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
enum When {
    #[default]
    Never,
    Seconds(u32),
    Unix(u32),
    AtOnce,
}

/// 30 days: a server takes larger numbers for Unix times.
const LONGEST: u32 = 30 * 24 * 60 * 60;

impl Expiry {
    /// The item stays until it is deleted or evicted.
    pub const NEVER: Self = Self(When::Never);

    /// The item is expired as soon as it is stored. (A negative number on the wire; here it has
    /// a name, so that a miscalculated time to live is never taken for it.)
    pub const AT_ONCE: Self = Self(When::AtOnce);

    /// The item lives for `seconds` from now; zero and negative numbers mean never.
    ///
    /// Servers know at most 30 days from now. A longer time needs a clock: [`Expiry::since`].
    pub const fn seconds(seconds: i64) -> Self {
        if seconds <= 0 {
            Self::NEVER
        } else if seconds > u32::MAX as i64 {
            Self(When::Seconds(u32::MAX))
        } else {
            Self(When::Seconds(seconds as u32))
        }
    }

    /// The item lives for `time` from now, rounded up to seconds; zero means never.
    pub const fn after(time: Duration) -> Self {
        let more = if time.subsec_nanos() > 0 { 1 } else { 0 };
        let seconds = time.as_secs().saturating_add(more);
        Self::seconds(if seconds > i64::MAX as u64 {
            i64::MAX
        } else {
            seconds as i64
        })
    }

    /// The item lives until `seconds` after 1970-01-01T00:00:00Z. What lies in the first 30 days
    /// of 1970 is past, so it means at once.
    pub const fn at(seconds: u32) -> Self {
        if seconds <= LONGEST {
            Self::AT_ONCE
        } else {
            Self(When::Unix(seconds))
        }
    }

    /// The same expiry with a time longer than 30 days made absolute, `now` being the seconds
    /// since 1970. Clients on hosts do this by themselves; firmware that knows the time may.
    pub const fn since(self, now: u64) -> Self {
        match self.0 {
            When::Seconds(seconds) if seconds > LONGEST => {
                let end = now.saturating_add(seconds as u64);
                Self(When::Unix(if end > i32::MAX as u64 {
                    i32::MAX as u32
                } else {
                    end as u32
                }))
            }
            _ => self,
        }
    }

    /// The same expiry with twice the time from now: for items that others stand for which are stored
    /// later, if that takes no longer than those live. A time of up to 30 days stays one, for it needs no
    /// clock.
    pub const fn doubled(self) -> Self {
        match self.0 {
            When::Seconds(seconds) => {
                let twice = seconds.saturating_mul(2);
                let is_capped = seconds <= LONGEST && twice > LONGEST;
                Self(When::Seconds(if is_capped { LONGEST } else { twice }))
            }
            _ => self,
        }
    }

    /// Whether the time is too long for a server to take without a clock.
    pub const fn needs_clock(self) -> bool {
        matches!(self.0, When::Seconds(seconds) if seconds > LONGEST)
    }

    /// The number on the wire, the same in every protocol.
    pub(crate) fn wire(self) -> Result<u32, ErrorKind> {
        match self.0 {
            When::Never => Ok(0),
            When::Seconds(seconds) if seconds <= LONGEST => Ok(seconds),
            // Servers hold a signed 32-bit number of seconds.
            When::Unix(time) if time <= i32::MAX as u32 => Ok(time),
            When::Seconds(_) | When::Unix(_) => Err(ErrorKind::Expiry),
            // A Unix time in January 1970: what servers replace a negative number by, and the
            // only form that the binary protocol's unsigned field has.
            When::AtOnce => Ok(LONGEST + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_on_the_wire() {
        for (expiry, number) in [
            (Expiry::default(), Ok(0)),
            (Expiry::seconds(0), Ok(0)),
            (Expiry::seconds(-1), Ok(0)),
            (Expiry::seconds(i64::MIN), Ok(0)),
            (Expiry::seconds(1), Ok(1)),
            (Expiry::seconds(2_592_000), Ok(2_592_000)),
            (Expiry::seconds(2_592_001), Err(ErrorKind::Expiry)),
            (Expiry::seconds(i64::MAX), Err(ErrorKind::Expiry)),
            (
                Expiry::seconds(2_592_001).since(1_700_000_000),
                Ok(1_702_592_001),
            ),
            (
                Expiry::seconds(i64::MAX).since(1_700_000_000),
                Ok(i32::MAX as u32),
            ),
            (Expiry::seconds(60).since(1_700_000_000), Ok(60)),
            (Expiry::seconds(60).doubled(), Ok(120)),
            (Expiry::seconds(1_296_001).doubled(), Ok(2_592_000)),
            (Expiry::seconds(2_592_000).doubled(), Ok(2_592_000)),
            (Expiry::seconds(2_592_001).doubled(), Err(ErrorKind::Expiry)),
            (
                Expiry::seconds(2_592_001).doubled().since(1_700_000_000),
                Ok(1_705_184_002),
            ),
            (Expiry::NEVER.doubled(), Ok(0)),
            (Expiry::AT_ONCE.doubled(), Ok(2_592_001)),
            (Expiry::at(1_700_000_000).doubled(), Ok(1_700_000_000)),
            (Expiry::after(Duration::from_millis(1)), Ok(1)),
            (Expiry::after(Duration::ZERO), Ok(0)),
            (Expiry::after(Duration::MAX), Err(ErrorKind::Expiry)),
            (Expiry::at(1_700_000_000), Ok(1_700_000_000)),
            (Expiry::at(5), Ok(2_592_001)),
            (Expiry::at(u32::MAX), Err(ErrorKind::Expiry)),
            (Expiry::AT_ONCE, Ok(2_592_001)),
        ] {
            assert_eq!(expiry.wire(), number, "{expiry:?}");
        }
    }
}
