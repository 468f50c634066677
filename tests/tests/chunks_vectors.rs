//! The format of chunked values, held against what a script wrote that knows only its description.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::process::Command;

use embedded_io_adapters::std::FromStd;
use minimc::command::{Store, Stored};
use minimc::net::Client;
use minimc::value::BadValue;
use minimc::value::chunks::Manifest;
use minimc::{Expiry, Key};
use minimc_tests::server::Memcached;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/chunks");

fn unhex(digits: &str) -> Vec<u8> {
    let (digits, rest) = digits.as_bytes().as_chunks::<2>();
    assert!(rest.is_empty());
    digits
        .iter()
        .map(|byte| u8::from_str_radix(str::from_utf8(byte).unwrap(), 16).unwrap())
        .collect()
}

fn lines(name: &str) -> Vec<Vec<String>> {
    let all = std::fs::read_to_string(format!("{FOLDER}/{name}")).unwrap();
    let lines = all.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| line.split('\t').map(String::from).collect())
        .collect()
}

#[test]
fn the_script_says_the_same_still() {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/chunks.py");
    let run = Command::new("python3")
        .args([script, "--check", FOLDER])
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", run.stderr.escape_ascii());
}

#[test]
fn manifests() {
    let (mut good, mut bad) = (0, 0);
    for line in lines("manifests.tsv") {
        let bytes = unhex(&line[0]);
        if line[1] == "bad" {
            let decoded = Manifest::decode(&bytes);
            assert_eq!(decoded, Err(BadValue::Manifest), "{}", line[2]);
            bad += 1;
            continue;
        }
        let number = |at: usize| -> u64 { line[at].parse().unwrap() };
        let small = |at: usize| u32::try_from(number(at)).unwrap();
        let manifest = Manifest::new(number(1), small(3), number(2)).unwrap();
        let manifest = manifest.with_flags(small(4)).with_crc(small(5));
        assert_eq!(manifest.parts(), small(6));
        assert_eq!(manifest.encode()[..], bytes);
        assert_eq!(Manifest::decode(&bytes), Ok(manifest));
        good += 1;
    }
    assert_eq!((good, bad), (8, 16));
}

/// A value, and the items that it is.
struct Record {
    name: Vec<u8>,
    manifest: Manifest,
    value: Vec<u8>,
    items: Vec<(Vec<u8>, u32, Vec<u8>)>,
}

fn records() -> Vec<Record> {
    let mut records: Vec<Record> = vec![];
    for line in lines("items.tsv") {
        match &line[..] {
            [empty, key, flags, bytes] if empty.is_empty() => {
                let item = (unhex(key), flags.parse().unwrap(), unhex(bytes));
                records.last_mut().unwrap().items.push(item);
            }
            [name, version, part_size, flags, value] => {
                let value = unhex(value);
                let length = value.len() as u64;
                let (version, part_size) = (version.parse().unwrap(), part_size.parse().unwrap());
                let manifest = Manifest::new(length, part_size, version).unwrap();
                records.push(Record {
                    name: unhex(name),
                    manifest: manifest.with_flags(flags.parse().unwrap()),
                    value,
                    items: vec![],
                });
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(records.len(), 8);
    records
}

#[test]
fn values_are_stored_as_these_items() {
    let server = Memcached::tcp(&[]);
    let mut client = Client::connect(server.address()).unwrap();
    for record in records() {
        let mut reader = &record.value[..];
        let mut buffer = [0; 100];
        let stored = client.set_chunked(
            &record.name,
            record.manifest,
            &mut reader,
            Expiry::NEVER,
            &mut buffer,
            |_| {},
        );
        stored.unwrap();
        for (key, flags, bytes) in &record.items {
            let item = client.get_owned(key).unwrap().unwrap();
            assert_eq!((item.flags, &item.value), (*flags, bytes));
        }
        let items = client.general_stats().unwrap().curr_items;
        assert_eq!(items, record.items.len() as u64);
        assert!(client.delete_chunked(&record.name).unwrap());
    }
}

#[test]
fn these_items_are_values() {
    let server = Memcached::tcp(&[]);
    let mut client = Client::connect(server.address()).unwrap();
    for record in records() {
        for (key, flags, bytes) in &record.items {
            let store = Store::set(Key::new(key).unwrap(), bytes).flags(*flags);
            assert_eq!(client.call(&store), Ok(Stored::Stored));
        }
        let mut writer = FromStd::new(vec![]);
        let got = client.get_chunked(&record.name, &mut writer, |_| {});
        let manifest = got.unwrap().unwrap();
        assert_eq!(writer.into_inner(), record.value);
        assert_eq!(manifest, record.manifest.with_crc(manifest.crc()));
    }
}
