//! `ma`: adding to and subtracting from a stored number.

use super::{Answer, Cas, Letters, speaks_meta};
use crate::command::Command;
use crate::decimal::Decimal;
use crate::error::ErrorKind;
use crate::expiry::Expiry;
use crate::key::Key;
use crate::wire::{Encoder, Frame};

/// `ma`: adds to or subtracts from a stored number.
#[derive(Clone, Copy, Debug)]
#[must_use = "a command does nothing until it is sent"]
pub struct Count<'k> {
    key: Key<'k>,
    letters: Letters,
    is_down: bool,
    delta: Decimal,
    initial: Option<(Decimal, Expiry)>,
    touch: Option<Expiry>,
    cas: Cas,
}

impl<'k> Count<'k> {
    /// `D`: adds `delta`; numbers have 64 bits and wrap around.
    pub fn up(key: Key<'k>, delta: u64) -> Self {
        Self {
            key,
            letters: Letters::default(),
            is_down: false,
            delta: Decimal(delta),
            initial: None,
            touch: None,
            cas: Cas::default(),
        }
    }

    /// `MD` and `D`: subtracts `delta`, down to 0.
    pub fn down(key: Key<'k>, delta: u64) -> Self {
        Self {
            is_down: true,
            ..Self::up(key, delta)
        }
    }

    /// `J` and `N`: stores `value` until `expiry` if there is no item.
    pub fn or_initial(self, value: u64, expiry: Expiry) -> Self {
        Self {
            initial: Some((Decimal(value), expiry)),
            ..self
        }
    }

    /// `T`: lets an item that is there live until `expiry`.
    pub fn touch(self, expiry: Expiry) -> Self {
        Self {
            touch: Some(expiry),
            ..self
        }
    }

    /// `C`: counts if the item's CAS value still is `cas`.
    pub fn compare(self, cas: u64) -> Self {
        Self {
            cas: self.cas.compare(cas),
            ..self
        }
    }

    /// `E`: gives the item this CAS value. Takes memcached 1.6.27.
    pub fn choose_cas(self, cas: u64) -> Self {
        Self {
            cas: self.cas.choose(cas),
            ..self
        }
    }

    /// `v`: asks for the new number, [`Answer::number`].
    pub fn with_value(self) -> Self {
        self.with(b'v')
    }

    /// `c`: asks for the new CAS value.
    pub fn with_cas(self) -> Self {
        self.with(b'c')
    }

    /// `t`: asks for the time that is left to live. Of an item that was just created, memcached
    /// 1.6.18 says that it is unlimited.
    pub fn with_time_to_live(self) -> Self {
        self.with(b't')
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

impl Command for Count<'_> {
    const NAME: &'static str = "ma";
    type Reply<'b> = Answer<'b>;

    fn encode<'v>(&'v self, out: &mut Encoder<'_, 'v>) {
        if !speaks_meta(out) {
            return;
        }
        if self.cas.compare == Some(Decimal(0)) {
            // To servers it says that there is no condition.
            out.unsupported("counting by a CAS value of 0");
        }
        out.meta(*b"ma", self.key);
        if self.is_down {
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
            // Before `t`: servers heed the flags one by one, and it shall tell what they made of it.
            out.expiry(b" T", expiry);
        }
        self.letters.write(out);
        self.cas.write(out);
        out.end();
    }

    fn decode<'b>(frame: &Frame<'b>) -> Result<Answer<'b>, ErrorKind> {
        let answer = Answer::of(frame)?;
        match (answer.value(), answer.number()) {
            (Some(_), None) => Err(ErrorKind::Malformed),
            _ => Ok(answer),
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
        let count = Count::up(Key::new("k").unwrap(), 1);
        let all = Count::down(Key::new("k").unwrap(), 2)
            .with_value()
            .with_cas()
            .with_time_to_live()
            .with_key()
            .or_initial(3, Expiry::seconds(4))
            .touch(Expiry::seconds(5))
            .compare(6)
            .choose_cas(7);
        for (count, line, reply, text) in [
            (
                count,
                &b"ma k Oa\r\n"[..],
                &b"HD Oa\r\n"[..],
                "Ok(Done of \"HD Oa\")",
            ),
            (
                count,
                b"ma k Oa\r\n",
                b"NF Oa\r\n",
                "Ok(NotFound of \"NF Oa\")",
            ),
            (
                count,
                b"ma k Oa\r\n",
                b"NS Oa\r\n",
                "Ok(NotStored of \"NS Oa\")",
            ),
            (
                count.compare(6),
                b"ma k C6 Oa\r\n",
                b"EX Oa\r\n",
                "Ok(Exists of \"EX Oa\")",
            ),
            (
                all,
                b"ma k MD D2 N4 J3 T5 c k t v C6 E7 Oa\r\n",
                b"VA 2 c7 kk t5 Oa\r\n9 \r\n",
                "Ok(Done, Item(\"9 \", cas 7) of \"VA 2 c7 kk t5 Oa\")",
            ),
            (
                count.with_value(),
                b"ma k v Oa\r\n",
                b"VA 1 Oa\r\nx\r\n",
                "Err(Malformed, Unknown)",
            ),
            (
                count,
                b"ma k Oa\r\n",
                b"CLIENT_ERROR cannot increment or decrement non-numeric value\r\n",
                "Err(NotNumeric, Refused)",
            ),
        ] {
            check(Meta, &count, line, reply, text);
        }
        let text = "Err(Unsupported(\"counting by a CAS value of 0\"), NotSent)";
        check(Meta, &count.compare(0), b"", b"", text);
    }
}
