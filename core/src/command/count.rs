//! Counting: adding to and subtracting from a stored number.

use super::Command;
use crate::decimal::Decimal;
use crate::error::ErrorKind;
use crate::expiry::Expiry;
use crate::key::Key;
use crate::wire::{Encoder, Frame, Opcode, Protocol, Shape, Status};

/// Adds to or subtracts from a stored number; the reply is the new one.
///
/// Numbers have 64 bits: adding wraps around, subtracting stops at 0. An absent item is
/// [`NotFound`](ErrorKind::NotFound), unless an initial value is given.
#[derive(Clone, Copy, Debug)]
#[must_use = "a command does nothing until it is sent"]
pub struct Count<'k> {
    key: Key<'k>,
    direction: Direction,
    delta: Decimal,
    initial: Option<(Decimal, Expiry)>,
    touch: Option<Expiry>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Direction {
    Up,
    Down,
}

impl<'k> Count<'k> {
    /// Adds `delta`.
    pub fn up(key: Key<'k>, delta: u64) -> Self {
        Self {
            key,
            direction: Direction::Up,
            delta: Decimal(delta),
            initial: None,
            touch: None,
        }
    }

    /// Subtracts `delta`.
    pub fn down(key: Key<'k>, delta: u64) -> Self {
        Self {
            direction: Direction::Down,
            ..Self::up(key, delta)
        }
    }

    /// Stores `value` until `expiry` if there is no item yet, and answers it. The classic protocol
    /// has no such thing: [`Unsupported`](ErrorKind::Unsupported).
    ///
    /// Of two clients that create it at the same moment the server may tell one that it did not store:
    /// [`NotFound`](ErrorKind::NotFound), nothing was counted, and it may be asked again. memcached does so
    /// in the binary protocol; the meta protocol only allows it.
    pub fn or_initial(self, value: u64, expiry: Expiry) -> Self {
        Self {
            initial: Some((Decimal(value), expiry)),
            ..self
        }
    }

    /// Lets an item that is there live until `expiry`. Only the meta protocol has such a thing:
    /// [`Unsupported`](ErrorKind::Unsupported) elsewhere.
    pub fn touch(self, expiry: Expiry) -> Self {
        Self {
            touch: Some(expiry),
            ..self
        }
    }

    fn packet(&self, out: &mut Encoder<'_, '_>) {
        let opcode = match self.direction {
            Direction::Up => Opcode::Increment,
            Direction::Down => Opcode::Decrement,
        };
        let (value, expiry) = match self.initial {
            Some((Decimal(value), expiry)) => (value, out.expiry_number(expiry)),
            // "Do not create."
            None => (0, u32::MAX),
        };
        let mut extras = [0; 20];
        if let Some((delta, rest)) = extras.split_first_chunk_mut::<8>()
            && let Some((initial, rest)) = rest.split_first_chunk_mut::<8>()
            && let Some(lives) = rest.first_chunk_mut::<4>()
        {
            *delta = self.delta.0.to_be_bytes();
            *initial = value.to_be_bytes();
            *lives = expiry.to_be_bytes();
        }
        out.packet(opcode, &extras, Some(self.key), 0);
    }

    pub(super) fn write(&self, out: &mut Encoder<'_, '_>) {
        if self.touch.is_some() && out.protocol() != Protocol::Meta {
            out.unsupported("counting with a new expiry, but in the meta protocol");
        }
        match out.protocol() {
            Protocol::Text => {
                let verb: &[u8] = match self.direction {
                    Direction::Up => b"incr",
                    Direction::Down => b"decr",
                };
                if self.initial.is_some() {
                    out.unsupported("an initial value in the classic protocol");
                }
                out.line(verb, Shape::NUMBER)
                    .key(self.key)
                    .number(b" ", self.delta.0)
                    .end();
            }
            Protocol::Meta => {
                out.meta(*b"ma", self.key).bytes(b" v");
                if self.direction == Direction::Down {
                    out.bytes(b" MD");
                }
                // The server's own default is 1.
                if self.delta.0 != 1 {
                    out.number(b" D", self.delta.0);
                }
                if let Some((Decimal(value), expiry)) = self.initial {
                    out.expiry(b" N", expiry).number(b" J", value);
                }
                if let Some(expiry) = self.touch {
                    out.expiry(b" T", expiry);
                }
                out.end();
            }
            Protocol::Binary => self.packet(out),
        }
    }
}

impl Command for Count<'_> {
    const NAME: &'static str = "count";
    type Reply<'b> = u64;

    fn encode<'v>(&'v self, out: &mut Encoder<'_, 'v>) {
        self.write(out);
    }

    fn decode<'b>(frame: &Frame<'b>) -> Result<u64, ErrorKind> {
        match frame.status() {
            Status::Value => frame.number(),
            Status::NotFound => Err(ErrorKind::NotFound),
            // With an initial value: it was not there, and then another client had created it.
            Status::NotStored => Err(ErrorKind::NotFound),
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
        let key = Key::new("n").unwrap();
        let up = Count::up(key, 5);
        check(Text, &up, b"incr n 5\r\n", b"12\r\n", "Ok(12)");
        check(
            Text,
            &up,
            b"incr n 5\r\n",
            b"18446744073709551615\r\n",
            "Ok(18446744073709551615)",
        );
        check(
            Text,
            &up,
            b"incr n 5\r\n",
            b"18446744073709551616\r\n",
            "Err(Malformed, Unknown)",
        );
        check(
            Text,
            &up,
            b"incr n 5\r\n",
            b"\r\n",
            "Err(Malformed, Unknown)",
        );
        check(
            Text,
            &up,
            b"incr n 5\r\n",
            b"NOT_FOUND\r\n",
            "Err(NotFound, Refused)",
        );
        check(
            Text,
            &up,
            b"incr n 5\r\n",
            b"CLIENT_ERROR cannot increment or decrement non-numeric value\r\n",
            "Err(NotNumeric, Refused)",
        );
        check(
            Text,
            &Count::down(key, 1),
            b"decr n 1\r\n",
            b"9 \r\n",
            "Ok(9)",
        );
        let text = "Err(Unsupported(\"an initial value in the classic protocol\"), NotSent)";
        check(Text, &up.or_initial(1, Expiry::NEVER), b"", b"", text);
    }

    #[test]
    fn meta() {
        let key = Key::new("n").unwrap();
        check(
            Meta,
            &Count::up(key, 1),
            b"ma n v Oa\r\n",
            b"VA 2 Oa\r\n12\r\n",
            "Ok(12)",
        );
        check(
            Meta,
            &Count::up(key, 7),
            b"ma n v D7 Oa\r\n",
            b"NF Oa\r\n",
            "Err(NotFound, Refused)",
        );
        check(
            Meta,
            &Count::down(key, 2),
            b"ma n v MD D2 Oa\r\n",
            b"VA 1 Oa\r\n0\r\n",
            "Ok(0)",
        );
        check(
            Meta,
            &Count::up(key, 1),
            b"ma n v Oa\r\n",
            b"VA 1 Oa\r\nx\r\n",
            "Err(Malformed, Unknown)",
        );
        let created = Count::up(key, 1).or_initial(3, Expiry::seconds(60));
        check(
            Meta,
            &created,
            b"ma n v N60 J3 Oa\r\n",
            b"VA 1 Oa\r\n3\r\n",
            "Ok(3)",
        );
        // Another client created it in between. The protocol has that answer; memcached holds a lock.
        check(
            Meta,
            &created,
            b"ma n v N60 J3 Oa\r\n",
            b"NS Oa\r\n",
            "Err(NotFound, Refused)",
        );
        check(
            Meta,
            &created.touch(Expiry::seconds(9)),
            b"ma n v N60 J3 T9 Oa\r\n",
            b"VA 1 Oa\r\n4\r\n",
            "Ok(4)",
        );
        let text =
            "Err(Unsupported(\"counting with a new expiry, but in the meta protocol\"), NotSent)";
        for protocol in [Text, Binary] {
            let touching = Count::up(key, 1).touch(Expiry::seconds(9));
            check(protocol, &touching, b"", b"", text);
        }
    }

    #[test]
    fn binary() {
        let key = Key::new("n").unwrap();
        let extras = [
            0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255,
        ];
        let request = Packet::asks(0x05).extras(&extras).key("n").bytes();
        let reply = Packet::answers(0x05)
            .value(&[0, 0, 0, 0, 0, 0, 1, 2])
            .bytes();
        check(Binary, &Count::up(key, 5), &request, &reply, "Ok(258)");
        let reply = Packet::answers(0x05).status(1).value(b"Not found").bytes();
        check(
            Binary,
            &Count::up(key, 5),
            &request,
            &reply,
            "Err(NotFound, Refused)",
        );
        let reply = Packet::answers(0x05)
            .status(6)
            .value(b"Non-numeric")
            .bytes();
        check(
            Binary,
            &Count::up(key, 5),
            &request,
            &reply,
            "Err(NotNumeric, Refused)",
        );
        let reply = Packet::answers(0x05).value(&[1, 2, 3]).bytes();
        check(
            Binary,
            &Count::up(key, 5),
            &request,
            &reply,
            "Err(Malformed, Unknown)",
        );

        let extras = [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 60];
        let request = Packet::asks(0x06).extras(&extras).key("n").bytes();
        let reply = Packet::answers(0x06)
            .value(&[0, 0, 0, 0, 0, 0, 0, 9])
            .bytes();
        let command = Count::down(key, 1).or_initial(9, Expiry::seconds(60));
        check(Binary, &command, &request, &reply, "Ok(9)");

        // Another client created it in between.
        let reply = Packet::answers(0x06)
            .status(5)
            .value(b"Not stored.")
            .bytes();
        check(Binary, &command, &request, &reply, "Err(NotFound, Refused)");
    }
}
