//! The demonstration on the MPS2 board.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use minimc::value::Deflate;
use minimc_demo::Board;
use minimc_device::nic::Nic;
use minimc_semihost::{Arguments, finish};
use mps2_an386::NAME;
use mps2_an386::lan9118::Lan9118;
use static_cell::ConstStaticCell;

#[entry]
fn main() -> ! {
    mps2_an386::run(|spawner, nic| spawner.spawn(demo(nic).expect("there is one demo")))
}

/// What compresses the telemetry, in 4 KiB.
static DEFLATE: ConstStaticCell<Deflate<2048>> = ConstStaticCell::new(Deflate::new());

#[embassy_executor::task]
async fn demo(nic: Nic<Lan9118>) {
    let arguments = Arguments::read();
    let name = arguments.next().unwrap_or(NAME);
    let deflate = DEFLATE.take();
    finish(minimc_demo::run(Board { name, nic, deflate }).await)
}
