//! Watching what a server does.

use core::fmt;

use super::{Batch, DumpedKey};
use crate::decimal::Decimal;
use crate::error::{ErrorKind, Text};
use crate::wire::{Encoder, Feature, Form, Frame, Protocol, Shape, lines};

/// Watches what a server does: events come until the connection is closed (memcached 1.4.26).
///
/// Such a connection is good for nothing else, and what gives the watch up breaks it. A server may
/// refuse ([`Refused`](ErrorKind::Refused)), as when 20 watch already. Of a watcher that reads too
/// slowly it skips events, and says how many. The binary protocol has no such thing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "a batch does nothing until it is sent"]
pub struct Watch {
    /// A bit for each of [`Watched`].
    kinds: u8,
}

/// What can be watched.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Watched {
    /// What is got, or was not there.
    Fetchers,
    /// What is stored.
    Mutations,
    /// What makes room for other items.
    Evictions,
    /// Connections that begin and end. (memcached 1.6.11)
    Connections,
    /// What is deleted. (memcached 1.6.20)
    Deletions,
    /// A proxy's requests.
    ProxyRequests,
    /// A proxy's own events.
    ProxyEvents,
    /// What a proxy's program logs.
    ProxyUser,
}

/// Their words, each in the place of its bit.
const WORDS: [&[u8]; 8] = [
    b" fetchers",
    b" mutations",
    b" evictions",
    b" connevents",
    b" deletions",
    b" proxyreqs",
    b" proxyevents",
    b" proxyuser",
];

impl Watch {
    /// Watches these; of nothing, what the server takes for it: what is got.
    pub const fn new(what: &[Watched]) -> Self {
        let (mut kinds, mut rest) = (0, what);
        while let [first, behind @ ..] = rest {
            kinds |= 1 << (*first as u8);
            rest = behind;
        }
        Self { kinds }
    }
}

impl Batch for Watch {
    const NAME: &'static str = "watch";
    const IS_READ: bool = true;
    const IS_LINES: bool = true;
    type Name = ();
    type Reply<'b> = Event<'b>;

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
            out.unsupported("watch in the binary protocol");
        }
        out.needs(Feature::Watch).line(b"watch", Shape::EVENTS);
        for (at, word) in WORDS.iter().enumerate() {
            if self.kinds >> at & 1 == 1 {
                out.bytes(word);
            }
        }
        out.end();
    }

    fn decode<'b>(frame: &Frame<'b>) -> Result<Event<'b>, ErrorKind> {
        let line = lines::line(frame)?;
        if line == b"OK" {
            return Ok(Event::Started);
        }
        if let Some(count) = line.strip_prefix(b"skipped=") {
            return lines::whole_number(count).map(Event::Skipped);
        }
        Record::read(line).map(Event::Happened)
    }
}

/// What comes of a [`Watch`].
#[derive(Clone, Copy, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Event<'b> {
    /// The watch has begun: from now on nothing is missed but what is told to be skipped.
    Started,
    /// So many events were skipped, for the watcher was too slow.
    Skipped(u64),
    /// Something happened.
    Happened(Record<'b>),
}

impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started => f.write_str("Started"),
            Self::Skipped(count) => write!(f, "Skipped({:?})", Decimal(*count)),
            Self::Happened(record) => record.fmt(f),
        }
    }
}

/// Something that happened at the server.
#[derive(Clone, Copy, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Record<'b> {
    /// When, in whole seconds since 1970.
    pub seconds: u64,
    /// And the microseconds.
    pub micros: u32,
    /// Its number among all of the server's events. They are not quite in order.
    pub number: u64,
    /// What it was.
    pub what: What<'b>,
    line: &'b [u8],
}

/// What happened. What has no type of its own can be read by [column](Record::column).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum What<'b> {
    /// An item was asked for.
    Get {
        /// The key.
        key: DumpedKey<'b>,
        /// Whether it was found.
        is_found: bool,
    },
    /// An item was to be stored.
    Store {
        /// The key.
        key: DumpedKey<'b>,
        /// Whether it was: else [`column`](Record::column) `status` says why not.
        is_stored: bool,
    },
    /// An item made room for another.
    Evict {
        /// The key.
        key: DumpedKey<'b>,
    },
    /// An item was deleted.
    Delete {
        /// The key.
        key: DumpedKey<'b>,
    },
    /// A connection began.
    Connect,
    /// A connection ended; [`column`](Record::column) `reason` says why.
    Disconnect,
    /// Something else; this is the server's word for it.
    Other(Word<'b>),
}

/// A server's word.
#[derive(Clone, Copy, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Word<'b>(
    /// The word's bytes.
    pub &'b [u8],
);

impl fmt::Debug for Word<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&Text::new(self.0), f)
    }
}

impl<'b> Record<'b> {
    /// `ts=1795601782.979763 gid=3 type=item_get key=a status=found clsid=1 cfd=16 size=3`
    fn read(line: &'b [u8]) -> Result<Self, ErrorKind> {
        let column = |name: &str| lines::column(line, name.as_bytes()).ok_or(ErrorKind::Malformed);
        let (seconds, rest) = lines::leading_number(column("ts")?).ok_or(ErrorKind::Malformed)?;
        // The server writes them without the zeros in front.
        let micros = rest.strip_prefix(b".").ok_or(ErrorKind::Malformed)?;
        let micros = u32::try_from(lines::whole_number(micros)?);
        let key = || DumpedKey::escaped(column("key")?);
        let kind = column("type")?;
        let what = match kind {
            b"item_get" => What::Get {
                key: key()?,
                is_found: column("status")? == b"found",
            },
            b"item_store" => What::Store {
                key: key()?,
                is_stored: column("status")? == b"stored",
            },
            b"eviction" => What::Evict { key: key()? },
            b"deletion" => What::Delete { key: key()? },
            b"conn_new" => What::Connect,
            b"conn_close" => What::Disconnect,
            _ => What::Other(Word(kind)),
        };
        Ok(Self {
            seconds,
            micros: micros.map_err(|_| ErrorKind::Malformed)?,
            number: lines::whole_number(column("gid")?)?,
            what,
            line,
        })
    }

    /// Any column of the line by its name, such as `size`, `ttl` or `rip`.
    pub fn column(&self, name: &str) -> Option<&'b [u8]> {
        lines::column(self.line, name.as_bytes())
    }

    /// The line as it came, without its end.
    pub fn line(&self) -> &'b [u8] {
        self.line
    }
}

impl fmt::Debug for Record<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("seconds", &Decimal(self.seconds))
            .field("micros", &Decimal(self.micros.into()))
            .field("number", &Decimal(self.number))
            .field("what", &self.what)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::check::check_batch;
    use Protocol::{Binary, Meta, Text};

    #[test]
    fn events() {
        let watch = Watch::new(&[Watched::Mutations, Watched::Fetchers, Watched::Mutations]);
        let reply = b"OK\r\n\
            ts=1.79763 gid=3 type=item_get key=a status=found clsid=1 cfd=16 size=3\n\
            ts=1.999999 gid=4 type=item_get key=%00 status=not_found clsid=0 cfd=16 size=0\n\
            skipped=12\n\
            ts=2.0 gid=6 type=item_store key=c status=stored cmd=set ttl=0 clsid=1 cfd=16 size=1\n\
            ts=2.0 gid=6 type=item_store key=c status=too_large cmd=set ttl=0 clsid=1 cfd=16\n\
            ts=2.1 gid=7 type=eviction key=d fetch=no ttl=-1 la=3 clsid=1 size=60\n\
            ts=2.1 gid=8 type=conn_new rip=127.0.0.1 rport=1 transport=tcp cfd=16\n\
            ts=2.1 gid=9 type=slab_move src=1 dst=2\n";
        let told = [
            "0: Ok(Started)",
            "0: Ok(Record { seconds: 1, micros: 79763, number: 3, what: Get { key: \"a\", is_found: true } })",
            "0: Ok(Record { seconds: 1, micros: 999999, number: 4, what: Get { key: \"%00\", is_found: false } })",
            "0: Ok(Skipped(12))",
            "0: Ok(Record { seconds: 2, micros: 0, number: 6, what: Store { key: \"c\", is_stored: true } })",
            "0: Ok(Record { seconds: 2, micros: 0, number: 6, what: Store { key: \"c\", is_stored: false } })",
            "0: Ok(Record { seconds: 2, micros: 1, number: 7, what: Evict { key: \"d\" } })",
            "0: Ok(Record { seconds: 2, micros: 1, number: 8, what: Connect })",
            "0: Ok(Record { seconds: 2, micros: 1, number: 9, what: Other(\"slab_move\") })",
            "more is wanted",
        ];
        for protocol in [Text, Meta] {
            let request = b"watch fetchers mutations\r\n";
            check_batch(protocol, &watch, request, reply, &told);
        }
        let every = Watch::new(&[
            Watched::Evictions,
            Watched::Connections,
            Watched::Deletions,
            Watched::ProxyRequests,
            Watched::ProxyEvents,
            Watched::ProxyUser,
        ]);
        let line = b"watch evictions connevents deletions proxyreqs proxyevents proxyuser\r\n";
        check_batch(Text, &every, line, b"", &["more is wanted"]);
    }

    #[test]
    fn refused_and_malformed() {
        let check = |reply: &[u8], told: &[&str]| {
            check_batch(Meta, &Watch::new(&[]), b"watch\r\n", reply, told);
        };
        for words in [
            "WATCHER_TOO_MANY log watcher limit reached",
            "WATCHER_FAILED failed to add log watcher",
            "ERROR cannot pipeline other commands before watch",
        ] {
            let line = std::format!("{words}\r\n");
            let told = std::format!("0: Err(Refused(\"{words}\"), Refused)");
            check(line.as_bytes(), &[&told]);
        }
        check(
            b"CLIENT_ERROR watch commands not allowed\r\n",
            &["0: Err(Client(\"CLIENT_ERROR watch commands not allowed\"), Refused)"],
        );
        for line in [
            "ts=1 gid=3 type=conn_new",
            "ts=1.0 type=conn_new",
            "ts=1.0 gid=x type=conn_new",
            "ts=1.0 gid=3",
            "ts=1.0 gid=3 type=item_get status=found",
            "ts=1.0 gid=3 type=item_get key=%",
            "ts=1.4294967296 gid=3 type=conn_new",
            "skipped=many",
            "END",
            "",
        ] {
            check(
                std::format!("{line}\n").as_bytes(),
                &["0: Err(Malformed, Unknown)", "0: Err(Closed, Unknown)"],
            );
        }
        let refused = "0: Err(Unsupported(\"watch in the binary protocol\"), NotSent)";
        check_batch(Binary, &Watch::new(&[]), b"", b"", &[refused]);
    }
}
