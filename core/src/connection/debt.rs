//! One owed reply: what is known of it before it comes.

use crate::error::{Fate, Fault};
use crate::key::Key;
use crate::wire::{Failure, Head, NO_TAG, Request, Shape, Status};

/// A reply that is owed.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(test, derive(Hash, PartialEq))]
pub(super) struct Debt {
    pub(super) request: Request,
    /// [`identity`](crate::command::identity) of the command.
    pub(super) command: u16,
    /// Whether it may be taken in pieces.
    pub(super) in_pieces: bool,
}

/// The command of a debt whose reply nobody waits for any more.
pub(super) const NAMELESS: u16 = 0;

impl Debt {
    /// Checks that a frame can be the answer to this request and not to another.
    pub(super) fn check(&self, head: &Head, bytes: &[u8]) -> Result<(), Fault> {
        let request = &self.request;
        let matches = match request.shape {
            Shape::Meta | Shape::Packet if head.tag == request.check => true,
            // Error lines bear no opaque and no key.
            _ if head.tag == NO_TAG && head.is_failure() => true,
            Shape::Meta => {
                request.bare_miss && head.tag == NO_TAG && head.status == Status::NotFound
            }
            Shape::Packet => false,
            Shape::Packets => {
                let entry = (head.tag as u16).wrapping_sub(request.check as u16);
                let last = head.status == Status::End;
                if last {
                    entry == request.entries
                } else {
                    entry < request.entries
                }
            }
            Shape::Value if head.status == Status::Value => {
                Key::fingerprint(head.key(bytes)) == request.check
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

    /// The bytes of the request in the send storage.
    pub(super) fn length(&self) -> usize {
        usize::from(self.request.length)
    }

    /// Whether a reply to this command, or to any, may be taken for it.
    pub(super) fn is_for(&self, command: Option<u16>) -> bool {
        command.map_or(self.command != NAMELESS, |wanted| wanted == self.command)
    }

    /// What became of the write if the server refuses the value.
    pub(super) fn refusal(&self) -> Fate {
        if self.request.replaces {
            Fate::RefusedAndGone
        } else {
            Fate::Refused
        }
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
            // The server closes after a packet that it does not understand, and takes the data
            // behind a line that it does not understand for commands.
            Failure::Client => packets || self.request.stores,
            Failure::Command | Failure::Unauthenticated => !packets && self.request.stores,
            Failure::Server | Failure::TooLarge | Failure::OutOfMemory | Failure::NotNumeric => {
                false
            }
        }
    }
}
