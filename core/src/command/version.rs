//! Asking what the server is.

use super::Command;
use crate::error::{ErrorKind, Text};
use crate::wire::{Encoder, Frame, Opcode, Protocol, Shape, Status};

/// Asks for the server's version: text, such as `1.6.18`, to which some add words of their own.
#[derive(Clone, Copy, Debug, Default)]
#[must_use = "a command does nothing until it is sent"]
pub struct Version;

impl Command for Version {
    const NAME: &'static str = "version";
    const IS_READ: bool = true;
    type Reply<'b> = Text;

    fn encode<'v>(&'v self, out: &mut Encoder<'_, 'v>) {
        match out.protocol() {
            Protocol::Text | Protocol::Meta => out.line(b"version", Shape::VERSION).end(),
            Protocol::Binary => out.packet(Opcode::Version, &[], None, 0),
        };
    }

    fn decode<'b>(frame: &Frame<'b>) -> Result<Text, ErrorKind> {
        match frame.status() {
            Status::Value => frame.data().map(Text::new),
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
    fn version() {
        for protocol in [Text, Meta] {
            check(
                protocol,
                &Version,
                b"version\r\n",
                b"VERSION 1.6.18\r\n",
                "Ok(\"1.6.18\")",
            );
            check(
                protocol,
                &Version,
                b"version\r\n",
                b"VERSION 1 (a b)\r\n",
                "Ok(\"1 (a b)\")",
            );
            check(
                protocol,
                &Version,
                b"version\r\n",
                b"VERSION \r\n",
                "Ok(\"\")",
            );
            check(
                protocol,
                &Version,
                b"version\r\n",
                b"VERSION \xFF\r\n",
                "Ok(\"\\xff\")",
            );
            check(
                protocol,
                &Version,
                b"version\r\n",
                b"VERSION 1.6\n",
                "Err(Malformed, Unknown)",
            );
            check(
                protocol,
                &Version,
                b"version\r\n",
                b"CLIENT_ERROR unauthenticated\r\n",
                "Err(Unauthenticated, Refused)",
            );
        }
        let request = Packet::asks(0x0B).bytes();
        let reply = Packet::answers(0x0B).value(b"1.6.18").bytes();
        check(Binary, &Version, &request, &reply, "Ok(\"1.6.18\")");
    }
}
