//! The host's side of `ci/firmware.sh`: real memcached, firmware in QEMU, and the verdict.
//!
//! - `firmware live BOARD ELF` boots `boards/live` for each protocol, and looks with a client of its
//!   own at what the device left on the server.
//! - `firmware blocking BOARD ELF` does so with the program without an executor.
//! - `firmware fleet BOARD ELF` boots `boards/fleet` with three servers, and loses one while it works.
//! - `firmware relay PORT [BYTES]` is what QEMU starts for every connection of a device.

#![allow(
    clippy::print_stdout,
    clippy::std_instead_of_core,
    reason = "a program for a terminal"
)]

mod fleet;

use std::error::Error;
use std::io::ErrorKind;
use std::process::ExitCode;
use std::time::Instant;

use minimc::net::Client;
use minimc::{Expiry, Options, Protocol};
use minimc_scenarios::{LARGE, LOGIN, WHOLE, pairs};
use minimc_tests::board::{Board, Failure, PANICKED};
use minimc_tests::relay::relay;
use minimc_tests::server::Memcached;

const PROTOCOLS: [(&str, Protocol); 3] = [
    ("text", Protocol::Text),
    ("meta", Protocol::Meta),
    ("binary", Protocol::Binary),
];

/// After how many bytes from the server one is spoilt: the device is then reading the large value.
const SPOILT: usize = 200_000;

type Verdict = Result<(), Box<dyn Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let verdict = match arguments[..] {
        ["live", name, image] => live(Board { name, image }),
        ["fleet", name, image] => fleet::fleet(Board { name, image }),
        ["blocking", name, image] => blocking(Board { name, image }),
        ["relay", port] => carry(port, None),
        ["relay", port, spoilt] => carry(port, Some(spoilt)),
        _ => Err("usage: firmware live|fleet|blocking BOARD ELF (ci/firmware.sh calls it)".into()),
    };
    match verdict {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("firmware: {error}");
            ExitCode::FAILURE
        }
    }
}

fn carry(port: &str, spoilt: Option<&str>) -> Verdict {
    let spoilt = spoilt.map(str::parse).transpose()?;
    match relay(port.parse()?, spoilt) {
        // The server is down, which the device finds out by the end of its connection.
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => Ok(()),
        relayed => Ok(relayed?),
    }
}

/// The scenarios, for each protocol; and once with a byte spoilt on its way, which must not pass.
fn live(board: Board<'_>) -> Verdict {
    for (name, protocol) in PROTOCOLS {
        let server = match protocol {
            Protocol::Binary => Memcached::with_sasl(),
            _ => Memcached::with_login(),
        };
        let began = Instant::now();
        board.boot(&through_relay(&server, "")?, &[name])?;
        let seconds = began.elapsed().as_secs_f32();
        check_left(&server, protocol)?;
        println!(
            "host    {} passed every scenario, protocol {name}, in {seconds:.1} s",
            board.name
        );
    }
    let server = Memcached::with_login();
    let relay = through_relay(&server, &SPOILT.to_string())?;
    println!("host    and with a byte spoilt on its way:");
    match board.boot(&relay, &["meta"]) {
        Err(Failure(Some(PANICKED))) => Ok(()),
        Err(other) => Err(other.into()),
        Ok(()) => Err("the spoilt byte was not noticed: this check is worth nothing".into()),
    }
}

/// Whether the server has what the scenarios leave there.
fn check_left(server: &Memcached, protocol: Protocol) -> Verdict {
    let options = Options {
        protocol,
        credentials: Some(LOGIN),
        ..Options::default()
    };
    let mut client = Client::connect_with(server.address(), options)?;
    let large = client.get(LARGE)?.ok_or("the large value is missing")?;
    if large.value != WHOLE {
        return Err("the large value that the device stored differs".into());
    }
    for (key, value) in pairs() {
        let item = client
            .get(&key)?
            .ok_or_else(|| format!("{key} is missing"))?;
        if item.value != value {
            return Err(format!("the value under {key} differs").into());
        }
    }
    Ok(())
}

/// The program without an executor: at its first boot, at its second, and where it must fail.
fn blocking(board: Board<'_>) -> Verdict {
    let server = Memcached::tcp(&[]);
    let mut client = Client::connect(server.address())?;
    let relay = through_relay(&server, "")?;
    for boots in ["1", "2"] {
        board.boot(&relay, &[])?;
        for (key, value) in [
            ("dev:blocking:greeting", "hello"),
            ("dev:blocking:boots", boots),
        ] {
            let item = client
                .get(key)?
                .ok_or_else(|| format!("{key} is missing"))?;
            if item.value != value.as_bytes() {
                let found = item.value.escape_ascii();
                return Err(format!("{key} is {found}, not {value}").into());
            }
        }
        println!("host    {} is right at boot {boots}", board.name);
    }
    client.set("dev:blocking:boots", "none", Expiry::NEVER)?;
    println!("host    and with a number that is none:");
    match board.boot(&relay, &[]) {
        Err(Failure(Some(1))) => Ok(()),
        Err(other) => Err(other.into()),
        Ok(()) => Err("counting what is no number was not noticed".into()),
    }
}

/// The server, as `boards/run.sh` takes it: this program as its relay.
fn through_relay(server: &Memcached, spoilt: &str) -> Result<String, Box<dyn Error>> {
    let program = std::env::current_exe()?;
    Ok(format!(
        "'{}' relay {} {spoilt}",
        program.display(),
        server.port()
    ))
}
