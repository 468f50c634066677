//! The everyday methods, declared once for every kind of client and both colours.

use minimc_core::command::{
    Count, Delete, Get, GetMany, Item, Noop, Store, Stored, Touch, Version,
};
use minimc_core::{Dialect, Entry, Error, ErrorKind, Expiry, IntoKey, Storage, Text};

use crate::transport::Transport;
use crate::{Client, blocking, client};

/// An item that owns its value.
#[cfg(feature = "std")]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OwnedItem {
    /// The stored bytes.
    pub value: alloc::vec::Vec<u8>,
    /// The number that was stored beside them, which says in what form they are.
    pub flags: u32,
    /// The number of this state of the item, where it was asked for.
    pub cas: Option<u64>,
}

#[cfg(feature = "std")]
impl From<Item<'_>> for OwnedItem {
    fn from(item: Item<'_>) -> Self {
        Self {
            value: item.value.to_vec(),
            flags: item.flags,
            cas: item.cas,
        }
    }
}

/// An example in a method's documentation.
macro_rules! example {
    ($open:literal, $($code:literal),+) => {
        concat!(
            "\n```\n# use minimc::{ErrorKind, Expiry, command::Stored};\n# ",
            $open,
            "\n",
            $($code,)+
            "\n# Ok(())\n# }\n```"
        )
    };
}

/// `$async` and `$await` are the colour; `$open` and `$wait` are the same for the examples.
macro_rules! verbs {
    ($client:ty, $many:ident, [$($async:ident)?], [$($await:tt)*], $open:literal, $wait:literal) => {
        impl<T: Transport, S: Storage, const N: usize> $client {
            /// Gets the item under `key`; `None` is a miss. The value lies in the client's storage
            /// until the next call.
            #[doc = example!($open, "if let Some(item) = client.get(\"boot\")", $wait, "? {\n    println!(\"{} bytes\", item.value.len());\n}")]
            pub $($async)? fn get<'k>(&mut self, key: impl IntoKey<'k>) -> Result<Option<Item<'_>>, Error> {
                self.call(&Get::new(key.into_key()?)) $($await)*
            }

            /// Gets the item under `key` with its CAS value, for [`cas`](Self::cas).
            #[doc = example!($open, "let cas = client.gets(\"plan\")", $wait, "?.and_then(|item| item.cas);\nif let Some(cas) = cas {\n    let outcome = client.cas(\"plan\", \"new\", cas, Expiry::NEVER)", $wait, "?;\n    if outcome == Stored::Exists { /* somebody else was faster */ }\n}")]
            pub $($async)? fn gets<'k>(&mut self, key: impl IntoKey<'k>) -> Result<Option<Item<'_>>, Error> {
                self.call(&Get::new(key.into_key()?).with_cas()) $($await)*
            }

            /// Gets the item under `key` and lets it live until `expiry`.
            pub $($async)? fn get_and_touch<'k>(&mut self, key: impl IntoKey<'k>, expiry: Expiry) -> Result<Option<Item<'_>>, Error> {
                let expiry = self.resolve(expiry);
                self.call(&Get::new(key.into_key()?).touch(expiry)) $($await)*
            }

            /// Gets the item under `key` as one that owns its value.
            #[cfg(feature = "std")]
            pub $($async)? fn get_owned<'k>(&mut self, key: impl IntoKey<'k>) -> Result<Option<OwnedItem>, Error> {
                Ok(self.get(key) $($await)* ?.map(OwnedItem::from))
            }

            /// Gets the value under `key` into `buffer`, however small the client's storage is. The
            /// entry tells its length. Fails with [`ReplyTooLarge`](ErrorKind::ReplyTooLarge) if the
            /// buffer is smaller than that.
            #[doc = example!($open, "let mut buffer = [0; 4096];\nif let Some(entry) = client.get_into(\"image\", &mut buffer)", $wait, "? {\n    let image = &buffer[..entry.length as usize];\n}")]
            pub $($async)? fn get_into<'k>(&mut self, key: impl IntoKey<'k>, buffer: &mut [u8]) -> Result<Option<Entry>, Error> {
                let Some(mut stream) = self.open(key) $($await)* ? else {
                    return Ok(None);
                };
                stream = stream.within_the_limit();
                let entry = stream.entry();
                let mut free = buffer
                    .get_mut(..entry.length as usize)
                    .ok_or(ErrorKind::ReplyTooLarge { size: entry.length })?;
                while let Some(bytes) = stream.next() $($await)* ? {
                    let (place, rest) = free.split_at_mut_checked(bytes.len()).ok_or(ErrorKind::Malformed)?;
                    place.copy_from_slice(bytes);
                    free = rest;
                }
                Ok(Some(entry))
            }

            /// Gets any number of items; those that exist come one by one, in the order of their
            /// keys and with the keys as they were given.
            #[doc = example!($open, "let keys = [\"a\", \"b\", \"c\"];\nlet mut items = client.get_many(&keys)", $wait, "?;\nwhile let Some((key, item)) = items.next()", $wait, "? {\n    println!(\"{key}: {} bytes\", item.value.len());\n}")]
            pub $($async)? fn get_many<'k, K: AsRef<[u8]>>(&mut self, keys: &'k [K]) -> Result<$many<'_, GetMany<'k, K>, T, S, N>, Error> {
                self.batch(GetMany::new(keys)?) $($await)*
            }

            /// Stores `value` until `expiry`, whatever there was.
            #[doc = example!($open, "client.set(\"temperature\", \"21.5\", Expiry::seconds(60))", $wait, "?;")]
            pub $($async)? fn set<'k>(&mut self, key: impl IntoKey<'k>, value: &(impl AsRef<[u8]> + ?Sized), expiry: Expiry) -> Result<(), Error> {
                let expiry = self.resolve(expiry);
                match self.call(&Store::set(key.into_key()?, value.as_ref()).expiry(expiry)) $($await)* ? {
                    Stored::Stored => Ok(()),
                    // A set has no condition that could fail to hold.
                    _ => Err(self.distrust()),
                }
            }

            /// Stores `value` until `expiry` if there is no item yet.
            #[doc = example!($open, "if client.add(\"leader\", \"me\", Expiry::seconds(10))", $wait, "? == Stored::Stored { /* first */ }")]
            pub $($async)? fn add<'k>(&mut self, key: impl IntoKey<'k>, value: &(impl AsRef<[u8]> + ?Sized), expiry: Expiry) -> Result<Stored, Error> {
                let expiry = self.resolve(expiry);
                self.call(&Store::add(key.into_key()?, value.as_ref()).expiry(expiry)) $($await)*
            }

            /// Stores `value` until `expiry` if there is an item.
            pub $($async)? fn replace<'k>(&mut self, key: impl IntoKey<'k>, value: &(impl AsRef<[u8]> + ?Sized), expiry: Expiry) -> Result<Stored, Error> {
                let expiry = self.resolve(expiry);
                self.call(&Store::replace(key.into_key()?, value.as_ref()).expiry(expiry)) $($await)*
            }

            /// Puts `value` behind that of the item, whose flags and expiry stay.
            pub $($async)? fn append<'k>(&mut self, key: impl IntoKey<'k>, value: &(impl AsRef<[u8]> + ?Sized)) -> Result<Stored, Error> {
                self.call(&Store::append(key.into_key()?, value.as_ref())) $($await)*
            }

            /// Puts `value` in front of that of the item, whose flags and expiry stay.
            pub $($async)? fn prepend<'k>(&mut self, key: impl IntoKey<'k>, value: &(impl AsRef<[u8]> + ?Sized)) -> Result<Stored, Error> {
                self.call(&Store::prepend(key.into_key()?, value.as_ref())) $($await)*
            }

            /// Stores `value` until `expiry` if the item's CAS value still is `cas`.
            pub $($async)? fn cas<'k>(&mut self, key: impl IntoKey<'k>, value: &(impl AsRef<[u8]> + ?Sized), cas: u64, expiry: Expiry) -> Result<Stored, Error> {
                let expiry = self.resolve(expiry);
                self.call(&Store::cas(key.into_key()?, value.as_ref(), cas).expiry(expiry)) $($await)*
            }

            /// Removes the item under `key`; `false` if there was none.
            #[doc = example!($open, "client.delete(\"boot\")", $wait, "?;")]
            pub $($async)? fn delete<'k>(&mut self, key: impl IntoKey<'k>) -> Result<bool, Error> {
                self.call(&Delete::new(key.into_key()?)) $($await)*
            }

            /// Adds `delta` to the number under `key` and returns the new one. Numbers have 64 bits
            /// and wrap around. An absent item is [`NotFound`](ErrorKind::NotFound).
            #[doc = example!($open, "let boots = match client.incr(\"boots\", 1)", $wait, " {\n    Err(error) if error.kind() == ErrorKind::NotFound => {\n        let _ = client.add(\"boots\", \"1\", Expiry::NEVER)", $wait, "?;\n        1\n    }\n    counted => counted?,\n};")]
            pub $($async)? fn incr<'k>(&mut self, key: impl IntoKey<'k>, delta: u64) -> Result<u64, Error> {
                self.call(&Count::up(key.into_key()?, delta)) $($await)*
            }

            /// Subtracts `delta` from the number under `key`, down to 0, and returns the new one. An
            /// absent item is [`NotFound`](ErrorKind::NotFound).
            pub $($async)? fn decr<'k>(&mut self, key: impl IntoKey<'k>, delta: u64) -> Result<u64, Error> {
                self.call(&Count::down(key.into_key()?, delta)) $($await)*
            }

            /// Lets the item under `key` live until `expiry`; `false` if there is none.
            pub $($async)? fn touch<'k>(&mut self, key: impl IntoKey<'k>, expiry: Expiry) -> Result<bool, Error> {
                let expiry = self.resolve(expiry);
                self.call(&Touch::new(key.into_key()?, expiry)) $($await)*
            }

            /// Asks for the server's version.
            #[doc = example!($open, "println!(\"memcached {}\", client.version()", $wait, "?);")]
            pub $($async)? fn version(&mut self) -> Result<Text, Error> {
                self.call(&Version) $($await)*
            }

            /// Asks for the server's version, and keeps to what that understands from now on. `None`
            /// is a version that tells nothing, as a proxy's may; then nothing changes.
            ///
            /// The client does not ask again when it connects again.
            #[doc = example!($open, "client.learn_dialect()", $wait, "?;")]
            pub $($async)? fn learn_dialect(&mut self) -> Result<Option<Dialect>, Error> {
                let dialect = Dialect::parse(self.version() $($await)* ?.bytes());
                if let Some(dialect) = dialect {
                    self.set_dialect(dialect);
                }
                Ok(dialect)
            }

            /// Asks the server for nothing but an answer.
            pub $($async)? fn noop(&mut self) -> Result<(), Error> {
                self.call(&Noop) $($await)*
            }
        }
    };
}

mod awaited {
    use super::*;
    use client::Many;

    verbs!(
        Client<T, S, N>, Many, [async], [.await],
        "async fn example<T: minimc::Transport, S: minimc::Storage>(client: &mut minimc::Client<T, S>) -> Result<(), minimc::Error> {",
        ".await"
    );
}

mod waited_for {
    use super::*;
    use blocking::Many;

    verbs!(
        blocking::Client<T, S, N>, Many, [], [],
        "fn example<T: minimc::Transport, S: minimc::Storage>(client: &mut minimc::blocking::Client<T, S>) -> Result<(), minimc::Error> {",
        ""
    );
}
