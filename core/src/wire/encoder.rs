//! Writing requests, checked for room and for what the protocol can carry.

use core::fmt;

use super::binary::{self, HEADER, Header, Opcode};
use super::{Dialect, Feature, Protocol, Shape, text};
use crate::decimal::Decimal;
use crate::error::ErrorKind;
use crate::expiry::Expiry;
use crate::key::{BadKey, Key};
use crate::prefix::Prefix;

/// What an [`Encoder`] has to keep to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// The largest value that the server takes.
    pub(crate) item: u32,
    /// The largest value that is copied into the storage rather than sent from where it is.
    pub(crate) inline: usize,
    /// Whether a value may be sent from where it is.
    pub(crate) gaps: bool,
    /// What the server understands.
    pub(crate) dialect: Dialect,
    /// What stands before every key.
    pub(crate) prefix: Prefix,
}

/// The free end of the send storage, to which a command writes its request.
///
/// Its methods cannot fail: what does not fit or cannot be carried is remembered, and the whole
/// request is dropped in the end. `'v` is the life of a value that may be sent from where it is.
pub struct Encoder<'s, 'v> {
    out: &'s mut [u8],
    length: usize,
    /// So much must be free behind a value: for the end of its line, and for what closes a batch.
    behind: usize,
    protocol: Protocol,
    limits: Limits,
    tag: u16,
    /// In a batch: how its requests are answered.
    form: Option<Form>,
    request: Request,
    value: Option<Value<'v>>,
    encoded_key: bool,
    failure: Option<ErrorKind>,
}

/// How the requests of a [`Batch`](crate::command::Batch) are answered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(test, derive(Hash))]
pub enum Form {
    /// They are words of one line; what answers it ends with `END`.
    Line,
    /// Each is answered only if it did not go the usual way. Behind them stands a no-op.
    Quiet,
    /// Each is answered.
    Each,
    /// There is one request, and any number of frames answer it.
    Stream,
}

/// What is to be known of a request when its reply comes.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(test, derive(Hash, PartialEq))]
pub(crate) struct Request {
    /// The tag that the reply bears, or the fingerprint of its key, or the tag of a batch's first.
    pub(crate) check: u32,
    /// Its bytes in the send storage.
    pub(crate) length: u16,
    /// How many of a batch's entries it holds.
    pub(crate) entries: u16,
    pub(crate) shape: Shape,
    pub(crate) marks: Marks,
}

/// Which [marks](Mark) a request has.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(test, derive(Hash, PartialEq))]
pub(crate) struct Marks(u8);

/// What may be so or not of a request.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub(crate) enum Mark {
    /// A value follows its head.
    Stores = 1,
    /// A server that refuses the value removes what was stored before.
    Replaces = 2,
    /// A miss may come without its opaque.
    BareMiss = 4,
    /// Each of its entries is answered.
    Each = 8,
    /// The reply may be taken in pieces.
    InPieces = 16,
}

impl Marks {
    pub(crate) fn has(self, mark: Mark) -> bool {
        self.0 & mark as u8 != 0
    }
}

impl Request {
    pub(crate) fn is(&self, mark: Mark) -> bool {
        self.marks.has(mark)
    }

    pub(crate) fn mark(&mut self, mark: Mark) {
        self.marks.0 |= mark as u8;
    }

    pub(crate) fn unmark(&mut self, mark: Mark) {
        self.marks.0 &= !(mark as u8);
    }
}

/// A value that is not copied into the storage.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value<'v> {
    pub(crate) bytes: &'v [u8],
    /// So many bytes of the request go before it.
    pub(crate) before: usize,
}

/// What ends a line.
const LINE_END: &[u8] = b"\r\n";

/// What ends a quiet batch of meta lines.
const END_OF_LINES: &[u8] = b"mn\r\n";

impl<'s, 'v> Encoder<'s, 'v> {
    pub(crate) fn new(out: &'s mut [u8], protocol: Protocol, limits: Limits, tag: u16) -> Self {
        let mut request = Request {
            check: u32::from(tag),
            length: 0,
            entries: 0,
            shape: Shape::Meta,
            marks: Marks(0),
        };
        if limits.dialect == Dialect::UNKNOWN || limits.dialect.lacks(Feature::MissesWithOpaque) {
            request.mark(Mark::BareMiss);
        }
        Self {
            out,
            length: 0,
            behind: LINE_END.len(),
            protocol,
            limits,
            tag,
            form: None,
            request,
            value: None,
            encoded_key: false,
            failure: None,
        }
    }

    pub(crate) fn finish(mut self) -> Result<(Request, Option<Value<'v>>), ErrorKind> {
        match self.failure {
            Some(kind) => Err(kind),
            None => {
                self.request.length = self.length as u16;
                Ok((self.request, self.value))
            }
        }
    }

    /// The protocol in which to write.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Remembers that the protocol cannot carry `what`; nothing will be sent.
    pub fn unsupported(&mut self, what: &'static str) -> &mut Self {
        self.fail(ErrorKind::Unsupported(what));
        self
    }

    /// Whether the server is known to be without `feature`.
    pub fn lacks(&self, feature: Feature) -> bool {
        self.limits.dialect.lacks(feature)
    }

    /// Remembers that this takes `feature`; nothing will be sent to a server without it.
    pub fn needs(&mut self, feature: Feature) -> &mut Self {
        if self.lacks(feature) {
            self.unsupported(feature.missing());
        }
        self
    }

    /// Starts a line, `verb`, whose reply looks like `shape`.
    pub fn line(&mut self, verb: &[u8], shape: Shape) -> &mut Self {
        self.request.shape = shape;
        self.bytes(verb)
    }

    /// Starts a meta line, whose verb is two letters.
    pub fn meta(&mut self, verb: [u8; 2], key: Key<'_>) -> &mut Self {
        self.request.shape = Shape::Meta;
        let [first, second] = verb;
        self.needs(Feature::Meta).bytes(&[first, second, b' ']);
        self.encoded_key = key.is_encoded();
        let prefix = self.prefix(key);
        if key.is_encoded() {
            self.needs(Feature::EncodedKeys).base64(prefix, key.bytes())
        } else {
            self.prefixed(prefix, key)
        }
    }

    fn prefixed(&mut self, prefix: &[u8], key: Key<'_>) -> &mut Self {
        if !prefix.is_empty() {
            self.bytes(prefix);
        }
        self.bytes(key.bytes())
    }

    /// Bytes as the key of a batch's entry; `None` if they are none, which is remembered.
    pub fn checked<'k, K: AsRef<[u8]>>(&mut self, bytes: &'k K) -> Option<Key<'k>> {
        match Key::new(bytes) {
            Ok(key) => Some(key),
            Err(bad) => {
                self.fail(ErrorKind::Key(bad));
                None
            }
        }
    }

    /// A blank and a key, as they stand in classic lines.
    pub fn key(&mut self, key: Key<'_>) -> &mut Self {
        let prefix = self.prefix(key);
        if self.request.shape == Shape::Value {
            self.request.check = Key::fingerprint(prefix, key.bytes());
        }
        if key.is_encoded() {
            return self.unsupported("keys of any bytes in classic commands");
        }
        self.bytes(b" ").prefixed(prefix, key)
    }

    /// What stands before this key; together they keep to the key's limit.
    fn prefix(&mut self, key: Key<'_>) -> &'static [u8] {
        let prefix = self.limits.prefix.bytes();
        if prefix.is_empty() {
            return prefix;
        }
        let (length, limit) = (prefix.len().saturating_add(key.bytes().len()), key.limit());
        if length > limit {
            self.fail(ErrorKind::Key(BadKey::TooLong { length, limit }));
        }
        prefix
    }

    /// Bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        let free = self.out.get_mut(self.length..).unwrap_or_default();
        match free.get_mut(..bytes.len()) {
            Some(place) => {
                place.copy_from_slice(bytes);
                self.length = self.length.saturating_add(bytes.len());
            }
            None => self.fail(ErrorKind::Full),
        }
        self
    }

    /// `prefix` and a number in decimal digits.
    pub fn number(&mut self, prefix: &[u8], number: u64) -> &mut Self {
        self.bytes(prefix)
            .bytes(Decimal(number).digits(&mut [0; 20]))
    }

    /// `prefix` and an expiry.
    pub fn expiry(&mut self, prefix: &[u8], expiry: Expiry) -> &mut Self {
        let number = self.expiry_number(expiry);
        self.number(prefix, u64::from(number))
    }

    /// An expiry as the number that binary packets carry.
    pub fn expiry_number(&mut self, expiry: Expiry) -> u32 {
        expiry.wire().unwrap_or_else(|kind| {
            self.fail(kind);
            0
        })
    }

    /// Ends a line; a meta line with the flag of an encoded key and with its opaque.
    pub fn end(&mut self) -> &mut Self {
        if self.request.shape == Shape::Meta {
            if self.encoded_key {
                self.bytes(b" b");
            }
            if self.form == Some(Form::Quiet) {
                self.bytes(b" q");
            }
            return match text::tag_digits(self.tag) {
                (low, None) => self.bytes(&[b' ', b'O', low, b'\r', b'\n']),
                (low, Some(high)) => self.bytes(&[b' ', b'O', low, high, b'\r', b'\n']),
            };
        }
        self.bytes(LINE_END)
    }

    /// Ends a meta line that takes no flags but that of an encoded key, and whose reply looks like
    /// `shape`.
    pub fn end_without_flags(&mut self, shape: Shape) -> &mut Self {
        self.request.shape = shape;
        if self.encoded_key {
            self.bytes(b" b");
        }
        self.bytes(b"\r\n")
    }

    /// Ends a line, and puts the value's data behind it.
    pub fn value(&mut self, value: &'v [u8]) -> &mut Self {
        self.end().data(value).bytes(LINE_END)
    }

    /// Says that a server which refuses the value removes the item that was there.
    pub fn refusal_removes(&mut self) -> &mut Self {
        self.request.mark(Mark::Replaces);
        self
    }

    /// A binary packet.
    pub fn packet(
        &mut self,
        opcode: Opcode,
        extras: &[u8],
        key: Option<Key<'_>>,
        cas: u64,
    ) -> &mut Self {
        self.request.shape = Shape::Packet;
        self.header(opcode, extras, key, cas, 0)
    }

    /// A binary packet that asks for statistics of this kind, which any number of packets answer.
    pub fn packet_for_statistics(&mut self, kind: &[u8]) -> &mut Self {
        let opaque = binary::tag(Opcode::Stat as u8, self.tag);
        self.request.shape = Shape::StatPackets;
        self.request.check = opaque;
        let header = Header {
            opcode: Opcode::Stat as u8,
            key: kind.len() as u16,
            body: kind.len() as u32,
            opaque,
            ..Header::default()
        };
        self.bytes(&header.request()).bytes(kind)
    }

    /// A binary packet with a value.
    pub fn packet_with_value(
        &mut self,
        opcode: Opcode,
        extras: &[u8],
        key: Key<'_>,
        cas: u64,
        value: &'v [u8],
    ) -> &mut Self {
        self.request.shape = Shape::Packet;
        self.header(opcode, extras, Some(key), cas, value.len())
            .data(value)
    }

    /// How the requests of a batch are best answered: quietly, where there is such a thing.
    pub fn quiet(&self) -> Form {
        match self.protocol {
            Protocol::Text => Form::Each,
            Protocol::Meta if self.lacks(Feature::MissesWithOpaque) => Form::Each,
            // Packets of every version bear their opaque.
            Protocol::Meta | Protocol::Binary => Form::Quiet,
        }
    }

    /// Writes as many entries of a batch as fit, up to `count` of them, and what closes them. The
    /// first one that cannot be sent at all stops it, and fails it if it is the first of all.
    pub(crate) fn group(&mut self, form: Form, count: usize, write: &dyn Fn(usize, &mut Self)) {
        let base = self.tag;
        self.form = Some(form);
        // A copy is cheaper than a round trip.
        self.limits.inline = usize::MAX;
        let close = match (form, self.protocol) {
            (Form::Line, _) => LINE_END.len(),
            (Form::Quiet, Protocol::Binary) => HEADER,
            (Form::Quiet, _) => END_OF_LINES.len(),
            (Form::Each | Form::Stream, _) => 0,
        };
        self.behind = close.saturating_add(LINE_END.len());
        while usize::from(self.request.entries) < count.min(ENTRIES_LIMIT)
            && self.entry(close, write)
        {}
        if self.failure.is_some() {
            return;
        }
        self.form = None;
        match (form, self.protocol) {
            (Form::Line, _) => {
                self.bytes(LINE_END);
            }
            (Form::Quiet, Protocol::Binary) => {
                self.tag = base.wrapping_add(self.request.entries);
                self.header(Opcode::NoOp, &[], None, 0, 0);
                self.request.shape = Shape::Packets;
            }
            (Form::Quiet, _) => {
                self.bytes(END_OF_LINES).request.shape = Shape::Metas;
            }
            (Form::Each, _) => self.request.mark(Mark::Each),
            (Form::Stream, _) => {}
        }
        self.request.check = self.request.check & !0xFFFF | u32::from(base);
    }

    /// Writes the next entry of a batch, behind which `close` bytes must be free; `false` if it or the one behind it must wait.
    fn entry(&mut self, close: usize, write: &dyn Fn(usize, &mut Self)) -> bool {
        let (before, entries) = (self.length, self.request.entries);
        write(usize::from(entries), self);
        if self.length.saturating_add(close) > self.out.len() {
            self.fail(ErrorKind::Full);
        }
        if self.failure.is_some() {
            self.length = before;
            self.value = None;
            // What was written is sent; the entry is told of its failure in its turn.
            if entries > 0 {
                self.failure = None;
            }
            return false;
        }
        self.request.entries = entries.saturating_add(1);
        self.tag = self.tag.wrapping_add(1);
        // A value that is not in the storage has a group of its own.
        self.value.is_none()
    }

    fn header(
        &mut self,
        opcode: Opcode,
        extras: &[u8],
        key: Option<Key<'_>>,
        cas: u64,
        value: usize,
    ) -> &mut Self {
        let opcode = match self.form {
            Some(Form::Quiet) => opcode.quietly(),
            _ => opcode as u8,
        };
        let (prefix, name) = match key {
            Some(key) => (self.prefix(key), key.bytes()),
            None => (&[][..], &[][..]),
        };
        let length = prefix.len().saturating_add(name.len());
        let body = extras.len().saturating_add(length).saturating_add(value);
        let opaque = binary::tag(opcode, self.tag);
        self.request.check = opaque;
        let header = Header {
            opcode,
            key: length as u16,
            extras: extras.len() as u8,
            status: 0,
            body: u32::try_from(body).unwrap_or(u32::MAX),
            opaque,
            cas,
        };
        self.bytes(&header.request())
            .bytes(extras)
            .bytes(prefix)
            .bytes(name)
    }

    /// A value: copied if it is small and fits, else left where it is.
    fn data(&mut self, value: &'v [u8]) -> &mut Self {
        self.request.mark(Mark::Stores);
        if value.len() > self.limits.item as usize {
            self.fail(ErrorKind::TooLarge);
            return self;
        }
        let taken = self.length.saturating_add(self.behind);
        let free = self.out.len().saturating_sub(taken);
        if value.len() <= self.limits.inline.min(free) {
            return self.bytes(value);
        }
        if !self.limits.gaps || self.request.entries > 0 {
            self.fail(ErrorKind::Full);
        }
        self.value = Some(Value {
            bytes: value,
            before: self.length,
        });
        self
    }

    fn base64(&mut self, prefix: &[u8], bytes: &[u8]) -> &mut Self {
        const ALPHABET: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let digit = |value: u32| {
            ALPHABET
                .get((value & 63) as usize)
                .copied()
                .unwrap_or_default()
        };
        let mut rest = prefix.iter().chain(bytes);
        while let Some(&first) = rest.next() {
            let (second, third) = (rest.next(), rest.next());
            let byte = |place: Option<&u8>| place.map_or(0, |&byte| u32::from(byte));
            let bits = u32::from(first) << 16 | byte(second) << 8 | byte(third);
            self.bytes(&[
                digit(bits >> 18),
                digit(bits >> 12),
                second.map_or(b'=', |_| digit(bits >> 6)),
                third.map_or(b'=', |_| digit(bits)),
            ]);
        }
        self
    }

    fn fail(&mut self, kind: ErrorKind) {
        // The first failure is the telling one; but that there is no room says the least.
        if matches!(self.failure, None | Some(ErrorKind::Full)) {
            self.failure = Some(kind);
        }
    }
}

impl fmt::Debug for Encoder<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoder")
            .field("protocol", &self.protocol)
            .field("length", &self.length)
            .field("failure", &self.failure)
            .finish_non_exhaustive()
    }
}

/// The most entries of a batch between two answers that say how far it got.
pub(crate) const ENTRIES_LIMIT: usize = 256;
