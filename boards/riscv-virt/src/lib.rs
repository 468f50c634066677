//! QEMU's `virt` machine as a 32-bit RISC-V microcontroller.
#![no_std]

mod dma;
mod fault;
mod interrupt;
pub mod time;
pub mod virtio;

use embassy_executor::{Executor, Spawner};
use minimc_device::nic::Nic;
use static_cell::StaticCell;
use virtio::Virtio;

/// The name of the board.
pub const NAME: &str = "riscv-virt";

/// Starts the clock and the Ethernet, and runs what `start` spawns with them, for ever.
///
/// # Panics
///
/// When it is called twice, or the machine has no network card in its first slot.
pub fn run(start: impl FnOnce(Spawner, Nic<Virtio>)) -> ! {
    static EXECUTOR: StaticCell<Executor> = StaticCell::new();
    time::start();
    let nic = Nic::new(ethernet());
    // SAFETY: every handler is in place, and no critical section is open.
    unsafe { riscv::interrupt::enable() };
    let executor = EXECUTOR.init(Executor::new());
    executor.run(|spawner| start(spawner, nic))
}

/// Starts the machine's network card and lets it interrupt.
fn ethernet() -> Virtio {
    let card = Virtio::new();
    interrupt::unmask();
    card
}
