//! Getting an item, or the task to compute it.

use core::fmt;

use super::{Command, Item};
use crate::decimal::Decimal;
use crate::error::ErrorKind;
use crate::expiry::Expiry;
use crate::key::Key;
use crate::wire::{Encoder, Frame, Protocol, Status, returned};

/// Gets an item; where there is none, or it is stale or about to expire, makes one of all who ask
/// compute it: so that many who miss the same item do not all compute it.
///
/// The one who has [won](Leased::Won) stores the value with
/// [`Store::cas`](super::Store::cas), so that it does not overwrite what came in between.
///
/// Where there is no item, the server stores an empty stub, which is never taken for a value here.
/// Those who get the key by other means see an empty value, not a miss: let all readers of a key use
/// leases. Nor can a stub be told from an empty value without flags that was marked as stale or is
/// about to expire; that is not handed out as stale.
///
/// A server that has no memory for a stub gives the task to nobody:
/// [`OutOfMemory`](ErrorKind::OutOfMemory).
///
/// It is the meta protocol's: [`Unsupported`](ErrorKind::Unsupported) elsewhere.
#[derive(Clone, Copy, Debug)]
#[must_use = "a command does nothing until it is sent"]
pub struct Lease<'k> {
    key: Key<'k>,
    lasts: Expiry,
    recache: Option<u32>,
}

/// What a [`Lease`] got.
#[derive(Clone, Copy, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "the task may be the caller's"]
pub enum Leased<'b> {
    /// The item.
    Fresh(Item<'b>),
    /// The task: the caller is the only one who is to compute the value and to store it.
    Won {
        /// What to store it with; `None` where the server keeps no CAS values.
        cas: Option<u64>,
        /// An item that is stale or about to expire, if there is one.
        stale: Option<Item<'b>>,
    },
    /// Somebody else has the task and has not stored the value yet.
    Taken {
        /// An item that is stale or about to expire, if there is one.
        stale: Option<Item<'b>>,
    },
}

// As derived, but for the CAS value: the digits of `u64` can panic.
impl fmt::Debug for Leased<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fresh(item) => f.debug_tuple("Fresh").field(item).finish(),
            Self::Won { cas, stale } => f
                .debug_struct("Won")
                .field("cas", &cas.map(Decimal))
                .field("stale", stale)
                .finish(),
            Self::Taken { stale } => f.debug_struct("Taken").field("stale", stale).finish(),
        }
    }
}

impl<'k> Lease<'k> {
    /// Asks for the item under `key`. Who wins a missing one has until `lasts` to store it; then
    /// the next may win. (For ever, [`Expiry::NEVER`], is until it is stored: too long, if the
    /// winner may die.)
    pub fn new(key: Key<'k>, lasts: Expiry) -> Self {
        Self {
            key,
            lasts,
            recache: None,
        }
    }

    /// Lets one win an item that has less than `seconds` left to live, so that it is computed
    /// anew before it is missed.
    pub fn recache(self, seconds: u32) -> Self {
        Self {
            recache: Some(seconds),
            ..self
        }
    }
}

impl Command for Lease<'_> {
    const NAME: &'static str = "lease";
    type Reply<'b> = Leased<'b>;

    fn encode<'v>(&'v self, out: &mut Encoder<'_, 'v>) {
        if out.protocol() != Protocol::Meta {
            out.unsupported("leases, but by Protocol::Meta");
            return;
        }
        out.meta(*b"mg", self.key)
            .bytes(b" v f c")
            .expiry(b" N", self.lasts);
        if let Some(seconds) = self.recache {
            out.number(b" R", seconds.into());
        }
        out.end();
    }

    fn decode<'b>(frame: &Frame<'b>) -> Result<Leased<'b>, ErrorKind> {
        match frame.status() {
            Status::Value => {}
            // In place of a miss there is a stub, if the server has memory for one.
            Status::NotFound => return Err(ErrorKind::OutOfMemory),
            _ => return Err(frame.unexpected()),
        }
        let item = Item::of(frame)?;
        let says = |flag| returned(frame.line(), flag).is_some();
        let is_stub = item.value.is_empty() && item.flags == 0;
        let stale = (!is_stub).then_some(item);
        Ok(if says(b'W') {
            let cas = item.cas;
            Leased::Won { cas, stale }
        } else if says(b'Z') || says(b'X') {
            Leased::Taken { stale }
        } else {
            Leased::Fresh(item)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::check::check;
    use Protocol::{Binary, Meta, Text};

    #[test]
    fn lease() {
        let lease = Lease::new(Key::new("k").unwrap(), Expiry::seconds(30));
        let line = b"mg k v f c N30 Oa\r\n";
        let malformed = "Err(Malformed, Unknown)";
        for (reply, text) in [
            (
                &b"VA 2 f7 c9 Oa\r\nab\r\n"[..],
                "Ok(Fresh(Item(\"ab\", flags 7, cas 9)))",
            ),
            // An empty value is one, if nobody is told to compute it.
            (b"VA 0 f0 c9 Oa\r\n\r\n", "Ok(Fresh(Item(\"\", cas 9)))"),
            (
                b"VA 0 f0 c9 Oa W\r\n\r\n",
                "Ok(Won { cas: Some(9), stale: None })",
            ),
            (
                b"VA 0 f0 c0 Oa W\r\n\r\n",
                "Ok(Won { cas: None, stale: None })",
            ),
            (b"VA 0 f0 c9 Oa Z\r\n\r\n", "Ok(Taken { stale: None })"),
            (
                b"VA 2 f0 c9 Oa X W\r\nab\r\n",
                "Ok(Won { cas: Some(9), stale: Some(Item(\"ab\", cas 9)) })",
            ),
            (
                b"VA 2 f0 c9 Oa W\r\nab\r\n",
                "Ok(Won { cas: Some(9), stale: Some(Item(\"ab\", cas 9)) })",
            ),
            (
                b"VA 0 f1 c9 Oa Z X\r\n\r\n",
                "Ok(Taken { stale: Some(Item(\"\", flags 1, cas 9)) })",
            ),
            (b"EN Oa\r\n", "Err(OutOfMemory, Refused)"),
            (b"EN\r\n", "Err(OutOfMemory, Refused)"),
            (b"HD Oa W\r\n", malformed),
            (
                b"SERVER_ERROR out of memory\r\n",
                "Err(OutOfMemory(\"SERVER_ERROR out of memory\"), Refused)",
            ),
        ] {
            check(Meta, &lease, line, reply, text);
        }
        check(
            Meta,
            &lease.recache(10),
            b"mg k v f c N30 R10 Oa\r\n",
            b"VA 0 f0 c9 Oa Z\r\n\r\n",
            "Ok(Taken { stale: None })",
        );
        for protocol in [Text, Binary] {
            let text = "Err(Unsupported(\"leases, but by Protocol::Meta\"), NotSent)";
            check(protocol, &lease, b"", b"", text);
        }
    }
}
