//! `me`: what a server knows of an item.

use core::fmt;

use super::{TimeToLive, number, speaks_meta, time_to_live};
use crate::command::Command;
use crate::error::ErrorKind;
use crate::key::Key;
use crate::wire::{Encoder, Frame, Shape, Status, digits};

/// `me`: asks what the server knows of an item; that is no access to it. `None` is a miss.
///
/// The reply bears no opaque, and a key in a form of the server's choice: it rests on the count of
/// replies. With a key of 250 bytes it takes receive storage of 400 bytes.
#[derive(Clone, Copy, Debug)]
#[must_use = "a command does nothing until it is sent"]
pub struct Debug<'k> {
    key: Key<'k>,
}

impl<'k> Debug<'k> {
    /// Asks for the item under `key`.
    pub fn new(key: Key<'k>) -> Self {
        Self { key }
    }
}

/// What a server knows of an item; `None` is what it does not tell.
#[derive(Clone, Copy, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Details<'b> {
    key: &'b [u8],
    fields: &'b [u8],
}

impl<'b> Details<'b> {
    /// The item's key as it travels; as base64 if it was stored so.
    pub fn key(&self) -> &'b [u8] {
        self.key
    }

    /// `exp`: how long the item has left to live. (memcached 1.6.18 writes the seconds with a minus,
    /// so that one second reads as unlimited.)
    pub fn time_to_live(&self) -> Option<TimeToLive> {
        let token = self.field(b"exp")?;
        time_to_live(token).or_else(|| number(token.strip_prefix(b"-")?).map(TimeToLive::Seconds))
    }

    /// `la`: the seconds since the item was accessed last.
    pub fn last_access(&self) -> Option<u32> {
        number(self.field(b"la")?)
    }

    /// `cas`: the item's CAS value.
    pub fn cas(&self) -> Option<u64> {
        let mut rest = self.field(b"cas")?;
        digits(&mut rest).filter(|&cas| rest.is_empty() && cas != 0)
    }

    /// `fetch`: whether the item was got since it was stored.
    pub fn is_fetched(&self) -> Option<bool> {
        match self.field(b"fetch")? {
            b"yes" => Some(true),
            b"no" => Some(false),
            _ => None,
        }
    }

    /// `cls`: the number of the slab class in which the item lies.
    pub fn class(&self) -> Option<u32> {
        number(self.field(b"cls")?)
    }

    /// `size`: the bytes that the item takes, its header and key included.
    pub fn size(&self) -> Option<u32> {
        number(self.field(b"size")?)
    }

    /// The text of the field with this name: for those that later servers may have.
    pub fn field(&self, name: &[u8]) -> Option<&'b [u8]> {
        let mut fields = self.fields.split(|&byte| byte == b' ');
        fields.find_map(|field| field.strip_prefix(name)?.strip_prefix(b"="))
    }
}

impl fmt::Debug for Details<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (key, fields) = (self.key.escape_ascii(), self.fields.escape_ascii());
        write!(f, "Details(\"{key}\", {fields})")
    }
}

impl Command for Debug<'_> {
    const NAME: &'static str = "me";
    const IS_READ: bool = true;
    type Reply<'b> = Option<Details<'b>>;

    fn encode<'v>(&'v self, out: &mut Encoder<'_, 'v>) {
        if speaks_meta(out) {
            out.meta(*b"me", self.key).end_without_flags(Shape::DEBUG);
        }
    }

    fn decode<'b>(frame: &Frame<'b>) -> Result<Option<Details<'b>>, ErrorKind> {
        match frame.status() {
            Status::NotFound => Ok(None),
            Status::Value => {
                let mut words = frame.data()?.splitn(2, |&byte| byte == b' ');
                match (words.next(), words.next()) {
                    (Some(key), Some(fields)) if !key.is_empty() => {
                        Ok(Some(Details { key, fields }))
                    }
                    _ => Err(ErrorKind::Malformed),
                }
            }
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
    fn details() {
        let debug = Debug::new(Key::new("k").unwrap());
        for (reply, text) in [
            (
                &b"ME k exp=-1 la=2 cas=3 fetch=no cls=1 size=63\r\n"[..],
                "Ok(Some(Details(\"k\", exp=-1 la=2 cas=3 fetch=no cls=1 size=63)))",
            ),
            (b"EN\r\n", "Ok(None)"),
            (b"ME k\r\n", "Err(Malformed, Unknown)"),
            (b"ME  exp=-1\r\n", "Err(Malformed, Unknown)"),
            (b"END\r\n", "Err(Malformed, Unknown)"),
            (b"HD\r\n", "Err(Malformed, Unknown)"),
            (b"ERROR\r\n", "Err(Command(\"ERROR\"), Refused)"),
        ] {
            check(Meta, &debug, b"me k\r\n", reply, text);
        }
        let debug = Debug::new(Key::encoded(b"\0\x01\x02").unwrap());
        check(
            Meta,
            &debug,
            b"me AAEC b\r\n",
            b"ME AAEC exp=9\r\n",
            "Ok(Some(Details(\"AAEC\", exp=9)))",
        );
    }

    #[test]
    fn fields_by_their_names() {
        let of = |fields: &'static [u8]| Details { key: b"k", fields };
        let details = of(b"new=1 size=63 exp=30 fetch=yes cas=18446744073709551615 la=2 cls=1");
        assert_eq!(details.time_to_live(), Some(TimeToLive::Seconds(30)));
        assert_eq!(details.last_access(), Some(2));
        assert_eq!(details.cas(), Some(u64::MAX));
        assert_eq!(details.is_fetched(), Some(true));
        assert_eq!(details.class(), Some(1));
        assert_eq!(details.size(), Some(63));
        assert_eq!(details.field(b"new"), Some(&b"1"[..]));
        assert_eq!(details.field(b"ne"), None);

        assert_eq!(
            of(b"exp=-100").time_to_live(),
            Some(TimeToLive::Seconds(100))
        );
        assert_eq!(of(b"exp=-1").time_to_live(), Some(TimeToLive::Unlimited));

        let details = of(b"exp=x la= cas=0 fetch=maybe size=-1");
        assert_eq!(details.time_to_live(), None);
        assert_eq!(details.last_access(), None);
        assert_eq!(details.cas(), None);
        assert_eq!(details.is_fetched(), None);
        assert_eq!(details.class(), None);
        assert_eq!(details.size(), None);
    }
}
