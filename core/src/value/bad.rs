//! Why a value cannot be read or written.

use core::fmt;

/// A value that a convention cannot write, or cannot read: the connection goes on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[cfg_attr(test, derive(Hash))]
#[non_exhaustive]
pub enum BadValue {
    /// The convention knows no such flags, or they say two things at once.
    Flags {
        /// The item's flags.
        flags: u32,
    },
    /// It is compressed: it must be inflated first.
    Compressed,
    /// What is compressed is damaged: it cannot be inflated, or its checksum is another.
    Corrupt,
    /// What is compressed ends too early; or a position in a chunked value is not at its end.
    Truncated,
    /// More comes behind the end of what is compressed.
    Trailing,
    /// Inflated, the value has more bytes than allowed.
    InflatedTooLarge {
        /// The bytes allowed.
        limit: u32,
    },
    /// It was compressed through a larger window than the one it is inflated through.
    WindowTooSmall {
        /// How many bytes at least it must have.
        distance: u16,
    },
    /// It is compressed by a library that is not here: zstd.
    Zstd,
    /// The flags say that it is text, and it is no UTF-8.
    NotText,
    /// The flags say that it is a number, and it is none; or it is no counter.
    NotInteger,
    /// The flags say that it is yes or no, and it is neither.
    NotBool,
    /// The convention has no such type, or none for so large a number.
    NoSuchType,
    /// What would be put to its end or front is of another type, or it is compressed, a number or
    /// an object: it could not be read any more.
    WouldCorrupt,
    /// The buffer for the written value is too small.
    NoRoom,
    /// The item is no manifest of a [chunked value](super::chunks): its flags are others.
    NotChunked,
    /// A manifest is damaged, or of a later format; or a value cannot be cut so: into parts of no bytes,
    /// or into too many.
    Manifest,
    /// A part of a chunked value is not there: it expired or was evicted, or the value was removed.
    PartMissing {
        /// The index of the part.
        index: u32,
    },
    /// A part of a chunked value is shorter or longer than the manifest says.
    PartLength {
        /// The index of the part.
        index: u32,
    },
    /// The chunked value is not the one that was written: its CRC-32 is another.
    Checksum,
    /// Another version of the chunked value is there than the one that was begun, or none.
    Changed,
}

impl fmt::Display for BadValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flags { flags } => {
                return write!(f, "no value of the convention has the flags {flags}");
            }
            Self::InflatedTooLarge { limit } => {
                return write!(f, "the inflated value has more than {limit} bytes");
            }
            Self::WindowTooSmall { distance } => {
                return write!(
                    f,
                    "to inflate the value takes a window of {distance} bytes or more"
                );
            }
            Self::PartMissing { index } => {
                return write!(f, "part {index} of the chunked value is missing");
            }
            Self::PartLength { index } => {
                return write!(f, "part {index} of the chunked value has another length");
            }
            Self::Corrupt => "the compressed value is damaged",
            Self::Truncated => "the value ends too early",
            Self::Trailing => "more comes behind the compressed value",
            Self::Compressed => "the value is compressed",
            Self::Zstd => "the value is compressed by zstd",
            Self::NotText => "the value is no UTF-8, which its flags say",
            Self::NotInteger => "the value is no number",
            Self::NotBool => "the value is neither yes nor no, which its flags say",
            Self::NoSuchType => "the convention has no type for the value",
            Self::WouldCorrupt => "what is stored could not be read any more",
            Self::NoRoom => "the buffer is too small for the value",
            Self::NotChunked => "the value is not a chunked one",
            Self::Manifest => "the manifest of the chunked value is none",
            Self::Checksum => "the chunked value is damaged",
            Self::Changed => "the chunked value was changed or removed",
        })
    }
}

impl core::error::Error for BadValue {}
