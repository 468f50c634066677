//! What the bytes of a request ask for, and which of it our commands can write.

use minimc_core::Key;

use crate::grammar::{self, Form, Request, What};
use crate::meta;
use crate::order::{self, Order};
use crate::part::{Kind, Part, plain_number, split};
use crate::stream;

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
    Mechanisms,
    /// The name and the password of a login by packet. (By a line it is a `set` like any other.)
    Login(String, String),
    /// A meta line with any flags: read where its command is made.
    Meta,
    Debug(Vec<u8>),
    /// What any number of lines answer: read where its command is made.
    Stream,
}

/// With its letter.
const LONGEST_OPAQUE: usize = 32;

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
    if stream::call(&part).is_some() {
        return Ask::Ours {
            what: Ours::Stream,
            exact: true,
            part,
        };
    }
    if let Some(what) = ours(&part) {
        let order = if part.kind == Kind::Packet {
            order::of_packet(&part)
        } else {
            order::of_line(&words)
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

/// What is read from its words below, whatever else the grammar knows of it.
fn is_read_here(what: &What) -> bool {
    matches!(
        what,
        What::DeleteCas { .. }
            | What::Exists { .. }
            | What::Lease { .. }
            | What::Verb { .. }
            | What::Debug { .. }
            | What::FlushAll { .. }
    )
}

/// What it asks for, if that can be asked for by one of our commands.
fn ours(part: &Part<'_>) -> Option<Ours> {
    if let Ok(requests) = grammar::requests(part.bytes)
        && let [Request { what, form }] = &requests[..]
        && !is_read_here(what)
    {
        let is_text_noop = *what == What::Noop && *form == Form::Classic;
        let is_quiet = matches!(form, Form::Packet { opcode: 0x0D, .. });
        return (!is_text_noop && !is_quiet).then(|| Ours::Plain(what.clone()));
    }
    let number = plain_number;
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
            (0x20, 0, []) => Some(Ours::Mechanisms),
            (0x21, 0, [b'P', b'L', b'A', b'I', b'N', 0, given @ ..]) => {
                let (user, password) = core::str::from_utf8(given).ok()?.split_once('\0')?;
                Some(Ours::Login(user.into(), password.into()))
            }
            _ => None,
        };
    }
    Some(match words[..] {
        [b"mg", key] => Ours::Exists(key.to_vec()),
        [b"mg", key, flag] if flag[0] == b'O' && flag.len() <= LONGEST_OPAQUE => {
            Ours::Exists(key.to_vec())
        }
        [b"md", key, flag] if flag[0] == b'C' => Ours::DeleteCas(key.to_vec(), number(&flag[1..])?),
        [b"me", key] if Key::new(key).is_ok() => Ours::Debug(key.to_vec()),
        [b"flush_all"] => Ours::FlushAll(0),
        [b"flush_all", delay] if delay != b"0" => Ours::FlushAll(number(delay)? as u32),
        [b"verbosity", level] => Ours::Verbosity(number(level)? as u32),
        [b"cache_memlimit", size] => Ours::CacheMemlimit(number(size)? as u32),
        [b"quit"] => Ours::Quit,
        _ => return None,
    })
}
