//! The result that the device publishes.

use core::fmt::{self, Write};

use heapless::String;
use minimc::embassy::Client;
use minimc::{Error, Expiry};

use crate::Fault;
use crate::calibration::Calibration;
use crate::image::Image;
use crate::name::Name;

/// What a run that went well has to tell.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    pub(crate) boot: u64,
    pub(crate) calibration: Calibration,
    pub(crate) image: Image,
    pub(crate) readings: u32,
}

/// How long a result may be; one that is longer lost its end.
const LONGEST: usize = 384;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "boot={}", self.boot)?;
        writeln!(f, "excess={}", self.calibration.excess)?;
        writeln!(f, "calibrated_by={}", self.calibration.by)?;
        writeln!(f, "image={}", self.image.length)?;
        writeln!(f, "arrived={}", self.image.arrived)?;
        writeln!(f, "sha256={}", self.image.sha256)?;
        writeln!(f, "readings={}", self.readings)
    }
}

/// Publishes how the work went.
pub(crate) async fn publish(
    client: &mut Client<'_>,
    name: Name<'_>,
    outcome: &Result<Report, Fault>,
) -> Result<(), Error> {
    let mut text = String::<LONGEST>::new();
    // A server's own error text may be too long: then its end is missing.
    let _ = match outcome {
        Ok(report) => write!(text, "status=ok\n{report}"),
        Err(fault) => write!(text, "status=failed\nreason={fault}\n"),
    };
    let key = name.key(format_args!("result"));
    client.set_value(&key, text.as_str(), Expiry::NEVER).await
}
