//! How far the model goes: on every test, in CI, and when asked.

use core::sync::atomic::Ordering;
use std::println;
use std::time::Instant;

use stateright::{Checker, HasDiscoveries, Model};

use super::call::Kind::{
    self, Count, Gap, Get, Groups, Long, Many, Miss, Noop, Pieces, Raw, RefusedSets, Set, Sets,
};
use super::network::Cuts;
use super::peer::PROTOCOLS;
use super::step::Event;
use super::{Bounds, Exploration};
use crate::wire::Protocol;

/// Explores everything within the bounds in each protocol, and prints how much it was.
fn explore(name: &str, bounds: Bounds) {
    for protocol in PROTOCOLS {
        let began = Instant::now();
        let bounds = Bounds { protocol, ..bounds };
        let checker = Exploration::of(bounds).checker();
        // Depth first needs the least memory.
        let checker = checker.finish_when(HasDiscoveries::AnyFailures);
        let checker = checker.spawn_dfs().join();
        println!(
            "{name}, {protocol:?}: {} states, {} transitions, depth {}, {:.0} s",
            checker.unique_state_count(),
            checker.state_count(),
            checker.max_depth(),
            began.elapsed().as_secs_f32(),
        );
        if !checker.discoveries().is_empty() {
            // Breadth first finds short ways to the same.
            let checker = Exploration::of(bounds).checker();
            let checker = checker.finish_when(HasDiscoveries::AnyFailures);
            for (claim, path) in checker.spawn_bfs().join().discoveries() {
                println!("not so: {claim}: {:?}", path.into_actions());
            }
            panic!("a claim does not hold");
        }
        checker.model().has_met_all();
    }
}

impl Exploration {
    fn of(bounds: Bounds) -> Self {
        Self {
            bounds,
            met: Default::default(),
        }
    }

    /// A model in which nothing happens claims nothing.
    fn has_met_all(&self) {
        let met = |event: Event| self.met[event as usize].load(Ordering::Relaxed) > 0;
        let bounds = &self.bounds;
        let lies = bounds.lies > 0;
        assert!(met(Event::Told) && met(Event::Settled));
        assert_eq!(met(Event::Cut), bounds.kinds.contains(&Gap));
        assert_eq!(met(Event::FoundOut), lies);
        let refuses = bounds.kinds.iter().any(|kind| kind.is_refused());
        assert_eq!(met(Event::Refused), refuses);
        let is_counted = lies && bounds.calls > 1 && bounds.protocol != Protocol::Binary;
        assert_eq!(met(Event::Mistold), is_counted);
    }
}

/// Two calls of every kind, cut at the edges, and a loss.
const KINDS: Bounds = Bounds {
    protocol: Protocol::Text,
    kinds: Kind::ALL,
    calls: 2,
    owed: 2,
    cuts: Cuts::Edges,
    is_eager: false,
    losses: 1,
    lies: 0,
};

/// Two calls, cut at every byte.
const BYTES: Bounds = Bounds {
    kinds: &[Get, Miss, Set, Gap, Count, Sets, Pieces],
    cuts: Cuts::Every,
    losses: 0,
    ..KINDS
};

/// More calls, up to three owed at once, and a loss.
const CALLS: Bounds = Bounds {
    kinds: &[Get, Set, Count, Many],
    calls: 4,
    owed: 3,
    cuts: Cuts::Ends,
    is_eager: true,
    ..KINDS
};

/// Four calls, batches of two groups among them, up to three groups owed at once.
const GROUPS: Bounds = Bounds {
    kinds: &[Get, Count, Groups],
    ..CALLS
};

/// Three calls, and a reply that comes twice, too late or not at all.
const LIES: Bounds = Bounds {
    kinds: &[Get, Raw, Miss, Set, Count, Noop, Many, Sets, Pieces],
    calls: 3,
    losses: 0,
    lies: 1,
    ..CALLS
};

#[test]
fn small() {
    let is_eager = true;
    let one = Bounds {
        kinds: Kind::ALL,
        calls: 1,
        is_eager,
        ..BYTES
    };
    explore("one call, every byte", one);
    let two = Bounds {
        kinds: &[Get, Gap, Count, Long, Pieces],
        cuts: Cuts::Ends,
        is_eager,
        ..KINDS
    };
    explore("two calls", two);
    let groups = Bounds {
        kinds: &[Get, Groups],
        calls: 2,
        ..GROUPS
    };
    explore("two calls, of two groups", groups);
    let lie = Bounds {
        kinds: &[Get, Set, Many, Sets],
        calls: 2,
        ..LIES
    };
    explore("a lie", lie);
}

#[test]
#[ignore = "minutes without optimization: ci/model.sh"]
fn usual() {
    let is_eager = true;
    explore("two calls, every edge", KINDS);
    explore("two calls, every byte", Bounds { is_eager, ..BYTES });
    let kinds = &[Get, Set, Count, RefusedSets];
    explore("four calls", Bounds { kinds, ..CALLS });
    explore("four calls, of two groups", GROUPS);
    let kinds = &[Get, Miss, Set, Many, Sets];
    explore("a lie", Bounds { kinds, ..LIES });
}

#[test]
#[ignore = "the better part of an hour: ci/model.sh --deep"]
fn deep() {
    let (kinds, is_eager) = (Kind::ALL, true);
    let every = Bounds {
        kinds,
        is_eager,
        ..BYTES
    };
    explore("two calls of every kind, every byte", every);
    let kinds = &[Get, Set, Pieces];
    explore(
        "two calls, every byte, looked at whenever",
        Bounds { kinds, ..BYTES },
    );
    let kinds = &[Get, Set, Count];
    let three = Bounds {
        kinds,
        calls: 3,
        cuts: Cuts::Edges,
        ..CALLS
    };
    explore("three calls, every edge", three);
    explore("four calls", CALLS);
    let five = Bounds {
        kinds,
        calls: 5,
        ..CALLS
    };
    explore("five calls", five);
    explore("a lie", LIES);
    let two = Bounds {
        calls: 2,
        cuts: Cuts::Edges,
        lies: 2,
        ..LIES
    };
    explore("two lies", two);
}
