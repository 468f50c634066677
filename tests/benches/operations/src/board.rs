//! Arm's MPS2 board as a Cortex-M4F, in QEMU with `-icount shift=10`: an instruction takes 1,024 ns of the
//! board's time, so its timer of 25 MHz counts them.

use core::fmt;
use core::ptr;
use core::sync::atomic::{AtomicU32, Ordering};

use cortex_m_rt::entry;
use semihosting::{eprintln, println, process};

/// The board's dual timer: QEMU's SysTick is no good for long runs, and there is no cycle counter.
const TIMER: *mut u32 = ptr::without_provenance_mut(0x4000_2000);

/// The instructions that were counted in this part.
static INSTRUCTIONS: AtomicU32 = AtomicU32::new(0);

/// Starts the timer: on, with 32 bits, running down.
fn start() {
    // SAFETY: the board has the timer's control register there.
    unsafe { TIMER.add(2).write_volatile(0x82) };
}

/// The ticks that are left.
#[inline(always)]
fn left() -> u32 {
    // SAFETY: the board has the timer's value there.
    unsafe { TIMER.add(1).read_volatile() }
}

/// What is inside is counted.
#[inline(never)]
pub fn counted(call: &mut dyn FnMut()) {
    let before = left();
    call();
    let ticks = before.wrapping_sub(left());
    // 10 are 256 ticks. A span may be a tick off, which is less than a half: so it is exact.
    let instructions = (ticks * 10 + 128) / 256;
    INSTRUCTIONS.fetch_add(instructions, Ordering::Relaxed);
}

/// Ends a part, and tells which it was, with the instructions.
pub fn end(operation: &str, part: &str, spans: u32) {
    let instructions = INSTRUCTIONS.swap(0, Ordering::Relaxed);
    println!("{operation}\t{part}\t{spans}\t{instructions}");
}

/// Says what is wrong.
pub fn complain(what: fmt::Arguments<'_>) {
    eprintln!("operations: {what}");
}

#[entry]
fn main() -> ! {
    start();
    match crate::operations::all() {
        Ok(()) => process::exit(0),
        Err(error) => {
            complain(format_args!("{error}"));
            process::exit(1)
        }
    }
}
