//! `ms`: storing a value.

use core::fmt;

use super::{Answer, Cas, Letters, speaks_meta};
use crate::command::Command;
use crate::error::ErrorKind;
use crate::expiry::Expiry;
use crate::key::Key;
use crate::wire::{Encoder, Feature, Frame, Status};

/// `ms`: stores a value.
///
/// A server that refuses the value, in whatever mode, removes what was stored before.
#[derive(Clone, Copy)]
#[must_use = "a command does nothing until it is sent"]
pub struct Set<'k, 'v> {
    key: Key<'k>,
    value: &'v [u8],
    letters: Letters,
    flags: u32,
    expiry: Expiry,
    mode: Mode,
    create: Option<Expiry>,
    invalidate: bool,
    cas: Cas,
}

// What is derived for more than five fields can panic.
impl fmt::Debug for Set<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Set")
            .field("key", &self.key)
            .field("value", &self.value)
            .field("letters", &self.letters)
            .field("flags", &self.flags)
            .field("expiry", &self.expiry)
            .field("mode", &self.mode)
            .field("create", &self.create)
            .field("invalidate", &self.invalidate)
            .field("cas", &self.cas)
            .finish()
    }
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Mode {
    Set,
    Add,
    Append,
    Prepend,
    Replace,
}

impl<'k, 'v> Set<'k, 'v> {
    /// Stores `value` under `key`, whatever there was.
    pub fn new(key: Key<'k>, value: &'v [u8]) -> Self {
        Self {
            key,
            value,
            letters: Letters::default(),
            flags: 0,
            expiry: Expiry::NEVER,
            mode: Mode::Set,
            create: None,
            invalidate: false,
            cas: Cas::default(),
        }
    }

    /// `ME`: stores it if there is no item yet.
    pub fn add(self) -> Self {
        self.with_mode(Mode::Add)
    }

    /// `MA`: puts it behind the item's value.
    pub fn append(self) -> Self {
        self.with_mode(Mode::Append)
    }

    /// `MP`: puts it in front of the item's value.
    pub fn prepend(self) -> Self {
        self.with_mode(Mode::Prepend)
    }

    /// `MR`: stores it if there is an item.
    pub fn replace(self) -> Self {
        self.with_mode(Mode::Replace)
    }

    /// `N`: to [`append`](Self::append) and [`prepend`](Self::prepend), stores the value until
    /// `expiry` if there is no item. [`Unsupported`](ErrorKind::Unsupported) in other modes. Takes
    /// memcached 1.6.20; older servers store nothing.
    pub fn or_create(self, expiry: Expiry) -> Self {
        Self {
            create: Some(expiry),
            ..self
        }
    }

    /// `F`: stores `flags` beside the value; 0 unless told.
    pub fn flags(self, flags: u32) -> Self {
        Self { flags, ..self }
    }

    /// `T`: lets the item live until `expiry`; for ever unless told.
    pub fn expiry(self, expiry: Expiry) -> Self {
        Self { expiry, ..self }
    }

    /// `C`: stores it if the item's CAS value still is `cas`.
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

    /// `I`: with [`compare`](Self::compare), stores the value even if the item's CAS value is
    /// higher, and marks it as stale then. The item's expiry stays what it was.
    pub fn invalidate(self) -> Self {
        Self {
            invalidate: true,
            ..self
        }
    }

    /// `c`: asks for the CAS value of what was stored. Takes memcached 1.6.13.
    pub fn with_cas(self) -> Self {
        self.with(b'c')
    }

    /// `s`: asks for the size of what was stored. Takes memcached 1.6.20; older servers do not
    /// tell.
    pub fn with_size(self) -> Self {
        self.with(b's')
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

    fn with_mode(self, mode: Mode) -> Self {
        Self { mode, ..self }
    }

    fn write(&self, out: &mut Encoder<'_, 'v>) {
        if !speaks_meta(out) {
            return;
        }
        if self.letters.has(b'c') {
            out.needs(Feature::StoredCas);
        }
        if self.letters.has(b's') || self.create.is_some() {
            out.needs(Feature::AppendCreating);
        }
        let length: &[u8] = if out.lacks(Feature::PlacedLength) {
            b" S"
        } else {
            b" "
        };
        out.meta(*b"ms", self.key)
            .number(length, self.value.len() as u64);
        self.letters.write(out);
        if self.flags != 0 {
            out.number(b" F", self.flags.into());
        }
        if self.expiry != Expiry::NEVER {
            out.expiry(b" T", self.expiry);
        }
        let appends = matches!(self.mode, Mode::Append | Mode::Prepend);
        match self.create {
            Some(expiry) if appends => out.expiry(b" N", expiry),
            Some(_) => out.unsupported("creating an item but by append and prepend"),
            None => &mut *out,
        };
        if self.invalidate {
            out.bytes(b" I");
        }
        self.cas.write(out);
        out.bytes(match self.mode {
            Mode::Set => b"",
            Mode::Add => b" ME",
            Mode::Append => b" MA",
            Mode::Prepend => b" MP",
            Mode::Replace => b" MR",
        });
        out.refusal_removes().value(self.value);
    }
}

impl Command for Set<'_, '_> {
    const NAME: &'static str = "ms";
    type Reply<'b> = Answer<'b>;

    fn encode<'a>(&'a self, out: &mut Encoder<'_, 'a>) {
        // What is lent for longer is lent for so long too.
        let shorter: &Set<'_, 'a> = self;
        shorter.write(out);
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
        let set = Set::new(Key::new("k").unwrap(), b"x");
        let all = set.with_cas().with_size().with_key();
        let all_of_it = all
            .flags(1)
            .expiry(Expiry::seconds(2))
            .append()
            .or_create(Expiry::seconds(3))
            .invalidate()
            .compare(4)
            .choose_cas(5);
        for (set, line, reply, text) in [
            (
                set,
                &b"ms k 1 Oa\r\nx\r\n"[..],
                &b"HD Oa\r\n"[..],
                "Ok(Done of \"HD Oa\")",
            ),
            (
                set.add(),
                b"ms k 1 ME Oa\r\nx\r\n",
                b"NS Oa\r\n",
                "Ok(NotStored of \"NS Oa\")",
            ),
            (
                set.replace(),
                b"ms k 1 MR Oa\r\nx\r\n",
                b"NS Oa\r\n",
                "Ok(NotStored of \"NS Oa\")",
            ),
            (
                set.prepend().or_create(Expiry::NEVER),
                b"ms k 1 N0 MP Oa\r\nx\r\n",
                b"HD Oa\r\n",
                "Ok(Done of \"HD Oa\")",
            ),
            (
                all_of_it,
                b"ms k 1 c k s F1 T2 N3 I C4 E5 MA Oa\r\nx\r\n",
                b"HD c5 kk s9 Oa\r\n",
                "Ok(Done of \"HD c5 kk s9 Oa\")",
            ),
            (
                set.compare(4),
                b"ms k 1 C4 Oa\r\nx\r\n",
                b"EX Oa\r\n",
                "Ok(Exists of \"EX Oa\")",
            ),
            (
                set.compare(4),
                b"ms k 1 C4 Oa\r\nx\r\n",
                b"NF Oa\r\n",
                "Ok(NotFound of \"NF Oa\")",
            ),
            (
                set,
                b"ms k 1 Oa\r\nx\r\n",
                b"VA 1 Oa\r\nx\r\n",
                "Err(Malformed, Unknown)",
            ),
            (
                set.add(),
                b"ms k 1 ME Oa\r\nx\r\n",
                b"SERVER_ERROR object too large for cache\r\n",
                "Err(TooLarge, RefusedAndGone)",
            ),
            (
                set.or_create(Expiry::NEVER),
                b"",
                b"",
                "Err(Unsupported(\"creating an item but by append and prepend\"), NotSent)",
            ),
        ] {
            check(Meta, &set, line, reply, text);
        }
    }
}
