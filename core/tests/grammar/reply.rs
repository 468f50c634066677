//! What answers a request: the replies to requests that were read before.
//!
//! It is as strict as the documents, but where [`STRICT`] says that the crate is not.

use super::packet::{Packet, packet};
use super::{Form, Mode, Request, Verb, What, line};

/// Whether to insist where the crate takes more than memcached says, or refuses it late. Set it to
/// see where that is:
///
/// - a miss, or a refusal, by another command's word; a classic `VALUE` with a CAS value that was not asked for, or
///   without one that was;
/// - flags of a meta line that are no letters or there twice; numbers with zeros in front of them or
///   line ends behind them;
/// - packets with parts that such a reply does not have, in a batch even with another opcode;
/// - values and keys that were not asked for, which are refused when all of them is there.
pub const STRICT: bool = false;

/// What a reply means.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Meaning {
    Done,
    NotStored,
    Exists,
    NotFound,
    Item(Item),
    Number(u64),
    Version(Vec<u8>),
    /// Stored, and no CAS value was compared: the server keeps none, as the 0 says that it answers.
    Uncompared,
    /// An item, with the task to compute it or without.
    Leased {
        task: Task,
        item: Option<Item>,
    },
    Told(Told),
    /// The key as a server wrote it, and these [`FIELDS`].
    Debug(Vec<u8>, [Option<Vec<u8>>; FIELDS.len()]),
    /// No more items come.
    End,
    Failed(Class),
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Item {
    /// Where the reply says it.
    pub key: Option<Vec<u8>>,
    pub value: Vec<u8>,
    pub flags: u32,
    pub cas: Option<u64>,
}

/// What a server tells of an item to be debugged.
pub const FIELDS: [&[u8]; 6] = [b"exp", b"la", b"cas", b"fetch", b"cls", b"size"];

/// Who computes an item.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Task {
    Nobody,
    Asker { cas: Option<u64> },
    Another,
}

/// What a meta verb was told beside its outcome.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Told {
    pub outcome: Outcome,
    pub value: Option<Vec<u8>>,
    pub flags: u32,
    pub cas: Option<u64>,
    pub key: Option<Vec<u8>>,
    /// -1 is for ever.
    pub time_to_live: Option<i64>,
    pub last_access: Option<u32>,
    pub size: Option<u32>,
    pub was_hit: Option<bool>,
    pub is_won: bool,
    pub is_stale: bool,
    pub is_taken: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    Done,
    NotStored,
    Exists,
    NotFound,
}

/// Who failed: by the first word of an error line, or what a packet has in its place.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Class {
    Command,
    Client,
    Server,
    /// By a word of its own, that only maintenance is answered with.
    Refused,
}

/// What was read of the replies to some requests.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Replies {
    pub meanings: Vec<Meaning>,
    pub state: State,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum State {
    /// What came may be the beginning of replies.
    More,
    /// All is answered, and no byte is left.
    Done,
    /// Whatever comes: these are no replies.
    Never,
}

/// Reads the replies to these requests.
pub fn read(requests: &[Request], bytes: &[u8]) -> Replies {
    let mut reader = Reader {
        bytes,
        meanings: vec![],
    };
    let read = requests
        .iter()
        .try_for_each(|request| reader.reply(request));
    let state = match read {
        Ok(()) if reader.bytes.is_empty() => State::Done,
        Ok(()) => State::Never,
        Err(state) => state,
    };
    Replies {
        meanings: reader.meanings,
        state,
    }
}

struct Reader<'b> {
    bytes: &'b [u8],
    meanings: Vec<Meaning>,
}

impl<'b> Reader<'b> {
    fn reply(&mut self, request: &Request) -> Result<(), State> {
        match (&request.form, &request.what) {
            (Form::Packet { .. }, _) => return self.packet(request),
            (Form::Classic, What::Get { keys, cas, .. }) => return self.values(keys, *cas),
            _ => {}
        }
        let line = self.line()?;
        let meaning = match (failure(line), &request.form) {
            (Some(failed), _) => Some(failed),
            (None, Form::Meta { .. }) if matches!(request.what, What::Debug { .. }) => debug(line),
            (None, Form::Meta { opaque }) => self.meta(&request.what, opaque, line)?,
            (None, _) => word(&request.what, line),
        };
        self.found(meaning.ok_or(State::Never)?)
    }

    /// The next line, without its end.
    fn line(&mut self) -> Result<&'b [u8], State> {
        let (line, rest) = line(self.bytes).ok_or(State::More)?;
        self.bytes = rest;
        line.strip_suffix(b"\r").ok_or(State::Never)
    }

    /// A value of that length, and the line end behind it.
    fn value(&mut self, length: u32) -> Result<Vec<u8>, State> {
        let (value, rest) = self
            .bytes
            .split_at_checked(length as usize)
            .ok_or(State::More)?;
        self.bytes = match rest {
            [b'\r', b'\n', rest @ ..] => rest,
            [] | [b'\r'] => return Err(State::More),
            _ => return Err(State::Never),
        };
        Ok(value.to_vec())
    }

    /// Classic values up to their end; of a single key at most one.
    fn values(&mut self, keys: &[Vec<u8>], has_cas: bool) -> Result<(), State> {
        let mut owed: Vec<&[u8]> = keys.iter().map(|key| &key[..]).collect();
        let mut only = None;
        loop {
            let line = self.line()?;
            let words: Vec<&[u8]> = line.split(|&byte| byte == b' ').collect();
            let cas = match words[..] {
                [b"END"] if keys.len() > 1 => return self.found(Meaning::End),
                [b"END"] => return self.found(only.map_or(Meaning::NotFound, Meaning::Item)),
                [b"VALUE", _, _, _] if !(STRICT && has_cas) => Some(0),
                [b"VALUE", _, _, _, cas] if has_cas || !STRICT => number(cas),
                _ => return self.found(failure(line).ok_or(State::Never)?),
            };
            let cas: u64 = cas.ok_or(State::Never)?;
            let place = owed.iter().position(|key| *key == words[1]);
            let is_key = (1..256).contains(&words[1].len());
            let flags = flags(words[2]).ok_or(State::Never)?;
            let length = number(words[3]).ok_or(State::Never)?;
            let is_late = keys.len() > 1 && is_key && is_late(line, length);
            if place.is_none() && !is_late {
                return Err(State::Never);
            }
            let value = self.value(length)?;
            let place = place.ok_or(State::Never)?;
            let key = owed[place].to_vec();
            owed.remove(place);
            let item = Item {
                key: Some(key),
                value,
                flags,
                cas: Some(cas).filter(|&cas| cas != 0),
            };
            if keys.len() > 1 {
                self.meanings.push(Meaning::Item(item));
            } else {
                only = Some(Item { key: None, ..item });
            }
        }
    }

    fn found(&mut self, meaning: Meaning) -> Result<(), State> {
        self.meanings.push(meaning);
        Ok(())
    }

    /// A meta line, with its value; `None` if it is none.
    fn meta(&mut self, what: &What, opaque: &[u8], line: &[u8]) -> Result<Option<Meaning>, State> {
        let mut words = line.split(|&byte| byte == b' ');
        let code = words.next().unwrap_or_default();
        if *what == What::Noop {
            return Ok((line == b"MN").then_some(Meaning::Done));
        }
        let wants_value = matches!(
            what,
            What::Get { .. }
                | What::Count { .. }
                | What::Lease { .. }
                | What::Verb {
                    verb: Verb::Get | Verb::Count,
                    ..
                }
        );
        let length = match code {
            b"VA" if wants_value || !STRICT => {
                Some(words.next().and_then(number).ok_or(State::Never)?)
            }
            _ => None,
        };
        let Some(flags) = Flags::read(words) else {
            return Ok(None);
        };
        let is_miss = code == b"EN" || code == b"NF";
        // Servers before 1.6.18 leave the opaque out of a miss.
        if flags.opaque != Some(opaque) && (flags.opaque.is_some() || !is_miss) {
            return Err(State::Never);
        }
        if !wants_value && length.is_some_and(|length| !is_late(line, length)) {
            return Err(State::Never);
        }
        let value = length.map(|length| self.value(length)).transpose()?;
        Ok(match (what, code, value) {
            (What::Get { .. }, b"VA", Some(value)) => Some(Meaning::Item(Item {
                key: None,
                value,
                flags: flags.flags.unwrap_or(0),
                cas: flags.cas.filter(|&cas| cas != 0),
            })),
            (What::Count { .. }, b"VA", Some(value)) => {
                let number = padded(&value).ok_or(State::Never)?;
                Some(Meaning::Number(number))
            }
            (What::Verb { verb, .. }, _, value) => return flags.told(*verb, code, value),
            (What::Lease { .. }, b"VA", Some(value)) => Some(flags.leased(value)),
            // A miss is none: the server makes an item for it, if it has the memory.
            (What::Lease { .. }, b"EN", _) => Some(Meaning::Failed(Class::Server)),
            (What::Lease { .. }, b"NF", _) if !STRICT => Some(Meaning::Failed(Class::Server)),
            (What::Lease { .. }, ..) => None,
            (
                What::Store { .. }
                | What::Delete { .. }
                | What::DeleteCas { .. }
                | What::Exists { .. }
                | What::Touch { .. },
                b"HD" | b"OK",
                _,
            ) => Some(Meaning::Done),
            (What::Store { .. }, b"NS", _) => Some(Meaning::NotStored),
            // It was not there, and before it was created another client had done so.
            (What::Count { .. }, b"NS", _) => Some(Meaning::NotFound),
            (What::Store { .. } | What::DeleteCas { .. }, b"EX", _) => Some(Meaning::Exists),
            (What::Version | What::Noop, ..) => None,
            (What::Get { .. } | What::Touch { .. } | What::Exists { .. }, b"EN", _) => {
                Some(Meaning::NotFound)
            }
            (What::Get { .. } | What::Touch { .. } | What::Exists { .. }, b"NF", _) if STRICT => {
                None
            }
            (_, b"EN", _) if STRICT => None,
            (_, b"EN" | b"NF", _) => Some(Meaning::NotFound),
            _ => None,
        })
    }

    fn packet(&mut self, request: &Request) -> Result<(), State> {
        let &Form::Packet { opcode, opaque } = &request.form else {
            return Err(State::Never);
        };
        if let Some(b'E' | b'C' | b'S') = self.bytes.first() {
            // From a server that has too many connections, or does not speak the protocol.
            let line = self.line()?;
            return self.found(failure(line).ok_or(State::Never)?);
        }
        let (packet, rest) = packet(self.bytes)
            .ok_or(State::More)?
            .map_err(|_| State::Never)?;
        if opcode == QUIET && packet.opaque != opaque {
            // A miss: what came answers a later request.
            return Ok(());
        }
        if packet.magic != 0x81 || packet.opcode != opcode || packet.opaque != opaque {
            return Err(State::Never);
        }
        if packet.extras.len() > 20 || packet.key.len() > 250 {
            return Err(State::Never);
        }
        self.bytes = rest;
        let meaning = packet_means(&request.what, &packet).ok_or(State::Never)?;
        self.found(meaning)
    }
}

/// The opcode of a get that is not answered with a miss.
const QUIET: u8 = 0x0D;

/// The flags of a meta line that say something here.
#[derive(Default)]
struct Flags<'l> {
    flags: Option<u32>,
    cas: Option<u64>,
    opaque: Option<&'l [u8]>,
    /// All of them, in their order.
    words: Vec<&'l [u8]>,
}

impl<'l> Flags<'l> {
    /// Each is a letter with its token, and there once.
    fn read(words: impl Iterator<Item = &'l [u8]>) -> Option<Self> {
        let (mut found, mut seen) = (Self::default(), vec![]);
        for word in words {
            let (letter, token) = word.split_first()?;
            if word.iter().any(|&byte| byte < b' ') {
                return None;
            }
            if STRICT && (!letter.is_ascii_alphabetic() || seen.contains(letter)) {
                return None;
            }
            seen.push(*letter);
            found.words.push(word);
            match letter {
                b'f' => found.flags = Some(flags(token)?),
                b'c' => found.cas = Some(number(token)?),
                b'O' => found.opaque = Some(token),
                _ => {}
            }
        }
        Some(found)
    }
}

impl Flags<'_> {
    /// The token of the first flag with this letter.
    fn token(&self, letter: u8) -> Option<&[u8]> {
        self.words
            .iter()
            .find_map(|word| word.strip_prefix(&[letter]))
    }

    fn item(&self, value: Vec<u8>) -> Item {
        Item {
            key: None,
            value,
            flags: self.flags.unwrap_or(0),
            cas: self.cas.filter(|&cas| cas != 0),
        }
    }

    /// What a lease gave: of an item that was made to be computed, nothing is there yet.
    fn leased(&self, value: Vec<u8>) -> Meaning {
        let item = self.item(value);
        let cas = item.cas;
        let has = |letter| self.token(letter).is_some();
        let task = match (has(b'W'), has(b'Z') || has(b'X')) {
            (true, _) => Task::Asker { cas },
            (false, true) => Task::Another,
            (false, false) => Task::Nobody,
        };
        let is_made = task != Task::Nobody && item.value.is_empty() && item.flags == 0;
        let item = Some(item).filter(|_| !is_made);
        Meaning::Leased { task, item }
    }

    /// What a meta verb was told.
    fn told(
        &self,
        verb: Verb,
        code: &[u8],
        value: Option<Vec<u8>>,
    ) -> Result<Option<Meaning>, State> {
        let outcome = match (verb, code) {
            (_, b"HD" | b"OK") | (Verb::Get | Verb::Count, b"VA") => Outcome::Done,
            (Verb::Get, b"EN") => return Ok(Some(Meaning::NotFound)),
            (Verb::Get, b"NF") if !STRICT => return Ok(Some(Meaning::NotFound)),
            (Verb::Get, _) => return Ok(None),
            (_, b"NF") => Outcome::NotFound,
            (_, b"EN") if !STRICT => Outcome::NotFound,
            (_, b"NS") => Outcome::NotStored,
            (_, b"EX") => Outcome::Exists,
            _ => return Ok(None),
        };
        if verb == Verb::Count
            && let Some(digits) = &value
        {
            padded(digits).ok_or(State::Never)?;
        }
        let seconds = |token: &[u8]| number::<u32>(token).map(i64::from);
        Ok(Some(Meaning::Told(Told {
            outcome,
            value,
            flags: self.flags.unwrap_or(0),
            cas: self.cas.filter(|&cas| cas != 0),
            key: self.token(b'k').map(<[u8]>::to_vec),
            time_to_live: self.token(b't').and_then(|token| match token {
                b"-1" => Some(-1),
                _ => seconds(token),
            }),
            last_access: self.token(b'l').and_then(number),
            size: self.token(b's').and_then(number),
            was_hit: self.token(b'h').map(|token| token == b"1"),
            is_won: self.token(b'W').is_some(),
            is_stale: self.token(b'X').is_some(),
            is_taken: self.token(b'Z').is_some(),
        })))
    }
}

/// Client flags; of 64 bits, as some servers are built for, the low 32.
fn flags(digits: &[u8]) -> Option<u32> {
    number::<u64>(digits).map(|flags| flags as u32)
}

/// Whether a value that was not asked for is refused when it is there: if a storage of 400 bytes
/// holds it with its line. A larger one is refused at once.
fn is_late(line: &[u8], length: u32) -> bool {
    !STRICT && line.len() + 4 + length as usize <= 400
}

/// A classic line that answers a command without values.
fn word(what: &What, line: &[u8]) -> Option<Meaning> {
    Some(match (what, line) {
        (What::Store { .. }, b"STORED") => Meaning::Done,
        (What::Store { mode, .. }, b"NOT_STORED") => match mode {
            Mode::Set | Mode::Cas(_) => return None,
            _ => Meaning::NotStored,
        },
        (What::Store { mode, .. }, b"EXISTS" | b"NOT_FOUND") => match (mode, line) {
            (Mode::Cas(_), b"EXISTS") => Meaning::Exists,
            (Mode::Cas(_), _) => Meaning::NotFound,
            _ => return None,
        },
        // An item that is added is none that was there.
        (What::Exists { .. }, b"STORED") => Meaning::NotFound,
        (What::Exists { .. }, b"NOT_STORED") | (What::FlushAll { .. }, b"OK") => Meaning::Done,
        (What::FlushAll { .. }, _) if !STRICT => return refusal(line),
        (What::Delete { .. }, b"DELETED") | (What::Touch { .. }, b"TOUCHED") => Meaning::Done,
        (What::Count { .. } | What::Delete { .. } | What::Touch { .. }, b"NOT_FOUND") => {
            Meaning::NotFound
        }
        (What::Count { .. }, _) => Meaning::Number(padded(line)?),
        (What::Version, _) => Meaning::Version(line.strip_prefix(b"VERSION ")?.to_vec()),
        _ => return None,
    })
}

fn number<T: core::str::FromStr>(digits: &[u8]) -> Option<T> {
    let zeros = digits.iter().take_while(|&&digit| digit == b'0').count();
    super::number(match zeros {
        0 => digits,
        _ if STRICT => digits,
        _ if zeros == digits.len() => b"0",
        _ => &digits[zeros..],
    })
}

/// A number, with the blanks that subtracting leaves behind it.
fn padded(digits: &[u8]) -> Option<u64> {
    let is_blank = |byte: u8| byte == b' ' || !STRICT && byte.is_ascii_whitespace();
    let blanks = digits.iter().rev().take_while(|&&byte| is_blank(byte));
    number(&digits[..digits.len() - blanks.count()])
}

/// An error line: its first word, then nothing, or a text behind a blank or a colon.
pub fn failure(line: &[u8]) -> Option<Meaning> {
    let length = line.iter().position(|byte| b" :".contains(byte));
    let class = match &line[..length.unwrap_or(line.len())] {
        b"ERROR" => Class::Command,
        b"CLIENT_ERROR" => Class::Client,
        b"SERVER_ERROR" => Class::Server,
        _ => return None,
    };
    Some(Meaning::Failed(class))
}

/// What servers refuse maintenance with, in words that are no errors.
fn refusal(line: &[u8]) -> Option<Meaning> {
    let word = line.split(|byte| b" :".contains(byte)).next()?;
    let is_one = [
        &b"MEMLIMIT_TOO_SMALL"[..],
        b"MEMLIMIT_ADJUST_FAILED",
        b"BUSY",
        b"BADCLASS",
        b"WATCHER_TOO_MANY",
        b"WATCHER_FAILED",
    ]
    .contains(&word);
    is_one.then_some(Meaning::Failed(Class::Refused))
}

/// `ME key field=value...`, or `EN`.
fn debug(line: &[u8]) -> Option<Meaning> {
    if line == b"EN" {
        return Some(Meaning::NotFound);
    }
    let rest = line.strip_prefix(b"ME ")?;
    let blank = rest.iter().position(|&byte| byte == b' ')?;
    let (key, fields) = (&rest[..blank], &rest[blank + 1..]);
    let mut fields = fields.split(|&byte| byte == b' ').map(|field| {
        let equals = field.iter().position(|&byte| byte == b'=')?;
        Some((&field[..equals], &field[equals + 1..]))
    });
    let all: Vec<(&[u8], &[u8])> = fields.by_ref().flatten().collect();
    let first = |name: &[u8]| all.iter().find(|(other, _)| *other == name);
    let found = FIELDS.map(|name| first(name).map(|(_, value)| value.to_vec()));
    (!key.is_empty()).then(|| Meaning::Debug(key.to_vec(), found))
}

fn packet_means(what: &What, packet: &Packet<'_>) -> Option<Meaning> {
    let is_cas = matches!(
        what,
        What::Store {
            mode: Mode::Cas(_),
            ..
        }
    );
    Some(match (packet.status, what) {
        (0, What::Exists { .. }) => Meaning::NotFound,
        (2 | 5, What::Exists { .. }) => Meaning::Done,
        (0, _) => return success(what, packet),
        (2, What::DeleteCas { .. }) => Meaning::Exists,
        (1, What::DeleteCas { .. }) => Meaning::NotFound,
        (
            1,
            What::Store {
                mode: Mode::Replace,
                ..
            },
        )
        | (
            2,
            What::Store {
                mode: Mode::Add, ..
            },
        )
        | (5, What::Store { .. }) => Meaning::NotStored,
        (2, What::Store { .. }) if is_cas || !STRICT => Meaning::Exists,
        (1, What::Store { .. }) if is_cas || !STRICT => Meaning::NotFound,
        (1, What::Get { .. } | What::Count { .. } | What::Delete { .. } | What::Touch { .. }) => {
            Meaning::NotFound
        }
        // It was not there, and before it was created another client had done so.
        (5, What::Count { .. }) => Meaning::NotFound,
        (3 | 0x82..=0x86, _) => Meaning::Failed(Class::Server),
        (4 | 6 | 0x20, _) => Meaning::Failed(Class::Client),
        (0x81, _) => Meaning::Failed(Class::Command),
        _ => return None,
    })
}

fn success(what: &What, packet: &Packet<'_>) -> Option<Meaning> {
    let &Packet {
        extras, key, value, ..
    } = packet;
    let is_cas = matches!(
        what,
        What::Store {
            mode: Mode::Cas(_),
            ..
        }
    );
    Some(match (what, extras, key, value) {
        _ if is_cas && packet.cas == 0 => Meaning::Uncompared,
        (What::Get { .. }, &[a, b, c, d], ..) => Meaning::Item(Item {
            key: Some(key.to_vec()).filter(|_| packet.opcode == QUIET),
            value: value.to_vec(),
            flags: u32::from_be_bytes([a, b, c, d]),
            cas: Some(packet.cas).filter(|&cas| cas != 0),
        }),
        (What::Count { .. }, [], [], value) => {
            Meaning::Number(u64::from_be_bytes(value.try_into().ok()?))
        }
        (What::Version, [], [], text) => Meaning::Version(text.to_vec()),
        (What::Get { .. }, ..) if !STRICT => Meaning::Item(Item {
            key: Some(key.to_vec()).filter(|_| packet.opcode == QUIET),
            value: value.to_vec(),
            flags: 0,
            cas: Some(packet.cas).filter(|&cas| cas != 0),
        }),
        (What::Count { .. }, ..) if !STRICT => {
            Meaning::Number(u64::from_be_bytes(value.try_into().ok()?))
        }
        (What::Version, ..) if !STRICT => Meaning::Version(value.to_vec()),
        (
            What::Store { .. }
            | What::Delete { .. }
            | What::DeleteCas { .. }
            | What::FlushAll { .. }
            | What::Touch { .. }
            | What::Noop,
            ..,
        ) if !STRICT => Meaning::Done,
        (
            What::Store { .. }
            | What::Delete { .. }
            | What::DeleteCas { .. }
            | What::FlushAll { .. },
            [],
            [],
            [],
        )
        | (What::Touch { .. }, [] | [_, _, _, _], [], [])
        | (What::Noop, [], [], []) => Meaning::Done,
        _ => return None,
    })
}
