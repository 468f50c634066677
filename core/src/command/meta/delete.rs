//! `md`: removing an item, or marking it as stale.

use super::{Answer, Cas, Letters, speaks_meta};
use crate::command::Command;
use crate::error::ErrorKind;
use crate::expiry::Expiry;
use crate::key::Key;
use crate::wire::{Encoder, Feature, Frame, Status};

/// `md`: removes an item, or marks it as stale.
#[derive(Clone, Copy, Debug)]
#[must_use = "a command does nothing until it is sent"]
pub struct Delete<'k> {
    key: Key<'k>,
    letters: Letters,
    invalidate: bool,
    until: Option<Expiry>,
    cas: Cas,
}

impl<'k> Delete<'k> {
    /// Removes the item under `key`.
    pub fn new(key: Key<'k>) -> Self {
        Self {
            key,
            letters: Letters::default(),
            invalidate: false,
            until: None,
            cas: Cas::default(),
        }
    }

    /// `C`: removes it if its CAS value still is `cas`.
    pub fn compare(self, cas: u64) -> Self {
        Self {
            cas: self.cas.compare(cas),
            ..self
        }
    }

    /// `E`: gives an item that stays this CAS value. Takes memcached 1.6.27.
    pub fn choose_cas(self, cas: u64) -> Self {
        Self {
            cas: self.cas.choose(cas),
            ..self
        }
    }

    /// `I`: does not remove the item but marks it as [stale](Answer::is_stale), with another CAS
    /// value; the next who gets it [has won](Answer::is_won).
    pub fn invalidate(self) -> Self {
        Self {
            invalidate: true,
            ..self
        }
    }

    /// `I` with `T`: the same, and lets the item live until `expiry`.
    pub fn invalidate_until(self, expiry: Expiry) -> Self {
        Self {
            until: Some(expiry),
            ..self.invalidate()
        }
    }

    /// `x`: removes the item's value and client flags but leaves the item. Takes memcached 1.6.27.
    pub fn only_value(self) -> Self {
        self.with(b'x')
    }

    /// `k`: asks for the key.
    pub fn with_key(self) -> Self {
        self.with(b'k')
    }

    fn with(self, letter: u8) -> Self {
        Self {
            letters: self.letters.with(letter),
            ..self
        }
    }
}

impl Command for Delete<'_> {
    const NAME: &'static str = "md";
    type Reply<'b> = Answer<'b>;

    fn encode<'v>(&'v self, out: &mut Encoder<'_, 'v>) {
        if !speaks_meta(out) {
            return;
        }
        if self.letters.has(b'x') {
            out.needs(Feature::ChosenCas);
        }
        out.meta(*b"md", self.key);
        self.letters.write(out);
        if self.invalidate {
            out.bytes(b" I");
        }
        if let Some(expiry) = self.until {
            out.expiry(b" T", expiry);
        }
        self.cas.write(out);
        out.end();
    }

    fn decode<'b>(frame: &Frame<'b>) -> Result<Answer<'b>, ErrorKind> {
        match frame.status() {
            Status::Value => Err(ErrorKind::Malformed),
            _ => Answer::of(frame),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::check::check;
    use crate::wire::Protocol::Meta;

    #[test]
    fn options_and_their_answers() {
        let delete = Delete::new(Key::new("k").unwrap());
        let all = delete
            .with_key()
            .only_value()
            .invalidate_until(Expiry::seconds(2))
            .compare(4)
            .choose_cas(5);
        for (delete, line, reply, text) in [
            (
                delete,
                &b"md k Oa\r\n"[..],
                &b"HD Oa\r\n"[..],
                "Ok(Done of \"HD Oa\")",
            ),
            (
                delete,
                b"md k Oa\r\n",
                b"NF Oa\r\n",
                "Ok(NotFound of \"NF Oa\")",
            ),
            (
                delete.compare(4),
                b"md k C4 Oa\r\n",
                b"EX Oa\r\n",
                "Ok(Exists of \"EX Oa\")",
            ),
            (
                delete.invalidate(),
                b"md k I Oa\r\n",
                b"HD Oa\r\n",
                "Ok(Done of \"HD Oa\")",
            ),
            (
                delete.only_value(),
                b"md k x Oa\r\n",
                b"NS Oa\r\n",
                "Ok(NotStored of \"NS Oa\")",
            ),
            (
                all,
                b"md k k x I T2 C4 E5 Oa\r\n",
                b"HD kk Oa\r\n",
                "Ok(Done of \"HD kk Oa\")",
            ),
            (
                delete,
                b"md k Oa\r\n",
                b"VA 1 Oa\r\nx\r\n",
                "Err(Malformed, Unknown)",
            ),
        ] {
            check(Meta, &delete, line, reply, text);
        }
    }
}
