//! The scenarios on the MPS2 board.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use minimc_device::nic::Nic;
use minimc_live::Board;
use minimc_scenarios::WHOLE;
use minimc_semihost::{Arguments, SUCCESS, exit};
use mps2_an386::lan9118::Lan9118;

#[entry]
fn main() -> ! {
    mps2_an386::run(|spawner, nic| spawner.spawn(live(nic).expect("they run once")))
}

#[embassy_executor::task]
async fn live(nic: Nic<Lan9118>) {
    let arguments = Arguments::read();
    minimc_live::run(Board {
        protocol: arguments.next(),
        nic,
        large: &WHOLE,
    })
    .await;
    exit(SUCCESS)
}
