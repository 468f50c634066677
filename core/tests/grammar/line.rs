//! Request lines and the data behind them; the classic ones.

use super::{Form, Mode, Request, What, line, meta, number};

pub(super) type Read<T> = Result<T, &'static str>;

/// Older servers take no longer line.
const LONGEST_LINE: usize = 2048;

/// The request at the front, and what is behind it.
pub(super) fn request(bytes: &[u8]) -> Read<(Request, &[u8])> {
    let (line, rest) = line(bytes).ok_or("a line without an end")?;
    let line = line.strip_suffix(b"\r").ok_or("a bare line feed")?;
    if line.len() > LONGEST_LINE {
        return Err("a line that is too long");
    }
    let words: Vec<&[u8]> = line.split(|&byte| byte == b' ').collect();
    if words.iter().any(|word| word.is_empty()) {
        return Err("two blanks, or one in front or behind");
    }
    if line.iter().any(|&byte| byte < 0x20 || byte == 0x7F) {
        return Err("a control character");
    }
    let verb = words[0];
    match verb {
        b"mg" | b"ms" | b"md" | b"ma" => meta::request(verb, &words[1..], rest),
        b"mn" | b"me" => {
            let what = match words[1..] {
                [] if verb == b"mn" => What::Noop,
                [name] if verb == b"me" => What::Debug { key: key(name)? },
                _ => return Err("no mn or me of ours"),
            };
            let form = Form::Meta { opaque: vec![] };
            Ok((Request { what, form }, rest))
        }
        _ => {
            let (what, rest) = classic(verb, &words[1..], rest)?;
            let form = Form::Classic;
            Ok((Request { what, form }, rest))
        }
    }
}

fn classic<'b>(verb: &[u8], words: &[&[u8]], rest: &'b [u8]) -> Read<(What, &'b [u8])> {
    let what = match (verb, words) {
        (b"get" | b"gets", keys) => What::Get {
            keys: all_keys(keys)?,
            cas: verb == b"gets",
            touch: None,
        },
        (b"gat" | b"gats", [expiry, keys @ ..]) => What::Get {
            keys: all_keys(keys)?,
            cas: verb == b"gats",
            touch: Some(time(expiry)?),
        },
        (b"cas", &[name, flags, expiry, length, unique]) => {
            let mode = Mode::Cas(count(unique)?);
            return store(mode, name, flags, expiry, length, rest);
        }
        (_, &[name, flags, expiry, length]) => {
            let mode = match verb {
                b"set" => Mode::Set,
                b"add" => Mode::Add,
                b"replace" => Mode::Replace,
                b"append" => Mode::Append,
                b"prepend" => Mode::Prepend,
                _ => return Err("no storage command"),
            };
            return store(mode, name, flags, expiry, length, rest);
        }
        (b"incr" | b"decr", [name, delta]) => What::Count {
            key: key(name)?,
            up: verb == b"incr",
            delta: count(delta)?,
            initial: None,
        },
        (b"touch", [name, expiry]) => What::Touch {
            key: key(name)?,
            expiry: time(expiry)?,
        },
        (b"delete", [name]) => What::Delete { key: key(name)? },
        (b"flush_all", []) => What::FlushAll { delay: None },
        (b"flush_all", [delay]) => What::FlushAll {
            delay: Some(time(delay)?),
        },
        (b"version", []) => What::Version,
        _ => return Err("no classic command"),
    };
    Ok((what, rest))
}

fn store<'b>(
    mode: Mode,
    name: &[u8],
    flags: &[u8],
    expiry: &[u8],
    length: &[u8],
    rest: &'b [u8],
) -> Read<(What, &'b [u8])> {
    let (value, rest) = data(length, rest)?;
    let what = What::Store {
        mode,
        key: key(name)?,
        value,
        new: mode.of_new((number(flags).ok_or("no flags")?, time(expiry)?)),
    };
    Ok((what, rest))
}

impl Mode {
    /// What is stored beside a value: nothing where the item keeps its own.
    pub(super) fn of_new<T>(self, new: T) -> Option<T> {
        match self {
            Self::Append | Self::Prepend => None,
            _ => Some(new),
        }
    }
}

fn all_keys(words: &[&[u8]]) -> Read<Vec<Vec<u8>>> {
    if words.is_empty() {
        return Err("no key");
    }
    words.iter().map(|word| key(word)).collect()
}

pub(super) fn key(word: &[u8]) -> Read<Vec<u8>> {
    if (1..=250).contains(&word.len()) {
        Ok(word.to_vec())
    } else {
        Err("a key that is too long")
    }
}

/// Servers hold a signed number of seconds.
pub(super) fn time(digits: &[u8]) -> Read<u32> {
    number::<i32>(digits)
        .map(|time| time as u32)
        .ok_or("no expiry")
}

pub(super) fn count(digits: &[u8]) -> Read<u64> {
    number(digits).ok_or("no number")
}

pub(super) fn data<'b>(length: &[u8], rest: &'b [u8]) -> Read<(Vec<u8>, &'b [u8])> {
    let length: u32 = number(length).ok_or("no length")?;
    let (value, rest) = rest
        .split_at_checked(length as usize)
        .ok_or("too little data")?;
    let rest = rest
        .strip_prefix(b"\r\n")
        .ok_or("no line end behind the data")?;
    Ok((value.to_vec(), rest))
}
