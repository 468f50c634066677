//! The demonstration on QEMU's RISC-V machine: start-up, and nothing else.
#![no_std]
#![no_main]

use embassy_executor::Executor;
use minimc_demo::Board;
use minimc_device::nic::Nic;
use minimc_semihost::{Arguments, finish};
use riscv_virt::virtio::Virtio;
use riscv_virt::{NAME, time};
use static_cell::StaticCell;

#[riscv_rt::entry]
fn main() -> ! {
    static EXECUTOR: StaticCell<Executor> = StaticCell::new();
    time::start();
    let nic = Nic::new(riscv_virt::ethernet());
    // SAFETY: every handler is in place, and no critical section is open.
    unsafe { riscv::interrupt::enable() };
    let executor = EXECUTOR.init(Executor::new());
    executor.run(|spawner| spawner.spawn(demo(nic).expect("there is one demo")))
}

#[embassy_executor::task]
async fn demo(nic: Nic<Virtio>) {
    let arguments = Arguments::read();
    let name = arguments.next().unwrap_or(NAME);
    finish(minimc_demo::run(Board { name, nic }).await)
}
