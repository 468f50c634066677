//! What a connection hands out: gaps to fill, pieces, replies to be decoded elsewhere.

use core::fmt;

use crate::command::Command;
use crate::decimal::Decimal;
use crate::error::{Error, Text};
use crate::wire::{Frame, Head, Marks};

/// A value that is sent from where it is, between two parts of its request.
#[derive(Clone, Copy, Debug)]
#[must_use = "without it the request cannot be completed"]
pub struct Gap<'v> {
    pub(crate) value: &'v [u8],
}

/// A piece of a reply that is read as it comes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Piece<'b> {
    /// There is a value; its bytes follow.
    Start(Entry),
    /// The next bytes of the value: at least one.
    Bytes(&'b [u8]),
    /// The reply is at its end. If it comes first, there is no such item.
    End,
}

/// What is known of a value before its bytes.
#[derive(Clone, Copy, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Entry {
    /// The bytes of the value.
    pub length: u32,
    /// The item's client flags.
    pub flags: u32,
    /// The item's CAS value, where it was asked for.
    pub cas: Option<u64>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("length", &self.length)
            .field("flags", &self.flags)
            .field("cas", &self.cas.map(Decimal))
            .finish()
    }
}

/// A whole reply as it came, measured and not yet decoded.
#[derive(Clone, Copy)]
#[must_use = "a reply that is not decoded is lost"]
pub struct RawReply<'b> {
    head: Head,
    bytes: &'b [u8],
    asked: Marks,
}

impl<'b> RawReply<'b> {
    pub(crate) fn new(frame: Frame<'b>) -> Self {
        let (&head, bytes, asked) = frame.parts();
        Self { head, bytes, asked }
    }

    /// The reply's bytes.
    pub fn bytes(&self) -> &'b [u8] {
        self.bytes
    }

    /// The same reply over a copy of its [`bytes`](Self::bytes).
    pub fn over<'c>(&self, copy: &'c [u8]) -> RawReply<'c> {
        RawReply {
            bytes: copy,
            ..*self
        }
    }

    /// What it means if it is the reply to a `C`.
    pub fn decode<C: Command>(&self) -> Result<C::Reply<'_>, Error> {
        let frame = Frame::new(&self.head, self.bytes, self.asked);
        C::decode(&frame).map_err(|kind| frame.error(kind, &mut false))
    }
}

impl fmt::Debug for RawReply<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = Text::new(self.bytes());
        f.debug_tuple("RawReply").field(&text).finish()
    }
}
