//! Counting many numbers with as few round trips as can be.

use super::{Batch, Command, Count};
use crate::error::ErrorKind;
use crate::expiry::Expiry;
use crate::wire::{Encoder, Form, Frame};

/// Adds to or subtracts from any number of stored numbers: what each is then.
///
/// Every request is answered: a server that is asked to be quiet does not tell the numbers.
#[derive(Clone, Copy, Debug)]
#[must_use = "a batch does nothing until it is sent"]
pub struct CountMany<'k, K> {
    keys: &'k [K],
    is_down: bool,
    delta: u64,
    initial: Option<(u64, Expiry)>,
}

impl<'k, K: AsRef<[u8]>> CountMany<'k, K> {
    /// Adds `delta` to each.
    pub fn up(keys: &'k [K], delta: u64) -> Self {
        Self {
            keys,
            is_down: false,
            delta,
            initial: None,
        }
    }

    /// Subtracts `delta` from each.
    pub fn down(keys: &'k [K], delta: u64) -> Self {
        Self {
            is_down: true,
            ..Self::up(keys, delta)
        }
    }

    /// Stores `value` until `expiry` where there is no item yet: see [`Count::or_initial`].
    pub fn or_initial(self, value: u64, expiry: Expiry) -> Self {
        Self {
            initial: Some((value, expiry)),
            ..self
        }
    }
}

impl<'k, K: AsRef<[u8]>> Batch for CountMany<'k, K> {
    const NAME: &'static str = "count many";
    type Name = &'k K;
    type Reply<'b> = u64;

    fn name(&self, index: usize) -> Option<&'k K> {
        self.keys.get(index)
    }

    fn count(&self) -> usize {
        self.keys.len()
    }

    fn open(&self, _out: &mut Encoder<'_, '_>) -> Form {
        Form::Each
    }

    fn encode<'v>(&'v self, index: usize, out: &mut Encoder<'_, 'v>) {
        let Some(key) = self.keys.get(index).and_then(|key| out.checked(key)) else {
            return;
        };
        let count = if self.is_down {
            Count::down(key, self.delta)
        } else {
            Count::up(key, self.delta)
        };
        match self.initial {
            Some((value, expiry)) => count.or_initial(value, expiry).write(out),
            None => count.write(out),
        }
    }

    fn decode<'b>(frame: &Frame<'b>) -> Result<u64, ErrorKind> {
        Count::decode(frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::check::{Packet, check_batch};
    use crate::wire::Protocol::{Binary, Meta, Text};

    #[test]
    fn each_is_answered() {
        let batch = CountMany::up(&["a", "b", "c"], 2);
        let outcomes = [
            "0: Ok(9)",
            "1: Err(NotFound, Refused)",
            "2: Err(NotNumeric, Refused)",
        ];
        check_batch(
            Text,
            &batch,
            b"incr a 2\r\nincr b 2\r\nincr c 2\r\n",
            b"9\r\nNOT_FOUND\r\nCLIENT_ERROR cannot increment or decrement non-numeric value\r\n",
            &outcomes,
        );
        check_batch(
            Meta,
            &batch,
            b"ma a v D2 Oab\r\nma b v D2 Obb\r\nma c v D2 Ocb\r\n",
            b"VA 1 Oab\r\n9\r\nNF Obb\r\nCLIENT_ERROR cannot increment or decrement non-numeric value\r\n",
            &outcomes,
        );
        let extras = [
            0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255,
        ];
        let ask = |opaque: u32, key| {
            let packet = Packet::asks(5).opaque(0x0005_0000 + opaque);
            packet.extras(&extras).key(key).bytes()
        };
        let answer = |opaque: u32| Packet::answers(5).opaque(0x0005_0000 + opaque);
        let requests = [ask(0, "a"), ask(1, "b"), ask(2, "c")].concat();
        let replies = [
            answer(0).value(&[0, 0, 0, 0, 0, 0, 0, 9]).bytes(),
            answer(1).status(1).value(b"Not found").bytes(),
            answer(2).status(6).value(b"Non-numeric").bytes(),
        ];
        check_batch(Binary, &batch, &requests, &replies.concat(), &outcomes);
        let swapped = [&replies[1], &replies[0]].map(|reply| &reply[..]).concat();
        let wrong = [0, 1, 2].map(|index| std::format!("{index}: Err(Mismatched, Unknown)"));
        let wrong = wrong.each_ref().map(|text| &text[..]);
        check_batch(Binary, &batch, &requests, &swapped, &wrong);
        // The server has read nothing.
        let none = "Err(TooManyConnections, NotSent)";
        let none = [0, 1, 2].map(|index| std::format!("{index}: {none}"));
        let none = none.each_ref().map(|text| &text[..]);
        for (protocol, requests) in [
            (Text, &b"incr a 2\r\nincr b 2\r\nincr c 2\r\n"[..]),
            (Meta, b"ma a v D2 Oab\r\nma b v D2 Obb\r\nma c v D2 Ocb\r\n"),
            (Binary, &requests),
        ] {
            let line = b"ERROR Too many open connections\r\n";
            check_batch(protocol, &batch, requests, line, &none);
        }
    }
}
