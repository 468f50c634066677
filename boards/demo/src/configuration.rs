//! What the host wants of the device.

use minimc::embassy::Client;

use crate::Fault;

const KEY: &str = "fw:config";

/// More readings than this are a mistake.
const MOST_READINGS: u32 = 100;

/// What the host wants of the device.
#[derive(Clone, Copy, Debug, defmt::Format)]
pub(crate) struct Configuration {
    /// How many readings to publish.
    pub(crate) readings: u32,
    /// How many seconds each of them lives.
    pub(crate) ttl: u32,
}

/// Reads the configuration.
pub(crate) async fn read(client: &mut Client<'_>) -> Result<Configuration, Fault> {
    let item = client.get(KEY).await?.ok_or(Fault::Missing(KEY))?;
    let configuration = parse(item.value).ok_or(Fault::Unreadable(KEY))?;
    defmt::info!("{}", configuration);
    Ok(configuration)
}

/// The configuration in `text`, which has a `name=value` a line. Names that are not known are for
/// other devices.
fn parse(text: &[u8]) -> Option<Configuration> {
    let mut readings = None;
    let mut ttl = None;
    for line in core::str::from_utf8(text).ok()?.lines() {
        match line.split_once('=')? {
            ("readings", value) => readings = value.parse().ok(),
            ("ttl", value) => ttl = value.parse().ok(),
            _ => {}
        }
    }
    let configuration = Configuration {
        readings: readings?,
        ttl: ttl?,
    };
    (configuration.readings <= MOST_READINGS).then_some(configuration)
}
