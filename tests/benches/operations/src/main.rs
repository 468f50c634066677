//! What the core alone takes for an operation: the same source on a Cortex-M4 and on the host.
//!
//! A server of scripted bytes checks each request, byte by byte, and each reply is checked for what it is to
//! mean. Of all that, only the core's own calls are counted. For each [part](spans::Part) of an operation the
//! program prints a line, `OPERATION PART SPANS INSTRUCTIONS`, with tabs between: how many spans were counted
//! in [`ROUNDS`] calls, and the instructions in them. The operation `nothing` has empty spans: what counting
//! one takes. `ci/bench.sh operations` makes a table of both machines' lines.
//!
//! - On the board, that is in QEMU, where a tick of the clock is made of instructions, the program counts.
//! - On the host callgrind counts what is inside `counted`, and writes it down at `part_ends`; the program
//!   prints no instructions.

#![cfg_attr(target_os = "none", no_std, no_main)]

mod operations;
mod script;
mod spans;

#[cfg_attr(target_os = "none", path = "board.rs")]
#[cfg_attr(not(target_os = "none"), path = "host.rs")]
mod machine;

/// How many calls are counted, after as many that are not: in so many a request's opaque goes round.
const ROUNDS: u32 = 64;

/// The bytes of storage for sending and for receiving, and of a script's request and reply.
const STORAGE: usize = 4 << 10;

#[cfg(not(target_os = "none"))]
fn main() -> Result<(), minimc_core::Error> {
    operations::all()
}
