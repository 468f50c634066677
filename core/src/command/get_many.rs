//! Getting many items with as few requests as can be.

use super::{Batch, Command, Get, Item};
use crate::error::ErrorKind;
use crate::expiry::Expiry;
use crate::key::Key;
use crate::wire::{Encoder, Form, Frame, Protocol, Shape};

/// Gets any number of items: what each key has, or that it has none.
///
/// Classic lines carry the keys in the meta protocol too: that is more than twice as fast as
/// single requests.
#[derive(Clone, Copy, Debug)]
#[must_use = "a batch does nothing until it is sent"]
pub struct GetMany<'k, K> {
    keys: &'k [K],
    cas: bool,
    touch: Option<Expiry>,
}

impl<'k, K: AsRef<[u8]>> GetMany<'k, K> {
    /// Gets the items under `keys`.
    pub fn new(keys: &'k [K]) -> Self {
        Self {
            keys,
            cas: false,
            touch: None,
        }
    }

    /// Gets the CAS values too.
    pub fn with_cas(self) -> Self {
        Self { cas: true, ..self }
    }

    /// Lets the items live until `expiry`.
    pub fn touch(self, expiry: Expiry) -> Self {
        Self {
            touch: Some(expiry),
            ..self
        }
    }

    fn get(&self, key: Key<'k>) -> Get<'k> {
        Get::with_options(key, self.cas, self.touch)
    }
}

impl<'k, K: AsRef<[u8]>> Batch for GetMany<'k, K> {
    const NAME: &'static str = "get many";
    const IS_READ: bool = true;
    type Name = &'k K;
    type Reply<'b> = Option<Item<'b>>;

    fn name(&self, index: usize) -> Option<&'k K> {
        self.keys.get(index)
    }

    fn count(&self) -> usize {
        self.keys.len()
    }

    fn open(&self, out: &mut Encoder<'_, '_>) -> Form {
        // A server takes a line of any length only if it begins with `get` or `gets`.
        match (out.protocol(), self.touch) {
            (Protocol::Text | Protocol::Meta, None) => {
                let verb: &[u8] = if self.cas { b"gets" } else { b"get" };
                out.line(verb, Shape::VALUES);
                Form::Line
            }
            _ => out.quiet(),
        }
    }

    fn encode<'v>(&'v self, index: usize, out: &mut Encoder<'_, 'v>) {
        let Some(key) = self.keys.get(index).and_then(|key| out.checked(key)) else {
            return;
        };
        if self.touch.is_none() && out.protocol() != Protocol::Binary {
            out.key(key);
        } else {
            self.get(key).write(out);
        }
    }

    fn decode<'b>(frame: &Frame<'b>) -> Result<Option<Item<'b>>, ErrorKind> {
        Get::decode(frame)
    }

    fn silence<'b>() -> Option<Self::Reply<'b>> {
        Some(None)
    }

    fn asks_for(&self, index: usize, key: &[u8]) -> bool {
        self.keys
            .get(index)
            .is_some_and(|asked| asked.as_ref() == key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::check::{Packet, check_batch};
    use Protocol::{Binary, Meta, Text};

    #[test]
    fn classic_line_in_both_text_protocols() {
        let many = GetMany::new(&["a", "b", "a"]);
        let line = b"get a b a\r\n";
        for protocol in [Text, Meta] {
            for (reply, outcomes) in [
                (
                    &b"END\r\n"[..],
                    &["0: Ok(None)", "1: Ok(None)", "2: Ok(None)"][..],
                ),
                (
                    b"VALUE a 0 1\r\nx\r\nVALUE b 5 0\r\n\r\nVALUE a 0 1\r\nx\r\nEND\r\n",
                    &[
                        "0: Ok(Some(Item(\"x\")))",
                        "1: Ok(Some(Item(\"\", flags 5)))",
                        "2: Ok(Some(Item(\"x\")))",
                    ],
                ),
                // A proxy may answer in another order; what was not answered comes last.
                (
                    b"VALUE b 0 1\r\ny\r\nVALUE a 0 1\r\nx\r\nEND\r\n",
                    &[
                        "1: Ok(Some(Item(\"y\")))",
                        "2: Ok(Some(Item(\"x\")))",
                        "0: Ok(None)",
                    ],
                ),
                (
                    b"VALUE c 0 1\r\ny\r\n",
                    &[
                        "0: Err(Mismatched, Unknown)",
                        "1: Err(Mismatched, Unknown)",
                        "2: Err(Mismatched, Unknown)",
                    ],
                ),
                // A key that was asked for once is answered once.
                (
                    b"VALUE b 0 1\r\ny\r\nVALUE b 0 1\r\ny\r\nEND\r\n",
                    &[
                        "1: Ok(Some(Item(\"y\")))",
                        "0: Err(Mismatched, Unknown)",
                        "2: Err(Mismatched, Unknown)",
                    ],
                ),
                (
                    b"VALUE a 0 1\r\nyy\r\n",
                    &[
                        "0: Err(Malformed, Unknown)",
                        "1: Err(Malformed, Unknown)",
                        "2: Err(Malformed, Unknown)",
                    ],
                ),
                (
                    b"VALUE a 0 1\r\nx\r\nSERVER_ERROR out of memory writing get response\r\n",
                    &[
                        "0: Ok(Some(Item(\"x\")))",
                        "1: Err(Unconfirmed(\"SERVER_ERROR out of memory writing get response\"), Unknown)",
                        "2: Err(Unconfirmed(\"SERVER_ERROR out of memory writing get response\"), Unknown)",
                    ],
                ),
            ] {
                check_batch(protocol, &many, line, reply, outcomes);
            }
        }
    }

    #[test]
    fn with_options() {
        let keys = ["a", "b"];
        let many = GetMany::new(&keys).with_cas();
        for protocol in [Text, Meta] {
            let reply = b"VALUE b 0 1 7\r\ny\r\nEND\r\n";
            let outcomes = ["1: Ok(Some(Item(\"y\", cas 7)))", "0: Ok(None)"];
            check_batch(protocol, &many, b"gets a b\r\n", reply, &outcomes);
        }
        let many = many.touch(Expiry::seconds(60));
        check_batch(
            Text,
            &many,
            b"gats 60 a\r\ngats 60 b\r\n",
            b"END\r\nVALUE b 0 1 7\r\ny\r\nEND\r\n",
            &["0: Ok(None)", "1: Ok(Some(Item(\"y\", cas 7)))"],
        );
        let lines = b"mg a v f c T60 q Oab\r\nmg b v f c T60 q Obb\r\nmn\r\n";
        check_batch(
            Meta,
            &many,
            lines,
            b"MN\r\n",
            &["0: Ok(None)", "1: Ok(None)"],
        );
        check_batch(
            Meta,
            &many,
            lines,
            b"VA 1 f0 c7 Obb\r\ny\r\nMN\r\n",
            &["1: Ok(Some(Item(\"y\", cas 7)))", "0: Ok(None)"],
        );
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
        let many = GetMany::new(&["a", "b"]);
        let check =
            |reply: &[u8], outcomes: &[&str]| check_batch(Binary, &many, &request, reply, outcomes);
        check(&last, &["0: Ok(None)", "1: Ok(None)"]);
        check(
            &[hit(1, "b"), last.clone()].concat(),
            &["1: Ok(Some(Item(\"x\", flags 3)))", "0: Ok(None)"],
        );
        check(
            &[hit(0, "a"), last.clone()].concat(),
            &["0: Ok(Some(Item(\"x\", flags 3)))", "1: Ok(None)"],
        );
        let wrong = |kind| [0, 1].map(|index| std::format!("{index}: Err({kind}, Unknown)"));
        let mismatched = wrong("Mismatched");
        let mismatched = mismatched.each_ref().map(|text| &text[..]);
        check(&[hit(2, "b"), last.clone()].concat(), &mismatched);
        // The same twice, or one behind another that was asked for later.
        check(
            &[hit(0, "a"), hit(0, "a")].concat(),
            &[
                "0: Ok(Some(Item(\"x\", flags 3)))",
                "1: Err(Mismatched, Unknown)",
            ],
        );
        check(
            &[hit(1, "b"), hit(0, "a")].concat(),
            &[
                "1: Ok(Some(Item(\"x\", flags 3)))",
                "0: Err(Mismatched, Unknown)",
            ],
        );
        // A miss is not answered; but if it is, it is one.
        let miss = Packet::answers(0x0D).opaque(0x000D_0000).status(1);
        let miss = miss.value(b"Not found").bytes();
        check(
            &[miss, last.clone()].concat(),
            &["0: Ok(None)", "1: Ok(None)"],
        );
        let early = Packet::answers(0x0A).opaque(0x000A_0001).bytes();
        check(&early, &mismatched);
    }

    #[test]
    fn a_value_under_another_key_is_found_out() {
        let mismatched = ["0: Err(Mismatched, Unknown)", "1: Err(Mismatched, Unknown)"];
        let many = GetMany::new(&["a", "b"]).touch(Expiry::seconds(60));
        check_batch(
            Text,
            &many,
            b"gat 60 a\r\ngat 60 b\r\n",
            b"VALUE b 0 1\r\ny\r\nEND\r\n",
            &mismatched,
        );
        let ask = |opaque: u32, key| {
            let packet = Packet::asks(0x24).opaque(0x0024_0000 + opaque);
            packet.extras(&[0, 0, 0, 60]).key(key).bytes()
        };
        let end = Packet::asks(0x0A).opaque(0x000A_0002).bytes();
        let hit = Packet::answers(0x24).opaque(0x0024_0000);
        let hit = hit.extras(&[0; 4]).key("b").value(b"y").bytes();
        let request = [ask(0, "a"), ask(1, "b"), end].concat();
        check_batch(Binary, &many, &request, &hit, &mismatched);
    }

    #[test]
    fn a_bad_key_fails_its_own_entry() {
        let long = "k".repeat(251);
        for protocol in [Text, Meta] {
            check_batch(
                protocol,
                &GetMany::new(&["a", "b c", "", &long]),
                b"get a\r\n",
                b"VALUE a 0 1\r\nx\r\nEND\r\n",
                &[
                    "0: Ok(Some(Item(\"x\")))",
                    "1: Err(Key(Byte { at: 1, byte: 32 }), NotSent)",
                    "2: Err(Key(Empty), NotSent)",
                    "3: Err(Key(TooLong { length: 251, limit: 250 }), NotSent)",
                ],
            );
        }
    }
}
