//! The telemetry: a longer text, which the device compresses before it stores it.

use core::fmt::Write;

use heapless::String;
use minimc::embassy::Client;
use minimc::value::{Convention, Deflate};
use minimc::{Error, Expiry, Options};

use crate::configuration::Configuration;
use crate::name::Name;
use crate::thermometer::{Celsius, thermometer};

/// How many samples there are, and how many bytes they take at most.
const SAMPLES: u32 = 24;
const LONGEST: usize = 3072;

/// From which length on a text is compressed; pylibmc leaves that to who writes.
static COMPRESSING: Convention = Convention::PYLIBMC.compress_from(200);

/// The options of a client that compresses so.
pub(crate) fn options() -> Options {
    Options {
        convention: &COMPRESSING,
        ..Options::default()
    }
}

/// Publishes the samples: a line of JSON for each.
pub(crate) async fn publish<const TABLE: usize>(
    client: &mut Client<'_>,
    name: Name<'_>,
    configuration: &Configuration,
    deflate: &mut Deflate<TABLE>,
) -> Result<(), Error> {
    let mut text = String::<LONGEST>::new();
    for sample in 1..=SAMPLES {
        let (site, celsius) = (&configuration.site, Celsius(thermometer(sample)));
        // Names and sites are short enough: there is room.
        let _ = writeln!(
            text,
            r#"{{"device": "{name}", "site": "{site}", "sample": {sample}, "celsius": {celsius}}}"#
        );
    }
    let mut room = [0; LONGEST];
    let key = name.key(format_args!("telemetry"));
    let expiry = Expiry::seconds(configuration.ttl.into());
    client
        .set_value_compressed(&key, text.as_str(), expiry, deflate, &mut room)
        .await?;
    defmt::info!("telemetry: {} bytes, stored compressed", text.len());
    Ok(())
}
