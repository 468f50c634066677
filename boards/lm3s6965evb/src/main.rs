//! The demonstration on the LM3S6965 evaluation board: start-up, and nothing else.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use lm3s6965evb::stellaris::Stellaris;
use lm3s6965evb::{CLOCK, NAME};
use minimc_cortex_m::{executor, time};
use minimc_demo::Board;
use minimc_device::nic::Nic;
use minimc_semihost::{Arguments, finish};

#[entry]
fn main() -> ! {
    let core = cortex_m::Peripherals::take().expect("main runs once");
    time::start(core.SYST, CLOCK);
    let nic = Nic::new(lm3s6965evb::ethernet());
    executor::run(|spawner| spawner.spawn(demo(nic).expect("there is one demo")))
}

#[embassy_executor::task]
async fn demo(nic: Nic<Stellaris>) {
    let arguments = Arguments::read();
    let name = arguments.next().unwrap_or(NAME);
    finish(minimc_demo::run(Board { name, nic }).await)
}
