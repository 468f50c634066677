//! The demonstration on the MPS2 board: start-up, and nothing else.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use minimc_cortex_m::{executor, time};
use minimc_demo::Board;
use minimc_device::nic::Nic;
use minimc_semihost::{Arguments, finish};
use mps2_an386::lan9118::Lan9118;
use mps2_an386::{CLOCK, NAME};

#[entry]
fn main() -> ! {
    let core = cortex_m::Peripherals::take().expect("main runs once");
    time::start(core.SYST, CLOCK);
    let nic = Nic::new(mps2_an386::ethernet());
    executor::run(|spawner| spawner.spawn(demo(nic).expect("there is one demo")))
}

#[embassy_executor::task]
async fn demo(nic: Nic<Lan9118>) {
    let arguments = Arguments::read();
    let name = arguments.next().unwrap_or(NAME);
    finish(minimc_demo::run(Board { name, nic }).await)
}
