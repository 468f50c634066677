//! A processor fault says where it happened and ends the run.

use minimc_semihost::{FAULT, eprintln, exit};
use riscv::register::{mcause, mepc};
use riscv_rt::TrapFrame;

/// What riscv-rt calls, by this name, for an exception that has no handler of its own.
#[unsafe(export_name = "ExceptionHandler")]
extern "C" fn exception(_frame: &TrapFrame) -> ! {
    eprintln!(
        "exception {} at {:#010x}",
        mcause::read().code(),
        mepc::read()
    );
    exit(FAULT)
}
