//! Taking leave of a server.

use super::Command;
use crate::error::ErrorKind;
use crate::wire::{Encoder, Frame, Opcode, Protocol, Shape, Status};

/// Asks the server to close the connection, which it does once it has answered all that came
/// before.
///
/// A line is not answered: that the stream ends is the answer. A packet is, and then the stream
/// ends.
#[derive(Clone, Copy, Debug, Default)]
#[must_use = "a command does nothing until it is sent"]
pub struct Quit;

impl Command for Quit {
    const NAME: &'static str = "quit";
    type Reply<'b> = ();

    fn encode<'v>(&'v self, out: &mut Encoder<'_, 'v>) {
        match out.protocol() {
            Protocol::Text | Protocol::Meta => out.line(b"quit", Shape::DONE).end(),
            Protocol::Binary => out.packet(Opcode::Quit, &[], None, 0),
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
    fn quit() {
        for protocol in [Text, Meta] {
            // Some proxies answer.
            check(protocol, &Quit, b"quit\r\n", b"OK\r\n", "Ok(())");
            let text = "Err(Command(\"ERROR\"), Refused)";
            check(protocol, &Quit, b"quit\r\n", b"ERROR\r\n", text);
            let text = "Err(Malformed, Unknown)";
            check(protocol, &Quit, b"quit\r\n", b"VALUE\r\n", text);
        }
        let request = Packet::asks(0x07).bytes();
        let reply = Packet::answers(0x07).bytes();
        check(Binary, &Quit, &request, &reply, "Ok(())");
    }
}
