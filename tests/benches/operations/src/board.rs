//! Arm's MPS2 board as a Cortex-M4F, in QEMU with `-icount shift=10`: an instruction takes 1,024 ns of the
//! board's time, so its timer of 25 MHz counts them.

use core::ptr;

use cortex_m_rt::entry;
use minimc_core::Error;
use semihosting::println;

/// The board's dual timer: QEMU's SysTick is no good for long runs, and there is no cycle counter.
const TIMER: *mut u32 = ptr::without_provenance_mut(0x4000_2000);

/// Starts the timer: on, with 32 bits, running down.
fn start() {
    // SAFETY: the board has the timer's control register there.
    unsafe { TIMER.add(2).write_volatile(0x82) };
}

/// The ticks that are left.
fn left() -> u32 {
    // SAFETY: the board has the timer's value there.
    unsafe { TIMER.add(1).read_volatile() }
}

/// Runs it, and tells how many instructions that took: 10 for 256 ticks.
pub fn run(
    operation: &str,
    part: &str,
    rounds: u32,
    run: &mut dyn FnMut(u32) -> Result<(), Error>,
) -> Result<(), Error> {
    let before = left();
    let outcome = run(rounds);
    let ticks = u64::from(before.wrapping_sub(left()));
    let instructions = (ticks * 10 + 128) / 256;
    println!("{operation}\t{part}\t{rounds}\t{instructions}");
    outcome
}

#[entry]
fn main() -> ! {
    start();
    if let Err(error) = crate::all() {
        println!("{error}");
        semihosting::process::exit(1);
    }
    semihosting::process::exit(0)
}
