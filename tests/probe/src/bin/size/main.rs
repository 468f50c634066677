//! A program around one connection, whose image `ci/size.sh` measures: with get, set and delete and
//! whatever other command is a feature, with the protocol chosen as it runs or a constant (`text`,
//! `meta`, `binary`), and with the connection's methods stubbed out (`stub`).

#![no_std]
#![no_main]

mod client;
mod servers;
#[cfg(feature = "stub")]
mod stub;

use core::mem::MaybeUninit;

use minimc_core::Connection as Real;
use minimc_core::value::{Deflate, Inflate};
use minimc_probe::{any, sink};
#[cfg(feature = "stub")]
use stub::{Connection, encoded, key};

#[cfg(not(feature = "stub"))]
type Connection = Real<&'static mut [u8], 4>;

#[cfg(not(feature = "stub"))]
fn key() -> Result<minimc_core::Key<'static>, minimc_core::BadKey> {
    minimc_core::Key::new(minimc_probe::bytes())
}

#[cfg(not(feature = "stub"))]
#[allow(dead_code, reason = "some programs have no such keys")]
fn encoded() -> Result<minimc_core::Key<'static>, minimc_core::BadKey> {
    minimc_core::Key::encoded(minimc_probe::bytes())
}

#[unsafe(no_mangle)]
extern "C" fn _start() {
    sink(&raw mut ONE);
    sink(&raw mut FOUR);
    sink(&raw mut SIXTEEN);
    sink(&raw mut ARRAYS);
    sink(&raw mut INFLATE);
    sink(&raw mut DEFLATE);
    servers::places();
    sink(client::run());
}

/// Places for connections: the sizes of their symbols are those of the types.
#[unsafe(export_name = "RAM Connection<&mut [u8], 1>")]
static mut ONE: MaybeUninit<Real<&mut [u8], 1>> = MaybeUninit::uninit();
#[unsafe(export_name = "RAM Connection<&mut [u8], 4>")]
static mut FOUR: MaybeUninit<Real<&mut [u8], 4>> = MaybeUninit::uninit();
#[unsafe(export_name = "RAM Connection<&mut [u8], 16>")]
static mut SIXTEEN: MaybeUninit<Real<&mut [u8], 16>> = MaybeUninit::uninit();
#[unsafe(export_name = "RAM Connection<[u8; 512], 4>")]
static mut ARRAYS: MaybeUninit<Real<[u8; 512], 4>> = MaybeUninit::uninit();

/// And for what inflates and compresses.
#[unsafe(export_name = "RAM Inflate, its window apart")]
static mut INFLATE: MaybeUninit<Inflate<'_>> = MaybeUninit::uninit();
#[unsafe(export_name = "RAM Deflate<2048>")]
static mut DEFLATE: MaybeUninit<Deflate<2048>> = MaybeUninit::uninit();

/// The transport: takes as many bytes as it likes.
fn write(parts: [&[u8]; 3]) -> usize {
    sink(parts);
    any()
}

/// The transport: gives as many bytes as it likes.
fn read(space: &mut [u8]) -> usize {
    sink(space);
    any()
}
