//! The traits of the standard library, written or derived. Those of which it is known that they
//! cannot be linked so are in `left_out.rs`.

use minimc_core::command::{
    Count, Delete, Get, GetMany, Item, Noop, Store, Stored, Touch, Version,
};
use minimc_core::wire::{Failure, Frame, Opcode, Protocol, Shape, Status};
use minimc_core::{
    BadKey, During, Entry, Error, ErrorKind, Expiry, Fate, Gap, Key, Piece, RawReply, ReturnCode,
    Text,
};
use minimc_probe::traits;

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
