//! Values from a reader and into a writer, declared once for both colours.
//!
//! The readers and writers are embedded-io's: of [`embedded_io`] for the blocking client, of
//! [`embedded_io_async`] for the async one. Those of std and tokio become such by the crate
//! `embedded-io-adapters`: `FromStd::new(file)`, `FromTokio::new(file)`.

use core::fmt;

use minimc_core::command::{StoreInPieces, Stored};
use minimc_core::value::{BadValue, Inflate};
use minimc_core::{Entry, Error, ErrorKind, Expiry, IntoKey, Storage};

use crate::transport::Transport;
use crate::{blocking, client};

/// Why a value did not come from a reader, or did not get into a writer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum TransferError<E> {
    /// The call failed: see its [kind](Error::kind), and of a write its [fate](Error::fate).
    Call(Error),
    /// The reader or the writer failed: what it said.
    Io(E),
    /// The reader ended too early. Nothing was stored.
    UnexpectedEof {
        /// How many bytes are wanting.
        left: u32,
    },
    /// The writer took nothing, and said nothing.
    WriteZero,
}

impl<E> From<Error> for TransferError<E> {
    fn from(error: Error) -> Self {
        Self::Call(error)
    }
}

impl<E> From<ErrorKind> for TransferError<E> {
    fn from(kind: ErrorKind) -> Self {
        Self::Call(kind.into())
    }
}

impl<E> From<BadValue> for TransferError<E> {
    fn from(bad: BadValue) -> Self {
        Self::Call(bad.into())
    }
}

impl<E: fmt::Display> fmt::Display for TransferError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(error) => error.fmt(f),
            Self::Io(error) => error.fmt(f),
            Self::UnexpectedEof { left } => {
                write!(
                    f,
                    "the reader ended {left} bytes before the end of the value"
                )
            }
            Self::WriteZero => f.write_str("the writer takes no bytes"),
        }
    }
}

impl<E: core::error::Error> core::error::Error for TransferError<E> {}

macro_rules! streams {
    (
        $colour:ident, [$($async:ident)?], [$($await:tt)*], [$($_functions:tt)*],
        $open:literal, $wait:literal
    ) => {
        impl<T: Transport, S: Storage, const N: usize> $colour::Client<T, S, N> {
            /// Stores the next `length` bytes of `reader` until `expiry`, whatever there was. They pass
            /// through `buffer`, and each goes to `digest` in its turn: `|bytes| sha.update(bytes)`, or
            /// `|_| {}`. No more than `length` bytes are read. Every piece has the operation's time limit
            /// anew; how long the reader takes does not count.
            ///
            /// Half a value is never stored: where the reader fails, or ends early, what was there before
            /// is there still. That costs the connection, if some of the value had left, for the rest
            /// will not come; and so does dropping the future. The next call opens another.
            ///
            /// Fails before anything is read or sent with [`TooLarge`](crate::ErrorKind::TooLarge) if
            /// `length` is over the item limit, and with [`NoRoom`](BadValue::NoRoom) if the buffer is
            /// empty. Nothing is repeated: the bytes are gone.
            #[doc = example!($open, "let mut log = &b\"one line\\nanother\\n\"[..]; // any `Read`\nlet mut buffer = [0; 256];\nlet stored = client.set_from_reader(\"log\", 17, &mut log, Expiry::NEVER, &mut buffer, |_| {})", $wait, ";\nif let Err(TransferError::UnexpectedEof { left }) = stored {\n    println!(\"{left} bytes are wanting\");\n}")]
            pub $($async)? fn set_from_reader<'k, R: $colour::io::Read>(
                &mut self,
                key: impl IntoKey<'k>,
                length: u32,
                reader: &mut R,
                expiry: Expiry,
                buffer: &mut [u8],
                digest: impl FnMut(&[u8]),
            ) -> Result<(), TransferError<R::Error>> {
                let expiry = self.resolve(expiry);
                let store = StoreInPieces::set(key.into_key()?, length).expiry(expiry);
                match self.store_from_reader(&store, reader, buffer, digest) $($await)* ? {
                    Stored::Stored => Ok(()),
                    // A set has no condition that could fail to hold.
                    _ => Err(self.distrust().into()),
                }
            }

            /// Stores the next bytes of `reader`, as many as `store` announces: as
            /// [`set_from_reader`](Self::set_from_reader) does, but with flags, or on a condition.
            #[doc = example!($open, "let key = minimc::Key::new(\"log\")?;\nlet store = StoreInPieces::append(key, 8);\nlet outcome = client.store_from_reader(&store, &mut &b\"a line\\r\\n\"[..], &mut [0; 64], |_| {})", $wait, ";\nif outcome == Ok(Stored::NotStored) { /* there is none */ }")]
            pub $($async)? fn store_from_reader<R: $colour::io::Read>(
                &mut self,
                store: &StoreInPieces<'_>,
                reader: &mut R,
                buffer: &mut [u8],
                mut digest: impl FnMut(&[u8]),
            ) -> Result<Stored, TransferError<R::Error>> {
                if buffer.is_empty() && store.length() > 0 {
                    return Err(BadValue::NoRoom.into());
                }
                let mut upload = self.upload(store) $($await)* ?;
                while upload.left() > 0 {
                    let left = upload.left();
                    let most = buffer.len().min(left as usize);
                    let (free, _) = buffer.split_at_mut_checked(most).unwrap_or_default();
                    let count = reader.read(free) $($await)* .map_err(TransferError::Io)?;
                    let bytes = free.get(..count).unwrap_or_default();
                    if bytes.is_empty() {
                        return Err(TransferError::UnexpectedEof { left });
                    }
                    digest(bytes);
                    upload.write(bytes) $($await)* ?;
                }
                Ok(upload.finish() $($await)* ?)
            }

            /// Gets the value under `key`, as it is stored, into `writer`, which is flushed at the end;
            /// `None` is a miss. Any value passes through any storage. Each byte goes to `digest`, too:
            /// `|bytes| sha.update(bytes)`, or `|_| {}`. Every piece has the operation's time limit anew;
            /// how long the writer takes does not count.
            ///
            /// After an error some of the value may have been written. Where the writer fails its error
            /// is told, and the connection goes on: the rest of the value is passed over by the next
            /// call, or the connection replaced if that is more than
            /// [`settle_limit`](crate::Options::settle_limit). The future may be dropped like any other.
            #[doc = example!($open, "let mut flash = [0; 4096];\nlet mut sum = 0_u32; // any digest\nlet entry = client.get_to_writer(\"image\", &mut &mut flash[..], |bytes| {\n    sum = bytes.iter().fold(sum, |sum, &byte| sum.wrapping_add(byte.into()));\n})", $wait, ";\nif let Ok(Some(entry)) = entry {\n    println!(\"{} bytes, sum {sum}\", entry.length);\n}")]
            pub $($async)? fn get_to_writer<'k, W: $colour::io::Write>(
                &mut self,
                key: impl IntoKey<'k>,
                writer: &mut W,
                mut digest: impl FnMut(&[u8]),
            ) -> Result<Option<Entry>, TransferError<W::Error>> {
                let Some(mut stream) = self.open(key) $($await)* ? else {
                    return Ok(None);
                };
                while let Some(bytes) = stream.next() $($await)* ? {
                    digest(bytes);
                    Self::write_all(writer, bytes) $($await)* ?;
                }
                let entry = stream.entry();
                writer.flush() $($await)* .map_err(TransferError::Io)?;
                Ok(Some(entry))
            }

            /// The same, but what the client's [convention](crate::Options::convention) says is compressed
            /// is inflated on the way, through `window`: 32 KiB, or as much as the writer's window or the
            /// value has. The entry has the length and the flags of what was written, and that is what
            /// `digest` gets.
            ///
            /// Fails where more than `limit` bytes would be written, with
            /// [`InflatedTooLarge`](BadValue::InflatedTooLarge) or
            /// [`ReplyTooLarge`](crate::ErrorKind::ReplyTooLarge); and where what is compressed is damaged,
            /// ends early or, in strict reading, has more behind it. The checksum comes last: what was
            /// written is good if this returns `Ok`.
            #[doc = example!($open, "let mut flash = [0; 4096];\nlet mut window = [0; 1024];\nlet entry = client.get_inflated_to_writer(\"image\", &mut &mut flash[..], &mut window, 4096, |_| {})", $wait, ";\nif let Ok(Some(entry)) = entry {\n    println!(\"{} bytes\", entry.length);\n}")]
            pub $($async)? fn get_inflated_to_writer<'k, W: $colour::io::Write>(
                &mut self,
                key: impl IntoKey<'k>,
                writer: &mut W,
                window: &mut [u8],
                limit: u32,
                mut digest: impl FnMut(&[u8]),
            ) -> Result<Option<Entry>, TransferError<W::Error>> {
                let (convention, reading) = (self.options().convention, self.options().reading);
                let Some(mut stream) = self.open(key) $($await)* ? else {
                    return Ok(None);
                };
                let mut entry = stream.entry();
                if convention.is_compressed(entry.flags) {
                    let container = convention.compression().container();
                    let mut inflate = Inflate::new(container, window, limit);
                    while let Some(mut input) = stream.next() $($await)* ? {
                        while let Some(bytes) = inflate.next(&mut input)? {
                            digest(bytes);
                            Self::write_all(writer, bytes) $($await)* ?;
                        }
                    }
                    inflate.finish(reading)?;
                    entry.length = inflate.total();
                    entry.flags = convention.without_compression(entry.flags);
                } else if entry.length > limit {
                    return Err(ErrorKind::ReplyTooLarge { size: entry.length }.into());
                } else {
                    while let Some(bytes) = stream.next() $($await)* ? {
                        digest(bytes);
                        Self::write_all(writer, bytes) $($await)* ?;
                    }
                }
                writer.flush() $($await)* .map_err(TransferError::Io)?;
                Ok(Some(entry))
            }

            /// All of `bytes` into `writer`. embedded-io's own panics where nothing is taken.
            pub(crate) $($async)? fn write_all<W: $colour::io::Write>(writer: &mut W, mut bytes: &[u8]) -> Result<(), TransferError<W::Error>> {
                while !bytes.is_empty() {
                    match writer.write(bytes) $($await)* {
                        Ok(0) => return Err(TransferError::WriteZero),
                        Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
                        Err(error) => return Err(TransferError::Io(error)),
                    }
                }
                Ok(())
            }
        }
    };
}

both_colours!(streams);
