//! The corrections of the thermometer: a text that is stored compressed, inflated into a small buffer.

use heapless::String;
use minimc::embassy::Client;

use crate::Fault;

const KEY: &str = "fw:config:corrections";

/// How long the text may be, inflated.
const LONGEST: usize = 1024;

/// What is added to a temperature: a line for each whole degree, which has the degree and the hundredths
/// to add to what is measured there.
#[derive(Clone, Debug)]
pub(crate) struct Corrections(String<LONGEST>);

impl Corrections {
    /// Reads them. Whether they are compressed the item's flags say.
    pub(crate) async fn read(client: &mut Client<'_>) -> Result<Self, Fault> {
        let mut buffer = [0; LONGEST];
        let value = client.get_value_into(KEY, &mut buffer).await;
        let value = value.map_err(|error| Fault::of(KEY, error))?;
        let text = value.ok_or(Fault::Missing(KEY))?.text();
        let text = text.and_then(|text| String::try_from(text).ok());
        text.map(Self).ok_or(Fault::Unreadable(KEY))
    }

    /// How many bytes the text has.
    pub(crate) fn length(&self) -> usize {
        self.0.len()
    }

    /// A temperature, in hundredths of a degree, as it really is.
    pub(crate) fn correct(&self, celsius: u32) -> Result<u32, Fault> {
        let degree = celsius / 100;
        let mut lines = self.0.lines().filter_map(|line| line.split_once(' '));
        let line = lines.find(|(of, _)| of.parse() == Ok(degree));
        let hundredths = line.and_then(|(_, hundredths)| hundredths.parse().ok());
        let hundredths = hundredths.ok_or(Fault::Unreadable(KEY))?;
        Ok(celsius.saturating_add_signed(hundredths))
    }
}
