//! Writing requests, checked for room and for what the protocol can carry.

use core::fmt;

use super::binary::{self, HEADER, Header, Opcode};
use super::{Dialect, Feature, Protocol, Shape, text};
use crate::decimal::Decimal;
use crate::error::ErrorKind;
use crate::expiry::Expiry;
use crate::key::Key;

/// What an [`Encoder`] has to keep to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// The largest value that the server takes.
    pub(crate) item: u32,
    /// The largest value that is copied into the storage rather than sent from where it is.
    pub(crate) inline: usize,
    /// What the server understands.
    pub(crate) dialect: Dialect,
}

/// The free end of the send storage, to which a command writes its request.
///
/// Its methods cannot fail: what does not fit or cannot be carried is remembered, and the whole
/// request is dropped in the end. `'v` is the life of a value that may be sent from where it is.
pub struct Encoder<'s, 'v> {
    out: &'s mut [u8],
    length: usize,
    reserved: usize,
    protocol: Protocol,
    limits: Limits,
    tag: u16,
    request: Request,
    value: Option<Value<'v>>,
    encoded_key: bool,
    failure: Option<ErrorKind>,
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
    /// Whether a value follows the request's head.
    pub(crate) stores: bool,
    /// Whether a server that refuses the value removes what was stored before.
    pub(crate) replaces: bool,
    /// Whether a miss may come without its opaque.
    pub(crate) bare_miss: bool,
}

/// A value that is not copied into the storage.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value<'v> {
    pub(crate) bytes: &'v [u8],
    /// So many bytes of the request go before it.
    pub(crate) before: usize,
}

impl<'s, 'v> Encoder<'s, 'v> {
    pub(crate) fn new(out: &'s mut [u8], protocol: Protocol, limits: Limits, tag: u16) -> Self {
        Self {
            out,
            length: 0,
            reserved: 0,
            protocol,
            limits,
            tag,
            request: Request {
                check: u32::from(tag),
                length: 0,
                entries: 0,
                shape: Shape::Meta,
                stores: false,
                replaces: false,
                bare_miss: limits.dialect == Dialect::UNKNOWN
                    || limits.dialect.lacks(Feature::MissesWithOpaque),
            },
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
        if key.is_encoded() {
            self.encoded_key = true;
            self.needs(Feature::EncodedKeys).base64(key.bytes())
        } else {
            self.bytes(key.bytes())
        }
    }

    /// A blank and a key, as they stand in classic lines.
    pub fn key(&mut self, key: Key<'_>) -> &mut Self {
        if self.request.shape == Shape::Value {
            self.request.check = Key::fingerprint(key.bytes());
        }
        if key.is_encoded() {
            return self.unsupported("keys of any bytes in classic commands");
        }
        self.bytes(b" ").bytes(key.bytes())
    }

    /// Bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        let end = self.out.len().saturating_sub(self.reserved);
        let free = self.out.get_mut(self.length..end).unwrap_or_default();
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
            return match text::tag_digits(self.tag) {
                (low, None) => self.bytes(&[b' ', b'O', low, b'\r', b'\n']),
                (low, Some(high)) => self.bytes(&[b' ', b'O', low, high, b'\r', b'\n']),
            };
        }
        self.bytes(b"\r\n")
    }

    /// Ends a line, and puts the value's data behind it.
    pub fn value(&mut self, value: &'v [u8]) -> &mut Self {
        self.end().data(value).bytes(b"\r\n")
    }

    /// Says that a server which refuses the value removes the item that was there.
    pub fn refusal_removes(&mut self) -> &mut Self {
        self.request.replaces = true;
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
        let tag = self.tag;
        self.request.check = binary::tag(opcode as u8, tag);
        self.header(opcode, tag, extras, key, cas, 0)
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
        let tag = self.tag;
        self.request.check = binary::tag(opcode as u8, tag);
        self.header(opcode, tag, extras, Some(key), cas, value.len())
            .data(value)
    }

    /// Keeps `count` bytes free for what ends a batch.
    pub fn reserve(&mut self, count: usize) -> &mut Self {
        self.reserved = count;
        self
    }

    /// Writes one entry of a batch with `write`, or nothing if there is no room: `false`.
    pub fn entry(&mut self, write: impl FnOnce(&mut Self)) -> bool {
        if self.failure.is_some() || self.request.entries >= ENTRIES_LIMIT {
            return false;
        }
        let before = self.length;
        write(self);
        if self.failure == Some(ErrorKind::Full) {
            self.failure = None;
            self.length = before;
            return false;
        }
        self.request.entries = self.request.entries.saturating_add(1);
        true
    }

    /// Without an entry a batch's request is none.
    pub(crate) fn needs_entries(&mut self) {
        if self.request.entries == 0 {
            self.fail(ErrorKind::Full);
        }
    }

    /// How many entries of a batch were written.
    pub fn entries(&self) -> u16 {
        self.request.entries
    }

    /// One quiet binary packet of a batch: it bears the opaque that follows its forerunner's.
    pub fn quiet_packet(&mut self, opcode: Opcode, key: Key<'_>) -> &mut Self {
        let tag = self.tag.wrapping_add(self.request.entries);
        self.header(opcode, tag, &[], Some(key), 0, 0)
    }

    /// Ends a batch of quiet binary packets with a no-op, whose reply is the last.
    pub fn end_of_packets(&mut self) -> &mut Self {
        self.request.shape = Shape::Packets;
        self.reserved = 0;
        self.request.check = u32::from(self.tag);
        self.header(
            Opcode::NoOp,
            self.tag.wrapping_add(self.request.entries),
            &[],
            None,
            0,
            0,
        )
    }

    fn header(
        &mut self,
        opcode: Opcode,
        tag: u16,
        extras: &[u8],
        key: Option<Key<'_>>,
        cas: u64,
        value: usize,
    ) -> &mut Self {
        let key = key.map_or(&[][..], Key::bytes);
        let body = extras.len().saturating_add(key.len()).saturating_add(value);
        let header = Header {
            opcode: opcode as u8,
            key: key.len() as u16,
            extras: extras.len() as u8,
            status: 0,
            body: u32::try_from(body).unwrap_or(u32::MAX),
            opaque: binary::tag(opcode as u8, tag),
            cas,
        };
        self.bytes(&header.request()).bytes(extras).bytes(key)
    }

    /// A value: copied if it is small and fits, else left where it is.
    fn data(&mut self, value: &'v [u8]) -> &mut Self {
        self.request.stores = true;
        if value.len() > self.limits.item as usize {
            self.fail(ErrorKind::TooLarge);
            return self;
        }
        // The line end behind the value must fit too.
        let free = self.out.len().saturating_sub(self.length).saturating_sub(2);
        if value.len() <= self.limits.inline.min(free) {
            return self.bytes(value);
        }
        self.value = Some(Value {
            bytes: value,
            before: self.length,
        });
        self
    }

    fn base64(&mut self, bytes: &[u8]) -> &mut Self {
        const ALPHABET: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let digit = |value: u32| {
            ALPHABET
                .get((value & 63) as usize)
                .copied()
                .unwrap_or_default()
        };
        for chunk in bytes.chunks(3) {
            let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or_default());
            let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
            let mut digits = [
                digit(bits >> 18),
                digit(bits >> 12),
                digit(bits >> 6),
                digit(bits),
            ];
            let padding = 3_usize.saturating_sub(chunk.len());
            for place in digits.iter_mut().rev().take(padding) {
                *place = b'=';
            }
            self.bytes(&digits);
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
const ENTRIES_LIMIT: u16 = 256;

/// The bytes that [`Encoder::end_of_packets`] writes.
pub(crate) const END_OF_PACKETS: usize = HEADER;
