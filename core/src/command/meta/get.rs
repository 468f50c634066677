//! `mg`: getting an item, or what is known of it.

use super::{Answer, Cas, Letters, speaks_meta};
use crate::command::Command;
use crate::error::ErrorKind;
use crate::expiry::Expiry;
use crate::key::Key;
use crate::wire::{Encoder, Feature, Frame, Status};

/// `mg`: gets an item, or only what is known of it; `None` is a miss.
///
/// Without any option the answer says no more than that there is an item. Who uses
/// [`vivify`](Self::vivify) or [`recache`](Self::recache) had better use
/// [`Lease`](crate::command::Lease), which tells an item from a stub.
///
/// A reply with a key of 250 bytes and all the rest takes receive storage of 400 bytes.
#[derive(Clone, Copy, Debug)]
#[must_use = "a command does nothing until it is sent"]
pub struct Get<'k> {
    key: Key<'k>,
    letters: Letters,
    touch: Option<Expiry>,
    vivify: Option<Expiry>,
    recache: Option<u32>,
    cas: Cas,
}

impl<'k> Get<'k> {
    /// Asks for the item under `key`.
    pub fn new(key: Key<'k>) -> Self {
        Self {
            key,
            letters: Letters::default(),
            touch: None,
            vivify: None,
            recache: None,
            cas: Cas::default(),
        }
    }

    /// `v`: asks for the value.
    pub fn with_value(self) -> Self {
        self.with(b'v')
    }

    /// `f`: asks for the client flags.
    pub fn with_flags(self) -> Self {
        self.with(b'f')
    }

    /// `c`: asks for the CAS value.
    pub fn with_cas(self) -> Self {
        self.with(b'c')
    }

    /// `t`: asks for the time that is left to live.
    pub fn with_time_to_live(self) -> Self {
        self.with(b't')
    }

    /// `l`: asks for the time since the last access.
    pub fn with_last_access(self) -> Self {
        self.with(b'l')
    }

    /// `h`: asks whether the item was got before.
    pub fn with_hit_before(self) -> Self {
        self.with(b'h')
    }

    /// `s`: asks for the size of the value.
    pub fn with_size(self) -> Self {
        self.with(b's')
    }

    /// `k`: asks for the key.
    pub fn with_key(self) -> Self {
        self.with(b'k')
    }

    /// `u`: does not count as an access: the item is not kept longer for it.
    pub fn without_bump(self) -> Self {
        self.with(b'u')
    }

    /// `T`: lets the item live until `expiry`.
    pub fn touch(self, expiry: Expiry) -> Self {
        Self {
            touch: Some(expiry),
            ..self
        }
    }

    /// `N`: stores an empty item until `expiry` if there is none; the first who is told of it
    /// [has won](Answer::is_won).
    pub fn vivify(self, expiry: Expiry) -> Self {
        Self {
            vivify: Some(expiry),
            ..self
        }
    }

    /// `R`: if the item has less than `seconds` left to live, the first who is told of it
    /// [has won](Answer::is_won).
    pub fn recache(self, seconds: u32) -> Self {
        Self {
            recache: Some(seconds),
            ..self
        }
    }

    /// `C`: leaves the value away if the item's CAS value is `cas`: the caller has it already.
    /// Takes memcached 1.6.40; older servers send the value all the same.
    pub fn unless_cas(self, cas: u64) -> Self {
        Self {
            cas: self.cas.compare(cas),
            ..self
        }
    }

    /// `E`: gives an item that [`vivify`](Self::vivify) stores this CAS value. Takes memcached
    /// 1.6.27.
    pub fn choose_cas(self, cas: u64) -> Self {
        Self {
            cas: self.cas.choose(cas),
            ..self
        }
    }

    fn with(self, letter: u8) -> Self {
        Self {
            letters: self.letters.with(letter),
            ..self
        }
    }
}

impl Command for Get<'_> {
    const NAME: &'static str = "mg";
    type Reply<'b> = Option<Answer<'b>>;

    fn encode<'v>(&'v self, out: &mut Encoder<'_, 'v>) {
        if !speaks_meta(out) {
            return;
        }
        if self.cas.compare.is_some() {
            out.needs(Feature::GetUnlessCas);
        }
        // Before `t`: servers heed the flags one by one, and it shall tell what they made of it.
        out.meta(*b"mg", self.key);
        if let Some(expiry) = self.touch {
            out.expiry(b" T", expiry);
        }
        if let Some(expiry) = self.vivify {
            out.expiry(b" N", expiry);
        }
        if let Some(seconds) = self.recache {
            out.number(b" R", seconds.into());
        }
        self.letters.write(out);
        self.cas.write(out);
        out.end();
    }

    fn decode<'b>(frame: &Frame<'b>) -> Result<Option<Answer<'b>>, ErrorKind> {
        match frame.status() {
            Status::NotFound => Ok(None),
            Status::Ok | Status::Value => Answer::of(frame).map(Some),
            _ => Err(frame.unexpected()),
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
        let get = Get::new(Key::new("k").unwrap());
        let all = get
            .with_value()
            .with_flags()
            .with_cas()
            .with_time_to_live()
            .with_last_access()
            .with_hit_before()
            .with_size()
            .with_key()
            .without_bump();
        let all_of_it = all
            .touch(Expiry::seconds(1))
            .vivify(Expiry::seconds(2))
            .recache(3)
            .unless_cas(4)
            .choose_cas(5);
        for (get, line, reply, text) in [
            (
                get,
                &b"mg k Oa\r\n"[..],
                &b"HD Oa\r\n"[..],
                "Ok(Some(Done of \"HD Oa\"))",
            ),
            (get, b"mg k Oa\r\n", b"EN Oa\r\n", "Ok(None)"),
            (get, b"mg k Oa\r\n", b"EN\r\n", "Ok(None)"),
            (get, b"mg k Oa\r\n", b"NS Oa\r\n", "Err(Malformed, Unknown)"),
            (get, b"mg k Oa\r\n", b"EX Oa\r\n", "Err(Malformed, Unknown)"),
            (
                get,
                b"mg k Oa\r\n",
                b"HD Ob\r\n",
                "Err(Mismatched, Unknown)",
            ),
            (
                all,
                b"mg k c f h k l s t u v Oa\r\n",
                b"VA 2 c9 f7 h0 kk l1 s2 t-1 Oa\r\nab\r\n",
                "Ok(Some(Done, Item(\"ab\", flags 7, cas 9) of \"VA 2 c9 f7 h0 kk l1 s2 t-1 Oa\"))",
            ),
            (
                all_of_it,
                b"mg k T1 N2 R3 c f h k l s t u v C4 E5 Oa\r\n",
                b"VA 0 Oa W\r\n\r\n",
                "Ok(Some(Done, Item(\"\") of \"VA 0 Oa W\"))",
            ),
            (
                get.with_value().unless_cas(9),
                b"mg k v C9 Oa\r\n",
                b"HD Oa\r\n",
                "Ok(Some(Done of \"HD Oa\"))",
            ),
            (
                get.vivify(Expiry::seconds(2_592_001)),
                b"",
                b"",
                "Err(Expiry, NotSent)",
            ),
        ] {
            check(Meta, &get, line, reply, text);
        }
    }

    #[test]
    fn keys_of_any_bytes() {
        let get = Get::new(Key::encoded(b"\0\x01\x02").unwrap()).with_key();
        check(
            Meta,
            &get,
            b"mg AAEC k b Oa\r\n",
            b"HD kAAEC b Oa\r\n",
            "Ok(Some(Done of \"HD kAAEC b Oa\"))",
        );
    }
}
