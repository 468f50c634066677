//! Hash values of real programs, each computed again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use minimc_core::hash::{self, Hash, Murmur3};
use minimc_core::placement::{PythonHash, PythonKey, pymemcache_score};

use crate::record::unhex;

/// A line: what was hashed, by what, and what came.
struct Value<'a> {
    name: &'a str,
    bytes: Vec<u8>,
    values: Vec<u32>,
}

#[derive(Clone, Copy, Default)]
struct Tally {
    ran: usize,
    failed: usize,
}

/// Runs every line of every table of the folder. Whether all values are the same.
pub(crate) fn run(folder: &Path) -> Result<bool, String> {
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    let (mut lies, mut found) = (0, 0);
    for file in files(folder)? {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let text = fs::read_to_string(&file).map_err(|error| format!("{name}: {error}"))?;
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let value = read(&name, line).ok_or_else(|| format!("{name}: no value: {line}"))?;
            let got = ours(&name, &value).ok_or_else(|| format!("{name}: no hash: {line}"))?;
            let tally = tallies.entry(format!("{name} {}", value.name)).or_default();
            tally.ran += 1;
            if got != value.values {
                tally.failed += 1;
                println!("FAILED {name}: {line}: ours is {got:?}");
            }
            // A key of which the last bit is another must not do for it.
            let mut lie = value;
            if let Some(byte) = lie.bytes.last_mut() {
                *byte ^= 1;
                lies += 1;
                let is_found = ours(&name, &lie).as_ref() != Some(&lie.values);
                found += usize::from(is_found);
                if !is_found {
                    println!("NOT FOUND {name}: {line}");
                }
            }
        }
    }
    println!("{:<52}{:>6}{:>8}{:>8}", "", "ran", "passed", "failed");
    let mut all = Tally::default();
    for (name, Tally { ran, failed }) in tallies {
        println!("{name:<52}{ran:>6}{:>8}{failed:>8}", ran - failed);
        all.ran += ran;
        all.failed += failed;
    }
    let Tally { ran, failed } = all;
    println!("planted: {lies} other keys, {found} found out");
    let passed = ran - failed;
    println!("hash: {ran} of {ran} ran, {passed} passed, {failed} failed, 0 left out (0.0 %)");
    Ok(failed == 0 && ran > 0 && found == lies)
}

/// The tables of a folder, in the order of their names.
fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "tsv"));
    files.sort();
    Ok(files)
}

fn read<'a>(file: &str, line: &'a str) -> Option<Value<'a>> {
    let columns: Vec<&str> = line.split('\t').collect();
    let number = |column: &&str| column.parse().ok();
    let (name, bytes, values): (_, _, Option<_>) = match (file, &columns[..]) {
        ("md5_words.tsv", [bytes, values @ ..]) => {
            ("words", bytes, values.iter().map(number).collect())
        }
        ("unsigned_char_platforms.tsv", [name, bytes, unsigned, _, signed]) => (
            *name,
            bytes,
            [unsigned, signed].map(number).into_iter().collect(),
        ),
        (_, [name, bytes, value, _]) => (*name, bytes, [number(value)].into_iter().collect()),
        _ => return None,
    };
    Some(Value {
        name,
        bytes: unhex(bytes)?,
        values: values?,
    })
}

/// What this crate's functions give.
fn ours(file: &str, value: &Value<'_>) -> Option<Vec<u32>> {
    let (name, bytes) = (value.name, &value.bytes[..]);
    Some(match file {
        "md5_words.tsv" => hash::md5_words(bytes).into(),
        "other_clients.tsv" => vec![other(name, bytes)?],
        "unsigned_char_platforms.tsv" => {
            let hash = Hash::named(name)?;
            vec![hash.unsigned().of(bytes), hash.of(bytes)]
        }
        _ => vec![Hash::named(name)?.of(bytes)],
    })
}

/// The hash functions of clients that do not build on libmemcached.
fn other(name: &str, bytes: &[u8]) -> Option<u32> {
    let score = |kind| pymemcache_score(b"127.0.0.1:11211", bytes, kind);
    Some(match name {
        "python-memcached.cmemcache_hash" => PythonHash::Cmemcache.of(bytes),
        "python-memcached.crc32_old" => PythonHash::Old.of(bytes),
        "gomemcache.crc32" | "dalli.crc32" => hash::crc32(bytes),
        "pymemcache.murmur3_32[str]" => {
            let mut hash = Murmur3::new(0);
            let characters = core::str::from_utf8(bytes).ok()?.chars();
            characters.for_each(|c| hash.push(u32::from(c) as u8));
            hash.finish()
        }
        "pymemcache.murmur3_32[node-key:str]" => score(PythonKey::Str),
        "pymemcache.murmur3_32[node-key:bytes]" => score(PythonKey::Bytes),
        _ => return None,
    })
}
