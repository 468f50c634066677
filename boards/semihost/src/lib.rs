//! What firmware asks and tells the machine that runs it: arguments, logs, exit status, panics.
//!
//! All of it is semihosting, which QEMU answers on Arm and on RISC-V alike, and a debug probe on a
//! real board. Logs are `defmt` frames on standard output, which `defmt-print` decodes; last words
//! are text on standard error, so that the two never mix.
#![no_std]

use core::panic::PanicInfo;

// Linked for its global logger.
use defmt_semihosting as _;
pub use semihosting::eprintln;
use semihosting::experimental::env;

/// The exit status of a run that went well.
pub const SUCCESS: i32 = 0;
/// The exit status of a run that ended with an error that the firmware reported.
pub const FAILURE: i32 = 1;
/// The exit status of a panic, as on a host.
pub const PANIC: i32 = 101;
/// The exit status of a fault that the processor raised, such as a read from no memory.
pub const FAULT: i32 = 102;

/// The words that this run was started with, after the program's own name.
pub struct Arguments(Option<env::Args<256>>);

impl Arguments {
    /// Asks the machine for them. Without an answer, or with more than 256 bytes, there are none.
    #[must_use]
    pub fn read() -> Self {
        let this = Self(env::args().ok());
        this.next();
        this
    }

    /// The next word, if there is one and it is UTF-8.
    pub fn next(&self) -> Option<&str> {
        self.0.as_ref()?.next()?.ok()
    }
}

/// Ends the run: with [`SUCCESS`], or [`FAILURE`] when the firmware says so.
pub fn finish<E>(outcome: Result<(), E>) -> ! {
    exit(if outcome.is_ok() { SUCCESS } else { FAILURE })
}

/// Ends the run with `status`, which becomes the exit status of QEMU.
pub fn exit(status: i32) -> ! {
    semihosting::process::exit(status)
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    eprintln!("{info}");
    exit(PANIC)
}
