//! Faults against a real server: many clients, a proxy for each, and every answer checked.
//!
//! `faults [--seed N] [OPERATIONS]` prints a table of what went wrong, what the clients told of it
//! and what the server held, and fails where a client told what is not so. `ci/faults.sh` says more.

#![allow(
    clippy::print_stdout,
    clippy::std_instead_of_core,
    clippy::expect_used,
    clippy::unreachable,
    reason = "a program for a terminal, and a test"
)]

mod carry;
mod clock;
mod fault;
mod job;
mod judge;
mod ledger;
mod model;
mod operation;
mod random;
mod server;
mod table;
mod worker;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant, SystemTime};

use minimc::{net, tokio as async_net};
use minimc_tests::script::calls::PROTOCOLS;
use minimc_tests::script::polled;

use clock::Metronome;
use job::{Job, Progress, Work};
use server::Server;
use table::{Colour, Table};
use worker::work;

/// Of each protocol and colour so many clients share a server, and so many one that restarts.
const STEADY: usize = 4;
const RESTARTING: usize = 2;

/// A client that does nothing for so long will not do anything any more.
const STUCK: Duration = Duration::from_secs(20);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (seed, operations) = match &arguments[..] {
        [] => (None, None),
        [operations] => (None, Some(operations)),
        [option, seed] if option == "--seed" => (Some(seed), None),
        [option, seed, operations] if option == "--seed" => (Some(seed), Some(operations)),
        _ => return usage(),
    };
    let now = SystemTime::UNIX_EPOCH
        .elapsed()
        .map_or(0, |now| now.as_secs());
    let seed = seed.map_or(Ok(now), |seed| seed.parse());
    let operations = operations.map_or(Ok(100_000), |count| count.parse());
    let (Ok(seed), Ok(operations)) = (seed, operations) else {
        return usage();
    };
    if run(seed, operations) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn usage() -> ExitCode {
    eprintln!("usage: faults [--seed N] [OPERATIONS] (ci/faults.sh calls it)");
    ExitCode::from(2)
}

fn run(seed: u64, operations: usize) -> bool {
    let jobs = jobs(seed, operations);
    println!(
        "faults: {operations} operations by {} clients, deadline {:?}, seed {seed}",
        jobs.len(),
        fault::DEADLINE
    );
    let began = Instant::now();
    let metronome = Arc::clone(&jobs[0].metronome);
    let progress: Vec<_> = jobs.iter().map(|job| Arc::clone(&job.progress)).collect();
    let servers: Vec<_> = jobs.iter().map(|job| Arc::clone(&job.server)).collect();
    let clients = jobs.len();
    let (sender, receiver) = channel();
    let runtime = start(jobs, &sender);
    drop(sender);
    let all = collect(&receiver, &progress, operations, clients);
    let (mut works, complaint) = match all {
        Ok(works) => (works, None),
        Err((works, complaint)) => (works, Some(complaint)),
    };
    // What is still on its way arrives.
    std::thread::sleep(Duration::from_secs(1));
    let mut table = Table::default();
    let keys: usize = works.iter_mut().map(Work::close).sum();
    works.into_iter().for_each(|work| table.add(work.table));
    runtime.shutdown_background();
    // Clients that hang still know them.
    servers.iter().for_each(|server| server.stop());

    let is_good = table.print();
    let sum = table.sum();
    println!(
        "{keys} keys looked at once more at the end; the machine was late by {:?} at worst",
        metronome.worst()
    );
    if let Some(complaint) = &complaint {
        println!("faults: {complaint}; seed {seed}");
    }
    println!(
        "faults: {} operations in {} s: {} wrong, {} hangs, {} false fates, {} missed lies, {} spoilt",
        sum.operations,
        began.elapsed().as_secs(),
        sum.wrong,
        sum.hangs,
        sum.unconfirmed + sum.late,
        sum.missed,
        sum.spoilt
    );
    is_good && complaint.is_none()
}

/// What each client is to do.
fn jobs(seed: u64, operations: usize) -> Vec<Job> {
    let metronome = Arc::new(Metronome::default());
    let mut jobs = Vec::new();
    for protocol in PROTOCOLS {
        for colour in [Colour::Blocking, Colour::Tokio] {
            for (restarts, count) in [(false, STEADY), (true, RESTARTING)] {
                let server = Server::start();
                for _ in 0..count {
                    jobs.push(Job {
                        writer: jobs.len(),
                        seed,
                        operations: 0,
                        protocol,
                        colour,
                        server: Arc::clone(&server),
                        restarts,
                        metronome: Arc::clone(&metronome),
                        progress: Arc::new(Progress::default()),
                    });
                }
            }
        }
    }
    let clients = jobs.len();
    for (index, job) in jobs.iter_mut().enumerate() {
        job.operations = operations / clients + usize::from(index < operations % clients);
    }
    jobs
}

/// Starts the clients: threads, and tasks of the runtime that is returned.
fn start(jobs: Vec<Job>, sender: &Sender<Work>) -> tokio::runtime::Runtime {
    let metronome = Arc::clone(&jobs[0].metronome);
    let ticking = Arc::clone(&metronome);
    std::thread::spawn(move || {
        loop {
            let from = Instant::now();
            std::thread::sleep(Metronome::STEP);
            ticking.tick(from);
        }
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .expect("a runtime");
    for job in jobs {
        let sender = sender.clone();
        match job.colour {
            Colour::Blocking => {
                std::thread::spawn(move || {
                    // The blocking client is the same future, polled once.
                    let work = polled(work(job, net::Socket::new), 1);
                    let _ = sender.send(work.expect("a transport that does not wait"));
                });
            }
            Colour::Tokio => {
                runtime.spawn(async move {
                    let _ = sender.send(work(job, async_net::Socket::new).await);
                });
            }
        }
    }
    runtime
}

/// Waits for all of them, and tells how far they are; what there is, and what is wrong, where one
/// does not come.
fn collect(
    receiver: &Receiver<Work>,
    progress: &[Arc<Progress>],
    operations: usize,
    clients: usize,
) -> Result<Vec<Work>, (Vec<Work>, String)> {
    let mut works: Vec<Work> = Vec::new();
    let mut seen: Vec<(usize, Instant)> = vec![(0, Instant::now()); clients];
    let mut told = Instant::now();
    loop {
        match receiver.recv_timeout(Duration::from_millis(500)) {
            Ok(work) => works.push(work),
            Err(RecvTimeoutError::Disconnected) if works.len() == clients => return Ok(works),
            Err(RecvTimeoutError::Disconnected) => {
                return Err((works, "a client panicked".into()));
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        let mut done = 0;
        for (client, (progress, seen)) in progress.iter().zip(&mut seen).enumerate() {
            let now = progress.done.load(Ordering::Relaxed);
            done += now;
            if now != seen.0 || progress.is_over.load(Ordering::Relaxed) {
                *seen = (now, Instant::now());
            } else if seen.1.elapsed() > STUCK {
                let complaint = format!("HANG: client {client} never ends operation {now}");
                return Err((works, complaint));
            }
        }
        if told.elapsed() > Duration::from_secs(5) {
            told = Instant::now();
            println!("faults: {done} of {operations} operations");
        }
    }
}
