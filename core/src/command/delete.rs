//! Removing an item.

use super::Command;
use crate::error::ErrorKind;
use crate::key::Key;
use crate::wire::{Encoder, Frame, Opcode, Protocol, Shape, Status};

/// Removes an item; the reply says whether there was one.
#[derive(Clone, Copy, Debug)]
#[must_use = "a command does nothing until it is sent"]
pub struct Delete<'k> {
    key: Key<'k>,
}

impl<'k> Delete<'k> {
    /// Removes the item under `key`.
    pub fn new(key: Key<'k>) -> Self {
        Self { key }
    }

    pub(super) fn write(&self, out: &mut Encoder<'_, '_>) {
        match out.protocol() {
            Protocol::Text => out.line(b"delete", Shape::DELETED).key(self.key).end(),
            Protocol::Meta => out.meta(*b"md", self.key).end(),
            Protocol::Binary => out.packet(Opcode::Delete, &[], Some(self.key), 0),
        };
    }
}

impl Command for Delete<'_> {
    const NAME: &'static str = "delete";
    type Reply<'b> = bool;

    fn encode<'v>(&'v self, out: &mut Encoder<'_, 'v>) {
        self.write(out);
    }

    fn decode<'b>(frame: &Frame<'b>) -> Result<bool, ErrorKind> {
        match frame.status() {
            Status::Ok => Ok(true),
            Status::NotFound => Ok(false),
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
    fn delete() {
        let delete = Delete::new(Key::new("k").unwrap());
        check(Text, &delete, b"delete k\r\n", b"DELETED\r\n", "Ok(true)");
        check(
            Text,
            &delete,
            b"delete k\r\n",
            b"NOT_FOUND\r\n",
            "Ok(false)",
        );
        check(
            Text,
            &delete,
            b"delete k\r\n",
            b"TOUCHED\r\n",
            "Err(Malformed, Unknown)",
        );
        check(
            Text,
            &delete,
            b"delete k\r\n",
            b"ERROR Too many open connections\r\n",
            "Err(TooManyConnections, NotSent)",
        );
        check(Meta, &delete, b"md k Oa\r\n", b"HD Oa\r\n", "Ok(true)");
        check(Meta, &delete, b"md k Oa\r\n", b"NF Oa\r\n", "Ok(false)");
        check(
            Meta,
            &delete,
            b"md k Oa\r\n",
            b"HD Oc\r\n",
            "Err(Mismatched, Unknown)",
        );
        check(
            Meta,
            &delete,
            b"md k Oa\r\n",
            b"DELETED\r\n",
            "Err(Malformed, Unknown)",
        );
        check(
            Meta,
            &delete,
            b"md k Oa\r\n",
            b"ERROR\r\n",
            "Err(Unsupported(\"the server knows no meta commands; choose Protocol::Text\"), Refused)",
        );

        let request = Packet::asks(0x04).key("k").bytes();
        check(
            Binary,
            &delete,
            &request,
            &Packet::answers(0x04).bytes(),
            "Ok(true)",
        );
        let reply = Packet::answers(0x04).status(1).value(b"Not found");
        check(Binary, &delete, &request, &reply.bytes(), "Ok(false)");
        check(
            Binary,
            &delete,
            &request,
            &Packet::answers(0x01).bytes(),
            "Err(Mismatched, Unknown)",
        );
        check(
            Binary,
            &delete,
            &request,
            b"ERROR Too many open connections\r\n",
            "Err(TooManyConnections, NotSent)",
        );
    }

    #[test]
    fn any_bytes_as_base64() {
        let delete = Delete::new(Key::encoded(b"a b\r\n").unwrap());
        check(
            Meta,
            &delete,
            b"md YSBiDQo= b Oa\r\n",
            b"HD Oa b\r\n",
            "Ok(true)",
        );
        let text = "Err(Unsupported(\"keys of any bytes in classic commands\"), NotSent)";
        check(Text, &delete, b"", b"", text);
        let request = Packet::asks(0x04).key("a b\r\n").bytes();
        check(
            Binary,
            &delete,
            &request,
            &Packet::answers(0x04).bytes(),
            "Ok(true)",
        );
    }
}
