//! Listing items with what the server knows of them.

use core::fmt;

use super::{Batch, DumpedKey};
use crate::decimal::Decimal;
use crate::error::ErrorKind;
use crate::wire::{Encoder, Feature, Form, Frame, Protocol, Shape, lines};

/// Which items to list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Crawl<'a> {
    /// All, slab class by slab class.
    All,
    /// All, in the order of the server's hash table: that disturbs it least. (memcached 1.6.9)
    Hash,
    /// Those of these slab classes, 63 at most.
    Classes(&'a [u8]),
}

impl Crawl<'_> {
    pub(super) fn write(self, out: &mut Encoder<'_, '_>) {
        match self {
            Self::All => _ = out.bytes(b" all"),
            Self::Hash => _ = out.bytes(b" hash"),
            Self::Classes(classes) => {
                if !(1..=63).contains(&classes.len()) {
                    out.unsupported("a dump of no slab class, or of more than there are");
                }
                let mut before: &[u8] = b" ";
                for &class in classes {
                    out.number(before, class.into());
                    before = b",";
                }
            }
        }
        out.end();
    }
}

/// Lists items with what the server knows of them, but for the values (`lru_crawler metadump`).
///
/// An item that comes or goes meanwhile may be listed or not. A server does one such thing at a
/// time, and none if it was started with `-X`: then it is [`Refused`](ErrorKind::Refused). So may
/// the rest of a list be. Servers before 1.5.4 do not tell where the list ends. The binary protocol
/// has no such thing.
#[derive(Clone, Copy, Debug)]
#[must_use = "a batch does nothing until it is sent"]
pub struct Metadump<'a> {
    crawl: Crawl<'a>,
}

impl<'a> Metadump<'a> {
    /// Lists these items.
    pub fn new(crawl: Crawl<'a>) -> Self {
        Self { crawl }
    }
}

impl Batch for Metadump<'_> {
    const NAME: &'static str = "metadump";
    const IS_READ: bool = true;
    const IS_LINES: bool = true;
    type Name = ();
    type Reply<'b> = Metadata<'b>;

    fn name(&self, index: usize) -> Option<()> {
        (index == 0).then_some(())
    }

    fn count(&self) -> usize {
        1
    }

    fn open(&self, _: &mut Encoder<'_, '_>) -> Form {
        Form::Stream
    }

    fn encode<'v>(&'v self, _: usize, out: &mut Encoder<'_, 'v>) {
        if out.protocol() == Protocol::Binary {
            out.unsupported("metadump in the binary protocol");
        }
        out.needs(Feature::Metadump);
        out.line(b"lru_crawler metadump", Shape::DUMP);
        self.crawl.write(out);
    }

    fn decode<'b>(frame: &Frame<'b>) -> Result<Metadata<'b>, ErrorKind> {
        let line = lines::line(frame)?;
        let key = line.strip_prefix(b"key=").ok_or(ErrorKind::Malformed)?;
        let key = key.split(|&byte| byte == b' ').next().unwrap_or_default();
        let number = |name: &str| lines::number(line, name.as_bytes());
        let expires = match lines::column(line, b"exp") {
            Some(b"-1") | None => None,
            Some(digits) => Some(lines::whole_number(digits)?),
        };
        let is_fetched = match lines::column(line, b"fetch") {
            Some(b"yes") => Some(true),
            Some(b"no") => Some(false),
            None => None,
            Some(_) => return Err(ErrorKind::Malformed),
        };
        Ok(Metadata {
            key: DumpedKey::escaped(key)?,
            expires,
            last_access: number("la")?,
            cas: number("cas")?,
            is_fetched,
            class: number("cls")?,
            size: number("size")?,
            flags: number("flags")?,
            line,
        })
    }
}

/// What a [`Metadump`] tells of an item: `None` stands for what the server did not tell.
#[derive(Clone, Copy, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Metadata<'b> {
    /// The key.
    pub key: DumpedKey<'b>,
    /// When it expires, in seconds since 1970; `None` is never.
    pub expires: Option<u64>,
    /// When it was last got or stored, in seconds since 1970.
    pub last_access: Option<u64>,
    /// Its CAS value.
    pub cas: Option<u64>,
    /// Whether it was got since it was stored.
    pub is_fetched: Option<bool>,
    /// Its slab class.
    pub class: Option<u64>,
    /// Its bytes, with the server's own for it.
    pub size: Option<u64>,
    /// Its client flags. (memcached 1.6.24)
    pub flags: Option<u64>,
    line: &'b [u8],
}

impl<'b> Metadata<'b> {
    /// Any column of the line by its name, such as `ext_page`.
    pub fn column(&self, name: &str) -> Option<&'b [u8]> {
        lines::column(self.line, name.as_bytes())
    }
}

impl fmt::Debug for Metadata<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metadata")
            .field("key", &self.key)
            .field("expires", &self.expires.map(Decimal))
            .field("last_access", &self.last_access.map(Decimal))
            .field("cas", &self.cas.map(Decimal))
            .field("is_fetched", &self.is_fetched)
            .field("class", &self.class.map(Decimal))
            .field("size", &self.size.map(Decimal))
            .field("flags", &self.flags.map(Decimal))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::check::check_batch;
    use Protocol::{Binary, Meta, Text};

    const MALFORMED: [&str; 2] = ["0: Err(Malformed, Unknown)", "0: Err(Closed, Unknown)"];

    #[test]
    fn metadump() {
        let all = Metadump::new(Crawl::All);
        let request = b"lru_crawler metadump all\r\n";
        let a = "0: Ok(Metadata { key: \"a\", expires: None, last_access: Some(7), cas: Some(1), is_fetched: Some(false), class: Some(1), size: Some(67), flags: None })";
        let c = "0: Ok(Metadata { key: \"%00%25\", expires: Some(9), last_access: None, cas: None, is_fetched: None, class: None, size: None, flags: Some(5) })";
        for protocol in [Text, Meta] {
            for (reply, outcomes) in [
                (&b"END\r\n"[..], &[][..]),
                (b"OK\r\nEND\r\n", &[]),
                (
                    b"key=a exp=-1 la=7 cas=1 fetch=no cls=1 size=67\nEND\r\n",
                    &[a],
                ),
                // From 1.6.43; columns are found by their names.
                (
                    b"OK\r\nkey=%00%25 flags=5 ext_page=1 exp=9\nEND\r\n",
                    &[c],
                ),
                (
                    b"BUSY currently processing crawler request\r\n",
                    &["0: Err(Refused(\"BUSY currently processing crawler request\"), Refused)"],
                ),
                (
                    b"BADCLASS invalid class id\r\n",
                    &["0: Err(Refused(\"BADCLASS invalid class id\"), Refused)"],
                ),
                (
                    b"ERROR metadump not allowed\r\n",
                    &["0: Err(Refused(\"ERROR metadump not allowed\"), Refused)"],
                ),
                (
                    b"key=a exp=-1 la=7 cas=1 fetch=no cls=1 size=67\nERROR locked try again later\r\n",
                    &[a, "0: Err(Refused(\"ERROR locked try again later\"), Refused)"],
                ),
                (b"ERROR\r\n", &["0: Err(Command(\"ERROR\"), Refused)"]),
                (
                    b"ERROR Too many open connections\r\n",
                    &["0: Err(TooManyConnections, NotSent)"],
                ),
                (b"key=a exp=soon\n", &MALFORMED),
                (b"key=a exp=1 fetch=perhaps\n", &MALFORMED),
                (b"key=a cas=18446744073709551616\n", &MALFORMED),
                (b"key=%2 exp=1\n", &MALFORMED),
                (b"key= exp=1\n", &MALFORMED),
                (b"exp=1 key=a\n", &MALFORMED),
                (b"END\n", &MALFORMED),
                (b"EN\r\n", &MALFORMED),
                (b"\r\n", &MALFORMED),
            ] {
                check_batch(protocol, &all, request, reply, outcomes);
            }
        }
    }

    #[test]
    fn which_items() {
        for (crawl, request) in [
            (Crawl::Hash, &b"lru_crawler metadump hash\r\n"[..]),
            (Crawl::Classes(&[7]), b"lru_crawler metadump 7\r\n"),
            (
                Crawl::Classes(&[1, 20, 255]),
                b"lru_crawler metadump 1,20,255\r\n",
            ),
        ] {
            check_batch(Meta, &Metadump::new(crawl), request, b"END\r\n", &[]);
        }
        for classes in [&[][..], &[1; 64]] {
            let dump = Metadump::new(Crawl::Classes(classes));
            let refused = "0: Err(Unsupported(\"a dump of no slab class, or of more than there are\"), NotSent)";
            check_batch(Text, &dump, b"", b"", &[refused]);
        }
        let refused = "0: Err(Unsupported(\"metadump in the binary protocol\"), NotSent)";
        check_batch(Binary, &Metadump::new(Crawl::All), b"", b"", &[refused]);
    }
}
