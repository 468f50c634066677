//! The commands: one file each, with its request in every protocol and the meaning of its reply.

mod cache_memlimit;
mod cachedump;
mod cluster_config;
mod count;
mod count_many;
mod delete;
mod delete_cas;
mod delete_many;
mod dumped_key;
mod exists;
mod flush_all;
mod get;
mod get_many;
mod lease;
mod login;
mod mechanisms;
pub mod meta;
mod metadump;
mod mgdump;
mod noop;
mod quit;
mod statistics;
mod stats;
mod store;
mod store_in_pieces;
mod store_many;
mod touch;
mod touch_many;
mod verbosity;
mod version;
mod watch;

#[cfg(test)]
pub(crate) mod check;

pub use cache_memlimit::CacheMemlimit;
pub use cachedump::{CacheDump, Cached};
pub use cluster_config::{Cluster, ClusterConfig, Node};
pub use count::Count;
pub use count_many::CountMany;
pub use delete::Delete;
pub use delete_cas::{DeleteCas, Deleted};
pub use delete_many::DeleteMany;
pub use dumped_key::DumpedKey;
pub use exists::Exists;
pub use flush_all::FlushAll;
pub use get::{Get, Item};
pub use get_many::GetMany;
pub use lease::{Lease, Leased};
pub use login::Login;
pub use mechanisms::Mechanisms;
pub use metadump::{Crawl, Metadata, Metadump};
pub use mgdump::Mgdump;
pub use noop::Noop;
pub use quit::Quit;
pub use statistics::{ClassItems, ClassSlabs, ConnectionStatistics, General, Settings};
pub use stats::{Statistic, Stats};
pub use store::{Store, Stored};
pub use store_in_pieces::StoreInPieces;
pub use store_many::StoreMany;
pub use touch::Touch;
pub use touch_many::TouchMany;
pub use verbosity::Verbosity;
pub use version::Version;
pub use watch::{Event, Record, Watch, Watched, What, Word};

use crate::error::ErrorKind;
use crate::wire::{Encoder, Form, Frame};

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

/// Any number of requests that are sent together and answered one by one, in constant memory.
///
/// The requests are queued in groups, each as large as the send storage allows. How far a batch is
/// knows its [`Progress`](crate::Progress).
pub trait Batch {
    /// The batch's name, which tells it from every other and from every command.
    const NAME: &'static str;

    /// Whether repeating the requests does no harm: they change nothing, or to the same twice.
    const IS_READ: bool = false;

    /// Whether there is one request and any number of lines answer it, [`Form::Stream`]. Such a batch
    /// wants a receive storage of 2,048 bytes at least.
    const IS_LINES: bool = false;

    /// What a request is known by to whoever asked: its key, as it was given.
    type Name: Copy;

    /// What a reply means; it may lend bytes of the receive storage.
    type Reply<'b>;

    /// What the request with this index is known by.
    fn name(&self, index: usize) -> Option<Self::Name>;

    /// How many requests there are.
    fn count(&self) -> usize;

    /// Says how the requests are answered; where they share a line, writes its beginning.
    fn open(&self, out: &mut Encoder<'_, '_>) -> Form;

    /// Writes the request with this index.
    fn encode<'v>(&'v self, index: usize, out: &mut Encoder<'_, 'v>);

    /// Reads the meaning of a reply.
    fn decode<'b>(frame: &Frame<'b>) -> Result<Self::Reply<'b>, ErrorKind>;

    /// What it means that a request was not answered: for [`Form::Quiet`] and [`Form::Line`].
    /// `None` where that has no meaning of its own.
    fn silence<'b>() -> Option<Self::Reply<'b>> {
        None
    }

    /// Whether the request with this index asks for `key`: for [`Form::Line`], and for replies that
    /// bear the key.
    fn asks_for(&self, index: usize, key: &[u8]) -> bool {
        let _ = (index, key);
        false
    }
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
            CacheMemlimit::NAME,
            CacheDump::NAME,
            ClusterConfig::NAME,
            Metadump::NAME,
            Mgdump::NAME,
            Stats::NAME,
            Watch::NAME,
            Count::NAME,
            <CountMany<'_, &str> as Batch>::NAME,
            Delete::NAME,
            <DeleteMany<'_, &str> as Batch>::NAME,
            DeleteCas::NAME,
            Exists::NAME,
            FlushAll::NAME,
            Get::NAME,
            <GetMany<'_, &str> as Batch>::NAME,
            Lease::NAME,
            Login::NAME,
            Mechanisms::NAME,
            meta::Count::NAME,
            meta::Debug::NAME,
            meta::Delete::NAME,
            meta::Get::NAME,
            meta::Set::NAME,
            Noop::NAME,
            Quit::NAME,
            Store::NAME,
            <StoreMany<'_, &str, &str> as Batch>::NAME,
            Touch::NAME,
            <TouchMany<'_, &str> as Batch>::NAME,
            Verbosity::NAME,
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
