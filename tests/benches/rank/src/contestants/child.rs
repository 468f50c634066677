//! Peers in other languages: a program that reads how many calls to carry out, carries them out, and says so.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use super::{Setting, Work};
use crate::Result;
use crate::workload::Workload;

pub fn libmemcached_ascii(setting: &Setting) -> Result<Option<Work>> {
    // Its `noreply` is a stream; the binary protocol has none that it closes.
    program(setting, "MINIMC_BENCH_LIBMEMCACHED", &["ascii"])
}

pub fn libmemcached_binary(setting: &Setting) -> Result<Option<Work>> {
    match setting.workload {
        Workload::Stream | Workload::SetMany(_) => Ok(None),
        _ => program(setting, "MINIMC_BENCH_LIBMEMCACHED", &["binary"]),
    }
}

pub fn pylibmc(setting: &Setting) -> Result<Option<Work>> {
    match setting.workload {
        Workload::Stream => Ok(None),
        _ => program(
            setting,
            "MINIMC_BENCH_PYTHON",
            &["tests/benches/peers/rank.py", "pylibmc"],
        ),
    }
}

pub fn pymemcache(setting: &Setting) -> Result<Option<Work>> {
    program(
        setting,
        "MINIMC_BENCH_PYTHON",
        &["tests/benches/peers/rank.py", "pymemcache"],
    )
}

/// The program that the variable names, which knows the workloads by their verbs and numbers.
fn program(setting: &Setting, variable: &str, arguments: &[&str]) -> Result<Option<Work>> {
    let Ok(path) = std::env::var(variable) else {
        return Err(format!("{variable} is not set").into());
    };
    let workload = setting.workload;
    let verb = match workload {
        Workload::Get(_) => "get",
        Workload::Set(_) => "set",
        Workload::GetMany(_) => "mget",
        Workload::SetMany(_) => "mset",
        Workload::Stream => "stream",
        Workload::Tasks { .. } => return Ok(None),
    };
    let (bytes, keys) = (
        workload.bytes().to_string(),
        workload.keys().len().to_string(),
    );
    let mut process = Command::new(path)
        .args(arguments)
        .args([verb, &bytes, &keys, &setting.address])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let (Some(mut going), Some(coming)) = (process.stdin.take(), process.stdout.take()) else {
        return Err("no pipes".into());
    };
    let mut coming = BufReader::new(coming);
    let process = Ends(process);
    Ok(Some(Box::new(move |calls| {
        let _ = &process;
        going.write_all(format!("{calls}\n").as_bytes())?;
        let mut line = String::new();
        coming.read_line(&mut line)?;
        if line == "ok\n" {
            Ok(())
        } else {
            Err(format!("the program said {line:?}").into())
        }
    })))
}

/// A process that ends with whoever has it.
struct Ends(Child);

impl Drop for Ends {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
