//! Asking for nothing but an answer.

use super::Command;
use crate::error::ErrorKind;
use crate::wire::{Encoder, Feature, Frame, Opcode, Protocol, Shape, Status};

/// Asks for nothing: when the answer is there, everything before it was answered.
///
/// The classic protocol has no such command; there a `version` serves.
#[derive(Clone, Copy, Debug, Default)]
#[must_use = "a command does nothing until it is sent"]
pub struct Noop;

impl Command for Noop {
    const NAME: &'static str = "noop";
    const IS_READ: bool = true;
    type Reply<'b> = ();

    fn encode<'v>(&'v self, out: &mut Encoder<'_, 'v>) {
        match out.protocol() {
            Protocol::Text => out.line(b"version", Shape::VERSION).end(),
            Protocol::Meta => out.needs(Feature::Meta).line(b"mn", Shape::NOP).end(),
            Protocol::Binary => out.packet(Opcode::NoOp, &[], None, 0),
        };
    }

    fn decode<'b>(frame: &Frame<'b>) -> Result<(), ErrorKind> {
        match frame.status() {
            Status::End | Status::Value => Ok(()),
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
    fn noop() {
        check(Text, &Noop, b"version\r\n", b"VERSION 1.6.18\r\n", "Ok(())");
        check(Meta, &Noop, b"mn\r\n", b"MN\r\n", "Ok(())");
        check(Meta, &Noop, b"mn\r\n", b"HD\r\n", "Err(Malformed, Unknown)");
        // Of a proxy, or a server before 1.6.
        let no_meta = "Err(Unsupported(\"the server knows no meta commands; choose Protocol::Text\"), Refused)";
        check(Meta, &Noop, b"mn\r\n", b"ERROR\r\n", no_meta);
        let error = b"ERROR no such command\r\n";
        let text = "Err(Command(\"ERROR no such command\"), Refused)";
        check(Meta, &Noop, b"mn\r\n", error, text);
        check(
            Binary,
            &Noop,
            &Packet::asks(0x0A).bytes(),
            &Packet::answers(0x0A).bytes(),
            "Ok(())",
        );
    }
}
