//! Setting how much a server logs.

use super::Command;
use crate::error::ErrorKind;
use crate::wire::{Encoder, Frame, Protocol, Shape, Status};

/// Sets how much the server writes to its log, as its option `-v` does.
///
/// No server knows it as a packet: there it is [`Unsupported`](ErrorKind::Unsupported).
#[derive(Clone, Copy, Debug)]
#[must_use = "a command does nothing until it is sent"]
pub struct Verbosity {
    level: u32,
}

impl Verbosity {
    /// Sets the level: 0 is silence.
    pub fn new(level: u32) -> Self {
        Self { level }
    }
}

impl Command for Verbosity {
    const NAME: &'static str = "verbosity";
    type Reply<'b> = ();

    fn encode<'v>(&'v self, out: &mut Encoder<'_, 'v>) {
        match out.protocol() {
            Protocol::Text | Protocol::Meta => out
                .line(b"verbosity", Shape::DONE)
                .number(b" ", self.level.into())
                .end(),
            Protocol::Binary => out.unsupported("verbosity in the binary protocol"),
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
    use crate::command::check::check;
    use Protocol::{Binary, Meta, Text};

    #[test]
    fn verbosity() {
        let command = Verbosity::new(2);
        for protocol in [Text, Meta] {
            let line = b"verbosity 2\r\n";
            check(protocol, &command, line, b"OK\r\n", "Ok(())");
            let text = "Err(Command(\"ERROR\"), Refused)";
            check(protocol, &command, line, b"ERROR\r\n", text);
            let text = "Err(Malformed, Unknown)";
            check(protocol, &command, line, b"MN\r\n", text);
        }
        let text = "Err(Unsupported(\"verbosity in the binary protocol\"), NotSent)";
        check(Binary, &command, b"", b"", text);
    }
}
