//! Where clients put keys, found again by the core.

mod clients;
mod libmemcached;
mod record;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use clients::check;
use record::Record;
use serde_json::Value;

use crate::record::unhex;

/// The files, each named after its client.
const CLIENTS: [&str; 6] = [
    "libmemcached",
    "pylibmc",
    "python-memcached",
    "pymemcache",
    "dalli",
    "gomemcache",
];

/// At most so many of a hundred may be left out.
const LEFT_OUT: usize = 2;

#[derive(Clone, Copy, Default)]
struct Tally {
    ran: usize,
    failed: usize,
    left_out: usize,
    keys: usize,
}

/// Runs every record of the folder. Whether every key is where it was.
pub(crate) fn run(here: &Path, folder: &Path) -> Result<bool, String> {
    let read = |path: &Path| {
        fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
    };
    let rules = read(&here.join("left-out-placement.txt"))?;
    let rules = rules
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    let rules: Vec<_> = rules.filter_map(|rule| rule.split_once("  ")).collect();
    let keys = read(&folder.join("keys.txt"))?;
    let keys = keys
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(unhex);
    let keys: Vec<_> = keys.collect::<Option<_>>().ok_or("keys.txt: no key")?;

    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    let mut quirks: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut lies, mut found) = (0, 0);
    for client in CLIENTS {
        let text = read(&folder.join(format!("{client}.jsonl")))?;
        for line in text.lines() {
            let value: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
            let Some(id) = value["id"].as_str().map(str::to_owned) else {
                continue;
            };
            let keys = &keys[..];
            let record = Record {
                client,
                keys,
                value,
            };
            let category = record.text("category").to_owned();
            let tally = tallies
                .entry(format!("{client} {}", family(&category)))
                .or_default();
            let rule = rules.iter().find(|(pattern, _)| *pattern == category);
            if let Some((_, reason)) = rule {
                tally.left_out += 1;
                *reasons.entry(reason.trim()).or_default() += 1;
                continue;
            }
            tally.ran += 1;
            match check(&record) {
                Ok(told) => {
                    tally.keys += told.keys;
                    if told.keys == 0 {
                        *quirks
                            .entry("the client refused every key: the scores of its nodes are all that is compared")
                            .or_default() += 1;
                    }
                    if told.is_stale {
                        *quirks.entry("the ring is older than the hash or the distribution, and keys are looked up in it").or_default() += 1;
                    }
                    if told.had_crashed {
                        *quirks
                            .entry("libmemcached 1.0.16 aborts; 1.1.4 is what is agreed with")
                            .or_default() += 1;
                    }
                }
                Err(error) => {
                    tally.failed += 1;
                    println!("FAILED {id} ({client} {category}): {error}");
                    continue;
                }
            }
            for lie in lied(&record) {
                lies += 1;
                let is_found = check(&lie).is_err();
                found += usize::from(is_found);
                if !is_found {
                    println!("NOT FOUND {id} ({client} {category})");
                }
            }
        }
    }

    println!(
        "{:<44}{:>6}{:>8}{:>8}{:>10}{:>9}",
        "", "ran", "passed", "failed", "left out", "keys"
    );
    let mut all = Tally::default();
    for (name, tally) in &tallies {
        show(name, tally);
        all.ran += tally.ran;
        all.failed += tally.failed;
        all.left_out += tally.left_out;
        all.keys += tally.keys;
    }
    show("all", &all);
    for (reason, count) in reasons {
        println!("left out {count:>3}  {reason}");
    }
    for (reason, count) in quirks {
        println!("quirk    {count:>3}  {reason}");
    }
    println!("planted: {lies} lies, {found} found out");
    let Tally {
        ran,
        failed,
        left_out,
        keys,
    } = all;
    let of = ran + left_out;
    let share = left_out as f64 * 100.0 / of.max(1) as f64;
    println!(
        "placement: {ran} of {of} ran, {} passed, {failed} failed, {left_out} left out ({share:.1} %), {keys} keys",
        ran - failed
    );
    Ok(failed == 0 && lies > 0 && found == lies && left_out * 100 <= of * LEFT_OUT)
}

/// What stands before the details of a category.
fn family(category: &str) -> &str {
    let end = category.find(['/', '(']).unwrap_or(category.len());
    &category[..end]
}

fn show(name: &str, tally: &Tally) {
    let Tally {
        ran,
        failed,
        left_out,
        keys,
    } = *tally;
    println!(
        "{name:<44}{ran:>6}{:>8}{failed:>8}{left_out:>10}{keys:>9}",
        ran - failed
    );
}

/// The same record with a mistake in it, in every way there is.
fn lied<'a>(record: &Record<'a>) -> Vec<Record<'a>> {
    let mut lies = vec![];
    // A key is somewhere else.
    if let Some(at) = record.index("index").iter().position(Option::is_some) {
        let mut lie = record.clone();
        let one = lie.value["index"][at].as_u64().unwrap_or_default();
        lie.value["index"][at] = (one + 1).into();
        lies.push(lie);
    }
    // The nodes have other names.
    if record.list("node_names").len() > 1 {
        let mut lie = record.clone();
        for name in lie.value["node_names"].as_array_mut().into_iter().flatten() {
            *name = format!("{}x", name.as_str().unwrap_or_default()).into();
        }
        lies.push(lie);
    }
    // The ring is of other servers.
    if record.value["ring_md5"].is_string() {
        let mut lie = record.clone();
        let steps = lie.value["steps"].as_array_mut().into_iter().flatten();
        let mut is_other = false;
        for add in steps.filter(|step| step[0] == "add") {
            add[2] = format!("{}x", add[2].as_str().unwrap_or_default()).into();
            is_other = true;
        }
        for server in lie.value["servers"].as_array_mut().into_iter().flatten() {
            server[0] = format!("{}x", server[0].as_str().unwrap_or_default()).into();
        }
        if is_other {
            lies.push(lie);
        }
    }
    lies
}
