//! embassy's clock, which is the machine's own timer.

use core::cell::RefCell;
use core::task::Waker;

use critical_section::{CriticalSection, Mutex};
use embassy_time_driver::{Driver, time_driver_impl};
use embassy_time_queue_utils::Queue;
use minimc_device::mmio::Mmio;
use riscv::interrupt::Interrupt;
use riscv::register::mie;
use riscv_rt::core_interrupt;

time_driver_impl!(static CLOCK: Clock = Clock { queue: Mutex::new(RefCell::new(Queue::new())) });

// SAFETY: the machine has its CLINT there.
const CLINT: Mmio<0xc000> = unsafe { Mmio::new(0x0200_0000) };
/// When the timer interrupts next, in two words; it does as long as that is past.
const MTIMECMP: usize = 0x4000;
/// The time, in two words, at 10 MHz.
const MTIME: usize = 0xbff8;
/// Where a register's upper word is.
const UPPER: usize = 4;

/// Lets the timer interrupt the processor.
pub fn start() {
    set_alarm(u64::MAX);
    // SAFETY: the handler below is in place, and no critical section is made by this bit.
    unsafe { mie::set_mtimer() };
}

struct Clock {
    queue: Mutex<RefCell<Queue>>,
}

impl Driver for Clock {
    fn now(&self) -> u64 {
        loop {
            let upper = CLINT.read(MTIME + UPPER);
            let lower = CLINT.read(MTIME);
            // The lower word may have run over between the two reads.
            if CLINT.read(MTIME + UPPER) == upper {
                return u64::from(upper) << 32 | u64::from(lower);
            }
        }
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        critical_section::with(|cs| {
            if self.queue.borrow_ref_mut(cs).schedule_wake(at, waker) {
                self.serve(cs);
            }
        });
    }
}

impl Clock {
    /// Wakes what is due and lets the timer interrupt for what is next.
    fn serve(&self, cs: CriticalSection<'_>) {
        // One that is due by the time that the alarm is set interrupts at once.
        set_alarm(self.queue.borrow_ref_mut(cs).next_expiration(self.now()));
    }
}

fn set_alarm(at: u64) {
    // With the lower word at its largest no moment between the writes is an earlier alarm.
    CLINT.write(MTIMECMP, u32::MAX);
    CLINT.write(MTIMECMP + UPPER, (at >> 32) as u32);
    CLINT.write(MTIMECMP, at as u32);
}

#[core_interrupt(Interrupt::MachineTimer)]
fn timer() {
    critical_section::with(|cs| CLOCK.serve(cs));
}
