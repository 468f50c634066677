//! Getting and storing values as what they are, declared once for both colours.

use minimc_core::command::{Get, Store, Stored, meta};
use minimc_core::value::{BadValue, Compress, Convention, Inflate, Integer, Value};
use minimc_core::{Error, Expiry, IntoKey, Key, Protocol, Storage};

use crate::transport::Transport;
use crate::{blocking, client};

/// To which end of a value something is put.
#[derive(Clone, Copy, Debug)]
enum End {
    Back,
    Front,
}

macro_rules! values {
    (
        $colour:ident, [$($async:ident)?], [$($await:tt)*], [$($_functions:tt)*],
        $open:literal, $wait:literal
    ) => {
        impl<T: Transport, S: Storage, const N: usize> $colour::Client<T, S, N> {
            /// Gets the value under `key` as what it is, by the client's
            /// [convention](crate::Options::convention). It may lie in the client's storage until the
            /// next call.
            ///
            /// Fails with [`Value`](crate::ErrorKind::Value) where the value is none of the convention, or is
            /// compressed, for which there is [`get_value_into`](Self::get_value_into); the connection
            /// goes on.
            #[doc = example!($open, "use minimc::value::Value;\nif let Some(Value::Text(name)) = client.get_value(\"name\")", $wait, "? {\n    println!(\"{name}\");\n}")]
            pub $($async)? fn get_value<'k>(&mut self, key: impl IntoKey<'k>) -> Result<Option<Value<'_>>, Error> {
                let (convention, reading) = (self.options().convention, self.options().reading);
                let Some(item) = self.call(&Get::new(key.into_key()?)) $($await)* ? else {
                    return Ok(None);
                };
                Ok(Some(convention.decode(item.value, item.flags, reading)?))
            }

            /// Gets the value under `key` as what it is, with its CAS value, for
            /// [`cas_value`](Self::cas_value).
            pub $($async)? fn gets_value<'k>(&mut self, key: impl IntoKey<'k>) -> Result<Option<(Value<'_>, Option<u64>)>, Error> {
                let (convention, reading) = (self.options().convention, self.options().reading);
                let Some(item) = self.call(&Get::new(key.into_key()?).with_cas()) $($await)* ? else {
                    return Ok(None);
                };
                Ok(Some((convention.decode(item.value, item.flags, reading)?, item.cas)))
            }

            /// Gets the value under `key` as what it is into `buffer`, however small the client's storage
            /// is; what is compressed is inflated while it arrives, which takes 4 KB besides.
            ///
            /// Fails as [`get_value`](Self::get_value) does; with
            /// [`InflatedTooLarge`](BadValue::InflatedTooLarge) where the inflated value is larger than
            /// the buffer, and with [`ReplyTooLarge`](crate::ErrorKind::ReplyTooLarge) where one is that was not
            /// compressed; and where it is damaged. The connection goes on.
            #[doc = example!($open, "let mut buffer = [0; 4096];\nif let Some(value) = client.get_value_into(\"configuration\", &mut buffer)", $wait, "? {\n    println!(\"{} bytes\", value.text().map_or(0, str::len));\n}")]
            pub $($async)? fn get_value_into<'k, 'b>(&mut self, key: impl IntoKey<'k>, buffer: &'b mut [u8]) -> Result<Option<Value<'b>>, Error> {
                let (convention, reading) = (self.options().convention, self.options().reading);
                let Some(stream) = self.open(key) $($await)* ? else {
                    return Ok(None);
                };
                let mut stream = stream.within_the_limit();
                let entry = stream.entry();
                let length = if convention.is_compressed(entry.flags) {
                    let limit = u32::try_from(buffer.len()).unwrap_or(u32::MAX);
                    let container = convention.compression().container();
                    let mut inflate = Inflate::new(container, &mut *buffer, limit);
                    while let Some(mut bytes) = stream.next() $($await)* ? {
                        while inflate.next(&mut bytes)?.is_some() {}
                    }
                    inflate.finish(reading)?;
                    inflate.total()
                } else {
                    stream.read_into(buffer) $($await)* ?;
                    entry.length
                };
                let buffer: &'b [u8] = buffer;
                let bytes = buffer.get(..length as usize).unwrap_or_default();
                let flags = convention.without_compression(entry.flags);
                Ok(Some(convention.decode(bytes, flags, reading)?))
            }

            /// Stores `value` until `expiry`, whatever there was, so that clients with the same
            /// [convention](crate::Options::convention) read it as what it is.
            ///
            /// Fails with [`NoSuchType`](BadValue::NoSuchType) where the convention has none for it.
            #[doc = example!($open, "client.set_value(\"name\", \"größe\", Expiry::seconds(60))", $wait, "?;\nclient.set_value(\"limit\", -5, Expiry::NEVER)", $wait, "?;")]
            pub $($async)? fn set_value<'k, 'v>(&mut self, key: impl IntoKey<'k>, value: impl Into<Value<'v>>, expiry: Expiry) -> Result<(), Error> {
                let mut room = [0; Convention::ROOM];
                let stored = self.options().convention.encode(value.into(), &mut room)?;
                let expiry = self.resolve(expiry);
                let store = Store::set(key.into_key()?, stored.bytes).flags(stored.flags).expiry(expiry);
                match self.call(&store) $($await)* ? {
                    Stored::Stored => Ok(()),
                    // A set has no condition that could fail to hold.
                    _ => Err(self.distrust()),
                }
            }

            /// Stores `value` until `expiry`, whatever there was, compressed where the
            /// [convention](crate::Options::convention) does so and keeps what comes of it. Into `room` is
            /// compressed: 40 bytes and as many as the value has are enough, and where they are too few
            /// the value is stored as it is.
            ///
            /// pylibmc's convention compresses from the length on that
            /// [`compress_from`](Convention::compress_from) says. The compressor is
            /// [`Deflate`](minimc_core::value::Deflate), in 4 KiB, or on hosts, with the feature `zlib`,
            /// `minimc::Zlib`.
            #[doc = example!($open, "use minimc::value::Deflate;\nlet mut deflate: Deflate = Deflate::new();\nlet mut room = [0; 2048];\nlet readings = \"21.5 21.5 21.6\";\nclient.set_value_compressed(\"readings\", readings, Expiry::NEVER, &mut deflate, &mut room)", $wait, "?;")]
            pub $($async)? fn set_value_compressed<'k, 'v>(&mut self, key: impl IntoKey<'k>, value: impl Into<Value<'v>>, expiry: Expiry, compressor: &mut impl Compress, room: &mut [u8]) -> Result<(), Error> {
                let stored = self.options().convention.encode_compressed(value.into(), false, compressor, room)?;
                let expiry = self.resolve(expiry);
                let store = Store::set(key.into_key()?, stored.bytes).flags(stored.flags).expiry(expiry);
                match self.call(&store) $($await)* ? {
                    Stored::Stored => Ok(()),
                    _ => Err(self.distrust()),
                }
            }

            /// Stores `value` until `expiry` if there is no item yet: see
            /// [`set_value`](Self::set_value).
            pub $($async)? fn add_value<'k, 'v>(&mut self, key: impl IntoKey<'k>, value: impl Into<Value<'v>>, expiry: Expiry) -> Result<Stored, Error> {
                let mut room = [0; Convention::ROOM];
                let stored = self.options().convention.encode(value.into(), &mut room)?;
                let expiry = self.resolve(expiry);
                self.call(&Store::add(key.into_key()?, stored.bytes).flags(stored.flags).expiry(expiry)) $($await)*
            }

            /// Stores `value` until `expiry` if there is an item: see [`set_value`](Self::set_value).
            pub $($async)? fn replace_value<'k, 'v>(&mut self, key: impl IntoKey<'k>, value: impl Into<Value<'v>>, expiry: Expiry) -> Result<Stored, Error> {
                let mut room = [0; Convention::ROOM];
                let stored = self.options().convention.encode(value.into(), &mut room)?;
                let expiry = self.resolve(expiry);
                self.call(&Store::replace(key.into_key()?, stored.bytes).flags(stored.flags).expiry(expiry)) $($await)*
            }

            /// Stores `value` until `expiry` if the item's CAS value still is `cas`: see
            /// [`set_value`](Self::set_value).
            pub $($async)? fn cas_value<'k, 'v>(&mut self, key: impl IntoKey<'k>, value: impl Into<Value<'v>>, cas: u64, expiry: Expiry) -> Result<Stored, Error> {
                let mut room = [0; Convention::ROOM];
                let stored = self.options().convention.encode(value.into(), &mut room)?;
                let expiry = self.resolve(expiry);
                self.call(&Store::cas(key.into_key()?, stored.bytes, cas).flags(stored.flags).expiry(expiry)) $($await)*
            }

            /// Puts `value` behind that of the item, if it can still be read then: bytes or text
            /// behind bytes, text behind text. [`append`](Self::append) asks nobody.
            ///
            /// Fails with [`WouldCorrupt`](BadValue::WouldCorrupt) where the item is compressed, a
            /// number or an object, or where `value` is, and with [`Flags`](BadValue::Flags) where the
            /// convention does not know what it is; nothing is stored then.
            ///
            /// Two round trips. In the meta protocol the outcome is [`Exists`](Stored::Exists) if the
            /// item was changed between them; the others cannot tell, and what is stored in between
            /// is not looked at.
            #[doc = example!($open, "if client.append_value(\"log\", \"one more line\\n\")", $wait, "? == Stored::NotStored { /* there is none */ }")]
            pub $($async)? fn append_value<'k, 'v>(&mut self, key: impl IntoKey<'k>, value: impl Into<Value<'v>>) -> Result<Stored, Error> {
                self.extend_value(key.into_key()?, value.into(), End::Back) $($await)*
            }

            /// Puts `value` in front of that of the item: see [`append_value`](Self::append_value).
            pub $($async)? fn prepend_value<'k, 'v>(&mut self, key: impl IntoKey<'k>, value: impl Into<Value<'v>>) -> Result<Stored, Error> {
                self.extend_value(key.into_key()?, value.into(), End::Front) $($await)*
            }

            /// Stores a number that [`incr`](Self::incr) and [`decr`](Self::decr) count with, whatever
            /// the convention's numbers are, until `expiry`.
            pub $($async)? fn set_counter<'k>(&mut self, key: impl IntoKey<'k>, number: u64, expiry: Expiry) -> Result<(), Error> {
                let mut room = [0; Convention::ROOM];
                let stored = self.options().convention.encode_counter(number, &mut room)?;
                let expiry = self.resolve(expiry);
                let store = Store::set(key.into_key()?, stored.bytes).flags(stored.flags).expiry(expiry);
                match self.call(&store) $($await)* ? {
                    Stored::Stored => Ok(()),
                    _ => Err(self.distrust()),
                }
            }

            /// Gets a number that the server counts with, whatever its flags; `None` is a miss. The
            /// blanks are read that counting down leaves behind it.
            ///
            /// Fails with [`NotInteger`](BadValue::NotInteger) where it is none.
            #[doc = example!($open, "client.set_counter(\"left\", 10, Expiry::NEVER)", $wait, "?;\nclient.decr(\"left\", 1)", $wait, "?; // stored as \"9 \"\nassert_eq!(client.get_counter(\"left\")", $wait, "?, Some(9));")]
            pub $($async)? fn get_counter<'k>(&mut self, key: impl IntoKey<'k>) -> Result<Option<u64>, Error> {
                let Some(item) = self.call(&Get::new(key.into_key()?)) $($await)* ? else {
                    return Ok(None);
                };
                let number = Integer::parse(item.value)?.to_u64();
                Ok(Some(number.ok_or(BadValue::NotInteger)?))
            }

            $($async)? fn extend_value(&mut self, key: Key<'_>, value: Value<'_>, end: End) -> Result<Stored, Error> {
                let convention = self.options().convention;
                let is_meta = self.options().protocol == Protocol::Meta;
                let found = if is_meta {
                    let get = meta::Get::new(key).with_flags().with_cas();
                    let answer = self.call(&get) $($await)* ?;
                    answer.map(|answer| (answer.flags(), answer.cas()))
                } else {
                    // However large it is: only its head is looked at.
                    let stream = self.open(key) $($await)* ?;
                    stream.map(|stream| (stream.entry().flags, None))
                };
                let Some((flags, cas)) = found else {
                    return Ok(Stored::NotStored);
                };
                convention.extend(flags, value)?;
                let bytes = value.bytes().unwrap_or_default();
                let store = match end {
                    End::Back => Store::append(key, bytes),
                    End::Front => Store::prepend(key, bytes),
                };
                let Some(cas) = cas else {
                    return self.call(&store) $($await)*;
                };
                let set = meta::Set::new(key, bytes).compare(cas);
                let set = match end {
                    End::Back => set.append(),
                    End::Front => set.prepend(),
                };
                Ok(match self.call(&set) $($await)* ?.outcome() {
                    meta::Outcome::Done => Stored::Stored,
                    meta::Outcome::Exists => Stored::Exists,
                    // It went in between.
                    meta::Outcome::NotStored | meta::Outcome::NotFound => Stored::NotStored,
                })
            }
        }
    };
}
both_colours!(values);
