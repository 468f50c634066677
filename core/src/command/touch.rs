//! Changing when an item expires.

use super::Command;
use crate::error::ErrorKind;
use crate::expiry::Expiry;
use crate::key::Key;
use crate::wire::{Encoder, Feature, Frame, Opcode, Protocol, Shape, Status};

/// Changes when an item expires; the reply says whether there was one.
///
/// In the meta protocol whoever asks for an item that is stale takes the task to compute it, and here
/// nobody is told: see [`Lease`](super::Lease).
#[derive(Clone, Copy, Debug)]
#[must_use = "a command does nothing until it is sent"]
pub struct Touch<'k> {
    key: Key<'k>,
    expiry: Expiry,
}

impl<'k> Touch<'k> {
    /// Lets the item under `key` live until `expiry`.
    pub fn new(key: Key<'k>, expiry: Expiry) -> Self {
        Self { key, expiry }
    }

    pub(super) fn write(&self, out: &mut Encoder<'_, '_>) {
        match out.protocol() {
            Protocol::Text => out
                .needs(Feature::Touch)
                .line(b"touch", Shape::TOUCHED)
                .key(self.key)
                .expiry(b" ", self.expiry)
                .end(),
            Protocol::Meta => out.meta(*b"mg", self.key).expiry(b" T", self.expiry).end(),
            Protocol::Binary => {
                let extras = out.expiry_number(self.expiry).to_be_bytes();
                out.needs(Feature::Touch)
                    .packet(Opcode::Touch, &extras, Some(self.key), 0)
            }
        };
    }
}

impl Command for Touch<'_> {
    const NAME: &'static str = "touch";
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
    fn touch() {
        let touch = Touch::new(Key::new("k").unwrap(), Expiry::seconds(10));
        check(Text, &touch, b"touch k 10\r\n", b"TOUCHED\r\n", "Ok(true)");
        check(
            Text,
            &touch,
            b"touch k 10\r\n",
            b"NOT_FOUND\r\n",
            "Ok(false)",
        );
        check(
            Text,
            &touch,
            b"touch k 10\r\n",
            b"STORED\r\n",
            "Err(Malformed, Unknown)",
        );
        check(Meta, &touch, b"mg k T10 Oa\r\n", b"HD Oa\r\n", "Ok(true)");
        check(Meta, &touch, b"mg k T10 Oa\r\n", b"EN Oa\r\n", "Ok(false)");
        check(Meta, &touch, b"mg k T10 Oa\r\n", b"EN\r\n", "Ok(false)");
        check(
            Meta,
            &touch,
            b"mg k T10 Oa\r\n",
            b"HD\r\n",
            "Err(Mismatched, Unknown)",
        );

        let request = Packet::asks(0x1C).extras(&[0, 0, 0, 10]).key("k");
        let reply = Packet::answers(0x1C).extras(&[0, 0, 0, 0]);
        check(Binary, &touch, &request.bytes(), &reply.bytes(), "Ok(true)");
        let reply = Packet::answers(0x1C).status(1).value(b"Not found");
        check(
            Binary,
            &touch,
            &request.bytes(),
            &reply.bytes(),
            "Ok(false)",
        );
    }

    #[test]
    fn too_far_without_a_clock() {
        let touch = Touch::new(Key::new("k").unwrap(), Expiry::seconds(2_592_001));
        for protocol in [Text, Meta, Binary] {
            check(protocol, &touch, b"", b"", "Err(Expiry, NotSent)");
        }
    }
}
