//! One owed reply: what is known of it before it comes.

use super::{Failure, Head, NO_TAG, Shape, Status};
use crate::error::Fault;
use crate::key::Key;

/// The reply that is owed to a request, or the replies to a group of a batch's requests.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(test, derive(Hash, PartialEq))]
pub(crate) struct Debt {
    /// The tag that the reply bears, or the fingerprint of its key, or the tag of a batch's first.
    pub(crate) check: u32,
    pub(crate) shape: Shape,
    /// The bytes of the request in the send storage.
    pub(crate) length: u16,
    /// [`identity`](crate::command::identity) of the command.
    pub(crate) command: u16,
    /// How many requests of a batch there are; 0 if it is none of a batch.
    pub(crate) entries: u8,
    /// How many replies are still owed.
    pub(crate) replies: u8,
    pub(crate) marks: Marks,
}

/// Which [marks](Mark) a request has.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(test, derive(Hash, PartialEq))]
pub(crate) struct Marks(u8);

/// What may be so or not of a request.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub(crate) enum Mark {
    /// A value follows its head.
    Stores = 1,
    /// A server that refuses the value removes what was stored before.
    Replaces = 2,
    /// A miss may come without its opaque.
    BareMiss = 4,
    /// The reply may be taken in pieces.
    InPieces = 8,
    /// It is a login.
    LogsIn = 16,
    /// A packet is to store only if a CAS value is the item's.
    Compares = 32,
}

impl Marks {
    pub(crate) fn has(self, mark: Mark) -> bool {
        self.0 & mark as u8 != 0
    }
}

impl Debt {
    /// The command of a debt whose reply nobody waits for any more.
    pub(crate) const NAMELESS: u16 = 0;

    /// That of a request by this command, whose reply bears `tag`.
    pub(crate) fn new(command: u16, tag: u16) -> Self {
        Self {
            check: tag.into(),
            shape: Shape::META,
            length: 0,
            command,
            entries: 0,
            replies: 1,
            marks: Marks(0),
        }
    }

    pub(crate) fn is(&self, mark: Mark) -> bool {
        self.marks.has(mark)
    }

    pub(crate) fn mark(&mut self, mark: Mark) {
        self.marks.0 |= mark as u8;
    }

    pub(crate) fn unmark(&mut self, mark: Mark) {
        self.marks.0 &= !(mark as u8);
    }

    /// Checks that a frame can be the answer to this request and not to another.
    pub(crate) fn check(&self, head: &Head, bytes: &[u8]) -> Result<(), Fault> {
        if self.shape.is_answer(self, head, bytes) {
            Ok(())
        } else {
            Err(Fault::Mismatched)
        }
    }

    /// Whether a frame with this head ends it.
    pub(crate) fn is_last(&self, head: &Head) -> bool {
        head.is_last() && self.replies <= 1
    }

    /// The bytes of the request in the send storage.
    pub(crate) fn length(&self) -> usize {
        usize::from(self.length)
    }

    /// Whether none of the replies to a batch's requests was taken that stand for themselves.
    pub(crate) fn is_unanswered(&self) -> bool {
        self.replies >= self.entries || self.shape.is_shared()
    }

    /// Whether it is a group of a batch's requests.
    pub(crate) fn is_of_batch(&self) -> bool {
        self.entries > 0
    }

    /// Whether a reply to this command, or to any, may be taken for it.
    pub(crate) fn is_for(&self, command: Option<u16>) -> bool {
        command.map_or(self.command != Self::NAMELESS, |wanted| {
            wanted == self.command
        })
    }

    /// Whether the answer leaves the connection in an unknown state.
    pub(crate) fn is_broken_by(&self, head: &Head) -> bool {
        let Status::Failed(failure) = head.status else {
            return false;
        };
        let packets = self.shape.is_packet();
        match failure {
            // In place of a packet: the server does not speak the protocol.
            _ if packets && head.tag == NO_TAG => true,
            Failure::TooManyConnections => true,
            // The server may be asked again.
            Failure::Unauthenticated if self.is(Mark::LogsIn) => false,
            // The server closes after a packet that it does not understand, or that wants a login
            // before it, and takes the data behind a line that it does not understand for commands.
            Failure::Client | Failure::Unauthenticated => packets || self.is(Mark::Stores),
            Failure::Command => !packets && self.is(Mark::Stores),
            Failure::Server
            | Failure::TooLarge
            | Failure::OutOfMemory
            | Failure::NotNumeric
            | Failure::Refused => false,
        }
    }

    /// Which of a group's entries bears this tag, if one does.
    pub(crate) fn entry(&self, tag: u32) -> u16 {
        (tag as u16).wrapping_sub(self.check as u16)
    }

    /// Goes on to the next reply; `false` if that was the last.
    pub(crate) fn next(&mut self) -> bool {
        self.replies = self.replies.saturating_sub(1);
        let tag = (self.check as u16).wrapping_add(1);
        self.check = self.check & !0xFFFF | u32::from(tag);
        self.replies > 0
    }

    pub(super) fn is_answered_by_meta(&self, head: &Head, _: &[u8]) -> bool {
        let is_bare = head.tag == NO_TAG && head.status == Status::NotFound;
        head.tag == self.check || is_bare && self.is(Mark::BareMiss)
    }

    pub(super) fn is_answered_by_metas(&self, head: &Head, _: &[u8]) -> bool {
        let is_entry = head.tag < NO_TAG && self.entry(head.tag) < u16::from(self.entries);
        head.status == Status::End || is_entry
    }

    pub(super) fn is_answered_by_value(&self, head: &Head, bytes: &[u8]) -> bool {
        head.status != Status::Value
            // Of a group each request has a key of its own.
            || self.entries > 0
            || Key::fingerprint(head.key(bytes)) == self.check
    }

    pub(super) fn is_answered_by_packet(&self, head: &Head, _: &[u8]) -> bool {
        head.tag == self.check
    }

    pub(super) fn is_answered_by_packets(&self, head: &Head, _: &[u8]) -> bool {
        let (entry, entries) = (self.entry(head.tag), u16::from(self.entries));
        if head.status == Status::End {
            entry == entries
        } else {
            entry < entries
        }
    }

    /// Nothing to compare: these rest on the count of replies. (A batch compares its keys.)
    pub(super) fn is_answered_in_turn(&self, _: &Head, _: &[u8]) -> bool {
        true
    }
}
