//! A board in QEMU, booted by `boards/run.sh`.

use std::error::Error;
use std::fmt;
use std::path::Path;
use std::process::Command;

/// A board, and the firmware for it.
#[derive(Clone, Copy, Debug)]
pub struct Board<'a> {
    /// The board's name.
    pub name: &'a str,
    /// The path of the firmware's image.
    pub image: &'a str,
}

/// The exit status of a firmware that panicked.
pub const PANICKED: i32 = 101;

/// A run that did not go well, with its exit status; a signal has none.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Failure(pub Option<i32>);

impl Board<'_> {
    /// Boots the firmware and waits for its end. Its log goes to our output. `server` is where the
    /// device finds memcached, as `boards/run.sh` takes it; `arguments` are the firmware's.
    pub fn boot(self, server: &str, arguments: &[&str]) -> Result<(), Failure> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../boards/run.sh");
        let status = Command::new(script)
            .args([self.name, self.image, server])
            .args(arguments)
            .status()
            .expect("run boards/run.sh");
        if status.success() {
            Ok(())
        } else {
            Err(Failure(status.code()))
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(124) => f.write_str("the board did not end in time"),
            Some(PANICKED) => f.write_str("the firmware panicked"),
            Some(status) => write!(f, "the board failed with status {status}"),
            None => f.write_str("the board was stopped"),
        }
    }
}

impl Error for Failure {}
