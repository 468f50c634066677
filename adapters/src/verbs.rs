//! The everyday methods, declared once for every kind of client and both colours.

use minimc_core::command::{
    CacheDump, CacheMemlimit, Cluster, ClusterConfig, Count, CountMany, Crawl, Delete, DeleteCas,
    DeleteMany, Deleted, Exists, FlushAll, General, Get, GetMany, Item, Lease, Leased, Metadump,
    Mgdump, Noop, Settings, Stats, Store, StoreMany, Stored, Touch, TouchMany, Verbosity, Version,
};
use minimc_core::{Dialect, Entry, Error, ErrorKind, Expiry, IntoKey, Storage, Text};

use crate::transport::Transport;
use crate::{blocking, client};

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

macro_rules! verbs {
    (
        $colour:ident, [$($async:ident)?], [$($await:tt)*], [$($_functions:tt)*],
        $open:literal, $wait:literal
    ) => {
        impl<T: Transport, S: Storage, const N: usize> $colour::Client<T, S, N> {
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

            /// Gets the item under `key`; where there is none, or it is stale, makes one of all who ask
            /// compute it, for which that one has until `lasts`. See [`Lease`]; only in the meta
            /// protocol. [`get_or_compute`](Self::get_or_compute) does it all.
            #[doc = example!($open, "match client.lease(\"report\", Expiry::seconds(30))", $wait, "? {\n    Leased::Fresh(item) => println!(\"{} bytes\", item.value.len()),\n    Leased::Won { cas, .. } => {\n        let report = \"computed\";\n        match cas {\n            Some(cas) => client.cas(\"report\", report, cas, Expiry::seconds(600))", $wait, ".map(drop)?,\n            None => client.set(\"report\", report, Expiry::seconds(600))", $wait, "?,\n        }\n    }\n    Leased::Taken { stale } => { /* do with the stale item, or ask again later */ }\n}")]
            pub $($async)? fn lease<'k>(&mut self, key: impl IntoKey<'k>, lasts: Expiry) -> Result<Leased<'_>, Error> {
                let lasts = self.resolve(lasts);
                self.call(&Lease::new(key.into_key()?, lasts)) $($await)*
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
            /// entry tells its length. Fails with [`ReplyTooLarge`](crate::ErrorKind::ReplyTooLarge) if the
            /// buffer is smaller than that.
            #[doc = example!($open, "let mut buffer = [0; 4096];\nif let Some(entry) = client.get_into(\"image\", &mut buffer)", $wait, "? {\n    let image = &buffer[..entry.length as usize];\n}")]
            pub $($async)? fn get_into<'k>(&mut self, key: impl IntoKey<'k>, buffer: &mut [u8]) -> Result<Option<Entry>, Error> {
                let Some(mut stream) = self.open(key) $($await)* ? else {
                    return Ok(None);
                };
                stream = stream.within_the_limit();
                stream.read_into(buffer) $($await)* ?;
                Ok(Some(stream.entry()))
            }

            /// Gets any number of items: each key, as it was given, comes with its item, with `None`
            /// for a miss, or with its own error. Keys that are missed come behind others.
            #[doc = example!($open, "let keys = [\"a\", \"b\", \"c\"];\nlet mut items = client.get_many(&keys)", $wait, "?;\nwhile let Some((key, item)) = items.next()", $wait, " {\n    if let Some(item) = item? {\n        println!(\"{key}: {} bytes\", item.value.len());\n    }\n}")]
            pub $($async)? fn get_many<'k, K: AsRef<[u8]>>(&mut self, keys: &'k [K]) -> Result<$colour::Many<'_, GetMany<'k, K>, T, S, N>, Error> {
                self.batch(GetMany::new(keys)) $($await)*
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

            /// Puts `value` behind that of the item, whatever that is; its flags and expiry stay. What is
            /// compressed, or a number, cannot be read then: [`append_value`](Self::append_value) asks first.
            pub $($async)? fn append<'k>(&mut self, key: impl IntoKey<'k>, value: &(impl AsRef<[u8]> + ?Sized)) -> Result<Stored, Error> {
                self.call(&Store::append(key.into_key()?, value.as_ref())) $($await)*
            }

            /// Puts `value` in front of that of the item, whatever that is; its flags and expiry stay.
            /// [`prepend_value`](Self::prepend_value) asks first.
            pub $($async)? fn prepend<'k>(&mut self, key: impl IntoKey<'k>, value: &(impl AsRef<[u8]> + ?Sized)) -> Result<Stored, Error> {
                self.call(&Store::prepend(key.into_key()?, value.as_ref())) $($await)*
            }

            /// Stores `value` until `expiry` if the item's CAS value still is `cas`. Of a server that
            /// keeps none see [`Store::cas`].
            pub $($async)? fn cas<'k>(&mut self, key: impl IntoKey<'k>, value: &(impl AsRef<[u8]> + ?Sized), cas: u64, expiry: Expiry) -> Result<Stored, Error> {
                let expiry = self.resolve(expiry);
                self.call(&Store::cas(key.into_key()?, value.as_ref(), cas).expiry(expiry)) $($await)*
            }

            /// Stores any number of values until `expiry`, whatever there was: each key, as it was
            /// given, comes with what became of it. In the meta and the binary protocol the server is
            /// asked to be quiet; for a [`StoreMany`] that is precise see [`batch`](Self::batch).
            #[doc = example!($open, "let readings = [(\"inside\", \"21.5\"), (\"outside\", \"3.0\")];\nlet mut outcomes = client.set_many(&readings, Expiry::seconds(60))", $wait, "?;\nwhile let Some((key, outcome)) = outcomes.next()", $wait, " {\n    if let Err(error) = outcome {\n        println!(\"{key}: {error}\");\n    }\n}")]
            pub $($async)? fn set_many<'k, K: AsRef<[u8]>, V: AsRef<[u8]>>(&mut self, items: &'k [(K, V)], expiry: Expiry) -> Result<$colour::Many<'_, StoreMany<'k, K, V>, T, S, N>, Error> {
                let expiry = self.resolve(expiry);
                self.batch(StoreMany::set(items).expiry(expiry)) $($await)*
            }

            /// Stores those of any number of values of which there is no item yet, until `expiry`.
            pub $($async)? fn add_many<'k, K: AsRef<[u8]>, V: AsRef<[u8]>>(&mut self, items: &'k [(K, V)], expiry: Expiry) -> Result<$colour::Many<'_, StoreMany<'k, K, V>, T, S, N>, Error> {
                let expiry = self.resolve(expiry);
                self.batch(StoreMany::add(items).expiry(expiry)) $($await)*
            }

            /// Removes any number of items: each key comes with whether it was there.
            pub $($async)? fn delete_many<'k, K: AsRef<[u8]>>(&mut self, keys: &'k [K]) -> Result<$colour::Many<'_, DeleteMany<'k, K>, T, S, N>, Error> {
                self.batch(DeleteMany::new(keys)) $($await)*
            }

            /// Adds `delta` to any number of numbers: each key comes with its new one, or with
            /// [`NotFound`](crate::ErrorKind::NotFound).
            pub $($async)? fn incr_many<'k, K: AsRef<[u8]>>(&mut self, keys: &'k [K], delta: u64) -> Result<$colour::Many<'_, CountMany<'k, K>, T, S, N>, Error> {
                self.batch(CountMany::up(keys, delta)) $($await)*
            }

            /// Subtracts `delta` from any number of numbers, down to 0: each key comes with its new
            /// one, or with [`NotFound`](crate::ErrorKind::NotFound).
            pub $($async)? fn decr_many<'k, K: AsRef<[u8]>>(&mut self, keys: &'k [K], delta: u64) -> Result<$colour::Many<'_, CountMany<'k, K>, T, S, N>, Error> {
                self.batch(CountMany::down(keys, delta)) $($await)*
            }

            /// Lets any number of items live until `expiry`: each key comes with whether it is there.
            pub $($async)? fn touch_many<'k, K: AsRef<[u8]>>(&mut self, keys: &'k [K], expiry: Expiry) -> Result<$colour::Many<'_, TouchMany<'k, K>, T, S, N>, Error> {
                let expiry = self.resolve(expiry);
                self.batch(TouchMany::new(keys, expiry)) $($await)*
            }

            /// Removes the item under `key`; `false` if there was none.
            #[doc = example!($open, "client.delete(\"boot\")", $wait, "?;")]
            pub $($async)? fn delete<'k>(&mut self, key: impl IntoKey<'k>) -> Result<bool, Error> {
                self.call(&Delete::new(key.into_key()?)) $($await)*
            }

            /// Adds `delta` to the number under `key` and returns the new one. Numbers have 64 bits
            /// and wrap around. An absent item is [`NotFound`](crate::ErrorKind::NotFound).
            #[doc = example!($open, "let boots = match client.incr(\"boots\", 1)", $wait, " {\n    Err(error) if error.kind() == ErrorKind::NotFound => {\n        let _ = client.add(\"boots\", \"1\", Expiry::NEVER)", $wait, "?;\n        1\n    }\n    counted => counted?,\n};")]
            pub $($async)? fn incr<'k>(&mut self, key: impl IntoKey<'k>, delta: u64) -> Result<u64, Error> {
                self.call(&Count::up(key.into_key()?, delta)) $($await)*
            }

            /// Subtracts `delta` from the number under `key`, down to 0, and returns the new one. An
            /// absent item is [`NotFound`](crate::ErrorKind::NotFound).
            pub $($async)? fn decr<'k>(&mut self, key: impl IntoKey<'k>, delta: u64) -> Result<u64, Error> {
                self.call(&Count::down(key.into_key()?, delta)) $($await)*
            }

            /// Adds `delta` to the number under `key` and returns the new one; if there is no item,
            /// stores `initial` until `expiry` and returns that. The classic protocol has no such
            /// thing: [`Unsupported`](crate::ErrorKind::Unsupported).
            ///
            /// Where another client creates the item in the midst of that, the server is asked once more,
            /// with the time limit anew; if it says the same again, that is
            /// [`NotFound`](crate::ErrorKind::NotFound), and nothing was counted.
            #[doc = example!($open, "let visits = client.incr_or_create(\"visits\", 1, 1, Expiry::seconds(3600))", $wait, "?;")]
            pub $($async)? fn incr_or_create<'k>(&mut self, key: impl IntoKey<'k>, delta: u64, initial: u64, expiry: Expiry) -> Result<u64, Error> {
                let expiry = self.resolve(expiry);
                self.count_or_create(Count::up(key.into_key()?, delta).or_initial(initial, expiry)) $($await)*
            }

            /// Subtracts `delta` from the number under `key`, down to 0, and returns the new one; if
            /// there is no item, stores `initial` until `expiry` and returns that. The classic protocol
            /// has no such thing: [`Unsupported`](crate::ErrorKind::Unsupported). As to other clients, see
            /// [`incr_or_create`](Self::incr_or_create).
            pub $($async)? fn decr_or_create<'k>(&mut self, key: impl IntoKey<'k>, delta: u64, initial: u64, expiry: Expiry) -> Result<u64, Error> {
                let expiry = self.resolve(expiry);
                self.count_or_create(Count::down(key.into_key()?, delta).or_initial(initial, expiry)) $($await)*
            }

            /// Counts, and once more where another client created the item in between.
            $($async)? fn count_or_create(&mut self, count: Count<'_>) -> Result<u64, Error> {
                match self.call(&count) $($await)* {
                    Err(error) if error.kind() == ErrorKind::NotFound => self.call(&count) $($await)*,
                    counted => counted,
                }
            }

            /// Whether there is an item under `key`; its value does not travel. See [`Exists`] for
            /// what that is in the classic and the binary protocol.
            #[doc = example!($open, "if client.exists(\"boot\")", $wait, "? { /* it is there */ }")]
            pub $($async)? fn exists<'k>(&mut self, key: impl IntoKey<'k>) -> Result<bool, Error> {
                self.call(&Exists::new(key.into_key()?)) $($await)*
            }

            /// Removes the item under `key` if its CAS value still is `cas`. The classic protocol has
            /// no such thing: [`Unsupported`](crate::ErrorKind::Unsupported).
            #[doc = example!($open, "if let Some(Some(cas)) = client.gets(\"plan\")", $wait, "?.map(|item| item.cas) {\n    if client.delete_cas(\"plan\", cas)", $wait, "? == Deleted::Exists { /* somebody changed it */ }\n}")]
            pub $($async)? fn delete_cas<'k>(&mut self, key: impl IntoKey<'k>, cas: u64) -> Result<Deleted, Error> {
                self.call(&DeleteCas::new(key.into_key()?, cas)) $($await)*
            }

            /// Makes every item of the server expire in `delay` seconds, whoever stored it: 0 is now,
            /// 30 days the most. See [`FlushAll`].
            #[doc = example!($open, "client.flush_all(0)", $wait, "?;")]
            pub $($async)? fn flush_all(&mut self, delay: u32) -> Result<(), Error> {
                self.call(&FlushAll::after(delay)) $($await)*
            }

            /// Sets how much the server writes to its log: 0 is nothing. Not in the binary protocol:
            /// [`Unsupported`](crate::ErrorKind::Unsupported).
            pub $($async)? fn verbosity(&mut self, level: u32) -> Result<(), Error> {
                self.call(&Verbosity::new(level)) $($await)*
            }

            /// Sets how much memory the server uses for items, in megabytes. What it will not do is
            /// [`Refused`](crate::ErrorKind::Refused), with its words. Not in the binary protocol:
            /// [`Unsupported`](crate::ErrorKind::Unsupported).
            pub $($async)? fn cache_memlimit(&mut self, megabytes: u32) -> Result<(), Error> {
                self.call(&CacheMemlimit::new(megabytes)) $($await)*
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

            /// Asks for the server's version, and keeps to what that understands. `None` is a version
            /// that tells nothing, as a proxy's may; then the dialect is that of the options.
            ///
            /// From now on the client asks again whenever it connects again, for the server may have
            /// been replaced: see [`Options::learn_dialect`](crate::Options::learn_dialect).
            #[doc = example!($open, "client.learn_dialect()", $wait, "?;")]
            pub $($async)? fn learn_dialect(&mut self) -> Result<Option<Dialect>, Error> {
                let dialect = Dialect::parse(self.version() $($await)* ?.bytes());
                self.learn(dialect);
                Ok(dialect)
            }

            /// Asks for statistics, which come one by one.
            #[doc = example!($open, "let mut stats = client.stats(Stats::ITEMS)", $wait, "?;\nlet mut expired = 0;\nwhile let Some(stat) = stats.next()", $wait, "? {\n    if let Some((_class, stat)) = stat.within()\n        && stat.name == b\"expired_unfetched\"\n    {\n        expired += stat.number()?;\n    }\n}")]
            pub $($async)? fn stats<'a>(&mut self, stats: Stats<'a>) -> Result<$colour::Lines<'_, Stats<'a>, T, S, N>, Error> {
                self.lines(stats) $($await)*
            }

            /// Asks for the server's own statistics. Those that it does not have are 0.
            #[doc = example!($open, "let stats = client.general_stats()", $wait, "?;\nprintln!(\"{} items in {} bytes\", stats.curr_items, stats.bytes);")]
            pub $($async)? fn general_stats(&mut self) -> Result<General, Error> {
                let mut all = General::new();
                let mut stats = self.lines(Stats::GENERAL) $($await)* ?;
                while let Some(stat) = stats.next() $($await)* ? {
                    all.take(&stat)?;
                }
                Ok(all)
            }

            /// Asks how the server was set up.
            #[doc = example!($open, "let settings = client.settings()", $wait, "?;\nassert!(settings.item_size_max >= 1024);")]
            pub $($async)? fn settings(&mut self) -> Result<Settings, Error> {
                let mut all = Settings::new();
                let mut stats = self.lines(Stats::SETTINGS) $($await)* ?;
                while let Some(stat) = stats.next() $($await)* ? {
                    all.take(&stat)?;
                }
                Ok(all)
            }

            /// Sets the server's counters to 0.
            pub $($async)? fn reset_stats(&mut self) -> Result<(), Error> {
                self.lines(Stats::RESET) $($await)* ?.finish() $($await)*
            }

            /// Lists items with what the server knows of them: see [`Metadump`].
            #[doc = example!($open, "let mut items = client.metadump(Crawl::Hash)", $wait, "?;\nlet mut name = [0; 250];\nwhile let Some(item) = items.next()", $wait, "? {\n    if item.is_fetched == Some(false) {\n        let key = item.key.copy_into(&mut name);\n    }\n}")]
            pub $($async)? fn metadump<'a>(&mut self, crawl: Crawl<'a>) -> Result<$colour::Lines<'_, Metadump<'a>, T, S, N>, Error> {
                self.lines(Metadump::new(crawl)) $($await)*
            }

            /// Lists keys: see [`Mgdump`].
            pub $($async)? fn mgdump<'a>(&mut self, crawl: Crawl<'a>) -> Result<$colour::Lines<'_, Mgdump<'a>, T, S, N>, Error> {
                self.lines(Mgdump::new(crawl)) $($await)*
            }

            /// Lists at most `limit` items of a slab class, some of them: see [`CacheDump`].
            pub $($async)? fn cachedump(&mut self, class: u8, limit: u32) -> Result<$colour::Lines<'_, CacheDump, T, S, N>, Error> {
                self.lines(CacheDump::new(class, limit)) $($await)*
            }

            /// Asks for the nodes of an ElastiCache cluster; `None` where the server knows of none.
            /// Servers that are no such nodes answer [`Command`](crate::ErrorKind::Command); older ones may
            /// have them as an item: `call` [`ClusterConfig::as_item`].
            #[doc = example!($open, "if let Some(cluster) = client.cluster_config()", $wait, "? {\n    for node in cluster.nodes() {\n        println!(\"{}:{}\", node.host, node.port);\n    }\n}")]
            pub $($async)? fn cluster_config(&mut self) -> Result<Option<Cluster<'_>>, Error> {
                self.call(&ClusterConfig::new()) $($await)*
            }

            /// Asks the server for nothing but an answer.
            pub $($async)? fn noop(&mut self) -> Result<(), Error> {
                self.call(&Noop) $($await)*
            }
        }
    };
}

both_colours!(verbs);
