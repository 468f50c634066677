//! A window over the caller's storage.

use core::ops::Range;

/// Bytes that a [`Connection`](crate::Connection) may use: an array, a `&mut [u8]`, or on hosts a
/// buffer that grows.
pub trait Storage {
    /// The bytes there are now.
    fn bytes(&self) -> &[u8];

    /// The same bytes, to be written. The length is that of [`Storage::bytes`].
    fn bytes_mut(&mut self) -> &mut [u8];

    /// Makes room for `size` bytes in all, keeping what is there, or answers `false` and changes
    /// nothing. Fixed storage always does the latter.
    fn grow(&mut self, size: usize) -> bool {
        size <= self.bytes().len()
    }

    /// Tells, while the storage holds nothing, that the last reply took `used` bytes: storage
    /// that grew may shrink.
    fn rest(&mut self, used: usize) {
        let _ = used;
    }
}

impl Storage for &mut [u8] {
    fn bytes(&self) -> &[u8] {
        self
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        self
    }
}

impl<const N: usize> Storage for [u8; N] {
    fn bytes(&self) -> &[u8] {
        self
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        self
    }
}

/// Storage with a window of bytes that were written and not yet consumed.
///
/// ```text
/// | consumed | filled        | space          |
/// 0          start           end              capacity
/// ```
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(crate) struct Window<S> {
    storage: S,
    start: usize,
    end: usize,
}

impl<S: Storage> Window<S> {
    pub(crate) fn new(storage: S) -> Self {
        Self {
            storage,
            start: 0,
            end: 0,
        }
    }

    pub(crate) fn capacity(&self) -> usize {
        self.storage.bytes().len()
    }

    pub(crate) fn len(&self) -> usize {
        self.end.saturating_sub(self.start)
    }

    pub(crate) fn filled(&self) -> &[u8] {
        self.storage
            .bytes()
            .get(self.start..self.end)
            .unwrap_or_default()
    }

    /// The bytes at a place that [`Window::consume`] returned, as long as no space was asked for.
    pub(crate) fn at(&self, place: Range<usize>) -> &[u8] {
        self.storage.bytes().get(place).unwrap_or_default()
    }

    /// The free end. Moves what is filled to the front where less than `want` bytes are free, or
    /// less than a quarter of the storage.
    pub(crate) fn space(&mut self, want: usize) -> &mut [u8] {
        let capacity = self.capacity();
        let free = capacity.saturating_sub(self.end);
        if self.start > 0 && free < want.max(capacity / 4) {
            let length = self.len();
            if let Some(bytes) = self.storage.bytes_mut().get_mut(..self.end) {
                move_to_front(bytes, self.start);
            }
            self.start = 0;
            self.end = length;
        }
        self.storage
            .bytes_mut()
            .get_mut(self.end..)
            .unwrap_or_default()
    }

    pub(crate) fn fill(&mut self, count: usize) {
        self.end = self.end.saturating_add(count).min(self.capacity());
    }

    /// Drops `count` bytes from the front and returns where they are.
    pub(crate) fn consume(&mut self, count: usize) -> Range<usize> {
        let place = self.start..self.start.saturating_add(count).min(self.end);
        if place.end < self.end {
            self.start = place.end;
        } else {
            self.clear();
        }
        place
    }

    /// Drops `count` bytes from the back.
    pub(crate) fn withdraw(&mut self, count: usize) {
        self.end = self.end.saturating_sub(count).max(self.start);
    }

    pub(crate) fn clear(&mut self) {
        self.start = 0;
        self.end = 0;
    }

    pub(crate) fn grow(&mut self, size: usize) -> bool {
        self.storage.grow(size)
    }

    pub(crate) fn rest(&mut self, used: usize) {
        self.clear();
        self.storage.rest(used);
    }
}

// What was consumed is never read again: it makes no two windows differ.
#[cfg(test)]
impl<S: Storage> PartialEq for Window<S> {
    fn eq(&self, other: &Self) -> bool {
        (self.start, self.end, self.filled()) == (other.start, other.end, other.filled())
    }
}

#[cfg(test)]
impl<S: Storage> core::hash::Hash for Window<S> {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        (self.start, self.end, self.filled()).hash(state);
    }
}

/// `copy_within` without its panic path.
fn move_to_front(bytes: &mut [u8], start: usize) {
    if start.saturating_mul(2) >= bytes.len() {
        // The two places do not overlap: one memcpy.
        let (front, rest) = bytes.split_at_mut_checked(start).unwrap_or_default();
        if let Some(front) = front.get_mut(..rest.len()) {
            front.copy_from_slice(rest);
        }
    } else {
        let cells = core::cell::Cell::from_mut(bytes).as_slice_of_cells();
        for (to, from) in cells.iter().zip(cells.get(start..).unwrap_or_default()) {
            to.set(from.get());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_survives_every_move() {
        for consumed in 0..=8 {
            let mut window = Window::new([0; 8]);
            window.space(1).copy_from_slice(b"abcdefgh");
            window.fill(8);
            window.consume(consumed);
            let free = window.space(8).len();
            assert_eq!(free, consumed);
            assert_eq!(window.filled(), &b"abcdefgh"[consumed..]);
        }
    }

    #[test]
    fn consumed_bytes_can_be_lent_until_space_is_asked_for() {
        let mut window = Window::new([0; 8]);
        window.space(1)[..3].copy_from_slice(b"abc");
        window.fill(3);
        let place = window.consume(2);
        assert_eq!(window.at(place), b"ab");
        assert_eq!(window.filled(), b"c");
        window.withdraw(5);
        assert_eq!(window.filled(), b"");
    }
}
