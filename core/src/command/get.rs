//! Getting one item.

use super::Command;
use crate::decimal::Decimal;
use crate::error::ErrorKind;
use crate::expiry::Expiry;
use crate::key::Key;
use crate::wire::{Encoder, Feature, Frame, Opcode, Protocol, Shape, Status};

/// Gets an item: its value and flags, on request its CAS value, and on request with a new expiry.
///
/// In the meta protocol whoever asks for an item that is stale takes the task to compute it, and here
/// nobody is told: see [`Lease`](super::Lease).
#[derive(Clone, Copy, Debug)]
#[must_use = "a command does nothing until it is sent"]
pub struct Get<'k> {
    key: Key<'k>,
    cas: bool,
    touch: Option<Expiry>,
}

impl<'k> Get<'k> {
    /// Gets the item under `key`.
    pub fn new(key: Key<'k>) -> Self {
        Self {
            key,
            cas: false,
            touch: None,
        }
    }

    pub(super) fn with_options(key: Key<'k>, cas: bool, touch: Option<Expiry>) -> Self {
        Self { key, cas, touch }
    }

    /// Gets the CAS value too, with which [`Store::cas`](super::Store::cas) stores only if the
    /// item has not changed since.
    pub fn with_cas(self) -> Self {
        Self { cas: true, ..self }
    }

    /// Lets the item live until `expiry`.
    pub fn touch(self, expiry: Expiry) -> Self {
        Self {
            touch: Some(expiry),
            ..self
        }
    }

    pub(super) fn write(&self, out: &mut Encoder<'_, '_>) {
        match (out.protocol(), self.touch) {
            (Protocol::Text, None) => {
                let verb: &[u8] = if self.cas { b"gets" } else { b"get" };
                out.line(verb, Shape::VALUE).key(self.key).end();
            }
            (Protocol::Text, Some(expiry)) => {
                let verb: &[u8] = if self.cas { b"gats" } else { b"gat" };
                out.needs(Feature::GetAndTouch)
                    .line(verb, Shape::VALUE)
                    .expiry(b" ", expiry)
                    .key(self.key)
                    .end();
            }
            (Protocol::Meta, touch) => {
                out.meta(*b"mg", self.key).bytes(b" v f");
                if self.cas {
                    out.bytes(b" c");
                }
                if let Some(expiry) = touch {
                    out.expiry(b" T", expiry);
                }
                out.end();
            }
            (Protocol::Binary, None) => {
                out.packet(Opcode::Get, &[], Some(self.key), 0);
            }
            (Protocol::Binary, Some(expiry)) => {
                let extras = out.expiry_number(expiry).to_be_bytes();
                out.needs(Feature::Touch)
                    .packet(Opcode::GetAndTouch, &extras, Some(self.key), 0);
            }
        }
    }
}

/// What is stored under a key.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Item<'b> {
    /// The stored bytes.
    pub value: &'b [u8],
    /// The number that was stored beside them, which says in what form they are.
    pub flags: u32,
    /// The number of this state of the item; `None` where it was not asked for (the binary protocol
    /// tells it always), or the server keeps none.
    pub cas: Option<u64>,
}

impl core::fmt::Debug for Item<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Item(\"{}\"", self.value.escape_ascii())?;
        if self.flags != 0 {
            write!(f, ", flags {}", self.flags)?;
        }
        if let Some(cas) = self.cas {
            write!(f, ", cas {:?}", Decimal(cas))?;
        }
        f.write_str(")")
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Item<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(
            f,
            "Item({=[u8]:a}, flags {}, cas {})",
            self.value,
            self.flags,
            self.cas
        );
    }
}

impl<'b> Item<'b> {
    /// The item that a frame with a value bears.
    pub(crate) fn of(frame: &Frame<'b>) -> Result<Self, ErrorKind> {
        Ok(Self {
            value: frame.data()?,
            flags: frame.flags(),
            cas: frame.cas(),
        })
    }
}

impl Command for Get<'_> {
    const NAME: &'static str = "get";
    const IS_READ: bool = true;
    const IN_PIECES: bool = true;
    type Reply<'b> = Option<Item<'b>>;

    fn encode<'v>(&'v self, out: &mut Encoder<'_, 'v>) {
        self.write(out);
    }

    fn decode<'b>(frame: &Frame<'b>) -> Result<Option<Item<'b>>, ErrorKind> {
        match frame.status() {
            Status::Value => Item::of(frame).map(Some),
            Status::NotFound => Ok(None),
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
    fn classic() {
        let get = Get::new(Key::new("k").unwrap());
        let line = b"get k\r\n";
        check(Text, &get, line, b"END\r\n", "Ok(None)");
        check(
            Text,
            &get,
            line,
            b"VALUE k 7 2\r\nab\r\nEND\r\n",
            "Ok(Some(Item(\"ab\", flags 7)))",
        );
        check(
            Text,
            &get,
            line,
            b"VALUE k 0 0\r\n\r\nEND\r\n",
            "Ok(Some(Item(\"\")))",
        );
        // Bytes of a value are counted, never looked at.
        check(
            Text,
            &get,
            line,
            b"VALUE k 0 14\r\nEND\r\nVALUE \r\n\0\r\nEND\r\n",
            "Ok(Some(Item(\"END\\r\\nVALUE \\r\\n\\x00\")))",
        );
        // Blanks at their end belong to them; of 64 bits of flags the low ones are told.
        check(
            Text,
            &get,
            line,
            b"VALUE k 4294967303 3\r\na \t\r\nEND\r\n",
            "Ok(Some(Item(\"a \\t\", flags 7)))",
        );
        check(
            Text,
            &get.with_cas(),
            b"gets k\r\n",
            b"VALUE k 0 1 18446744073709551615\r\nx\r\nEND\r\n",
            "Ok(Some(Item(\"x\", cas 18446744073709551615)))",
        );
        check(
            Text,
            &get.with_cas(),
            b"gets k\r\n",
            b"VALUE k 0 1 0\r\nx\r\nEND\r\n",
            "Ok(Some(Item(\"x\")))",
        );
        let touching = get.touch(Expiry::seconds(60));
        check(Text, &touching, b"gat 60 k\r\n", b"END\r\n", "Ok(None)");
        check(
            Text,
            &touching.with_cas(),
            b"gats 60 k\r\n",
            b"END\r\n",
            "Ok(None)",
        );
    }

    #[test]
    fn classic_replies_that_are_none() {
        let get = Get::new(Key::new("k").unwrap());
        for (reply, text) in [
            // Another key's value, or two.
            (
                &b"VALUE j 0 1\r\nx\r\nEND\r\n"[..],
                "Err(Mismatched, Unknown)",
            ),
            (
                b"VALUE k\0\t 0 1\r\nx\r\nEND\r\n",
                "Err(Mismatched, Unknown)",
            ),
            (
                b"VALUE k 0 1\r\nx\r\nVALUE k 0 1\r\nx\r\nEND\r\n",
                "Err(Malformed, Unknown)",
            ),
            (b"VALUE k 0 1\r\nxx\r\nEND\r\n", "Err(Malformed, Unknown)"),
            (b"VALUE k 0 0\r\nEND\r\n", "Err(Malformed, Unknown)"),
            (b"VALUE k 0 1\r\nx\r\nENDE\r\n", "Err(Malformed, Unknown)"),
            (
                b"VALUE k 0 1 2 3\r\nx\r\nEND\r\n",
                "Err(Malformed, Unknown)",
            ),
            (b"VALUE k 0\r\n", "Err(Malformed, Unknown)"),
            (b"VALUE k  0 1\r\n", "Err(Malformed, Unknown)"),
            (b"VALUE k 0 -1\r\n", "Err(Malformed, Unknown)"),
            (b"VALUE k 0 4294967296\r\n", "Err(Malformed, Unknown)"),
            (b"STORED\r\n", "Err(Malformed, Unknown)"),
            (b"END\n", "Err(Malformed, Unknown)"),
            (b"HD\r\n", "Err(Malformed, Unknown)"),
            (b"\r\n", "Err(Malformed, Unknown)"),
            (b"ERRORS\r\n", "Err(Malformed, Unknown)"),
            (b"ERROR\r\n", "Err(Command(\"ERROR\"), Refused)"),
            (
                b"SERVER_ERROR out of memory writing get response\r\n",
                "Err(OutOfMemory(\"SERVER_ERROR out of memory writing get response\"), Refused)",
            ),
            // In mid-answer, in place of the end.
            (
                b"VALUE k 0 1\r\nx\r\nSERVER_ERROR output line too long\r\n",
                "Err(Server(\"SERVER_ERROR output line too long\"), Unknown)",
            ),
        ] {
            check(Text, &get, b"get k\r\n", reply, text);
        }
    }

    #[test]
    fn meta() {
        let get = Get::new(Key::new("k").unwrap());
        let line = b"mg k v f Oa\r\n";
        check(Meta, &get, line, b"EN Oa\r\n", "Ok(None)");
        check(Meta, &get, line, b"EN\r\n", "Ok(None)");
        check(
            Meta,
            &get,
            line,
            b"VA 2 f7 Oa\r\nab\r\n",
            "Ok(Some(Item(\"ab\", flags 7)))",
        );
        check(
            Meta,
            &get,
            line,
            b"VA 2 Oa f7\r\nab\r\n",
            "Ok(Some(Item(\"ab\", flags 7)))",
        );
        check(
            Meta,
            &get,
            line,
            b"VA 0 f0 Oa\r\n\r\n",
            "Ok(Some(Item(\"\")))",
        );
        check(
            Meta,
            &get,
            line,
            b"VA 2 f7 Oa W s2 t-1\r\nab\r\n",
            "Ok(Some(Item(\"ab\", flags 7)))",
        );
        check(
            Meta,
            &get.with_cas().touch(Expiry::seconds(9)),
            b"mg k v f c T9 Oa\r\n",
            b"VA 1 f0 c12 Oa\r\nx\r\n",
            "Ok(Some(Item(\"x\", cas 12)))",
        );
        for (reply, text) in [
            (&b"VA 2 f7 Oc\r\nab\r\n"[..], "Err(Mismatched, Unknown)"),
            (b"VA 2 f7\r\nab\r\n", "Err(Mismatched, Unknown)"),
            (b"EN Ol\r\n", "Err(Mismatched, Unknown)"),
            (b"VA 2 f7 Oa\r\nabc\r\n", "Err(Malformed, Unknown)"),
            (b"VA f7 Oa\r\n", "Err(Malformed, Unknown)"),
            (b"VA  2 f7 Oa\r\n", "Err(Malformed, Unknown)"),
            (b"VA 2 fx Oa\r\n", "Err(Malformed, Unknown)"),
            (b"END\r\n", "Err(Malformed, Unknown)"),
            (b"HD Oa\r\n", "Err(Malformed, Unknown)"),
            (b"MN\r\n", "Err(Malformed, Unknown)"),
            (
                b"CLIENT_ERROR bad command line format\r\n",
                "Err(Client(\"CLIENT_ERROR bad command line format\"), Refused)",
            ),
            (
                b"SERVER_ERROR: a proxy's own words, more than sixty-three bytes of them in all\r\n",
                "Err(Server(\"SERVER_ERROR: a proxy\\'s own words, more than sixty-three bytes \"), Unknown)",
            ),
        ] {
            check(Meta, &get, line, reply, text);
        }
    }

    #[test]
    fn binary() {
        let get = Get::new(Key::new("k").unwrap());
        let request = Packet::asks(0x00).key("k").bytes();
        let hit = Packet::answers(0x00).extras(&[0, 0, 0, 7]).value(b"ab");
        check(
            Binary,
            &get,
            &request,
            &hit.bytes(),
            "Ok(Some(Item(\"ab\", flags 7)))",
        );
        check(
            Binary,
            &get,
            &request,
            &hit.cas(9).bytes(),
            "Ok(Some(Item(\"ab\", flags 7, cas 9)))",
        );
        let miss = Packet::answers(0x00).status(1).value(b"Not found");
        check(Binary, &get, &request, &miss.bytes(), "Ok(None)");
        let other = hit.opaque(0x0000_0002);
        check(
            Binary,
            &get,
            &request,
            &other.bytes(),
            "Err(Mismatched, Unknown)",
        );
        let late = Packet::answers(0x00).status(0x0000).key(&"k".repeat(251));
        check(
            Binary,
            &get,
            &request,
            &late.bytes(),
            "Err(Malformed, Unknown)",
        );
        check(
            Binary,
            &get,
            &request,
            b"END\r\n",
            "Err(Malformed, Unknown)",
        );
        let touching = get.touch(Expiry::seconds(60));
        let request = Packet::asks(0x1D).extras(&[0, 0, 0, 60]).key("k").bytes();
        let hit = Packet::answers(0x1D).extras(&[0, 0, 0, 0]).value(b"");
        check(
            Binary,
            &touching,
            &request,
            &hit.bytes(),
            "Ok(Some(Item(\"\")))",
        );
    }
}
