//! What has come and was not taken: where the oldest frame is, and how much of it.

#[cfg(test)]
use core::hash::Hash;
use core::ops::Range;

use crate::buffer::{Storage, Window};
use crate::error::Fault;
use crate::reply::Entry;
use crate::wire::{Debt, Frame, Head, Marks, Status};

/// Storage that can grow is made this large first, however long the announced value is; further
/// only when so much of it has come.
const TRUSTED_LENGTH: usize = 64 * 1024;

/// The receiving half of a connection: the bytes, and the frame at their front.
#[derive(Debug)]
#[cfg_attr(test, derive(Clone))]
pub(super) struct Receiving<S> {
    window: Window<S>,
    /// The head of the oldest frame, unless that is still searched.
    head: Head,
    place: Place,
    /// Which of a group's requests the oldest frame answers, once that is known.
    answered: Option<u8>,
    /// The largest reply since storage could last rest.
    largest: u32,
}

/// Where in the oldest frame the next received byte belongs.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(test, derive(Hash, PartialEq))]
enum Place {
    /// In its head; so many bytes of it hold no line end.
    Search(u32),
    /// Behind its head.
    Head,
    /// It is whole, and its tail was checked.
    Whole,
    /// So many bytes of its data are to be handed out.
    Data(u32),
    /// So many bytes of its data are to be passed over.
    Skip(u32),
}

/// A part of a reply, by where it is.
pub(super) enum Part {
    /// A value begins.
    Entry(Entry),
    /// Bytes of it.
    Data(Range<usize>),
    /// A frame that is no value, or what came in place of a value's end.
    Frame(Taken),
    /// The value's end.
    End,
}

/// A frame that was consumed, by where its bytes are; of one that is too large the head. Its head
/// stays in the [`Receiving`] until the next is read.
pub(super) struct Taken {
    pub(super) place: Range<usize>,
    pub(super) is_whole: bool,
}

impl Part {
    /// Whether it ends a frame.
    pub(super) fn is_end(&self) -> bool {
        match self {
            Self::Entry(_) | Self::Data(_) => false,
            Self::Frame(taken) => taken.is_whole,
            Self::End => true,
        }
    }
}

impl<S: Storage> Receiving<S> {
    pub(super) fn new(storage: S) -> Self {
        Self {
            window: Window::new(storage),
            head: Head::NONE,
            place: Place::Search(0),
            answered: None,
            largest: 0,
        }
    }

    pub(super) fn capacity(&self) -> usize {
        self.window.capacity()
    }

    pub(super) fn clear(&mut self) {
        self.window.clear();
        self.place = Place::Search(0);
        self.answered = None;
    }

    /// Whether nothing has come that was not taken.
    pub(super) fn is_empty(&self) -> bool {
        self.window.len() == 0 && matches!(self.place, Place::Search(_))
    }

    /// Lets storage that grew shrink. To be called when there is nothing in it.
    pub(super) fn rest(&mut self) {
        self.window.rest(self.largest as usize);
        self.largest = 0;
    }

    pub(super) fn space(&mut self) -> &mut [u8] {
        let want = match self.place {
            Place::Search(_) => 1,
            _ => self.head.length().saturating_sub(self.window.len()),
        };
        self.window.space(want.min(self.window.capacity()).max(1))
    }

    pub(super) fn fill(&mut self, count: usize) {
        self.window.fill(count);
    }

    /// Whether the oldest frame is whole and known to be so.
    pub(super) fn is_whole(&self) -> bool {
        matches!(self.place, Place::Whole)
    }

    /// Whether the oldest frame is a value that is taken in pieces.
    pub(super) fn is_in_pieces(&self) -> bool {
        matches!(self.place, Place::Data(_))
    }

    /// Whether the oldest frame is one that was too large.
    pub(super) fn is_skipping(&self) -> bool {
        matches!(self.place, Place::Skip(_))
    }

    /// Reads the head of the oldest frame, which answers `debt`; `false` means: more is needed.
    pub(super) fn read_head(&mut self, debt: &Debt) -> Result<bool, Fault> {
        let Place::Search(searched) = self.place else {
            return Ok(true);
        };
        let bytes = self.window.filled();
        if bytes.is_empty() {
            return Ok(false);
        }
        let shape = debt.shape;
        if !self.head.parse(shape, bytes, searched as usize)? {
            self.place = Place::Search(bytes.len() as u32);
            // A head that fills the storage has no end.
            return if bytes.len() < self.window.capacity() {
                Ok(false)
            } else if shape.is_lines() {
                Err(Fault::LineTooLong)
            } else {
                Err(Fault::Malformed)
            };
        }
        debt.check(&self.head, bytes)?;
        // Mostly all of it has come at once; to ask for that here is faster, and more code.
        self.place = if cfg!(target_pointer_width = "64") && self.head.is_whole(bytes) {
            Place::Whole
        } else {
            Place::Head
        };
        Ok(true)
    }

    /// Whether the oldest frame, whose head is in, is whole, or so large that it never can be.
    #[inline]
    pub(super) fn frame_arrived(&mut self) -> Result<bool, Fault> {
        if self.is_whole() {
            return Ok(true);
        }
        self.rest_arrived()
    }

    #[inline(never)]
    fn rest_arrived(&mut self) -> Result<bool, Fault> {
        let length = self.head.length();
        if self.window.capacity() < length {
            // What the server announces is believed step by step.
            let trusted = if self.window.len() < TRUSTED_LENGTH {
                TRUSTED_LENGTH
            } else {
                length
            };
            if !self.window.grow(length.min(trusted)) && self.head.data > 0 {
                return Ok(true);
            }
        }
        let at = self.head.until_tail();
        if let Some(behind) = self.window.filled().get(at..)
            && self.head.check_tail(at, behind)?
        {
            self.place = Place::Whole;
            return Ok(true);
        }
        let is_full = self.window.len() >= self.window.capacity();
        // What has no data is not too large, but has a head without an end that fits.
        if is_full && self.head.data == 0 {
            return Err(Fault::Malformed);
        }
        Ok(is_full)
    }

    /// Consumes the oldest frame, which has arrived; of one that is too large the head.
    pub(super) fn take_frame(&mut self) -> Taken {
        let is_whole = self.is_whole();
        let place = if is_whole {
            self.consume_frame(self.head.length())
        } else {
            self.place = Place::Skip(self.head.data);
            self.answered = None;
            self.window.consume(self.head.head as usize)
        };
        Taken { place, is_whole }
    }

    /// The frame that was just consumed.
    pub(super) fn frame(&self, taken: Taken, asked: Marks) -> Frame<'_> {
        Frame::new(&self.head, self.window.at(taken.place), asked)
    }

    /// The bytes at a place that was just consumed.
    pub(super) fn at(&self, place: Range<usize>) -> &[u8] {
        self.window.at(place)
    }

    /// Whether the next part of the oldest frame is there.
    pub(super) fn part_arrived(&mut self) -> Result<bool, Fault> {
        match self.place {
            Place::Search(_) => Ok(false),
            Place::Head if self.head.status == Status::Value => Ok(true),
            Place::Head | Place::Whole => self.frame_arrived(),
            Place::Data(0) | Place::Skip(0) => self.tail_arrived(),
            Place::Data(_) | Place::Skip(_) => Ok(self.window.len() > 0),
        }
    }

    fn tail_arrived(&mut self) -> Result<bool, Fault> {
        // What came in place of the end was looked at before.
        let is_whole = self.head.is_failure() || self.head.check_tail(0, self.window.filled())?;
        if !is_whole && self.window.len() >= self.window.capacity() {
            return Err(Fault::Malformed);
        }
        Ok(is_whole)
    }

    /// Consumes the next part of the oldest frame, which must have arrived.
    pub(super) fn take_part(&mut self) -> Part {
        match self.place {
            Place::Data(left) if left > 0 => {
                let (place, left) = self.consume_data(left);
                self.place = Place::Data(left);
                Part::Data(place)
            }
            Place::Skip(left) if left > 0 => {
                let (place, left) = self.consume_data(left);
                self.place = Place::Skip(left);
                Part::Data(place)
            }
            Place::Head | Place::Whole if self.head.status == Status::Value => {
                let head = &self.head;
                self.window.consume(head.head as usize);
                self.place = Place::Data(head.data);
                Part::Entry(Entry {
                    length: head.data,
                    flags: head.flags,
                    cas: (head.cas != 0).then_some(head.cas),
                })
            }
            Place::Data(_) | Place::Skip(_) => {
                let place = self.consume_frame(self.head.length_of_tail());
                if self.head.is_failure() {
                    Part::Frame(Taken {
                        place,
                        is_whole: true,
                    })
                } else {
                    Part::End
                }
            }
            _ => Part::Frame(self.take_frame()),
        }
    }

    /// How many bytes of the data that is handed out may be received elsewhere: none before those that
    /// have come.
    pub(super) fn bypass(&self) -> usize {
        match self.place {
            Place::Data(left) if self.window.len() == 0 => left as usize,
            _ => 0,
        }
    }

    /// Passes over the next `count` bytes of the data, which may [bypass](Self::bypass) the storage.
    pub(super) fn bypassed(&mut self, count: usize) {
        if let Place::Data(left) = &mut self.place {
            *left = left.saturating_sub(count as u32);
        }
    }

    /// So many bytes of data as have come, and how many are still to come.
    fn consume_data(&mut self, left: u32) -> (Range<usize>, u32) {
        let count = self.window.len().min(left as usize);
        let left = left.saturating_sub(count as u32);
        (self.window.consume(count), left)
    }

    /// Consumes what is left of the oldest frame, `length` bytes, and goes on to the next.
    fn consume_frame(&mut self, length: usize) -> Range<usize> {
        self.largest = self.largest.max(length as u32);
        self.place = Place::Search(0);
        self.answered = None;
        self.window.consume(length)
    }

    /// Which of a group's requests the oldest frame answers, if that was [found](Self::find).
    pub(super) fn answered(&self) -> Option<u8> {
        self.answered
    }

    /// Remembers which of a group's requests the oldest frame answers, until it is consumed.
    pub(super) fn find(&mut self, place: usize) {
        self.answered = u8::try_from(place).ok();
    }

    /// The key in the oldest frame, which is whole, or of which at least the head is.
    pub(super) fn key(&self) -> &[u8] {
        self.head.key(self.window.filled())
    }

    /// The head of the oldest frame, or of the one that was consumed last.
    pub(super) fn last_head(&self) -> &Head {
        &self.head
    }
}

#[cfg(test)]
impl<S: Storage> Receiving<S> {
    /// The bytes that have come and were not consumed.
    pub(super) fn pending(&self) -> usize {
        self.window.len()
    }

    fn head_if_read(&self) -> Option<&Head> {
        (!matches!(self.place, Place::Search(_))).then_some(&self.head)
    }

    /// All that can make a difference: what storage held once is no part of it.
    pub(super) fn view(&self) -> impl Hash + PartialEq {
        (&self.window, self.place, self.answered, self.head_if_read())
    }
}
