//! What stands before compressed data: zlib's two bytes, or gzip's ten and more.

use super::bits::Bits;
use crate::value::{BadValue, Container};

/// How far the head was read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Head {
    Zlib,
    /// The byte with this number of gzip's first ten, and its flags.
    Gzip {
        at: u8,
        flags: u8,
    },
    /// The two bytes of a length.
    ExtraLength {
        flags: u8,
    },
    Extra {
        flags: u8,
        left: u16,
    },
    /// A name, then a comment, each up to its NUL.
    Text {
        flags: u8,
    },
    Crc,
}

const HAS_CRC: u8 = 2;
const HAS_EXTRA: u8 = 4;
const HAS_NAME: u8 = 8;
const HAS_COMMENT: u8 = 16;
const RESERVED: u8 = 0xE0;

impl Head {
    pub(super) fn new(container: Container) -> Self {
        match container {
            Container::Zlib => Self::Zlib,
            Container::Gzip => Self::Gzip { at: 0, flags: 0 },
        }
    }

    /// Reads one step; `None` in the inner is the end of the head, in the outer that bytes are
    /// wanting.
    pub(super) fn step(self, bits: &mut Bits) -> Result<Option<Option<Self>>, BadValue> {
        let next = match self {
            Self::Zlib => {
                let Some(head) = bits.take(16) else {
                    return Ok(None);
                };
                let (method, check) = (head & 0xFF, head >> 8);
                // Deflate, with a window of at most 32 KiB, without a dictionary.
                let number = method << 8 | check;
                if method & 15 != 8 || method > 0x78 || number % 31 != 0 || check & 0x20 != 0 {
                    return Err(BadValue::Corrupt);
                }
                None
            }
            Self::Gzip { at, flags } => {
                let Some(byte) = bits.take(8) else {
                    return Ok(None);
                };
                let byte = byte as u8;
                let (is_right, flags) = match at {
                    0 => (byte == 0x1F, flags),
                    1 => (byte == 0x8B, flags),
                    2 => (byte == 8, flags),
                    3 => (byte & RESERVED == 0, byte),
                    // The time, the level, the system: nothing to us.
                    _ => (true, flags),
                };
                if !is_right {
                    return Err(BadValue::Corrupt);
                }
                match at {
                    9.. if flags & HAS_EXTRA != 0 => Some(Self::ExtraLength { flags }),
                    9.. => Self::behind_extra(flags),
                    _ => Some(Self::Gzip {
                        at: at.wrapping_add(1),
                        flags,
                    }),
                }
            }
            Self::ExtraLength { flags } => {
                let Some(left) = bits.take(16) else {
                    return Ok(None);
                };
                let left = left as u16;
                Some(Self::Extra { flags, left })
            }
            Self::Extra { flags, left } => match left.checked_sub(1) {
                None => Self::behind_extra(flags),
                Some(_) if bits.take(8).is_none() => return Ok(None),
                Some(left) => Some(Self::Extra { flags, left }),
            },
            Self::Text { flags } => match bits.take(8) {
                None => return Ok(None),
                Some(0) => {
                    // The name, if there is one, is over; else the comment.
                    let over = if flags & HAS_NAME != 0 {
                        HAS_NAME
                    } else {
                        HAS_COMMENT
                    };
                    Self::behind_extra(flags & !over)
                }
                Some(_) => Some(self),
            },
            Self::Crc => match bits.take(16) {
                None => return Ok(None),
                Some(_) => None,
            },
        };
        Ok(Some(next))
    }

    fn behind_extra(flags: u8) -> Option<Self> {
        if flags & (HAS_NAME | HAS_COMMENT) != 0 {
            Some(Self::Text { flags })
        } else if flags & HAS_CRC != 0 {
            Some(Self::Crc)
        } else {
            None
        }
    }
}
