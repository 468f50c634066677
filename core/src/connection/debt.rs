//! One owed reply: what is known of it before it comes.

use crate::error::Fault;
use crate::key::Key;
use crate::wire::{Failure, Head, Mark, NO_TAG, Request, Shape, Status};

/// A reply that is owed, or the replies to a group of a batch's requests.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(test, derive(Hash, PartialEq))]
pub(super) struct Debt {
    pub(super) request: Request,
    /// [`identity`](crate::command::identity) of the command.
    pub(super) command: u16,
    /// How many of a group's requests, each of which is answered, were answered.
    pub(super) answered: u16,
}

/// The command of a debt whose reply nobody waits for any more.
pub(super) const NAMELESS: u16 = 0;

impl Debt {
    /// Checks that a frame can be the answer to this request and not to another.
    pub(super) fn check(&self, head: &Head, bytes: &[u8]) -> Result<(), Fault> {
        let request = &self.request;
        // Of a group each request has a tag of its own.
        let entry = (head.tag as u16).wrapping_sub(request.check as u16);
        let tag = request.check.wrapping_add(u32::from(self.answered));
        let matches = match request.shape {
            Shape::Meta if head.tag == tag => true,
            Shape::Packet | Shape::StatPackets if head.tag == request.check => true,
            // Error lines bear no opaque and no key.
            _ if head.tag == NO_TAG && head.is_failure() => true,
            Shape::Packet if request.is(Mark::Each) => {
                entry == self.answered && head.tag >> 16 == request.check >> 16
            }
            Shape::Meta => {
                request.is(Mark::BareMiss) && head.tag == NO_TAG && head.status == Status::NotFound
            }
            Shape::Metas if head.status == Status::End => true,
            Shape::Metas => head.tag < NO_TAG && entry < request.entries,
            Shape::Packet | Shape::StatPackets => false,
            Shape::Packets if head.status == Status::End => entry == request.entries,
            Shape::Packets => entry < request.entries,
            Shape::Value if head.status == Status::Value && !request.is(Mark::Each) => {
                Key::fingerprint(&[], head.key(bytes)) == request.check
            }
            // Nothing to compare: these rest on the count of replies. (A batch compares its keys.)
            _ => true,
        };
        if matches {
            Ok(())
        } else {
            Err(Fault::Mismatched)
        }
    }

    /// Whether a frame with this head ends it.
    pub(super) fn is_last(&self, head: &Head) -> bool {
        let each = self.request.is(Mark::Each);
        head.is_last() && (!each || self.answered.saturating_add(1) >= self.request.entries)
    }

    /// Counts an answer; whether it is the last that is owed.
    pub(super) fn is_last_answer(&mut self) -> bool {
        if !self.request.is(Mark::Each) {
            return true;
        }
        self.answered = self.answered.saturating_add(1);
        self.answered >= self.request.entries
    }

    /// The bytes of the request in the send storage.
    pub(super) fn length(&self) -> usize {
        usize::from(self.request.length)
    }

    /// Whether it is a group of a batch's requests.
    pub(super) fn is_of_batch(&self) -> bool {
        self.request.entries > 0
    }

    /// Whether a reply to this command, or to any, may be taken for it.
    pub(super) fn is_for(&self, command: Option<u16>) -> bool {
        command.map_or(self.command != NAMELESS, |wanted| wanted == self.command)
    }

    /// Whether the answer leaves the connection in an unknown state.
    pub(super) fn is_broken_by(&self, head: &Head) -> bool {
        let Status::Failed(failure) = head.status else {
            return false;
        };
        let packets = self.request.shape.is_packet();
        match failure {
            // In place of a packet: the server does not speak the protocol.
            _ if packets && head.tag == NO_TAG => true,
            Failure::TooManyConnections => true,
            // The server closes after a packet that it does not understand, or that wants a login,
            // and takes the data behind a line that it does not understand for commands.
            Failure::Client | Failure::Unauthenticated => packets || self.request.is(Mark::Stores),
            Failure::Command => !packets && self.request.is(Mark::Stores),
            Failure::Server
            | Failure::TooLarge
            | Failure::OutOfMemory
            | Failure::NotNumeric
            | Failure::Refused => false,
        }
    }
}
