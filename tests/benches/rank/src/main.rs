//! Ranks minimc among its peers, beside the least that a program can do: `ci/bench.sh` says how it is run.
//!
//! - `rank run WORKLOAD/TRANSPORT ...` times all who can carry out each, in turns, beside a memcached of its
//!   own, and prints records (see [`record`]); `run-few` leaves out most of the peers, and `run-apart`
//!   is for a client on another core than the server, the first: with and without asking before it sleeps;
//! - `rank count WHO WORKLOAD ADDRESS CALLS` has one of them carry out so many calls, and prints their heap
//!   allocations; instructions and system calls are counted from outside;
//! - `rank report RECORDS FOLDER` makes a page of records, and fails where a target is missed or absent and
//!   the folder's `missed.md` does not say why.

mod contestants;
mod record;
mod report;
mod rounds;
mod server;
mod workload;

use contestants::{Contestant, Setting};
use server::Server;
use workload::Workload;

/// Whatever goes wrong ends the program.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [order @ ("run" | "run-few" | "run-apart"), pairs @ ..] if !pairs.is_empty() => {
            let who = match *order {
                "run" => Contestant::is_together,
                "run-few" => Contestant::is_of_few,
                _ => Contestant::is_apart,
            };
            let server = Server::start()?;
            for pair in pairs {
                let (workload, transport) =
                    pair.split_once('/').ok_or("a workload and a transport")?;
                let setting = Setting {
                    workload: Workload::named(workload)?,
                    address: server.address(transport)?,
                };
                rounds::run(&setting, who)?;
            }
            Ok(())
        }
        ["count", who, workload, address, calls] => {
            let setting = Setting {
                workload: Workload::named(workload)?,
                address: (*address).to_owned(),
            };
            count(who, &setting, calls.parse()?)
        }
        ["report", records, folder] => report::write(records.as_ref(), folder.as_ref()),
        _ => Err("usage: rank run|run-few|run-apart PAIR... | count WHO WORKLOAD ADDRESS CALLS | report RECORDS FOLDER".into()),
    }
}

fn count(who: &str, setting: &Setting, calls: u64) -> Result<()> {
    server::fill(setting)?;
    let mut work = contestants::all()
        .find(|contestant| contestant.name == who)
        .ok_or("nobody has that name")?
        .begin(setting)?
        .ok_or("it cannot do that")?;
    // What is allocated once, for good, is.
    work(1)?;
    let mut outcome = Ok(());
    let counted = allocation_counter::measure(|| outcome = work(calls));
    outcome?;
    println!("{}", counted.count_total);
    Ok(())
}
