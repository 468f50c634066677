//! What placing a key costs: prints nanoseconds for each of 20,000 keys of 16 bytes, by each hash function
//! and on a ring of 100 servers, and for making the ring. `ci/bench.sh placement` has libmemcached do the
//! same.

use std::hint::black_box;
use std::time::{Duration, Instant};

use minimc::hash::Hash;
use minimc::placement::{Placement, Point, Rule, Server};

const KEYS: usize = 20_000;
const LOOPS: usize = 1;
const ROUNDS: usize = 25;
const SERVERS: usize = 100;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let hosts: Vec<String> = (0..SERVERS).map(|n| format!("10.0.1.{n}")).collect();
    let servers = hosts.iter().zip(0..).map(|(host, n)| {
        let server = Server::tcp(host, 11211)?;
        Ok::<_, minimc::Error>(server.with_weight(1 + n % 3))
    });
    let servers: Vec<Server<'_>> = servers.collect::<Result<_, _>>()?;
    let keys: Vec<[u8; 16]> = (0..KEYS)
        .map(|n| {
            format!("a-key-of-16{n:05}")
                .into_bytes()
                .try_into()
                .unwrap_or_default()
        })
        .collect();

    for (name, rule) in [
        ("ketama-weighted", Rule::PYLIBMC_KETAMA_WEIGHTED),
        ("modula", Rule::PYLIBMC_DEFAULT),
    ] {
        let ring = ring(rule, &servers)?;
        print(name, each(&keys, |key| ring.place(key, &servers)));
    }
    for hash in Hash::ALL {
        // A constant, as a program has it: the one hash function that it uses is called by name.
        macro_rules! by_name {
            ($($name:ident)*) => {
                match hash { $(Hash::$name => each(&keys, |key| Hash::$name.of(key)),)* _ => continue }
            };
        }
        let took = by_name!(Md5 OneAtATime Crc Fnv1_64 Fnv1a64 Fnv1_32 Fnv1a32 Hsieh Murmur Jenkins Murmur3);
        print(hash.name(), took);
    }
    let rings = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        black_box(&ring(Rule::PYLIBMC_KETAMA_WEIGHTED, black_box(&servers)).map_err(drop));
        start.elapsed()
    });
    let best = rings.min().unwrap_or_default();
    println!("ring-of-100 {}", best.as_nanos());
    Ok(())
}

fn ring(
    rule: Rule,
    servers: &[Server<'_>],
) -> Result<Placement<Vec<Point>>, Box<dyn std::error::Error>> {
    let room = vec![Point::default(); rule.room(servers)];
    Ok(Placement::new(rule, servers, &[], room)?)
}

/// How long the work takes for a key, in the best round: whatever else the machine does only adds.
fn each<R>(keys: &[[u8; 16]], work: impl Fn(&[u8]) -> R) -> Duration {
    let rounds = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        for _ in 0..LOOPS {
            for key in keys {
                black_box(work(black_box(key)));
            }
        }
        start.elapsed()
    });
    rounds.min().unwrap_or_default()
}

fn print(name: &str, took: Duration) {
    println!(
        "{name} {:.2}",
        took.as_nanos() as f64 / (LOOPS * KEYS) as f64
    );
}
