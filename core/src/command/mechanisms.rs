//! Asking by which mechanisms of SASL one may log in.

use super::Command;
use crate::error::ErrorKind;
use crate::wire::{Encoder, Frame, Opcode, Protocol, Status};

/// Asks for the mechanisms of SASL that a server takes: their names, with blanks between, of which
/// [`Login`](super::Login) needs `PLAIN`. It may be asked before a login.
///
/// Only the binary protocol has SASL: elsewhere it is [`Unsupported`](ErrorKind::Unsupported). A server
/// without answers [`Command`](ErrorKind::Command).
#[derive(Clone, Copy, Debug, Default)]
#[must_use = "a command does nothing until it is sent"]
pub struct Mechanisms;

impl Command for Mechanisms {
    const NAME: &'static str = "mechanisms";
    const IS_READ: bool = true;
    type Reply<'b> = &'b [u8];

    fn encode<'v>(&'v self, out: &mut Encoder<'_, 'v>) {
        match out.protocol() {
            Protocol::Text | Protocol::Meta => out.unsupported("SASL in the text protocols"),
            Protocol::Binary => out.packet(Opcode::SaslList, &[], None, 0),
        };
    }

    fn decode<'b>(frame: &Frame<'b>) -> Result<&'b [u8], ErrorKind> {
        match frame.status() {
            Status::Value => frame.data(),
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
    fn mechanisms() {
        let request = Packet::asks(0x20).bytes();
        let answer = Packet::answers(0x20);
        for (reply, meaning) in [
            (answer.clone().value(b"PLAIN"), "Ok([80, 76, 65, 73, 78])"),
            (answer.clone(), "Ok([])"),
            (
                answer.status(0x81).value(b"Unknown command"),
                "Err(Command(\"Unknown command\"), Refused)",
            ),
        ] {
            check(Binary, &Mechanisms, &request, &reply.bytes(), meaning);
        }
        for protocol in [Text, Meta] {
            let text = "Err(Unsupported(\"SASL in the text protocols\"), NotSent)";
            check(protocol, &Mechanisms, b"", b"", text);
        }
    }
}
