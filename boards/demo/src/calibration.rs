//! The calibration that all devices share: one of them computes it, the others take what it found.

use core::fmt::{self, Write};

use embassy_time::Timer;
use heapless::String;
use minimc::Expiry;
use minimc::command::Item;
use minimc::embassy::Client;
use minimc::recipes::{Compute, Computed};

use crate::Fault;
use crate::name::{LONGEST, Name};

const KEY: &str = "fw:calibration";
const COMPUTED_KEY: &str = "fw:calibration:computed";

/// How long a device may take to compute it; then another does.
const LEASE: Expiry = Expiry::seconds(20);

/// How long it is good for.
const LASTS: Expiry = Expiry::seconds(3600);

/// How often a device asks for what another computes, and how long it waits before each time.
const TRIES: u32 = 100;
const WAIT_MS: u64 = 100;

/// How much too warm thermometers of this kind are, by the device that measured it.
#[derive(Clone, Debug)]
pub(crate) struct Calibration {
    /// In hundredths of a degree.
    pub(crate) excess: u32,
    /// The name of the device that computed it.
    pub(crate) by: String<LONGEST>,
}

/// Gets the calibration; if there is none, one of all devices that ask computes it.
pub(crate) async fn get(client: &mut Client<'_>, name: Name<'_>) -> Result<Calibration, Fault> {
    let recipe = Compute::new(KEY, LEASE)?.expiry(LASTS).tries(TRIES);
    let computed = client
        .get_or_compute(
            &recipe,
            Calibration::read,
            async || {
                defmt::info!("computes the calibration for all");
                let calibration = Calibration::measure(name).await;
                let mut text = String::<64>::new();
                // Two short lines: there is room.
                let _ = write!(text, "{calibration}");
                Ok::<_, Fault>(text)
            },
            |tries| {
                if tries == 1 {
                    defmt::info!("waits for the calibration, which another device computes");
                }
                Timer::after_millis(WAIT_MS)
            },
        )
        .await?;
    if let Computed::Computed { stored, .. } = &computed {
        defmt::info!("computed it: {}", stored);
        client
            .incr_or_create(COMPUTED_KEY, 1, 1, Expiry::NEVER)
            .await?;
    }
    let calibration = computed.value().ok_or(Fault::Missing(KEY))?;
    let calibration = calibration.ok_or(Fault::Unreadable(KEY))?;
    defmt::info!(
        "calibration: {} hundredths, by {=str}",
        calibration.excess,
        calibration.by.as_str()
    );
    Ok(calibration)
}

impl Calibration {
    /// What the key holds: a `name=value` a line.
    fn read(item: Item<'_>) -> Option<Self> {
        let text = core::str::from_utf8(item.value).ok()?;
        let (excess, by) = text.strip_prefix("excess=")?.split_once("\nby=")?;
        Some(Self {
            excess: excess.parse().ok()?,
            by: String::try_from(by.trim_ascii_end()).ok()?,
        })
    }

    /// Compares the thermometer with a better one, which takes a second. Both are made up, as the
    /// boards in QEMU have none.
    async fn measure(name: Name<'_>) -> Self {
        let mut sum = 0;
        for number in 0..20 {
            Timer::after_millis(50).await;
            sum += number % 5;
        }
        Self {
            excess: sum / 20,
            by: name.owned(),
        }
    }
}

impl fmt::Display for Calibration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "excess={}\nby={}", self.excess, self.by)
    }
}
