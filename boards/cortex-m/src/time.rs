//! embassy's clock, kept by SysTick: it interrupts a hundred times a second, which is when timers
//! are served, and its counter fills in the microseconds between.
//!
//! More often would be finer, but two interrupts that QEMU is late for become one: on a busy host a
//! clock that ticks every millisecond was seen to lose more than a third of its time.

use core::cell::{Cell, RefCell};
use core::task::Waker;

use cortex_m::peripheral::syst::SystClkSource;
use cortex_m::peripheral::{SCB, SYST};
use cortex_m_rt::exception;
use critical_section::{CriticalSection, Mutex};
use embassy_time_driver::{Driver, time_driver_impl};
use embassy_time_queue_utils::Queue;

const TICKS_PER_SECOND: u32 = 100;
const MICROSECONDS_PER_TICK: u32 = 1_000_000 / TICKS_PER_SECOND;

time_driver_impl!(static CLOCK: Clock = Clock {
    ticks: Mutex::new(Cell::new(0)),
    period: Mutex::new(Cell::new(1)),
    alarm: Mutex::new(Cell::new(u64::MAX)),
    queue: Mutex::new(RefCell::new(Queue::new())),
});

/// Starts the clock of a processor that runs at `hertz`.
pub fn start(mut syst: SYST, hertz: u32) {
    let period = hertz / TICKS_PER_SECOND;
    critical_section::with(|cs| CLOCK.period.borrow(cs).set(period));
    syst.set_clock_source(SystClkSource::Core);
    syst.set_reload(period - 1);
    syst.clear_current();
    syst.enable_interrupt();
    syst.enable_counter();
}

/// The time since the start, in microseconds.
#[must_use]
pub fn now() -> u64 {
    CLOCK.now()
}

struct Clock {
    /// Interrupts since the start.
    ticks: Mutex<Cell<u64>>,
    /// Processor cycles from one to the next.
    period: Mutex<Cell<u32>>,
    /// When the earliest timer is due, in microseconds.
    alarm: Mutex<Cell<u64>>,
    queue: Mutex<RefCell<Queue>>,
}

impl Driver for Clock {
    fn now(&self) -> u64 {
        critical_section::with(|cs| {
            let mut ticks = self.ticks.borrow(cs).get();
            let mut left = SYST::get_current();
            if SCB::is_pendst_pending() {
                // The counter started anew and its interrupt waits for us: read it again, so that
                // it surely belongs to the new tick, and count that one here.
                left = SYST::get_current();
                ticks += 1;
            }
            // The counter runs from `period - 1` down to 0, and 0 is where a tick begins.
            let period = self.period.borrow(cs).get();
            let cycles = if left == 0 {
                0
            } else {
                period.saturating_sub(left)
            };
            ticks * u64::from(MICROSECONDS_PER_TICK)
                + u64::from(cycles) * u64::from(MICROSECONDS_PER_TICK) / u64::from(period)
        })
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
    /// Wakes what is due and notes when the next timer is.
    fn serve(&self, cs: CriticalSection<'_>) {
        let next = self.queue.borrow_ref_mut(cs).next_expiration(self.now());
        self.alarm.borrow(cs).set(next);
    }
}

#[exception]
fn SysTick() {
    critical_section::with(|cs| {
        let ticks = CLOCK.ticks.borrow(cs);
        ticks.set(ticks.get() + 1);
        if CLOCK.now() >= CLOCK.alarm.borrow(cs).get() {
            CLOCK.serve(cs);
        }
    });
}
