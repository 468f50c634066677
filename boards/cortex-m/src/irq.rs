//! Interrupt lines, by number: these boards have no generated peripheral crate.

use cortex_m::interrupt::InterruptNumber;
use cortex_m::peripheral::NVIC;

/// The number of a line that the chip wires to the interrupt controller.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Irq(pub u16);

// SAFETY: the number is the very one that is given, and never changes.
unsafe impl InterruptNumber for Irq {
    fn number(self) -> u16 {
        self.0
    }
}

impl Irq {
    /// Lets the line interrupt the processor.
    pub fn unmask(self) {
        // SAFETY: no critical section of this firmware is made by masking single lines.
        unsafe { NVIC::unmask(self) };
    }
}
