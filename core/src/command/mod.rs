//! The commands: one file each, with its request in every protocol and the meaning of its reply.

mod count;
mod delete;
mod get;
mod get_many;
mod noop;
mod store;
mod touch;
mod version;

#[cfg(test)]
pub(crate) mod check;

pub use count::Count;
pub use delete::Delete;
pub use get::{Get, Item};
pub use get_many::GetMany;
pub use noop::Noop;
pub use store::{Store, Stored};
pub use touch::Touch;
pub use version::Version;

use crate::error::ErrorKind;
use crate::wire::{Encoder, Frame};

/// A request that is answered by one reply.
pub trait Command {
    /// The command's name, which tells it from every other.
    const NAME: &'static str;

    /// Whether the command changes nothing, so that repeating it does no harm.
    const IS_READ: bool = false;

    /// Whether the reply is a value that may be taken in
    /// [pieces](crate::Connection::piece).
    const IN_PIECES: bool = false;

    /// What the reply means; it may lend bytes of the receive storage.
    type Reply<'b>;

    /// Writes the request in the encoder's protocol.
    fn encode<'v>(&'v self, out: &mut Encoder<'_, 'v>);

    /// Reads the meaning of the reply.
    fn decode<'b>(frame: &Frame<'b>) -> Result<Self::Reply<'b>, ErrorKind>;
}

/// Any number of requests that are sent together and answered item by item, in constant memory.
///
/// The requests are queued in groups, each as large as the send storage allows and closed by
/// something whose answer tells that the group is answered.
pub trait Batch {
    /// The batch's name, which tells it from every other and from every command.
    const NAME: &'static str;

    /// What one item means; it may lend bytes of the receive storage.
    type Item<'b>;

    /// Whether there are requests that were not queued yet.
    fn remains(&self) -> bool;

    /// Writes as many of them as fit, each as an [entry](Encoder::entry), and what closes them.
    fn encode(&self, out: &mut Encoder<'_, '_>);

    /// Tells that `count` of them were queued as a group.
    fn queued(&mut self, count: u16);

    /// Reads the meaning of one item; it answers one of the `count` entries of the oldest group.
    fn item<'b>(&mut self, frame: &Frame<'b>, count: u16) -> Result<Self::Item<'b>, ErrorKind>;

    /// Tells that the oldest group, of `count` entries, is answered.
    fn answered(&mut self, count: u16);
}

/// A short number for a command's name; never 0.
pub(crate) const fn identity(name: &str) -> u16 {
    let mut bytes = name.as_bytes();
    let mut hash = 0x811c_9dc5_u32;
    while let [first, rest @ ..] = bytes {
        hash = (hash ^ *first as u32).wrapping_mul(0x0100_0193);
        bytes = rest;
    }
    (hash ^ hash >> 16) as u16 | 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_identities_of_their_own() {
        let names = [
            Count::NAME,
            Delete::NAME,
            Get::NAME,
            <GetMany<'_, &str> as Batch>::NAME,
            Noop::NAME,
            Store::NAME,
            Touch::NAME,
            Version::NAME,
        ];
        for (index, name) in names.iter().enumerate() {
            assert!(
                names[..index]
                    .iter()
                    .all(|other| identity(other) != identity(name)),
                "{name}"
            );
        }
    }
}
