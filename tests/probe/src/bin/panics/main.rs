//! Every entry point of `minimc-core`, linked into an image that a reachable panic keeps from being
//! linked: `ci/panics.sh` builds it, and compares the names here with the crate's public API.
//!
//! Values are any that fit their types, whatever their private fields hold: stricter than what a
//! program can get at. What generic code does is the caller's in part; it is instantiated with
//! types that do not panic themselves.

#![no_std]
#![no_main]

mod chunks;
mod command;
mod connection;
mod conventions;
mod hash;
mod health;
mod lines;
#[cfg(feature = "defmt")]
mod log;
mod meta;
mod placement;
mod traits;
mod values;
mod wire;

use minimc_probe::call;

#[unsafe(no_mangle)]
extern "C" fn _start() {
    call(&[
        chunks::ENTRIES,
        chunks::traits::ENTRIES,
        command::ENTRIES,
        connection::ENTRIES,
        conventions::ENTRIES,
        conventions::traits::ENTRIES,
        hash::ENTRIES,
        hash::traits::ENTRIES,
        health::ENTRIES,
        health::traits::ENTRIES,
        lines::ENTRIES,
        lines::traits::ENTRIES,
        #[cfg(feature = "defmt")]
        log::ENTRIES,
        meta::ENTRIES,
        meta::traits::ENTRIES,
        placement::ENTRIES,
        placement::traits::ENTRIES,
        traits::ENTRIES,
        values::ENTRIES,
        wire::ENTRIES,
    ]);
}
