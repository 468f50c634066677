//! What was measured, one figure a line.

use std::fmt;

use crate::Result;

/// A figure: `WORKLOAD TRANSPORT WHO WHAT NUMBER`, with tabs between.
#[derive(Clone, Debug)]
pub struct Record {
    pub workload: String,
    /// `unix`, `tcp`, `-` for what knows no network, or `core` for an operation of the core alone.
    pub transport: String,
    pub who: String,
    /// `us`, `ratio` (to the limit of the same colour), `instructions`, `system calls`, `allocations`, `ns`; of an
    /// operation the instructions to `encode`, to `parse` and of the `whole`.
    pub what: String,
    pub number: f64,
}

impl Record {
    /// Reads a file of them; other lines, which tell what was measured on what, are left out.
    pub fn all(text: &str) -> Result<Vec<Self>> {
        let lines = text.lines().filter_map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let [workload, transport, who, what, number] = fields.as_slice() else {
                return None;
            };
            let number = match number.parse() {
                Ok(number) => number,
                Err(error) => return Some(Err(format!("{line}: {error}").into())),
            };
            Some(Ok(Self {
                workload: (*workload).to_owned(),
                transport: (*transport).to_owned(),
                who: (*who).to_owned(),
                what: (*what).to_owned(),
                number,
            }))
        });
        lines.collect()
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            workload,
            transport,
            who,
            what,
            number,
        } = self;
        write!(f, "{workload}\t{transport}\t{who}\t{what}\t{number:.4}")
    }
}
