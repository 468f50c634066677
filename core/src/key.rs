//! Keys: checked once, valid ever after.

use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};

use crate::error::Error;

/// The name of an item: bytes that memcached takes as one word.
///
/// A `Key` exists only if its bytes passed the check, so nothing that a user passes as a key can
/// end a request line early. A text key and its UTF-8 bytes are the same key.
///
/// ```
/// use minimc_core::{BadKey, Key};
///
/// assert_eq!(Key::new("größe")?.bytes(), "größe".as_bytes());
/// assert_eq!(Key::new("a b"), Err(BadKey::Byte { at: 1, byte: b' ' }));
/// assert_eq!(Key::new("a\r\nflush_all"), Err(BadKey::Byte { at: 1, byte: b'\r' }));
/// assert_eq!(Key::new(&[b'x'; 251]), Err(BadKey::TooLong { length: 251, limit: 250 }));
/// assert_eq!(Key::new(""), Err(BadKey::Empty));
/// # Ok::<(), BadKey>(())
/// ```
#[derive(Clone, Copy)]
pub struct Key<'k> {
    bytes: &'k [u8],
    /// Of an encoded key the function that writes it: without such keys it is not linked.
    base64: Option<Base64>,
}

/// Writes a prefix and a key, together, as base64 to the front of the place, and tells how many
/// digits that took; `None` where they do not fit.
type Base64 = fn(&[u8], &[u8], &mut [u8]) -> Option<usize>;

impl<'k> Key<'k> {
    /// The most bytes that a key may have on the wire.
    pub const LIMIT: usize = 250;

    /// The most bytes of a key that travels as base64: 186 become 248.
    pub const ENCODED_LIMIT: usize = 186;

    /// Checks that `key` has 1 to 250 bytes, each 0x21-0x7E or 0x80-0xFF.
    pub fn new<K: AsRef<[u8]> + ?Sized>(key: &'k K) -> Result<Self, BadKey> {
        let bytes = sized(key.as_ref(), Self::LIMIT)?;
        // Without an early exit the loop is a handful of vector instructions.
        let bad = bytes
            .iter()
            .fold(false, |bad, &byte| bad | !is_allowed(byte));
        match bytes.iter().position(|&byte| bad && !is_allowed(byte)) {
            Some(at) => Err(BadKey::Byte {
                at,
                byte: bytes.get(at).copied().unwrap_or(0),
            }),
            None => Ok(Self {
                bytes,
                base64: None,
            }),
        }
    }

    /// Takes any 1 to 186 bytes: the meta protocol carries them as base64, the binary protocol
    /// as they are, and the classic protocol not at all
    /// ([`Unsupported`](crate::ErrorKind::Unsupported)). It goes by itself: a batch takes text or bytes,
    /// since the line of many keys carries no other.
    pub fn encoded<K: AsRef<[u8]> + ?Sized>(key: &'k K) -> Result<Self, BadKey> {
        let bytes = sized(key.as_ref(), Self::ENCODED_LIMIT)?;
        Ok(Self {
            bytes,
            base64: Some(base64),
        })
    }

    /// The key's bytes, as they were given.
    pub fn bytes(self) -> &'k [u8] {
        self.bytes
    }

    /// Whether the key was made by [`Key::encoded`].
    pub fn is_encoded(self) -> bool {
        self.base64.is_some()
    }

    /// Writes an encoded key; see [`Base64`]. `None` also for another.
    pub(crate) fn write_encoded(self, prefix: &[u8], place: &mut [u8]) -> Option<usize> {
        self.base64?(prefix, self.bytes, place)
    }

    /// A short number that differs for most keys, to recognise a reply to another key.
    pub(crate) fn fingerprint(bytes: &[u8]) -> u32 {
        // FNV-1a: small, and no table.
        bytes.iter().fold(0x811c_9dc5, |hash, &byte| {
            (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        })
    }

    /// The same kind of key, of these bytes, which were checked.
    pub(crate) fn with_bytes<'b>(self, bytes: &'b [u8]) -> Key<'b> {
        let base64 = self.base64;
        Key { bytes, base64 }
    }

    /// The most bytes of a key of this kind.
    pub(crate) fn limit(self) -> usize {
        if self.is_encoded() {
            Self::ENCODED_LIMIT
        } else {
            Self::LIMIT
        }
    }
}

fn base64(prefix: &[u8], key: &[u8], place: &mut [u8]) -> Option<usize> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |value: u32| {
        let digit = ALPHABET.get((value & 63) as usize);
        digit.copied().unwrap_or_default()
    };
    let mut bytes = prefix.iter().chain(key);
    let mut places = place.as_chunks_mut().0.iter_mut();
    let mut length = 0_usize;
    while let Some(&first) = bytes.next() {
        let (second, third) = (bytes.next(), bytes.next());
        let byte = |byte: Option<&u8>| byte.map_or(0, |&byte| u32::from(byte));
        let bits = u32::from(first) << 16 | byte(second) << 8 | byte(third);
        *places.next()? = [
            digit(bits >> 18),
            digit(bits >> 12),
            second.map_or(b'=', |_| digit(bits >> 6)),
            third.map_or(b'=', |_| digit(bits)),
        ];
        length = length.saturating_add(4);
    }
    Some(length)
}

impl PartialEq for Key<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Key<'_> {}

impl PartialOrd for Key<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let (this, that) = (self.is_encoded(), other.is_encoded());
        self.bytes.cmp(other.bytes).then(this.cmp(&that))
    }
}

impl Hash for Key<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.bytes, self.is_encoded()).hash(state);
    }
}

impl fmt::Debug for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.is_encoded() {
            "Key::encoded"
        } else {
            "Key"
        };
        write!(f, "{name}(\"{}\")", self.bytes.escape_ascii())
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Key<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "Key({=[u8]:a})", self.bytes);
    }
}

/// What the everyday methods take for a key: text or bytes by reference, or a [`Key`].
pub trait IntoKey<'k> {
    /// Checks the key, unless that was done before.
    fn into_key(self) -> Result<Key<'k>, Error>;
}

impl<'k, K: AsRef<[u8]> + ?Sized> IntoKey<'k> for &'k K {
    fn into_key(self) -> Result<Key<'k>, Error> {
        Ok(Key::new(self)?)
    }
}

impl<'k> IntoKey<'k> for Key<'k> {
    fn into_key(self) -> Result<Self, Error> {
        Ok(self)
    }
}

impl<'k> IntoKey<'k> for &Key<'k> {
    fn into_key(self) -> Result<Key<'k>, Error> {
        Ok(*self)
    }
}

/// Why a key was refused; nothing was sent.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(test, derive(Hash))]
pub enum BadKey {
    /// A key has at least one byte.
    Empty,
    /// A key has at most `limit` bytes, this one has `length`.
    TooLong {
        /// The bytes of the key that was refused.
        length: usize,
        /// The most bytes of such a key.
        limit: usize,
    },
    /// The byte at index `at` is a control character or a space.
    Byte {
        /// The index of the first such byte.
        at: usize,
        /// The byte.
        byte: u8,
    },
}

impl fmt::Display for BadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Empty => f.write_str("the key is empty"),
            Self::TooLong { length, limit } => {
                write!(f, "the key has {length} bytes, the limit is {limit}")
            }
            Self::Byte { at, byte } => {
                write!(
                    f,
                    "byte {at} of the key is 0x{byte:02X}; control characters and spaces are not allowed"
                )
            }
        }
    }
}

impl core::error::Error for BadKey {}

fn sized(bytes: &[u8], limit: usize) -> Result<&[u8], BadKey> {
    match bytes.len() {
        0 => Err(BadKey::Empty),
        length if length > limit => Err(BadKey::TooLong { length, limit }),
        _ => Ok(bytes),
    }
}

pub(crate) const fn is_allowed(byte: u8) -> bool {
    byte > b' ' && byte != 0x7F
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_forbidden_byte_is_named() {
        for byte in 0..=255_u8 {
            let key = [b'a', b'b', byte, b'c'];
            let forbidden = byte <= 0x20 || byte == 0x7F;
            let expected = if forbidden {
                Err(BadKey::Byte { at: 2, byte })
            } else {
                Ok(&key[..])
            };
            assert_eq!(Key::new(&key).map(Key::bytes), expected);
            assert!(Key::encoded(&key).is_ok());
        }
    }

    #[test]
    fn lengths() {
        let long = [b'k'; 251];
        assert!(Key::new(&long[..250]).is_ok());
        assert_eq!(
            Key::new(&long),
            Err(BadKey::TooLong {
                length: 251,
                limit: 250
            })
        );
        assert!(Key::encoded(&long[..186]).is_ok());
        assert_eq!(
            Key::encoded(&long[..187]),
            Err(BadKey::TooLong {
                length: 187,
                limit: 186
            })
        );
        assert_eq!(Key::encoded(""), Err(BadKey::Empty));
    }

    #[test]
    fn text_and_bytes_are_one_key() {
        assert_eq!(Key::new("é"), Key::new(&[0xC3, 0xA9]));
    }
}
