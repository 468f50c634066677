//! A crowd on one connection: ten thousand tasks share it, give up at random, and lose the server three
//! times.
//!
//! `crowd [--seed N] [TASKS]` prints what came of it, and fails where a task got what is not its own, or
//! nothing at all. `ci/crowd.sh` says more.

#![allow(
    clippy::print_stdout,
    clippy::std_instead_of_core,
    clippy::expect_used,
    reason = "a program for a terminal, and a test"
)]

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use minimc::tokio::Shared;
use minimc::{Error, Expiry, Options};
use minimc_tests::server::Memcached;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// What each task asks for, and how often the server restarts meanwhile.
const OPERATIONS: u64 = 60;
const RESTARTS: u64 = 3;

/// The time limit of an operation, and how long one may take that is repeated once, on a busy machine.
const LIMIT: Duration = Duration::from_secs(5);
const HANGS: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
struct Counts {
    begun: AtomicU64,
    right: AtomicU64,
    missed: AtomicU64,
    failed: AtomicU64,
    given_up: AtomicU64,
    wrong: AtomicU64,
    lost: AtomicU64,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (seed, tasks) = match &arguments[..] {
        [] => (None, None),
        [tasks] => (None, tasks.parse().ok()),
        [option, seed] if option == "--seed" => (seed.parse().ok(), None),
        [option, seed, tasks] if option == "--seed" => (seed.parse().ok(), tasks.parse().ok()),
        _ => {
            println!("usage: crowd [--seed N] [TASKS]");
            return ExitCode::from(2);
        }
    };
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    let seed: u64 = seed.unwrap_or(now.as_secs());
    let tasks: u64 = tasks.unwrap_or(10_000);
    println!("seed {seed}, {tasks} tasks of {OPERATIONS} operations");
    let mut is_right = true;
    for threads in [1, 2] {
        let mut builder = match threads {
            1 => tokio::runtime::Builder::new_current_thread(),
            _ => tokio::runtime::Builder::new_multi_thread(),
        };
        let runtime = builder.worker_threads(threads).enable_all().build();
        let runtime = runtime.expect("a runtime");
        is_right &= runtime.block_on(crowd(threads, seed, tasks));
    }
    if is_right {
        ExitCode::SUCCESS
    } else {
        println!("crowd: a wrong value, a lost task, or nothing that was right");
        ExitCode::FAILURE
    }
}

async fn crowd(threads: usize, seed: u64, tasks: u64) -> bool {
    let mut server = Memcached::tcp(&[]);
    let options = Options {
        timeout: LIMIT,
        ..Options::default()
    };
    let shared = Shared::connect_with(server.address(), options).await;
    let shared = shared.expect("a server");
    let counts = Arc::new(Counts::default());
    let before = memory();
    let mut running = JoinSet::new();
    for task in 0..tasks {
        let work = work(shared.clone(), counts.clone(), seed ^ task << 20, task);
        running.spawn(work);
    }
    let began = Instant::now();
    let all = tasks * OPERATIONS;
    for restart in 1..=RESTARTS {
        // When a share of the work is done, whatever the machine.
        while counts.begun.load(Ordering::Relaxed) < all / (RESTARTS + 1) * restart {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        server.stop();
        tokio::time::sleep(Duration::from_millis(20)).await;
        server.start_again();
    }
    running.join_all().await;
    let took = began.elapsed();
    // It works still.
    let lives = async {
        while shared.set("last", "word", Expiry::NEVER).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let lives = timeout(Duration::from_secs(10), lives).await.is_ok();
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    println!(
        "{threads} thread(s): {} operations in {:.1} s; {} right, {} missed, {} failed with the server, {} given up; \
         {} wrong values, {} lost; memory {} KiB before, {} KiB at most",
        count(&counts.begun),
        took.as_secs_f64(),
        count(&counts.right),
        count(&counts.missed),
        count(&counts.failed),
        count(&counts.given_up),
        count(&counts.wrong),
        count(&counts.lost),
        before.0,
        memory().1,
    );
    let bad = count(&counts.wrong) + count(&counts.lost);
    lives && bad == 0 && count(&counts.right) > all / 10
}

/// What one of the crowd does: it writes under a key of its own, and reads that and those of others, one by
/// one or two at once, whose values say whose they are.
async fn work(shared: Shared, counts: Arc<Counts>, mut random: u64, task: u64) {
    let count = |counter: &AtomicU64| counter.fetch_add(1, Ordering::Relaxed);
    for _ in 0..OPERATIONS {
        count(&counts.begun);
        let (asked, what) = (next(&mut random) % 1000, next(&mut random) % 4);
        let (mine, others) = (format!("key{}", task % 1000), format!("key{asked}"));
        let times = 1 + next(&mut random) as usize % 40;
        let one = async {
            if what == 0 {
                let value = value(&mine, times);
                shared
                    .set(&mine, &value, Expiry::NEVER)
                    .await
                    .map(|()| None)
            } else if what == 1 {
                let items = shared.get_many(&[&mine, &others]).await;
                let mut items = items
                    .into_iter()
                    .map(|item| Ok(item?.map(|item| item.value)));
                if let Some(Ok(Some(came))) = items.next()
                    && came != value(&mine, came.len() / mine.len())
                {
                    count(&counts.wrong);
                }
                items.next().unwrap_or(Ok(None))
            } else {
                shared
                    .get(&others)
                    .await
                    .map(|item| item.map(|item| item.value))
            }
        };
        let wait = match next(&mut random) % 4 {
            0 => Duration::from_micros(next(&mut random) % 20_000),
            _ => HANGS,
        };
        let ended: Result<Result<Option<Vec<u8>>, Error>, _> = timeout(wait, one).await;
        match ended {
            Ok(Ok(Some(came))) if came == value(&others, came.len() / others.len()) => {
                count(&counts.right);
            }
            Ok(Ok(Some(_))) => _ = count(&counts.wrong),
            Ok(Ok(None)) if what == 0 => _ = count(&counts.right),
            Ok(Ok(None)) => _ = count(&counts.missed),
            Ok(Err(_)) => {
                count(&counts.failed);
                tokio::time::sleep(Duration::from_millis(next(&mut random) % 50)).await;
            }
            Err(_) if wait == HANGS => _ = count(&counts.lost),
            Err(_) => _ = count(&counts.given_up),
        }
    }
}

fn value(key: &str, times: usize) -> Vec<u8> {
    key.repeat(times).into_bytes()
}

fn next(random: &mut u64) -> u64 {
    // xorshift64*, of a state that is never 0.
    let mut state = *random | 1 << 63;
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    *random = state;
    state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
}

/// The process's memory in KiB: now, and at most so far.
fn memory() -> (u64, u64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let field = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name));
        let digits = line.and_then(|line| line.split_whitespace().nth(1));
        digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
    };
    (field("VmRSS:"), field("VmHWM:"))
}
