//! Asking the server for its statistics.

use core::fmt;

use super::Batch;
use crate::error::{ErrorKind, Text};
use crate::key::{BadKey, Key};
use crate::wire::{Encoder, Form, Frame, Protocol, Shape, lines};

/// Asks for statistics, which come one by one.
///
/// [`General`](super::General), [`Settings`](super::Settings), [`ClassItems`](super::ClassItems)
/// and [`ClassSlabs`](super::ClassSlabs) collect those that have types.
#[derive(Clone, Copy, Debug)]
#[must_use = "a batch does nothing until it is sent"]
pub struct Stats<'a> {
    words: &'a [u8],
}

impl Stats<'static> {
    /// Those of the server as a whole.
    pub const GENERAL: Self = Self { words: b"" };
    /// How the server was set up.
    pub const SETTINGS: Self = Self { words: b"settings" };
    /// Those of each slab class's items.
    pub const ITEMS: Self = Self { words: b"items" };
    /// Those of each slab class's memory, and of all.
    pub const SLABS: Self = Self { words: b"slabs" };
    /// How many items there are of each size, where the server was started to track that.
    pub const SIZES: Self = Self { words: b"sizes" };
    /// The connections. The binary protocol has none.
    pub const CONNECTIONS: Self = Self { words: b"conns" };
    /// Sets the counters to 0; answers none. Where its answer is lost, a client may ask again: what was
    /// counted in between is lost too.
    pub const RESET: Self = Self { words: b"reset" };
    /// Begins to count by what stands before the first colon of the keys; answers none.
    pub const DETAIL_ON: Self = Self {
        words: b"detail on",
    };
    /// Ends that; answers none.
    pub const DETAIL_OFF: Self = Self {
        words: b"detail off",
    };
    /// What was counted so: a name for each prefix. In the binary protocol memcached answers with
    /// one statistic that holds the lines of all.
    pub const DETAIL_DUMP: Self = Self {
        words: b"detail dump",
    };
}

impl<'a> Stats<'a> {
    /// Those of another kind, such as `extstore`: up to 250 bytes of words, one blank between two.
    ///
    /// Nothing in them can end a line early: bytes that no key may have are refused. And so are, when
    /// it is sent, `sizes_enable` and `sizes_disable`, whose answer has no end.
    pub fn of<W: AsRef<[u8]> + ?Sized>(words: &'a W) -> Result<Self, BadKey> {
        let words = words.as_ref();
        if words.len() > Key::LIMIT {
            return Err(BadKey::TooLong {
                length: words.len(),
                limit: Key::LIMIT,
            });
        }
        let mut at = 0_usize;
        for word in words.split(|&byte| byte == b' ') {
            match Key::new(word) {
                Ok(_) => {}
                Err(BadKey::Byte { at: within, byte }) => {
                    let at = at.saturating_add(within);
                    return Err(BadKey::Byte { at, byte });
                }
                Err(_) if words.is_empty() => return Err(BadKey::Empty),
                Err(_) => {
                    let at = at.min(words.len().saturating_sub(1));
                    return Err(BadKey::Byte { at, byte: b' ' });
                }
            }
            at = at.saturating_add(word.len()).saturating_add(1);
        }
        Ok(Self { words })
    }
}

impl Batch for Stats<'_> {
    const NAME: &'static str = "stats";
    // Setting counters to 0, or counting by prefix, twice is as good as once.
    const IS_READ: bool = true;
    const IS_LINES: bool = true;
    type Name = ();
    type Reply<'b> = Statistic<'b>;

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
        if let b"sizes_enable" | b"sizes_disable" = self.words {
            // One statistic, and nothing behind it that says that it was the last.
            out.unsupported("statistics without an end");
        }
        match out.protocol() {
            Protocol::Binary => _ = out.packet_for_statistics(self.words),
            Protocol::Text | Protocol::Meta => {
                out.line(b"stats", Shape::STATISTICS);
                if !self.words.is_empty() {
                    out.bytes(b" ").bytes(self.words);
                }
                out.end();
            }
        }
    }

    fn decode<'b>(frame: &Frame<'b>) -> Result<Statistic<'b>, ErrorKind> {
        let (name, value) = lines::statistic(frame)?;
        Ok(Statistic { name, value })
    }
}

/// One statistic, as the server says it.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Statistic<'b> {
    /// Its name.
    pub name: &'b [u8],
    /// Its value: text, which may be empty and may hold blanks.
    pub value: &'b [u8],
}

impl<'b> Statistic<'b> {
    /// The value as a number; [`Malformed`](ErrorKind::Malformed) if it is none of 64 bits.
    pub fn number(&self) -> Result<u64, ErrorKind> {
        lines::whole_number(self.value)
    }

    /// Where it is that of one slab class (`1:used_chunks`, `items:1:number`) or of one connection
    /// (`14:state`): whose, and the statistic by the rest of its name.
    pub fn within(&self) -> Option<(u64, Self)> {
        let name = self.name.strip_prefix(b"items:").unwrap_or(self.name);
        let (number, rest) = lines::leading_number(name)?;
        let name = rest.strip_prefix(b":")?;
        Some((number, Self { name, ..*self }))
    }

    /// Where it is one of [`Stats::SIZES`](Stats::SIZES): how many items have up to so many bytes, and
    /// more than 32 less; `None` elsewhere, as where a server does not count them (`-o track_sizes`).
    ///
    /// Fails with [`Malformed`](ErrorKind::Malformed) if that is no number.
    pub fn items_of_size(&self) -> Result<Option<(u64, u64)>, ErrorKind> {
        match lines::whole_number(self.name) {
            Ok(size) => Ok(Some((size, self.number()?))),
            Err(_) => Ok(None),
        }
    }
}

impl fmt::Debug for Statistic<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, value) = (Text::new(self.name), Text::new(self.value));
        write!(f, "{name} = {value:?}")
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Statistic<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{=[u8]:a} = {=[u8]:a}", self.name, self.value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::check::{Packet, check_batch};
    use Protocol::{Binary, Meta, Text};

    #[test]
    fn lines() {
        for protocol in [Text, Meta] {
            for (reply, outcomes) in [
                (&b"END\r\n"[..], &[][..]),
                (b"RESET\r\n", &[]),
                (b"OK\r\n", &[]),
                (
                    b"STAT pid 7\r\nSTAT version 1 (a b)\r\nSTAT e \r\nSTAT e\r\nEND\r\n",
                    &[
                        "0: Ok(pid = \"7\")",
                        "0: Ok(version = \"1 (a b)\")",
                        "0: Ok(e = \"\")",
                        "0: Ok(e = \"\")",
                    ],
                ),
                (
                    b"PREFIX dev get 1 hit 1 set 0 del 0\r\nEND\r\n",
                    &["0: Ok(dev = \"get 1 hit 1 set 0 del 0\")"],
                ),
                (b"ERROR\r\n", &["0: Err(Command(\"ERROR\"), Refused)"]),
                (
                    b"STAT a 1\r\nSERVER_ERROR out of memory writing stats\r\n",
                    &[
                        "0: Ok(a = \"1\")",
                        "0: Err(OutOfMemory(\"SERVER_ERROR out of memory writing stats\"), Refused)",
                    ],
                ),
                // What is no statistic breaks the connection: no more can be told.
                (
                    b"STAT a 1\r\nkey=a\r\n",
                    &[
                        "0: Ok(a = \"1\")",
                        "0: Err(Malformed, Unknown)",
                        "0: Err(Closed, Unknown)",
                    ],
                ),
                (
                    b"VALUE a 0 1\r\n",
                    &["0: Err(Malformed, Unknown)", "0: Err(Closed, Unknown)"],
                ),
                (
                    b"STAT \r\n",
                    &["0: Err(Malformed, Unknown)", "0: Err(Closed, Unknown)"],
                ),
            ] {
                check_batch(protocol, &Stats::GENERAL, b"stats\r\n", reply, outcomes);
            }
            let reset = b"stats reset\r\n";
            check_batch(protocol, &Stats::RESET, reset, b"RESET\r\n", &[]);
            let on = b"stats detail on\r\n";
            check_batch(protocol, &Stats::DETAIL_ON, on, b"OK\r\n", &[]);
        }
    }

    #[test]
    fn packets() {
        let request = Packet::asks(0x10).opaque(0x0010_0000).key("items").bytes();
        let answer = || Packet::answers(0x10).opaque(0x0010_0000);
        let stat = |name, value| answer().key(name).value(value).bytes();
        let end = answer().bytes();
        let check =
            |reply: &[u8], told: &[&str]| check_batch(Binary, &Stats::ITEMS, &request, reply, told);
        check(&end, &[]);
        check(
            &[stat("items:1:number", b"5"), stat("e", b""), end].concat(),
            &["0: Ok(items:1:number = \"5\")", "0: Ok(e = \"\")"],
        );
        check(
            &answer().status(1).value(b"Not found").bytes(),
            &["0: Err(Command(\"Not found\"), Refused)"],
        );
        check(
            &answer().opaque(0x0010_0001).key("a").bytes(),
            &["0: Err(Mismatched, Unknown)"],
        );
    }

    #[test]
    fn other_words() {
        let extstore = Stats::of("extstore x").unwrap();
        check_batch(Text, &extstore, b"stats extstore x\r\n", b"END\r\n", &[]);
        let byte = |at, byte| Err(BadKey::Byte { at, byte });
        for (words, refused) in [
            ("", Err(BadKey::Empty)),
            (" a", byte(0, b' ')),
            ("a ", byte(1, b' ')),
            ("a  b", byte(2, b' ')),
            ("a\r\nflush_all", byte(1, b'\r')),
            ("ab c\n", byte(4, b'\n')),
            ("a\0", byte(1, 0)),
        ] {
            assert_eq!(
                Stats::of(words).map(|stats| stats.words),
                refused,
                "{words:?}"
            );
        }
        // A client would wait for their end until its deadline.
        for words in ["sizes_enable", "sizes_disable"] {
            let refused = "0: Err(Unsupported(\"statistics without an end\"), NotSent)";
            for protocol in [Text, Meta, Binary] {
                let stats = Stats::of(words).unwrap();
                check_batch(protocol, &stats, b"", b"", &[refused]);
            }
        }
        let long = "w".repeat(251);
        assert!(Stats::of(&long[..250]).is_ok());
        assert!(Stats::of(&long).is_err());
    }

    #[test]
    fn of_sizes() {
        let told = |name: &'static str, value: &'static str| {
            let (name, value) = (name.as_bytes(), value.as_bytes());
            Statistic { name, value }.items_of_size()
        };
        assert_eq!(told("96", "3"), Ok(Some((96, 3))));
        assert_eq!(told("sizes_status", "disabled"), Ok(None));
        assert_eq!(told("96", "many"), Err(ErrorKind::Malformed));
    }

    #[test]
    fn of_one_class() {
        let within = |name: &'static str| {
            let stat = Statistic {
                name: name.as_bytes(),
                value: b"5",
            };
            std::format!("{:?}", stat.within())
        };
        assert_eq!(within("items:12:number"), "Some((12, number = \"5\"))");
        assert_eq!(within("3:chunk_size"), "Some((3, chunk_size = \"5\"))");
        for none in ["pid", "items:", "items:x:y", "99999999999999999999:a", "7"] {
            assert_eq!(within(none), "None", "{none}");
        }
    }
}
