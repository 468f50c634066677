//! One owed reply: what is known of it before it comes.

use crate::error::{ErrorKind, Fate};
use crate::key::Key;
use crate::wire::{Failure, Head, NO_TAG, Shape, Status};

/// A reply that is owed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Debt {
    /// The tag that the reply bears, or the fingerprint of its key, or the tag of a batch's first.
    pub(crate) check: u32,
    /// [`identity`](crate::command::identity) of the command.
    pub(crate) command: u16,
    /// How many of a batch's entries it answers.
    pub(crate) entries: u16,
    /// The bytes of the request in the send storage.
    pub(crate) length: u16,
    pub(crate) shape: Shape,
    /// Whether it may be taken in pieces.
    pub(crate) in_pieces: bool,
    /// Whether a value was sent behind the request's head.
    pub(crate) stores: bool,
    /// Whether a server that refuses the value removes what was stored before.
    pub(crate) replaces: bool,
}

/// The command of a debt whose reply nobody waits for any more.
pub(crate) const NAMELESS: u16 = 0;

impl Debt {
    /// Checks that a frame can be the answer to this request and not to another.
    pub(crate) fn check(&self, head: &Head, bytes: &[u8]) -> Result<(), ErrorKind> {
        if let Status::Failed(_) = head.status
            && head.tag == NO_TAG
        {
            // Error lines bear no opaque and no key.
            return Ok(());
        }
        let matches = match self.shape {
            // Servers before 1.6.18 may leave the opaque out of a miss.
            Shape::Meta => {
                head.tag == self.check || head.tag == NO_TAG && head.status == Status::NotFound
            }
            Shape::Packet => head.tag == self.check,
            Shape::Packets => {
                let entry = (head.tag as u16).wrapping_sub(self.check as u16);
                let last = head.status == Status::End;
                if last {
                    entry == self.entries
                } else {
                    entry < self.entries
                }
            }
            Shape::Value if head.status == Status::Value => {
                Key::fingerprint(head.frame(bytes, self.refusal()).key()) == self.check
            }
            // Nothing to compare: these rest on the count of replies. (A batch compares its keys.)
            _ => true,
        };
        if matches {
            Ok(())
        } else {
            Err(ErrorKind::Mismatched)
        }
    }

    /// What became of the write if the server refuses the value.
    pub(crate) fn refusal(&self) -> Fate {
        if self.replaces {
            Fate::RefusedAndGone
        } else {
            Fate::Refused
        }
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
            // The server closes after a packet that it does not understand, and takes the data
            // behind a line that it does not understand for commands.
            Failure::Client => packets || self.stores,
            Failure::Command | Failure::Unauthenticated => !packets && self.stores,
            Failure::Server | Failure::TooLarge | Failure::OutOfMemory | Failure::NotNumeric => {
                false
            }
        }
    }
}
