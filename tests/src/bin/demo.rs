//! The host's side of `ci/demo.sh`: a real memcached, a firmware in QEMU, and a report.
//!
//! `demo BOARD ELF FILE` stores FILE as an over-the-air image with a configuration, boots the
//! board with `boards/run.sh`, reads back what the device published (`boards/demo` has the table of
//! keys), and says how it went.

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

/// What the device is told to publish, and for how long.
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

    let began = Instant::now();
    board.boot(server.port(), &[board.name])?;
    println!(
        "host    {} ran for {:.1} s; what it published:",
        board.name,
        began.elapsed().as_secs_f32()
    );
    report(&mut client, board.name, bytes.len(), &digest)
}

/// Prints what the device published, and fails if anything is missing or wrong.
fn report(
    client: &mut Client,
    board: &str,
    length: usize,
    digest: &str,
) -> Result<(), Box<dyn Error>> {
    let boots = text(client, &format!("dev:{board}:boots"))?;
    println!("        boots        {boots}");
    let keys: Vec<String> = (1..=READINGS)
        .map(|n| format!("dev:{board}:temperature:{n}"))
        .collect();
    let mut readings = Vec::new();
    let mut items = client.get_many(&keys)?;
    while let Some((_, item)) = items.next() {
        if let Some(item) = item? {
            let reading: f32 = std::str::from_utf8(item.value)?.parse()?;
            readings.push(format!("{reading:.2} C"));
        }
    }
    println!("        temperature  {}", readings.join(", "));
    if readings.len() != READINGS {
        return Err(format!(
            "the device published {} of {READINGS} readings",
            readings.len()
        )
        .into());
    }
    let result = text(client, &format!("dev:{board}:result"))?;
    for line in result.lines() {
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        println!("        {name:<12} {value}");
    }
    for line in [
        "status=ok".into(),
        format!("image={length}"),
        format!("sha256={digest}"),
    ] {
        if !result.lines().any(|found| found == line) {
            return Err(format!("the device's result has no line {line}").into());
        }
    }
    println!("host    the device has the image: the digests are the same");
    Ok(())
}

fn text(client: &mut Client, key: &str) -> Result<String, Box<dyn Error>> {
    let item = client
        .get(key)?
        .ok_or_else(|| format!("the device did not publish {key}"))?;
    Ok(String::from_utf8(item.value.to_vec())?)
}
