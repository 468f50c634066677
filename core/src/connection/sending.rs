//! What is to be sent and has not left: the requests in the storage, and a value beside it.

#[cfg(test)]
use core::hash::Hash;

use crate::buffer::{Storage, Window};
use crate::reply::Gap;
use crate::wire::Value;

/// The sending half of a connection.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(super) struct Sending<S> {
    window: Window<S>,
    gap: Option<Unsent>,
}

/// A value that is not in the storage and has not left yet.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(test, derive(Hash, PartialEq))]
struct Unsent {
    /// The bytes in the storage that go before it.
    before: usize,
    /// The bytes of it that have not left.
    left: usize,
}

impl<S: Storage> Sending<S> {
    pub(super) fn new(storage: S) -> Self {
        Self {
            window: Window::new(storage),
            gap: None,
        }
    }

    pub(super) fn capacity(&self) -> usize {
        self.window.capacity()
    }

    pub(super) fn clear(&mut self) {
        self.window.clear();
        self.gap = None;
    }

    /// The bytes that have not left, with those of the value.
    pub(super) fn unsent(&self) -> usize {
        self.window.len().saturating_add(self.value_left())
    }

    /// Whether a value beside the storage has not left in full.
    pub(super) fn has_gap(&self) -> bool {
        self.gap.is_some()
    }

    /// Where to write requests: at least `want` bytes where there are as many.
    pub(super) fn space(&mut self, want: usize) -> &mut [u8] {
        self.window.space(want)
    }

    /// Tells that a request of `length` bytes was written, with a value beside it if there is one.
    pub(super) fn queue<'v>(&mut self, length: usize, value: Option<Value<'v>>) -> Option<Gap<'v>> {
        let written = self.window.len();
        self.window.fill(length);
        let value = value?;
        self.gap = Some(Unsent {
            before: written.saturating_add(value.before),
            left: value.length,
        });
        Some(Gap { value: value.bytes })
    }

    /// See [`Connection::outgoing`](super::Connection::outgoing).
    pub(super) fn parts<'a>(&'a self, gap: Option<&Gap<'a>>) -> [&'a [u8]; 3] {
        let value = gap.and_then(|gap| {
            let start = gap.value.len().checked_sub(self.value_left())?;
            gap.value.get(start..)
        });
        self.parts_around(value.unwrap_or_default())
    }

    /// The same, where these are the next bytes of the value.
    pub(super) fn parts_around<'a>(&'a self, piece: &'a [u8]) -> [&'a [u8]; 3] {
        let filled = self.window.filled();
        let Some(unsent) = self.gap else {
            return [filled, &[], &[]];
        };
        let (before, after) = filled.split_at_checked(unsent.before).unwrap_or_default();
        match piece.get(..unsent.left) {
            Some(rest) => [before, rest, after],
            None => [before, piece, &[]],
        }
    }

    /// The bytes of the value beside the storage that have not left.
    pub(super) fn value_left(&self) -> usize {
        self.gap.map_or(0, |gap| gap.left)
    }

    /// Tells that the first `count` bytes of the [parts](Self::parts) have left.
    pub(super) fn sent(&mut self, count: usize) {
        let Some(unsent) = self.gap.as_mut() else {
            self.window.consume(count);
            return;
        };
        let before = count.min(unsent.before);
        let value = count.saturating_sub(before).min(unsent.left);
        unsent.before = unsent.before.saturating_sub(before);
        unsent.left = unsent.left.saturating_sub(value);
        if unsent.left == 0 {
            self.gap = None;
        }
        let after = count.saturating_sub(before).saturating_sub(value);
        self.window.consume(before.saturating_add(after));
    }

    /// Gives up the value beside the storage, which belongs to the last request, of `request` bytes
    /// there. Fails with `false` if a part of the request has left: then nobody can complete it.
    pub(super) fn give_up_gap(&mut self, request: usize) -> bool {
        self.gap.take().is_none() || self.window.len() >= request
    }

    /// Takes the last request of `length` bytes back; `false` if a part of it has left.
    pub(super) fn withdraw(&mut self, length: usize) -> bool {
        let is_whole = length <= self.window.len();
        if is_whole {
            self.window.withdraw(length);
        }
        is_whole
    }
}

#[cfg(test)]
impl<S: Storage> Sending<S> {
    /// All that can make a difference: what storage held once is no part of it.
    pub(super) fn view(&self) -> impl Hash + PartialEq {
        (&self.window, self.gap)
    }
}
