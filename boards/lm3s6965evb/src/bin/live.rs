//! The scenarios on the LM3S6965 evaluation board.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use lm3s6965evb::stellaris::Stellaris;
use minimc_device::nic::Nic;
use minimc_live::Board;
use minimc_scenarios::PART;
use minimc_semihost::{Arguments, SUCCESS, exit};

#[entry]
fn main() -> ! {
    lm3s6965evb::run(|spawner, nic| spawner.spawn(live(nic).expect("they run once")))
}

#[embassy_executor::task]
async fn live(nic: Nic<Stellaris>) {
    let arguments = Arguments::read();
    minimc_live::run(Board {
        protocol: arguments.next(),
        nic,
        // Neither flash nor RAM could hold all of the large value.
        large: &PART,
    })
    .await;
    exit(SUCCESS)
}
