//! That the tests named in the project's pages exist and run, and that no row of traps and errors is
//! missing.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use minimc_tests::named::{is_a_test, read, rows, tests as named};

#[test]
fn every_test_that_is_named_exists_and_runs() {
    for (page, least) in [
        ("docs/traps.md", 80),
        ("docs/coverage.md", 150),
        ("ARCHITECTURE.md", 20),
        ("adapters/src/pylibmc.rs", 20),
    ] {
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
fn first_and_last(table: &str) -> Vec<(&str, &str)> {
    let rows = rows(table).into_iter();
    rows.map(|cells| (cells[0], cells[cells.len() - 1]))
        .collect()
}

#[test]
fn every_row_is_there_and_has_a_test_or_a_reason() {
    let traps = read("docs/traps.md");
    let (_, traps) = traps.split_once("## Traps of the protocol").unwrap();
    let (traps, complaints) = traps.split_once("## Complaints").unwrap();
    let complaints_of = (1..=15).chain(17..=18).chain(24..=38).chain([40]);
    let architecture = read("ARCHITECTURE.md");
    let (_, errors) = architecture
        .split_once("## What an error does to the connection")
        .unwrap();
    let (errors, _) = errors.split_once("\n## ").unwrap();

    for (table, numbers) in [
        (traps, (1..=22).collect::<Vec<_>>()),
        (complaints, complaints_of.collect()),
    ] {
        let rows = first_and_last(table);
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
    let errors = first_and_last(errors);
    assert_eq!(errors.len(), 26);
    for (what, held_by) in errors {
        assert!(named(held_by).count() > 0, "{what} has no test");
    }
}
