//! Values as what they are, and the conventions by which clients tell each other what that is.
//!
//! memcached stores bytes and beside them a number, the flags. What the flags mean is a convention
//! among clients: a [`Convention`] is one, as data. It is pure bookkeeping, without a buffer of its
//! own: encoding lends the value's own bytes wherever that can be, and decoding lends those that came.
//!
//! ```
//! use minimc_core::value::{Convention, Integer, Reading, Value};
//!
//! # fn main() -> Result<(), minimc_core::value::BadValue> {
//! let pylibmc = &Convention::PYLIBMC;
//! let mut room = [0; Convention::ROOM];
//! let stored = pylibmc.encode(Value::from(-5), &mut room)?;
//! assert_eq!((stored.bytes, stored.flags), (&b"-5"[..], 4));
//!
//! let came = pylibmc.decode("größe".as_bytes(), 16, Reading::Strict)?;
//! assert_eq!(came, Value::Text("größe"));
//! # Ok(())
//! # }
//! ```

mod bad;
mod check;
pub mod chunks;
mod clients;
mod compress;
mod compression;
mod convention;
mod deflate;
mod inflate;
mod integer;

use core::fmt;

pub use bad::BadValue;
pub use compress::Compress;
pub use compression::{Compression, Container, Keep};
pub use convention::{Convention, Encoded, Reading};
pub use deflate::Deflate;
pub use inflate::Inflate;
pub use integer::Integer;

/// A value as what it is.
///
/// In `Debug` the bytes of texts are escaped, as those of all others.
#[derive(Clone, Copy, Eq, PartialEq)]
#[non_exhaustive]
pub enum Value<'v> {
    /// Bytes.
    Bytes(&'v [u8]),
    /// Text.
    Text(&'v str),
    /// A whole number of any size.
    Integer(Integer<'v>),
    /// Yes or no. pylibmc stores it as a number, and reads a number.
    Bool(bool),
    /// What another program serialised: as it came, and never carried out.
    Object {
        /// How it was serialised.
        kind: Kind,
        /// The bytes of it.
        bytes: &'v [u8],
    },
}

/// How an [object](Value::Object) is serialised.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Kind {
    /// Python's `pickle`, of any version.
    Pickle,
    /// Ruby's `Marshal`.
    Marshal,
    /// JSON.
    Json,
    /// Java's serialisation.
    Java,
    /// spymemcached's `Date`: milliseconds since 1970, of its `long`.
    JavaDate,
    /// spymemcached's `Byte`.
    JavaByte,
    /// spymemcached's `Float`: the bits of an IEEE 754 single, without the leading zeros.
    JavaFloat,
    /// spymemcached's `Double`: the bits of an IEEE 754 double, without the leading zeros.
    JavaDouble,
}

impl<'v> Value<'v> {
    /// The bytes of [`Bytes`](Self::Bytes), a [`Text`](Self::Text) or an [`Object`](Self::Object).
    pub fn bytes(self) -> Option<&'v [u8]> {
        match self {
            Self::Bytes(bytes) | Self::Object { bytes, .. } => Some(bytes),
            Self::Text(text) => Some(text.as_bytes()),
            Self::Integer(_) | Self::Bool(_) => None,
        }
    }

    /// The text that it is.
    pub fn text(self) -> Option<&'v str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number that it is; yes is 1 and no is 0, as in Python.
    pub fn integer(self) -> Option<Integer<'v>> {
        match self {
            Self::Integer(integer) => Some(integer),
            Self::Bool(truth) => Some(Integer::from(u32::from(truth))),
            _ => None,
        }
    }

    /// Whether it is yes or no; the numbers 1 and 0 are, since pylibmc stores them for that.
    pub fn truth(self) -> Option<bool> {
        match self.integer()?.to_u64()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl<'v> From<&'v [u8]> for Value<'v> {
    fn from(bytes: &'v [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'v> From<&'v str> for Value<'v> {
    fn from(text: &'v str) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Value<'_> {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl<'v> From<Integer<'v>> for Value<'v> {
    fn from(integer: Integer<'v>) -> Self {
        Self::Integer(integer)
    }
}

macro_rules! from_numbers {
    ($($number:ty),*) => {$(
        impl From<$number> for Value<'_> {
            fn from(number: $number) -> Self {
                Self::Integer(number.into())
            }
        }
    )*};
}

from_numbers!(i32, i64, i128, u32, u64);

// As derived, but for the text: that of `str` can panic.
impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(f, "Bytes(\"{}\")", bytes.escape_ascii()),
            Self::Text(text) => write!(f, "Text(\"{}\")", text.as_bytes().escape_ascii()),
            Self::Integer(integer) => write!(f, "Integer({integer:?})"),
            Self::Bool(truth) => write!(f, "Bool({truth:?})"),
            Self::Object { kind, bytes } => write!(f, "{kind:?}(\"{}\")", bytes.escape_ascii()),
        }
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Value<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        match self {
            Self::Bytes(bytes) => defmt::write!(f, "Bytes({=[u8]:a})", bytes),
            Self::Text(text) => defmt::write!(f, "Text({=str})", text),
            Self::Integer(integer) => defmt::write!(f, "Integer({})", integer),
            Self::Bool(truth) => defmt::write!(f, "Bool({=bool})", truth),
            Self::Object { kind, bytes } => defmt::write!(f, "{}({=[u8]:a})", kind, bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::format;

    use super::*;

    #[test]
    fn what_a_value_is() {
        let object = Value::Object {
            kind: Kind::Pickle,
            bytes: b"N.",
        };
        for (value, bytes, text, number, truth, debug) in [
            (
                Value::from(&b"\xFF"[..]),
                Some(&b"\xFF"[..]),
                None,
                None,
                None,
                r#"Bytes("\xff")"#,
            ),
            (
                Value::from("1"),
                Some(b"1"),
                Some("1"),
                None,
                None,
                r#"Text("1")"#,
            ),
            (
                Value::from("ü"),
                Some("ü".as_bytes()),
                Some("ü"),
                None,
                None,
                r#"Text("\xc3\xbc")"#,
            ),
            (Value::from(7), None, None, Some(7), None, "Integer(7)"),
            (
                Value::from(1),
                None,
                None,
                Some(1),
                Some(true),
                "Integer(1)",
            ),
            (
                Value::from(0_u64),
                None,
                None,
                Some(0),
                Some(false),
                "Integer(0)",
            ),
            (
                Value::from(-1_i64),
                None,
                None,
                Some(-1),
                None,
                "Integer(-1)",
            ),
            (
                Value::from(true),
                None,
                None,
                Some(1),
                Some(true),
                "Bool(true)",
            ),
            (object, Some(b"N."), None, None, None, r#"Pickle("N.")"#),
        ] {
            let found = value.integer().map(|integer| integer.to_i64().unwrap());
            assert_eq!(value.bytes(), bytes, "{value:?}");
            assert_eq!(value.text(), text, "{value:?}");
            assert_eq!(found, number, "{value:?}");
            assert_eq!(value.truth(), truth, "{value:?}");
            assert_eq!(format!("{value:?}"), debug);
        }
    }
}
