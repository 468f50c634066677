//! The interrupt controller (PLIC): it hands the processor one line at a time.

use minimc_device::mmio::Mmio;
use minimc_device::nic;
use riscv::interrupt::Interrupt;
use riscv::register::mie;
use riscv_rt::core_interrupt;

use crate::virtio;

// SAFETY: the machine has its PLIC there.
const PLIC: Mmio<0x40_0000> = unsafe { Mmio::new(0x0c00_0000) };
/// The first line's priority; a word for every line follows.
const PRIORITY: usize = 0x00_0000;
/// Which lines interrupt the first processor in machine mode; a bit for every line.
const ENABLE: usize = 0x00_2000;
const THRESHOLD: usize = 0x20_0000;
/// Read it says which line interrupts, written it says which one is done.
const CLAIM: usize = 0x20_0004;

/// Lets the network card interrupt the processor.
pub(crate) fn unmask() {
    PLIC.write(PRIORITY + 4 * virtio::IRQ, 1);
    PLIC.write(ENABLE, 1 << virtio::IRQ);
    PLIC.write(THRESHOLD, 0);
    // SAFETY: the handlers below are in place, and no critical section is made by this bit.
    unsafe { mie::set_mext() };
}

#[core_interrupt(Interrupt::MachineExternal)]
fn external() {
    let line = PLIC.read(CLAIM);
    virtio::acknowledge();
    nic::wake();
    PLIC.write(CLAIM, line);
}
