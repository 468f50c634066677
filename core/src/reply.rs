//! What a connection hands out: gaps to fill, pieces, replies to be decoded elsewhere.

use crate::command::Command;
use crate::error::{Error, Fate};
use crate::wire::Head;

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
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Entry {
    /// The bytes of the value.
    pub length: u32,
    /// The item's client flags.
    pub flags: u32,
    /// The item's CAS value, where it was asked for.
    pub cas: Option<u64>,
}

/// A whole reply as it came, measured and not yet decoded.
#[derive(Clone, Copy, Debug)]
#[must_use = "a reply that is not decoded is lost"]
pub struct RawReply<'b> {
    pub(crate) head: Head,
    pub(crate) bytes: &'b [u8],
    pub(crate) refusal: Fate,
}

impl<'b> RawReply<'b> {
    /// The reply's bytes.
    pub fn bytes(&self) -> &'b [u8] {
        self.bytes
    }

    /// The same reply over a copy of its [`bytes`](Self::bytes).
    pub fn over<'c>(&self, copy: &'c [u8]) -> RawReply<'c> {
        RawReply {
            head: self.head,
            bytes: copy,
            refusal: self.refusal,
        }
    }

    /// What it means if it is the reply to a `C`.
    pub fn decode<C: Command>(&self) -> Result<C::Reply<'b>, Error> {
        let frame = self.head.frame(self.bytes, self.refusal);
        C::decode(frame).map_err(|kind| frame.error(kind, &mut false))
    }
}
