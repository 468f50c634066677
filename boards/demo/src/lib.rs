//! What the demonstration firmware does, once for every board.
//!
//! Devices and a host share one memcached. The host leaves a configuration and an over-the-air
//! image; a device reads the configuration, streams the image through 512 bytes of memory while
//! it hashes it, compares the digest, and publishes what it saw. All devices need a calibration that
//! takes long to compute: one of them does it, with a lease, and the others wait for it. `NAME` is the
//! device's name: the first argument of the run, or else the board's name.
//!
//! | key | written by | contents |
//! |---|---|---|
//! | `fw:config` | host | text, a `name=value` a line: `readings=3` (how many to publish, at most 100), `ttl=120` (the seconds that each lives) |
//! | `fw:image` | host | the image: any bytes, up to the server's limit for an item |
//! | `fw:image:sha256` | host | the SHA-256 of the image: 64 lower-case hexadecimal digits |
//! | `fw:calibration` | one device | text, a `name=value` a line: `excess=2` (how much too warm the thermometers are, in hundredths of a degree), `by=NAME` (the device that computed it); lives an hour |
//! | `fw:calibration:computed` | that device | how often it was computed, in decimal; never expires |
//! | `dev:NAME:boots` | device | how often it started, in decimal: counted by `incr`, made as `1` when absent; never expires |
//! | `dev:NAME:temperature:1` to `dev:NAME:temperature:READINGS` | device | a reading in degrees Celsius with two decimals, such as `20.75`; lives `ttl` seconds |
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
mod fault;
mod image;
mod name;
mod readings;
mod report;

use defmt::Display2Format;
use embassy_futures::select::{Either, select};
use embassy_net::Stack;
use embassy_net::driver::Driver;
use minimc::Error;
use minimc::embassy::Client;

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
pub struct Board<'n, N> {
    /// The device's name: at most 32 bytes, without blanks.
    pub name: &'n str,
    /// Its Ethernet.
    pub nic: N,
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
pub async fn run<N: Driver>(board: Board<'_, N>) -> Result<(), Fault> {
    let (stack, mut runner) = minimc_network::start(board.nic);
    match select(runner.run(), attend(stack, board.name)).await {
        Either::First(never) => never,
        Either::Second(outcome) => outcome,
    }
}

/// Does the device's work, and tells everybody how it went.
async fn attend(stack: Stack<'static>, name: &str) -> Result<(), Fault> {
    defmt::info!("{=str} starts", name);
    let outcome = async {
        let name = Name::new(name)?;
        let mut client = client(stack)?;
        let outcome = work(&mut client, name).await;
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
    Client::new(socket, SENDING.take(), RECEIVING.take())
}

/// The device's work.
async fn work(client: &mut Client<'_>, name: Name<'_>) -> Result<Report, Fault> {
    let boot = boots::count(client, name).await?;
    let calibration = calibration::get(client, name).await?;
    let configuration = configuration::read(client).await?;
    let image = image::verify(client).await?;
    readings::publish(client, name, configuration, &calibration).await?;
    Ok(Report {
        boot,
        calibration,
        image,
        readings: configuration.readings,
    })
}
