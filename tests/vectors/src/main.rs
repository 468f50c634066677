//! What real programs said and did, held against the core: transcripts of servers, with a naive reader
//! as the second opinion, and what clients made of keys and of values.

mod asked;
mod call;
mod exchange;
mod foreign;
#[path = "../../../core/tests/grammar/mod.rs"]
#[allow(unreachable_pub, reason = "it is shared with the tests of the core")]
mod grammar;
mod hash;
mod meta;
mod naive;
mod order;
mod part;
mod placement;
mod planted;
mod record;
mod response;
mod rules;
mod stream;
mod table;
mod values;
mod words;

use std::collections::BTreeMap;
use std::env;
use std::path::Path;
use std::process::ExitCode;

use exchange::{Cut, Exchange, Links, PLACES, Rewritten};
use planted::LIES;
use rules::{Class, Rules};

/// At most so many of a hundred may be left out, not counting those that have a place of their own.
const LEFT_OUT: usize = 2;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let result = match &arguments[..] {
        [kind, folder] if kind == "transcripts" => transcripts(here, Path::new(folder)),
        [kind, folder] if kind == "values" => values::run(here, Path::new(folder)),
        [kind, folder] if kind == "hash" => hash::run(Path::new(folder)),
        [kind, folder] if kind == "placement" => placement::run(here, Path::new(folder)),
        _ => Err("usage: vectors transcripts|values|hash|placement FOLDER".into()),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("vectors: {error}");
            ExitCode::from(2)
        }
    }
}

/// What became of the exchanges of a category.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    ran: usize,
    failed: usize,
    later: usize,
    never: usize,
    apart: usize,
}

fn transcripts(here: &Path, folder: &Path) -> Result<bool, String> {
    let rules =
        std::fs::read_to_string(here.join("left-out.txt")).map_err(|error| error.to_string())?;
    let rules = Rules::read(&rules)?;
    let records = record::all(folder)?;
    if records.is_empty() {
        return Err(format!("{}: there are no transcripts", folder.display()));
    }
    let mut naive = naive::all(&here.join("naive.py"), folder)?;
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    let mut rewritten = Rewritten::default();
    let (mut lies, mut found, mut runs) = (0, 0, 0);

    for scenario in records.chunk_by(|one, next| one.scenario == next.scenario) {
        let mut exchanges = vec![];
        for record in scenario {
            let tally = tallies.entry(&record.category).or_default();
            if let Some(rule) = rules.leave_out(record) {
                let count = match rule.class {
                    Class::Apart => &mut tally.apart,
                    Class::Later => &mut tally.later,
                    Class::Never => &mut tally.never,
                };
                *count += 1;
                *reasons
                    .entry(format!("{:?}: {}", rule.class, rule.reason))
                    .or_default() += 1;
                continue;
            }
            tally.ran += 1;
            let read = naive.remove(&record.id);
            let read = read.ok_or_else(|| format!("{}: the naive reader has none", record.id))?;
            exchanges.push(Exchange::new(record, read));
        }
        let mut wrong: BTreeMap<&str, String> = BTreeMap::new();
        for cut in cuts(&exchanges) {
            let mut links = Links::new();
            for exchange in &exchanges {
                runs += 1;
                match exchange.run(&mut links, cut) {
                    Ok(how) if matches!(cut, Cut::Nowhere) => {
                        rewritten.exactly += how.exactly;
                        rewritten.in_order += how.in_order;
                        rewritten.raw += how.raw;
                    }
                    Ok(_) => {}
                    Err(error) => {
                        let id = &exchange.record.id;
                        wrong
                            .entry(id)
                            .or_insert_with(|| format!("{cut:?}: {error}"));
                    }
                }
            }
        }
        for exchange in &exchanges {
            let record = exchange.record;
            if let Some(error) = wrong.get(&record.id[..]) {
                println!("FAILED {} ({}): {error}", record.id, record.scenario);
                tallies.entry(&record.category).or_default().failed += 1;
                continue;
            }
            for lie in LIES {
                let is_found = planted::is_found(lie, exchange);
                lies += usize::from(is_found.is_some());
                found += usize::from(is_found == Some(true));
                if is_found == Some(false) {
                    println!("NOT FOUND {} ({}): {lie:?}", record.id, record.scenario);
                }
            }
        }
    }

    let line = |name: &str, tally: &Tally| {
        let Tally {
            ran,
            failed,
            later,
            never,
            apart,
        } = *tally;
        println!(
            "{name:<16}{ran:>6}{:>8}{failed:>8}{later:>7}{never:>7}{apart:>7}",
            ran - failed
        );
    };
    println!(
        "{:<16}{:>6}{:>8}{:>8}{:>7}{:>7}{:>7}",
        "", "ran", "passed", "failed", "later", "never", "apart"
    );
    let mut all = Tally::default();
    for (name, tally) in &tallies {
        line(name, tally);
        all.ran += tally.ran;
        all.failed += tally.failed;
        all.later += tally.later;
        all.never += tally.never;
        all.apart += tally.apart;
    }
    line("all", &all);
    for (reason, count) in &reasons {
        println!("left out {count:>3}  {reason}");
    }
    let Rewritten {
        exactly,
        in_order,
        raw,
    } = rewritten;
    println!(
        "requests: {exactly} written again byte for byte but for the opaque, {in_order} with the same \
         flags in our order, {raw} that none of our commands writes"
    );
    println!("planted: {lies} lies, {found} found out");
    let left_out = all.later + all.never;
    let of = left_out + all.ran;
    let share = left_out as f64 * 100.0 / of.max(1) as f64;
    println!(
        "transcripts: {} of {of} ran, {} passed, {} failed, {left_out} left out ({share:.1} %), {runs} runs",
        all.ran,
        all.ran - all.failed,
        all.failed
    );
    Ok(all.failed == 0 && lies > 0 && found == lies && left_out * 100 <= of * LEFT_OUT)
}

/// The cuts to run a scenario with: one for each byte of its longest response, or for many.
fn cuts(exchanges: &[Exchange<'_>]) -> Vec<Cut> {
    let lengths = exchanges
        .iter()
        .map(|exchange| exchange.record.response.len());
    let sizes = exchanges
        .iter()
        .map(|exchange| exchange.record.request.len() + exchange.record.response.len());
    let places = lengths.max().unwrap_or_default().min(PLACES);
    // Of what is very large, every eighth place.
    let step = if sizes.sum::<usize>() > 100_000 { 8 } else { 1 };
    let once = (0..places).step_by(step).map(Cut::Once);
    [Cut::Nowhere, Cut::Always]
        .into_iter()
        .chain(once)
        .collect()
}
