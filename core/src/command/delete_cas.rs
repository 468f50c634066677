//! Removing an item that has not changed.

use super::Command;
use crate::decimal::Decimal;
use crate::error::ErrorKind;
use crate::key::Key;
use crate::wire::{Encoder, Frame, Opcode, Protocol, Status};

/// Removes an item if its CAS value still is the one that was read. The classic protocol has no
/// such thing: [`Unsupported`](ErrorKind::Unsupported).
#[derive(Clone, Copy, Debug)]
#[must_use = "a command does nothing until it is sent"]
pub struct DeleteCas<'k> {
    key: Key<'k>,
    cas: Decimal,
}

/// What the server did with an item that was to be removed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "the item may not have been removed"]
pub enum Deleted {
    /// It removed it.
    Deleted,
    /// It did not: the item changed since its CAS value was read.
    Exists,
    /// There was none.
    NotFound,
}

impl<'k> DeleteCas<'k> {
    /// Removes the item under `key` if its CAS value still is `cas`.
    pub fn new(key: Key<'k>, cas: u64) -> Self {
        Self {
            key,
            cas: Decimal(cas),
        }
    }
}

impl Command for DeleteCas<'_> {
    const NAME: &'static str = "delete_cas";
    type Reply<'b> = Deleted;

    fn encode<'v>(&'v self, out: &mut Encoder<'_, 'v>) {
        let Decimal(cas) = self.cas;
        if cas == 0 {
            // No item has it, and to servers it says that there is no condition.
            out.unsupported("deleting by a CAS value of 0");
        }
        match out.protocol() {
            Protocol::Text => out.unsupported("deleting by CAS value in the classic protocol"),
            Protocol::Meta => out.meta(*b"md", self.key).number(b" C", cas).end(),
            Protocol::Binary => out.packet(Opcode::Delete, &[], Some(self.key), cas),
        };
    }

    fn decode<'b>(frame: &Frame<'b>) -> Result<Deleted, ErrorKind> {
        match frame.status() {
            Status::Ok => Ok(Deleted::Deleted),
            Status::Exists => Ok(Deleted::Exists),
            Status::NotFound => Ok(Deleted::NotFound),
            _ => Err(frame.unexpected()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::check::{Packet, check};
    use Protocol::{Binary, Meta, Text};

    #[test]
    fn delete_cas() {
        let key = Key::new("k").unwrap();
        let delete = DeleteCas::new(key, 9);
        let line = b"md k C9 Oa\r\n";
        for (reply, text) in [
            (&b"HD Oa\r\n"[..], "Ok(Deleted)"),
            (b"EX Oa\r\n", "Ok(Exists)"),
            (b"NF Oa\r\n", "Ok(NotFound)"),
            (b"NS Oa\r\n", "Err(Malformed, Unknown)"),
        ] {
            check(Meta, &delete, line, reply, text);
        }
        let request = Packet::asks(0x04).key("k").cas(9).bytes();
        for (status, text) in [(0, "Ok(Deleted)"), (1, "Ok(NotFound)"), (2, "Ok(Exists)")] {
            let reply = Packet::answers(0x04).status(status).bytes();
            check(Binary, &delete, &request, &reply, text);
        }
        let text = "Err(Unsupported(\"deleting by CAS value in the classic protocol\"), NotSent)";
        check(Text, &delete, b"", b"", text);
        for protocol in [Text, Meta, Binary] {
            let text = "Err(Unsupported(\"deleting by a CAS value of 0\"), NotSent)";
            check(protocol, &DeleteCas::new(key, 0), b"", b"", text);
        }
    }
}
