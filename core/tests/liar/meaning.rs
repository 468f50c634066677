//! What a taken reply means, in the words of the grammar, and whether that is what came.

use minimc_core::command::{
    self, Command, Count, Delete, DeleteCas, Deleted, Exists, FlushAll, Get, Lease, Leased, Noop,
    Store, Stored, Touch, Version, meta,
};
use minimc_core::{Error, ErrorKind};

use super::super::grammar::reply::{
    self, Class, FIELDS, Item, Meaning, State, Task, Told, failure, read,
};
use super::super::grammar::{Form, Request, What};
use super::{End, Outcome, STORAGE};

/// A command whose reply can be compared with what the grammar makes of it.
pub trait Means: Command {
    fn meaning(reply: Self::Reply<'_>) -> Meaning;
}

impl Means for Get<'_> {
    fn meaning(reply: Option<command::Item<'_>>) -> Meaning {
        reply.map_or(Meaning::NotFound, |found| Meaning::Item(item(found)))
    }
}

impl Means for Store<'_, '_> {
    fn meaning(reply: Stored) -> Meaning {
        match reply {
            Stored::Stored => Meaning::Done,
            Stored::NotStored => Meaning::NotStored,
            Stored::Exists => Meaning::Exists,
            Stored::NotFound => Meaning::NotFound,
        }
    }
}

impl Means for Count<'_> {
    fn meaning(reply: u64) -> Meaning {
        Meaning::Number(reply)
    }
}

impl Means for Delete<'_> {
    fn meaning(there_was_one: bool) -> Meaning {
        was_there(there_was_one)
    }
}

impl Means for DeleteCas<'_> {
    fn meaning(reply: Deleted) -> Meaning {
        match reply {
            Deleted::Deleted => Meaning::Done,
            Deleted::Exists => Meaning::Exists,
            Deleted::NotFound => Meaning::NotFound,
        }
    }
}

impl Means for Exists<'_> {
    fn meaning(there_is_one: bool) -> Meaning {
        was_there(there_is_one)
    }
}

impl Means for FlushAll {
    fn meaning((): ()) -> Meaning {
        Meaning::Done
    }
}

impl Means for Lease<'_> {
    fn meaning(reply: Leased<'_>) -> Meaning {
        let (task, found) = match reply {
            Leased::Fresh(found) => (Task::Nobody, Some(found)),
            Leased::Won { cas, stale } => (Task::Asker { cas }, stale),
            Leased::Taken { stale } => (Task::Another, stale),
        };
        let item = found.map(item);
        Meaning::Leased { task, item }
    }
}

impl Means for meta::Get<'_> {
    fn meaning(reply: Option<meta::Answer<'_>>) -> Meaning {
        reply.map_or(Meaning::NotFound, told)
    }
}

impl Means for meta::Set<'_, '_> {
    fn meaning(reply: meta::Answer<'_>) -> Meaning {
        told(reply)
    }
}

impl Means for meta::Delete<'_> {
    fn meaning(reply: meta::Answer<'_>) -> Meaning {
        told(reply)
    }
}

impl Means for meta::Count<'_> {
    fn meaning(reply: meta::Answer<'_>) -> Meaning {
        told(reply)
    }
}

impl Means for meta::Debug<'_> {
    fn meaning(reply: Option<meta::Details<'_>>) -> Meaning {
        let Some(details) = reply else {
            return Meaning::NotFound;
        };
        let fields = FIELDS.map(|name| details.field(name).map(<[u8]>::to_vec));
        Meaning::Debug(details.key().to_vec(), fields)
    }
}

fn told(answer: meta::Answer<'_>) -> Meaning {
    Meaning::Told(Told {
        outcome: match answer.outcome() {
            meta::Outcome::Done => reply::Outcome::Done,
            meta::Outcome::NotStored => reply::Outcome::NotStored,
            meta::Outcome::Exists => reply::Outcome::Exists,
            meta::Outcome::NotFound => reply::Outcome::NotFound,
        },
        value: answer.value().map(<[u8]>::to_vec),
        flags: answer.flags(),
        cas: answer.cas(),
        key: answer.key().map(<[u8]>::to_vec),
        time_to_live: answer.time_to_live().map(|left| match left {
            meta::TimeToLive::Unlimited => -1,
            meta::TimeToLive::Seconds(seconds) => seconds.into(),
        }),
        last_access: answer.last_access(),
        size: answer.size(),
        was_hit: answer.hit_before(),
        is_won: answer.is_won(),
        is_stale: answer.is_stale(),
        is_taken: answer.is_taken(),
    })
}

impl Means for Touch<'_> {
    fn meaning(there_was_one: bool) -> Meaning {
        was_there(there_was_one)
    }
}

impl Means for Version {
    fn meaning(reply: minimc_core::Text) -> Meaning {
        Meaning::Version(reply.bytes().to_vec())
    }
}

impl Means for Noop {
    fn meaning((): ()) -> Meaning {
        Meaning::Done
    }
}

/// An item whose reply does not say its key.
pub(super) fn item(found: command::Item<'_>) -> Item {
    Item {
        key: None,
        value: found.value.to_vec(),
        flags: found.flags,
        cas: found.cas,
    }
}

fn was_there(there_was_one: bool) -> Meaning {
    if there_was_one {
        Meaning::Done
    } else {
        Meaning::NotFound
    }
}

/// Whether the outcome is what the grammar makes of these bytes: every reply is taken as what it
/// means, nothing else is taken for one, and no beginning of a reply is refused.
///
/// What an error line does to the connection is not the grammar's, so nothing behind one counts.
pub fn agrees(outcome: &Outcome, requests: &[Request], bytes: &[u8]) -> Result<(), &'static str> {
    let replies = read(requests, bytes);
    let mut meanings = replies.meanings.iter();
    // Of packets, what a header says is judged before the rest is there.
    let is_packets = matches!(requests[0].form, Form::Packet { .. });
    let is_cut = is_packets && replies.state == State::More;
    for answer in &outcome.answers {
        let read = meanings.next();
        let kind = match answer {
            // Each key had its item before the line that stands in place of the end.
            Ok(Meaning::End) if matches!(read, Some(Meaning::Failed(_))) => {
                let told = outcome.answers.iter().take_while(|answer| {
                    let item = answer.as_ref().ok();
                    matches!(item, Some(Meaning::Item(_)))
                });
                let all = matches!(&requests[0].what, What::Get { keys, .. } if keys.len() == told.count());
                return all.then_some(()).ok_or("an error that was not told");
            }
            Ok(meaning) if read.is_some_and(|read| is(meaning, read)) => continue,
            _ if read.is_none() && is_cut => return Ok(()),
            Ok(_) => return Err("taken for a reply that it is not"),
            Err(error) => error.kind(),
        };
        let words = answer.as_ref().err().and_then(Error::text);

        let expected = match (kind, read) {
            (ErrorKind::NotFound, Some(Meaning::NotFound)) => continue,
            (ErrorKind::Uncompared, Some(Meaning::Uncompared)) => continue,
            // A line, or what stands in its place, that is longer than the storage.
            (ErrorKind::Malformed, _) if bytes.len() >= STORAGE => true,
            (ErrorKind::Malformed | ErrorKind::Mismatched | ErrorKind::Unsolicited, None) => {
                replies.state == State::Never
            }
            (ErrorKind::ReplyTooLarge { size }, Some(Meaning::Item(item))) => {
                item.value.len() == size as usize
            }
            // Not all of it has come, or ever will.
            (ErrorKind::ReplyTooLarge { .. }, _) => true,
            (ErrorKind::Unconfirmed, Some(Meaning::Failed(_))) => {
                words.and_then(|words| failure(words.bytes())).as_ref() == read
            }
            (_, Some(Meaning::Failed(class))) => class_of(kind) == Some(*class),
            _ => false,
        };
        return expected.then_some(()).ok_or("refused as what it is not");
    }
    if meanings.next().is_some() {
        return Err("a reply was not taken");
    }
    // A line that can be no reply may be refused at its end, not later.
    let expected = match outcome.end {
        End::Broken => false,
        End::Owed(0) => replies.state == State::Done,
        End::Owed(_) if bytes.ends_with(b"\n") && !is_packets => replies.state == State::More,
        End::Owed(_) => replies.state != State::Done,
    };
    expected.then_some(()).ok_or("ended as it must not")
}

/// Whether that was read; of a version the client keeps 63 bytes, or nothing if it served as a no-op.
fn is(taken: &Meaning, read: &Meaning) -> bool {
    match (taken, read) {
        (Meaning::Version(taken), Meaning::Version(read)) => {
            read.starts_with(taken) && taken.len() == read.len().min(63)
        }
        (Meaning::Done, Meaning::Version(_)) => true,
        _ => taken == read,
    }
}

fn class_of(kind: ErrorKind) -> Option<Class> {
    Some(match kind {
        ErrorKind::Command | ErrorKind::TooManyConnections | ErrorKind::Unsupported(_) => {
            Class::Command
        }
        ErrorKind::Client | ErrorKind::Unauthenticated | ErrorKind::NotNumeric => Class::Client,
        ErrorKind::Refused => Class::Refused,
        ErrorKind::Server | ErrorKind::TooLarge | ErrorKind::OutOfMemory => Class::Server,
        _ => return None,
    })
}
