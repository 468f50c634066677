//! Meta request lines.

use super::line::{Read, count, data, key, time};
use super::{Form, Mode, Request, Verb, What, number};

/// The request of a line with these words behind its verb, and what is behind it.
pub(super) fn request<'b>(
    verb: &[u8],
    words: &[&[u8]],
    rest: &'b [u8],
) -> Read<(Request, &'b [u8])> {
    let (&name, words) = words.split_first().ok_or("no key")?;
    let (length, words) = match (verb, words) {
        (b"ms", [length, words @ ..]) => (*length, words),
        (b"ms", []) => return Err("no length"),
        _ => (&b""[..], words),
    };
    if words.len() > 17 {
        return Err("too many flags");
    }
    let mut flags = Flags(words.to_vec());
    let opaque = flags.token(b'O').unwrap_or_default().to_vec();
    if opaque.len() > 31 {
        return Err("an opaque that is too long");
    }
    let name = key(name)?;
    let key = if flags.is_set(b'b')? {
        base64(&name)?
    } else {
        name
    };
    let (what, rest) = match verb {
        b"mg" => {
            let (value, returns) = (flags.is_set(b'v')?, flags.is_set(b'f')?);
            let (cas, touch) = (flags.is_set(b'c')?, flags.time(b'T')?);
            let (lasts, recache) = (flags.time(b'N')?, flags.time(b'R')?);
            let told = flags.any(b"hklstu")?;
            let what = match (value && returns, told, touch, lasts) {
                (true, false, _, None) if recache.is_none() => What::Get {
                    keys: vec![key],
                    cas,
                    touch,
                },
                (true, false, None, Some(lasts)) if cas => What::Lease {
                    key,
                    lasts,
                    recache,
                },
                (_, true, ..) => What::Verb {
                    verb: Verb::Get,
                    key,
                },
                (_, false, _, None) if value || returns || cas || recache.is_some() => {
                    return Err("a get that is none of ours");
                }
                (_, false, Some(expiry), None) => What::Touch { key, expiry },
                (_, false, None, None) => What::Exists { key },
                _ => return Err("a get that is none of ours"),
            };
            (what, rest)
        }
        b"ms" => {
            let (value, rest) = data(length, rest)?;
            let told = flags.any(b"ckI")?;
            let mode = match (flags.token(b'M'), flags.count(b'C')?) {
                (None | Some(b"S"), None) => Mode::Set,
                (None | Some(b"S"), Some(unique)) => Mode::Cas(unique),
                (Some(b"E"), None) => Mode::Add,
                (Some(b"R"), None) => Mode::Replace,
                (Some(b"A"), None) => Mode::Append,
                (Some(b"P"), None) => Mode::Prepend,
                _ => return Err("no mode of ms"),
            };
            let stored = flags
                .token(b'F')
                .map_or(Some(0), number)
                .ok_or("no flags")?;
            let new = mode.of_new((stored, flags.time(b'T')?.unwrap_or(0)));
            let what = match told {
                true => What::Verb {
                    verb: Verb::Set,
                    key,
                },
                false => What::Store {
                    mode,
                    key,
                    value,
                    new,
                },
            };
            (what, rest)
        }
        b"md" => {
            let what = match (flags.any(b"kI")?, flags.count(b'C')?) {
                (true, _) => What::Verb {
                    verb: Verb::Delete,
                    key,
                },
                (false, Some(cas)) => What::DeleteCas { key, cas },
                (false, None) => What::Delete { key },
            };
            (what, rest)
        }
        _ => {
            let up = match flags.token(b'M') {
                None | Some(b"I" | b"+") => true,
                Some(b"D" | b"-") => false,
                Some(_) => return Err("no mode of ma"),
            };
            let delta = flags.count(b'D')?.unwrap_or(1);
            let initial = match (flags.time(b'N')?, flags.count(b'J')?) {
                (None, None) => None,
                (Some(expiry), value) => Some((value.unwrap_or(0), expiry)),
                (None, Some(_)) => return Err("an initial value that is not used"),
            };
            let told = flags.any(b"ckt")? | flags.count(b'C')?.is_some();
            let what = match (flags.is_set(b'v')?, told) {
                (_, true) => What::Verb {
                    verb: Verb::Count,
                    key,
                },
                (true, false) => What::Count {
                    key,
                    up,
                    delta,
                    initial,
                },
                _ => return Err("a count whose number is not asked for"),
            };
            (what, rest)
        }
    };
    if !flags.0.is_empty() {
        return Err("a flag that is unknown here, or there twice");
    }
    let form = Form::Meta { opaque };
    Ok((Request { what, form }, rest))
}

/// The flags of a meta line; each is taken once, and in the end none may be left.
struct Flags<'w>(Vec<&'w [u8]>);

impl<'w> Flags<'w> {
    fn token(&mut self, letter: u8) -> Option<&'w [u8]> {
        let at = self.0.iter().position(|flag| flag[0] == letter)?;
        Some(&self.0.remove(at)[1..])
    }

    fn is_set(&mut self, letter: u8) -> Read<bool> {
        match self.token(letter) {
            None => Ok(false),
            Some(b"") => Ok(true),
            Some(_) => Err("a token behind a flag without one"),
        }
    }

    /// Whether any of these is set.
    fn any(&mut self, letters: &[u8]) -> Read<bool> {
        letters
            .iter()
            .try_fold(false, |any, &letter| Ok(any | self.is_set(letter)?))
    }

    fn time(&mut self, letter: u8) -> Read<Option<u32>> {
        self.token(letter).map(time).transpose()
    }

    fn count(&mut self, letter: u8) -> Read<Option<u64>> {
        self.token(letter).map(count).transpose()
    }
}

fn base64(word: &[u8]) -> Read<Vec<u8>> {
    let digits = word
        .strip_suffix(b"==")
        .or(word.strip_suffix(b"="))
        .unwrap_or(word);
    if !word.len().is_multiple_of(4) {
        return Err("base64 without its padding");
    }
    let mut bits = String::new();
    for &digit in digits {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return Err("no digit of base64"),
        };
        bits += &format!("{value:06b}");
    }
    let (bytes, spare) = bits.split_at(bits.len() / 8 * 8);
    if spare.contains('1') {
        return Err("base64 with bits to spare");
    }
    let bytes = bytes
        .as_bytes()
        .chunks(8)
        .map(|bits| bits.iter().fold(0, |byte, &bit| byte << 1 | (bit - b'0')));
    Ok(bytes.collect())
}
