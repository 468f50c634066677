//! Listing the items of one slab class, in the old way.

use core::fmt;

use super::{Batch, DumpedKey};
use crate::decimal::Decimal;
use crate::error::ErrorKind;
use crate::wire::{Encoder, Form, Frame, Protocol, Shape, lines};

/// Lists items of a slab class, those used last (`stats cachedump`): no more than fit 2 MiB, so
/// that a list may be cut short without a word. [`Metadump`](super::Metadump) lists them all.
///
/// Keys of any bytes are not listed by newer servers, and may be misread of older ones.
#[derive(Clone, Copy, Debug)]
#[must_use = "a batch does nothing until it is sent"]
pub struct CacheDump {
    class: u8,
    limit: u32,
}

impl CacheDump {
    /// Lists at most `limit` items of a slab class; 0 is no limit.
    pub fn new(class: u8, limit: u32) -> Self {
        Self { class, limit }
    }
}

impl Batch for CacheDump {
    const NAME: &'static str = "cachedump";
    const IS_READ: bool = true;
    const IS_LINES: bool = true;
    type Name = ();
    type Reply<'b> = Cached<'b>;

    fn name(&self, index: usize) -> Option<()> {
        (index == 0).then_some(())
    }

    fn count(&self) -> usize {
        1
    }

    fn open(&self, _: &mut Encoder<'_, '_>) -> Form {
        Form::Stream
    }

    fn encode<'v>(&'v self, _: usize, out: &mut Encoder<'_, 'v>) {
        if out.protocol() == Protocol::Binary {
            out.unsupported("cachedump in the binary protocol");
        }
        out.line(b"stats cachedump", Shape::STATISTICS)
            .number(b" ", self.class.into())
            .number(b" ", self.limit.into())
            .end();
    }

    fn decode<'b>(frame: &Frame<'b>) -> Result<Cached<'b>, ErrorKind> {
        let (key, rest) = lines::statistic(frame)?;
        let read = || {
            let (size, rest) = lines::leading_number(rest.strip_prefix(b"[")?)?;
            let (expiry, rest) = lines::leading_number(rest.strip_prefix(b" b; ")?)?;
            (rest == b" s]").then_some((size, expiry))
        };
        let (size, expiry) = read().ok_or(ErrorKind::Malformed)?;
        Ok(Cached {
            key: DumpedKey::plain(key)?,
            size,
            expiry,
        })
    }
}

/// What a [`CacheDump`] tells of an item.
#[derive(Clone, Copy, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Cached<'b> {
    /// The key.
    pub key: DumpedKey<'b>,
    /// The bytes of the value.
    pub size: u64,
    /// When it expires, in seconds since 1970. Where it never does: 0, or of older servers the time
    /// at which they were started.
    pub expiry: u64,
}

impl fmt::Debug for Cached<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cached")
            .field("key", &self.key)
            .field("size", &Decimal(self.size))
            .field("expiry", &Decimal(self.expiry))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::check::check_batch;
    use Protocol::{Binary, Meta, Text};

    const MALFORMED: [&str; 2] = ["0: Err(Malformed, Unknown)", "0: Err(Closed, Unknown)"];

    #[test]
    fn cachedump() {
        for protocol in [Text, Meta] {
            for (reply, outcomes) in [
                (&b"END\r\n"[..], &[][..]),
                (
                    b"ITEM a [3 b; 1795601871 s]\r\nITEM b c [1 [0 b; 0 x]\r\nEND\r\n",
                    &[
                        "0: Ok(Cached { key: \"a\", size: 3, expiry: 1795601871 })",
                        "0: Err(Malformed, Unknown)",
                        "0: Err(Closed, Unknown)",
                    ],
                ),
                (
                    b"ITEM b c [1 b; 0 s]\r\nEND\r\n",
                    &["0: Ok(Cached { key: \"b c\", size: 1, expiry: 0 })"],
                ),
                (
                    b"CLIENT_ERROR stats cachedump not allowed\r\n",
                    &["0: Err(Client(\"CLIENT_ERROR stats cachedump not allowed\"), Refused)"],
                ),
                (b"ITEM a [99999999999999999999 b; 0 s]\r\n", &MALFORMED),
                (b"ITEM a\r\n", &MALFORMED),
                (b"STAT a 1\r\n", &MALFORMED),
            ] {
                check_batch(
                    protocol,
                    &CacheDump::new(1, 10),
                    b"stats cachedump 1 10\r\n",
                    reply,
                    outcomes,
                );
            }
        }
        let refused = "0: Err(Unsupported(\"cachedump in the binary protocol\"), NotSent)";
        check_batch(Binary, &CacheDump::new(1, 0), b"", b"", &[refused]);
    }
}
