//! The traits of the standard library, written or derived.

use minimc_core::command::{
    Count, Delete, Get, GetMany, Item, Noop, Store, Stored, Touch, Version,
};
use minimc_core::wire::{Encoder, Failure, Feature, Frame, Opcode, Protocol, Shape, Status};
use minimc_core::{
    BadKey, Connection, Dialect, During, Entry, Error, ErrorKind, Expiry, Fate, Gap, Key, Piece,
    RawReply, ReturnCode, Text,
};
use minimc_probe::traits;

traits! {
    "BadKey" BadKey: Clone Debug Display PartialEq;
    "Connection" Connection<&'static mut [u8], 4>: Debug;
    "Count" Count<'static>: Clone Debug;
    "Delete" Delete<'static>: Clone Debug;
    "During" During: Clone Debug Display PartialEq;
    "Encoder" Encoder<'static, 'static>: Debug;
    "Entry" Entry: Clone Debug PartialEq;
    "Error" Error: Clone Debug Display PartialEq;
    "ErrorKind" ErrorKind: Clone Debug Display PartialEq;
    "Dialect" Dialect: Clone Debug Default Hash Ord PartialEq PartialOrd;
    "Feature" Feature: Clone Debug PartialEq;
    "Expiry" Expiry: Clone Debug Default PartialEq;
    "Failure" Failure: Clone Debug PartialEq;
    "Fate" Fate: Clone Debug Display PartialEq;
    "Frame" Frame<'static>: Clone Debug;
    "Gap" Gap<'static>: Clone Debug;
    "Get" Get<'static>: Clone Debug;
    // How its keys are shown is the caller's: of `str` the standard library's own can panic.
    "GetMany" GetMany<'static, Key<'static>>: Clone Debug;
    "Item" Item<'static>: Clone Debug PartialEq;
    "Key" Key<'static>: AsRef Clone Debug Hash Ord PartialEq PartialOrd;
    "Noop" Noop: Clone Debug Default;
    "Opcode" Opcode: Clone Debug PartialEq;
    "Piece" Piece<'static>: Clone Debug PartialEq;
    "Protocol" Protocol: Clone Debug Default PartialEq;
    "RawReply" RawReply<'static>: Clone Debug;
    "ReturnCode" ReturnCode: Clone Debug Hash Ord PartialEq PartialOrd;
    "Shape" Shape: Clone Debug PartialEq;
    "Status" Status: Clone Debug PartialEq;
    "Store" Store<'static, 'static>: Clone Debug;
    "Stored" Stored: Clone Debug PartialEq;
    "Text" Text: Clone Debug Display PartialEq;
    "Touch" Touch<'static>: Clone Debug;
    "Version" Version: Clone Debug Default;
}
