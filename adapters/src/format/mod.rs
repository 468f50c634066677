//! Values of any type that serde knows, in formats that other programs read.

mod error;
#[cfg(feature = "json")]
mod json;
#[cfg(feature = "pickle")]
mod pickle;
#[cfg(feature = "postcard")]
mod postcard;
mod verbs;

use alloc::vec::Vec;

use minimc_core::value::{Convention, Value};
#[cfg(any(feature = "json", feature = "pickle"))]
use serde::de::IntoDeserializer;
#[cfg(any(feature = "json", feature = "pickle"))]
use serde::de::value::{BorrowedBytesDeserializer, BorrowedStrDeserializer};
use serde::{Deserialize, Serialize};

pub use error::FormatError;
#[cfg(feature = "json")]
pub use json::Json;
#[cfg(feature = "pickle")]
pub use pickle::Pickle;
#[cfg(feature = "postcard")]
pub use postcard::Postcard;

/// A format that values are read in, as any type that implements [`Deserialize`].
pub trait Read {
    /// Makes what was asked for of a value. It may borrow from the value's bytes.
    ///
    /// Fails with [`FormatError::Invalid`] where the value is something else.
    fn read<'b, T: Deserialize<'b>>(&self, value: Value<'b>) -> Result<T, FormatError>;
}

/// A format that values are written in, from any type that implements [`Serialize`].
pub trait Write {
    /// The bytes that are stored.
    ///
    /// Fails with [`FormatError::Invalid`] where the format has no such values.
    fn write<T: Serialize + ?Sized>(&self, value: &T) -> Result<Vec<u8>, FormatError>;

    /// What these bytes are in a convention, which gives them their flags.
    fn as_value<'v>(&self, bytes: &'v [u8], convention: &Convention) -> Value<'v>;
}

/// What needs no format: bytes, texts, numbers and bools, as the convention has them.
#[cfg(any(feature = "json", feature = "pickle"))]
fn without_format<'b, T: Deserialize<'b>>(value: Value<'b>) -> Result<T, FormatError> {
    match value {
        Value::Bytes(bytes) => T::deserialize(BorrowedBytesDeserializer::new(bytes)),
        Value::Text(text) => T::deserialize(BorrowedStrDeserializer::new(text)),
        Value::Bool(truth) => T::deserialize(truth.into_deserializer()),
        Value::Integer(integer) => {
            if let Some(number) = integer.to_i64() {
                T::deserialize(number.into_deserializer())
            } else if let Some(number) = integer.to_u64() {
                T::deserialize(number.into_deserializer())
            } else if let Some(number) = integer.to_i128() {
                T::deserialize(number.into_deserializer())
            } else {
                Err(FormatError::invalid("a number of more than 128 bits"))
            }
        }
        Value::Object { kind, .. } => Err(FormatError::invalid(alloc::format!(
            "an object of another format: {kind:?}"
        ))),
        _ => Err(FormatError::invalid("a value of another kind")),
    }
}
