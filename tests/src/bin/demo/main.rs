//! The host's side of `ci/demo.sh`: a real memcached, two devices in QEMU, and a report.
//!
//! `demo BOARD ELF FILE` stores FILE as an over-the-air image with a configuration, boots the
//! board twice at the same time with `boards/run.sh`, reads back what the devices published
//! (`boards/demo` has the table of keys), and says how it went.

#![allow(
    clippy::print_stdout,
    clippy::std_instead_of_core,
    reason = "a program for a terminal"
)]

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use minimc::Expiry;
use minimc::net::Client;
use minimc_tests::board::Board;
use minimc_tests::server::Memcached;
use sha2::{Digest, Sha256};

/// How many devices are booted together.
const DEVICES: usize = 2;

/// What each device is told to publish, and for how long.
const READINGS: usize = 3;
const CONFIGURATION: &str = "readings=3\nttl=120\n";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [board, image, file] = arguments.as_slice() else {
        eprintln!("usage: demo BOARD ELF FILE (ci/demo.sh calls it)");
        return ExitCode::from(2);
    };
    match demo(Board { name: board, image }, file) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo: {error}");
            ExitCode::FAILURE
        }
    }
}

fn demo(board: Board<'_>, file: &str) -> Result<(), Box<dyn Error>> {
    let server = Memcached::tcp(&[]);
    let mut client = Client::connect(server.address())?;
    println!(
        "host    memcached {} on {}",
        client.version()?,
        server.address()
    );

    let bytes = std::fs::read(file).map_err(|error| format!("{file}: {error}"))?;
    let digest: String = Sha256::digest(&bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    client
        .set("fw:image", &bytes, Expiry::NEVER)
        .map_err(|error| format!("{file}, {} bytes, cannot be stored: {error}", bytes.len()))?;
    client.set("fw:image:sha256", &digest, Expiry::NEVER)?;
    client.set("fw:config", CONFIGURATION, Expiry::NEVER)?;
    let name = Path::new(file).file_name().unwrap_or_default().display();
    println!(
        "host    stored {name} as fw:image: {} bytes, sha256 {digest}",
        bytes.len()
    );

    let names: Vec<String> = (1..=DEVICES)
        .map(|n| format!("{}-{n}", board.name))
        .collect();
    let began = Instant::now();
    board.boot_together(server.port(), &names)?;
    println!(
        "host    {DEVICES} devices ran for {:.1} s",
        began.elapsed().as_secs_f32()
    );
    let mut results = Vec::new();
    for name in &names {
        results.push(report(&mut client, name, bytes.len(), &digest)?);
    }
    println!("host    both have the image: the digests are the same");
    shared(&mut client, &names, &results)
}

/// Whether the devices computed the calibration once, and all have it.
fn shared(client: &mut Client, names: &[String], results: &[String]) -> Result<(), Box<dyn Error>> {
    let times = text(client, "fw:calibration:computed")?;
    if times != "1" {
        return Err(format!("the calibration was computed {times} times, not once").into());
    }
    let calibration = text(client, "fw:calibration")?;
    let by = line(&calibration, "by")?;
    if !names.iter().any(|name| name == by) {
        return Err(format!("the calibration is by {by}, which is none of the devices").into());
    }
    let excess = line(&calibration, "excess")?;
    for (name, result) in names.iter().zip(results) {
        if line(result, "calibrated_by")? != by || line(result, "excess")? != excess {
            return Err(format!("{name} has another calibration").into());
        }
    }
    println!("host    {by} computed the calibration, once, and both have it");
    Ok(())
}

/// Prints what a device published, and returns its result; fails if anything is missing or wrong.
fn report(
    client: &mut Client,
    name: &str,
    length: usize,
    digest: &str,
) -> Result<String, Box<dyn Error>> {
    println!("host    {name} published:");
    let boots = text(client, &format!("dev:{name}:boots"))?;
    println!("        boots         {boots}");
    let keys: Vec<String> = (1..=READINGS)
        .map(|n| format!("dev:{name}:temperature:{n}"))
        .collect();
    let mut readings = Vec::new();
    let mut items = client.get_many(&keys)?;
    while let Some((_, item)) = items.next() {
        if let Some(item) = item? {
            let reading: f32 = std::str::from_utf8(item.value)?.parse()?;
            readings.push(format!("{reading:.2} C"));
        }
    }
    println!("        temperature   {}", readings.join(", "));
    if readings.len() != READINGS {
        return Err(format!(
            "the device published {} of {READINGS} readings",
            readings.len()
        )
        .into());
    }
    let result = text(client, &format!("dev:{name}:result"))?;
    for line in result.lines() {
        let (what, value) = line.split_once('=').unwrap_or((line, ""));
        println!("        {what:<13} {value}");
    }
    for (what, value) in [
        ("status", "ok"),
        ("image", &length.to_string()),
        ("sha256", digest),
    ] {
        let found = line(&result, what)?;
        if found != value {
            return Err(format!("{name} says {what}={found}, not {value}").into());
        }
    }
    Ok(result)
}

/// The value of the line `name=value`.
fn line<'t>(text: &'t str, name: &str) -> Result<&'t str, Box<dyn Error>> {
    let mut lines = text.lines().filter_map(|line| line.split_once('='));
    let found = lines.find(|(found, _)| *found == name);
    let (_, value) = found.ok_or_else(|| format!("there is no line {name}= in {text:?}"))?;
    Ok(value)
}

fn text(client: &mut Client, key: &str) -> Result<String, Box<dyn Error>> {
    let item = client
        .get(key)?
        .ok_or_else(|| format!("the device did not publish {key}"))?;
    Ok(String::from_utf8(item.value.to_vec())?)
}
