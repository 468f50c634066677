//! Eight servers: where a key lives by a ring in flash, by one in RAM, or without any, and their health.

#![allow(dead_code, unused_imports, reason = "each program has some of it")]

use core::mem::MaybeUninit;
use core::time::Duration;

use minimc_core::health::{Health, Policy};
use minimc_core::placement::{Placement, Point, Rule, Server};
use minimc_probe::{any, bytes, sink, some};

const fn server(host: &'static str) -> Server<'static> {
    match Server::tcp(host, Server::PORT) {
        Ok(server) => server,
        Err(_) => panic!("a host"),
    }
}

static SERVERS: [Server<'static>; 8] = NAMED;
const NAMED: [Server<'static>; 8] = [
    server("10.0.0.1"),
    server("10.0.0.2"),
    server("10.0.0.3"),
    server("10.0.0.4"),
    server("10.0.0.5"),
    server("10.0.0.6"),
    server("10.0.0.7"),
    server("10.0.0.8"),
];

const RULE: Rule = Rule::PYLIBMC_KETAMA_WEIGHTED;
const POINTS: usize = RULE.room(&NAMED);

/// Made by the compiler.
#[cfg(feature = "ring-in-flash")]
#[unsafe(export_name = "FLASH Placement, ring of 8 servers")]
static MADE: Placement<[Point; POINTS]> = match Placement::at_compile_time(RULE, &NAMED) {
    Ok(placement) => placement,
    Err(_) => panic!("there is room"),
};

/// A place for one that is made at run time: its size is that of the type.
#[unsafe(export_name = "RAM Placement, ring of 8 servers")]
static mut RING: MaybeUninit<Placement<[Point; POINTS]>> = MaybeUninit::uninit();
#[unsafe(export_name = "RAM Health of a server")]
static mut HEALTH: MaybeUninit<Health> = MaybeUninit::uninit();
#[unsafe(export_name = "RAM Policy, once for all, may be in flash")]
static mut POLICY: MaybeUninit<Policy> = MaybeUninit::uninit();

/// Keeps the places.
pub fn places() {
    sink(&raw mut RING);
    sink(&raw mut HEALTH);
    sink(&raw mut POLICY);
}

/// What a program does with them.
#[inline(never)]
pub fn use_them() {
    #[cfg(feature = "remainder")]
    sink(
        Rule::PYLIBMC_DEFAULT.place_alive(bytes(), &SERVERS, |server| any::<u8>() != server as u8),
    );
    #[cfg(feature = "ring-in-flash")]
    sink(MADE.place_alive(bytes(), &SERVERS, |server| any::<u8>() != server as u8));
    #[cfg(feature = "ring-in-ram")]
    {
        let storage: &'static mut [Point; POINTS] = some();
        if let Ok(placement) = Placement::new(RULE, &SERVERS, &[], storage) {
            sink(placement.place_alive(bytes(), &SERVERS, |server| any::<u8>() != server as u8));
        }
    }
    #[cfg(feature = "health")]
    {
        let health: &mut Health = some();
        let now = Duration::from_millis(any());
        sink(health.ask(now, some()));
        sink(health.failed(now, some(), any()));
        sink(health.succeeded());
        sink(health.is_ejected(now));
    }
}
