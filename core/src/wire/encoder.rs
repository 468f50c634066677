//! Writing requests, checked for room and for what the protocol can carry.

use core::fmt;

use super::binary::{self, HEADER, Header, Opcode};
use super::{Debt, Dialect, Feature, Kind, Mark, Protocol, Shape, text};
use crate::decimal::Decimal;
use crate::error::ErrorKind;
use crate::expiry::Expiry;
use crate::key::{BadKey, Key};
use crate::prefix::Prefix;

/// What is set once for all requests of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// The largest value that the server takes.
    pub(crate) item: u32,
    /// What the server understands.
    pub(crate) dialect: Dialect,
    /// What stands before every key.
    pub(crate) prefix: Prefix,
}

/// What becomes of a value that is to be sent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Copying {
    /// It is copied, whatever its size.
    All,
    /// It is copied if it is small, else it is sent from where it is.
    Small,
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
    settings: &'s Settings,
    /// The largest value that is copied into the storage rather than sent from where it is.
    inline: usize,
    /// Whether a value may be sent from where it is.
    gaps: bool,
    tag: u16,
    /// Whether the server is to answer only what is out of the usual way.
    quiet: bool,
    debt: &'s mut Debt,
    value: Option<Value<'v>>,
    is_key_encoded: bool,
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

/// A value that is not copied into the storage.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value<'v> {
    /// All of it; nothing, where it is given in pieces.
    pub(crate) bytes: &'v [u8],
    pub(crate) length: usize,
    /// So many bytes of the request go before it.
    pub(crate) before: usize,
}

/// Values up to this size are copied behind their request's head: one more part in a gathered
/// write costs more.
const INLINE_LIMIT: usize = 2 * 1024;

/// What ends a line.
const LINE_END: &[u8] = b"\r\n";

/// What ends a quiet batch of meta lines.
const END_OF_LINES: &[u8] = b"mn\r\n";

impl<'s, 'v> Encoder<'s, 'v> {
    /// One that writes to `out`, and what is known of the reply into `debt`.
    #[inline]
    pub(crate) fn new(
        out: &'s mut [u8],
        protocol: Protocol,
        settings: &'s Settings,
        copying: Copying,
        tag: u16,
        debt: &'s mut Debt,
    ) -> Self {
        let dialect = settings.dialect;
        if dialect == Dialect::UNKNOWN || dialect.lacks(Feature::MissesWithOpaque) {
            debt.mark(Mark::BareMiss);
        }
        Self {
            out,
            length: 0,
            behind: LINE_END.len(),
            protocol,
            settings,
            inline: match copying {
                Copying::All => usize::MAX,
                Copying::Small => INLINE_LIMIT,
            },
            gaps: matches!(copying, Copying::Small),
            tag,
            quiet: false,
            debt,
            value: None,
            is_key_encoded: false,
            failure: None,
        }
    }

    /// The value that was left where it is, if there is one; the debt is complete.
    #[inline]
    pub(crate) fn finish(self) -> Result<Option<Value<'v>>, ErrorKind> {
        match self.failure {
            Some(kind) => Err(kind),
            None => {
                self.debt.length = self.length as u16;
                Ok(self.value)
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
        self.settings.dialect.lacks(feature)
    }

    /// Whether the server is known to have `feature`.
    pub fn knows(&self, feature: Feature) -> bool {
        self.settings.dialect != Dialect::UNKNOWN && !self.lacks(feature)
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
        self.debt.shape = shape;
        self.bytes(verb)
    }

    /// Starts a meta line, whose verb is two letters.
    pub fn meta(&mut self, verb: [u8; 2], key: Key<'_>) -> &mut Self {
        self.debt.shape = Shape::META;
        let [first, second] = verb;
        self.needs(Feature::Meta).bytes(&[first, second, b' ']);
        self.is_key_encoded = key.is_encoded();
        let prefix = self.prefix(key);
        if key.is_encoded() {
            self.needs(Feature::EncodedKeys).encoded_key(prefix, key)
        } else {
            self.prefixed(prefix, key)
        }
    }

    fn prefixed(&mut self, prefix: &[u8], key: Key<'_>) -> &mut Self {
        // Most clients have none.
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
    #[cfg_attr(target_pointer_width = "64", inline)]
    pub fn key(&mut self, key: Key<'_>) -> &mut Self {
        if key.is_encoded() {
            return self.unsupported("keys of any bytes in classic commands");
        }
        let prefix = self.prefix(key);
        self.bytes(b" ");
        let start = self.length;
        self.prefixed(prefix, key);
        if self.debt.shape.kind() == Kind::Value {
            let written = self.out.get(start..self.length);
            self.debt.check = Key::fingerprint(written.unwrap_or_default());
        }
        self
    }

    /// What stands before this key; together they keep to the key's limit.
    fn prefix(&mut self, key: Key<'_>) -> &'static [u8] {
        let prefix = self.settings.prefix.bytes();
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
    // In every request many times: a small machine wants it once, a large one in place.
    #[cfg_attr(target_pointer_width = "32", inline(never))]
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        if let Some(place) = self.place(bytes.len()) {
            place.copy_from_slice(bytes);
        }
        self
    }

    /// The next `length` bytes; `None` if there is no room for them, which is remembered.
    #[inline]
    fn place(&mut self, length: usize) -> Option<&mut [u8]> {
        let (start, end) = (self.length, self.length.wrapping_add(length));
        if end < start || end > self.out.len() {
            self.fail(ErrorKind::Full);
            return None;
        }
        self.length = end;
        self.out.get_mut(start..end)
    }

    /// `prefix` and a number in decimal digits.
    pub fn number(&mut self, prefix: &[u8], number: u64) -> &mut Self {
        let digits = Decimal(number);
        if let Some(place) = self.bytes(prefix).place(digits.length()) {
            digits.write(place);
        }
        self
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
        if self.debt.shape.kind() == Kind::Meta {
            if self.is_key_encoded {
                self.bytes(b" b");
            }
            if self.quiet {
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
        self.debt.shape = shape;
        if self.is_key_encoded {
            self.bytes(b" b");
        }
        self.bytes(b"\r\n")
    }

    /// Ends a line, and puts the value's data behind it.
    pub fn value(&mut self, value: &'v [u8]) -> &mut Self {
        self.end().data(value).bytes(LINE_END)
    }

    /// Ends a line behind which a value of `length` bytes comes in pieces.
    pub fn value_in_pieces(&mut self, length: u32) -> &mut Self {
        self.end().data_in_pieces(length as usize).bytes(LINE_END)
    }

    /// Says that a server which refuses the value removes the item that was there.
    pub fn refusal_removes(&mut self) -> &mut Self {
        self.debt.mark(Mark::Replaces);
        self
    }

    /// Says that this is a login, of which a refusal says nothing against the connection.
    pub fn logs_in(&mut self) -> &mut Self {
        self.debt.mark(Mark::Stores);
        self.debt.mark(Mark::LogsIn);
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
        self.debt.shape = Shape::PACKET;
        self.header(opcode, extras, key, cas, 0)
    }

    /// A binary packet that asks for statistics of this kind, which any number of packets answer.
    pub fn packet_for_statistics(&mut self, kind: &[u8]) -> &mut Self {
        self.packet_without_prefix(Opcode::Stat, Shape::STAT_PACKETS, kind, 0)
    }

    /// A binary packet that logs in by a mechanism of SASL. The `length` bytes that this wants are to
    /// be written behind it.
    pub fn packet_for_login(&mut self, mechanism: &[u8], length: usize) -> &mut Self {
        self.packet_without_prefix(Opcode::SaslAuth, Shape::PACKET, mechanism, length)
    }

    /// A binary packet with what is no item's key in the place of the key.
    fn packet_without_prefix(
        &mut self,
        opcode: Opcode,
        shape: Shape,
        name: &[u8],
        value: usize,
    ) -> &mut Self {
        let opaque = binary::tag(opcode as u8, self.tag);
        self.debt.shape = shape;
        self.debt.check = opaque;
        let header = Header {
            opcode: opcode as u8,
            key: name.len() as u16,
            body: name.len().saturating_add(value) as u32,
            opaque,
            ..Header::default()
        };
        self.bytes(&header.request()).bytes(name)
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
        self.packet_before(opcode, extras, key, cas, value.len())
            .data(value)
    }

    /// A binary packet with a value of `length` bytes that comes in pieces.
    pub fn packet_with_value_in_pieces(
        &mut self,
        opcode: Opcode,
        extras: &[u8],
        key: Key<'_>,
        cas: u64,
        length: u32,
    ) -> &mut Self {
        self.packet_before(opcode, extras, key, cas, length as usize)
            .data_in_pieces(length as usize)
    }

    /// What of a packet stands before its value.
    fn packet_before(
        &mut self,
        opcode: Opcode,
        extras: &[u8],
        key: Key<'_>,
        cas: u64,
        value: usize,
    ) -> &mut Self {
        self.debt.shape = Shape::PACKET;
        if cas != 0 {
            self.debt.mark(Mark::Compares);
        }
        self.header(opcode, extras, Some(key), cas, value)
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
        let is_binary = self.protocol == Protocol::Binary;
        self.quiet = form == Form::Quiet;
        // A copy is cheaper than a round trip.
        self.inline = usize::MAX;
        let close = match form {
            Form::Line => LINE_END.len(),
            Form::Quiet if is_binary => HEADER,
            Form::Quiet => END_OF_LINES.len(),
            Form::Each | Form::Stream => 0,
        };
        self.behind = close.saturating_add(LINE_END.len());
        while usize::from(self.debt.entries) < count.min(ENTRIES_LIMIT) && self.entry(close, write)
        {
        }
        if self.failure.is_some() {
            return;
        }
        self.debt.replies = 1;
        match form {
            Form::Line => _ = self.bytes(LINE_END),
            Form::Quiet if is_binary => {
                self.tag = base.wrapping_add(self.debt.entries.into());
                self.header(Opcode::NoOp, &[], None, 0, 0);
                self.debt.shape = Shape::PACKETS;
            }
            Form::Quiet => self.bytes(END_OF_LINES).debt.shape = Shape::METAS,
            Form::Each => self.debt.replies = self.debt.entries,
            Form::Stream => {}
        }
        self.debt.check = self.debt.check & !0xFFFF | u32::from(base);
    }

    /// Writes the next entry of a batch, behind which `close` bytes must be free; `false` if it or
    /// the one behind it must wait.
    fn entry(&mut self, close: usize, write: &dyn Fn(usize, &mut Self)) -> bool {
        let (before, entries) = (self.length, self.debt.entries);
        write(entries.into(), self);
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
        if self.quiet && self.protocol == Protocol::Binary {
            let packet = self.out.get_mut(before..).and_then(<[u8]>::first_chunk_mut);
            packet.map(binary::quieten);
        }
        self.debt.entries = entries.saturating_add(1);
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
        let opcode = opcode as u8;
        let (prefix, name) = match key {
            Some(key) => (self.prefix(key), key.bytes()),
            None => (&[][..], &[][..]),
        };
        let length = prefix.len().saturating_add(name.len());
        let body = extras.len().saturating_add(length).saturating_add(value);
        let opaque = binary::tag(opcode, self.tag);
        self.debt.check = opaque;
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
        if !self.is_within_limit(value.len()) {
            return self;
        }
        let taken = self.length.saturating_add(self.behind);
        let free = self.out.len().saturating_sub(taken);
        if value.len() <= self.inline.min(free) {
            return self.bytes(value);
        }
        self.beside(value, value.len())
    }

    /// A value of `length` bytes that are given in pieces.
    fn data_in_pieces(&mut self, length: usize) -> &mut Self {
        if length > 0 && self.is_within_limit(length) {
            self.beside(&[], length);
        }
        self
    }

    #[inline]
    fn is_within_limit(&mut self, length: usize) -> bool {
        self.debt.mark(Mark::Stores);
        let is_within = length <= self.settings.item as usize;
        if !is_within {
            self.fail(ErrorKind::TooLarge);
        }
        is_within
    }

    /// Leaves a value where it is.
    #[cold]
    fn beside(&mut self, bytes: &'v [u8], length: usize) -> &mut Self {
        if !self.gaps || self.debt.entries > 0 {
            self.fail(ErrorKind::Full);
        }
        self.value = Some(Value {
            bytes,
            length,
            before: self.length,
        });
        self
    }

    fn encoded_key(&mut self, prefix: &[u8], key: Key<'_>) -> &mut Self {
        let free = self.out.get_mut(self.length..).unwrap_or_default();
        match key.write_encoded(prefix, free) {
            Some(digits) => self.length = self.length.saturating_add(digits),
            None => self.fail(ErrorKind::Full),
        }
        self
    }

    #[cold]
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
pub(crate) const ENTRIES_LIMIT: usize = 255;
