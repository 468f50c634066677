//! A processor fault says where it happened and ends the run.

use cortex_m_rt::{ExceptionFrame, exception};
use minimc_semihost::{FAULT, eprintln, exit};

// SAFETY: the handler touches nothing of the interrupted program and never returns to it.
#[exception]
unsafe fn HardFault(frame: &ExceptionFrame) -> ! {
    eprintln!(
        "hard fault at {:#010x}, called from {:#010x}",
        frame.pc(),
        frame.lr()
    );
    exit(FAULT)
}
