//! Asking whether there is an item, without getting it.

use super::Command;
use crate::error::ErrorKind;
use crate::expiry::Expiry;
use crate::key::Key;
use crate::wire::{Encoder, Frame, Opcode, Protocol, Shape, Status};

/// Asks whether there is an item; its value does not travel.
///
/// Only the meta protocol can ask that. In the others it is asked as libmemcached's
/// `memcached_exist` does: an empty item is added that is expired when it is stored, so that it can
/// be refused because of an item that is there, and else leaves nothing behind. The server counts
/// that as a write, and may answer as to one: that it is out of memory, for instance.
///
/// In the meta protocol whoever asks for an item that is stale takes the task to compute it, and here
/// nobody is told: see [`Lease`](super::Lease).
#[derive(Clone, Copy, Debug)]
#[must_use = "a command does nothing until it is sent"]
pub struct Exists<'k> {
    key: Key<'k>,
}

impl<'k> Exists<'k> {
    /// Asks for the item under `key`.
    pub fn new(key: Key<'k>) -> Self {
        Self { key }
    }
}

impl Command for Exists<'_> {
    const NAME: &'static str = "exists";
    const IS_READ: bool = true;
    type Reply<'b> = bool;

    fn encode<'v>(&'v self, out: &mut Encoder<'_, 'v>) {
        match out.protocol() {
            Protocol::Text => out
                .line(b"add", Shape::STORED_OR_NOT)
                .key(self.key)
                .expiry(b" 0 ", Expiry::AT_ONCE)
                .bytes(b" 0")
                .value(&[]),
            Protocol::Meta => out.meta(*b"mg", self.key).end(),
            Protocol::Binary => {
                let [time3, time2, time1, time0] = out.expiry_number(Expiry::AT_ONCE).to_be_bytes();
                let extras = [0, 0, 0, 0, time3, time2, time1, time0];
                out.packet_with_value(Opcode::Add, &extras, self.key, 0, &[])
            }
        };
    }

    fn decode<'b>(frame: &Frame<'b>) -> Result<bool, ErrorKind> {
        match (frame.status(), frame.is_meta()) {
            (Status::Ok, true) | (Status::NotStored, false) => Ok(true),
            (Status::NotFound, true) | (Status::Ok, false) => Ok(false),
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
    fn exists() {
        let exists = Exists::new(Key::new("k").unwrap());
        let add = b"add k 0 2592001 0\r\n\r\n";
        let malformed = "Err(Malformed, Unknown)";
        for (protocol, line, reply, text) in [
            (Text, &add[..], &b"NOT_STORED\r\n"[..], "Ok(true)"),
            (Text, add, b"STORED\r\n", "Ok(false)"),
            (Text, add, b"NOT_FOUND\r\n", malformed),
            (
                Text,
                add,
                b"SERVER_ERROR object too large for cache\r\n",
                "Err(TooLarge, Refused)",
            ),
            (Meta, b"mg k Oa\r\n", b"HD Oa\r\n", "Ok(true)"),
            (Meta, b"mg k Oa\r\n", b"EN Oa\r\n", "Ok(false)"),
            (Meta, b"mg k Oa\r\n", b"EN\r\n", "Ok(false)"),
            (Meta, b"mg k Oa\r\n", b"NS Oa\r\n", malformed),
            (Meta, b"mg k Oa\r\n", b"VA 1 Oa\r\nx\r\n", malformed),
        ] {
            check(protocol, &exists, line, reply, text);
        }
        let request = Packet::asks(0x02)
            .extras(&[0, 0, 0, 0, 0, 0x27, 0x8D, 1])
            .key("k");
        for (status, text) in [
            (0, "Ok(false)"),
            (2, "Ok(true)"),
            (1, malformed),
            (0x82, "Err(OutOfMemory(\"Out of memory\"), Refused)"),
        ] {
            let words: &[u8] = if status == 0x82 {
                b"Out of memory"
            } else {
                b""
            };
            let reply = Packet::answers(0x02).status(status).value(words);
            check(Binary, &exists, &request.bytes(), &reply.bytes(), text);
        }
    }
}
