//! What the demonstration firmware does, once for every board.
//!
//! Devices and a host share one memcached. The host leaves a configuration and an over-the-air
//! image; a device reads the configuration, streams the image through 512 bytes of memory, inflates it
//! through 2 KiB if it is compressed, and hashes it; compares the digest, and publishes what it saw. All
//! devices need a calibration that takes long to compute: one of them does it, with a lease, and the
//! others wait for it. `NAME` is the device's name: the first argument of the run, or else the board's
//! name.
//!
//! Values are those of pylibmc: its `str` is a text, its `int` a number, its `bool` a bool, its `bytes`
//! bytes; and it inflates what a device compresses, and the other way round.
//!
//! | key | written by | contents |
//! |---|---|---|
//! | `fw:config:site` | host | text: where the devices are, at most 48 bytes |
//! | `fw:config:readings` | host | number: how many readings to publish, at most 100 |
//! | `fw:config:ttl` | host | number: the seconds that each lives |
//! | `fw:config:calibrate` | host | bool: whether the calibration is applied to them |
//! | `fw:config:corrections` | host | text, compressed or not, of at most 1,024 bytes: for each whole degree a line such as `20 -3`, the hundredths to add to what is measured there |
//! | `fw:image` | host | bytes, compressed or not: the image, up to the server's limit for an item, inflated up to 4 MiB. Compressed, it is by zlib with a window of at most 2 KiB |
//! | `fw:image:sha256` | host | the SHA-256 of the image: 64 lower-case hexadecimal digits |
//! | `fw:calibration` | one device | text, a `name=value` a line: `excess=2` (how much too warm the thermometers are, in hundredths of a degree), `by=NAME` (the device that computed it); lives an hour |
//! | `fw:calibration:computed` | that device | how often it was computed, in decimal; never expires |
//! | `dev:NAME:boots` | device | how often it started, in decimal: counted by `incr`, made as `1` when absent; never expires |
//! | `dev:NAME:temperature:1` to `dev:NAME:temperature:READINGS` | device | text: a reading in degrees Celsius with two decimals, such as `20.75`; lives `ttl` seconds |
//! | `dev:NAME:telemetry` | device | text, compressed by the device: a line of JSON for each of 24 samples; lives `ttl` seconds |
//! | `dev:NAME:result` | device | text, a `name=value` a line, as below; never expires |
//!
//! The result of a run that went well, written last of all:
//!
//! ```text
//! status=ok
//! boot=1
//! excess=2
//! calibrated_by=<the name of the device that computed the calibration>
//! image=102400
//! arrived=31874
//! sha256=<the digest that the device computed>
//! readings=3
//! ```
//!
//! and of one that did not, where the server can still be told:
//!
//! ```text
//! status=failed
//! reason=wrong digest
//! ```
#![no_std]

mod boots;
mod calibration;
mod configuration;
mod corrections;
mod fault;
mod image;
mod name;
mod readings;
mod report;
mod telemetry;
mod thermometer;

use defmt::Display2Format;
use embassy_futures::select::{Either, select};
use embassy_net::Stack;
use embassy_net::driver::Driver;
use minimc::Error;
use minimc::embassy::Client;
use minimc::value::Deflate;

use static_cell::ConstStaticCell;

pub use crate::fault::Fault;
use crate::name::Name;
use crate::report::Report;

/// What the device can hold of a reply: a piece of the image is never longer.
const RECEIVE: usize = 512;

/// What the device can hold of requests. A value that is longer is sent from where it is.
const SEND: usize = 512;

/// What the demonstration needs of a board.
#[derive(Debug)]
pub struct Board<'n, N, const TABLE: usize> {
    /// The device's name: at most 32 bytes, without blanks.
    pub name: &'n str,
    /// Its Ethernet.
    pub nic: N,
    /// What compresses, with as large a table as there is RAM to spare.
    pub deflate: &'static mut Deflate<TABLE>,
}

/// Runs the demonstration once.
///
/// # Errors
///
/// What went wrong, when it is logged and, if the server can still be told, published.
///
/// # Panics
///
/// When it is called twice: its memory is static.
pub async fn run<N: Driver, const TABLE: usize>(board: Board<'_, N, TABLE>) -> Result<(), Fault> {
    let (stack, mut runner) = minimc_network::start(board.nic);
    match select(runner.run(), attend(stack, board.name, board.deflate)).await {
        Either::First(never) => never,
        Either::Second(outcome) => outcome,
    }
}

/// Does the device's work, and tells everybody how it went.
async fn attend<const TABLE: usize>(
    stack: Stack<'static>,
    name: &str,
    deflate: &mut Deflate<TABLE>,
) -> Result<(), Fault> {
    defmt::info!("{=str} starts", name);
    let outcome = async {
        let name = Name::new(name)?;
        let mut client = client(stack)?;
        let outcome = work(&mut client, name, deflate).await;
        report::publish(&mut client, name, &outcome).await?;
        outcome
    };
    match outcome.await {
        Ok(_) => {
            defmt::info!("all is well");
            Ok(())
        }
        Err(fault) => {
            defmt::error!("failed: {}", Display2Format(&fault));
            Err(fault)
        }
    }
}

/// A client for the server; it connects with its first call.
fn client(stack: Stack<'static>) -> Result<Client<'static>, Error> {
    static SENDING: ConstStaticCell<[u8; SEND]> = ConstStaticCell::new([0; SEND]);
    static RECEIVING: ConstStaticCell<[u8; RECEIVE]> = ConstStaticCell::new([0; RECEIVE]);
    let socket = minimc_network::socket(stack);
    Client::with_options(
        socket,
        SENDING.take(),
        RECEIVING.take(),
        telemetry::options(),
    )
}

/// The device's work.
async fn work<const TABLE: usize>(
    client: &mut Client<'_>,
    name: Name<'_>,
    deflate: &mut Deflate<TABLE>,
) -> Result<Report, Fault> {
    let boot = boots::count(client, name).await?;
    let calibration = calibration::get(client, name).await?;
    let configuration = configuration::read(client).await?;
    let image = image::verify(client).await?;
    readings::publish(client, name, &configuration, &calibration).await?;
    telemetry::publish(client, name, &configuration, deflate).await?;
    Ok(Report {
        boot,
        calibration,
        image,
        readings: configuration.readings,
    })
}
