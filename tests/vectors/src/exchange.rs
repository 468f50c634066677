//! One exchange given to the core: its requests are sent, its response is cut and fed.

use std::collections::{HashMap, VecDeque};

use minimc_core::{Connection, Protocol};

use crate::asked::{Ask, Ours, asks};
use crate::call::{Call, Heap, Link, Taken};
use crate::naive::{Outcome, Read};
use crate::part::{Kind, Part, split};
use crate::record::Record;
use crate::response::{marks, response};
use crate::table;

/// The connections of a scenario, by their number in the transcript and their protocol.
pub(crate) type Links = HashMap<(u64, u8), Link>;

/// How the requests were written again.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rewritten {
    /// Byte for byte, but for the opaque.
    pub(crate) exactly: usize,
    /// With the same flags in our order.
    pub(crate) in_order: usize,
    /// Not: none of our commands writes it, so it was sent as it is.
    pub(crate) raw: usize,
}

/// Where a response is cut.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cut {
    Nowhere,
    /// In front of the byte that the number leads to.
    Once(usize),
    /// Everywhere.
    Always,
}

/// So many places of a long response are cut; of a shorter one every one.
pub(crate) const PLACES: usize = 256;

/// A record and what the naive reader made of it.
#[derive(Clone, Debug)]
pub(crate) struct Exchange<'r> {
    pub(crate) record: &'r Record,
    pub(crate) read: Read,
    pub(crate) asks: Vec<Ask<'r>>,
    pub(crate) protocol: Protocol,
}

impl<'r> Exchange<'r> {
    pub(crate) fn new(record: &'r Record, read: Read) -> Self {
        let mut asks = asks(&record.request, record.is_binary);
        let speaks = asks.iter().find_map(protocol);
        let text = if record.is_binary {
            Protocol::Binary
        } else {
            Protocol::Text
        };
        let chosen = speaks.unwrap_or(text);
        // A connection speaks one protocol: what is of another stands in it as it is.
        let mut is_owed = false;
        for ask in &mut asks {
            let is_other = protocol(ask).is_some_and(|other| other != chosen);
            // And what lines answer is sent only where nothing is owed.
            let is_stream = matches!(
                ask,
                Ask::Ours {
                    what: Ours::Stream,
                    ..
                }
            );
            if let Ask::Ours { part, .. } = *ask
                && (is_other || is_stream && is_owed)
            {
                *ask = Ask::Raw(part);
            }
            is_owed |= !matches!(ask, Ask::Silent);
        }
        Self {
            record,
            read,
            asks,
            protocol: chosen,
        }
    }

    /// Runs it, and says what is wrong.
    pub(crate) fn run(&self, links: &mut Links, cut: Cut) -> Result<Rewritten, String> {
        let place = (self.record.connection, self.protocol as u8);
        let mut link = links
            .remove(&place)
            .map_or_else(|| open(self.protocol), Ok)?;
        let mut rewritten = Rewritten::default();
        let mut calls: VecDeque<(usize, &Ask<'_>, Box<dyn Call + '_>)> = VecDeque::new();
        let (mut first, mut all_marks) = (0, vec![]);
        for ask in &self.asks {
            let call = table::call(ask).map_err(|error| error.to_string())?;
            if let Some(mut call) = call {
                let sent = call
                    .send(&mut link)
                    .map_err(|error| format!("not sent: {error}"))?;
                self.rewrite(ask, &sent, &mut rewritten)?;
                all_marks.push(marks(ask, first, &sent));
                calls.push_back((first, ask, call));
            }
            first += ask.count();
        }
        let response = response(&self.record.response, &self.read.replies, &all_marks);
        let answers = feed(&mut link, &mut calls, &pieces(&response, cut));

        let is_broken = link.is_broken();
        let owed = calls.iter().map(|(_, ask, _)| match ask {
            Ask::Quiet { fence, .. } => usize::from(fence.is_some()),
            _ => 1,
        });
        let owed = if is_broken { 0 } else { owed.sum() };
        let state = match (is_broken, self.record.closed) {
            (true, _) => "broken",
            (false, true) => "closed",
            (false, false) if owed > 0 => "waiting",
            (false, false) => "kept",
        };
        let is_refused = |words: &str| {
            words.starts_with("failed")
                || self.protocol == Protocol::Binary
                    && matches!(words, "not found" | "not stored" | "exists")
        };
        let is_told = answers.iter().any(|(_, words)| is_refused(words));
        // Of what broke the connection without a word, only the naive reader can tell.
        let error = if is_broken && !is_told {
            self.read.outcome.error
        } else {
            is_told || self.record.closed && answers.is_empty()
        };
        let outcome = Outcome {
            requests: first,
            answers,
            owed,
            state: state.into(),
            error,
        };
        if state == "kept" {
            links.insert(place, link);
        } else {
            links.retain(|(connection, _), _| *connection != place.0);
        }
        let naive = told_to(&outcome, &self.read.outcome);
        if outcome != naive {
            return Err(format!("core {outcome:?}, naive {naive:?}"));
        }
        if error != self.record.error {
            return Err(format!("error is {error}, recorded {}", self.record.error));
        }
        Ok(rewritten)
    }

    fn rewrite(&self, ask: &Ask<'_>, sent: &[u8], rewritten: &mut Rewritten) -> Result<(), String> {
        let Ask::Ours { exact, part, .. } = ask else {
            rewritten.raw += ask.count();
            return Ok(());
        };
        let (ours, theirs) = (without_opaque(sent), without_opaque(part.bytes));
        let is_same = if *exact {
            ours == theirs
        } else {
            sorted(&ours) == sorted(&theirs)
        };
        if !is_same {
            let (ours, theirs) = (ours.escape_ascii(), theirs.escape_ascii());
            return Err(format!("written as {ours:.200}, recorded {theirs:.200}"));
        }
        match exact {
            true => rewritten.exactly += 1,
            false => rewritten.in_order += 1,
        }
        Ok(())
    }
}

/// The naive outcome without what the flags of a meta line say (behind a tilde), where the core was
/// not asked for it.
fn told_to(core: &Outcome, naive: &Outcome) -> Outcome {
    let mut naive = naive.clone();
    for ((_, words), (_, ours)) in naive.answers.iter_mut().zip(&core.answers) {
        if !ours.contains(" ~")
            && let Some(at) = words.rfind(" ~")
        {
            words.truncate(at);
        }
    }
    naive
}

fn open(protocol: Protocol) -> Result<Link, String> {
    let storage = |size| Heap(vec![0; size]);
    let mut link = Connection::new(protocol, storage(20 * 1024), storage(2048))
        .map_err(|error| error.to_string())?;
    link.set_item_limit(u32::MAX);
    Ok(link)
}

/// The protocol in which a command writes this; `None` if any text will do.
fn protocol(ask: &Ask<'_>) -> Option<Protocol> {
    let part = match ask {
        Ask::Ours { part, .. } | Ask::Raw(part) => part,
        Ask::Quiet { parts, .. } => parts.first()?,
        Ask::Keys { .. } | Ask::Silent => return None,
    };
    if part.kind == Kind::Packet {
        return Some(Protocol::Binary);
    }
    match (ask, part.words()[..].first()) {
        (_, Some(&(b"mg" | b"ms" | b"md" | b"ma" | b"me" | b"mn"))) => Some(Protocol::Meta),
        (
            Ask::Ours {
                what: Ours::Stream, ..
            },
            _,
        ) => None,
        (Ask::Ours { .. }, Some(&(b"version" | b"flush_all" | b"verbosity" | b"quit"))) => None,
        (Ask::Ours { .. }, _) => Some(Protocol::Text),
        _ => None,
    }
}

/// Gives the response to the connection, and takes what answers the calls.
fn feed(
    link: &mut Link,
    calls: &mut VecDeque<(usize, &Ask<'_>, Box<dyn Call + '_>)>,
    pieces: &[&[u8]],
) -> Vec<(usize, String)> {
    let mut answers = vec![];
    for piece in pieces {
        let mut piece = *piece;
        loop {
            let space = link.space();
            let count = space.len().min(piece.len());
            space[..count].copy_from_slice(&piece[..count]);
            link.filled(count);
            piece = &piece[count..];
            while let Some((first, _, call)) = calls.front_mut() {
                match call.take(link) {
                    Taken::More => break,
                    Taken::Broken(some) => {
                        let some = some.into_iter();
                        answers.extend(some.map(|(index, words)| (*first + index, words)));
                        return answers;
                    }
                    Taken::Part(some) => {
                        let some = some.into_iter();
                        answers.extend(some.map(|(index, words)| (*first + index, words)));
                    }
                    Taken::Answers(some) => {
                        let some = some.into_iter();
                        answers.extend(some.map(|(index, words)| (*first + index, words)));
                        calls.pop_front();
                    }
                }
            }
            // Nobody asked for what is left.
            let is_left = calls.is_empty() && link.settle().is_err();
            if is_left || link.is_broken() {
                return answers;
            }
            if piece.is_empty() {
                break;
            }
        }
    }
    answers
}

fn pieces(response: &[u8], cut: Cut) -> Vec<&[u8]> {
    let length = response.len();
    match cut {
        Cut::Nowhere => vec![response],
        Cut::Always => response
            .chunks(if length < 8192 { 1 } else { 997 })
            .collect(),
        Cut::Once(place) => {
            let at = match place {
                _ if length <= PLACES => place % length.max(1),
                // The front, the end, and what is between them.
                0..96 => place,
                96..192 => length - (place - 95),
                _ => (length / PLACES).saturating_mul(place).min(length),
            };
            let (front, back) = response.split_at(at);
            vec![front, back]
        }
    }
}

fn without_opaque(bytes: &[u8]) -> Vec<u8> {
    let Some(part) = split(bytes, false).into_iter().next() else {
        return vec![];
    };
    if part.kind == Kind::Packet {
        return [&bytes[..12], &[0; 4], &bytes[16..]].concat();
    }
    let Part { line, .. } = part;
    let behind = &bytes[line.len()..];
    let mut words: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
    let skip = match words[0] {
        b"mg" | b"md" | b"ma" => 2,
        b"ms" => 3,
        _ => return bytes.to_vec(),
    };
    let mut index = 0;
    words.retain(|word| {
        index += 1;
        index <= skip || word.first() != Some(&b'O')
    });
    [&words.join(&b' '), behind].concat()
}

fn sorted(bytes: &[u8]) -> (Vec<&[u8]>, &[u8]) {
    let end = bytes
        .iter()
        .position(|byte| *byte == b'\r')
        .unwrap_or(bytes.len());
    let (line, behind) = bytes.split_at(end);
    let mut words: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
    words.sort_unstable();
    (words, behind)
}
