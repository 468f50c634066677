//! Why a value cannot be had in a format.

use alloc::string::{String, ToString};
use core::fmt;

use minimc_core::Error;
use minimc_core::value::BadValue;

/// A call that failed, or a value that is not what was asked for: then the connection goes on.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum FormatError {
    /// The call itself failed.
    Call(Error),
    /// The value is damaged, is of another format, or is of the format but not what was asked for, in
    /// the words of the format's reader; or what is to be written has no form in it.
    Invalid(String),
    /// A pickle of more than plain data: a class, a function, or what refers to itself. It is not
    /// carried out.
    NotPlain {
        /// The instruction that is not followed.
        instruction: u8,
        /// How many bytes stand before it.
        at: usize,
    },
    /// Lists in lists, and so on, beyond the limit.
    TooDeep,
    /// In memory the value would be larger than the limit.
    TooLarge,
}

impl FormatError {
    pub(super) fn invalid(words: impl ToString) -> Self {
        Self::Invalid(words.to_string())
    }
}

impl From<Error> for FormatError {
    fn from(error: Error) -> Self {
        Self::Call(error)
    }
}

impl From<BadValue> for FormatError {
    fn from(bad: BadValue) -> Self {
        Self::Call(bad.into())
    }
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(error) => error.fmt(f),
            Self::Invalid(words) => write!(f, "the value is not what was asked for: {words}"),
            Self::NotPlain { instruction, at } => write!(
                f,
                "the pickle is no plain data: instruction 0x{instruction:02x} at byte {at}"
            ),
            Self::TooDeep => f.write_str("the pickle is nested too deeply"),
            Self::TooLarge => f.write_str("the pickle would take too much memory"),
        }
    }
}

impl core::error::Error for FormatError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Call(error) => Some(error),
            _ => None,
        }
    }
}

impl serde::de::Error for FormatError {
    fn custom<T: fmt::Display>(words: T) -> Self {
        Self::invalid(words)
    }
}
