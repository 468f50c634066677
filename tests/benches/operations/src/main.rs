//! What the core alone takes for an operation: the same source on a Cortex-M4 and on the host.
//!
//! A transport of scripted bytes answers each request at once. For each operation the program prints a line
//! for every run of it, `OPERATION PART ROUNDS`, with tabs between: the part `whole` is a call with its reply,
//! `transport` is what the script takes of it. `ci/bench.sh core` makes the difference of two runs of each,
//! and of the parts.
//!
//! - On the board, that is in QEMU, where a tick of the clock is made of instructions, a fourth column says
//!   how many the run took.
//! - On the host callgrind counts: it forgets at `run_begins` what it counted before, and writes at
//!   `run_ends` what it counted since.

#![cfg_attr(target_os = "none", no_std, no_main)]

mod operations;
mod script;

#[cfg_attr(target_os = "none", path = "board.rs")]
#[cfg_attr(not(target_os = "none"), path = "host.rs")]
mod machine;

use minimc_core::{Error, ErrorKind};

/// How many calls a run has. In 64 a request's opaque goes round.
const ROUNDS: [u32; 2] = [8, 8 + 64];

/// The bytes of storage for sending, for receiving, and for what is answered.
const STORAGE: usize = 17 << 10;

/// What the program fails with where another answer was due.
const WRONG: ErrorKind = ErrorKind::OutOfOrder;

/// Runs all operations.
fn all() -> Result<(), Error> {
    operations::all(&mut |operation, part, run| {
        // What is done once, such as to clear a cache of pages, is.
        run(1)?;
        for rounds in ROUNDS {
            machine::run(operation, part, rounds, run)?;
        }
        Ok(())
    })
}
