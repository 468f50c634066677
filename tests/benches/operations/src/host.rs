//! The host: callgrind counts, by functions that it knows by their names.

use std::fmt;
use std::hint::black_box;

/// What is inside is counted.
#[unsafe(no_mangle)]
#[inline(never)]
pub fn counted(call: &mut dyn FnMut()) {
    call();
}

/// The end of a part: callgrind writes down what it has counted, and begins again.
#[unsafe(no_mangle)]
#[inline(never)]
fn part_ends() {
    black_box(());
}

/// Ends a part, and tells which it was.
pub fn end(operation: &str, part: &str, spans: u32) {
    part_ends();
    println!("{operation}\t{part}\t{spans}");
}

/// Says what is wrong.
pub fn complain(what: fmt::Arguments<'_>) {
    eprintln!("operations: {what}");
}
