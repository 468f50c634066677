//! Getting many items with as few requests as can be.

use super::{Batch, Item};
use crate::error::{Error, ErrorKind};
use crate::key::Key;
use crate::wire::{END_OF_PACKETS, Encoder, Frame, Opcode, Protocol, Shape, Status};

/// Gets any number of items; those that exist arrive one by one, in the order of their keys.
///
/// The keys are given back as they were given, in any type that is bytes. Classic lines carry
/// them in the meta protocol too: that is more than twice as fast as single requests.
#[derive(Clone, Debug)]
#[must_use = "a batch does nothing until it is sent"]
pub struct GetMany<'k, K> {
    keys: &'k [K],
    /// The keys before this one were queued.
    queued: usize,
    /// The keys before this one belong to groups that were answered.
    answered: usize,
    /// The item that came last was the one before this.
    next: usize,
}

impl<'k, K: AsRef<[u8]>> GetMany<'k, K> {
    /// Gets the items under `keys`. Fails if one of them is not a [`Key`].
    pub fn new(keys: &'k [K]) -> Result<Self, Error> {
        for key in keys {
            Key::new(key)?;
        }
        Ok(Self {
            keys,
            queued: 0,
            answered: 0,
            next: 0,
        })
    }

    fn remaining(&self) -> impl Iterator<Item = Key<'k>> {
        let keys = self.keys.get(self.queued..).unwrap_or_default();
        keys.iter().filter_map(|key| Key::new(key).ok())
    }
}

impl<'k, K: AsRef<[u8]>> Batch for GetMany<'k, K> {
    const NAME: &'static str = "get many";
    type Item<'b> = (&'k K, Item<'b>);

    fn remains(&self) -> bool {
        self.queued < self.keys.len()
    }

    fn encode(&self, out: &mut Encoder<'_, '_>) {
        let packets = out.protocol() == Protocol::Binary;
        if packets {
            out.reserve(END_OF_PACKETS);
        } else {
            out.line(b"get", Shape::Values).reserve(2);
        }
        for key in self.remaining() {
            let fits = out.entry(|out| {
                if packets {
                    out.quiet_packet(Opcode::GetKeyQuietly, key);
                } else {
                    out.key(key);
                }
            });
            if !fits {
                break;
            }
        }
        if packets {
            out.end_of_packets();
        } else {
            out.reserve(0).end();
        }
    }

    fn queued(&mut self, count: u16) {
        self.queued = self.queued.saturating_add(usize::from(count));
    }

    fn item<'b>(&mut self, frame: &Frame<'b>, count: u16) -> Result<Self::Item<'b>, ErrorKind> {
        if frame.status() != Status::Value {
            return Err(frame.unexpected());
        }
        let group = self.answered..self.answered.saturating_add(usize::from(count));
        let at = |index: &usize| {
            self.keys
                .get(*index)
                .is_some_and(|key| key.as_ref() == frame.key())
        };
        // Items come in the order of their keys; behind a proxy they may not.
        let index = (self.next..group.end)
            .chain(group.start..self.next)
            .find(at);
        let index = index.ok_or(ErrorKind::Mismatched)?;
        self.next = index.saturating_add(1);
        let key = self.keys.get(index).ok_or(ErrorKind::Mismatched)?;
        Ok((key, Item::of(frame)?))
    }

    fn answered(&mut self, count: u16) {
        self.answered = self.answered.saturating_add(usize::from(count));
        self.next = self.answered;
    }
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::string::{String, ToString};
    use std::vec::Vec;

    use super::*;
    use crate::command::check::{Packet, cuts, lost};
    use crate::connection::Connection;

    /// Sends the batch, gives it the reply cut at every place, and compares the items.
    fn check(protocol: Protocol, keys: &[&str], request: &[u8], reply: &[u8], items: &[&str]) {
        for pieces in cuts(reply) {
            let mut connection = Connection::<_, 2>::new(protocol, [0; 400], [0; 400]).unwrap();
            let mut batch = GetMany::new(keys).unwrap();
            assert_eq!(connection.send_batch(&mut batch), Ok(true));
            assert_eq!(
                connection
                    .outgoing(None)
                    .concat()
                    .escape_ascii()
                    .to_string(),
                request.escape_ascii().to_string()
            );
            connection.sent(request.len());
            let mut arrived: Vec<String> = Vec::new();
            for piece in pieces {
                if connection.is_broken() {
                    break;
                }
                connection.space()[..piece.len()].copy_from_slice(piece);
                connection.filled(piece.len());
                while !connection.is_broken() && connection.owed() > 0 {
                    match connection.arrived() {
                        Ok(true) => match connection.item(&mut batch) {
                            Ok(Some(item)) => arrived.push(format!("{item:?}")),
                            Ok(None) => arrived.push("end".into()),
                            Err(error) => arrived.push(format!("{error:?}")),
                        },
                        Ok(false) => break,
                        Err(kind) => arrived.push(format!("{:?}", lost(&connection, kind))),
                    }
                }
            }
            assert_eq!(arrived, items, "{}", reply.escape_ascii());
        }
    }

    #[test]
    fn classic_line_in_both_text_protocols() {
        for protocol in [Protocol::Text, Protocol::Meta] {
            let line = b"get a b a\r\n";
            let keys = ["a", "b", "a"];
            check(protocol, &keys, line, b"END\r\n", &["end"]);
            check(
                protocol,
                &keys,
                line,
                b"VALUE a 0 1\r\nx\r\nVALUE b 5 0\r\n\r\nVALUE a 0 1\r\nx\r\nEND\r\n",
                &[
                    "(\"a\", Item(\"x\"))",
                    "(\"b\", Item(\"\", flags 5))",
                    "(\"a\", Item(\"x\"))",
                    "end",
                ],
            );
            // A proxy may answer in another order.
            check(
                protocol,
                &keys,
                line,
                b"VALUE b 0 1\r\ny\r\nVALUE a 0 1\r\nx\r\nEND\r\n",
                &["(\"b\", Item(\"y\"))", "(\"a\", Item(\"x\"))", "end"],
            );
            check(
                protocol,
                &keys,
                line,
                b"VALUE c 0 1\r\ny\r\n",
                &["Mismatched, Unknown"],
            );
            check(
                protocol,
                &keys,
                line,
                b"VALUE a 0 1\r\nyy\r\n",
                &["Malformed, Unknown"],
            );
            check(
                protocol,
                &keys,
                line,
                b"VALUE a 0 1\r\nx\r\nSERVER_ERROR out of memory writing get response\r\n",
                &[
                    "(\"a\", Item(\"x\"))",
                    "OutOfMemory(\"SERVER_ERROR out of memory writing get response\"), Refused",
                ],
            );
        }
    }

    #[test]
    fn quiet_packets() {
        let ask = |opaque: u32, key| {
            Packet::asks(0x0D)
                .opaque(0x000D_0000 + opaque)
                .key(key)
                .bytes()
        };
        let end = |packet: Packet| packet.opaque(0x000A_0002).bytes();
        let request = [ask(0, "a"), ask(1, "b"), end(Packet::asks(0x0A))].concat();
        let hit = |opaque: u32, key| {
            let packet = Packet::answers(0x0D).opaque(0x000D_0000 + opaque);
            packet.extras(&[0, 0, 0, 3]).key(key).value(b"x").bytes()
        };
        let last = end(Packet::answers(0x0A));
        let keys = ["a", "b"];
        check(Protocol::Binary, &keys, &request, &last, &["end"]);
        let reply = [hit(1, "b"), last.clone()].concat();
        check(
            Protocol::Binary,
            &keys,
            &request,
            &reply,
            &["(\"b\", Item(\"x\", flags 3))", "end"],
        );
        let reply = [hit(2, "b"), last.clone()].concat();
        check(
            Protocol::Binary,
            &keys,
            &request,
            &reply,
            &["Mismatched, Unknown"],
        );
        // Nobody answers a quiet request so.
        let miss = Packet::answers(0x0D).opaque(0x000D_0000).status(1);
        check(
            Protocol::Binary,
            &keys,
            &request,
            &miss.key("a").value(b"Not found").bytes(),
            &["Malformed, Unknown"],
        );
        let early = Packet::answers(0x0A).opaque(0x000A_0001).bytes();
        check(
            Protocol::Binary,
            &keys,
            &request,
            &early,
            &["Mismatched, Unknown"],
        );
    }

    #[test]
    fn a_bad_key_is_refused_before_anything_is_sent() {
        let bad = GetMany::new(&["a", "b c"]).unwrap_err();
        assert_eq!(
            format!("{bad}"),
            "byte 1 of the key is 0x20; control characters and spaces are not allowed (not sent)"
        );
    }
}
