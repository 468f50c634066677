//! minimc and other clients over real servers: each must find and read what the other wrote.
//!
//! `interop PYTHON placement|values...` prints a table for each and fails if one differs; the Python is
//! one that has the clients. `ci/interop.sh` runs it.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "a check may fail, prints its table, and runs on a host"
)]

mod cases;
mod placement;
mod values;

use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let python = arguments.next().expect("the Python to run");
    let mut is_whole = true;
    for check in arguments {
        is_whole &= match &check[..] {
            "placement" => placement::run(&python),
            "values" => values::run(&python),
            other => panic!("there is no {other}"),
        };
    }
    if is_whole {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// What a script of `tests/interop` prints.
fn script(python: &str, name: &str, arguments: &[&str]) -> String {
    let path = format!("{}/interop/{name}", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(python)
        .arg(path)
        .args(arguments)
        .output()
        .expect("run Python");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name} {arguments:?}: {complaint}");
    String::from_utf8(output.stdout).expect("a script prints text")
}
