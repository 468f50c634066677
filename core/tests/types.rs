//! What the types are: how large, and whether threads may share them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "a test may fail"
)]

use minimc_core::command::{Count, Delete, Get, GetMany, Item, Noop, Store, Touch, Version};
use minimc_core::{
    Connection, Entry, Error, ErrorKind, Expiry, Gap, Key, Piece, Protocol, RawReply, ReturnCode,
};

fn shared<T: Send + Sync + Unpin + core::fmt::Debug>() {}
fn copied<T: Copy + Send + Sync + core::fmt::Debug>() {}

#[test]
fn threads_may_share_and_send_everything() {
    shared::<Connection<&mut [u8], 4>>();
    shared::<Connection<[u8; 400], 4>>();
    shared::<GetMany<'_, &str>>();
    copied::<Key<'_>>();
    copied::<Expiry>();
    copied::<Error>();
    copied::<ErrorKind>();
    copied::<ReturnCode>();
    copied::<Protocol>();
    copied::<Gap<'_>>();
    copied::<Piece<'_>>();
    copied::<Entry>();
    copied::<RawReply<'_>>();
    copied::<Item<'_>>();
    copied::<Get<'_>>();
    copied::<Store<'_, '_>>();
    copied::<Count<'_>>();
    copied::<Delete<'_>>();
    copied::<Touch<'_>>();
    copied::<Version>();
    copied::<Noop>();
}

/// `ci/size.sh` holds the bound of 192 bytes on 32-bit machines.
#[test]
#[cfg(target_pointer_width = "64")]
fn a_connection_is_small() {
    assert_eq!(size_of::<Connection<&mut [u8], 4>>(), 304);
    // Each more reply that may be owed.
    let more = size_of::<Connection<&mut [u8], 5>>() - size_of::<Connection<&mut [u8], 4>>();
    assert_eq!(more, 24);
    assert!(size_of::<Error>() <= 96);
}
