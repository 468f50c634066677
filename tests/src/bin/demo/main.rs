//! The host's side of `ci/demo.sh`: a real memcached, two devices in QEMU, and a report.
//!
//! `demo BOARD ELF FILE [PYTHON]` stores FILE as an over-the-air image with a configuration, boots the
//! board twice at the same time with `boards/run.sh`, reads back what the devices published
//! (`boards/demo` has the table of keys), and says how it went. With a PYTHON it is its pylibmc that
//! writes the configuration and reads what was published, and not minimc.

#![allow(
    clippy::print_stdout,
    clippy::std_instead_of_core,
    reason = "a program for a terminal"
)]

mod image;
mod peer;

use std::error::Error;
use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use minimc::Key;
use minimc::command::{Store, Stored};
use minimc::net::Client;
use minimc_tests::board::{Board, Failure};
use minimc_tests::server::Memcached;

use image::{Form, Image};
use peer::{Peer, Setting};

/// How many devices are booted together.
const DEVICES: usize = 2;

/// What each device is to publish: its thermometer says 20.75, 21.00 and 21.25; the calibration finds
/// that to be 0.02 too much; and [`CORRECTIONS`] add 0.04 at 20 degrees and take 0.02 at 21.
const READINGS: [&str; 3] = ["20.77", "21.02", "21.21"];

/// And what it publishes besides.
const SAMPLES: usize = 24;

/// Where the devices are: a text that is no ASCII.
const SITE: &str = "Köln, Dach";

/// The devices' window, which `boards/demo` has too.
const WINDOW: usize = 2048;

/// The largest image that is stored as it is: the server's 1 MiB, but for what it keeps of an item besides.
const LARGEST_PLAIN: usize = (1 << 20) - 512;

const CORRECTIONS: &str = "fw:config:corrections";

/// The exit status of a firmware that reported a failure.
const REPORTED: i32 = 1;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [board, image, file, python @ ..] = arguments.as_slice() else {
        eprintln!("usage: demo BOARD ELF FILE [PYTHON] (ci/demo.sh calls it)");
        return ExitCode::from(2);
    };
    match demo(Board { name: board, image }, file, python.first()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo: {error}");
            ExitCode::FAILURE
        }
    }
}

fn demo(board: Board<'_>, file: &str, python: Option<&String>) -> Result<(), Box<dyn Error>> {
    let server = Memcached::tcp(&[]);
    let mut client = Client::connect(server.address())?;
    println!(
        "host    memcached {} on {}",
        client.version()?,
        server.address()
    );
    let mut peer = Peer::new(server.address(), python)?;
    configure(&mut client, &mut peer)?;

    let image = Image::read(file)?;
    let compressed = Form::Compressed { window: WINDOW };
    let stored = store(&mut client, &mut peer, file, &image, compressed)?;

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
        let result = report(&mut client, &mut peer, name)?;
        check(name, &result, &image, stored)?;
        results.push(result);
    }
    println!("host    both have the image: the digests are the same");
    shared(&mut client, &names, &results)?;

    if image.bytes.len() > LARGEST_PLAIN {
        println!("host    as it is the image is too large for the server");
    } else {
        println!("host    and an image that is not compressed, to one of them again:");
        let stored = store(&mut client, &mut peer, file, &image, Form::Plain)?;
        board.boot_together(server.port(), &names[..1])?;
        let result = peer.text(&format!("dev:{}:result", names[0]))?;
        check(&names[0], &result, &image, stored)?;
        if line(&result, "boot")? != "2" {
            return Err("the second boot was not counted".into());
        }
        println!("host    {} has it at its second boot", names[0]);
    }
    damaged(board, &server, &mut client, &mut peer)
}

/// Stores the configuration.
fn configure(client: &mut Client, peer: &mut Peer) -> Result<(), Box<dyn Error>> {
    let mut corrections = String::new();
    for degree in -40..=84 {
        writeln!(corrections, "{degree} {}", degree * 7 % 13 - 6)?;
    }
    let length = corrections.len();
    peer.write(&[
        ("fw:config:site", Setting::Text(SITE.into())),
        (
            "fw:config:readings",
            Setting::Integer(READINGS.len() as u32),
        ),
        ("fw:config:ttl", Setting::Integer(120)),
        ("fw:config:calibrate", Setting::Bool(true)),
        (CORRECTIONS, Setting::Text(corrections)),
    ])?;
    let item = client.get(CORRECTIONS)?.ok_or("they were not stored")?;
    println!(
        "host    {peer} stored the configuration: a text, two numbers, a bool, and a text of {length} bytes that it compressed to {}",
        item.value.len(),
    );
    Ok(())
}

/// Stores the image, and has the peer read it.
fn store(
    client: &mut Client,
    peer: &mut Peer,
    file: &str,
    image: &Image,
    form: Form,
) -> Result<usize, Box<dyn Error>> {
    let (stored, flags) = image
        .store(client, form)
        .map_err(|error| format!("{file}: {error}"))?;
    let name = Path::new(file).file_name().unwrap_or_default().display();
    println!(
        "host    stored {name} as {}: {} bytes, as {stored} with flags {flags}, sha256 {}",
        image::KEY,
        image.bytes.len(),
        image.digest
    );
    if peer.bytes(image::KEY)? != image.bytes {
        return Err(format!("{peer} reads another image than was stored").into());
    }
    Ok(stored)
}

/// A device whose configuration is damaged says so, and ends with its own exit status.
fn damaged(
    board: Board<'_>,
    server: &Memcached,
    client: &mut Client,
    peer: &mut Peer,
) -> Result<(), Box<dyn Error>> {
    let item = client.get(CORRECTIONS)?.ok_or("they are gone")?;
    let (mut bytes, flags) = (item.value.to_vec(), item.flags);
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    let replace = Store::replace(Key::new(CORRECTIONS)?, &bytes).flags(flags);
    if client.call(&replace)? != Stored::Stored {
        return Err("the damage was not stored".into());
    }
    let name = format!("{}-3", board.name);
    println!("host    and with a bit of the compressed text turned over:");
    match board.boot_together(server.port(), std::slice::from_ref(&name)) {
        Err(Failure(Some(REPORTED))) => {}
        Err(other) => return Err(other.into()),
        Ok(()) => return Err("the damage was not noticed".into()),
    }
    let result = peer.text(&format!("dev:{name}:result"))?;
    let reason = line(&result, "reason")?;
    if line(&result, "status")? != "failed" || !reason.starts_with(CORRECTIONS) {
        return Err(format!("the damage was not told: {result:?}").into());
    }
    println!("host    {name} ended with status {REPORTED}: {reason}");
    Ok(())
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

/// Prints what a device published, and returns its result; fails if anything is missing.
fn report(client: &mut Client, peer: &mut Peer, name: &str) -> Result<String, Box<dyn Error>> {
    println!("host    {name} published, as {peer} reads it:");
    let boots = text(client, &format!("dev:{name}:boots"))?;
    println!("        boots         {boots}");
    let mut readings = Vec::new();
    for number in 1..=READINGS.len() {
        readings.push(peer.text(&format!("dev:{name}:temperature:{number}"))?);
    }
    println!("        temperature   {} C", readings.join(" C, "));
    if readings != READINGS {
        return Err(format!("the readings are not {READINGS:?}").into());
    }
    let key = format!("dev:{name}:telemetry");
    let telemetry = peer.text(&key)?;
    let item = client.get(&key)?.ok_or("the telemetry is gone")?;
    println!(
        "        telemetry     {} bytes, compressed by the device to {}, flags {}",
        telemetry.len(),
        item.value.len(),
        item.flags
    );
    let first = format!(r#"{{"device": "{name}", "site": "{SITE}", "sample": 1, "celsius": "#);
    let lines = telemetry.lines().count();
    if lines != SAMPLES || !telemetry.starts_with(&first) {
        return Err(format!("the telemetry is not right: {telemetry}").into());
    }
    if item.value.len() >= telemetry.len() {
        return Err("the telemetry is not compressed".into());
    }
    let result = peer.text(&format!("dev:{name}:result"))?;
    for line in result.lines() {
        let (what, value) = line.split_once('=').unwrap_or((line, ""));
        println!("        {what:<13} {value}");
    }
    Ok(result)
}

/// Whether the device has the image, of which so many bytes were stored.
fn check(name: &str, result: &str, image: &Image, stored: usize) -> Result<(), Box<dyn Error>> {
    for (what, value) in [
        ("status", "ok"),
        ("image", &image.bytes.len().to_string()),
        ("arrived", &stored.to_string()),
        ("sha256", &image.digest),
    ] {
        let found = line(result, what)?;
        if found != value {
            return Err(format!("{name} says {what}={found}, not {value}").into());
        }
    }
    Ok(())
}

/// The value of the line `name=value`.
fn line<'t>(text: &'t str, name: &str) -> Result<&'t str, Box<dyn Error>> {
    let mut lines = text.lines().filter_map(|line| line.split_once('='));
    let found = lines.find(|(found, _)| *found == name);
    let (_, value) = found.ok_or_else(|| format!("there is no line {name}= in {text:?}"))?;
    Ok(value)
}

/// What is no typed value: what counts, and what a recipe stores.
fn text(client: &mut Client, key: &str) -> Result<String, Box<dyn Error>> {
    let item = client
        .get(key)?
        .ok_or_else(|| format!("the device did not publish {key}"))?;
    Ok(String::from_utf8(item.value.to_vec())?)
}
