//! The readings that the device publishes.

use core::fmt::Write;

use heapless::String;
use minimc::Expiry;
use minimc::embassy::Client;

use crate::Fault;
use crate::calibration::Calibration;
use crate::configuration::Configuration;
use crate::name::Name;
use crate::thermometer::{Celsius, thermometer};

/// Publishes as many readings as the host wants.
pub(crate) async fn publish(
    client: &mut Client<'_>,
    name: Name<'_>,
    configuration: &Configuration,
    calibration: &Calibration,
) -> Result<(), Fault> {
    let expiry = Expiry::seconds(configuration.ttl.into());
    for number in 1..=configuration.readings {
        let mut celsius = thermometer(number);
        if configuration.calibrate {
            celsius = celsius.saturating_sub(calibration.excess);
        }
        let celsius = configuration.corrections.correct(celsius)?;
        let mut text = String::<16>::new();
        // Two numbers and a dot: there is room.
        let _ = write!(text, "{}", Celsius(celsius));
        let key = name.key(format_args!("temperature:{number}"));
        client.set_value(&key, text.as_str(), expiry).await?;
        defmt::info!("reading {}: {=str}", number, text.as_str());
    }
    Ok(())
}
