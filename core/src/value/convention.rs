//! What flags mean to a client, as data.

use core::fmt;

use super::{BadValue, Compress, Compression, Integer, Keep, Kind, Value, inflate};

/// What flags mean: how one client, and those that agree with it, writes and reads values.
///
/// pylibmc's is the default; it, python-memcached and pymemcache read each other. Others swap what
/// bytes and text are, so that a wrong one is not found out.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Convention {
    pub(super) name: &'static str,
    /// Its types. The first one that fits is the one that is written, and in lenient reading the one
    /// that is read.
    pub(super) types: &'static [Type],
    pub(super) truths: Truths,
    /// The flags of what the server counts.
    pub(super) counter: u32,
    /// Whether lenient reading takes what Python's `int` does.
    pub(super) python: bool,
    pub(super) compression: Compression,
}

/// A type of a convention: what it is, and its flags.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) struct Type {
    pub(super) flags: u32,
    /// The bits of the flags that the client itself looks at.
    pub(super) mask: u32,
    pub(super) is: Is,
}

#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Is {
    Bytes,
    Text,
    /// Decimal digits.
    Digits,
    /// So many bytes at most, the highest first, without those that are zero.
    Packed(usize),
    Bool,
    Object(Kind),
    Zstd,
}

/// How no and yes are written, and what objects are read as them.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) struct Truths {
    pub(super) flags: u32,
    pub(super) written: [&'static [u8]; 2],
    pub(super) objects: &'static [[&'static [u8]; 2]],
}

/// How much of what a convention does not know is let through.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Reading {
    /// Flags that the client does not write, or that say two things, are an error.
    #[default]
    Strict,
    /// As the client itself reads: it ignores flags that it does not know, or takes one of two. Of
    /// Python's clients also numbers with blanks around or `_` within.
    Lenient,
}

/// A value as it is stored: its bytes and flags.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Encoded<'v> {
    /// The bytes to store.
    pub bytes: &'v [u8],
    /// The flags to store beside them.
    pub flags: u32,
}

impl Convention {
    /// How many bytes of room [`encode`](Self::encode) wants at most.
    pub const ROOM: usize = Integer::ROOM;

    /// The client's name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The value as it is stored. Numbers are written to `room`, if they came as numbers; all else is
    /// lent.
    ///
    /// Fails with [`NoSuchType`](BadValue::NoSuchType) where the convention has none for the value: an
    /// object of another language, in dalli's a number.
    pub fn encode<'v>(
        &self,
        value: Value<'v>,
        room: &'v mut [u8],
    ) -> Result<Encoded<'v>, BadValue> {
        let (is, bytes) = match value {
            Value::Bytes(bytes) => (Is::Bytes, bytes),
            Value::Text(text) => (Is::Text, text.as_bytes()),
            Value::Object { kind, bytes } => (Is::Object(kind), bytes),
            Value::Bool(truth) => {
                let [no, yes] = self.truths.written;
                return Ok(Encoded {
                    bytes: if truth { yes } else { no },
                    flags: self.truths.flags,
                });
            }
            Value::Integer(integer) if self.flags_of(Is::Digits).is_some() => {
                (Is::Digits, integer.digits(room)?)
            }
            Value::Integer(integer) => pack(integer, room)?,
        };
        let flags = self.flags_of(is).ok_or(BadValue::NoSuchType)?;
        Ok(Encoded { bytes, flags })
    }

    /// The value as it is stored, compressed where the [convention](Self::compression) does so and
    /// keeps what comes of it: with `for_cas` only where it does so for `cas`, too.
    ///
    /// Of `room` 40 bytes are for the digits of numbers; if the rest, into which is compressed, is as
    /// large as the value, it is large enough. Where it is too small the value is stored as it is, which
    /// every client reads.
    ///
    /// Fails as [`encode`](Self::encode) does.
    pub fn encode_compressed<'v>(
        &self,
        value: Value<'v>,
        for_cas: bool,
        compressor: &mut impl Compress,
        room: &'v mut [u8],
    ) -> Result<Encoded<'v>, BadValue> {
        let digits = room.len().min(Self::ROOM);
        let (digits, room) = room.split_at_mut_checked(digits).unwrap_or_default();
        let encoded = self.encode(value, digits)?;
        let rules = &self.compression;
        let length = encoded.bytes.len();
        let is_allowed =
            (rules.integers || !matches!(value, Value::Integer(_))) && (rules.cas || !for_cas);
        if !is_allowed || !rules.is_tried(length) {
            return Ok(encoded);
        }
        let most = match rules.keep {
            Keep::Shorter => length.saturating_sub(1),
            Keep::NotLonger => length,
            Keep::Always => room.len(),
        };
        let most = most.min(room.len());
        let (room, _) = room.split_at_mut_checked(most).unwrap_or_default();
        let compressed = compressor.compress(rules.container, rules.level, encoded.bytes, room);
        Ok(compressed.map_or(encoded, |bytes| Encoded {
            bytes,
            flags: self.with_compression(encoded.flags),
        }))
    }

    /// A number that the server can count with: digits, whatever the convention's numbers are.
    pub fn encode_counter<'v>(
        &self,
        number: u64,
        room: &'v mut [u8],
    ) -> Result<Encoded<'v>, BadValue> {
        Ok(Encoded {
            bytes: Integer::from(number).digits(room)?,
            flags: self.counter,
        })
    }

    /// The value that was stored as these bytes beside these flags.
    ///
    /// Fails with [`Compressed`](BadValue::Compressed) where it must be inflated first; what comes of
    /// that has the flags [`without_compression`](Self::without_compression).
    pub fn decode<'b>(
        &self,
        bytes: &'b [u8],
        flags: u32,
        reading: Reading,
    ) -> Result<Value<'b>, BadValue> {
        if self.is_compressed(flags) {
            return Err(BadValue::Compressed);
        }
        let found = self.type_of(flags, reading)?;
        match found.is {
            Is::Bytes => Ok(Value::Bytes(bytes)),
            Is::Text => match core::str::from_utf8(bytes) {
                Ok(text) => Ok(Value::Text(text)),
                Err(_) => Err(BadValue::NotText),
            },
            Is::Digits if self.python && reading == Reading::Lenient => {
                Integer::parse_as_python(bytes).map(Value::Integer)
            }
            Is::Digits => Integer::parse(bytes).map(Value::Integer),
            Is::Packed(width) => unpack(bytes, width).map(Value::Integer),
            Is::Bool => truth(bytes, &[self.truths.written])
                .map(Value::Bool)
                .ok_or(BadValue::NotBool),
            Is::Object(kind) => Ok(match truth(bytes, self.truths.objects) {
                Some(truth) => Value::Bool(truth),
                None => Value::Object { kind, bytes },
            }),
            Is::Zstd => Err(BadValue::Zstd),
        }
    }

    /// The same, but what is compressed is inflated into `room`, which bounds it.
    ///
    /// Fails with [`InflatedTooLarge`](BadValue::InflatedTooLarge) where the value is larger than
    /// `room`; with [`Corrupt`](BadValue::Corrupt) or [`Truncated`](BadValue::Truncated) where it is
    /// damaged; and in strict reading with [`Trailing`](BadValue::Trailing) where more comes behind
    /// it, which the clients ignore.
    pub fn decode_into<'b>(
        &self,
        bytes: &'b [u8],
        flags: u32,
        reading: Reading,
        room: &'b mut [u8],
    ) -> Result<Value<'b>, BadValue> {
        if !self.is_compressed(flags) {
            return self.decode(bytes, flags, reading);
        }
        let bytes = inflate::whole(self.compression.container, bytes, reading, room)?;
        self.decode(bytes, self.without_compression(flags), reading)
    }

    /// Whether flags say that the value is compressed.
    pub fn is_compressed(&self, flags: u32) -> bool {
        flags & self.compression.flag != 0
    }

    /// The flags of what is inflated.
    pub fn without_compression(&self, flags: u32) -> u32 {
        flags & !self.compression.flag
    }

    /// The flags of what was compressed.
    pub fn with_compression(&self, flags: u32) -> u32 {
        flags | self.compression.flag
    }

    /// Whether `value` may be put behind or in front of a value with these flags: bytes or text
    /// to bytes, text to text. All else fails with [`WouldCorrupt`](BadValue::WouldCorrupt), or
    /// where the flags are unknown with [`Flags`](BadValue::Flags).
    pub fn extend(&self, flags: u32, value: Value<'_>) -> Result<(), BadValue> {
        if self.is_compressed(flags) {
            return Err(BadValue::WouldCorrupt);
        }
        match (self.type_of(flags, Reading::Strict)?.is, value) {
            (Is::Bytes, Value::Bytes(_) | Value::Text(_)) | (Is::Text, Value::Text(_)) => Ok(()),
            _ => Err(BadValue::WouldCorrupt),
        }
    }

    /// When values are compressed.
    pub const fn compression(&self) -> &Compression {
        &self.compression
    }

    /// The same, but that values of `length` bytes and more are compressed; none are where the client knows
    /// no compression.
    #[must_use]
    pub const fn compress_from(self, length: u32) -> Self {
        let compression = Compression {
            shortest: length,
            ..self.compression
        };
        Self {
            compression,
            ..self
        }
    }

    /// The same, but with this level of zlib's, up to 9.
    #[must_use]
    pub const fn compress_at(self, level: u8) -> Self {
        let compression = Compression {
            level: if level > 9 { 9 } else { level },
            ..self.compression
        };
        Self {
            compression,
            ..self
        }
    }

    /// The same, but that nothing is compressed when it is written. What is compressed is still read.
    #[must_use]
    pub const fn compress_nothing(self) -> Self {
        self.compress_from(u32::MAX)
    }

    fn flags_of(&self, is: Is) -> Option<u32> {
        let mut types = self.types.iter();
        types.find(|type_| type_.is == is).map(|type_| type_.flags)
    }

    fn type_of(&self, flags: u32, reading: Reading) -> Result<&Type, BadValue> {
        let mut types = self.types.iter();
        let found = types.find(|type_| match reading {
            Reading::Strict => flags == type_.flags,
            Reading::Lenient => flags & type_.mask == type_.flags & type_.mask,
        });
        found.ok_or(BadValue::Flags { flags })
    }
}

impl Default for Convention {
    fn default() -> Self {
        Self::PYLIBMC
    }
}

impl fmt::Debug for Convention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Convention {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{=str}", self.name);
    }
}

impl fmt::Debug for Encoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Encoded(\"{}\", flags {})",
            self.bytes.escape_ascii(),
            self.flags
        )
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Encoded<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Encoded({=[u8]:a}, flags {})", self.bytes, self.flags);
    }
}

/// Which of the pairs of no and yes the bytes are of.
fn truth(bytes: &[u8], pairs: &[[&[u8]; 2]]) -> Option<bool> {
    pairs.iter().find_map(|[no, yes]| {
        if bytes == *yes {
            Some(true)
        } else if bytes == *no {
            Some(false)
        } else {
            None
        }
    })
}

/// A number of 32 or 64 bits, without the leading bytes that are zero.
fn pack<'v>(integer: Integer<'_>, room: &'v mut [u8]) -> Result<(Is, &'v [u8]), BadValue> {
    let number = integer.to_i64().ok_or(BadValue::NoSuchType)?;
    let place = room.first_chunk_mut::<8>().ok_or(BadValue::NoRoom)?;
    let (width, bits) = match i32::try_from(number) {
        Ok(number) => (4, u64::from(number.cast_unsigned())),
        Err(_) => (8, number.cast_unsigned()),
    };
    *place = bits.to_be_bytes();
    let zeros = place.iter().take_while(|&&byte| byte == 0).count();
    Ok((Is::Packed(width), place.get(zeros..).unwrap_or_default()))
}

fn unpack<'b>(bytes: &[u8], width: usize) -> Result<Integer<'b>, BadValue> {
    if bytes.len() > width {
        return Err(BadValue::NotInteger);
    }
    let bits = bytes
        .iter()
        .fold(0_u64, |bits, &byte| bits << 8 | u64::from(byte));
    Ok(match width {
        4 => Integer::from((bits as u32).cast_signed()),
        _ => Integer::from(bits.cast_signed()),
    })
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::vec::Vec;

    use super::*;
    use crate::value::Deflate;
    use BadValue::{
        Compressed, Flags, NoRoom, NoSuchType, NotBool, NotInteger, NotText, WouldCorrupt, Zstd,
    };
    use Reading::{Lenient, Strict};

    const PYLIBMC: Convention = Convention::PYLIBMC;
    const MEMCACHED: Convention = Convention::PYTHON_MEMCACHED;
    const PYMEMCACHE: Convention = Convention::PYMEMCACHE;
    const PLAIN: Convention = Convention::PYMEMCACHE_PLAIN;
    const META: Convention = Convention::META_MEMCACHE_PY;
    const DALLI: Convention = Convention::DALLI;
    const JSON: Convention = Convention::DALLI_JSON;
    const SPY: Convention = Convention::SPYMEMCACHED;

    const ALL: [Convention; 8] = [
        PYLIBMC, MEMCACHED, PYMEMCACHE, PLAIN, META, DALLI, JSON, SPY,
    ];

    fn object(kind: Kind, bytes: &[u8]) -> Value<'_> {
        Value::Object { kind, bytes }
    }

    /// What is written, and that it is read as what it was.
    #[test]
    fn written_and_read() {
        let (no, yes) = (Value::from(false), Value::from(true));
        let pickled = object(Kind::Pickle, b"N.");
        for (convention, value, stored) in [
            (PYLIBMC, Value::from(&b"\xFF"[..]), Ok((&b"\xFF"[..], 0))),
            (PYLIBMC, Value::from("\u{fc}"), Ok((b"\xC3\xBC", 16))),
            (PYLIBMC, Value::from(-42), Ok((b"-42", 4))),
            (PYLIBMC, pickled, Ok((b"N.", 1))),
            (PYLIBMC, object(Kind::Marshal, b""), Err(NoSuchType)),
            (MEMCACHED, Value::from(&b""[..]), Ok((b"", 0))),
            (MEMCACHED, Value::from(""), Ok((b"", 16))),
            (MEMCACHED, Value::from(42), Ok((b"42", 2))),
            (MEMCACHED, yes, Ok((b"\x80\x02\x88.", 1))),
            (PYMEMCACHE, Value::from(&b"x"[..]), Ok((b"x", 0))),
            (PYMEMCACHE, Value::from("x"), Ok((b"x", 16))),
            (
                PYMEMCACHE,
                Value::from(u64::MAX),
                Ok((b"18446744073709551615", 2)),
            ),
            (PYMEMCACHE, no, Ok((b"\x80\x02\x89.", 1))),
            (PLAIN, Value::from(0), Ok((b"0", 2))),
            (META, Value::from(&b"x"[..]), Ok((b"x", 16))),
            (META, Value::from("x"), Ok((b"x", 0))),
            (META, Value::from(7), Ok((b"7", 2))),
            (META, pickled, Ok((b"N.", 1))),
            (DALLI, Value::from(&b"x"[..]), Ok((b"x", 0))),
            (DALLI, Value::from("x"), Ok((b"x", 4))),
            (DALLI, Value::from(7), Err(NoSuchType)),
            (DALLI, yes, Ok((b"\x04\x08T", 1))),
            (
                DALLI,
                object(Kind::Marshal, b"\x04\x080"),
                Ok((b"\x04\x080", 1)),
            ),
            (JSON, no, Ok((b"false", 1))),
            (JSON, object(Kind::Json, b"[]"), Ok((b"[]", 1))),
            (SPY, Value::from(&b"x"[..]), Ok((b"x", 0x800))),
            (SPY, Value::from("x"), Ok((b"x", 0))),
            (SPY, yes, Ok((b"1", 0x100))),
            (SPY, Value::from(0), Ok((b"", 0x200))),
            (SPY, Value::from(258), Ok((b"\x01\x02", 0x200))),
            (SPY, Value::from(-1), Ok((b"\xFF\xFF\xFF\xFF", 0x200))),
            (SPY, Value::from(i32::MIN), Ok((b"\x80\0\0\0", 0x200))),
            (SPY, Value::from(1_i64 << 31), Ok((b"\x80\0\0\0", 0x300))),
            (
                SPY,
                Value::from(-1_i64 << 31 << 1),
                Ok((b"\xFF\xFF\xFF\xFF\0\0\0\0", 0x300)),
            ),
            (SPY, Value::from(u64::MAX), Err(NoSuchType)),
            (SPY, object(Kind::Java, b"\xAC\xED"), Ok((b"\xAC\xED", 1))),
            (SPY, object(Kind::JavaDouble, b"\x3F"), Ok((b"\x3F", 0x700))),
        ] {
            let mut room = [0; Convention::ROOM];
            let encoded = convention.encode(value, &mut room);
            let about = format!("{convention:?}: {value:?}");
            assert_eq!(
                encoded.map(|encoded| (encoded.bytes, encoded.flags)),
                stored,
                "{about}"
            );
            if let Ok((bytes, flags)) = stored {
                for reading in [Strict, Lenient] {
                    assert_eq!(
                        convention.decode(bytes, flags, reading),
                        Ok(value),
                        "{about}"
                    );
                }
            }
        }
        // These come back as numbers.
        let mut room = [0; Convention::ROOM];
        let stored = PYLIBMC.encode(yes, &mut room).unwrap();
        assert_eq!((stored.bytes, stored.flags), (&b"1"[..], 2));
        assert_eq!(PYLIBMC.decode(b"1", 2, Strict), Ok(Value::from(1)));
    }

    #[test]
    fn read() {
        let text = Value::from("12");
        let bytes = Value::from(&b"12"[..]);
        let number = Value::from(12);
        let pickled = object(Kind::Pickle, b"12");
        let flags = |flags| Err(Flags { flags });
        // Flags and what "12" beside them is: read strictly, and leniently.
        for (convention, number_of_flags, strict, lenient) in [
            (PYLIBMC, 2, Ok(number), Ok(number)),
            (PYLIBMC, 3, flags(3), flags(3)),
            (PYLIBMC, 20, flags(20), flags(20)),
            (PYLIBMC, 32, flags(32), Ok(bytes)),
            (PYLIBMC, 65_552, flags(65_552), Ok(text)),
            (PYLIBMC, 8, Err(Compressed), Err(Compressed)),
            (PYLIBMC, 24, Err(Compressed), Err(Compressed)),
            (MEMCACHED, 4, Ok(number), Ok(number)),
            (MEMCACHED, 3, flags(3), Ok(number)),
            (MEMCACHED, 19, flags(19), Ok(text)),
            (MEMCACHED, 48, flags(48), Ok(text)),
            (MEMCACHED, 32, flags(32), flags(32)),
            (PYMEMCACHE, 5, flags(5), Ok(number)),
            (PYMEMCACHE, 32, flags(32), Ok(bytes)),
            (PYMEMCACHE, 9, Err(Compressed), Err(Compressed)),
            (PLAIN, 8, flags(8), Ok(bytes)),
            (PLAIN, 26, flags(26), Ok(text)),
            (META, 4, Ok(number), Ok(number)),
            (META, 6, flags(6), Ok(pickled)),
            (META, 64, flags(64), Ok(pickled)),
            (META, 32, Err(Zstd), Err(Zstd)),
            (META, 34, flags(34), Err(Zstd)),
            (META, 10, Err(Compressed), Err(Compressed)),
            (DALLI, 5, flags(5), Ok(object(Kind::Marshal, b"12"))),
            (DALLI, 12, flags(12), Ok(text)),
            (DALLI, 16, flags(16), Ok(bytes)),
            (DALLI, 6, Err(Compressed), Err(Compressed)),
            (SPY, 4, flags(4), Ok(text)),
            (SPY, 0x801, flags(0x801), Ok(object(Kind::Java, b"12"))),
            (SPY, 0x900, flags(0x900), flags(0x900)),
            (SPY, 0x802, Err(Compressed), Err(Compressed)),
        ] {
            let about = format!("{convention:?}: {number_of_flags}");
            assert_eq!(
                convention.decode(b"12", number_of_flags, Strict),
                strict,
                "{about}"
            );
            assert_eq!(
                convention.decode(b"12", number_of_flags, Lenient),
                lenient,
                "{about}"
            );
        }
        for (convention, bytes, flags, strict, lenient) in [
            (PYLIBMC, &b"\xFF"[..], 16, Err(NotText), Err(NotText)),
            // A surrogate.
            (PYLIBMC, b"\xED\xA0\x80", 16, Err(NotText), Err(NotText)),
            (PYLIBMC, b"", 4, Err(NotInteger), Err(NotInteger)),
            (PYLIBMC, b"9 ", 4, Ok(Value::from(9)), Ok(Value::from(9))),
            (PYLIBMC, b" 1_0\n", 4, Err(NotInteger), Ok(Value::from(10))),
            (META, b" 1", 2, Err(NotInteger), Ok(Value::from(1))),
            (
                PYLIBMC,
                b"\x80\x05\x88.",
                1,
                Ok(Value::from(true)),
                Ok(Value::from(true)),
            ),
            (
                MEMCACHED,
                b"I01\n.",
                1,
                Ok(Value::from(true)),
                Ok(Value::from(true)),
            ),
            (
                PYMEMCACHE,
                b"\x80\x05\x89.",
                1,
                Ok(Value::from(false)),
                Ok(Value::from(false)),
            ),
            (SPY, b"2", 0x100, Err(NotBool), Err(NotBool)),
            (
                SPY,
                b"\0\x01\0\0\0",
                0x200,
                Err(NotInteger),
                Err(NotInteger),
            ),
            (
                SPY,
                b"\0\0\0\x07",
                0x200,
                Ok(Value::from(7)),
                Ok(Value::from(7)),
            ),
            (SPY, &[0; 9], 0x300, Err(NotInteger), Err(NotInteger)),
        ] {
            let about = format!("{convention:?}: {} {flags}", bytes.escape_ascii());
            assert_eq!(convention.decode(bytes, flags, Strict), strict, "{about}");
            assert_eq!(convention.decode(bytes, flags, Lenient), lenient, "{about}");
        }
    }

    #[test]
    fn inflated() {
        // As zlib has them: "123", no bytes, "123" and more, "123" damaged.
        let number = b"\x78\x01342\x06\x00\x01\x2D\x00\x97";
        let empty = b"\x78\x9C\x03\0\0\0\0\x01";
        let more = b"\x78\x01342\x06\x00\x01\x2D\x00\x97j";
        let damaged = b"\x78\x01342\x06\x00\x01\x2D\x00\x98";
        let large = BadValue::InflatedTooLarge { limit: 3 };
        let zeros = b"\x78\x9C\x63\x60\x60\x60\x60\0\0\0\x04\0\x01";
        for (convention, bytes, flags, strict, lenient) in [
            (
                PYLIBMC,
                &number[..],
                8,
                Ok(Value::from(&b"123"[..])),
                Ok(Value::from(&b"123"[..])),
            ),
            (
                PYLIBMC,
                number,
                24,
                Ok(Value::from("123")),
                Ok(Value::from("123")),
            ),
            (
                PYLIBMC,
                number,
                12,
                Ok(Value::from(123)),
                Ok(Value::from(123)),
            ),
            (
                DALLI,
                number,
                6,
                Ok(Value::from("123")),
                Ok(Value::from("123")),
            ),
            // Which pylibmc aborts at.
            (PYLIBMC, empty, 24, Ok(Value::from("")), Ok(Value::from(""))),
            (PYLIBMC, empty, 12, Err(NotInteger), Err(NotInteger)),
            (
                PYLIBMC,
                more,
                24,
                Err(BadValue::Trailing),
                Ok(Value::from("123")),
            ),
            (
                PYLIBMC,
                damaged,
                24,
                Err(BadValue::Corrupt),
                Err(BadValue::Corrupt),
            ),
            (
                PYLIBMC,
                &number[..10],
                24,
                Err(BadValue::Truncated),
                Err(BadValue::Truncated),
            ),
            (
                PYLIBMC,
                b"",
                24,
                Err(BadValue::Truncated),
                Err(BadValue::Truncated),
            ),
            (PYLIBMC, zeros, 8, Err(large), Err(large)),
            (
                PYLIBMC,
                number,
                11,
                Err(Flags { flags: 3 }),
                Err(Flags { flags: 3 }),
            ),
            (
                MEMCACHED,
                number,
                11,
                Err(Flags { flags: 3 }),
                Ok(Value::from(123)),
            ),
            (PLAIN, number, 10, Err(Flags { flags: 10 }), Err(NotInteger)),
            (
                PYLIBMC,
                b"12",
                16,
                Ok(Value::from("12")),
                Ok(Value::from("12")),
            ),
        ] {
            let about = format!("{convention:?}: {} {flags}", bytes.escape_ascii());
            for (reading, expected) in [(Strict, strict), (Lenient, lenient)] {
                let mut room = [0; 3];
                assert_eq!(
                    convention.decode_into(bytes, flags, reading, &mut room),
                    expected,
                    "{about}"
                );
            }
        }
    }

    #[test]
    fn compressed_flags() {
        for (convention, plain, compressed) in [
            (PYLIBMC, 16, 24),
            (META, 0, 8),
            (DALLI, 4, 6),
            (SPY, 0x800, 0x802),
        ] {
            assert!(!convention.is_compressed(plain) && convention.is_compressed(compressed));
            assert_eq!(convention.with_compression(plain), compressed);
            assert_eq!(convention.without_compression(compressed), plain);
            assert_eq!(convention.without_compression(plain), plain);
        }
        assert!(!PLAIN.is_compressed(u32::MAX));
    }

    #[test]
    fn compression() {
        for (convention, longest_plain, kept) in [
            (PYLIBMC, usize::MAX, [true, false, false]),
            (PYLIBMC.compress_from(400), 399, [true, false, false]),
            (
                PYLIBMC.compress_from(1).compress_at(0),
                usize::MAX,
                [true, false, false],
            ),
            (PYLIBMC.compress_from(0), 0, [true, false, false]),
            (MEMCACHED, usize::MAX, [true, false, false]),
            (
                MEMCACHED.compress_from(401).compress_at(0),
                400,
                [true, false, false],
            ),
            (PYMEMCACHE, 400, [true, true, false]),
            (PLAIN, usize::MAX, [true, true, false]),
            (PLAIN.compress_from(1), usize::MAX, [true, true, false]),
            (META, 128, [true, true, true]),
            (DALLI, 4095, [true, true, true]),
            (DALLI.compress_nothing(), usize::MAX, [true, true, true]),
            (SPY, 16_384, [true, false, false]),
        ] {
            let rules = convention.compression();
            // What is longer by one is tried.
            assert!(
                longest_plain == 0 || !rules.is_tried(longest_plain),
                "{convention:?}"
            );
            let longer = longest_plain.checked_add(1);
            assert!(
                longer.is_none_or(|longer| rules.is_tried(longer)),
                "{convention:?}"
            );
            let found = [99, 100, 101].map(|after| rules.is_kept(100, after));
            assert_eq!(found, kept, "{convention:?}");
        }
        assert_eq!(PYLIBMC.compress_at(12).compression().level(), 9);
        let (integers, cas) = (Compression::has_integers, Compression::has_cas);
        let those = |which: fn(&Compression) -> bool| ALL.map(|one| which(one.compression()));
        assert_eq!(
            those(integers),
            [true, false, false, false, true, true, true, true]
        );
        assert_eq!(
            those(cas),
            [false, true, true, true, true, true, true, true]
        );
    }

    /// What is compressed is what the rules say, and is read again.
    #[test]
    fn written_compressed() {
        let text = "abcdefgh".repeat(200);
        let mut seed = 7_u32;
        let noise: Vec<u8> = (0..1600)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (seed >> 24) as u8
            })
            .collect();
        let number = Integer::parse("7".repeat(500).leak().as_bytes()).unwrap();
        let (text, noise, number) = (
            Value::from(&*text),
            Value::from(&*noise),
            Value::from(number),
        );
        let from_400 = PYLIBMC.compress_from(400);
        for (convention, value, for_cas, is_compressed) in [
            (from_400, text, false, true),
            (from_400, text, true, false),
            (from_400, number, false, true),
            (from_400, noise, false, false),
            (PYLIBMC, text, false, false),
            (PYLIBMC.compress_from(1600), text, false, true),
            (PYLIBMC.compress_from(1601), text, false, false),
            (from_400.compress_at(0), text, false, false),
            (MEMCACHED.compress_from(400), text, true, true),
            (MEMCACHED.compress_from(400), number, false, false),
            (PYMEMCACHE, text, false, true),
            (PYMEMCACHE, noise, false, false),
            (PLAIN, text, false, false),
            (PLAIN.compress_from(1), text, false, false),
            (META, noise, false, true),
            (META, number, false, true),
            (DALLI, text, false, false),
            (DALLI.compress_from(1000), noise, true, true),
            (SPY.compress_from(1000), text, false, true),
        ] {
            let about = format!("{convention:?}: {:.40}", format!("{value:?}"));
            let mut deflate: Deflate = Deflate::new();
            let mut room = std::vec![0; 4000];
            let stored = convention.encode_compressed(value, for_cas, &mut deflate, &mut room);
            let stored = stored.unwrap();
            assert_eq!(
                convention.is_compressed(stored.flags),
                is_compressed,
                "{about}"
            );
            let mut room = std::vec![0; 2000];
            let read = convention.decode_into(stored.bytes, stored.flags, Strict, &mut room);
            assert!(read == Ok(value), "{about}");
            // Without the room it is stored as it is.
            let mut room = [0; Convention::ROOM];
            let stored = convention.encode_compressed(value, for_cas, &mut deflate, &mut room);
            assert!(!convention.is_compressed(stored.unwrap().flags), "{about}");
        }
    }

    #[test]
    fn counters() {
        for convention in ALL {
            let mut room = [0; 20];
            let stored = convention.encode_counter(u64::MAX, &mut room).unwrap();
            assert_eq!(stored.bytes, b"18446744073709551615");
            // The client itself reads it, as digits of a kind.
            let value = convention
                .decode(stored.bytes, stored.flags, Strict)
                .unwrap();
            let digits = Value::from(u64::MAX);
            assert!(
                value == digits || value.bytes() == Some(stored.bytes),
                "{convention:?}"
            );
        }
    }

    #[test]
    fn extending() {
        let (bytes, text, number) = (Value::from(&b"x"[..]), Value::from("x"), Value::from(1));
        let flags = |flags| Err(Flags { flags });
        for (convention, number_of_flags, of_bytes, of_text, of_number) in [
            (PYLIBMC, 0, Ok(()), Ok(()), Err(WouldCorrupt)),
            (PYLIBMC, 16, Err(WouldCorrupt), Ok(()), Err(WouldCorrupt)),
            (
                PYLIBMC,
                4,
                Err(WouldCorrupt),
                Err(WouldCorrupt),
                Err(WouldCorrupt),
            ),
            (
                PYLIBMC,
                1,
                Err(WouldCorrupt),
                Err(WouldCorrupt),
                Err(WouldCorrupt),
            ),
            (
                PYLIBMC,
                8,
                Err(WouldCorrupt),
                Err(WouldCorrupt),
                Err(WouldCorrupt),
            ),
            (
                PYLIBMC,
                24,
                Err(WouldCorrupt),
                Err(WouldCorrupt),
                Err(WouldCorrupt),
            ),
            (PYLIBMC, 32, flags(32), flags(32), flags(32)),
            (META, 0, Err(WouldCorrupt), Ok(()), Err(WouldCorrupt)),
            (META, 16, Ok(()), Ok(()), Err(WouldCorrupt)),
            (
                META,
                32,
                Err(WouldCorrupt),
                Err(WouldCorrupt),
                Err(WouldCorrupt),
            ),
        ] {
            let found =
                [bytes, text, number].map(|value| convention.extend(number_of_flags, value));
            assert_eq!(
                found,
                [of_bytes, of_text, of_number],
                "{convention:?}: {number_of_flags}"
            );
        }
    }

    #[test]
    fn the_room_must_do() {
        for (convention, value, length) in [
            (PYLIBMC, Value::from(-123), 4),
            (PYLIBMC, Value::from(i128::MIN), Convention::ROOM),
            (SPY, Value::from(1), 8),
            // Nothing is copied of these.
            (PYLIBMC, Value::from("text"), 0),
            (PYMEMCACHE, Value::from(true), 0),
        ] {
            let mut room: Vec<u8> = std::vec![0; length];
            assert!(convention.encode(value, &mut room).is_ok(), "{value:?}");
            if let Some(short) = length.checked_sub(1) {
                let found = convention.encode(value, &mut room[..short]);
                assert_eq!(found, Err(NoRoom), "{value:?}");
            }
        }
    }

    /// Flags of one type each, whichever way they are read: no convention says two things.
    #[test]
    fn every_flag_that_is_written_is_read_alike() {
        for convention in ALL {
            for type_ in convention.types {
                let read = |reading| convention.type_of(type_.flags, reading).unwrap();
                assert!(
                    read(Strict).is == type_.is,
                    "{convention:?}: {}",
                    type_.flags
                );
                assert!(
                    read(Lenient).is == type_.is,
                    "{convention:?}: {}",
                    type_.flags
                );
            }
        }
    }
}
