//! Three servers behind the MPS2 board.
#![no_std]
#![no_main]

use cortex_m_rt::entry;
use minimc_device::nic::Nic;
use minimc_fleet::Board;
use minimc_semihost::{Arguments, eprintln, finish};
use mps2_an386::lan9118::Lan9118;

#[entry]
fn main() -> ! {
    mps2_an386::run(|spawner, nic| spawner.spawn(fleet(nic).expect("there is one fleet")))
}

#[embassy_executor::task]
async fn fleet(nic: Nic<Lan9118>) {
    let arguments = Arguments::read();
    let policy = arguments.next();
    let outcome = minimc_fleet::run(Board { policy, nic }).await;
    finish(outcome.inspect_err(|error| eprintln!("{error}")))
}
