//! The demonstration on the LM3S6965 evaluation board.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use lm3s6965evb::NAME;
use lm3s6965evb::stellaris::Stellaris;
use minimc::value::Deflate;
use minimc_demo::Board;
use minimc_device::nic::Nic;
use minimc_semihost::{Arguments, finish};
use static_cell::ConstStaticCell;

#[entry]
fn main() -> ! {
    lm3s6965evb::run(|spawner, nic| spawner.spawn(demo(nic).expect("there is one demo")))
}

/// What compresses the telemetry, in 1 KiB: RAM is dear here.
static DEFLATE: ConstStaticCell<Deflate<512>> = ConstStaticCell::new(Deflate::new());

#[embassy_executor::task]
async fn demo(nic: Nic<Stellaris>) {
    let arguments = Arguments::read();
    let name = arguments.next().unwrap_or(NAME);
    let deflate = DEFLATE.take();
    finish(minimc_demo::run(Board { name, nic, deflate }).await)
}
