//! Calls that are dropped at every point where they wait, and what the next call gets.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use minimc::{Growing, Options, Protocol, Storage};
use minimc_tests::script::calls::{Call, Cast, PROTOCOLS, client};
use minimc_tests::script::{Manner, Script, finish, polled, polls};

/// A host's storage, and a value that goes out by a gap from it.
fn host() -> Growing {
    Growing::new(17 * 1024, 64 * 1024)
}
const LARGE_ON_HOST: usize = 2200;

/// A microcontroller's, and a value larger than that.
fn least() -> [u8; 400] {
    [0; 400]
}
const LARGE_ON_CHIP: usize = 700;

/// Byte by byte at the start and the end of everything, waiting before each byte.
const HALTING: Manner = Manner {
    edge: 100,
    ..Manner::HALTING
};

const BUFFERED: Manner = Manner {
    buffered: true,
    ..HALTING
};

const WATCHFUL: Manner = Manner {
    watchful: true,
    ..HALTING
};

#[derive(Clone, Copy, Debug)]
struct Setting {
    protocol: Protocol,
    manner: Manner,
    large: usize,
}

impl Setting {
    fn script(&self) -> Script {
        let script = Script::new(self.protocol, self.manner);
        Cast::first(self.large).enter(&mut script.peer());
        Cast::second(self.large).enter(&mut script.peer());
        script
    }

    fn options(&self) -> Options {
        Options {
            protocol: self.protocol,
            ..Options::default()
        }
    }
}

/// Drops every kind of call at every point, and lets every kind of call follow; the number of
/// points.
fn everywhere<S: Storage, const N: usize>(
    storage: fn() -> S,
    setting: Setting,
    turns: usize,
) -> usize {
    let mut points = 0;
    let (first, second) = (Cast::first(setting.large), Cast::second(setting.large));
    for call in Call::ALL {
        let script = setting.script();
        let mut client = client::<S, N>(&script, storage, setting.options());
        let (count, outcome) = polls(first.carry_out(call, &mut client));
        assert_eq!(outcome, first.expected(call), "{setting:?}");
        for point in 0..count {
            for turn in 0..turns {
                let next = Call::ALL[(point * turns + turn) % Call::ALL.len()];
                let context = format!("{setting:?}: {call:?} dropped at {point}, then {next:?}");
                let script = setting.script();
                let mut client = crate::client::<S, N>(&script, storage, setting.options());
                let dropped = polled(first.carry_out(call, &mut client), point);
                assert!(dropped.is_none(), "{context}: not dropped");
                let outcome = finish(second.carry_out(next, &mut client));
                assert_eq!(outcome, second.expected(next), "{context}");
                let outcome = finish(second.carry_out(Call::EachGet, &mut client));
                assert_eq!(outcome, second.expected(Call::EachGet), "{context}, and again");
                assert_eq!(script.unread(), 0, "{context}: something is left");
                // Only a value that was sent in part costs the connection.
                let most = if call == Call::LargeSet { 2 } else { 1 };
                assert!(script.connections() <= most, "{context}: needlessly replaced");
            }
            points += 1;
        }
    }
    points
}

#[test]
fn at_every_point_where_a_call_waits() {
    let mut points = 0;
    for protocol in [Protocol::Meta] {
        for manner in [HALTING] {
            let (large, on_chip) = (LARGE_ON_HOST, LARGE_ON_CHIP);
            let setting = Setting { protocol, manner, large };
            points += everywhere::<_, 64>(host, setting, 1);
            let setting = Setting { large: on_chip, ..setting };
            points += everywhere::<_, 4>(least, setting, 1);
        }
    }
    assert!(points >= 1, "only {points} points");
    panic!("{points}");
}
