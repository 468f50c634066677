//! Requests that any number of lines answer, and the words for each line.

use minimc_core::command::{
    CacheDump, Cached, Crawl, DumpedKey, Event, Metadata, Metadump, Mgdump, Record, Statistic,
    Stats, Watch, Watched, What,
};

use crate::call::{Call, Stream};
use crate::part::{Kind, Part, plain_number};
use crate::words::{Words, printed};

/// The call that asks for this; `None` if none of ours does.
pub(crate) fn call<'a>(part: &Part<'a>) -> Option<Box<dyn Call + 'a>> {
    if part.kind == Kind::Packet {
        let is_plain = part.bytes.first() == Some(&0x80) && part.line.get(4) == Some(&0);
        if !is_plain || part.line.get(1) != Some(&0x10) || part.data.is_some() {
            return None;
        }
        return Some(Box::new(Stream::new(stats(part.key())?)));
    }
    Some(match part.words()[..] {
        [b"stats", b"cachedump", class, limit] if let Some(dump) = cachedump(class, limit) => {
            Box::new(Stream::new(dump))
        }
        [b"stats", ..] => {
            let words = part.line.strip_prefix(b"stats")?;
            Box::new(Stream::new(stats(
                words.strip_prefix(b" ").unwrap_or(words),
            )?))
        }
        [b"lru_crawler", b"metadump", which] => Box::new(Stream::new(Metadump::new(crawl(which)?))),
        [b"lru_crawler", b"mgdump", which] => Box::new(Stream::new(Mgdump::new(crawl(which)?))),
        [b"watch", ref what @ ..] => {
            let what: Option<Vec<_>> = what.iter().copied().map(watched).collect();
            Box::new(Stream::new(Watch::new(&what?)))
        }
        _ => return None,
    })
}

fn stats(words: &[u8]) -> Option<Stats<'_>> {
    match words {
        b"" => Some(Stats::GENERAL),
        _ => Stats::of(words).ok(),
    }
}

fn cachedump(class: &[u8], limit: &[u8]) -> Option<CacheDump> {
    let (class, limit) = (plain_number(class)?, plain_number(limit)?);
    Some(CacheDump::new(
        class.try_into().ok()?,
        limit.try_into().ok()?,
    ))
}

fn crawl(which: &[u8]) -> Option<Crawl<'static>> {
    Some(match which {
        b"all" => Crawl::All,
        b"hash" => Crawl::Hash,
        _ => {
            let classes = which.split(|byte| *byte == b',');
            let classes = classes.map(|class| plain_number(class)?.try_into().ok());
            // A call owns nothing it could lend its command; these are a few bytes.
            Crawl::Classes(classes.collect::<Option<Vec<u8>>>()?.leak())
        }
    })
}

fn watched(word: &[u8]) -> Option<Watched> {
    Some(match word {
        b"fetchers" => Watched::Fetchers,
        b"mutations" => Watched::Mutations,
        b"evictions" => Watched::Evictions,
        b"connevents" => Watched::Connections,
        b"deletions" => Watched::Deletions,
        b"proxyreqs" => Watched::ProxyRequests,
        b"proxyevents" => Watched::ProxyEvents,
        b"proxyuser" => Watched::ProxyUser,
        _ => return None,
    })
}

impl Words for Statistic<'_> {
    fn words(self) -> String {
        format!("stat {} {}", printed(self.name), printed(self.value))
    }
}

impl Words for Cached<'_> {
    fn words(self) -> String {
        format!("cached {} {} {}", of_key(self.key), self.size, self.expiry)
    }
}

impl Words for Metadata<'_> {
    fn words(self) -> String {
        let number = |told: Option<u64>| told.map_or("-".into(), |number| number.to_string());
        let fetched = self
            .is_fetched
            .map_or("-", |is| if is { "yes" } else { "no" });
        let mut words = format!(
            "dumped {} exp {} la {} cas {} fetch {fetched} cls {} size {} flags {}",
            of_key(self.key),
            number(self.expires),
            number(self.last_access),
            number(self.cas),
            number(self.class),
            number(self.size),
            number(self.flags)
        );
        for name in ["ext_page", "ext_offset"] {
            if let Some(column) = self.column(name) {
                words += &format!(" {name}={}", printed(column));
            }
        }
        words
    }
}

impl Words for DumpedKey<'_> {
    fn words(self) -> String {
        format!("key {}", of_key(self))
    }
}

impl Words for Event<'_> {
    fn words(self) -> String {
        match self {
            Event::Started => "started".into(),
            Event::Skipped(count) => format!("skipped {count}"),
            Event::Happened(record) => of_record(&record),
            _ => "an event of a new kind".into(),
        }
    }
}

/// Columns of events that have no field of their own.
const COLUMNS: [&str; 10] = [
    "status",
    "cmd",
    "ttl",
    "clsid",
    "cfd",
    "size",
    "rip",
    "rport",
    "transport",
    "reason",
];

fn of_record(record: &Record<'_>) -> String {
    let what = match record.what {
        What::Get { key, is_found } => {
            format!(
                "get {} {}",
                of_key(key),
                if is_found { "found" } else { "missed" }
            )
        }
        What::Store { key, is_stored } => {
            format!(
                "store {} {}",
                of_key(key),
                if is_stored { "done" } else { "not" }
            )
        }
        What::Evict { key } => format!("evict {}", of_key(key)),
        What::Delete { key } => format!("delete {}", of_key(key)),
        What::Connect => "connect".into(),
        What::Disconnect => "disconnect".into(),
        What::Other(word) => format!("other {}", printed(word.0)),
        _ => "a record of a new kind".into(),
    };
    let mut words = format!(
        "event {} {} {} {what}",
        record.seconds, record.micros, record.number
    );
    for name in COLUMNS {
        if let Some(column) = record.column(name) {
            words += &format!(" {name}={}", printed(column));
        }
    }
    words
}

fn of_key(key: DumpedKey<'_>) -> String {
    printed(&key.bytes().collect::<Vec<_>>())
}
