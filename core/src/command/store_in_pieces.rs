//! Storing a value of known length whose bytes come piece by piece.

use super::store::{Content, Mode, Target};
use crate::expiry::Expiry;
use crate::key::Key;
use crate::wire::{Encoder, Opcode};

/// Stores a value of which the length is known, and of which the bytes are given
/// [piece by piece](crate::Connection::send_in_pieces) as they are sent: it may be larger than any
/// memory there is. Its reply is that to a [`Store`](super::Store): a [`Stored`](super::Stored).
#[derive(Clone, Copy, Debug)]
#[must_use = "a command does nothing until it is sent"]
pub struct StoreInPieces<'k> {
    target: Target<'k>,
    length: u32,
}

/// A value that has so many bytes.
#[derive(Clone, Copy)]
struct Announced(u32);

impl<'k> StoreInPieces<'k> {
    /// Stores the value of `length` bytes, whatever there was.
    pub fn set(key: Key<'k>, length: u32) -> Self {
        Self::with_mode(Mode::Set, key, length)
    }

    /// Stores the value of `length` bytes if there is no item yet.
    pub fn add(key: Key<'k>, length: u32) -> Self {
        Self::with_mode(Mode::Add, key, length)
    }

    /// Stores the value of `length` bytes if there is an item.
    pub fn replace(key: Key<'k>, length: u32) -> Self {
        Self::with_mode(Mode::Replace, key, length)
    }

    /// Puts `length` bytes behind the value of the item, whose flags and expiry stay.
    pub fn append(key: Key<'k>, length: u32) -> Self {
        Self::with_mode(Mode::Append, key, length)
    }

    /// Puts `length` bytes in front of the value of the item, whose flags and expiry stay.
    pub fn prepend(key: Key<'k>, length: u32) -> Self {
        Self::with_mode(Mode::Prepend, key, length)
    }

    /// Stores `flags` beside the value; 0 unless told.
    pub fn flags(mut self, flags: u32) -> Self {
        self.target.flags = flags;
        self
    }

    /// Lets the item live until `expiry`; for ever unless told.
    pub fn expiry(mut self, expiry: Expiry) -> Self {
        self.target.expiry = expiry;
        self
    }

    /// The bytes of the value.
    pub fn length(&self) -> u32 {
        self.length
    }

    fn with_mode(mode: Mode, key: Key<'k>, length: u32) -> Self {
        let target = Target::new(mode, key);
        Self { target, length }
    }

    pub(crate) fn write(&self, out: &mut Encoder<'_, '_>) {
        self.target.write(Announced(self.length), out);
    }
}

impl<'v> Content<'v> for Announced {
    fn length(self) -> u64 {
        self.0.into()
    }

    fn behind_line(self, out: &mut Encoder<'_, 'v>) {
        out.value_in_pieces(self.0);
    }

    fn in_packet(
        self,
        out: &mut Encoder<'_, 'v>,
        opcode: Opcode,
        extras: &[u8],
        key: Key<'_>,
        cas: u64,
    ) {
        out.packet_with_value_in_pieces(opcode, extras, key, cas, self.0);
    }
}
