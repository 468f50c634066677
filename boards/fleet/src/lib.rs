//! Three servers behind one firmware, which goes on when one of them is lost: round for round it stores
//! and gets keys that live on all three, and publishes what came of it, until the host tells it to stop.
//!
//! The firmware's argument says what becomes of a lost server's keys: with `stay` they fail at once until
//! it is back, with `eject` others have them meanwhile. A value that is none that was stored panics.
//! `tests/src/bin/firmware/fleet.rs` is the host's side, which loses the servers and judges what was
//! published.
#![no_std]

use core::fmt::Write;
use core::time::Duration;

use embassy_futures::select::{Either, select};
use embassy_net::driver::Driver;
use embassy_net::{Ipv4Address, Stack, StackResources};
use embassy_time::{Instant, Timer};
use heapless::String;
use minimc::command::Item;
use minimc::embassy::{Cluster, Member, Socket};
use minimc::health::{Change, Policy};
use minimc::{Error, ErrorKind, Expiry, Options};
use minimc_scenarios::fleet::{KEYS, PLACEMENT, SEEN, SERVERS, STOP, Tally, home, key};
use static_cell::{ConstStaticCell, StaticCell};

/// What the firmware needs of a board.
#[derive(Debug)]
pub struct Board<'p, N> {
    /// What becomes of a lost server's keys.
    pub policy: Option<&'p str>,
    /// Its Ethernet.
    pub nic: N,
}

/// How many servers there are.
const COUNT: usize = SERVERS.len();

/// The TCP windows, and the storage of a client, each way.
const WINDOW: usize = 1024;
const STORAGE: usize = 400;

/// A server that does not answer costs one call so long. No less than a second: smoltcp looks for one
/// neighbour a second, so that the first connection to another server takes as long.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Who fails rests for so long, and nobody has its keys.
static STAY: Policy = Policy {
    retry: Duration::from_millis(300),
    ..Policy::LIBMEMCACHED
};

/// Who fails twice is out for so long, and others have its keys.
static EJECT: Policy = Policy {
    retry: Duration::from_millis(300),
    failure_limit: 2,
    dead: Duration::from_millis(800),
    eject: true,
    ..Policy::LIBMEMCACHED
};

/// Between two rounds.
const PAUSE_MS: u64 = 20;

/// Goes round until the host says that it is enough.
///
/// # Errors
///
/// When the server on which the host is told everything cannot be told.
///
/// # Panics
///
/// When a value comes back that was not stored, when there is no such policy, or when it is called twice:
/// its memory is static.
pub async fn run<N: Driver>(board: Board<'_, N>) -> Result<(), Error> {
    static RESOURCES: StaticCell<StackResources<COUNT>> = StaticCell::new();
    let policy = match board.policy {
        Some("stay") => &STAY,
        Some("eject") => &EJECT,
        _ => panic!("the first argument is a policy: stay or eject"),
    };
    let resources = RESOURCES.init(StackResources::new());
    let (stack, mut runner) = minimc_network::start_with(board.nic, resources);
    match select(runner.run(), attend(stack, policy)).await {
        Either::First(never) => never,
        Either::Second(outcome) => outcome,
    }
}

async fn attend(stack: Stack<'static>, policy: &'static Policy) -> Result<(), Error> {
    let mut clients = clients(stack, policy)?;
    let mut cluster = Cluster::new(&SERVERS, &PLACEMENT, &mut clients);
    let mut last = Tally::default();
    let mut slowest = Slowest::default();
    for number in 1.. {
        let tally = round(&mut cluster, number, &mut slowest).await;
        if (tally.right, tally.moved) != (last.right, last.moved) {
            defmt::info!(
                "round {}: right {}, failed at once {}, failed otherwise {}, with others {}",
                number,
                tally.right,
                tally.down,
                tally.failed,
                tally.moved
            );
        }
        last = tally;
        let mut text = String::<96>::new();
        // Eleven numbers of few digits: there is room.
        let _ = write!(text, "{tally}");
        let client = cluster.at(SEEN)?;
        client.set(SEEN, &text, Expiry::NEVER).await?;
        if client.get(STOP).await?.is_some() {
            break;
        }
        Timer::after_millis(PAUSE_MS).await;
    }
    defmt::info!(
        "{} rounds; the slowest call that failed at once took {} us, the slowest that found out {} us",
        last.round,
        slowest.at_once,
        slowest.otherwise
    );
    Ok(())
}

/// How long calls that failed took, in microseconds.
#[derive(Default)]
struct Slowest {
    at_once: u64,
    otherwise: u64,
}

/// Stores each key, with a value that was never there, and gets all of them.
async fn round(cluster: &mut Cluster<'_, '_>, number: u32, slowest: &mut Slowest) -> Tally {
    let keys: [_; KEYS as usize] = core::array::from_fn(|number| key(number as u32));
    let mut outcomes = [Ok(()); KEYS as usize];
    for (key, outcome) in keys.iter().zip(&mut outcomes) {
        let began = Instant::now();
        *outcome = store(cluster, key, number).await;
        let took = began.elapsed().as_micros();
        match outcome.map_err(|error| error.kind()) {
            Ok(()) => {}
            Err(ErrorKind::ServerDown | ErrorKind::ServerEjected) => {
                slowest.at_once = slowest.at_once.max(took);
            }
            Err(_) => slowest.otherwise = slowest.otherwise.max(took),
        }
    }
    let compare = |key: &String<16>, item: Result<Option<Item<'_>>, Error>| {
        let mut places = keys.iter().zip(&mut outcomes);
        let (_, outcome) = places
            .find(|(one, _)| *one == key)
            .expect("one of the keys");
        match (item, &outcome) {
            (Ok(Some(item)), Ok(())) => {
                assert_eq!(item.value, value(key, number).as_bytes(), "a wrong value");
            }
            // The server was lost in between, and is there again, empty; or another has the key now.
            (Ok(None), Ok(())) => defmt::info!("{=str} is gone", key.as_str()),
            (Err(error), Ok(())) => *outcome = Err(error),
            // What was stored of it is not known.
            (_, Err(_)) => {}
        }
    };
    cluster.get_each(&keys, compare).await;
    let mut tally = Tally {
        round: number,
        ..Tally::default()
    };
    for (key, outcome) in keys.iter().zip(outcomes) {
        let home = home(key);
        tally.moved += u32::from(cluster.place(key) != Some(home));
        let counts = match outcome.map_err(|error| error.kind()) {
            Ok(()) => &mut tally.right,
            Err(ErrorKind::ServerDown | ErrorKind::ServerEjected) => &mut tally.down,
            Err(kind) => {
                defmt::info!("{=str} of server {}: {}", key.as_str(), home, kind);
                &mut tally.failed
            }
        };
        counts[home] += 1;
    }
    tally
}

async fn store(cluster: &mut Cluster<'_, '_>, key: &str, number: u32) -> Result<(), Error> {
    let client = cluster.at(key)?;
    client.set(key, &value(key, number), Expiry::NEVER).await
}

/// What is stored in a round.
fn value(key: &str, number: u32) -> String<32> {
    let mut value = String::new();
    // A key and a number: there is room.
    let _ = write!(value, "{number} {key}");
    value
}

/// The clients of the servers; each connects with its first call.
fn clients(
    stack: Stack<'static>,
    policy: &'static Policy,
) -> Result<[Member<'static>; COUNT], Error> {
    static WINDOWS: ConstStaticCell<[[[u8; WINDOW]; 2]; COUNT]> =
        ConstStaticCell::new([[[0; WINDOW]; 2]; COUNT]);
    static STORAGES: ConstStaticCell<[[[u8; STORAGE]; 2]; COUNT]> =
        ConstStaticCell::new([[[0; STORAGE]; 2]; COUNT]);
    let mut places = SERVERS
        .iter()
        .zip(0..)
        .zip(WINDOWS.take())
        .zip(STORAGES.take());
    let mut client = || {
        let (((server, number), windows), storages) = places.next().expect("one for each");
        let address: Ipv4Address = server.host().parse().expect("an address");
        let [receive, send] = windows;
        let socket = Socket::new(stack, receive, send, (address, server.port()));
        let [sending, receiving] = storages;
        let options = Options {
            timeout: TIMEOUT,
            ..Options::default()
        };
        let transport = socket.resting(policy).on_change(number, tell);
        Member::with_options(transport, &mut sending[..], &mut receiving[..], options)
    };
    Ok([client()?, client()?, client()?])
}

fn tell(server: usize, change: Change) {
    defmt::info!("server {}: {}", server, change);
}
