//! Changing when many items expire with as few round trips as can be.

use super::{Batch, Command, Touch};
use crate::error::ErrorKind;
use crate::expiry::Expiry;
use crate::wire::{Encoder, Form, Frame};

/// Changes when any number of items expire: whether each was there.
///
/// Every request is answered: the protocols have no quiet form that would tell of a hit and a miss
/// alike.
#[derive(Clone, Copy, Debug)]
#[must_use = "a batch does nothing until it is sent"]
pub struct TouchMany<'k, K> {
    keys: &'k [K],
    expiry: Expiry,
}

impl<'k, K: AsRef<[u8]>> TouchMany<'k, K> {
    /// Lets the items under `keys` live until `expiry`.
    pub fn new(keys: &'k [K], expiry: Expiry) -> Self {
        Self { keys, expiry }
    }
}

impl<'k, K: AsRef<[u8]>> Batch for TouchMany<'k, K> {
    const NAME: &'static str = "touch many";
    type Name = &'k K;
    type Reply<'b> = bool;

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
        if let Some(key) = self.keys.get(index)
            && let Some(key) = out.checked(key)
        {
            Touch::new(key, self.expiry).write(out);
        }
    }

    fn decode<'b>(frame: &Frame<'b>) -> Result<bool, ErrorKind> {
        Touch::decode(frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::check::check_batch;
    use crate::wire::Protocol::{Meta, Text};

    #[test]
    fn each_is_answered() {
        let batch = TouchMany::new(&["a", "b"], Expiry::seconds(9));
        let outcomes = ["0: Ok(true)", "1: Ok(false)"];
        let lines = b"touch a 9\r\ntouch b 9\r\n";
        check_batch(Text, &batch, lines, b"TOUCHED\r\nNOT_FOUND\r\n", &outcomes);
        let lines = b"mg a T9 Oab\r\nmg b T9 Obb\r\n";
        check_batch(Meta, &batch, lines, b"HD Oab\r\nEN Obb\r\n", &outcomes);
    }
}
