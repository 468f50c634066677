//! An embassy executor that sleeps with WFI.
//!
//! embassy's own thread executor sleeps with WFE, which QEMU treats as a yield: it would keep a
//! core of the host busy for as long as the firmware is idle.

use core::ptr;
use core::sync::atomic::{AtomicBool, Ordering};

use cortex_m::asm;
use embassy_executor::{Spawner, raw};
use static_cell::StaticCell;

/// Whether a task was woken since the last time that tasks were polled.
static WOKEN: AtomicBool = AtomicBool::new(false);

/// Runs the tasks that `start` spawns, for ever.
///
/// # Panics
///
/// When called a second time.
pub fn run(start: impl FnOnce(Spawner)) -> ! {
    static EXECUTOR: StaticCell<raw::Executor> = StaticCell::new();
    let executor: &'static raw::Executor = EXECUTOR.init(raw::Executor::new(ptr::null_mut()));
    start(executor.spawner());
    loop {
        // SAFETY: this is the only call of `poll`, so it is never entered twice.
        unsafe { executor.poll() };
        // With interrupts masked no wake can come between the question and the sleep; a pending
        // interrupt ends WFI even so, and is served as soon as the mask is lifted.
        critical_section::with(|_| {
            if !WOKEN.swap(false, Ordering::Acquire) {
                asm::wfi();
            }
        });
    }
}

/// What the executor calls, by this name, when one of its tasks is woken.
#[unsafe(export_name = "__pender")]
fn pender(_context: *mut ()) {
    WOKEN.store(true, Ordering::Release);
}
