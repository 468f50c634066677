//! Storing many items with as few round trips as can be.

use super::store::Mode;
use super::{Batch, Command, Store, Stored};
use crate::error::ErrorKind;
use crate::expiry::Expiry;
use crate::wire::{Encoder, Form, Frame};

/// Stores any number of items: what became of each.
///
/// Meta lines and packets are quiet: only what failed is answered, and a no-op behind them tells
/// that all the others were stored. An error line names no key: where a server answers with one,
/// each request that it may be meant for is [`Unconfirmed`](ErrorKind::Unconfirmed), unless the
/// batch is [`precise`](Self::precise). Values that do not fit the send storage have a round trip
/// of their own.
#[derive(Clone, Copy, Debug)]
#[must_use = "a batch does nothing until it is sent"]
pub struct StoreMany<'k, K, V> {
    items: &'k [(K, V)],
    mode: Mode,
    flags: u32,
    expiry: Expiry,
    is_precise: bool,
}

impl<'k, K: AsRef<[u8]>, V: AsRef<[u8]>> StoreMany<'k, K, V> {
    /// Stores these values under these keys, whatever there was.
    pub fn set(items: &'k [(K, V)]) -> Self {
        Self::new(Mode::Set, items)
    }

    /// Stores those of which there is no item yet.
    pub fn add(items: &'k [(K, V)]) -> Self {
        Self::new(Mode::Add, items)
    }

    /// Stores `flags` beside the values; 0 unless told.
    pub fn flags(self, flags: u32) -> Self {
        Self { flags, ..self }
    }

    /// Lets the items live until `expiry`; for ever unless told.
    pub fn expiry(self, expiry: Expiry) -> Self {
        Self { expiry, ..self }
    }

    /// Has each request answered, so that each error is told of its own key.
    pub fn precise(self) -> Self {
        Self {
            is_precise: true,
            ..self
        }
    }

    fn new(mode: Mode, items: &'k [(K, V)]) -> Self {
        Self {
            items,
            mode,
            flags: 0,
            expiry: Expiry::NEVER,
            is_precise: false,
        }
    }
}

impl<'k, K: AsRef<[u8]>, V: AsRef<[u8]>> Batch for StoreMany<'k, K, V> {
    const NAME: &'static str = "store many";
    type Name = &'k K;
    type Reply<'b> = Stored;

    fn name(&self, index: usize) -> Option<&'k K> {
        self.items.get(index).map(|(key, _)| key)
    }

    fn count(&self) -> usize {
        self.items.len()
    }

    fn open(&self, out: &mut Encoder<'_, '_>) -> Form {
        if self.is_precise {
            Form::Each
        } else {
            out.quiet()
        }
    }

    fn encode<'v>(&'v self, index: usize, out: &mut Encoder<'_, 'v>) {
        if let Some((key, value)) = self.items.get(index)
            && let Some(key) = out.checked(key)
        {
            Store::with_mode(self.mode, key, value.as_ref())
                .flags(self.flags)
                .expiry(self.expiry)
                .write(out);
        }
    }

    fn decode<'b>(frame: &Frame<'b>) -> Result<Stored, ErrorKind> {
        Store::decode(frame)
    }

    fn silence<'b>() -> Option<Self::Reply<'b>> {
        Some(Stored::Stored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::check::{Packet, check_batch};
    use crate::wire::Protocol::{Binary, Meta, Text};

    const ITEMS: [(&str, &str); 3] = [("a", "x"), ("b", ""), ("c", "yz")];

    #[test]
    fn classic() {
        let lines = b"set a 0 0 1\r\nx\r\nset b 0 0 0\r\n\r\nset c 0 0 2\r\nyz\r\n";
        let set = StoreMany::set(&ITEMS);
        check_batch(
            Text,
            &set,
            lines,
            b"STORED\r\nSTORED\r\nSTORED\r\n",
            &["0: Ok(Stored)", "1: Ok(Stored)", "2: Ok(Stored)"],
        );
        // Every error is told of its own key.
        check_batch(
            Text,
            &set,
            lines,
            b"STORED\r\nSERVER_ERROR out of memory storing object\r\nSTORED\r\n",
            &[
                "0: Ok(Stored)",
                "1: Err(OutOfMemory(\"SERVER_ERROR out of memory storing object\"), RefusedAndGone)",
                "2: Ok(Stored)",
            ],
        );
        // Behind this one nobody knows what the server took the rest for.
        check_batch(
            Text,
            &set,
            lines,
            b"STORED\r\nCLIENT_ERROR bad data chunk\r\nERROR\r\n",
            &[
                "0: Ok(Stored)",
                "1: Err(Client(\"CLIENT_ERROR bad data chunk\"), Unknown)",
                "2: Err(Closed, Unknown)",
            ],
        );
        check_batch(
            Text,
            &StoreMany::add(&ITEMS[..2]),
            b"add a 0 0 1\r\nx\r\nadd b 0 0 0\r\n\r\n",
            b"NOT_STORED\r\nSTORED\r\n",
            &["0: Ok(NotStored)", "1: Ok(Stored)"],
        );
    }

    #[test]
    fn meta() {
        let lines = b"ms a 1 q Oab\r\nx\r\nms b 0 q Obb\r\n\r\nms c 2 q Ocb\r\nyz\r\nmn\r\n";
        let set = StoreMany::set(&ITEMS);
        let all = ["0: Ok(Stored)", "1: Ok(Stored)", "2: Ok(Stored)"];
        check_batch(Meta, &set, lines, b"MN\r\n", &all);
        // An answer that was not to be is one all the same.
        check_batch(
            Meta,
            &set,
            lines,
            b"HD Obb\r\nMN\r\n",
            &["1: Ok(Stored)", "0: Ok(Stored)", "2: Ok(Stored)"],
        );
        // Before the end nobody knows that the first will not be answered too.
        check_batch(
            Meta,
            &set,
            lines,
            b"NS Obb\r\nMN\r\n",
            &["1: Ok(NotStored)", "0: Ok(Stored)", "2: Ok(Stored)"],
        );
        for (reply, outcomes) in [
            // Out of order, twice, or of a request that was not made.
            (
                &b"NS Obb\r\nNS Oab\r\n"[..],
                [
                    "1: Ok(NotStored)",
                    "0: Err(Mismatched, Unknown)",
                    "2: Err(Mismatched, Unknown)",
                ],
            ),
            (
                b"NS Oab\r\nNS Oab\r\n",
                [
                    "0: Ok(NotStored)",
                    "1: Err(Mismatched, Unknown)",
                    "2: Err(Mismatched, Unknown)",
                ],
            ),
            (
                b"NS Odb\r\n",
                [
                    "0: Err(Mismatched, Unknown)",
                    "1: Err(Mismatched, Unknown)",
                    "2: Err(Mismatched, Unknown)",
                ],
            ),
            (
                b"NS\r\n",
                [
                    "0: Err(Mismatched, Unknown)",
                    "1: Err(Mismatched, Unknown)",
                    "2: Err(Mismatched, Unknown)",
                ],
            ),
            (
                b"STORED\r\n",
                [
                    "0: Err(Malformed, Unknown)",
                    "1: Err(Malformed, Unknown)",
                    "2: Err(Malformed, Unknown)",
                ],
            ),
        ] {
            check_batch(Meta, &set, lines, reply, &outcomes);
        }
    }

    #[test]
    fn an_error_line_names_no_key() {
        let set = StoreMany::set(&ITEMS);
        let lines = b"ms a 1 q Oab\r\nx\r\nms b 0 q Obb\r\n\r\nms c 2 q Ocb\r\nyz\r\nmn\r\n";
        let too_large = "SERVER_ERROR object too large for cache";
        let hidden = |index| std::format!("{index}: Err(Unconfirmed(\"{too_large}\"), Unknown)");
        let hidden = [hidden(0), hidden(1), hidden(2)];
        check_batch(
            Meta,
            &set,
            lines,
            b"SERVER_ERROR object too large for cache\r\nMN\r\n",
            &hidden.each_ref().map(|text| &text[..]),
        );
        // Between two answers stands the error of whatever was asked between.
        check_batch(
            Meta,
            &set,
            lines,
            b"NS Oab\r\nSERVER_ERROR object too large for cache\r\nNS Ocb\r\nMN\r\n",
            &[
                "0: Ok(NotStored)",
                "2: Ok(NotStored)",
                "1: Err(TooLarge(\"SERVER_ERROR object too large for cache\"), RefusedAndGone)",
            ],
        );
        check_batch(
            Meta,
            &set,
            lines,
            b"SERVER_ERROR object too large for cache\r\nNS Ocb\r\nMN\r\n",
            &["2: Ok(NotStored)", &hidden[0], &hidden[1]],
        );
        // There is nothing between that it could be the error of.
        let unsolicited = |index| std::format!("{index}: Err(Unsolicited, Unknown)");
        check_batch(
            Meta,
            &set,
            lines,
            b"NS Oab\r\nSERVER_ERROR object too large for cache\r\nNS Obb\r\nMN\r\n",
            &["0: Ok(NotStored)", &unsolicited(1), &unsolicited(2)],
        );
        check_batch(
            Meta,
            &set,
            lines,
            b"NS Ocb\r\nSERVER_ERROR object too large for cache\r\nMN\r\n",
            &["2: Ok(NotStored)", &unsolicited(0), &unsolicited(1)],
        );
        // The data may have been run as commands: nothing behind it counts.
        let bad = "Err(Unconfirmed, Unknown)";
        let bad = [0, 1, 2].map(|index| std::format!("{index}: {bad}"));
        check_batch(
            Meta,
            &set,
            lines,
            b"CLIENT_ERROR bad data chunk\r\nERROR\r\n",
            &bad.each_ref().map(|text| &text[..]),
        );
        let none = "Err(TooManyConnections, NotSent)";
        let none = [0, 1, 2].map(|index| std::format!("{index}: {none}"));
        check_batch(
            Meta,
            &set,
            lines,
            b"ERROR Too many open connections\r\n",
            &none.each_ref().map(|text| &text[..]),
        );
        // Where each is answered, the order tells.
        check_batch(
            Meta,
            &set.precise(),
            b"ms a 1 Oab\r\nx\r\nms b 0 Obb\r\n\r\nms c 2 Ocb\r\nyz\r\n",
            b"HD Oab\r\nSERVER_ERROR object too large for cache\r\nHD Ocb\r\n",
            &[
                "0: Ok(Stored)",
                "1: Err(TooLarge, RefusedAndGone)",
                "2: Ok(Stored)",
            ],
        );
        check_batch(
            Meta,
            &set.precise(),
            b"ms a 1 Oab\r\nx\r\nms b 0 Obb\r\n\r\nms c 2 Ocb\r\nyz\r\n",
            b"HD Obb\r\n",
            &[
                "0: Err(Mismatched, Unknown)",
                "1: Err(Mismatched, Unknown)",
                "2: Err(Mismatched, Unknown)",
            ],
        );
    }

    #[test]
    fn binary() {
        let set = |opaque: u32, key, value: &[u8]| {
            let packet = Packet::asks(0x11).opaque(0x0011_0000 + opaque);
            packet.extras(&[0; 8]).key(key).value(value).bytes()
        };
        let end = |packet: Packet| packet.opaque(0x000A_0003).bytes();
        let request = [
            set(0, "a", b"x"),
            set(1, "b", b""),
            set(2, "c", b"yz"),
            end(Packet::asks(0x0A)),
        ]
        .concat();
        let last = end(Packet::answers(0x0A));
        let batch = StoreMany::set(&ITEMS);
        let all = ["0: Ok(Stored)", "1: Ok(Stored)", "2: Ok(Stored)"];
        check_batch(Binary, &batch, &request, &last, &all);
        let refused = Packet::answers(0x11).opaque(0x0011_0001).status(3);
        check_batch(
            Binary,
            &batch,
            &request,
            &[refused.value(b"Too large.").bytes(), last].concat(),
            &[
                "1: Err(TooLarge, RefusedAndGone)",
                "0: Ok(Stored)",
                "2: Ok(Stored)",
            ],
        );
    }

    #[test]
    fn a_line_in_place_of_packets_says_nothing_of_what_was_stored() {
        let set = Packet::asks(0x11).opaque(0x0011_0000);
        let set = set.extras(&[0; 8]).key("a").value(b"x").bytes();
        let other = Packet::asks(0x11).opaque(0x0011_0001);
        let other = other.extras(&[0; 8]).key("b").bytes();
        let end = Packet::asks(0x0A).opaque(0x000A_0002).bytes();
        let request = [set, other, end].concat();
        for (line, outcome) in [
            (
                &b"ERROR Too many open connections\r\n"[..],
                "TooManyConnections, NotSent",
            ),
            (b"ERROR\r\n", "Unconfirmed, Unknown"),
        ] {
            let outcomes = [0, 1].map(|index| std::format!("{index}: Err({outcome})"));
            let outcomes = outcomes.each_ref().map(|text| &text[..]);
            let batch = StoreMany::set(&ITEMS[..2]);
            check_batch(Binary, &batch, &request, line, &outcomes);
        }
    }

    #[test]
    fn what_cannot_be_sent_fails_alone() {
        let large = [b'x'; 100];
        let items = [("a", &b"x"[..]), ("b\n", b"y"), ("c", &large), ("d", b"z")];
        let batch = StoreMany::set(&items).expiry(Expiry::seconds(i64::MAX));
        for protocol in [Text, Meta, Binary] {
            let expired = |index| std::format!("{index}: Err(Expiry, NotSent)");
            let bad = "1: Err(Key(Byte { at: 1, byte: 10 }), NotSent)";
            let outcomes = [&expired(0), bad, &expired(2), &expired(3)];
            check_batch(protocol, &batch, b"", b"", &outcomes);
        }
    }
}
