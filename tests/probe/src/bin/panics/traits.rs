//! The traits of the standard library, written or derived.

use core::fmt::{self, Formatter};
use core::hash::Hasher;

use minimc_core::command::{
    Count, Delete, Get, GetMany, Item, Noop, Store, Stored, Touch, Version,
};
use minimc_core::wire::{Encoder, Failure, Frame, Opcode, Protocol, Shape, Status};
use minimc_core::{
    BadKey, Connection, During, Entry, Error, ErrorKind, Expiry, Fate, Gap, Key, Piece, RawReply,
    ReturnCode, Text,
};
use minimc_probe::{any, sink, some};

/// Entry points `Type: Trait`, each through the function of the trait's name in [`through`].
macro_rules! traits {
    ($($name:literal $type:ty: $($trait:ident)*;)*) => {
        pub static ENTRIES: &[fn()] = &[$($({
            #[unsafe(export_name = concat!("entry ", $name, ": ", stringify!($trait)))]
            fn entry() {
                through::$trait::<$type>();
            }
            entry
        }),*),*];
    };
}

traits! {
    "BadKey" BadKey: Clone Debug Display PartialEq;
    "Count" Count<'static>: Clone;
    "Delete" Delete<'static>: Clone Debug;
    "During" During: Clone Debug Display PartialEq;
    "Entry" Entry: Clone PartialEq;
    "Error" Error: Clone Display PartialEq;
    "ErrorKind" ErrorKind: Clone Display PartialEq;
    "Expiry" Expiry: Clone Debug Default PartialEq;
    "Failure" Failure: Clone Debug PartialEq;
    "Fate" Fate: Clone Debug Display PartialEq;
    "Frame" Frame<'static>: Clone;
    "Gap" Gap<'static>: Clone Debug;
    "Get" Get<'static>: Clone Debug;
    // How its keys are shown is the caller's: of `str` the standard library's own can panic.
    "GetMany" GetMany<'static, Key<'static>>: Clone Debug;
    "Item" Item<'static>: Clone PartialEq;
    "Key" Key<'static>: AsRef Clone Debug Hash Ord PartialEq PartialOrd;
    "Noop" Noop: Clone Debug Default;
    "Opcode" Opcode: Clone Debug PartialEq;
    "Piece" Piece<'static>: Clone PartialEq;
    "Protocol" Protocol: Clone Debug Default PartialEq;
    "RawReply" RawReply<'static>: Clone;
    "ReturnCode" ReturnCode: Clone Debug Hash Ord PartialEq PartialOrd;
    "Shape" Shape: Clone Debug PartialEq;
    "Status" Status: Clone Debug PartialEq;
    "Store" Store<'static, 'static>: Clone;
    "Stored" Stored: Clone Debug PartialEq;
    "Text" Text: Clone Debug Display PartialEq;
    "Touch" Touch<'static>: Clone Debug;
    "Version" Version: Clone Debug Default;
}

#[allow(non_snake_case, reason = "named as the traits are")]
mod through {
    use super::*;

    pub fn AsRef<T: core::convert::AsRef<[u8]> + 'static>() {
        sink(some::<T>().as_ref());
    }

    pub fn Clone<T: core::clone::Clone>() {
        sink(some::<T>().clone());
    }

    pub fn Debug<T: fmt::Debug>() {
        sink(some::<T>().fmt(some::<Formatter<'_>>()));
    }

    pub fn Default<T: core::default::Default>() {
        sink(T::default());
    }

    pub fn Display<T: fmt::Display>() {
        sink(some::<T>().fmt(some::<Formatter<'_>>()));
    }

    pub fn Hash<T: core::hash::Hash>() {
        some::<T>().hash(&mut Anything);
    }

    pub fn Ord<T: core::cmp::Ord>() {
        sink(some::<T>().cmp(some()));
    }

    pub fn PartialEq<T: core::cmp::PartialEq>() {
        sink(*some::<T>() == *some());
    }

    pub fn PartialOrd<T: core::cmp::PartialOrd>() {
        sink(some::<T>().partial_cmp(some()));
    }
}

/// A hash function with any result.
struct Anything;

impl Hasher for Anything {
    fn write(&mut self, bytes: &[u8]) {
        sink(bytes);
    }

    fn finish(&self) -> u64 {
        any()
    }
}
