//! The everyday methods of a shared connection: what they hand out owns itself.

use alloc::vec::Vec;
use core::future::poll_fn;

use minimc_core::command::{
    Count, Delete, DeleteCas, Deleted, Exists, FlushAll, Get, Noop, Store, Stored, Touch, Version,
};
use minimc_core::{Entry, Error, ErrorKind, Expiry, IntoKey, Text};

use super::{Items, Shared};
use crate::verbs::OwnedItem;

/// Values of more bytes than this go out on the second connection.
const LARGE: usize = 8 * 1024;

impl Shared {
    /// Gets the item under `key`; `None` is a miss.
    pub async fn get<'k>(&self, key: impl IntoKey<'k>) -> Result<Option<OwnedItem>, Error> {
        let get = Get::new(key.into_key()?);
        self.call_with(&get, |item| item.map(OwnedItem::from)).await
    }

    /// Gets the item under `key` with its CAS value, for [`cas`](Self::cas).
    pub async fn gets<'k>(&self, key: impl IntoKey<'k>) -> Result<Option<OwnedItem>, Error> {
        let get = Get::new(key.into_key()?).with_cas();
        self.call_with(&get, |item| item.map(OwnedItem::from)).await
    }

    /// Gets the item under `key` and lets it live until `expiry`.
    pub async fn get_and_touch<'k>(
        &self,
        key: impl IntoKey<'k>,
        expiry: Expiry,
    ) -> Result<Option<OwnedItem>, Error> {
        let get = Get::new(key.into_key()?).touch(self.resolve(expiry));
        self.call_with(&get, |item| item.map(OwnedItem::from)).await
    }

    /// Gets the value under `key` into `buffer`, and allocates nothing. The entry tells its length.
    ///
    /// Fails with [`ReplyTooLarge`](ErrorKind::ReplyTooLarge) if the buffer is smaller than that.
    pub async fn get_into<'k>(
        &self,
        key: impl IntoKey<'k>,
        buffer: &mut [u8],
    ) -> Result<Option<Entry>, Error> {
        let get = Get::new(key.into_key()?);
        let got = self.call_with(&get, |item| {
            let Some(item) = item else { return Ok(None) };
            let length = item.value.len();
            let place = buffer.get_mut(..length);
            let too_large = ErrorKind::ReplyTooLarge {
                size: length as u32,
            };
            place.ok_or(too_large)?.copy_from_slice(item.value);
            Ok(Some(Entry {
                length: length as u32,
                flags: item.flags,
                cas: item.cas,
            }))
        });
        got.await?
    }

    /// Gets the items under all keys, in their order, each with its own error: all are asked for before
    /// any is waited for, up to 255 of them by one request. A server is asked as by
    /// [`GetMany`](crate::command::GetMany).
    pub async fn get_many<K: AsRef<[u8]>>(&self, keys: &[K]) -> Items {
        let keys: Vec<&[u8]> = keys.iter().map(AsRef::as_ref).collect();
        let (mut items, lost) = self.get_each(&keys).await;
        if !lost.is_empty() {
            let again = lost.iter().filter_map(|index| keys.get(*index).copied());
            let (again, _) = self.get_each(&again.collect::<Vec<_>>()).await;
            for (index, item) in lost.into_iter().zip(&again) {
                items.set(index, item);
            }
        }
        items
    }

    /// The items under all keys, and the indexes of those that were lost and are to be asked for again.
    async fn get_each(&self, keys: &[&[u8]]) -> (Items, Vec<usize>) {
        let (mut waits, mut rest) = (Vec::new(), keys);
        while !rest.is_empty() {
            // Where the line cannot be queued, nor could the others.
            let line = self.handles.hub.queue_line(rest).await;
            let (count, waiting) = line.unwrap_or_else(|error| (rest.len(), Err(error)));
            waits.push((count, waiting));
            rest = rest.get(count..).unwrap_or_default();
        }
        let (mut items, mut lost) = (Items::default(), Vec::new());
        for (count, waiting) in waits {
            let before = items.len();
            match waiting {
                Ok(mut waiting) => {
                    let mut line = poll_fn(|context| waiting.poll_line(context)).await;
                    if let Some(failure) = line.lost {
                        let open = line.items.fail_open(failure.into());
                        if self.repeats(failure, true) {
                            lost.extend(open.into_iter().map(|index| before + index));
                        }
                    }
                    items.append(line.items);
                }
                Err(error) => {
                    let mut unasked = Items::open(count);
                    unasked.fail_open(error);
                    items.append(unasked);
                }
            }
        }
        (items, lost)
    }

    /// Stores `value` until `expiry`, whatever there was.
    pub async fn set<'k>(
        &self,
        key: impl IntoKey<'k>,
        value: &(impl AsRef<[u8]> + ?Sized),
        expiry: Expiry,
    ) -> Result<(), Error> {
        let store = Store::set(key.into_key()?, value.as_ref());
        let store = store.expiry(self.resolve(expiry));
        self.store_as(store, value.as_ref(), |stored| match stored {
            Stored::Stored => Ok(()),
            // A set has no condition that could fail to hold.
            _ => Err(ErrorKind::Malformed.into()),
        })
        .await
    }

    /// Stores `value` until `expiry` if there is no item yet.
    pub async fn add<'k>(
        &self,
        key: impl IntoKey<'k>,
        value: &(impl AsRef<[u8]> + ?Sized),
        expiry: Expiry,
    ) -> Result<Stored, Error> {
        let store = Store::add(key.into_key()?, value.as_ref());
        self.store(store.expiry(self.resolve(expiry)), value.as_ref())
            .await
    }

    /// Stores `value` until `expiry` if there is an item.
    pub async fn replace<'k>(
        &self,
        key: impl IntoKey<'k>,
        value: &(impl AsRef<[u8]> + ?Sized),
        expiry: Expiry,
    ) -> Result<Stored, Error> {
        let store = Store::replace(key.into_key()?, value.as_ref());
        self.store(store.expiry(self.resolve(expiry)), value.as_ref())
            .await
    }

    /// Puts `value` behind that of the item, whatever that is; its flags and expiry stay.
    pub async fn append<'k>(
        &self,
        key: impl IntoKey<'k>,
        value: &(impl AsRef<[u8]> + ?Sized),
    ) -> Result<Stored, Error> {
        self.store(
            Store::append(key.into_key()?, value.as_ref()),
            value.as_ref(),
        )
        .await
    }

    /// Puts `value` in front of that of the item, whatever that is; its flags and expiry stay.
    pub async fn prepend<'k>(
        &self,
        key: impl IntoKey<'k>,
        value: &(impl AsRef<[u8]> + ?Sized),
    ) -> Result<Stored, Error> {
        self.store(
            Store::prepend(key.into_key()?, value.as_ref()),
            value.as_ref(),
        )
        .await
    }

    /// Stores `value` until `expiry` if the item's CAS value still is `cas`. Of a server that keeps none
    /// see [`Store::cas`].
    pub async fn cas<'k>(
        &self,
        key: impl IntoKey<'k>,
        value: &(impl AsRef<[u8]> + ?Sized),
        cas: u64,
        expiry: Expiry,
    ) -> Result<Stored, Error> {
        let store = Store::cas(key.into_key()?, value.as_ref(), cas);
        self.store(store.expiry(self.resolve(expiry)), value.as_ref())
            .await
    }

    async fn store(&self, store: Store<'_, '_>, value: &[u8]) -> Result<Stored, Error> {
        self.store_as(store, value, Ok).await
    }

    async fn store_as<R>(
        &self,
        store: Store<'_, '_>,
        value: &[u8],
        make: impl FnOnce(Stored) -> Result<R, Error>,
    ) -> Result<R, Error> {
        if value.len() > LARGE {
            return self.call_aside(&store, make).await;
        }
        self.exchange(&store, make).await
    }

    /// Lets the item under `key` live until `expiry`; `false` if there is none.
    pub async fn touch<'k>(&self, key: impl IntoKey<'k>, expiry: Expiry) -> Result<bool, Error> {
        self.call(&Touch::new(key.into_key()?, self.resolve(expiry)))
            .await
    }

    /// Whether there is an item under `key`; its value does not travel. See [`Exists`].
    pub async fn exists<'k>(&self, key: impl IntoKey<'k>) -> Result<bool, Error> {
        self.call(&Exists::new(key.into_key()?)).await
    }

    /// Removes the item under `key`; `false` if there was none.
    pub async fn delete<'k>(&self, key: impl IntoKey<'k>) -> Result<bool, Error> {
        self.call(&Delete::new(key.into_key()?)).await
    }

    /// Removes the item under `key` if its CAS value still is `cas`. The classic protocol has no such
    /// thing: [`Unsupported`](ErrorKind::Unsupported).
    pub async fn delete_cas<'k>(&self, key: impl IntoKey<'k>, cas: u64) -> Result<Deleted, Error> {
        self.call(&DeleteCas::new(key.into_key()?, cas)).await
    }

    /// Adds `delta` to the number under `key` and returns the new one. Numbers have 64 bits and wrap
    /// around. An absent item is [`NotFound`](ErrorKind::NotFound).
    pub async fn incr<'k>(&self, key: impl IntoKey<'k>, delta: u64) -> Result<u64, Error> {
        self.call(&Count::up(key.into_key()?, delta)).await
    }

    /// Subtracts `delta` from the number under `key`, down to 0, and returns the new one. An absent item
    /// is [`NotFound`](ErrorKind::NotFound).
    pub async fn decr<'k>(&self, key: impl IntoKey<'k>, delta: u64) -> Result<u64, Error> {
        self.call(&Count::down(key.into_key()?, delta)).await
    }

    /// Makes every item of the server expire in `delay` seconds: see [`FlushAll`].
    pub async fn flush_all(&self, delay: u32) -> Result<(), Error> {
        self.call(&FlushAll::after(delay)).await
    }

    /// Asks whether the server answers.
    pub async fn noop(&self) -> Result<(), Error> {
        self.call(&Noop).await
    }

    /// The server's version.
    pub async fn version(&self) -> Result<Text, Error> {
        self.call(&Version).await
    }
}
