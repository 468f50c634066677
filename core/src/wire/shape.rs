//! What replies look like: for each shape the functions and words that read it.
//!
//! A request carries its shape to its reply, so a program links what reads the replies to the
//! commands it uses, and nothing else.

use core::fmt;

use super::text::{self, Words};
use super::{Debt, Head, NO_TAG, Status, binary, lines};
use crate::error::Fault;

/// What the reply to a request looks like on the wire, so that it can be told from another's.
#[derive(Clone, Copy)]
pub struct Shape {
    rules: &'static Rules,
}

/// How replies of one shape are read, and whose they can be.
struct Rules {
    kind: Kind,
    /// Reads a head: see [`Head::parse`].
    read: Read,
    /// Reads a line, without its end, that is none of an error.
    line: ReadLine,
    /// The lines of one word.
    words: Words,
    /// Whether a frame that is no error line can be the answer to a request, by what it bears.
    answers: Answers,
}

type Read = fn(&mut Head, Shape, &[u8], usize) -> Result<bool, Fault>;
type ReadLine = fn(&mut Head, Shape, &[u8]) -> Option<()>;
type Answers = fn(&Debt, &Head, &[u8]) -> bool;

/// The shapes by name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(test, derive(Hash))]
pub(crate) enum Kind {
    Meta,
    Metas,
    Nop,
    Value,
    Values,
    Word,
    Number,
    Done,
    Debug,
    Version,
    Statistics,
    Dump,
    Keys,
    Events,
    Config,
    Packet,
    Packets,
    StatPackets,
}

const STORED: (&[u8], Status) = (b"STORED", Status::Ok);
const NOT_FOUND: (&[u8], Status) = (b"NOT_FOUND", Status::NotFound);
const OK: &[u8] = b"OK";

impl Shape {
    /// One meta line, with a value behind it if it says `VA`.
    pub const META: Self = Self {
        rules: &Rules {
            kind: Kind::Meta,
            read: text::meta,
            line: text::word,
            words: &[],
            answers: Debt::is_answered_by_meta,
        },
    };

    /// Any number of meta lines, then `MN`.
    pub const METAS: Self = Self {
        rules: &Rules {
            kind: Kind::Metas,
            read: text::meta,
            line: text::word,
            words: &[(b"MN", Status::End)],
            answers: Debt::is_answered_by_metas,
        },
    };

    /// `MN`.
    pub const NOP: Self = Self {
        rules: &Rules::word(Kind::Nop, &[(b"MN", Status::End)]),
    };

    /// Up to one `VALUE` with its data, then `END`.
    pub const VALUE: Self = Self {
        rules: &Rules {
            answers: Debt::is_answered_by_value,
            ..Rules::values(Kind::Value, text::values)
        },
    };

    /// Any number of `VALUE`s with their data, then `END`.
    pub const VALUES: Self = Self {
        rules: &Rules::values(Kind::Values, text::values),
    };

    /// `STORED`.
    pub const STORED: Self = Self {
        rules: &Rules::word(Kind::Word, &[STORED]),
    };

    /// `STORED` or `NOT_STORED`.
    pub const STORED_OR_NOT: Self = Self {
        rules: &Rules::word(Kind::Word, &[STORED, (b"NOT_STORED", Status::NotStored)]),
    };

    /// `STORED`, `EXISTS` or `NOT_FOUND`.
    pub const COMPARED: Self = Self {
        rules: &Rules::word(
            Kind::Word,
            &[STORED, (b"EXISTS", Status::Exists), NOT_FOUND],
        ),
    };

    /// `DELETED` or `NOT_FOUND`.
    pub const DELETED: Self = Self {
        rules: &Rules::word(Kind::Word, &[(b"DELETED", Status::Ok), NOT_FOUND]),
    };

    /// `TOUCHED` or `NOT_FOUND`.
    pub const TOUCHED: Self = Self {
        rules: &Rules::word(Kind::Word, &[(b"TOUCHED", Status::Ok), NOT_FOUND]),
    };

    /// A bare number or `NOT_FOUND`.
    pub const NUMBER: Self = Self {
        rules: &Rules::line(Kind::Number, text::number, &[NOT_FOUND]),
    };

    /// `OK`, or a refusal in a word of its own.
    pub const DONE: Self = Self {
        rules: &Rules::line(Kind::Done, text::word_or_refusal, &[(OK, Status::Ok)]),
    };

    /// `ME`, a key and what is known of its item, or `EN`.
    pub const DEBUG: Self = Self {
        rules: &Rules::line(Kind::Debug, text::debug, &[(b"EN", Status::NotFound)]),
    };

    /// `VERSION` and a text.
    pub const VERSION: Self = Self {
        rules: &Rules::line(Kind::Version, text::version, &[]),
    };

    /// Any number of `STAT`, `PREFIX` or `ITEM` lines, then `END`; or `RESET`, or `OK`.
    pub const STATISTICS: Self = Self {
        rules: &Rules::stream(
            Kind::Statistics,
            &[
                (b"END", Status::End),
                (b"RESET", Status::End),
                (OK, Status::End),
            ],
        ),
    };

    /// Perhaps `OK`; any number of lines, which may end in a bare line feed, then `END`.
    pub const DUMP: Self = Self {
        rules: &Rules::stream(Kind::Dump, &[(OK, Status::Ok), (b"END", Status::End)]),
    };

    /// Perhaps `OK`; any number of lines, then `EN`.
    pub const KEYS: Self = Self {
        rules: &Rules::stream(Kind::Keys, &[(OK, Status::Ok), (b"EN", Status::End)]),
    };

    /// `OK`, then lines without an end.
    pub const EVENTS: Self = Self {
        rules: &Rules::stream(Kind::Events, &[]),
    };

    /// `CONFIG`, or a `VALUE`, with its data, then `END`.
    pub const CONFIG: Self = Self {
        rules: &Rules::values(Kind::Config, text::config),
    };

    /// One binary packet.
    pub const PACKET: Self = Self {
        rules: &Rules::packet(Kind::Packet, binary::packet, Debt::is_answered_by_packet),
    };

    /// Any number of binary packets, then that of a no-op.
    pub const PACKETS: Self = Self {
        rules: &Rules::packet(
            Kind::Packets,
            binary::quiet_packet,
            Debt::is_answered_by_packets,
        ),
    };

    /// Any number of binary packets with a key, then one without.
    pub const STAT_PACKETS: Self = Self {
        rules: &Rules::packet(
            Kind::StatPackets,
            binary::statistic,
            Debt::is_answered_by_packet,
        ),
    };

    pub(crate) fn kind(self) -> Kind {
        self.rules.kind
    }

    /// See [`Head::parse`].
    pub(super) fn read(
        self,
        head: &mut Head,
        bytes: &[u8],
        searched: usize,
    ) -> Result<bool, Fault> {
        (self.rules.read)(head, self, bytes, searched)
    }

    /// Reads a line, without its end, that is none of an error.
    pub(super) fn read_line(self, head: &mut Head, line: &[u8]) -> Option<()> {
        (self.rules.line)(head, self, line)
    }

    /// The lines of one word that answer.
    pub(super) fn words(self) -> Words {
        self.rules.words
    }

    /// Whether a frame can be the answer to this request and not to another.
    pub(crate) fn is_answer(self, debt: &Debt, head: &Head, bytes: &[u8]) -> bool {
        // Error lines bear no opaque and no key.
        head.tag == NO_TAG && head.is_failure() || (self.rules.answers)(debt, head, bytes)
    }

    /// Whether packets answer, not lines.
    pub(crate) fn is_packet(self) -> bool {
        matches!(
            self.kind(),
            Kind::Packet | Kind::Packets | Kind::StatPackets
        )
    }

    /// Whether replies answer any of a group's requests, and what ends them all of those.
    pub(crate) fn is_shared(self) -> bool {
        matches!(self.kind(), Kind::Values | Kind::Metas | Kind::Packets)
    }

    /// Whether any number of frames answer one request.
    pub(crate) fn is_stream(self) -> bool {
        self.is_lines() || self.kind() == Kind::StatPackets
    }

    /// Whether any number of lines answer, each a frame of its own.
    pub(crate) fn is_lines(self) -> bool {
        matches!(
            self.kind(),
            Kind::Statistics | Kind::Dump | Kind::Keys | Kind::Events
        )
    }
}

impl Rules {
    const fn line(kind: Kind, line: ReadLine, words: Words) -> Self {
        Self {
            kind,
            read: text::line,
            line,
            words,
            answers: Debt::is_answered_in_turn,
        }
    }

    const fn values(kind: Kind, read: Read) -> Self {
        Self {
            read,
            ..Self::line(kind, text::end_of_values, &[])
        }
    }

    const fn word(kind: Kind, words: Words) -> Self {
        Self::line(kind, text::word, words)
    }

    const fn stream(kind: Kind, words: Words) -> Self {
        Self {
            read: lines::read,
            ..Self::line(kind, text::word_or_refusal, words)
        }
    }

    const fn packet(kind: Kind, read: Read, answers: Answers) -> Self {
        Self {
            kind,
            read,
            line: text::word,
            words: &[],
            answers,
        }
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.kind(), f)
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Shape {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{}", self.kind());
    }
}

#[cfg(test)]
impl core::hash::Hash for Shape {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.kind().hash(state);
        self.words().hash(state);
    }
}

impl PartialEq for Shape {
    fn eq(&self, other: &Self) -> bool {
        (self.kind(), self.words()) == (other.kind(), other.words())
    }
}

impl Eq for Shape {}
