//! Why a run failed.

use core::fmt;

use minimc::value::BadValue;
use minimc::{Error, ErrorKind};

/// Why a run failed.
#[derive(Clone, Copy, Debug, defmt::Format)]
pub enum Fault {
    /// The device's name is too long for its keys.
    Name,
    /// Nobody wrote this key.
    Missing(&'static str),
    /// What the host wrote under this key is not what the table on the front page says.
    Unreadable(&'static str),
    /// What is stored under this key is none of pylibmc's values, or what is compressed is damaged.
    Value(&'static str, BadValue),
    /// The image is not the one that the digest was made of.
    WrongDigest,
    /// A call to memcached failed.
    Memcached(Error),
}

impl Fault {
    /// The fault that a call for `key` failed so.
    pub(crate) fn of(key: &'static str, error: Error) -> Self {
        match error.kind() {
            ErrorKind::Value(bad) => Self::Value(key, bad),
            _ => Self::Memcached(error),
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Memcached(error)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name => f.write_str("the device's name is too long"),
            Self::Missing(key) => write!(f, "{key} is missing"),
            Self::Unreadable(key) => write!(f, "{key} is unreadable"),
            Self::Value(key, bad) => write!(f, "{key}: {bad}"),
            Self::WrongDigest => f.write_str("wrong digest"),
            Self::Memcached(error) => write!(f, "{error}"),
        }
    }
}
