//! Bytes to frames and back, without state: what requests are made of, and what a reply looks like.

mod binary;
mod debt;
mod dialect;
mod encoder;
pub(crate) mod lines;
mod scan;
mod shape;
mod text;

pub use binary::Opcode;
pub(crate) use debt::{Debt, Mark, Marks};
pub use dialect::{Dialect, Feature};
pub(crate) use encoder::{Copying, ENTRIES_LIMIT, Settings, Value};
pub use encoder::{Encoder, Form};
pub(crate) use shape::Kind;
pub use shape::Shape;
pub(crate) use text::{digits, padded_number, returned};

use core::fmt;

use crate::decimal::Decimal;
use crate::error::{Error, ErrorKind, Fate, Fault, Text};

/// Which of memcached's protocols a connection speaks.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Protocol {
    /// The classic text commands: every server and proxy.
    Text,
    /// The meta commands, with classic ones where those are faster: memcached 1.6 and later.
    #[default]
    Meta,
    /// The binary protocol: deprecated by memcached, but the only one with SASL.
    Binary,
}

/// What a reply says, whatever the protocol.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(test, derive(Hash))]
pub enum Status {
    /// Done; there is no data.
    Ok,
    /// The data is the answer.
    Value,
    /// There is no such item.
    NotFound,
    /// A condition of the storage command did not hold.
    NotStored,
    /// The item has another CAS value.
    Exists,
    /// The answer to a no-op; the end of many frames.
    End,
    /// The server refused or failed.
    Failed(Failure),
}

/// The ways in which a server refuses or fails.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(test, derive(Hash))]
pub enum Failure {
    /// It does not know the command.
    Command,
    /// It does not understand the request.
    Client,
    /// It has a trouble of its own.
    Server,
    /// The value is too large for it.
    TooLarge,
    /// It has no memory for the item.
    OutOfMemory,
    /// The item is not a number.
    NotNumeric,
    /// It has as many connections as it allows, and closes this one.
    TooManyConnections,
    /// It wants a login first.
    Unauthenticated,
    /// It will not do so, or not now.
    Refused,
}

/// The head of a frame, as it was parsed; the frame is `head`, `data` and `tail` bytes long.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(test, derive(Hash, PartialEq))]
pub(crate) struct Head {
    pub(crate) cas: u64,
    pub(crate) flags: u32,
    pub(crate) data: u32,
    /// The opaque that came back; [`NO_TAG`] if none did.
    pub(crate) tag: u32,
    pub(crate) head: u32,
    key: (u8, u8),
    tail: u8,
    pub(crate) status: Status,
    shape: Shape,
}

/// The tag of a reply that bears none.
pub(crate) const NO_TAG: u32 = u32::MAX;

/// What stands between the data of a single classic `VALUE` and the next reply.
const END: &[u8] = b"\r\nEND\r\n";

impl Head {
    /// That of no frame.
    pub(crate) const NONE: Self = Self {
        cas: 0,
        flags: 0,
        data: 0,
        tag: NO_TAG,
        head: 0,
        key: (0, 0),
        tail: 0,
        status: Status::Ok,
        shape: Shape::META,
    };

    fn begin(&mut self, shape: Shape, status: Status, head: usize, data: u32, tail: u8) {
        *self = Self {
            data,
            head: head as u32,
            tail,
            status,
            shape,
            ..Self::NONE
        };
    }

    /// Reads the head of the frame at the front of `bytes`, of which the first `searched` are known
    /// to hold no end of a line; `false` says that more are needed.
    pub(crate) fn parse(
        &mut self,
        shape: Shape,
        bytes: &[u8],
        searched: usize,
    ) -> Result<bool, Fault> {
        shape.read(self, bytes, searched)
    }

    /// The length of the whole frame.
    pub(crate) fn length(&self) -> usize {
        self.until_tail().saturating_add(usize::from(self.tail))
    }

    /// The length of the frame without its tail.
    pub(crate) fn until_tail(&self) -> usize {
        (self.head as usize).saturating_add(self.data as usize)
    }

    /// Whether all of the frame is at the front of `bytes`. Where it says no, [`check_tail`](Self::check_tail)
    /// is to be asked.
    #[inline]
    pub(crate) fn is_whole(&self, bytes: &[u8]) -> bool {
        let behind = bytes.get(self.until_tail()..);
        behind.is_some_and(|behind| self.is_ended_by(behind))
    }

    /// Whether these bytes behind the data are its end, unless that is the `END` of a single `VALUE`.
    #[inline]
    fn is_ended_by(&self, behind: &[u8]) -> bool {
        matches!((self.tail, behind), (0, _) | (2, [b'\r', b'\n', ..]))
    }

    /// Checks what stands behind the data, which is `at` bytes from what was not consumed; `behind`
    /// are the bytes there.
    ///
    /// Where a single `VALUE` is followed by an error line instead of `END`, the head becomes that
    /// of the error.
    #[inline]
    pub(crate) fn check_tail(&mut self, at: usize, behind: &[u8]) -> Result<bool, Fault> {
        if self.is_ended_by(behind) {
            Ok(true)
        } else {
            self.check_end(at, behind)
        }
    }

    #[inline(never)]
    fn check_end(&mut self, at: usize, behind: &[u8]) -> Result<bool, Fault> {
        let end = END.get(..usize::from(self.tail)).unwrap_or_default();
        let there = behind
            .get(..end.len().min(behind.len()))
            .unwrap_or_default();
        if end.starts_with(there) {
            return Ok(there.len() == end.len());
        }
        if self.shape.kind() != Kind::Value {
            return Err(Fault::Malformed);
        }
        let line = behind.strip_prefix(b"\r\n").ok_or(Fault::Malformed)?;
        let is_whole = text::error(self, Shape::VALUE, line)?;
        if is_whole {
            // The line end behind the data is no part of the error's line.
            self.head = at.saturating_add(2) as u32;
        }
        Ok(is_whole)
    }

    /// The length of what stands behind the data, or of the error line in its place.
    pub(crate) fn length_of_tail(&self) -> usize {
        if self.is_failure() && self.tail > 0 {
            self.length()
        } else {
            self.tail.into()
        }
    }

    /// Whether the server refused or failed.
    pub(crate) fn is_failure(&self) -> bool {
        matches!(self.status, Status::Failed(_))
    }

    /// Whether the frame ends the reply to its request.
    pub(crate) fn is_last(&self) -> bool {
        match self.shape.kind() {
            Kind::Values
            | Kind::Statistics
            | Kind::Dump
            | Kind::Keys
            | Kind::Events
            | Kind::StatPackets => !matches!(self.status, Status::Value | Status::Ok),
            Kind::Packets | Kind::Metas => matches!(self.status, Status::End),
            _ => true,
        }
    }

    /// The key in the frame whose bytes these are.
    pub(crate) fn key<'b>(&self, bytes: &'b [u8]) -> &'b [u8] {
        let (start, length) = (usize::from(self.key.0), usize::from(self.key.1));
        let rest = bytes.get(start..).unwrap_or_default();
        rest.get(..length).unwrap_or_default()
    }
}

/// The longest line or head, of a request or a reply, with a key of 250 bytes: `mg` with every flag, and
/// the answer to it. A classic `VALUE` line has 301 bytes.
pub(crate) const LONGEST_HEAD: usize = 384;

/// The storage that every line of a stream of lines fits: a server's are shorter.
pub(crate) const LONGEST_LINE: usize = 2048;

/// One reply, or one of the many that answer a batch, whatever the protocol.
#[derive(Clone, Copy)]
pub struct Frame<'b> {
    head: &'b Head,
    bytes: &'b [u8],
    asked: Marks,
}

impl<'b> Frame<'b> {
    /// The frame with this head, whose bytes these are, as the answer to a request with these marks.
    pub(crate) fn new(head: &'b Head, bytes: &'b [u8], asked: Marks) -> Self {
        Self { head, bytes, asked }
    }

    /// What it is made of.
    pub(crate) fn parts(self) -> (&'b Head, &'b [u8], Marks) {
        (self.head, self.bytes, self.asked)
    }

    /// Whether it ends the reply to its request.
    pub(crate) fn is_last(&self) -> bool {
        self.head.is_last()
    }

    /// What the reply says.
    pub fn status(&self) -> Status {
        self.head.status
    }

    /// Whether a packet with a CAS value was carried out without comparing it: a server that keeps
    /// none does so.
    pub(crate) fn is_uncompared(&self) -> bool {
        self.asked.has(Mark::Compares) && self.head.cas == 0
    }

    /// Whether a meta line says it, where `HD` may mean what elsewhere takes another word.
    pub fn is_meta(&self) -> bool {
        self.head.shape.kind() == Kind::Meta
    }

    /// The reply's line without its end: what stands before the data.
    pub fn line(&self) -> &'b [u8] {
        let line = self.bytes.get(..self.head.head as usize);
        line.unwrap_or_default().trim_ascii_end()
    }

    /// The item's client flags. (A server built for 64 bits of them: the low 32.)
    pub fn flags(&self) -> u32 {
        self.head.flags
    }

    /// The item's CAS value; `None` where it was not asked for, or where the server has none.
    pub fn cas(&self) -> Option<u64> {
        (self.head.cas != 0).then_some(self.head.cas)
    }

    /// The key as it stands in the reply; empty where the reply has none.
    pub fn key(&self) -> &'b [u8] {
        self.head.key(self.bytes)
    }

    /// The data: a value, a version, the text of an error. Fails if it was too large for the
    /// receive storage.
    pub fn data(&self) -> Result<&'b [u8], ErrorKind> {
        let size = self.head.data;
        let data = self.bytes.get(self.head.head as usize..);
        data.and_then(|data| data.get(..size as usize))
            .ok_or(ErrorKind::ReplyTooLarge { size })
    }

    /// The data as the number that counting answers.
    pub fn number(&self) -> Result<u64, ErrorKind> {
        let data = self.data()?;
        if self.head.shape.is_packet() {
            let bytes = data
                .first_chunk()
                .filter(|_| data.len() == 8)
                .ok_or(ErrorKind::Malformed)?;
            return Ok(u64::from_be_bytes(*bytes));
        }
        padded_number(data).ok_or(ErrorKind::Malformed)
    }

    /// What went wrong, for a status that the command has no other meaning for: the server's own
    /// failure, or [`Malformed`](ErrorKind::Malformed).
    pub fn unexpected(&self) -> ErrorKind {
        let Status::Failed(failure) = self.head.status else {
            return ErrorKind::Malformed;
        };
        match failure {
            Failure::Command
                if matches!(self.head.shape.kind(), Kind::Meta | Kind::Metas | Kind::Nop)
                    && self.data() == Ok(b"ERROR") =>
            {
                ErrorKind::Unsupported("the server knows no meta commands; choose Protocol::Text")
            }
            Failure::Command => ErrorKind::Command,
            Failure::Client => ErrorKind::Client,
            Failure::Server => ErrorKind::Server,
            Failure::TooLarge => ErrorKind::TooLarge,
            Failure::OutOfMemory => ErrorKind::OutOfMemory,
            Failure::NotNumeric => ErrorKind::NotNumeric,
            Failure::TooManyConnections => ErrorKind::TooManyConnections,
            Failure::Unauthenticated => ErrorKind::Unauthenticated,
            Failure::Refused => ErrorKind::Refused,
        }
    }

    /// The error for what went wrong in decoding this frame: with the server's own words where
    /// the kind does not say it all, and with the fate of the write. Some kinds break the
    /// connection.
    #[cold]
    #[inline(never)]
    pub(crate) fn error(&self, kind: ErrorKind, broken: &mut bool) -> Error {
        let words = match kind {
            ErrorKind::Command
            | ErrorKind::Client
            | ErrorKind::Server
            | ErrorKind::OutOfMemory
            | ErrorKind::Refused => self.data().unwrap_or_default(),
            _ => &[],
        };
        Error::told(kind, self.fate(kind, broken), words)
    }

    /// The same error with the server's own words in any case.
    pub(crate) fn error_in_full(&self, kind: ErrorKind, broken: &mut bool) -> Error {
        let words = self.data().unwrap_or_default();
        Error::told(kind, self.fate(kind, broken), words)
    }

    fn fate(&self, kind: ErrorKind, broken: &mut bool) -> Fate {
        *broken |= kind.is_fatal();
        let Status::Failed(failure) = self.head.status else {
            return kind.usual_fate();
        };
        match failure {
            Failure::TooManyConnections => Fate::NotSent,
            Failure::TooLarge | Failure::OutOfMemory if self.asked.has(Mark::Replaces) => {
                Fate::RefusedAndGone
            }
            // The data behind a line may have been run as commands, and have changed anything.
            Failure::Client | Failure::Command
                if self.asked.has(Mark::Stores) && self.head.tag == NO_TAG =>
            {
                Fate::Unknown
            }
            // A proxy says so of a server that it lost after it had passed the request on.
            Failure::Server => Fate::Unknown,
            _ => Fate::Refused,
        }
    }
}

impl fmt::Debug for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame")
            .field("status", &self.status())
            .field("key", &Text::new(self.key()))
            .field("data", &self.data().map(Text::new))
            .field("flags", &self.flags())
            .field("cas", &self.cas().map(Decimal))
            .finish()
    }
}
