//! That docs/coverage.md is whole: every row is carried by what exists and is tested, or left out with
//! its reason, and every command is in it. What it finds is printed by ci/coverage.sh. And that
//! minimc::pylibmc tells of each version what the core knows of it.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::collections::BTreeSet;

use minimc_tests::named::{Sources, is_a_test, quoted, read, rows, tests};

/// How many rows each table has: none may get lost.
const TABLES: [(&str, usize); 3] = [
    ("Classic requests", 41),
    ("Meta requests", 59),
    ("Packets", 34),
];

/// Whether words in backquotes are the path of an item.
fn is_path(words: &str) -> bool {
    let name = words.strip_prefix("meta::").unwrap_or(words);
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b':';
    // What a server says is in capitals alone.
    name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.contains(|other: char| other.is_ascii_lowercase())
        && name.bytes().all(is_word)
}

/// What is wrong with a row.
fn faults(row: &[&str], sources: &Sources) -> Vec<String> {
    let &[what, _, carried_by, held_by] = row else {
        return vec![format!("{row:?} has not four cells")];
    };
    let mut faults = vec![];
    let items: Vec<&str> = quoted(carried_by).filter(|words| is_path(words)).collect();
    let is_out = carried_by.starts_with("left out: ") || carried_by.starts_with("later");
    let is_by_itself = carried_by.contains("by itself") || carried_by.starts_with("taken as");
    if items.is_empty() && !is_out && !is_by_itself && carried_by != "the reply" {
        faults.push(format!("{what}: carried by nothing"));
    }
    for item in items {
        if !sources.have(item) {
            faults.push(format!("{what}: there is no {item}"));
        }
    }
    if tests(held_by).count() == 0 && !is_out {
        faults.push(format!("{what}: held by no test"));
    }
    for (file, name) in tests(held_by) {
        if !is_a_test(file, name) {
            faults.push(format!("{what}: {file}.rs::{name} is no test that runs"));
        }
    }
    faults
}

#[test]
fn every_row_is_carried_and_tested_or_has_its_reason() {
    let (page, sources) = (read("docs/coverage.md"), Sources::read());
    let mut all = vec![];
    for (title, count) in TABLES {
        let (_, table) = page.split_once(&format!("\n## {title}\n")).unwrap();
        let table = table.split("\n## ").next().unwrap();
        let rows = rows(table);
        let out = |start: &str| rows.iter().filter(|row| row[2].starts_with(start)).count();
        let (left_out, later) = (out("left out: "), out("later"));
        println!(
            "coverage: {title}: {} rows, {} carried, {left_out} left out, {later} later",
            rows.len(),
            rows.len() - left_out - later,
        );
        if rows.len() != count {
            all.push(format!("{title} has {} rows, not {count}", rows.len()));
        }
        all.extend(rows.iter().flat_map(|row| faults(row, &sources)));
    }
    for command in sources.commands() {
        if !quoted(&page)
            .any(|words| words == command || words.starts_with(&format!("{command}::")))
        {
            all.push(format!("{command} is not in the page"));
        }
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn what_is_wrong_is_found_out() {
    let sources = Sources::read();
    for (row, found) in [
        (["a", "", "`Get`", "`core/src/command/get.rs::meta`"], ""),
        (["a", "", "left out: of no use", ""], ""),
        (["a", "", "`Get`", ""], "held by no test"),
        (
            ["a", "", "words", "`traps.rs::every_row`"],
            "carried by nothing",
        ),
        (
            ["a", "", "`Getting`", "`outcomes.rs::numbers`"],
            "there is no Getting",
        ),
        (
            ["a", "", "`Get::with_case`", "`outcomes.rs::numbers`"],
            "there is no Get::with_case",
        ),
        (
            ["a", "", "`meta::Lease`", "`outcomes.rs::numbers`"],
            "there is no meta::Lease",
        ),
        (
            ["a", "", "`ErrorKind::Wrong`", "`outcomes.rs::numbers`"],
            "there is no ErrorKind::Wrong",
        ),
        (
            ["a", "", "`Get`", "`outcomes.rs::number`"],
            "is no test that runs",
        ),
    ] {
        let faults = faults(&row, &sources).join("; ");
        assert!(
            faults.contains(found) && faults.is_empty() == found.is_empty(),
            "{row:?}: {faults}"
        );
    }
    assert!(sources.commands().len() >= 29, "{:?}", sources.commands());
}

#[test]
fn what_versions_can_do_is_what_the_core_knows() {
    let page = read("adapters/src/pylibmc.rs").replace("//! ", "");
    let (_, table) = page
        .split_once("# What which version of the server can do")
        .unwrap();
    let table = table.split("\n# ").next().unwrap();
    let rows = rows(table);
    let told: BTreeSet<(String, String)> = rows
        .iter()
        .flat_map(|row| quoted(row[1]).map(|name| (name.to_owned(), row[0].to_owned())))
        .filter(|(name, _)| is_path(name))
        .collect();

    // `Self::A | Self::B => Dialect::new(1, 6, 10),`
    let source = read("core/src/wire/dialect.rs");
    let mut known = BTreeSet::new();
    for line in source.lines() {
        let Some((names, version)) = line.split_once(" => Dialect::new(") else {
            continue;
        };
        let version = version.trim_end_matches("),").replace(", ", ".");
        for name in names.split('|') {
            let name = name.trim().trim_start_matches("Self::");
            known.insert((name.to_owned(), version.clone()));
        }
    }
    assert!(known.len() >= 14, "{known:?}");
    assert_eq!(told, known);
}
