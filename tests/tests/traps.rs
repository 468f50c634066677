//! That the tests named in docs/traps.md and ARCHITECTURE.md exist and run, and that no row is
//! missing.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::fs;
use std::path::Path;

fn read(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The tests that a text names: what stands in backquotes and is a file, `::`, a name.
fn named(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted.filter_map(|words| words.split_once(".rs::"))
}

/// Whether the function is a test that runs.
fn is_a_test(file: &str, name: &str) -> bool {
    let path = match file.contains('/') {
        true => format!("{file}.rs"),
        false => format!("tests/tests/{file}.rs"),
    };
    let source = read(&path);
    // A scenario runs where it is listed.
    if path.starts_with("tests/src/") || path.starts_with("tests/scenarios/") {
        let live = read("tests/tests/live.rs");
        let mut listed = live.split([' ', '\n', '(', ';']);
        return source.contains(&format!("pub async fn {name}<"))
            && listed.any(|word| word.rsplit("::").next() == Some(name));
    }
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let function = format!("fn {name}(");
    let mut places = lines.iter().enumerate();
    let Some((at, _)) =
        places.find(|(_, line)| line.trim_start_matches("async ").starts_with(&function))
    else {
        return false;
    };
    let above = lines[..at].iter().rev();
    let attributes: Vec<_> = above
        .take_while(|line| line.starts_with("#[") || line.starts_with("//"))
        .collect();
    let is = |start: &str| attributes.iter().any(|line| line.starts_with(start));
    (is("#[test]") || is("#[tokio::test")) && !is("#[ignore")
}

#[test]
fn every_test_that_is_named_exists_and_runs() {
    for (page, least) in [("docs/traps.md", 80), ("ARCHITECTURE.md", 20)] {
        let text = read(page);
        for (file, name) in named(&text) {
            assert!(
                is_a_test(file, name),
                "{page}: {file}.rs::{name} is no test that runs"
            );
        }
        let count = named(&text).count();
        assert!(count >= least, "{page} names only {count} tests");
    }
    // What is named wrongly is found out.
    for (file, name) in [
        ("traps", "named"),
        ("traps", "every_test"),
        ("outcomes", "to_a_classic_set"),
        ("core/tests/enumerate", "every_reply_of_five_symbols"),
        ("tests/src/hosted", "unheard_of"),
    ] {
        assert!(!is_a_test(file, name), "{file}.rs::{name}");
    }
}

/// The last cells of a table's rows, with what stands in their first ones.
fn rows(table: &str) -> Vec<(&str, &str)> {
    let rows = table.lines().filter(|line| line.starts_with("| "));
    let cells = rows.skip(1).map(|line| {
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        (cells[0], cells[cells.len() - 1])
    });
    cells.collect()
}

#[test]
fn every_row_is_there_and_has_a_test_or_a_reason() {
    let traps = read("docs/traps.md");
    let (_, traps) = traps.split_once("## Traps of the protocol").unwrap();
    let (traps, complaints) = traps.split_once("## Complaints").unwrap();
    let complaints_of = (1..=15).chain(17..=18).chain(24..=26).chain(33..=38);
    let architecture = read("ARCHITECTURE.md");
    let (_, errors) = architecture
        .split_once("## What an error does to the connection")
        .unwrap();
    let (errors, _) = errors.split_once("\n## ").unwrap();

    for (table, numbers) in [
        (traps, (1..=22).collect::<Vec<_>>()),
        (complaints, complaints_of.collect()),
    ] {
        let rows = rows(table);
        let found: Vec<u32> = rows
            .iter()
            .map(|(number, _)| number.parse().unwrap())
            .collect();
        assert_eq!(found, numbers);
        for (number, held_by) in rows {
            let has_reason = ["later", "not offered", "cannot be tested"]
                .iter()
                .any(|reason| held_by.starts_with(reason));
            assert!(
                named(held_by).count() > 0 || has_reason,
                "{number}: {held_by}"
            );
        }
    }
    let errors = rows(errors);
    assert_eq!(errors.len(), 18);
    for (what, held_by) in errors {
        assert!(named(held_by).count() > 0, "{what} has no test");
    }
}
