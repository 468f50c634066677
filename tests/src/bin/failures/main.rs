//! Failures of a server of five, while a load of reads and writes runs over all of them.
//!
//! `failures [--quick]` prints a table of what each failure came to, for the blocking and the tokio
//! cluster, with keys that stay and with ejecting. `ci/failures.sh` says more.

#![allow(
    clippy::print_stdout,
    clippy::std_instead_of_core,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a program for a terminal, and a test"
)]

mod counts;
mod events;
mod failure;
mod gate;
mod ledger;
mod load;

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use minimc::cluster::ClusterOptions;
use minimc::health::Policy;
use minimc::placement::Rule;
use minimc::{Options, net, tokio as async_net};
use minimc_tests::fleet::Fleet;

use counts::Counts;
use events::Events;
use failure::{Failure, Site, TARGET};
use load::{Load, work, work_async};

/// How many use the servers at once, each by a cluster of its own.
const WORKERS: usize = 4;
/// By how much the machine may be late besides.
const SLACK: Duration = Duration::from_secs(3);

/// How long everything takes.
#[derive(Clone, Copy, Debug)]
struct Times {
    /// The clients' limit.
    limit: Duration,
    /// How long a server rests, and is ejected.
    rest: Duration,
    /// How long the failure lasts.
    outage: Duration,
}

/// libmemcached's rest.
const USUAL: Times = Times {
    limit: Duration::from_millis(500),
    rest: Policy::LIBMEMCACHED.retry,
    outage: Duration::from_secs(8),
};

const QUICK: Times = Times {
    limit: Duration::from_millis(400),
    rest: Duration::from_millis(300),
    outage: Duration::from_millis(1500),
};

#[derive(Clone, Copy, Debug)]
struct Run {
    failure: Failure,
    is_async: bool,
    ejects: bool,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let times = match arguments[..] {
        [] => USUAL,
        ["--quick"] => QUICK,
        _ => {
            eprintln!("usage: failures [--quick] (ci/failures.sh calls it)");
            return ExitCode::from(2);
        }
    };
    let began = Instant::now();
    println!(
        "{:<11} {:<9} {:<6}{}",
        "failure",
        "cluster",
        "keys",
        Counts::head()
    );
    let (mut is_well, mut operations) = (true, 0);
    for failure in Failure::ALL {
        for (run, counts) in together(failure, times) {
            let colour = if run.is_async { "tokio" } else { "blocking" };
            let keys = if run.ejects { "eject" } else { "stay" };
            println!(
                "{:<11} {colour:<9} {keys:<6}{}",
                failure.name(),
                counts.row()
            );
            for problem in &counts.problems {
                println!("    {problem}");
            }
            is_well &= counts.is_well();
            operations += counts.operations;
        }
    }
    let judged = if is_well {
        "all as it must be"
    } else {
        "FAILED"
    };
    println!(
        "{operations} operations in {} s: {judged}",
        began.elapsed().as_secs()
    );
    if is_well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The runs of a failure, which are mostly waiting, at the same time.
fn together(failure: Failure, times: Times) -> Vec<(Run, Counts)> {
    let runs = [(false, false), (false, true), (true, false), (true, true)];
    let runs = runs.map(|(is_async, ejects)| Run {
        failure,
        is_async,
        ejects,
    });
    thread::scope(|scope| {
        let threads = runs.map(|run| (run, scope.spawn(move || carry_out(run, times))));
        let counts = threads.map(|(run, thread)| (run, thread.join().expect("a run")));
        counts.into()
    })
}

fn carry_out(run: Run, times: Times) -> Counts {
    let mut site = Site::new();
    let addresses = site.addresses(run.failure);
    let (clients, options) = (clients(times), cluster(run, times));
    let (over, events) = (AtomicBool::new(false), Events::default());
    let (loads, times_told) = thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS)
            .map(|worker| {
                let (over, addresses, clients) = (&over, &addresses, clients.clone());
                let observer = events.observer(worker);
                scope.spawn(move || {
                    if run.is_async {
                        let connected =
                            async_net::Cluster::connect_lazy_with(addresses, clients, options);
                        let mut cluster = connected.expect("addresses");
                        cluster.on_change(observer);
                        let load =
                            Load::new(run.failure, worker, |key| cluster.place(key).unwrap_or(0));
                        let runtime = tokio::runtime::Builder::new_current_thread();
                        let runtime = { runtime }.enable_all().build().expect("a runtime");
                        runtime.block_on(work_async(cluster, load, over))
                    } else {
                        let connected =
                            net::Cluster::connect_lazy_with(addresses, clients, options);
                        let mut cluster = connected.expect("addresses");
                        cluster.on_change(observer);
                        let load =
                            Load::new(run.failure, worker, |key| cluster.place(key).unwrap_or(0));
                        work(cluster, load, over)
                    }
                })
            })
            .collect();
        let told = fail_and_heal(run, times, &mut site, &events);
        over.store(true, Ordering::Relaxed);
        let loads: Vec<_> = workers
            .into_iter()
            .map(|worker| worker.join().expect("a worker"))
            .collect();
        (loads, told)
    });
    let mut counts = times_told;
    let strangers = strangers(&site.fleet, &loads);
    for (worker, mut load) in loads.into_iter().enumerate() {
        load.counts.moved = load.entries.iter().filter(|entry| entry.has_moved).count();
        if load.counts.moved > 0 && !events.has_ejected(worker) {
            load.counts
                .problem("keys moved, and nobody was told".into());
        }
        counts.add(load.counts);
    }
    if !run.ejects && (counts.moved > 0 || !strangers.is_empty()) {
        counts.problem(format!("keys moved, though none is ejected: {strangers:?}"));
    }
    if run.ejects && run.failure.is_noticed() && counts.moved == 0 {
        counts.problem("no key moved, though the server was ejected".into());
    }
    counts
}

/// Lets the server fail for a while and be well again, and waits until everybody uses it again.
fn fail_and_heal(run: Run, times: Times, site: &mut Site, events: &Events) -> Counts {
    let mut counts = Counts::default();
    let port = site.addresses(run.failure)[TARGET]
        .rsplit_once(':')
        .map(|(_, port)| port.parse());
    let port: u16 = port.and_then(Result::ok).expect("a port");
    // Until every key is there.
    thread::sleep(Duration::from_millis(400));
    let struck = Instant::now();
    site.strike(run.failure);
    if run.failure.lasts() {
        thread::sleep(times.outage);
    }
    let noticed: Vec<_> = (0..WORKERS)
        .map(|worker| events.noticed(worker, port))
        .collect();
    let healed = Instant::now();
    site.heal(run.failure);
    // A probe may be on its way, and fail; then it rests once more.
    let bound = times.limit * 2 + times.rest + SLACK;
    let all_up = || (0..WORKERS).all(|worker| events.is_up(worker, port));
    while !all_up() && healed.elapsed() < bound {
        thread::sleep(Duration::from_millis(5));
    }
    if !all_up() {
        counts.problem(format!(
            "not used again {} ms after it was well",
            bound.as_millis()
        ));
    }
    // Some more of what comes behind.
    thread::sleep(times.limit);
    if run.failure.is_noticed() && noticed.iter().any(Option::is_none) {
        counts.problem("not everybody has noticed".into());
    }
    counts.noticed = noticed
        .iter()
        .flatten()
        .max()
        .map(|at| at.saturating_duration_since(struck));
    let returned = (0..WORKERS)
        .filter_map(|worker| events.returned(worker, port))
        .max();
    counts.returned = returned.map(|at| at.saturating_duration_since(healed));
    counts.others = events.others(port);
    counts
}

/// The keys that are, by what the servers say, on another than their own.
fn strangers(fleet: &Fleet, loads: &[Load]) -> Vec<String> {
    let entries = loads.iter().flat_map(|load| &load.entries);
    let keys: Vec<String> = entries.clone().map(|entry| entry.key.clone()).collect();
    let mut strangers = Vec::new();
    for (index, server) in fleet.servers.iter().enumerate() {
        let mut client = net::Client::connect(server.address()).expect("a server that answers");
        let mut items = client.get_many(&keys).expect("a server that answers");
        while let Some((key, item)) = items.next() {
            let has = item.expect("a server that answers").is_some();
            let mut entries = entries.clone();
            if has && !entries.any(|entry| entry.key == *key && entry.home == index) {
                strangers.push(key.clone());
            }
        }
    }
    strangers
}

fn clients(times: Times) -> Options {
    Options {
        timeout: times.limit,
        ..Options::default()
    }
}

fn cluster(run: Run, times: Times) -> ClusterOptions {
    ClusterOptions {
        rule: Rule::PYLIBMC_KETAMA_WEIGHTED,
        policy: Policy {
            eject: run.ejects,
            failure_limit: 2,
            retry: times.rest,
            ..Policy::LIBMEMCACHED
        },
        ..ClusterOptions::default()
    }
}
