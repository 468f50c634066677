//! What the bytes of a request ask for, and which of it our commands can write.

use crate::grammar::{self, Form, Request, What};
use crate::meta;

/// One request, or a run of quiet ones with the no-op behind it.
#[derive(Clone, Debug)]
pub(crate) enum Ask<'r> {
    /// One that our commands write.
    Ours {
        what: Ours,
        exact: bool,
        part: Part<'r>,
    },
    /// A classic line with keys, to be answered by `VALUE` lines.
    Keys { verb: &'r [u8], keys: Vec<&'r [u8]> },
    /// Requests that may be left without an answer.
    Quiet {
        parts: Vec<Part<'r>>,
        fence: Option<Part<'r>>,
    },
    /// One that none of our commands writes, as it is.
    Raw(Part<'r>),
    /// One that is not to be answered: `noreply`, or not yet a request.
    Silent,
}

/// What our commands write: what the grammar knows, and what only this reader does.
#[derive(Clone, Debug)]
pub(crate) enum Ours {
    Plain(What),
    Exists(Vec<u8>),
    DeleteCas(Vec<u8>, u64),
    FlushAll(u32),
    Verbosity(u32),
    CacheMemlimit(u32),
    Quit,
    /// A meta line with any flags: read where its command is made.
    Meta,
}

/// With its letter.
const LONGEST_OPAQUE: usize = 32;

/// The bytes of one request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part<'r> {
    pub(crate) bytes: &'r [u8],
    /// Its line without the end; of a packet, its header.
    pub(crate) line: &'r [u8],
    /// What was sent behind the line as data.
    pub(crate) data: Option<&'r [u8]>,
    pub(crate) kind: Kind,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Line,
    Packet,
    /// What is not, or not yet, a request.
    Partial,
}

impl<'r> Ask<'r> {
    /// The bytes that one of our commands must write.
    pub(crate) fn ours(&self) -> Option<&'r [u8]> {
        match self {
            Self::Ours { part, .. } => Some(part.bytes),
            _ => None,
        }
    }

    /// Takes other bytes for what was recorded, without reading them again.
    pub(crate) fn pretend(&mut self, bytes: &'r [u8]) {
        if let Self::Ours { part, .. } = self {
            part.bytes = bytes;
        }
    }

    /// How many requests it is.
    pub(crate) fn count(&self) -> usize {
        match self {
            Self::Quiet { parts, fence } => parts.len() + usize::from(fence.is_some()),
            _ => 1,
        }
    }
}

/// Everything that is asked for.
pub(crate) fn asks(bytes: &[u8], is_binary: bool) -> Vec<Ask<'_>> {
    let parts = split(bytes, is_binary);
    let mut asks: Vec<Ask<'_>> = vec![];
    let mut open = false;
    for part in parts {
        if part.is_quiet() {
            match asks.last_mut() {
                Some(Ask::Quiet { parts, .. }) if open => parts.push(part),
                _ => asks.push(Ask::Quiet {
                    parts: vec![part],
                    fence: None,
                }),
            }
            open = true;
            continue;
        }
        match asks.last_mut() {
            Some(Ask::Quiet { fence, .. }) if open && part.is_fence() => *fence = Some(part),
            _ => asks.push(one(part)),
        }
        open = false;
    }
    asks
}

fn one(part: Part<'_>) -> Ask<'_> {
    let words = part.words();
    if part.kind == Kind::Partial || part.is_unanswered() {
        return Ask::Silent;
    }
    if let Some(what) = ours(&part) {
        let order = if part.kind == Kind::Packet {
            of_packet(&part)
        } else {
            order(&words)
        };
        if order != Order::Redundant {
            let exact = order == Order::Ours;
            return Ask::Ours { what, exact, part };
        }
    }
    if meta::call(&part).is_some() {
        return Ask::Ours {
            what: Ours::Meta,
            exact: false,
            part,
        };
    }
    match words[..] {
        [verb @ (b"get" | b"gets" | b"bget"), ref keys @ ..] if !keys.is_empty() => Ask::Keys {
            verb,
            keys: keys.to_vec(),
        },
        [verb @ (b"gat" | b"gats"), _, ref keys @ ..] if !keys.is_empty() => Ask::Keys {
            verb,
            keys: keys.to_vec(),
        },
        _ => Ask::Raw(part),
    }
}

/// What it asks for, if that can be asked for by one of our commands.
fn ours(part: &Part<'_>) -> Option<Ours> {
    if let Ok(requests) = grammar::requests(part.bytes)
        && let [Request { what, form }] = &requests[..]
    {
        let is_text_noop = *what == What::Noop && *form == Form::Classic;
        let is_quiet = matches!(form, Form::Packet { opcode: 0x0D, .. });
        return (!is_text_noop && !is_quiet).then(|| Ours::Plain(what.clone()));
    }
    let number = |word: &[u8]| grammar_number(word);
    let words = part.words();
    if part.kind == Kind::Packet {
        if part.bytes[0] != 0x80 {
            return None;
        }
        let (opcode, body) = (part.line[1], &part.bytes[24..]);
        return match (opcode, part.line[4], body) {
            (0x07, 0, []) => Some(Ours::Quit),
            (0x08, 0, []) => Some(Ours::FlushAll(0)),
            (0x08, 4, &[a, b, c, d]) => match u32::from_be_bytes([a, b, c, d]) {
                0 => None,
                delay => Some(Ours::FlushAll(delay)),
            },
            _ => None,
        };
    }
    Some(match words[..] {
        [b"mg", key] => Ours::Exists(key.to_vec()),
        [b"mg", key, flag] if flag[0] == b'O' && flag.len() <= LONGEST_OPAQUE => {
            Ours::Exists(key.to_vec())
        }
        [b"md", key, flag] if flag[0] == b'C' => Ours::DeleteCas(key.to_vec(), number(&flag[1..])?),
        [b"flush_all"] => Ours::FlushAll(0),
        [b"flush_all", delay] if delay != b"0" => Ours::FlushAll(number(delay)? as u32),
        [b"verbosity", level] => Ours::Verbosity(number(level)? as u32),
        [b"cache_memlimit", size] => Ours::CacheMemlimit(number(size)? as u32),
        [b"quit"] => Ours::Quit,
        _ => return None,
    })
}

fn grammar_number(digits: &[u8]) -> Option<u64> {
    let text = core::str::from_utf8(digits).ok()?;
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

/// How the words of a request stand to those that our commands write for the same.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Order {
    /// They are the same.
    Ours,
    /// The same flags, in another order.
    Other,
    /// There are some that say what is so without them.
    Redundant,
}

/// An initial value that is not to be used says nothing.
fn of_packet(part: &Part<'_>) -> Order {
    let is_count = matches!(part.line[1], 0x05 | 0x06);
    match part.bytes.get(32..44) {
        Some([value @ .., 0xFF, 0xFF, 0xFF, 0xFF]) if is_count && value != [0; 8] => {
            Order::Redundant
        }
        _ => Order::Ours,
    }
}

fn order(words: &[&[u8]]) -> Order {
    let ours: &[u8] = match words {
        [b"append" | b"prepend", _, flags, expiry, ..] if *flags != b"0" || *expiry != b"0" => {
            return Order::Redundant;
        }
        [b"mg", ..] => b"vfcT",
        [b"ms", ..] => b"FTMC",
        [b"ma", ..] => b"vMDNJ",
        [b"md", ..] => b"C",
        _ => return Order::Ours,
    };
    let skip = if words[0] == b"ms" { 3 } else { 2 };
    let flags: Vec<&[u8]> = words
        .iter()
        .skip(skip)
        .copied()
        .filter(|flag| flag[0] != b'O')
        .collect();
    let defaults: [&[u8]; 6] = [b"F0", b"T0", b"MS", b"MI", b"M+", b"D1"];
    let renamed: &[u8] = b"M-";
    let touches = words[0] == b"mg";
    if flags
        .iter()
        .any(|flag| !touches && defaults.contains(flag) || *flag == renamed)
    {
        return Order::Redundant;
    }
    if words[0] == b"ms"
        && flags.iter().any(|flag| matches!(*flag, b"MA" | b"MP"))
        && flags.len() > 1
    {
        return Order::Redundant;
    }
    let places: Option<Vec<usize>> = flags
        .iter()
        .map(|flag| ours.iter().position(|letter| *letter == flag[0]))
        .collect();
    match places {
        Some(places) if places.is_sorted() => Order::Ours,
        Some(_) => Order::Other,
        None => Order::Redundant,
    }
}

/// The requests in these bytes, as a server reads them; where it cannot, all that is left is one.
pub(crate) fn split(mut bytes: &[u8], is_binary: bool) -> Vec<Part<'_>> {
    let mut parts = vec![];
    while !bytes.is_empty() {
        let part = match bytes[0] {
            0x80 => packet(bytes),
            _ if is_binary => Part {
                bytes,
                line: bytes,
                data: None,
                kind: Kind::Packet,
            },
            _ => line(bytes),
        };
        bytes = &bytes[part.bytes.len()..];
        parts.push(part);
    }
    parts
}

fn packet(bytes: &[u8]) -> Part<'_> {
    let partial = Part {
        bytes,
        line: bytes,
        data: None,
        kind: Kind::Partial,
    };
    let Some(header) = bytes.first_chunk::<24>() else {
        return partial;
    };
    let [.., b3, b2, b1, b0] = *header.first_chunk::<12>().expect("24 bytes hold 12");
    let body = u32::from_be_bytes([b3, b2, b1, b0]) as usize;
    let named = usize::from(u16::from_be_bytes([header[2], header[3]])) + usize::from(header[4]);
    if bytes.len() < 24 + body || named > body {
        return partial;
    }
    let bytes = &bytes[..24 + body];
    let data = (named < body).then(|| &bytes[24 + named..]);
    Part {
        bytes,
        line: &bytes[..24],
        data,
        kind: Kind::Packet,
    }
}

fn line(bytes: &[u8]) -> Part<'_> {
    let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
        return Part {
            bytes,
            line: bytes,
            data: None,
            kind: Kind::Partial,
        };
    };
    let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let words: Vec<&[u8]> = line
        .split(|byte| *byte == b' ')
        .filter(|word| !word.is_empty())
        .collect();
    let length = match words[..] {
        [b"ms", _, length, ..] => Some(length),
        [
            b"set" | b"add" | b"replace" | b"append" | b"prepend" | b"cas",
            _,
            _,
            _,
            length,
            ..,
        ] => Some(length),
        [
            b"ms" | b"set" | b"add" | b"replace" | b"append" | b"prepend" | b"cas",
            ..,
        ] => Some(&b""[..]),
        _ => None,
    };
    let (data, until) = match length {
        None => (None, end + 1),
        Some(_) if rest.is_empty() => (None, end + 1),
        Some(length) => {
            let length = grammar_number(length).and_then(|length| usize::try_from(length).ok());
            let data = length.and_then(|length| rest.get(..length.checked_add(2)?));
            match data.and_then(|data| data.strip_suffix(b"\r\n")) {
                Some(data) => (Some(data), end + 1 + data.len() + 2),
                None => (Some(rest), bytes.len()),
            }
        }
    };
    Part {
        bytes: &bytes[..until],
        line,
        data,
        kind: Kind::Line,
    }
}

impl<'r> Part<'r> {
    pub(crate) fn words(&self) -> Vec<&'r [u8]> {
        let words = self.line.split(|byte| *byte == b' ');
        match self.kind {
            Kind::Line => words.filter(|word| !word.is_empty()).collect(),
            _ => vec![],
        }
    }

    /// The key of a packet.
    pub(crate) fn key(&self) -> &'r [u8] {
        let [_, _, high, low, extras, ..] = *self.line else {
            return &[];
        };
        let behind = self.bytes.get(24 + usize::from(extras)..);
        let length = usize::from(u16::from_be_bytes([high, low]));
        behind
            .and_then(|behind| behind.get(..length))
            .unwrap_or_default()
    }

    fn is_unanswered(&self) -> bool {
        let words = self.words();
        let is_meta = matches!(
            words.first(),
            Some(&(b"mg" | b"ms" | b"md" | b"ma" | b"me"))
        );
        !is_meta && words.last() == Some(&&b"noreply"[..])
    }

    fn is_quiet(&self) -> bool {
        match self.kind {
            Kind::Packet => matches!(self.line[1], 0x09 | 0x0D | 0x11..=0x1A | 0x1E | 0x24),
            _ => match self.words()[..] {
                [b"mg" | b"ms" | b"md" | b"ma", _, ref flags @ ..] => flags.contains(&&b"q"[..]),
                _ => false,
            },
        }
    }

    fn is_fence(&self) -> bool {
        match self.kind {
            Kind::Packet => self.bytes.len() == 24 && self.line[1] == 0x0A,
            _ => self.line == b"mn",
        }
    }
}
