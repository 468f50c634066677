//! The demonstration on QEMU's RISC-V machine.
#![no_std]
#![no_main]

use minimc::value::Deflate;
use minimc_demo::Board;
use minimc_device::nic::Nic;
use minimc_semihost::{Arguments, finish};
use riscv_virt::NAME;
use riscv_virt::virtio::Virtio;
use static_cell::ConstStaticCell;

#[riscv_rt::entry]
fn main() -> ! {
    riscv_virt::run(|spawner, nic| spawner.spawn(demo(nic).expect("there is one demo")))
}

/// What compresses the telemetry, in 4 KiB.
static DEFLATE: ConstStaticCell<Deflate<2048>> = ConstStaticCell::new(Deflate::new());

#[embassy_executor::task]
async fn demo(nic: Nic<Virtio>) {
    let arguments = Arguments::read();
    let name = arguments.next().unwrap_or(NAME);
    let deflate = DEFLATE.take();
    finish(minimc_demo::run(Board { name, nic, deflate }).await)
}
