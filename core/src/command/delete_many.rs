//! Removing many items with as few round trips as can be.

use super::{Batch, Command, Delete};
use crate::error::ErrorKind;
use crate::wire::{Encoder, Feature, Form, Frame, Protocol};

/// Removes any number of items: whether each was there.
///
/// It is quiet and may be precise as [`StoreMany`](super::StoreMany) is.
#[derive(Clone, Copy, Debug)]
#[must_use = "a batch does nothing until it is sent"]
pub struct DeleteMany<'k, K> {
    keys: &'k [K],
    is_precise: bool,
}

impl<'k, K: AsRef<[u8]>> DeleteMany<'k, K> {
    /// Removes the items under `keys`.
    pub fn new(keys: &'k [K]) -> Self {
        Self {
            keys,
            is_precise: false,
        }
    }

    /// Has each request answered, so that each error is told of its own key.
    pub fn precise(self) -> Self {
        Self {
            is_precise: true,
            ..self
        }
    }
}

impl<'k, K: AsRef<[u8]>> Batch for DeleteMany<'k, K> {
    const NAME: &'static str = "delete many";
    type Name = &'k K;
    type Reply<'b> = bool;

    fn name(&self, index: usize) -> Option<&'k K> {
        self.keys.get(index)
    }

    fn count(&self) -> usize {
        self.keys.len()
    }

    fn open(&self, out: &mut Encoder<'_, '_>) -> Form {
        // Of a server before 1.6.18 nobody could tell which it says was not there.
        let is_told = out.protocol() != Protocol::Meta || out.knows(Feature::MissesWithOpaque);
        if self.is_precise || !is_told {
            Form::Each
        } else {
            out.quiet()
        }
    }

    fn encode<'v>(&'v self, index: usize, out: &mut Encoder<'_, 'v>) {
        if let Some(key) = self.keys.get(index)
            && let Some(key) = out.checked(key)
        {
            Delete::new(key).write(out);
        }
    }

    fn decode<'b>(frame: &Frame<'b>) -> Result<bool, ErrorKind> {
        Delete::decode(frame)
    }

    fn silence<'b>() -> Option<Self::Reply<'b>> {
        Some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Dialect;
    use crate::command::check::{Packet, check_batch, check_batch_by};
    use crate::wire::Protocol::{Binary, Meta, Text};

    /// A server that tells which request a miss answers.
    const NEW: Dialect = Dialect::new(1, 6, 18);

    /// It knows no `mn` either, so that a group would have no end.
    #[test]
    fn a_server_without_meta_commands() {
        let delete = DeleteMany::new(&["a", "b"]);
        let refused = "Err(Unsupported(\"the server knows no meta commands; choose Protocol::Text\"), Unknown)";
        let refused = [0, 1].map(|index| std::format!("{index}: {refused}"));
        let refused = refused.each_ref().map(|text| &text[..]);
        let lines = b"md a q Oab\r\nmd b q Obb\r\nmn\r\n";
        check_batch_by(NEW, Meta, &delete, lines, b"ERROR\r\n", &refused);
        check_batch_by(
            NEW,
            Meta,
            &delete,
            lines,
            b"ERROR\r\nERROR\r\nERROR\r\n",
            &refused,
        );
    }

    #[test]
    fn whether_they_were_there() {
        let batch = DeleteMany::new(&["a", "b"]);
        let outcomes = ["0: Ok(true)", "1: Ok(false)"];
        let line = b"delete a\r\ndelete b\r\n";
        check_batch(Text, &batch, line, b"DELETED\r\nNOT_FOUND\r\n", &outcomes);
        let lines = b"md a q Oab\r\nmd b q Obb\r\nmn\r\n";
        let quiet = ["1: Ok(false)", "0: Ok(true)"];
        check_batch_by(NEW, Meta, &batch, lines, b"NF Obb\r\nMN\r\n", &quiet);
        let lines = b"md a Oab\r\nmd b Obb\r\n";
        check_batch(
            Meta,
            &batch.precise(),
            lines,
            b"HD Oab\r\nNF Obb\r\n",
            &outcomes,
        );
        // Before 1.6.18 a server does not say which was not there, so an unknown one is asked aloud.
        check_batch(Meta, &batch, lines, b"HD Oab\r\nNF\r\n", &outcomes);

        let ask = |opaque: u32, key| {
            let packet = Packet::asks(0x14).opaque(0x0014_0000 + opaque);
            packet.key(key).bytes()
        };
        let end = |packet: Packet| packet.opaque(0x000A_0002).bytes();
        let request = [ask(0, "a"), ask(1, "b"), end(Packet::asks(0x0A))].concat();
        let missing = Packet::answers(0x14).opaque(0x0014_0001).status(1);
        let reply = [
            missing.value(b"Not found").bytes(),
            end(Packet::answers(0x0A)),
        ];
        check_batch(Binary, &batch, &request, &reply.concat(), &quiet);
    }
}
