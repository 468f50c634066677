//! The calls that the model's client makes: what each sends, and what it must be answered.

use std::format;
use std::vec::Vec;

use super::super::Progress;
use super::Link;
use crate::command::{Batch, Count, Get, GetMany, Item, Noop, Store, StoreMany, Stored};
use crate::error::{Error, ErrorKind};
use crate::key::Key;
use crate::reply::{Gap, Piece};
use crate::wire::{Opcode, Protocol};

/// What a call asks for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum Kind {
    /// An item, lent whole.
    Get,
    /// Another key's, taken as it came; its value looks like the end of a reply.
    Raw,
    /// An item that is not there.
    Miss,
    /// A value that is copied into the storage.
    Set,
    /// A value that is sent from where it is.
    Gap,
    Count,
    Noop,
    /// Two items, and one that is not there between them.
    Many,
    /// Two values, quietly where the protocol can.
    Sets,
    /// The same, of which the server refuses the first: by a line that names no request, where it is
    /// a line.
    RefusedSets,
    /// An item that the server cannot give.
    Refused,
    /// The first group of a batch: one item, under so long a key that no second one fits.
    Groups,
    /// The second group of the same batch.
    Rest,
    /// A value that nearly fills the storage.
    Long,
    /// The item of [`Kind::Get`], in pieces.
    Pieces,
    /// A value that the storage cannot hold, asked for whole.
    Large,
    /// The same, in pieces.
    LargePieces,
}

impl Kind {
    pub(super) const ALL: &'static [Self] = &[
        Self::Get,
        Self::Raw,
        Self::Miss,
        Self::Set,
        Self::Gap,
        Self::Count,
        Self::Noop,
        Self::Many,
        Self::Sets,
        Self::RefusedSets,
        Self::Refused,
        Self::Long,
        Self::Pieces,
        Self::Large,
        Self::LargePieces,
    ];

    pub(super) fn is_batch(self) -> bool {
        matches!(self, Self::Many | Self::Groups | Self::Rest) || self.is_sets()
    }

    pub(super) fn is_sets(self) -> bool {
        matches!(self, Self::Sets | Self::RefusedSets)
    }

    /// Whether the server refuses it, or a part of it.
    pub(super) fn is_refused(self) -> bool {
        matches!(self, Self::Refused | Self::RefusedSets)
    }

    pub(super) fn is_in_pieces(self) -> bool {
        matches!(self, Self::Pieces | Self::LargePieces)
    }

    /// The key that it asks for, or the first of them.
    fn key(self) -> &'static str {
        match self {
            Self::Get | Self::Pieces | Self::Many => KEYS[0],
            Self::Miss | Self::Refused => KEYS[1],
            Self::Raw => KEYS[2],
            Self::Groups => LONG_KEYS[0],
            Self::Rest => LONG_KEYS[1],
            Self::Long => "m",
            Self::Large | Self::LargePieces => "l",
            Self::Set | Self::Gap | Self::Sets | Self::RefusedSets => "s",
            Self::Count | Self::Noop => "n",
        }
    }
}

/// A call whose reply is owed.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct Call {
    pub(super) number: u8,
    pub(super) kind: Kind,
    pub(super) end: End,
    /// How many items, or how many bytes and one for their beginning, it was handed.
    pub(super) got: u16,
    /// The bytes of its request in the send storage.
    pub(super) length: u16,
}

/// Whether somebody waits for the reply.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum End {
    Waiting,
    /// No more: it has its answer. What remains of the reply is to be passed over.
    Told,
    Abandoned,
}

/// What a client was handed.
#[derive(Debug)]
pub(super) enum Handed {
    Value(Vec<u8>),
    Absent,
    /// That the server refused it.
    Refused,
    Number(u64),
    Done,
    TooLarge,
    /// The outcome of one request of a batch, ...
    Outcome(usize, Option<Vec<u8>>),
    /// ... and the last, with what was told at the end.
    Outcomes(Vec<(usize, Option<Vec<u8>>)>),
    Start(u32),
    Bytes(Vec<u8>),
    End,
}

impl Handed {
    /// Whether the caller has its answer with it.
    pub(super) fn is_last(&self) -> bool {
        !matches!(self, Self::Outcome(..) | Self::Start(_) | Self::Bytes(_))
    }
}

impl Call {
    pub(super) fn new(number: u8, kind: Kind) -> Self {
        Self {
            number,
            kind,
            end: End::Waiting,
            got: 0,
            length: 0,
        }
    }

    /// Whether it is that one: the groups of a batch have one number.
    pub(super) fn is(&self, other: &Self) -> bool {
        (self.number, self.kind) == (other.number, other.kind)
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.end == End::Waiting
    }

    /// How many opaques it uses up.
    pub(super) fn tags(&self) -> u16 {
        match self.kind {
            Kind::Many => KEYS.len() as u16 + 1,
            Kind::Sets | Kind::RefusedSets => 3,
            Kind::Groups | Kind::Rest => 2,
            _ => 1,
        }
    }

    /// Queues its request.
    pub(super) fn send(&self, link: &mut Link, progress: &mut Progress) -> Result<(), Error> {
        let name = key(self.kind.key());
        match self.kind {
            Kind::Set => link.send(&Store::set(name, small(self.number))).map(drop),
            Kind::Gap => link.send(&Store::set(name, large(self.number))).map(drop),
            Kind::Count => link.send(&Count::up(name, 1)).map(drop),
            Kind::Noop => link.send(&Noop).map(drop),
            Kind::Many => link.send_batch(&keys(), progress).map(drop),
            Kind::Groups | Kind::Rest => link.send_batch(&long_keys(), progress).map(drop),
            Kind::Sets | Kind::RefusedSets => {
                let items = sets(self.number);
                link.send_batch(&StoreMany::set(&items), progress).map(drop)
            }
            _ => link.send(&Get::new(name)).map(drop),
        }
    }

    /// The value that is to be sent from where it is.
    pub(super) fn gap(&self) -> Option<Gap<'static>> {
        (self.kind == Kind::Gap && self.end != End::Abandoned).then(|| Gap {
            value: large(self.number),
        })
    }

    /// Takes what has come of its reply, which is the oldest owed.
    pub(super) fn take(
        &self,
        link: &mut Link,
        progress: &mut Progress,
    ) -> Result<Option<Handed>, Error> {
        match self.kind {
            Kind::Many => {
                let value = |item: Option<Item<'_>>| item.map(|item| item.value.to_vec());
                return outcomes(link, &keys(), progress, true, value);
            }
            Kind::Groups | Kind::Rest => {
                let value = |item: Option<Item<'_>>| item.map(|item| item.value.to_vec());
                return outcomes(link, &long_keys(), progress, false, value);
            }
            Kind::Sets | Kind::RefusedSets => {
                let stored = |stored| (stored == Stored::Stored).then(Vec::new);
                let items = sets(self.number);
                return outcomes(link, &StoreMany::set(&items), progress, true, stored);
            }
            _ => {}
        }
        if self.kind.is_in_pieces() {
            let piece = link.piece()?;
            return Ok(piece.map(|piece| match piece {
                Piece::Start(entry) => Handed::Start(entry.length),
                Piece::Bytes(bytes) => Handed::Bytes(bytes.to_vec()),
                Piece::End => Handed::End,
            }));
        }
        let value = |item: Option<Item<'_>>| match item {
            Some(item) => Handed::Value(item.value.to_vec()),
            None => Handed::Absent,
        };
        let handed = match self.kind {
            Kind::Set | Kind::Gap => match link.reply::<Store<'_, '_>>()? {
                Stored::Stored => Handed::Done,
                _ => Handed::Absent,
            },
            Kind::Count => Handed::Number(link.reply::<Count<'_>>()?),
            Kind::Noop => link.reply::<Noop>().map(|()| Handed::Done)?,
            Kind::Refused => match link.reply::<Get<'_>>() {
                Err(error) if error.kind() == ErrorKind::Server => Handed::Refused,
                Err(error) => return Err(error),
                Ok(item) => value(item),
            },
            Kind::Raw => value(link.raw_reply()?.decode::<Get<'_>>()?),
            _ => match link.reply::<Get<'_>>() {
                Ok(item) => value(item),
                Err(error) if error.kind() == TOO_LARGE => Handed::TooLarge,
                Err(error) => return Err(error),
            },
        };
        Ok(Some(handed))
    }

    /// The outcomes of its requests, in the order in which they are told: the item that is not there
    /// comes last.
    fn all(&self, protocol: Protocol) -> Vec<(usize, Option<Vec<u8>>)> {
        let refused = |index, kind| (index, Some(told_refused(kind)));
        let value = |index: usize| (index, Some(item(KEYS[index], self.number)));
        match self.kind {
            Kind::Groups => [(0, Some(item(LONG_KEYS[0], self.number)))].into(),
            Kind::Rest => [(1, Some(item(LONG_KEYS[1], self.number)))].into(),
            Kind::Sets => [0, 1].map(|index| (index, Some(Vec::new()))).into(),
            // The line may be meant for either.
            Kind::RefusedSets if protocol == Protocol::Meta => [0, 1]
                .map(|index| refused(index, ErrorKind::Unconfirmed))
                .into(),
            Kind::RefusedSets => [refused(0, ErrorKind::OutOfMemory), (1, Some(Vec::new()))].into(),
            _ => [value(0), value(2), (1, None)].into(),
        }
    }

    /// Whether that is its own answer: every value names its key and its call.
    pub(super) fn fits(&self, handed: &Handed, protocol: Protocol) -> bool {
        let got = usize::from(self.got);
        let value = || item(self.kind.key(), self.number);
        match (self.kind, handed) {
            (Kind::Get | Kind::Raw | Kind::Long, Handed::Value(bytes)) => *bytes == value(),
            (Kind::Miss, Handed::Absent) | (Kind::Refused, Handed::Refused) => true,
            (Kind::Set | Kind::Gap | Kind::Noop, Handed::Done) => true,
            (Kind::Count, Handed::Number(number)) => *number == u64::from(self.number) * 10 + 1,
            (Kind::Large, Handed::TooLarge) => true,
            (kind, Handed::Outcome(index, value)) if kind.is_batch() => {
                self.all(protocol).get(got) == Some(&(*index, value.clone()))
            }
            (kind, Handed::Outcomes(last)) if kind.is_batch() => {
                self.all(protocol)[got..] == last[..]
            }
            (Kind::Pieces | Kind::LargePieces, Handed::Start(length)) => {
                got == 0 && *length as usize == value().len()
            }
            (Kind::Pieces | Kind::LargePieces, Handed::Bytes(bytes)) => {
                !bytes.is_empty() && value()[got - 1..].starts_with(bytes)
            }
            (Kind::Pieces | Kind::LargePieces, Handed::End) => got == 1 + value().len(),
            _ => false,
        }
    }

    /// Remembers what it was handed.
    pub(super) fn note(&mut self, handed: &Handed) {
        self.got += match handed {
            Handed::Bytes(bytes) => bytes.len() as u16,
            _ => 1,
        };
        if handed.is_last() {
            self.end = End::Told;
        }
    }

    /// What the server has stored when it is its turn.
    pub(super) fn items(&self) -> Vec<(&'static str, Vec<u8>)> {
        let keys: &[&str] = match self.kind {
            Kind::Many => &[KEYS[0], KEYS[2]],
            Kind::Miss | Kind::Refused | Kind::Set | Kind::Gap | Kind::Noop => &[],
            kind if kind.is_sets() => &[],
            _ => &[self.kind.key()],
        };
        let items = keys.iter().map(|key| (*key, item(key, self.number)));
        items.collect()
    }

    /// What the server must have stored when it has answered.
    pub(super) fn stores(&self) -> Option<(&'static str, &'static [u8])> {
        match self.kind {
            Kind::Set => Some((self.kind.key(), small(self.number))),
            Kind::Gap => Some((self.kind.key(), large(self.number))),
            _ => None,
        }
    }

    /// What the server says in place of the answer to this request of it, if it refuses it.
    pub(super) fn refusal(&self, request: &[u8]) -> Option<Vec<u8>> {
        // The second stores under another key.
        let is_first = request.starts_with(b"ms s ")
            || request.starts_with(b"set s ")
            || request.get(32) == Some(&b's') && request[1] != Opcode::NoOp as u8;
        let (status, text) = match self.kind {
            Kind::Refused => (0x84, "busy"),
            Kind::RefusedSets if is_first => (0x82, "out of memory storing object"),
            _ => return None,
        };
        if request[0] != 0x80 {
            return Some(format!("SERVER_ERROR {text}\r\n").into_bytes());
        }
        let mut packet = [0; 24];
        (packet[0], packet[1], packet[7]) = (0x81, request[1], status);
        packet[11] = text.len() as u8;
        packet[12..16].copy_from_slice(&request[12..16]);
        Some([&packet, text.as_bytes()].concat())
    }

    /// Whether nothing but the count keeps it from the reply to a call of another number: see
    /// "Replies that rest on the count" in ARCHITECTURE.md.
    pub(super) fn may_be_told(&self, of: Kind, protocol: Protocol) -> bool {
        use Kind::{
            Gap, Get, Groups, Large, LargePieces, Long, Many, Miss, Noop, Pieces, Raw, Rest, Set,
            Sets,
        };
        match protocol {
            Protocol::Binary => false,
            // A line in place of a reply may be any's: they are not lied about.
            _ if self.kind.is_refused() || of.is_refused() => false,
            Protocol::Meta => matches!((self.kind, of), (Noop | Sets, Noop | Sets) | (Many, Many)),
            Protocol::Text => match self.kind {
                // The same key, or the `END` that bears none.
                Get | Pieces => matches!(of, Get | Pieces | Miss | Many),
                Many => matches!(of, Get | Pieces | Raw | Miss | Many),
                Raw | Long => of == self.kind || of == Miss,
                Miss => of == Miss,
                Large | LargePieces => matches!(of, Large | LargePieces | Miss),
                Set | Gap | Sets => matches!(of, Set | Gap | Sets),
                // Nor are batches of two groups.
                Groups | Rest => false,
                _ => of == self.kind,
            },
        }
    }
}

/// A reply with a value of this length fits the storage, and leaves less room than a head needs.
const LONG: usize = 344;

/// Values of this length fit neither storage.
const LARGE: usize = 394;
const TOO_LARGE: ErrorKind = ErrorKind::ReplyTooLarge { size: LARGE as u32 };
static LARGE_VALUES: [[u8; LARGE]; 8] = [
    [b'0'; LARGE],
    [b'1'; LARGE],
    [b'2'; LARGE],
    [b'3'; LARGE],
    [b'4'; LARGE],
    [b'5'; LARGE],
    [b'6'; LARGE],
    [b'7'; LARGE],
];

const KEYS: [&str; 3] = ["a", "c", "b"];

fn keys() -> GetMany<'static, &'static str> {
    GetMany::new(&KEYS)
}

/// Two of them fit no group.
const LONG_KEYS: [&str; 2] = [long_key(&[b'y'; 200]), long_key(&[b'z'; 200])];

const fn long_key(bytes: &'static [u8]) -> &'static str {
    match core::str::from_utf8(bytes) {
        Ok(key) => key,
        Err(_) => "",
    }
}

fn long_keys() -> GetMany<'static, &'static str> {
    GetMany::new(&LONG_KEYS)
}

/// What a batch of sets stores: under the last key only the number tells whose it is.
fn sets(number: u8) -> [(&'static str, &'static [u8]); 2] {
    [("s", small(number)), ("t", small(number))]
}

/// The next outcome of the batch, or what was told with the end of a group: that is with `silence`
/// what was not answered, and else nothing.
fn outcomes<B: Batch>(
    link: &mut Link,
    batch: &B,
    progress: &mut Progress,
    silence: bool,
    value: impl Fn(B::Reply<'_>) -> Option<Vec<u8>>,
) -> Result<Option<Handed>, Error> {
    let (owed, mut told) = (link.owed(), Vec::new());
    loop {
        assert!(told.len() < 1000, "a batch without an end");
        let arrived = link.item_arrived(batch, progress);
        if !silence && link.owed() < owed {
            // What comes next answers another call, or the next group.
            assert!(matches!(arrived, Ok(_) | Err(ErrorKind::OutOfOrder)));
            break;
        }
        if !arrived? {
            break;
        }
        let (index, outcome) = link.item(batch, progress)?;
        let outcome = match outcome.map_err(|error| error.kind()) {
            Ok(reply) => value(reply),
            Err(kind @ (ErrorKind::OutOfMemory | ErrorKind::Unconfirmed)) => {
                Some(told_refused(kind))
            }
            Err(kind) => return Err(kind.into()),
        };
        told.push((index, outcome));
        if link.owed() == owed {
            return Ok(told
                .pop()
                .map(|(index, value)| Handed::Outcome(index, value)));
        }
    }
    Ok((link.owed() < owed).then_some(Handed::Outcomes(told)))
}

/// How that stands among the outcomes of a batch: no value is so long.
fn told_refused(kind: ErrorKind) -> Vec<u8> {
    format!("{kind:?}").into_bytes()
}

fn key(name: &str) -> Key<'_> {
    Key::new(name).unwrap()
}

/// What is stored under a key when the server comes to a call.
fn item(key: &str, number: u8) -> Vec<u8> {
    match key {
        "b" => format!("\r\nEND\r\n{number}").into_bytes(),
        "n" => format!("{number}0").into_bytes(),
        "m" => large(number)[..LONG].to_vec(),
        "l" => large(number).to_vec(),
        _ if key.len() > KEYS[0].len() => format!("{}{number}", &key[..1]).into_bytes(),
        _ => format!("{key}{number}").into_bytes(),
    }
}

fn large(number: u8) -> &'static [u8] {
    &LARGE_VALUES[usize::from(number)]
}

fn small(number: u8) -> &'static [u8] {
    &large(number)[..1]
}
