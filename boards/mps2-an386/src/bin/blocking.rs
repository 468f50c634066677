//! The blocking client on bare metal, without an executor: the same core and the same driver of the
//! same chip, on a TCP stack that is polled by hand.
#![no_std]
#![no_main]

use cortex_m::asm;
use cortex_m_rt::entry;
use minimc::blocking::{Client, Io};
use minimc::{Error, ErrorKind, Expiry};
use minimc_cortex_m::time;
use minimc_device::nic::Nic;
use minimc_polled::{Network, Processor, Resources, Socket};
use minimc_semihost::{FAILURE, eprintln, exit, finish};
use mps2_an386::CLOCK;
use mps2_an386::lan9118::Lan9118;
use static_cell::StaticCell;

/// The network in QEMU, whose only other member is the server.
const NETWORK: Network = Network {
    address: minimc_network::DEVICE,
    server: minimc_network::SERVER,
};

/// SysTick interrupts every ten milliseconds, so the processor never sleeps longer.
const PROCESSOR: Processor = Processor {
    now: time::now,
    sleep: asm::wfi,
};

#[entry]
fn main() -> ! {
    static RESOURCES: StaticCell<Resources<2048>> = StaticCell::new();
    let core = cortex_m::Peripherals::take().expect("main runs once");
    time::start(core.SYST, CLOCK);
    let nic = Nic::new(mps2_an386::ethernet());
    match Socket::connect(nic, NETWORK, PROCESSOR, RESOURCES.init_with(Resources::new)) {
        Ok(socket) => finish(visit(socket).inspect_err(|error| eprintln!("{error}"))),
        Err(error) => {
            eprintln!("no connection: {error}");
            exit(FAILURE)
        }
    }
}

/// Stores, gets and counts.
fn visit(socket: Socket<Nic<Lan9118>>) -> Result<(), Error> {
    let mut client = Client::<_, _>::new(Io::new(socket), [0; 512], [0; 512])?;
    defmt::info!("memcached {}", client.version()?);

    client.set("dev:blocking:greeting", "hello", Expiry::seconds(60))?;
    let greeting = client.get("dev:blocking:greeting")?;
    defmt::info!("{}", greeting);
    assert_eq!(greeting.map(|item| item.value), Some(&b"hello"[..]));

    let boots = match client.incr("dev:blocking:boots", 1) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            client.set("dev:blocking:boots", "1", Expiry::NEVER)?;
            1
        }
        counted => counted?,
    };
    defmt::info!("boot {}", boots);
    Ok(())
}
