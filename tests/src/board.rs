//! A board in QEMU, booted by `boards/run.sh`.

#![allow(clippy::print_stdout, reason = "for programs for a terminal")]

use std::error::Error;
use std::fmt;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;

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
        let status = self.command(server, arguments).status();
        verdict(status.expect("run boards/run.sh"))
    }

    /// Boots a device for each of `names`, its only argument, all at the same time, and waits for the
    /// end of them all. Each line of their logs has the name in front.
    pub fn boot_together(self, server: &str, names: &[String]) -> Result<(), Failure> {
        let boot = |name: &str| {
            let mut command = self.command(server, &[name]);
            let mut device = command
                .stdout(Stdio::piped())
                .spawn()
                .expect("run boards/run.sh");
            let log = device.stdout.take().expect("a pipe");
            for line in BufReader::new(log).lines() {
                println!("{name}  {}", line.expect("a line of the log"));
            }
            verdict(device.wait().expect("wait for boards/run.sh"))
        };
        thread::scope(|scope| {
            let devices: Vec<_> = names
                .iter()
                .map(|name| scope.spawn(|| boot(name)))
                .collect();
            let ends = devices
                .into_iter()
                .map(|device| device.join().expect("a device's log"));
            // All of them, also if the first failed.
            ends.fold(Ok(()), Result::and)
        })
    }

    fn command(self, server: &str, arguments: &[&str]) -> Command {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../boards/run.sh");
        let mut command = Command::new(script);
        command
            .args([self.name, self.image, server])
            .args(arguments);
        command
    }
}

fn verdict(status: ExitStatus) -> Result<(), Failure> {
    if status.success() {
        Ok(())
    } else {
        Err(Failure(status.code()))
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
