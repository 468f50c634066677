//! What the host wants of the device: typed values, which pylibmc could have written.

use heapless::String;
use minimc::embassy::Client;
use minimc::value::Value;

use crate::Fault;
use crate::corrections::Corrections;

const SITE: &str = "fw:config:site";
const READINGS: &str = "fw:config:readings";
const TTL: &str = "fw:config:ttl";
const CALIBRATE: &str = "fw:config:calibrate";

/// More readings than this are a mistake.
const MOST_READINGS: u32 = 100;

/// What the host wants of the device.
#[derive(Clone, Debug)]
pub(crate) struct Configuration {
    /// Where the device is; 48 bytes at most.
    pub(crate) site: String<48>,
    /// How many readings to publish.
    pub(crate) readings: u32,
    /// How many seconds each of them lives.
    pub(crate) ttl: u32,
    /// Whether what the calibration found is taken from each.
    pub(crate) calibrate: bool,
    /// What is added to each.
    pub(crate) corrections: Corrections,
}

/// Reads the configuration.
pub(crate) async fn read(client: &mut Client<'_>) -> Result<Configuration, Fault> {
    let configuration = Configuration {
        site: site(client).await?,
        readings: number(client, READINGS).await?,
        ttl: number(client, TTL).await?,
        calibrate: truth(client, CALIBRATE).await?,
        corrections: Corrections::read(client).await?,
    };
    if configuration.readings > MOST_READINGS {
        return Err(Fault::Unreadable(READINGS));
    }
    defmt::info!(
        "configuration: site {=str}, {} readings for {} s each, calibrated: {}, {} bytes of corrections",
        configuration.site.as_str(),
        configuration.readings,
        configuration.ttl,
        configuration.calibrate,
        configuration.corrections.length()
    );
    Ok(configuration)
}

async fn site(client: &mut Client<'_>) -> Result<String<48>, Fault> {
    let text = value(client, SITE).await?.text();
    let site = text.and_then(|text| String::try_from(text).ok());
    site.ok_or(Fault::Unreadable(SITE))
}

async fn number(client: &mut Client<'_>, key: &'static str) -> Result<u32, Fault> {
    let number = match value(client, key).await? {
        Value::Integer(integer) => integer.to_u64(),
        _ => None,
    };
    let number = number.and_then(|number| number.try_into().ok());
    number.ok_or(Fault::Unreadable(key))
}

async fn truth(client: &mut Client<'_>, key: &'static str) -> Result<bool, Fault> {
    let truth = value(client, key).await?.truth();
    truth.ok_or(Fault::Unreadable(key))
}

async fn value<'c>(client: &'c mut Client<'_>, key: &'static str) -> Result<Value<'c>, Fault> {
    let value = client.get_value(key).await;
    let value = value.map_err(|error| Fault::of(key, error))?;
    value.ok_or(Fault::Missing(key))
}
