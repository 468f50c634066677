//! The scenarios on QEMU's RISC-V machine.
#![no_std]
#![no_main]

use minimc_device::nic::Nic;
use minimc_live::Board;
use minimc_scenarios::WHOLE;
use minimc_semihost::{Arguments, SUCCESS, exit};
use riscv_virt::virtio::Virtio;

#[riscv_rt::entry]
fn main() -> ! {
    riscv_virt::run(|spawner, nic| spawner.spawn(live(nic).expect("they run once")))
}

#[embassy_executor::task]
async fn live(nic: Nic<Virtio>) {
    let arguments = Arguments::read();
    minimc_live::run(Board {
        protocol: arguments.next(),
        nic,
        large: &WHOLE,
    })
    .await;
    exit(SUCCESS)
}
