//! The readings that the device publishes.

use core::fmt::Write;

use heapless::String;
use minimc::embassy::Client;
use minimc::{Error, Expiry};

use crate::calibration::Calibration;
use crate::configuration::Configuration;
use crate::name::Name;

/// Publishes as many readings as the host wants.
pub(crate) async fn publish(
    client: &mut Client<'_>,
    name: Name<'_>,
    configuration: Configuration,
    calibration: &Calibration,
) -> Result<(), Error> {
    let expiry = Expiry::seconds(configuration.ttl.into());
    for number in 1..=configuration.readings {
        let celsius = thermometer(number).saturating_sub(calibration.excess);
        let mut text = String::<16>::new();
        // Two numbers and a dot: there is room.
        let _ = write!(text, "{}.{:02}", celsius / 100, celsius % 100);
        client
            .set(
                &name.key(format_args!("temperature:{number}")),
                &text,
                expiry,
            )
            .await?;
        defmt::info!("reading {}: {=str}", number, text.as_str());
    }
    Ok(())
}

/// A temperature in hundredths of a degree. The boards in QEMU have no thermometer, so this one
/// makes up a room that gets warmer.
fn thermometer(number: u32) -> u32 {
    20_50 + 25 * number
}
