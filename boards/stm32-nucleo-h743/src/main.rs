//! A NUCLEO-H743ZI2 on the local network: it tells memcached every ten seconds that it is alive.
//!
//! QEMU has no model of this chip, so what is checked without a board is that this builds. With
//! one: `probe-rs run --chip STM32H743ZITx` and the path of the image.
#![no_std]
#![no_main]

use core::fmt::Write;

use defmt_rtt as _;
use embassy_executor::Spawner;
use embassy_net::{Config, Ipv4Address, Runner, StackResources};
use embassy_stm32::bind_interrupts;
use embassy_stm32::eth::{self, Ethernet, GenericPhy, PacketQueue, Sma};
use embassy_stm32::peripherals::{self, ETH, ETH_SMA};
use embassy_stm32::rng::{self, Rng};
use embassy_time::{Instant, Timer};
use heapless::String;
use minimc::embassy::{Client, Socket};
use minimc::{Error, ErrorKind, Expiry};
use panic_probe as _;
use static_cell::{ConstStaticCell, StaticCell};

/// Where memcached is: change it to your own.
const SERVER: (Ipv4Address, u16) = (Ipv4Address::new(192, 168, 1, 10), 11211);

/// A locally administered Ethernet address.
const ADDRESS: [u8; 6] = [0x02, 0x00, 0x00, 0x00, 0x07, 0x43];

type Nic = Ethernet<'static, ETH, GenericPhy<Sma<'static, ETH_SMA>>>;

bind_interrupts!(struct Irqs {
    ETH => eth::InterruptHandler;
    RNG => rng::InterruptHandler<peripherals::RNG>;
});

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    // The clock after reset, 64 MHz, is enough for Ethernet.
    let board = embassy_stm32::init(embassy_stm32::Config::default());

    static PACKETS: StaticCell<PacketQueue<4, 4>> = StaticCell::new();
    let nic = Ethernet::new(
        PACKETS.init_with(PacketQueue::new),
        board.ETH,
        Irqs,
        // RMII: reference clock, carrier, receive 0 and 1, transmit 0 and 1, transmit enable.
        board.PA1,
        board.PA7,
        board.PC4,
        board.PC5,
        board.PG13,
        board.PB13,
        board.PG11,
        ADDRESS,
        // The PHY's own registers: MDIO and MDC.
        board.ETH_SMA,
        board.PA2,
        board.PC1,
    );

    static RESOURCES: StaticCell<StackResources<2>> = StaticCell::new();
    let resources = RESOURCES.init_with(StackResources::new);
    let seed = Rng::new(board.RNG, Irqs).next_u64();
    let (stack, runner) =
        embassy_net::new(nic, Config::dhcpv4(Default::default()), resources, seed);
    spawner.spawn(network(runner).expect("there is one network"));
    stack.wait_config_up().await;

    static WINDOWS: ConstStaticCell<[[u8; 2048]; 2]> = ConstStaticCell::new([[0; 2048]; 2]);
    static STORAGE: ConstStaticCell<[[u8; 512]; 2]> = ConstStaticCell::new([[0; 512]; 2]);
    let [receive, send] = WINDOWS.take();
    let socket = Socket::new(stack, receive, send, SERVER);
    let [sending, receiving] = STORAGE.take();
    let mut client = Client::new(socket, sending, receiving).expect("there is enough storage");

    loop {
        // A server that is down is back later, and so is the client.
        if let Err(error) = report(&mut client).await {
            defmt::warn!("memcached: {}", error);
        }
        Timer::after_secs(10).await;
    }
}

/// Says that this board is alive; the word lives for half a minute.
async fn report(client: &mut Client<'_>) -> Result<(), Error> {
    let mut seconds = String::<20>::new();
    // The largest number has 20 digits: there is room.
    let _ = write!(seconds, "{}", Instant::now().as_secs());
    client
        .set("dev:nucleo:uptime", &seconds, Expiry::seconds(30))
        .await?;

    let reports = match client.incr("dev:nucleo:reports", 1).await {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            client.set("dev:nucleo:reports", "1", Expiry::NEVER).await?;
            1
        }
        counted => counted?,
    };
    defmt::info!("report {}, up for {=str} s", reports, seconds.as_str());
    Ok(())
}

/// Moves frames between the chip and its sockets, for ever.
#[embassy_executor::task]
async fn network(mut runner: Runner<'static, Nic>) -> ! {
    runner.run().await
}
