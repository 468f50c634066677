//! Chunked values, larger than the item limit, declared once for both colours.

use minimc_core::command::{Delete, Store, StoreInPieces, Stored};
use minimc_core::hash::crc32_append;
use minimc_core::value::BadValue;
use minimc_core::value::chunks::{Manifest, PartKey, Position};
use minimc_core::{Error, Expiry, IntoKey, Storage};

use crate::streams::TransferError;
use crate::transport::Transport;
use crate::{blocking, client};

/// A version for a [`Manifest`] that no other write has: 64 random bits.
///
/// Firmware takes its own generator's, or a number that it counts and keeps.
#[cfg(feature = "std")]
pub fn random_version() -> u64 {
    use core::hash::BuildHasher;
    // Its keys are random, and others each time.
    std::hash::RandomState::new().hash_one(())
}

macro_rules! chunks {
    (
        $colour:ident, [$($async:ident)?], [$($await:tt)*], [$($_functions:tt)*],
        $open:literal, $wait:literal
    ) => {
        impl<T: Transport, S: Storage, const N: usize> $colour::Client<T, S, N> {
            /// Stores the next bytes of `reader`, as many as the manifest says, in parts under `name`,
            /// until `expiry`: see [`chunks`](minimc_core::value::chunks). Returns the manifest with the
            /// CRC-32 of what was stored. For the buffer and `digest` see
            /// [`set_from_reader`](Self::set_from_reader).
            ///
            /// Until all of it is stored readers see what was there before, and they do for ever if this
            /// fails or its future is dropped. To go on after a failure, use
            /// [`set_part`](Self::set_part), of which this is a loop. The parts of the version that was
            /// there before stay for those who are reading it, until they expire or are evicted, or are
            /// [removed](Self::delete_parts).
            ///
            /// Parts are to live no shorter than the manifest, which is stored last: where `expiry` is a
            /// time from now they get [twice](Expiry::doubled) that. If storing takes longer, give it as a
            /// point in time, [`Expiry::at`].
            ///
            /// Fails before anything is sent with [`TooLong`](crate::BadKey::TooLong) for a name of more
            /// than 224 bytes, and with [`TooLarge`](crate::ErrorKind::TooLarge) for parts over the item
            /// limit.
            #[doc = example!($open, "use minimc::value::chunks::Manifest;\nlet version = 0x2f1d_77a0_51c2_9b3e; // random, on hosts `minimc::random_version()`\nlet manifest = Manifest::new(5_000_000, 500_000, version)?;\nlet mut video = &[7; 5_000_000][..]; // any `Read`\nlet mut buffer = [0; 1024];\nlet stored = client.set_chunked(\"video\", manifest, &mut video, Expiry::NEVER, &mut buffer, |_| {})", $wait, ";\nif let Ok(manifest) = stored {\n    println!(\"CRC-32 {:08x}\", manifest.crc());\n}")]
            pub $($async)? fn set_chunked<'k, R: $colour::io::Read>(
                &mut self,
                name: impl IntoKey<'k>,
                manifest: Manifest,
                reader: &mut R,
                expiry: Expiry,
                buffer: &mut [u8],
                mut digest: impl FnMut(&[u8]),
            ) -> Result<Manifest, TransferError<R::Error>> {
                let name = name.into_key()?;
                let mut position = Position::new(manifest);
                while self.set_part(name, &mut position, reader, expiry, buffer, &mut digest) $($await)* ? {}
                Ok(position.manifest)
            }

            /// Stores the next part of a chunked value, and when all are stored its manifest: `false` then,
            /// and the position has the manifest. Until then no reader sees any of it.
            ///
            /// The position moves on when a part is stored. After a failure, a restart even, go on with
            /// the position that was kept: from the same part, with a reader that is at its
            /// [offset](Position::offset). Parts that expired or were evicted meanwhile are found out by
            /// who reads. A position behind the last part is [`Truncated`](BadValue::Truncated).
            #[doc = example!($open, "use minimc::value::chunks::{Manifest, Position};\nlet image = [7; 5000];\nlet mut position = Position::new(Manifest::new(5000, 1000, 42)?); // or one that was kept\nlet mut reader = &image[position.offset() as usize..];\nlet mut buffer = [0; 256];\nwhile let Ok(true) = client.set_part(\"image\", &mut position, &mut reader, Expiry::NEVER, &mut buffer, |_| {})", $wait, " {\n    // keep the position\n}")]
            pub $($async)? fn set_part<'k, R: $colour::io::Read>(
                &mut self,
                name: impl IntoKey<'k>,
                position: &mut Position,
                reader: &mut R,
                expiry: Expiry,
                buffer: &mut [u8],
                mut digest: impl FnMut(&[u8]),
            ) -> Result<bool, TransferError<R::Error>> {
                let name = name.into_key()?;
                let mut crc = position.crc;
                let length = position.part_length();
                let key = PartKey::new(name, position).map_err(Error::from)?;
                let stored = if let Some(length) = length {
                    // Doubled first: what is resolved is a point in time, and the manifest's comes later.
                    let expiry = self.resolve(expiry.doubled());
                    let store = StoreInPieces::set(key.key(), length).expiry(expiry);
                    let stored = self.store_from_reader(&store, reader, buffer, |bytes| {
                        crc = crc32_append(crc, bytes);
                        digest(bytes);
                    });
                    stored $($await)* ?
                } else if !position.is_at_end() {
                    // It was kept for another value, or badly.
                    return Err(Error::from(BadValue::Truncated).into());
                } else {
                    let manifest = position.manifest.with_crc(crc);
                    let bytes = manifest.encode();
                    let expiry = self.resolve(expiry);
                    let store = Store::set(name, &bytes).flags(Manifest::FLAGS).expiry(expiry);
                    position.manifest = manifest;
                    self.call(&store) $($await)* ?
                };
                if stored != Stored::Stored {
                    // A set has no condition that could fail to hold.
                    return Err(self.distrust().into());
                }
                if length.is_some() {
                    position.next_part(crc);
                }
                Ok(length.is_some())
            }

            /// Gets the chunked value under `name` into `writer`; `None` is a miss. For the writer and
            /// `digest` see [`get_to_writer`](Self::get_to_writer). To go on after a failure, use
            /// [`open_chunked`](Self::open_chunked) and [`get_part`](Self::get_part), of which this is a
            /// loop.
            ///
            /// What was written is one whole version if this returns `Ok`, and not to be used before: the
            /// CRC-32 is compared at the end. Fails with [`PartMissing`](BadValue::PartMissing),
            /// [`PartLength`](BadValue::PartLength) or [`Checksum`](BadValue::Checksum) where it is not,
            /// with [`NotChunked`](BadValue::NotChunked) where the item is a plain value, and with
            /// [`Manifest`](BadValue::Manifest) where it says that it is a manifest and is none. The
            /// connection goes on after each of them.
            #[doc = example!($open, "let mut flash = [0; 4096];\nlet got = client.get_chunked(\"image\", &mut &mut flash[..], |_| {})", $wait, ";\nif let Ok(Some(manifest)) = got {\n    println!(\"{} bytes\", manifest.length());\n}")]
            pub $($async)? fn get_chunked<'k, W: $colour::io::Write>(
                &mut self,
                name: impl IntoKey<'k>,
                writer: &mut W,
                mut digest: impl FnMut(&[u8]),
            ) -> Result<Option<Manifest>, TransferError<W::Error>> {
                let name = name.into_key()?;
                let Some(mut position) = self.open_chunked(name) $($await)* ? else {
                    return Ok(None);
                };
                while self.get_part(name, &mut position, writer, &mut digest) $($await)* ? {}
                Ok(Some(position.manifest))
            }

            /// Gets the manifest under `name`: the position from which on to [get](Self::get_part) the
            /// parts; `None` is a miss. Fails as [`get_chunked`](Self::get_chunked) does.
            pub $($async)? fn open_chunked<'k>(&mut self, name: impl IntoKey<'k>) -> Result<Option<Position>, Error> {
                let Some(stream) = self.open(name) $($await)* ? else {
                    return Ok(None);
                };
                let mut stream = stream.within_the_limit();
                let entry = stream.entry();
                if entry.flags != Manifest::FLAGS {
                    return Err(BadValue::NotChunked.into());
                }
                let mut bytes = [0; Manifest::LENGTH];
                if entry.length as usize != bytes.len() {
                    return Err(BadValue::Manifest.into());
                }
                stream.read_into(&mut bytes) $($await)* ?;
                Ok(Some(Position::new(Manifest::decode(&bytes)?)))
            }

            /// Sees to it that the version of a position that was kept is the one under `name` still; then
            /// [go on](Self::get_part) with it. Fails with [`Changed`](BadValue::Changed) if it is not, and
            /// as [`open_chunked`](Self::open_chunked) does.
            pub $($async)? fn resume_chunked<'k>(&mut self, name: impl IntoKey<'k>, position: &Position) -> Result<(), Error> {
                match self.open_chunked(name) $($await)* ? {
                    Some(found) if found.manifest == position.manifest => Ok(()),
                    _ => Err(BadValue::Changed.into()),
                }
            }

            /// Gets the next part of a chunked value into `writer`; `false` when all were got, and the
            /// CRC-32 is right. Any part passes through any storage.
            ///
            /// The position moves on when a part is written and the writer was flushed. After a failure, a
            /// restart even, go on with the position that was kept: from the same part, with a writer that
            /// is at its [offset](Position::offset), for some of the part may have been written. `digest`
            /// has seen that too: keep a copy of it with the position. A version that was overwritten can
            /// be read to its end, as long as its parts are there; [`resume_chunked`](Self::resume_chunked)
            /// says whether it was.
            #[doc = example!($open, "let mut flash = [0; 4096];\nif let Some(mut position) = client.open_chunked(\"image\")", $wait, "? {\n    loop {\n        let mut writer = &mut flash[position.offset() as usize..];\n        match client.get_part(\"image\", &mut position, &mut writer, |_| {})", $wait, " {\n            Ok(true) => { /* keep the position */ }\n            Ok(false) => break,\n            // The link was lost: the next call connects again.\n            Err(TransferError::Call(_)) => client.resume_chunked(\"image\", &position)", $wait, "?,\n            Err(_) => break,\n        }\n    }\n}")]
            pub $($async)? fn get_part<'k, W: $colour::io::Write>(
                &mut self,
                name: impl IntoKey<'k>,
                position: &mut Position,
                writer: &mut W,
                mut digest: impl FnMut(&[u8]),
            ) -> Result<bool, TransferError<W::Error>> {
                let Some(length) = position.part_length() else {
                    position.finish()?;
                    return Ok(false);
                };
                let key = PartKey::new(name.into_key()?, position).map_err(Error::from)?;
                let (index, mut crc) = (position.part, position.crc);
                let Some(mut stream) = self.open(key.key()) $($await)* ? else {
                    return Err(BadValue::PartMissing { index }.into());
                };
                if stream.entry().length != length {
                    return Err(BadValue::PartLength { index }.into());
                }
                while let Some(bytes) = stream.next() $($await)* ? {
                    crc = crc32_append(crc, bytes);
                    digest(bytes);
                    Self::write_all(writer, bytes) $($await)* ?;
                }
                writer.flush() $($await)* .map_err(TransferError::Io)?;
                position.next_part(crc);
                Ok(true)
            }

            /// Removes the chunked value under `name`, and its parts; `false` if there was none. Who is
            /// reading it may find parts missing. Fails as [`open_chunked`](Self::open_chunked) does.
            pub $($async)? fn delete_chunked<'k>(&mut self, name: impl IntoKey<'k>) -> Result<bool, Error> {
                let name = name.into_key()?;
                let Some(position) = self.open_chunked(name) $($await)* ? else {
                    return Ok(false);
                };
                let removed = self.call(&Delete::new(name)) $($await)* ?;
                self.delete_parts(name, &position.manifest) $($await)* ?;
                Ok(removed)
            }

            /// Removes the parts of a version, up to the first that is not there: of one that was
            /// overwritten, or was not written to its end. How many they were. Nobody needs to: they
            /// expire, or are evicted since nobody asks for them.
            pub $($async)? fn delete_parts<'k>(&mut self, name: impl IntoKey<'k>, manifest: &Manifest) -> Result<u32, Error> {
                let name = name.into_key()?;
                let mut position = Position::new(*manifest);
                while position.part_length().is_some() {
                    let key = PartKey::new(name, &position)?;
                    if !(self.call(&Delete::new(key.key())) $($await)* ?) {
                        break;
                    }
                    position.next_part(0);
                }
                Ok(position.part)
            }
        }
    };
}

both_colours!(chunks);
