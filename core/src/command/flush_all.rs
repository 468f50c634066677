//! Emptying a server.

use super::Command;
use crate::error::ErrorKind;
use crate::expiry::Expiry;
use crate::wire::{Encoder, Frame, Opcode, Protocol, Shape, Status};

/// Makes every item of the server expire, whoever stored it: now, or after a delay.
///
/// A delay can be undone, or replaced, by another `FlushAll` before it has passed. A server that was
/// started with `-F` refuses, as [`Client`](ErrorKind::Client) with its words, and to a packet as
/// [`Unauthenticated`](ErrorKind::Unauthenticated): it has no other word there.
#[derive(Clone, Copy, Debug, Default)]
#[must_use = "a command does nothing until it is sent"]
pub struct FlushAll {
    delay: u32,
}

impl FlushAll {
    /// Makes them expire now.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes those that are there in `seconds` expire then: up to 30 days, else
    /// [`Expiry`](ErrorKind::Expiry).
    pub fn after(seconds: u32) -> Self {
        Self { delay: seconds }
    }
}

impl Command for FlushAll {
    const NAME: &'static str = "flush_all";
    type Reply<'b> = ();

    fn encode<'v>(&'v self, out: &mut Encoder<'_, 'v>) {
        // A server reads the number as it reads an expiry.
        let delay = Expiry::seconds(self.delay.into());
        match (out.protocol(), self.delay) {
            (Protocol::Text | Protocol::Meta, 0) => out.line(b"flush_all", Shape::DONE).end(),
            (Protocol::Text | Protocol::Meta, _) => out
                .line(b"flush_all", Shape::DONE)
                .expiry(b" ", delay)
                .end(),
            (Protocol::Binary, 0) => out.packet(Opcode::Flush, &[], None, 0),
            (Protocol::Binary, _) => {
                let extras = out.expiry_number(delay).to_be_bytes();
                out.packet(Opcode::Flush, &extras, None, 0)
            }
        };
    }

    fn decode<'b>(frame: &Frame<'b>) -> Result<(), ErrorKind> {
        match frame.status() {
            Status::Ok => Ok(()),
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
    fn flush_all() {
        let (now, later) = (FlushAll::new(), FlushAll::after(10));
        for protocol in [Text, Meta] {
            check(protocol, &now, b"flush_all\r\n", b"OK\r\n", "Ok(())");
            check(protocol, &later, b"flush_all 10\r\n", b"OK\r\n", "Ok(())");
            for (reply, text) in [
                (
                    &b"CLIENT_ERROR flush_all not allowed\r\n"[..],
                    "Err(Client(\"CLIENT_ERROR flush_all not allowed\"), Refused)",
                ),
                (b"HD\r\n", "Err(Malformed, Unknown)"),
                (b"OKAY\r\n", "Err(Malformed, Unknown)"),
                (b"STORED\r\n", "Err(Malformed, Unknown)"),
            ] {
                check(protocol, &now, b"flush_all\r\n", reply, text);
            }
        }
        let reply = Packet::answers(0x08);
        let request = Packet::asks(0x08);
        check(Binary, &now, &request.bytes(), &reply.bytes(), "Ok(())");
        let refused = reply.clone().status(0x20).value(b"Auth failure.");
        let text = "Err(Unauthenticated, Refused)";
        check(Binary, &now, &request.bytes(), &refused.bytes(), text);
        let request = request.extras(&[0, 0, 0, 10]);
        check(Binary, &later, &request.bytes(), &reply.bytes(), "Ok(())");
        for protocol in [Text, Meta, Binary] {
            let text = "Err(Expiry, NotSent)";
            check(protocol, &FlushAll::after(2_592_001), b"", b"", text);
        }
    }
}
