//! A device and three servers, of which one is lost: what the firmware and its host must both know.

use core::fmt;

use heapless::String;
use minimc::placement::{Placement, Point, Rule, Server};

/// The servers, as the device sees them; keys are placed by these names.
pub const SERVERS: [Server<'static>; 3] = match (
    Server::tcp("10.0.2.100", 11211),
    Server::tcp("10.0.2.101", 11211),
    Server::tcp("10.0.2.102", 11211),
) {
    (Ok(one), Ok(two), Ok(three)) => [one, two, three],
    _ => panic!("a server that cannot be read"),
};

/// How keys are placed: as pylibmc's `ketama_weighted` does.
pub const RULE: Rule = Rule::PYLIBMC_KETAMA_WEIGHTED;

/// Where keys are placed; the ring was made by the compiler.
pub static PLACEMENT: Placement<[Point; RULE.room(&SERVERS)]> =
    match Placement::at_compile_time(RULE, &SERVERS) {
        Ok(placement) => placement,
        Err(_) => panic!("the array is too small"),
    };

/// How many keys the device stores and gets in each round.
pub const KEYS: u32 = 24;

/// Where the device publishes the [`Tally`] of its last round.
pub const SEEN: &str = "fleet:seen";

/// What the host stores, on the server of [`SEEN`], when the device shall end.
pub const STOP: &str = "fleet:stop";

/// One of the device's keys.
pub fn key(number: u32) -> String<16> {
    let mut key = String::new();
    // Ten digits at most: there is room.
    let _ = fmt::write(&mut key, format_args!("fleet:{number}"));
    key
}

/// The server of a key while none is ejected.
pub fn home(key: &str) -> usize {
    RULE.place(key.as_bytes(), &SERVERS).unwrap()
}

/// What a round came to: how many keys of each server's own were right, failed at once, and failed
/// otherwise; and how many are with another server.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Tally {
    /// The number of the round.
    pub round: u32,
    /// Stored, and got back as they were stored.
    pub right: [u32; 3],
    /// Refused with `ServerDown` or `ServerEjected`.
    pub down: [u32; 3],
    /// Those whose calls found out that something is wrong.
    pub failed: [u32; 3],
    /// How many keys have another server than their own.
    pub moved: u32,
}

impl Tally {
    /// What [`Display`](fmt::Display) wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split(' ').map(str::parse);
        let mut next = || numbers.next()?.ok();
        let mut tally = Self {
            round: next()?,
            moved: next()?,
            ..Self::default()
        };
        for counts in [&mut tally.right, &mut tally.down, &mut tally.failed] {
            for count in counts {
                *count = next()?;
            }
        }
        Some(tally)
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.round, self.moved)?;
        let counts = [self.right, self.down, self.failed];
        counts
            .as_flattened()
            .iter()
            .try_for_each(|count| write!(f, " {count}"))
    }
}
