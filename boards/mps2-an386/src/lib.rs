//! Arm's MPS2 board as a Cortex-M4F (application note 386), as QEMU's `mps2-an386` models it.
#![no_std]

pub mod lan9118;

use cortex_m_rt::exception;
use embassy_executor::Spawner;
use lan9118::{Lan9118, Registers};
use minimc_cortex_m::irq::Irq;
use minimc_cortex_m::{executor, time};
use minimc_device::mmio::Mmio;
use minimc_device::nic::{self, Nic};

/// The name of the board, which is its machine's name in QEMU too.
pub const NAME: &str = "mps2-an386";

/// The processor's clock, in hertz.
pub const CLOCK: u32 = 25_000_000;

/// A locally administered Ethernet address; the network in QEMU has no other device.
const ADDRESS: [u8; 6] = [0x02, 0x00, 0x00, 0x00, 0x03, 0x86];

// SAFETY: the board has its LAN9118 there.
const ETHERNET: Registers = unsafe { Mmio::new(0x4020_0000) };
const ETHERNET_IRQ: Irq = Irq(13);

/// Starts the clock and the Ethernet, and runs what `start` spawns with them, for ever.
///
/// # Panics
///
/// When it is called twice.
pub fn run(start: impl FnOnce(Spawner, Nic<Lan9118>)) -> ! {
    let core = cortex_m::Peripherals::take().expect("the board is started once");
    time::start(core.SYST, CLOCK);
    let nic = Nic::new(ethernet());
    executor::run(|spawner| start(spawner, nic))
}

/// Starts the board's Ethernet and lets it interrupt.
#[must_use]
pub fn ethernet() -> Lan9118 {
    let chip = Lan9118::new(ETHERNET, ADDRESS);
    ETHERNET_IRQ.unmask();
    chip
}

// SAFETY: interrupts are the only way here, and the handler touches nothing but the device.
#[exception]
unsafe fn DefaultHandler(line: i16) {
    match u16::try_from(line) {
        Ok(line) if Irq(line) == ETHERNET_IRQ => {
            lan9118::mask(ETHERNET);
            nic::wake();
        }
        _ => panic!("nobody asked for an interrupt from line {line}"),
    }
}
