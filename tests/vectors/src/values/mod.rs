//! Values that real clients stored and read, held against what we store and read.

mod read;
mod record;
mod rules;
mod written;

use std::collections::BTreeMap;
use std::path::Path;

use record::{Foreign, Seen, Stored, Written};
use rules::{Rules, Where};

/// At most so many of a hundred may be left out.
const LEFT_OUT: usize = 2;

/// What became of the records of a category.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    ran: usize,
    failed: usize,
    left_out: usize,
}

/// The counts of all.
#[derive(Debug, Default)]
struct Run {
    tallies: BTreeMap<String, Tally>,
    reasons: BTreeMap<String, usize>,
    lies: usize,
    found: usize,
}

impl Run {
    /// One thing to be checked: what was recorded, or with a lie in it.
    fn one(
        &mut self,
        category: String,
        id: &str,
        rule: Option<&str>,
        check: impl FnOnce() -> Result<(), String>,
    ) {
        let tally = self.tallies.entry(category).or_default();
        if let Some(reason) = rule {
            tally.left_out += 1;
            *self.reasons.entry(reason.into()).or_default() += 1;
            return;
        }
        tally.ran += 1;
        if let Err(error) = check() {
            tally.failed += 1;
            println!("FAILED {id}: {error}");
        }
    }

    /// The same with a planted mistake, which must be found out.
    fn lie(&mut self, id: &str, lie: &str, check: Result<(), String>) {
        self.lies += 1;
        if check.is_err() {
            self.found += 1;
        } else {
            println!("NOT FOUND {id}: {lie}");
        }
    }
}

/// Runs all records of a folder; whether none failed, and enough was run.
pub(crate) fn run(here: &Path, folder: &Path) -> Result<bool, String> {
    let rules = here.join("left-out-values.txt");
    let rules = std::fs::read_to_string(rules).map_err(|error| error.to_string())?;
    let rules = Rules::read(&rules)?;
    let mut run = Run::default();
    for line in record::lines(folder, "python_clients.jsonl")? {
        written_and_seen(&mut run, &rules, &Written::of_python(&line, folder)?);
    }
    for line in record::lines(folder, "dalli.jsonl")? {
        written_and_seen(&mut run, &rules, &Written::of_dalli(&line, folder)?);
    }
    for line in record::lines(folder, "read_foreign.jsonl")? {
        foreign(&mut run, &rules, &Foreign::new(&line, folder)?);
    }
    Ok(run.print())
}

fn written_and_seen(run: &mut Run, rules: &Rules, record: &Written) {
    let Written {
        id,
        client,
        category,
        ..
    } = record;
    let whole = format!("{client} {category}");
    let rule = rules.leave_out(Where::Category, category).or_else(|| {
        let failed = record.stored.is_none();
        failed
            .then(|| rules.leave_out(Where::Returned, &record.returned))
            .flatten()
    });
    let is_left_out = rule.is_some();
    run.one(whole, id, rule, || written::check(record));
    let Some(stored) = record.stored.as_ref().filter(|_| !is_left_out) else {
        return;
    };
    if written::check(record).is_ok() {
        // Other flags, and another byte where the value is known or has a checksum.
        let lying = |lie: &dyn Fn(&mut Stored)| {
            let mut lying = record.clone();
            lying.stored.iter_mut().for_each(lie);
            written::check(&lying)
        };
        run.lie(id, "flags", lying(&|stored| stored.flags ^= 64));
        let has_sum = stored.inflated.is_some();
        let is_known = record.given.bytes.is_some()
            && record.given.class != "bytearray"
            && stored.flags & 1 == 0;
        if (is_known || has_sum) && !stored.raw.is_empty() && !client.starts_with("dalli") {
            let last = stored.raw.len() - 1;
            run.lie(id, "a byte", lying(&|stored| stored.raw[last] ^= 1));
        }
    }
    let Ok(convention) = written::convention(record) else {
        return;
    };
    for (name, seen) in &record.seen {
        let rule = rules.leave_out(Where::Seen, &format!("{name}:{category}:{seen:?}"));
        let reader = read::reader(name);
        // Of what others see in it, only of "equal" we know what it must be.
        let mut room = vec![0; 4 << 20];
        let given = convention.decode_into(
            &stored.raw,
            stored.flags,
            minimc_core::value::Reading::Strict,
            &mut room,
        );
        let given = given
            .ok()
            .filter(|value| value.bytes().is_some() || value.integer().is_some());
        let given = given.filter(|_| *seen == Seen::Equal && record.op == "set");
        run.one(format!("{name} reads what is stored"), id, rule, || {
            read::check(reader, &stored.raw, stored.flags, seen, given)
        });
    }
}

fn foreign(run: &mut Run, rules: &Rules, record: &Foreign) {
    for (name, seen) in &record.seen {
        let rule = rules.leave_out(Where::Seen, &format!("{name}:{}:{seen:?}", record.payload));
        let is_left_out = rule.is_some();
        let reader = read::reader(name);
        let whole = format!("{name} reads {}", record.category);
        run.one(whole, &record.id, rule, || {
            read::check(reader, &record.raw, record.flags, seen, None)
        });
        // Another value, or an error in its place.
        if let (Seen::Value { class, .. }, false) = (seen, is_left_out)
            && ["bytes", "str", "int"].contains(&&class[..])
            && record.flags & 1 == 0
        {
            let lie = Seen::Exception("ValueError: invalid literal".into());
            let check = read::check(reader, &record.raw, record.flags, &lie, None);
            run.lie(&record.id, "an error", check);
            let lie = Seen::Value {
                class: class.clone(),
                text: "'?'".into(),
            };
            let check = read::check(reader, &record.raw, record.flags, &lie, None);
            run.lie(&record.id, "another value", check);
        }
    }
}

impl Run {
    fn print(&self) -> bool {
        let line = |name: &str, tally: &Tally| {
            let Tally {
                ran,
                failed,
                left_out,
            } = *tally;
            println!(
                "{name:<48}{ran:>6}{:>8}{failed:>8}{left_out:>10}",
                ran - failed
            );
        };
        println!(
            "{:<48}{:>6}{:>8}{:>8}{:>10}",
            "", "ran", "passed", "failed", "left out"
        );
        let mut all = Tally::default();
        for (name, tally) in &self.tallies {
            line(name, tally);
            all.ran += tally.ran;
            all.failed += tally.failed;
            all.left_out += tally.left_out;
        }
        line("all", &all);
        for (reason, count) in &self.reasons {
            println!("left out {count:>3}  {reason}");
        }
        println!("planted: {} lies, {} found out", self.lies, self.found);
        let of = all.ran + all.left_out;
        let share = all.left_out as f64 * 100.0 / of.max(1) as f64;
        println!(
            "values: {} of {of} ran, {} passed, {} failed, {} left out ({share:.1} %)",
            all.ran,
            all.ran - all.failed,
            all.failed,
            all.left_out
        );
        all.ran > 0
            && all.failed == 0
            && self.lies > 0
            && self.found == self.lies
            && all.left_out * 100 <= of * LEFT_OUT
    }
}
