//! The host: callgrind counts, between two functions that it knows by their names.

use std::hint::black_box;

use minimc_core::Error;

/// Runs it, and tells which run it was.
pub fn run(
    operation: &str,
    part: &str,
    rounds: u32,
    run: &mut dyn FnMut(u32) -> Result<(), Error>,
) -> Result<(), Error> {
    run_begins();
    let outcome = run(rounds);
    run_ends();
    println!("{operation}\t{part}\t{rounds}");
    outcome
}

// Their bodies differ, so that they are not merged.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn run_begins() {
    black_box(1);
}

#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn run_ends() {
    black_box("ends");
}

fn main() -> Result<(), Error> {
    crate::all()
}
