//! The page that is made of records.

mod missed;
mod plots;
mod tables;
mod targets;

use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::Result;
use crate::record::Record;
use missed::Missed;
use targets::TARGETS;

/// What is said of how it was measured.
const METHOD: &str = "\
Server and clients are pinned to the same core, so that what a client costs shows. All who can do a workload
have their turn of 150 ms in each of seven rounds; µs is the median of the rounds, and × the median of the
ratios to the limit of the same round. What counts are these ratios: the times are those of this machine, on
which other programs may have run. A turn is cut in slices of 4 ms, and counts as long as nine of ten of them took at
least. The limit writes requests that were encoded before, and reads to the exact
length that it knows before, with the same socket options: one that blocks, one on tokio's current_thread, and
one that many tasks share. Counts are exact: the difference of two runs, for one call; `tasks64` is for one get
by any of 64 tasks, `tasks64x2` on two threads and both cores, `stream` for one set of 10,000. Those of
memcache::exp are taken over TCP, for it has nothing else. Copying a byte in user space is an instruction, so half
a million of them in `get512k` are one copy.

minimc has a deadline of 5 s for each call, and checks every reply for an opaque of its own; the limits and the
peers but memcache::exp have no deadline.
";

/// Writes `report.md` and the plots; fails where a target is missed, or absent, for no reason that is known.
pub fn write(records: &Path, folder: &Path) -> Result<()> {
    let text = fs::read_to_string(records)?;
    let mut records = Record::all(&text)?;
    tables::against_peers(&mut records);
    let missed = fs::read_to_string(folder.join("missed.md")).unwrap_or_default();
    let missed = Missed::read(&missed);

    let mut page =
        String::from("# What minimc costs, beside its peers\n\nMade by `ci/bench.sh report`.\n\n");
    for line in text.lines().filter_map(|line| line.strip_prefix("# ")) {
        writeln!(page, "- {line}")?;
    }
    writeln!(
        page,
        "\n{METHOD}\n## Targets\n\n| target | wanted | reached | |\n|---|---|---|---|"
    )?;
    let mut unexplained = Vec::new();
    for target in TARGETS {
        let name = target.name();
        let reached = target.reached(&records);
        let met = reached.is_some_and(|reached| target.is_met(reached));
        let why = missed.why(&name);
        let word = match (met, reached, why) {
            (true, ..) => "met",
            (false, Some(_), Some(_)) => "missed, [why](missed.md)",
            (false, Some(_), None) => "**missed**",
            (false, None, Some(_)) => "absent, [why](missed.md)",
            (false, None, None) => "**absent**",
        };
        if !met && why.is_none() {
            unexplained.push(name.clone());
        }
        let reached = reached.map_or("-".to_owned(), tables::number);
        writeln!(
            page,
            "| {name} | {} | {reached} | {word} |",
            target.wanted()
        )?;
    }
    tables::write(&mut page, &records)?;
    plots::write(&mut page, folder, &records)?;
    fs::write(folder.join("report.md"), page)?;
    if unexplained.is_empty() {
        return Ok(());
    }
    for name in &unexplained {
        eprintln!("rank: missed or absent, and missed.md does not say why: {name}");
    }
    Err(format!("{} targets", unexplained.len()).into())
}
