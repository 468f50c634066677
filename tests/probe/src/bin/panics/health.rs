//! A server's failures in time.

use core::time::Duration;

use minimc_core::health::{Change, Health, Policy, Verdict};
use minimc_probe::{any, entries, some};

fn now() -> Duration {
    *some()
}

entries! {
    "Health::new" => Health::new();
    "Health::ask" => some::<Health>().ask(now(), some());
    "Health::succeeded" => some::<Health>().succeeded();
    "Health::failed" => some::<Health>().failed(now(), some(), any());
    "Health::is_ejected" => some::<Health>().is_ejected(now());
    "Health::is_up" => some::<Health>().is_up();
}

pub mod traits {
    use minimc_probe::traits;

    use super::*;

    traits! {
        "Change" Change: Clone Debug PartialEq;
        "Health" Health: Clone Debug Default Hash PartialEq;
        "Policy" Policy: Clone Debug Default PartialEq;
        "Verdict" Verdict: Clone Debug PartialEq;
    }
}
