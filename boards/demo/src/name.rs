//! The device's name, and the keys that bear it.

use core::fmt::{self, Arguments, Write};

use heapless::String;

use crate::Fault;

/// The longest name.
pub(crate) const LONGEST: usize = 32;

/// A device's name that is short enough for every key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Name<'n>(&'n str);

impl<'n> Name<'n> {
    pub(crate) fn new(name: &'n str) -> Result<Self, Fault> {
        if name.len() <= LONGEST {
            Ok(Self(name))
        } else {
            Err(Fault::Name)
        }
    }

    pub(crate) fn owned(self) -> String<LONGEST> {
        // It was checked to fit.
        String::try_from(self.0).unwrap_or_default()
    }

    /// The key `dev:NAME:rest`.
    pub(crate) fn key(self, rest: Arguments<'_>) -> String<64> {
        let mut key = String::new();
        // `rest` has at most 15 bytes, so there is room.
        let _ = write!(key, "dev:{}:{rest}", self.0);
        key
    }
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
