//! QEMU's `virt` machine as a 32-bit RISC-V microcontroller.
#![no_std]

mod dma;
mod fault;
mod interrupt;
pub mod time;
pub mod virtio;

use virtio::Virtio;

/// The name of the board.
pub const NAME: &str = "riscv-virt";

/// Starts the machine's network card and lets it interrupt.
///
/// # Panics
///
/// When it is called twice, or the machine has no network card in its first slot.
#[must_use]
pub fn ethernet() -> Virtio {
    let card = Virtio::new();
    interrupt::unmask();
    card
}
