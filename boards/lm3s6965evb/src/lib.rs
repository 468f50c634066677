//! The Stellaris LM3S6965 evaluation board, as QEMU's `lm3s6965evb` models it.
#![no_std]

pub mod stellaris;

use cortex_m_rt::exception;
use embassy_executor::Spawner;
use minimc_cortex_m::irq::Irq;
use minimc_cortex_m::{executor, time};
use minimc_device::mmio::Mmio;
use minimc_device::nic::{self, Nic};
use stellaris::{Registers, Stellaris};

/// The name of the board, which is its machine's name in QEMU too.
pub const NAME: &str = "lm3s6965evb";

/// The processor's clock after reset, in hertz, as QEMU has it; the chip's own is 12 MHz, not exact.
pub const CLOCK: u32 = 12_500_000;

/// A locally administered Ethernet address; the network in QEMU has no other device.
const ADDRESS: [u8; 6] = [0x02, 0x00, 0x00, 0x00, 0x69, 0x65];

// SAFETY: the chip has its system control there.
const SYSTEM_CONTROL: Mmio<0x1000> = unsafe { Mmio::new(0x400f_e000) };
const CLOCK_GATES: usize = 0x108;
const CLOCK_GATES_MAC: u32 = 1 << 28;
const CLOCK_GATES_PHY: u32 = 1 << 30;

// SAFETY: the chip has its Ethernet MAC there.
const ETHERNET: Registers = unsafe { Mmio::new(0x4004_8000) };
const ETHERNET_IRQ: Irq = Irq(42);

/// Starts the clock and the Ethernet, and runs what `start` spawns with them, for ever.
///
/// # Panics
///
/// When it is called twice.
pub fn run(start: impl FnOnce(Spawner, Nic<Stellaris>)) -> ! {
    let core = cortex_m::Peripherals::take().expect("the board is started once");
    time::start(core.SYST, CLOCK);
    let nic = Nic::new(ethernet());
    executor::run(|spawner| start(spawner, nic))
}

/// Starts the chip's Ethernet and lets it interrupt.
fn ethernet() -> Stellaris {
    let gates = SYSTEM_CONTROL.read(CLOCK_GATES);
    SYSTEM_CONTROL.write(CLOCK_GATES, gates | CLOCK_GATES_MAC | CLOCK_GATES_PHY);
    let chip = Stellaris::new(ETHERNET, ADDRESS);
    ETHERNET_IRQ.unmask();
    chip
}

// SAFETY: interrupts are the only way here, and the handler touches nothing but the device.
#[exception]
unsafe fn DefaultHandler(line: i16) {
    match u16::try_from(line) {
        Ok(line) if Irq(line) == ETHERNET_IRQ => {
            stellaris::mask(ETHERNET);
            nic::wake();
        }
        _ => panic!("nobody asked for an interrupt from line {line}"),
    }
}
