//! Storing an item, whole or in part, with or without a condition.

use super::Command;
use crate::decimal::Decimal;
use crate::error::ErrorKind;
use crate::expiry::Expiry;
use crate::key::Key;
use crate::wire::{Encoder, Feature, Frame, Opcode, Protocol, Shape, Status};

/// Stores a value.
///
/// ```
/// use minimc_core::command::Store;
/// use minimc_core::{Expiry, Key};
///
/// # fn main() -> Result<(), minimc_core::BadKey> {
/// let reading = Store::set(Key::new("temperature")?, b"21.5").expiry(Expiry::seconds(60));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use = "a command does nothing until it is sent"]
pub struct Store<'k, 'v> {
    target: Target<'k>,
    value: &'v [u8],
}

/// Under what a value is stored, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target<'k> {
    pub(super) key: Key<'k>,
    pub(super) mode: Mode,
    pub(super) flags: u32,
    pub(super) expiry: Expiry,
}

/// A value, as a request has it.
pub(super) trait Content<'v>: Copy {
    fn length(self) -> u64;

    /// Ends the line, and puts the value behind it.
    fn behind_line(self, out: &mut Encoder<'_, 'v>);

    fn in_packet(
        self,
        out: &mut Encoder<'_, 'v>,
        opcode: Opcode,
        extras: &[u8],
        key: Key<'_>,
        cas: u64,
    );
}

impl<'v> Content<'v> for &'v [u8] {
    fn length(self) -> u64 {
        self.len() as u64
    }

    fn behind_line(self, out: &mut Encoder<'_, 'v>) {
        out.value(self);
    }

    fn in_packet(
        self,
        out: &mut Encoder<'_, 'v>,
        opcode: Opcode,
        extras: &[u8],
        key: Key<'_>,
        cas: u64,
    ) {
        out.packet_with_value(opcode, extras, key, cas, self);
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Mode {
    Set,
    Add,
    Replace,
    Append,
    Prepend,
    Cas(Decimal),
}

/// What the server did with a value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "the value may not have been stored"]
pub enum Stored {
    /// It stored it.
    Stored,
    /// It did not: there was an item already (add), or there was none (replace, append, prepend), or
    /// the two together are larger than the server's limit (append, prepend).
    NotStored,
    /// It did not: the item changed since its CAS value was read.
    Exists,
    /// It did not: there is no item to compare the CAS value with.
    NotFound,
}

impl<'k, 'v> Store<'k, 'v> {
    /// Stores the value, whatever there was.
    pub fn set(key: Key<'k>, value: &'v [u8]) -> Self {
        Self::with_mode(Mode::Set, key, value)
    }

    /// Stores the value if there is no item yet.
    pub fn add(key: Key<'k>, value: &'v [u8]) -> Self {
        Self::with_mode(Mode::Add, key, value)
    }

    /// Stores the value if there is an item.
    pub fn replace(key: Key<'k>, value: &'v [u8]) -> Self {
        Self::with_mode(Mode::Replace, key, value)
    }

    /// Puts the value behind that of the item, whose flags and expiry stay.
    pub fn append(key: Key<'k>, value: &'v [u8]) -> Self {
        Self::with_mode(Mode::Append, key, value)
    }

    /// Puts the value in front of that of the item, whose flags and expiry stay.
    pub fn prepend(key: Key<'k>, value: &'v [u8]) -> Self {
        Self::with_mode(Mode::Prepend, key, value)
    }

    /// Stores the value if the item's CAS value still is `cas`.
    ///
    /// A server that keeps no CAS values (`-C`) says that the item has another, or in the binary
    /// protocol stores without comparing: [`Uncompared`](ErrorKind::Uncompared).
    pub fn cas(key: Key<'k>, value: &'v [u8], cas: u64) -> Self {
        Self::with_mode(Mode::Cas(Decimal(cas)), key, value)
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

    pub(super) fn with_mode(mode: Mode, key: Key<'k>, value: &'v [u8]) -> Self {
        let target = Target::new(mode, key);
        Self { target, value }
    }

    pub(super) fn write(&self, out: &mut Encoder<'_, 'v>) {
        self.target.write(self.value, out);
    }
}

impl<'k> Target<'k> {
    pub(super) fn new(mode: Mode, key: Key<'k>) -> Self {
        Self {
            key,
            mode,
            flags: 0,
            expiry: Expiry::NEVER,
        }
    }

    /// Writes the request that stores `value`.
    pub(super) fn write<'v>(&self, value: impl Content<'v>, out: &mut Encoder<'_, 'v>) {
        match out.protocol() {
            Protocol::Text => self.text(value, out),
            Protocol::Meta => self.meta(value, out),
            Protocol::Binary => self.binary(value, out),
        }
    }

    fn text<'v>(&self, value: impl Content<'v>, out: &mut Encoder<'_, 'v>) {
        let (verb, shape): (&[u8], _) = match self.mode {
            Mode::Set => (b"set", Shape::STORED),
            Mode::Add => (b"add", Shape::STORED_OR_NOT),
            Mode::Replace => (b"replace", Shape::STORED_OR_NOT),
            Mode::Append => (b"append", Shape::STORED_OR_NOT),
            Mode::Prepend => (b"prepend", Shape::STORED_OR_NOT),
            Mode::Cas(_) => (b"cas", Shape::COMPARED),
        };
        out.line(verb, shape).key(self.key);
        out.number(b" ", self.flags.into())
            .expiry(b" ", self.expiry);
        out.number(b" ", value.length());
        if let Mode::Cas(Decimal(cas)) = self.mode {
            out.number(b" ", cas);
        }
        if self.mode == Mode::Set {
            out.refusal_removes();
        }
        value.behind_line(out);
    }

    fn meta<'v>(&self, value: impl Content<'v>, out: &mut Encoder<'_, 'v>) {
        out.meta(*b"ms", self.key);
        let length = value.length();
        if out.lacks(Feature::PlacedLength) {
            out.number(b" S", length);
        } else {
            out.number(b" ", length);
        }
        if self.flags != 0 {
            out.number(b" F", self.flags.into());
        }
        if self.expiry != Expiry::NEVER {
            out.expiry(b" T", self.expiry);
        }
        match self.mode {
            Mode::Set => &mut *out,
            Mode::Add => out.bytes(b" ME"),
            Mode::Replace => out.bytes(b" MR"),
            Mode::Append => out.bytes(b" MA"),
            Mode::Prepend => out.bytes(b" MP"),
            Mode::Cas(Decimal(cas)) => out.number(b" C", cas),
        };
        // In every mode.
        value.behind_line(out.refusal_removes());
    }

    fn binary<'v>(&self, value: impl Content<'v>, out: &mut Encoder<'_, 'v>) {
        let [flags3, flags2, flags1, flags0] = self.flags.to_be_bytes();
        let [time3, time2, time1, time0] = out.expiry_number(self.expiry).to_be_bytes();
        let extras = [flags3, flags2, flags1, flags0, time3, time2, time1, time0];
        if self.mode == Mode::Cas(Decimal(0)) {
            // There it means: whatever the item's CAS value is.
            out.unsupported("a CAS value of 0 in the binary protocol");
        }
        let (opcode, extras, cas) = match self.mode {
            Mode::Set => (Opcode::Set, &extras[..], 0),
            Mode::Add => (Opcode::Add, &extras[..], 0),
            Mode::Replace => (Opcode::Replace, &extras[..], 0),
            Mode::Append => (Opcode::Append, &[][..], 0),
            Mode::Prepend => (Opcode::Prepend, &[][..], 0),
            Mode::Cas(Decimal(cas)) => (Opcode::Set, &extras[..], cas),
        };
        if let Mode::Set | Mode::Cas(_) = self.mode {
            out.refusal_removes();
        }
        value.in_packet(out, opcode, extras, self.key, cas);
    }
}

impl Command for Store<'_, '_> {
    const NAME: &'static str = "store";
    type Reply<'b> = Stored;

    fn encode<'a>(&'a self, out: &mut Encoder<'_, 'a>) {
        // What is lent for longer is lent for so long too.
        let shorter: &Store<'_, 'a> = self;
        shorter.write(out);
    }

    fn decode<'b>(frame: &Frame<'b>) -> Result<Stored, ErrorKind> {
        match frame.status() {
            Status::Ok if frame.is_uncompared() => Err(ErrorKind::Uncompared),
            Status::Ok => Ok(Stored::Stored),
            Status::NotStored => Ok(Stored::NotStored),
            Status::Exists => Ok(Stored::Exists),
            Status::NotFound => Ok(Stored::NotFound),
            _ => Err(frame.unexpected()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::check::{Packet, check};
    use Protocol::{Binary, Meta, Text};

    fn key() -> Key<'static> {
        Key::new("k").unwrap()
    }

    /// A word that no server says of such a request is another's.
    #[test]
    fn classic_words_that_do_not_answer() {
        let (stored, not) = ("Ok(Stored)", "Err(Malformed, Unknown)");
        let lines = [
            &b"set k 0 0 1\r\nx\r\n"[..],
            b"add k 0 0 1\r\nx\r\n",
            b"cas k 0 0 1 9\r\nx\r\n",
        ];
        let stores = [
            Store::set(key(), b"x"),
            Store::add(key(), b"x"),
            Store::cas(key(), b"x", 9),
        ];
        for (reply, answers) in [
            (&b"STORED\r\n"[..], [stored, stored, stored]),
            (b"NOT_STORED\r\n", [not, "Ok(NotStored)", not]),
            (b"EXISTS\r\n", [not, not, "Ok(Exists)"]),
            (b"NOT_FOUND\r\n", [not, not, "Ok(NotFound)"]),
            (b"DELETED\r\n", [not, not, not]),
        ] {
            for ((store, line), answer) in stores.iter().zip(lines).zip(answers) {
                check(Text, store, line, reply, answer);
            }
        }
    }

    #[test]
    fn classic() {
        let set = Store::set(key(), b"ab")
            .flags(7)
            .expiry(Expiry::seconds(60));
        check(
            Text,
            &set,
            b"set k 7 60 2\r\nab\r\n",
            b"STORED\r\n",
            "Ok(Stored)",
        );
        check(
            Text,
            &Store::set(key(), b""),
            b"set k 0 0 0\r\n\r\n",
            b"STORED\r\n",
            "Ok(Stored)",
        );
        for (store, line, reply, text) in [
            (
                Store::add(key(), b"x"),
                &b"add k 0 0 1\r\nx\r\n"[..],
                &b"NOT_STORED\r\n"[..],
                "Ok(NotStored)",
            ),
            (
                Store::replace(key(), b"x"),
                b"replace k 0 0 1\r\nx\r\n",
                b"NOT_STORED\r\n",
                "Ok(NotStored)",
            ),
            (
                Store::append(key(), b"x"),
                b"append k 0 0 1\r\nx\r\n",
                b"STORED\r\n",
                "Ok(Stored)",
            ),
            (
                Store::prepend(key(), b"x"),
                b"prepend k 0 0 1\r\nx\r\n",
                b"STORED\r\n",
                "Ok(Stored)",
            ),
            (
                Store::cas(key(), b"x", 9),
                b"cas k 0 0 1 9\r\nx\r\n",
                b"EXISTS\r\n",
                "Ok(Exists)",
            ),
            (
                Store::cas(key(), b"x", 9),
                b"cas k 0 0 1 9\r\nx\r\n",
                b"NOT_FOUND\r\n",
                "Ok(NotFound)",
            ),
        ] {
            check(Text, &store, line, reply, text);
        }
    }

    #[test]
    fn refused() {
        for (store, reply, text) in [
            (
                Store::set(key(), b"x"),
                &b"SERVER_ERROR object too large for cache\r\n"[..],
                "Err(TooLarge, RefusedAndGone)",
            ),
            (
                Store::add(key(), b"x"),
                b"SERVER_ERROR object too large for cache\r\n",
                "Err(TooLarge, Refused)",
            ),
            (
                Store::set(key(), b"x"),
                b"SERVER_ERROR out of memory storing object\r\n",
                "Err(OutOfMemory(\"SERVER_ERROR out of memory storing object\"), RefusedAndGone)",
            ),
            (
                Store::add(key(), b"x"),
                b"SERVER_ERROR Out of memory allocating new item\r\n",
                "Err(OutOfMemory(\"SERVER_ERROR Out of memory allocating new item\"), Refused)",
            ),
            (
                Store::set(key(), b"x"),
                b"DELETED\r\n",
                "Err(Malformed, Unknown)",
            ),
        ] {
            let line: &[u8] = if store.target.mode == Mode::Set {
                b"set k 0 0 1\r\nx\r\n"
            } else {
                b"add k 0 0 1\r\nx\r\n"
            };
            check(Text, &store, line, reply, text);
        }
    }

    #[test]
    fn meta() {
        let set = Store::set(key(), b"ab")
            .flags(7)
            .expiry(Expiry::seconds(60));
        check(
            Meta,
            &set,
            b"ms k 2 F7 T60 Oa\r\nab\r\n",
            b"HD Oa\r\n",
            "Ok(Stored)",
        );
        for (store, line, reply, text) in [
            (
                Store::set(key(), b""),
                &b"ms k 0 Oa\r\n\r\n"[..],
                &b"HD Oa\r\n"[..],
                "Ok(Stored)",
            ),
            (
                Store::add(key(), b"x"),
                b"ms k 1 ME Oa\r\nx\r\n",
                b"NS Oa\r\n",
                "Ok(NotStored)",
            ),
            (
                Store::replace(key(), b"x"),
                b"ms k 1 MR Oa\r\nx\r\n",
                b"NS Oa\r\n",
                "Ok(NotStored)",
            ),
            (
                Store::append(key(), b"x"),
                b"ms k 1 MA Oa\r\nx\r\n",
                b"HD Oa\r\n",
                "Ok(Stored)",
            ),
            (
                Store::prepend(key(), b"x"),
                b"ms k 1 MP Oa\r\nx\r\n",
                b"HD Oa\r\n",
                "Ok(Stored)",
            ),
            (
                Store::cas(key(), b"x", 9),
                b"ms k 1 C9 Oa\r\nx\r\n",
                b"EX Oa\r\n",
                "Ok(Exists)",
            ),
            (
                Store::cas(key(), b"x", 9),
                b"ms k 1 C9 Oa\r\nx\r\n",
                b"NF Oa\r\n",
                "Ok(NotFound)",
            ),
            (
                Store::add(key(), b"x"),
                b"ms k 1 ME Oa\r\nx\r\n",
                b"SERVER_ERROR object too large for cache\r\n",
                "Err(TooLarge, RefusedAndGone)",
            ),
            (
                Store::set(key(), b"x"),
                b"ms k 1 Oa\r\nx\r\n",
                b"STORED\r\n",
                "Err(Malformed, Unknown)",
            ),
        ] {
            check(Meta, &store, line, reply, text);
        }
    }

    #[test]
    fn binary() {
        let extras = [0, 0, 0, 7, 0, 0, 0, 60];
        for (opcode, store) in [
            (0x01, Store::set(key(), b"ab")),
            (0x02, Store::add(key(), b"ab")),
            (0x03, Store::replace(key(), b"ab")),
        ] {
            let store = store.flags(7).expiry(Expiry::seconds(60));
            let request = Packet::asks(opcode)
                .extras(&extras)
                .key("k")
                .value(b"ab")
                .bytes();
            let reply = Packet::answers(opcode);
            check(Binary, &store, &request, &reply.bytes(), "Ok(Stored)");
            let reply = Packet::answers(opcode)
                .status(3)
                .value(b"Too large.")
                .bytes();
            let fate = if opcode == 1 {
                "Err(TooLarge, RefusedAndGone)"
            } else {
                "Err(TooLarge, Refused)"
            };
            check(Binary, &store, &request, &reply, fate);
        }
        for (opcode, status, store) in [
            (0x02, 2, Store::add(key(), b"ab")),
            (0x03, 1, Store::replace(key(), b"ab")),
            (0x0E, 5, Store::append(key(), b"ab")),
            (0x0F, 5, Store::prepend(key(), b"ab")),
        ] {
            let extras: &[u8] = if opcode < 4 { &[0; 8] } else { &[] };
            let request = Packet::asks(opcode)
                .extras(extras)
                .key("k")
                .value(b"ab")
                .bytes();
            let reply = Packet::answers(opcode).status(status).value(b"no").bytes();
            check(Binary, &store, &request, &reply, "Ok(NotStored)");
        }
        // A packet with it is a set without a condition; a line is not.
        let text = "Err(Unsupported(\"a CAS value of 0 in the binary protocol\"), NotSent)";
        let none = Store::cas(key(), b"x", 0);
        check(Binary, &none, b"", b"", text);
        let (line, reply) = (b"cas k 0 0 1 0\r\nx\r\n", b"EXISTS\r\n");
        check(Text, &none, line, reply, "Ok(Exists)");
        let (line, reply) = (b"ms k 1 C0 Oa\r\nx\r\n", b"EX Oa\r\n");
        check(Meta, &none, line, reply, "Ok(Exists)");
        let store = Store::cas(key(), b"", 9);
        let request = Packet::asks(0x01).extras(&[0; 8]).key("k").cas(9).bytes();
        // A server that keeps no CAS values stores, whatever there was.
        for (status, cas, text) in [
            (0, 10, "Ok(Stored)"),
            (0, 0, "Err(Uncompared, Unknown)"),
            (1, 0, "Ok(NotFound)"),
            (2, 0, "Ok(Exists)"),
        ] {
            let reply = Packet::answers(0x01).status(status).cas(cas).bytes();
            check(Binary, &store, &request, &reply, text);
        }
    }
}
