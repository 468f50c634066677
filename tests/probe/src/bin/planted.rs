//! An image with a panic in it, which must not be linked: it tries `ci/panics.sh` itself.

#![no_std]
#![no_main]

use minimc_probe::{any, bytes, call, entries};

entries! {
    "a planted panic" => bytes()[any::<usize>()];
}

#[unsafe(no_mangle)]
extern "C" fn _start() {
    call(&[ENTRIES]);
}
