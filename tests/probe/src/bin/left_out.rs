//! The entry points that `ci/panics.sh` leaves out of its images, since the standard library's own
//! formatting has panics there that the optimiser does not remove, though they never happen.
//!
//! Nothing but `Debug` may stand here; and what does not reach a panic may not, which is checked.

#![no_std]
#![no_main]

use minimc_core::command::{Count, Item, Store};
use minimc_core::wire::{Encoder, Frame};
use minimc_core::{Connection, Entry, Error, ErrorKind, Piece, RawReply};
use minimc_probe::{call, traits};

traits! {
    // `str`'s `Debug` escapes its text: slices, and look-ups in Unicode's tables.
    "Error" Error: Debug;
    "ErrorKind" ErrorKind: Debug;
    // Derived for more than five fields: it asserts that there are as many names as values.
    "Connection" Connection<&'static mut [u8], 4>: Debug;
    "Encoder" Encoder<'static, 'static>: Debug;
    "Frame" Frame<'static>: Debug;
    "RawReply" RawReply<'static>: Debug;
    // A `u64` in decimal, for 32-bit machines and size: a bounds check of its buffer.
    "Count" Count<'static>: Debug;
    "Entry" Entry: Debug;
    "Item" Item<'static>: Debug;
    "Piece" Piece<'static>: Debug;
    "Store" Store<'static, 'static>: Debug;
}

#[unsafe(no_mangle)]
extern "C" fn _start() {
    call(&[ENTRIES]);
}
