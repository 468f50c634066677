//! The traits of the standard library, written or derived.

use minimc_core::command::{
    Count, CountMany, Delete, DeleteMany, Get, GetMany, Item, Noop, Store, StoreInPieces,
    StoreMany, Stored, Touch, TouchMany, Version,
};
use minimc_core::wire::{Encoder, Failure, Feature, Form, Frame, Opcode, Protocol, Shape, Status};
use minimc_core::{
    BadKey, Connection, Credentials, Dialect, During, Entry, Error, ErrorKind, Expiry, Fate, Gap,
    Key, Piece, Prefix, Progress, RawReply, ReturnCode, Sent, Text,
};
use minimc_probe::traits;

traits! {
    "BadKey" BadKey: Clone Debug Display PartialEq;
    "Connection" Connection<&'static mut [u8], 4>: Debug;
    "Count" Count<'static>: Clone Debug;
    "CountMany" CountMany<'static, Key<'static>>: Clone Debug;
    "Credentials" Credentials<'static>: Clone Debug PartialEq;
    "Delete" Delete<'static>: Clone Debug;
    "DeleteMany" DeleteMany<'static, Key<'static>>: Clone Debug;
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
    "Form" Form: Clone Debug PartialEq;
    "Frame" Frame<'static>: Clone Debug;
    "Gap" Gap<'static>: Clone Debug;
    "Get" Get<'static>: Clone Debug;
    // How its keys are shown is the caller's: of `str` the standard library's own can panic.
    "GetMany" GetMany<'static, Key<'static>>: Clone Debug;
    "Item" Item<'static>: Clone Debug PartialEq;
    "Key" Key<'static>: Clone Debug Hash Ord PartialEq PartialOrd;
    "Noop" Noop: Clone Debug Default;
    "Opcode" Opcode: Clone Debug PartialEq;
    "Piece" Piece<'static>: Clone Debug PartialEq;
    "Prefix" Prefix: Clone Debug Default PartialEq;
    "Progress" Progress: Clone Debug Default;
    "Protocol" Protocol: Clone Debug Default PartialEq;
    "RawReply" RawReply<'static>: Clone Debug;
    "ReturnCode" ReturnCode: Clone Debug Hash Ord PartialEq PartialOrd;
    "Sent" Sent<'static>: Clone Debug;
    "Shape" Shape: Clone Debug PartialEq;
    "Status" Status: Clone Debug PartialEq;
    "Store" Store<'static, 'static>: Clone Debug;
    "StoreInPieces" StoreInPieces<'static>: Clone Debug;
    "StoreMany" StoreMany<'static, Key<'static>, Key<'static>>: Clone Debug;
    "Stored" Stored: Clone Debug PartialEq;
    "Text" Text: Clone Debug Display PartialEq;
    "Touch" Touch<'static>: Clone Debug;
    "TouchMany" TouchMany<'static, Key<'static>>: Clone Debug;
    "Version" Version: Clone Debug Default;
}
