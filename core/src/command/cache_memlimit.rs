//! Setting how much memory a server uses for items.

use super::Command;
use crate::error::ErrorKind;
use crate::wire::{Encoder, Feature, Frame, Protocol, Shape, Status};

/// Sets how much memory the server uses for items, as its option `-m` does.
///
/// What it will not do, it says in words of its own: [`Refused`](ErrorKind::Refused) has them. No
/// server knows it as a packet: there it is [`Unsupported`](ErrorKind::Unsupported).
#[derive(Clone, Copy, Debug)]
#[must_use = "a command does nothing until it is sent"]
pub struct CacheMemlimit {
    megabytes: u32,
}

impl CacheMemlimit {
    /// Sets the limit to so many megabytes.
    pub fn new(megabytes: u32) -> Self {
        Self { megabytes }
    }
}

impl Command for CacheMemlimit {
    const NAME: &'static str = "cache_memlimit";
    type Reply<'b> = ();

    fn encode<'v>(&'v self, out: &mut Encoder<'_, 'v>) {
        match out.protocol() {
            Protocol::Text | Protocol::Meta => out
                .needs(Feature::CacheMemlimit)
                .line(b"cache_memlimit", Shape::DONE)
                .number(b" ", self.megabytes.into())
                .end(),
            Protocol::Binary => out.unsupported("cache_memlimit in the binary protocol"),
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
    fn cache_memlimit() {
        let command = CacheMemlimit::new(64);
        for protocol in [Text, Meta] {
            for (reply, text) in [
                (&b"OK\r\n"[..], "Ok(())"),
                (
                    b"MEMLIMIT_TOO_SMALL cannot set maxbytes to less than item size max\r\n",
                    "Err(Refused(\"MEMLIMIT_TOO_SMALL cannot set maxbytes to less than item size m\"), Refused)",
                ),
                (
                    b"MEMLIMIT_ADJUST_FAILED out of bounds or unable to adjust\r\n",
                    "Err(Refused(\"MEMLIMIT_ADJUST_FAILED out of bounds or unable to adjust\"), Refused)",
                ),
                (b"MEMLIMITS\r\n", "Err(Malformed, Unknown)"),
                (b"RESET\r\n", "Err(Malformed, Unknown)"),
            ] {
                check(protocol, &command, b"cache_memlimit 64\r\n", reply, text);
            }
        }
        let text = "Err(Unsupported(\"cache_memlimit in the binary protocol\"), NotSent)";
        check(Binary, &command, b"", b"", text);
    }
}
