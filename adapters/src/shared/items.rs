//! What came of many keys, in their order.

use alloc::vec::Vec;
use core::iter::FusedIterator;
use core::{fmt, slice};

use minimc_core::command::Item;
use minimc_core::{Entry, Error, ErrorKind};

use crate::verbs::OwnedItem;

/// What [`Shared::get_many`](super::Shared::get_many) found: an outcome for each key, in their order. The
/// values are in one buffer, which is lent.
///
/// ```no_run
/// # async fn example(cache: minimc::tokio::Shared) -> Result<(), minimc::Error> {
/// let keys = ["greeting", "farewell"];
/// for (key, item) in keys.iter().zip(&cache.get_many(&keys).await) {
///     if let Some(item) = item? {
///         println!("{key}: {}", item.value.escape_ascii());
///     }
/// }
/// # Ok(())
/// # }
/// ```
///
/// To iterate over the [`Items`] themselves, and not over a reference, makes an [`OwnedItem`] of each.
#[derive(Default)]
pub struct Items {
    /// The values, one behind the other.
    values: Vec<u8>,
    errors: Vec<Error>,
    found: Vec<Found>,
}

/// The most bytes that are reserved for values that have not come.
const ROOM: usize = 16 * 1024;

/// What came of a key.
#[derive(Clone, Copy)]
enum Found {
    /// Nothing yet.
    Open,
    Missed,
    /// A value, from there on.
    Value {
        start: usize,
        entry: Entry,
    },
    /// The error with this index.
    Failed(usize),
}

impl Items {
    /// Those of so many keys, of which nothing is known yet.
    pub(super) fn open(count: usize) -> Self {
        let mut items = Self::default();
        items.found.resize(count, Found::Open);
        items
    }

    /// How many keys were asked for.
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// Whether no key was asked for.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// What came of the key with this index, if there is one: a miss is `Some(Ok(None))`.
    pub fn get(&self, index: usize) -> Option<Result<Option<Item<'_>>, Error>> {
        self.found.get(index).map(|found| self.outcome(found))
    }

    /// What came of each key, in their order.
    pub fn iter(&self) -> Iter<'_> {
        Iter {
            items: self,
            found: self.found.iter(),
        }
    }

    /// Sets what came of the key with this index, if there is one.
    pub(super) fn set(&mut self, index: usize, outcome: Result<Option<Item<'_>>, Error>) {
        let count = self.found.len();
        let Some(found) = self.found.get_mut(index) else {
            return;
        };
        *found = match outcome {
            Ok(None) => Found::Missed,
            Ok(Some(item)) => {
                let start = self.values.len();
                if start == 0 {
                    // Mostly the values are alike.
                    let room = item.value.len().saturating_mul(count);
                    self.values.reserve(room.min(ROOM));
                }
                self.values.extend_from_slice(item.value);
                Found::Value {
                    start,
                    entry: Entry {
                        length: item.value.len() as u32,
                        flags: item.flags,
                        cas: item.cas,
                    },
                }
            }
            Err(error) => {
                self.errors.push(error);
                Found::Failed(self.errors.len() - 1)
            }
        };
    }

    /// All of which nothing is known have failed so: tells their indexes.
    pub(super) fn fail_open(&mut self, error: Error) -> Vec<usize> {
        let each = self.found.iter().enumerate();
        let open = each.filter(|(_, found)| matches!(found, Found::Open));
        let open: Vec<_> = open.map(|(index, _)| index).collect();
        for index in &open {
            self.set(*index, Err(error));
        }
        open
    }

    /// Puts others behind these.
    pub(super) fn append(&mut self, others: Self) {
        if self.is_empty() {
            *self = others;
            return;
        }
        let (values, errors) = (self.values.len(), self.errors.len());
        self.values.extend_from_slice(&others.values);
        self.errors.extend_from_slice(&others.errors);
        self.found
            .extend(others.found.iter().map(|found| match *found {
                Found::Value { start, entry } => Found::Value {
                    start: values + start,
                    entry,
                },
                Found::Failed(index) => Found::Failed(errors + index),
                Found::Open | Found::Missed => *found,
            }));
    }

    fn outcome(&self, found: &Found) -> Result<Option<Item<'_>>, Error> {
        match found {
            Found::Missed => Ok(None),
            Found::Value { start, entry } => {
                let value = self.values.get(*start..).unwrap_or_default();
                Ok(Some(Item {
                    value: value.get(..entry.length as usize).unwrap_or_default(),
                    flags: entry.flags,
                    cas: entry.cas,
                }))
            }
            Found::Failed(index) => {
                let error = self.errors.get(*index).copied();
                Err(error.unwrap_or(ErrorKind::Closed.into()))
            }
            // None is left when they are handed out.
            Found::Open => Err(ErrorKind::Closed.into()),
        }
    }
}

impl fmt::Debug for Items {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

impl<'i> IntoIterator for &'i Items {
    type Item = Result<Option<Item<'i>>, Error>;
    type IntoIter = Iter<'i>;

    fn into_iter(self) -> Iter<'i> {
        self.iter()
    }
}

impl IntoIterator for Items {
    type Item = Result<Option<OwnedItem>, Error>;
    type IntoIter = IntoIter;

    fn into_iter(self) -> IntoIter {
        IntoIter {
            items: self,
            next: 0,
        }
    }
}

/// Lends what [`Items`] has, one by one.
#[derive(Clone)]
pub struct Iter<'i> {
    items: &'i Items,
    found: slice::Iter<'i, Found>,
}

impl fmt::Debug for Iter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl<'i> Iterator for Iter<'i> {
    type Item = Result<Option<Item<'i>>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.found.next().map(|found| self.items.outcome(found))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.found.size_hint()
    }
}

impl ExactSizeIterator for Iter<'_> {}
impl FusedIterator for Iter<'_> {}

/// Makes an [`OwnedItem`] of each item that [`Items`] has.
#[derive(Debug)]
pub struct IntoIter {
    items: Items,
    next: usize,
}

impl Iterator for IntoIter {
    type Item = Result<Option<OwnedItem>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let outcome = self.items.get(self.next)?;
        self.next += 1;
        Some(outcome.map(|item| item.map(OwnedItem::from)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.items.len().saturating_sub(self.next);
        (left, Some(left))
    }
}

impl ExactSizeIterator for IntoIter {}
impl FusedIterator for IntoIter {}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;

    use super::*;

    fn item(value: &str) -> Result<Option<Item<'_>>, Error> {
        let value = value.as_bytes();
        Ok(Some(Item {
            value,
            flags: 7,
            cas: None,
        }))
    }

    /// What is lent, what is owned and what is got by its index, which are the same.
    fn seen(items: &Items) -> Vec<String> {
        let short = |outcome: Result<Option<(&[u8], u32)>, Error>| match outcome {
            Ok(None) => "miss".into(),
            Ok(Some((value, flags))) => format!("{} {flags}", value.escape_ascii()),
            Err(error) => format!("{:?}", error.kind()),
        };
        let lent = |item: Item<'_>| short(Ok(Some((item.value, item.flags))));
        let one = |item: Result<Option<Item<'_>>, Error>| match item {
            Ok(Some(item)) => lent(item),
            Ok(None) => short(Ok(None)),
            Err(error) => short(Err(error)),
        };
        let by_iter: Vec<_> = items.iter().map(one).collect();
        let by_index = (0..items.len()).filter_map(|index| items.get(index));
        assert_eq!(by_index.map(one).collect::<Vec<_>>(), by_iter);
        assert!(items.get(items.len()).is_none());
        let mut copy = Items::default();
        copy.append(Items::open(0));
        let mut copies = Items::open(items.len());
        for (index, outcome) in items.iter().enumerate() {
            copies.set(index, outcome);
        }
        copy.append(copies);
        let owned = copy.into_iter();
        assert_eq!(owned.len(), items.len());
        let owned = owned.map(|item| match item {
            Ok(Some(item)) => short(Ok(Some((&item.value, item.flags)))),
            Ok(None) => short(Ok(None)),
            Err(error) => short(Err(error)),
        });
        assert_eq!(owned.collect::<Vec<_>>(), by_iter);
        by_iter
    }

    #[test]
    fn each_in_its_place() {
        let mut first = Items::open(3);
        first.set(2, item("two"));
        first.set(0, item(""));
        first.set(3, item("none has this index"));
        assert_eq!(
            first.fail_open(ErrorKind::TimedOut.into()),
            [1],
            "{first:?}"
        );
        assert!(first.fail_open(ErrorKind::Closed.into()).is_empty());
        let mut second = Items::open(2);
        second.set(1, Ok(None));
        assert_eq!(second.fail_open(ErrorKind::Closed.into()), [0]);
        first.append(second);
        assert_eq!(seen(&first), [" 7", "TimedOut", "two 7", "Closed", "miss"]);
        // One that was asked for again.
        first.set(1, item("one"));
        assert_eq!(seen(&first), [" 7", "one 7", "two 7", "Closed", "miss"]);
    }
}
