//! Rounds in which all contestants have their turn, one after the other.

use std::time::{Duration, Instant};

use crate::Result;
use crate::contestants::{self, Colour, Contestant, Setting, Work};
use crate::record::Record;
use crate::server;

const ROUNDS: usize = 7;
/// How long a turn takes, on a machine that does nothing else.
const TURN: Duration = Duration::from_millis(150);
/// A turn is timed in slices of this length, and counts as long as nine of ten of them took at least: whatever
/// else the machine does while a slice lasts only adds to it.
const SLICE: Duration = Duration::from_millis(4);

struct Runner {
    name: &'static str,
    colour: Colour,
    work: Work,
    /// How many calls a slice has.
    calls: u64,
    /// How many slices a turn has.
    slices: usize,
    /// Of each round, the microseconds of a call.
    took: Vec<f64>,
}

/// Times all of these who can do it, and prints for each the median of its times, and of its ratios to the limit of
/// the same round: what slows the machine slows both.
pub fn run(setting: &Setting, who: fn(&Contestant) -> bool) -> Result<()> {
    server::fill(setting)?;
    let mut runners = Vec::new();
    for contestant in contestants::all().filter(|contestant| who(contestant)) {
        match begin(contestant, setting) {
            Ok(Some(runner)) => runners.push(runner),
            Ok(None) => {}
            // One that fails is left out of the table, which shows that.
            Err(error) => eprintln!(
                "rank: {} in {}: {error}",
                contestant.name,
                setting.workload.name()
            ),
        }
    }
    for _ in 0..ROUNDS {
        for runner in &mut runners {
            let mut slices = Vec::with_capacity(runner.slices);
            for _ in 0..runner.slices {
                slices.push(timed(&mut runner.work, runner.calls)?.as_secs_f64() * 1e6);
            }
            slices.sort_by(f64::total_cmp);
            let calls = runner.calls * setting.workload.parts();
            runner.took.push(slices[slices.len() / 10] / calls as f64);
        }
    }
    for runner in &runners {
        print(setting, runner.name, "us", median(&runner.took));
        let limit = runners
            .iter()
            .find(|other| other.name == runner.colour.limit());
        if let Some(limit) = limit {
            let ratios: Vec<f64> = runner
                .took
                .iter()
                .zip(&limit.took)
                .map(|(a, b)| a / b)
                .collect();
            print(setting, runner.name, "ratio", median(&ratios));
        }
    }
    Ok(())
}

/// Has it ready, and knows how many calls a turn has.
fn begin(contestant: &Contestant, setting: &Setting) -> Result<Option<Runner>> {
    let Some(mut work) = contestant.begin(setting)? else {
        return Ok(None);
    };
    let mut calls = 1;
    let took = loop {
        // The best of three: a hiccup would make every slice too short.
        let mut took = Duration::MAX;
        for _ in 0..3 {
            took = took.min(timed(&mut work, calls)?);
        }
        if took >= SLICE / 2 {
            break took;
        }
        calls *= 2;
    };
    let calls = ((calls as f64 * SLICE.as_secs_f64() / took.as_secs_f64()) as u64).max(1);
    let slices = (TURN.as_secs_f64() / took.max(SLICE).as_secs_f64()).ceil() as usize;
    Ok(Some(Runner {
        name: contestant.name,
        colour: contestant.colour,
        work,
        calls,
        slices,
        took: Vec::new(),
    }))
}

fn timed(work: &mut Work, calls: u64) -> Result<Duration> {
    let start = Instant::now();
    work(calls)?;
    Ok(start.elapsed())
}

fn print(setting: &Setting, who: &str, what: &str, number: f64) {
    let record = Record {
        workload: setting.workload.name(),
        transport: setting.transport().to_owned(),
        who: who.to_owned(),
        what: what.to_owned(),
        number,
    };
    println!("{record}");
}

fn median(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
