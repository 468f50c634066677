//! Meta lines with any flags, as our meta commands write them.

use minimc_core::command::meta::{Answer, Count, Delete, Details, Get, Outcome, Set, TimeToLive};
use minimc_core::{Expiry, Key};

use crate::call::Call;
use crate::part::Part;
use crate::table::one;
use crate::words::{Words, of_item, printed};

/// The call that asks for this; `None` if none of ours does.
pub(crate) fn call<'a>(part: &Part<'a>) -> Option<Box<dyn Call + 'a>> {
    let words = part.words();
    let (verb, name) = (*words.first()?, *words.get(1)?);
    let key = Key::new(name).ok()?;
    let skip = if verb == b"ms" { 3 } else { 2 };
    let flags = words.get(skip..)?.iter();
    let is_twice = |flag: &&[u8]| flags.clone().filter(|other| other[0] == flag[0]).count() > 1;
    let length = part.data.map(|data| data.len().to_string().into_bytes());
    let is_whole = verb != b"ms" || length.as_deref() == words.get(2).copied();
    if !is_whole || flags.clone().any(is_twice) {
        return None;
    }
    let mut flags = flags
        .filter(|flag| flag[0] != b'O')
        .map(|flag| flag.split_at(1));
    let number = |token: &[u8]| core::str::from_utf8(token).ok()?.parse::<u64>().ok();
    let time = |token: &[u8]| {
        let number = number(token)?;
        Some(match number {
            0 => Expiry::NEVER,
            _ => Expiry::seconds(
                i64::try_from(number)
                    .ok()
                    .filter(|time| *time <= 2_592_000)?,
            ),
        })
    };
    Some(match verb {
        b"mg" => one(flags.try_fold(Get::new(key), |get, (letter, token)| {
            Some(match (letter, token) {
                (b"v", b"") => get.with_value(),
                (b"f", b"") => get.with_flags(),
                (b"c", b"") => get.with_cas(),
                (b"t", b"") => get.with_time_to_live(),
                (b"l", b"") => get.with_last_access(),
                (b"h", b"") => get.with_hit_before(),
                (b"s", b"") => get.with_size(),
                (b"k", b"") => get.with_key(),
                (b"u", b"") => get.without_bump(),
                (b"T", _) => get.touch(time(token)?),
                (b"N", _) => get.vivify(time(token)?),
                (b"R", _) => get.recache(number(token)? as u32),
                _ => return None,
            })
        })?),
        b"md" => one(flags.try_fold(Delete::new(key), |delete, (letter, token)| {
            Some(match (letter, token) {
                (b"C", _) => delete.compare(number(token)?),
                (b"I", b"") => delete.invalidate(),
                (b"T", _) => delete.invalidate_until(time(token)?),
                (b"k", b"") => delete.with_key(),
                _ => return None,
            })
        })?),
        b"ms" => one(
            flags.try_fold(Set::new(key, part.data?), |set, (letter, token)| {
                Some(match (letter, token) {
                    (b"F" | b"T", b"0") => return None,
                    (b"F", _) => set.flags(u32::try_from(number(token)?).ok()?),
                    (b"T", _) => set.expiry(time(token)?),
                    (b"C", _) => set.compare(number(token)?),
                    (b"I", b"") => set.invalidate(),
                    (b"c", b"") => set.with_cas(),
                    (b"k", b"") => set.with_key(),
                    (b"M", b"E") => set.add(),
                    (b"M", b"A") => set.append(),
                    (b"M", b"P") => set.prepend(),
                    (b"M", b"R") => set.replace(),
                    _ => return None,
                })
            })?,
        ),
        b"ma" => {
            let flags: Vec<_> = flags.collect();
            let delta = flags.iter().find(|flag| flag.0 == b"D");
            let delta = delta.map_or(Some(1), |flag| number(flag.1))?;
            let is_down = flags.iter().any(|flag| *flag == (&b"M"[..], &b"D"[..]));
            let first = if is_down { Count::down } else { Count::up };
            one(flags
                .into_iter()
                .try_fold(first(key, delta), |count, (letter, token)| {
                    Some(match (letter, token) {
                        (b"D", b"1") => return None,
                        (b"D", _) | (b"M", b"D") => count,
                        (b"v", b"") => count.with_value(),
                        (b"c", b"") => count.with_cas(),
                        (b"t", b"") => count.with_time_to_live(),
                        (b"k", b"") => count.with_key(),
                        (b"T", _) => count.touch(time(token)?),
                        (b"C", _) => count.compare(number(token)?),
                        _ => return None,
                    })
                })?)
        }
        _ => return None,
    })
}

impl Words for Option<Answer<'_>> {
    fn words(self) -> String {
        let Some(answer) = self else {
            return "not found ~".into();
        };
        match answer.value() {
            Some(value) => told(&of_item(answer.flags(), answer.cas(), value), &answer),
            None => answer.words(),
        }
    }
}

impl Words for Option<Details<'_>> {
    fn words(self) -> String {
        let Some(details) = self else {
            return "not found".into();
        };
        let number = |told: Option<u64>| told.map_or("-".into(), |number| number.to_string());
        let fetched = details.is_fetched();
        format!(
            "details {} exp {} la {} cas {} fetch {} cls {} size {}",
            printed(details.key()),
            details.field(b"exp").map_or("-".into(), printed),
            number(details.last_access().map(u64::from)),
            number(details.cas()),
            fetched.map_or("-", |is| if is { "yes" } else { "no" }),
            number(details.class().map(u64::from)),
            number(details.size().map(u64::from))
        )
    }
}

impl Words for Answer<'_> {
    fn words(self) -> String {
        let words = match (self.outcome(), self.number()) {
            (_, Some(number)) => number.words(),
            (Outcome::Done, None) => "done".into(),
            (Outcome::NotFound, None) => "not found".into(),
            (Outcome::NotStored, None) => "not stored".into(),
            (Outcome::Exists, None) => "exists".into(),
        };
        told(&words, &self)
    }
}

/// What an answer means, and behind a tilde what its flags say.
fn told(words: &str, answer: &Answer<'_>) -> String {
    let mut words = format!("{words} ~");
    let mut tell = |letter: char, told: Option<String>| {
        if let Some(told) = told {
            words += &format!(" {letter}{told}");
        }
    };
    let time = answer.time_to_live().map(|time| match time {
        TimeToLive::Unlimited => "-1".into(),
        TimeToLive::Seconds(seconds) => seconds.to_string(),
    });
    let hit = answer.hit_before();
    let in_digits = |number: u32| number.to_string();
    tell('c', answer.cas().map(|cas| cas.to_string()));
    tell('t', time);
    tell('l', answer.last_access().map(in_digits));
    tell('h', hit.map(|hit| u8::from(hit).to_string()));
    tell('s', answer.size().map(in_digits));
    tell('k', answer.key().map(printed));
    tell('W', answer.is_won().then(String::new));
    tell('X', answer.is_stale().then(String::new));
    tell('Z', answer.is_taken().then(String::new));
    words
}
