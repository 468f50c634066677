//! A server that lies: what a connection makes of any reply, however it is cut and read.

#![allow(dead_code, reason = "each test uses a part of it")]

mod meaning;

use core::iter;

use minimc_core::command::{
    Command, Count, Delete, DeleteCas, Exists, FlushAll, Get, GetMany, Lease, Noop, Store, Touch,
    Version, meta,
};
use minimc_core::{Connection, Error, ErrorKind, Expiry, Key, Piece, Progress, Protocol};

use super::grammar::reply::{Item, Meaning, STRICT};
use super::grammar::{self, Request, What};
use super::peer::{Random, Turns, queue};
pub use meaning::{Means, agrees};

const STORAGE: usize = 400;
pub type Link<'s> = Connection<&'s mut [u8], 4>;

/// What a connection sends from, and what it receives into.
pub type Room = [[u8; STORAGE]; 2];
pub const ROOM: Room = [[0; STORAGE]; 2];

const KEYS: [&str; 3] = ["k", "j", "k"];

/// A call, behind which a no-op is sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Call {
    Get,
    GetAndTouch,
    Set,
    Cas,
    Count,
    Delete,
    Touch,
    Version,
    Noop,
    Many,
    Add,
    Append,
    CountDown,
    CountOrInitial,
    Exists,
    DeleteCas,
    FlushAll,
    Lease,
    MetaGet,
    MetaSet,
    MetaDelete,
    MetaCount,
    Debug,
}

/// Seeds of the fuzzing count on their order: what is new comes last.
pub const CALLS: [Call; 23] = [
    Call::Get,
    Call::GetAndTouch,
    Call::Set,
    Call::Cas,
    Call::Count,
    Call::Delete,
    Call::Touch,
    Call::Version,
    Call::Noop,
    Call::Many,
    Call::Add,
    Call::Append,
    Call::CountDown,
    Call::CountOrInitial,
    Call::Exists,
    Call::DeleteCas,
    Call::FlushAll,
    Call::Lease,
    Call::MetaGet,
    Call::MetaSet,
    Call::MetaDelete,
    Call::MetaCount,
    Call::Debug,
];

/// How its reply is read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Way {
    Reply,
    Raw,
    /// Only a [`Call::Get`]'s.
    Pieces,
}

/// What was taken until nothing more came, and how it ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Outcome {
    pub answers: Vec<Answer>,
    pub end: End,
}

pub type Answer = Result<Meaning, Error>;

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum End {
    Broken,
    /// So many replies are owed still.
    Owed(usize),
}

/// The reply of a server that lies, in pieces of these lengths and then as a whole.
struct Liar<'r, P> {
    reply: &'r [u8],
    pieces: P,
}

impl<P: Iterator<Item = usize>> Liar<'_, P> {
    /// Gives the connection some bytes; `false` when there are no more.
    fn give(&mut self, connection: &mut Link<'_>) -> bool {
        let space = connection.space();
        assert!(!space.is_empty(), "a stall: no space to read more into");
        let most = self.pieces.next().unwrap_or(usize::MAX);
        let (front, rest) = self
            .reply
            .split_at(most.min(space.len()).min(self.reply.len()));
        space[..front.len()].copy_from_slice(front);
        connection.filled(front.len());
        self.reply = rest;
        !front.is_empty()
    }

    /// Takes what `take` takes until nothing is owed or comes; what that was.
    fn outcome(
        mut self,
        mut connection: Link<'_>,
        mut take: impl FnMut(&mut Link<'_>) -> Option<Answer>,
    ) -> Outcome {
        let mut answers = vec![];
        for _ in 0..2 * self.reply.len() + 20 {
            if connection.is_broken() {
                stays_broken(&mut connection);
                let end = End::Broken;
                return Outcome { answers, end };
            }
            let taken = if connection.owed() > 0 {
                take(&mut connection)
            } else {
                connection.settle().err().map(|kind| Err(kind.into()))
            };
            match taken {
                Some(taken) => answers.push(taken),
                None if !self.give(&mut connection) => {
                    let end = End::Owed(connection.owed());
                    return Outcome { answers, end };
                }
                None => {}
            }
        }
        panic!("a stall after {answers:?}");
    }
}

/// What comes of a reply: the same whole and cut, as it is meant, raw and in pieces, and what the
/// grammar makes of it.
pub fn agreed(protocol: Protocol, call: Call, reply: &[u8], cuts: Random) -> Outcome {
    let context = || format!("{protocol:?} {call:?} <- {}", reply.escape_ascii());
    let whole = |way| call.outcome(protocol, way, reply, []);
    let cut = |way| {
        let mut cuts = cuts.clone();
        call.outcome(
            protocol,
            way,
            reply,
            iter::from_fn(|| Some(1 + cuts.below(12))),
        )
    };
    let expected = whole(Way::Reply);
    assert_eq!(cut(Way::Reply), expected, "{}", context());
    if call != Call::Many {
        assert_eq!(whole(Way::Raw), expected, "{}, raw", context());
    }
    if call == Call::Get && !expected.answers.iter().any(is_skipped) {
        assert_eq!(cut(Way::Pieces), expected, "{}, in pieces", context());
    }
    // Of a batch in packets the crate does not look at the opcodes.
    let is_known = STRICT || call != Call::Many || protocol != Protocol::Binary;
    if is_known && let Err(why) = agrees(&expected, &call.requests(protocol), reply) {
        panic!("{why}: {}: {expected:?}", context());
    }
    expected
}

/// Whether the value was too large for the storage.
fn is_skipped(answer: &Answer) -> bool {
    matches!(answer, Err(error) if matches!(error.kind(), ErrorKind::ReplyTooLarge { .. }))
}

/// Whatever is asked of a broken connection, it is broken.
fn stays_broken(connection: &mut Link<'_>) {
    let owed = connection.owed();
    assert_eq!(connection.arrived(), Err(ErrorKind::Closed));
    assert_eq!(connection.settle(), Err(ErrorKind::Closed));
    assert!(connection.space().is_empty());
    assert!(!connection.is_sending() && !connection.is_idle());
    assert_eq!(
        connection.send(&Noop).unwrap_err().kind(),
        ErrorKind::Closed
    );
    assert!(connection.is_broken() && connection.owed() == owed);
}

fn ask<C: Command>(connection: &mut Link<'_>, command: &C) {
    assert!(connection.send(command).unwrap().is_none());
}

/// Takes the reply, which has arrived, as it is meant or raw.
fn take<C: Means>(connection: &mut Link<'_>, raw: bool) -> Answer {
    let owed = connection.owed();
    let answer = if raw {
        let raw = connection.raw_reply().unwrap();
        let copy = raw.bytes().to_vec();
        let reply = raw.over(&copy).decode::<C>().map(C::meaning);
        if reply
            .as_ref()
            .is_err_and(|error| error.kind() == ErrorKind::Malformed)
        {
            connection.fail();
        }
        reply
    } else {
        connection.reply::<C>().map(C::meaning)
    };
    // One reply, one debt less; but what is skipped is owed until its last byte, in packets
    // whether the command asks for it or not.
    let rests =
        is_skipped(&answer) || connection.is_broken() || connection.protocol() == Protocol::Binary;
    let left = connection.owed();
    assert!(left + 1 == owed || left == owed && rests, "{answer:?}");
    answer
}

/// Takes by `take` what has arrived; it is told how many replies are owed.
fn arrived(
    connection: &mut Link<'_>,
    take: impl FnOnce(&mut Link<'_>, usize) -> Answer,
) -> Option<Answer> {
    let arrived = connection.arrived();
    if arrived.is_ok() {
        assert_eq!(connection.arrived(), arrived);
    }
    match arrived {
        Ok(false) => None,
        Ok(true) => {
            let owed = connection.owed();
            Some(take(connection, owed))
        }
        Err(kind) => Some(lost(connection, kind)),
    }
}

/// The error of the oldest call when the connection broke.
fn lost(connection: &Link<'_>, kind: ErrorKind) -> Answer {
    Err(Error::new(kind).with_fate(connection.fate(0)))
}

impl Call {
    /// Whether there is such a request in this protocol.
    pub fn is_carried_by(self, protocol: Protocol) -> bool {
        match self {
            Self::CountOrInitial | Self::DeleteCas => protocol != Protocol::Text,
            Self::Lease
            | Self::MetaGet
            | Self::MetaSet
            | Self::MetaDelete
            | Self::MetaCount
            | Self::Debug => protocol == Protocol::Meta,
            _ => true,
        }
    }

    /// What comes of a reply in pieces of these lengths, the rest as a whole.
    pub fn outcome(
        self,
        protocol: Protocol,
        way: Way,
        reply: &[u8],
        pieces: impl IntoIterator<Item = usize>,
    ) -> Outcome {
        let pieces = pieces.into_iter();
        let liar = Liar { reply, pieces };
        let raw = way == Way::Raw;
        let (mut progress, mut room) = (Progress::new(), ROOM);
        let mut connection = self.asked(protocol, &mut progress, &mut room);
        ask(&mut connection, &Noop);
        connection.sent(STORAGE);
        let mut is_over = self != Self::Many;
        match way {
            Way::Pieces => by_pieces(connection, liar),
            _ => liar.outcome(connection, |connection| {
                if !is_over {
                    let item = item(connection, &mut progress);
                    is_over =
                        matches!(item, Some(Ok(Meaning::End) | Err(_))) && !progress.is_waiting();
                    return item;
                }
                arrived(connection, |connection, owed| match owed {
                    2 => self.take(connection, raw),
                    _ => take::<Noop>(connection, raw),
                })
            }),
        }
    }

    /// The call and the no-op, as a server reads them.
    pub fn requests(self, protocol: Protocol) -> Vec<Request> {
        let (mut progress, mut room) = (Progress::new(), ROOM);
        let mut connection = self.asked(protocol, &mut progress, &mut room);
        ask(&mut connection, &Noop);
        let mut requests = grammar::requests(&connection.outgoing(None).concat()).unwrap();
        if self == Self::Exists {
            let key = b"k".to_vec();
            requests[0].what = What::Exists { key };
        }
        requests
    }

    /// Whether nothing comes of a reply but that more of it is wanted. This costs next to nothing.
    pub fn wants_more(self, protocol: Protocol, room: &mut Room, reply: &[u8]) -> bool {
        let mut connection = self.asked(protocol, &mut Progress::new(), room);
        connection.sent(STORAGE);
        connection.space()[..reply.len()].copy_from_slice(reply);
        connection.filled(reply.len());
        connection.arrived() == Ok(false)
    }

    /// A connection to which the call was given.
    fn asked<'s>(
        self,
        protocol: Protocol,
        progress: &mut Progress,
        [sending, receiving]: &'s mut Room,
    ) -> Link<'s> {
        let mut connection =
            Connection::new(protocol, &mut sending[..], &mut receiving[..]).unwrap();
        let key = Key::new("k").unwrap();
        match self {
            Self::Get => ask(&mut connection, &Get::new(key)),
            Self::GetAndTouch => {
                let touch = Expiry::seconds(9);
                ask(&mut connection, &Get::new(key).with_cas().touch(touch));
            }
            Self::Set => ask(&mut connection, &Store::set(key, b"v")),
            Self::Cas => ask(&mut connection, &Store::cas(key, b"v", 7)),
            Self::Count => ask(&mut connection, &Count::up(key, 1)),
            Self::Delete => ask(&mut connection, &Delete::new(key)),
            Self::Touch => ask(&mut connection, &Touch::new(key, Expiry::NEVER)),
            Self::Version => ask(&mut connection, &Version),
            Self::Noop => ask(&mut connection, &Noop),
            Self::Add => ask(&mut connection, &Store::add(key, b"v")),
            Self::Append => ask(&mut connection, &Store::append(key, b"v")),
            Self::CountDown => ask(&mut connection, &Count::down(key, 3)),
            Self::CountOrInitial => {
                let count = Count::up(key, 1).or_initial(5, Expiry::seconds(9));
                ask(&mut connection, &count);
            }
            Self::Exists => ask(&mut connection, &Exists::new(key)),
            Self::DeleteCas => ask(&mut connection, &DeleteCas::new(key, 7)),
            Self::FlushAll => ask(&mut connection, &FlushAll::after(9)),
            Self::Lease => ask(&mut connection, &Lease::new(key, Expiry::seconds(9))),
            Self::MetaGet => {
                let get = meta::Get::new(key).with_time_to_live().with_hit_before();
                ask(&mut connection, &get.with_size().with_key());
            }
            Self::MetaSet => ask(&mut connection, &meta::Set::new(key, b"v").with_cas()),
            Self::MetaDelete => ask(&mut connection, &meta::Delete::new(key).invalidate()),
            Self::MetaCount => {
                let count = meta::Count::up(key, 1).compare(7).with_time_to_live();
                ask(&mut connection, &count);
            }
            Self::Debug => ask(&mut connection, &meta::Debug::new(key)),
            Self::Many => assert_eq!(queue(&mut connection, &many(), progress), Ok(true)),
        }
        connection
    }

    /// Takes its reply, which has arrived.
    fn take(self, connection: &mut Link<'_>, raw: bool) -> Answer {
        match self {
            Self::Get | Self::GetAndTouch => take::<Get<'_>>(connection, raw),
            Self::Set | Self::Cas | Self::Add | Self::Append => {
                take::<Store<'_, '_>>(connection, raw)
            }
            Self::Count | Self::CountDown | Self::CountOrInitial => {
                take::<Count<'_>>(connection, raw)
            }
            Self::Exists => take::<Exists<'_>>(connection, raw),
            Self::DeleteCas => take::<DeleteCas<'_>>(connection, raw),
            Self::FlushAll => take::<FlushAll>(connection, raw),
            Self::Lease => take::<Lease<'_>>(connection, raw),
            Self::MetaGet => take::<meta::Get<'_>>(connection, raw),
            Self::MetaSet => take::<meta::Set<'_, '_>>(connection, raw),
            Self::MetaDelete => take::<meta::Delete<'_>>(connection, raw),
            Self::MetaCount => take::<meta::Count<'_>>(connection, raw),
            Self::Debug => take::<meta::Debug<'_>>(connection, raw),
            Self::Delete => take::<Delete<'_>>(connection, raw),
            Self::Touch => take::<Touch<'_>>(connection, raw),
            Self::Version => take::<Version>(connection, raw),
            Self::Noop | Self::Many => take::<Noop>(connection, raw),
        }
    }
}

fn by_pieces(connection: Link<'_>, liar: Liar<'_, impl Iterator<Item = usize>>) -> Outcome {
    let mut value: Option<Item> = None;
    let mut ended = false;
    liar.outcome(connection, |connection| {
        let mut turns = Turns::new();
        while !ended {
            turns.count();
            match connection.piece_arrived() {
                Ok(arrived) => assert_eq!(connection.piece_arrived(), Ok(arrived)),
                Err(kind) => return Some(lost(connection, kind)),
            }
            match connection.piece() {
                Ok(None) => return None,
                Ok(Some(Piece::Start(entry))) => {
                    value = Some(Item {
                        key: None,
                        value: vec![],
                        flags: entry.flags,
                        cas: entry.cas,
                    });
                }
                Ok(Some(Piece::Bytes(bytes))) => {
                    value.as_mut().unwrap().value.extend_from_slice(bytes);
                }
                Ok(Some(Piece::End)) => {
                    ended = true;
                    return Some(Ok(value.take().map_or(Meaning::NotFound, Meaning::Item)));
                }
                Err(error) => {
                    ended = true;
                    return Some(Err(error));
                }
            }
        }
        arrived(connection, |connection, _| take::<Noop>(connection, false))
    })
}

fn many() -> GetMany<'static, &'static str> {
    GetMany::new(&KEYS)
}

/// The next item that came for the batch, or its end: what is not there says nothing.
fn item(connection: &mut Link<'_>, progress: &mut Progress) -> Option<Answer> {
    let mut turns = Turns::new();
    loop {
        turns.count();
        match connection.item_arrived(&many(), progress) {
            Ok(false) if progress.is_waiting() => return None,
            Ok(false) => return Some(Ok(Meaning::End)),
            Ok(true) => {}
            Err(kind) => {
                let lost = lost(connection, kind);
                connection.lose(progress, kind);
                return Some(lost);
            }
        }
        let (index, item) = connection.item(&many(), progress).unwrap();
        match item {
            Ok(Some(item)) => {
                return Some(Ok(Meaning::Item(Item {
                    key: Some(KEYS[index].as_bytes().to_vec()),
                    ..meaning::item(item)
                })));
            }
            Ok(None) => {}
            Err(error) => {
                // Of an error line each of the others is told too.
                let mut turns = Turns::new();
                while error.kind() == ErrorKind::Unconfirmed
                    && connection.item_arrived(&many(), progress) == Ok(true)
                {
                    turns.count();
                    let (_, item) = connection.item(&many(), progress).unwrap();
                    assert!(item.is_err_and(|other| other == error));
                }
                return Some(Err(error));
            }
        }
    }
}
