//! A model of a server's health: every order of calls, answers, failures and ticks within bounds.
//!
//! The server goes up and down whenever it likes. A call that may ask it is on its way until it is
//! answered, which only a server that is up does, or fails, or is given up without a word. The clock goes
//! on by seconds, and once back to where it began.

use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::vec::Vec;

use stateright::{Checker, HasDiscoveries, Model, Property};

use super::{Change, Health, Policy, Verdict};

/// How long the clock goes on, ...
const END: u64 = 7;
/// ... and how many calls are on their way at once.
const CALLS: usize = 2;
/// No policy here has a longer rest.
const LONGEST: u64 = 4;

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct World {
    health: Health,
    now: u64,
    was_back: bool,
    is_up: bool,
    calls: Vec<Call>,
    /// Failures since the last answer, counted no further than matters.
    failures: u32,
    /// Whether the keys are elsewhere, by what is told.
    moved: bool,
    wrong: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
struct Call {
    began: u64,
    is_probe: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Tick,
    Back,
    /// The server goes up or down.
    Turn,
    Ask,
    Answer(usize),
    Fail(usize),
    GiveUp(usize),
}

struct Exploration {
    policy: Policy,
    /// How often each verdict and each change was met.
    met: [AtomicUsize; 8],
}

impl Model for Exploration {
    type State = World;
    type Action = Step;

    fn init_states(&self) -> Vec<World> {
        let world = World {
            health: Health::new(),
            now: 0,
            was_back: false,
            is_up: true,
            calls: Vec::new(),
            failures: 0,
            moved: false,
            wrong: None,
        };
        [world].into()
    }

    fn actions(&self, world: &World, steps: &mut Vec<Step>) {
        if world.wrong.is_some() {
            return;
        }
        steps.push(Step::Turn);
        if world.now < END {
            steps.push(Step::Tick);
        }
        if !world.was_back && world.now > 0 {
            steps.push(Step::Back);
        }
        if world.calls.len() < CALLS {
            steps.push(Step::Ask);
        }
        for call in 0..world.calls.len() {
            if world.is_up {
                steps.push(Step::Answer(call));
            }
            steps.push(Step::Fail(call));
            steps.push(Step::GiveUp(call));
        }
    }

    fn next_state(&self, world: &World, step: Step) -> Option<World> {
        let mut world = world.clone();
        let now = Duration::from_secs(world.now);
        let policy = &self.policy;
        match step {
            Step::Tick => world.now += 1,
            Step::Back => (world.now, world.was_back) = (0, true),
            Step::Turn => world.is_up ^= true,
            Step::Ask => {
                let (verdict, change) = world.health.ask(now, policy);
                self.meet(match verdict {
                    Verdict::Go => 0,
                    Verdict::Probe => 1,
                    Verdict::Down => 2,
                    Verdict::Ejected => 3,
                });
                self.told(&mut world, change);
                if verdict == Verdict::Probe && world.has_probe(policy) {
                    world.wrong = Some("two calls probe at once");
                }
                if matches!(verdict, Verdict::Go | Verdict::Probe) {
                    let is_probe = verdict == Verdict::Probe;
                    let began = world.now;
                    world.calls.push(Call { began, is_probe });
                }
            }
            Step::Answer(call) => {
                world.calls.remove(call);
                world.failures = 0;
                let change = world.health.succeeded();
                self.told(&mut world, change);
                if !world.health.is_up() || world.moved {
                    world.wrong = Some("it answered and is not up");
                }
            }
            Step::Fail(call) => {
                world.calls.remove(call);
                world.failures = (world.failures + 1).min(9);
                let change = world.health.failed(now, policy, 0);
                self.told(&mut world, change);
            }
            Step::GiveUp(call) => {
                world.calls.remove(call);
            }
        }
        // Calls differ in when they began, not in their place.
        world.calls.sort_by_key(|call| (call.began, call.is_probe));
        Some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        [
            Property::always("nothing goes wrong on the way", |_, world: &World| {
                world.wrong.is_none()
            }),
            Property::always("a server is tried again", |model: &Self, world: &World| {
                let is_tried = |after: u64| {
                    let later = Duration::from_secs(world.now + after);
                    let verdict = world.health.clone_and_ask(later, &model.policy);
                    matches!(verdict, Verdict::Go | Verdict::Probe)
                };
                // Behind a clock that went back a rest is over until the clock is where it was.
                is_tried(LONGEST) || world.was_back && (0..LONGEST).any(is_tried)
            }),
            Property::always("no key moves untold", |model: &Self, world: &World| {
                let is_ejected = world.health.is_ejected(Duration::from_secs(world.now));
                let may_move = model.policy.eject;
                (may_move || !world.moved) && (world.moved || !is_ejected)
            }),
            Property::always(
                "who failed is not asked as usual",
                |model: &Self, world: &World| {
                    let verdict = world
                        .health
                        .clone_and_ask(Duration::from_secs(world.now), &model.policy);
                    world.failures <= model.policy.tolerated || verdict != Verdict::Go
                },
            ),
            Property::always("who answered is asked", |model: &Self, world: &World| {
                let verdict = world
                    .health
                    .clone_and_ask(Duration::from_secs(world.now), &model.policy);
                world.failures > 0 || verdict == Verdict::Go
            }),
        ]
        .into()
    }
}

impl World {
    /// Whether a call finds out already, and has not taken too long.
    fn has_probe(&self, policy: &Policy) -> bool {
        self.calls.iter().any(|call| {
            let gone = self.now.checked_sub(call.began);
            let is_late = gone.is_none_or(|gone| Duration::from_secs(gone) >= policy.retry);
            call.is_probe && !is_late && !self.was_back
        })
    }
}

impl Health {
    fn clone_and_ask(mut self, now: Duration, policy: &Policy) -> Verdict {
        self.ask(now, policy).0
    }
}

impl Exploration {
    fn meet(&self, what: usize) {
        self.met[what].fetch_add(1, Ordering::Relaxed);
    }

    fn told(&self, world: &mut World, change: Option<Change>) {
        let Some(change) = change else { return };
        self.meet(match change {
            Change::Down { .. } => 4,
            Change::Up => 5,
            Change::Ejected { .. } => 6,
            Change::Readmitted => 7,
        });
        let enough = self.policy.failure_limit + self.policy.tolerated;
        world.wrong = match change {
            Change::Ejected { .. } if world.moved => Some("ejected twice"),
            Change::Ejected { .. } if world.failures < enough => Some("ejected too soon"),
            Change::Readmitted if !world.moved => Some("readmitted without having been ejected"),
            Change::Down { .. } | Change::Up if world.moved => Some("ejected, and something else"),
            _ => None,
        };
        match change {
            Change::Ejected { .. } => world.moved = true,
            Change::Readmitted => world.moved = false,
            Change::Down { .. } | Change::Up => {}
        }
    }
}

#[test]
fn every_claim_holds() {
    let seconds = Duration::from_secs;
    let mut policies = Vec::new();
    for eject in [false, true] {
        for (tolerated, failure_limit) in [(0, 1), (0, 2), (1, 2)] {
            for (dead, backoff) in [(0, None), (3, None), (0, Some(4))] {
                policies.push(Policy {
                    tolerated,
                    failure_limit,
                    retry: seconds(2),
                    dead: seconds(dead),
                    eject,
                    backoff: backoff.map(seconds),
                    jitter: false,
                });
            }
        }
    }
    let mut states = 0;
    for policy in policies {
        let met = Default::default();
        let checker = Exploration { policy, met }.checker();
        let checker = checker.finish_when(HasDiscoveries::AnyFailures);
        let checker = checker.spawn_bfs().join();
        if let Some((claim, path)) = checker.discoveries().into_iter().next() {
            panic!("{policy:?}: not so: {claim}: {:?}", path.into_actions());
        }
        let counts = checker.model().met.each_ref();
        let met = counts.map(|count| count.load(Ordering::Relaxed) > 0);
        // A model in which nothing happens claims nothing.
        let may_rest = !(policy.eject && policy.failure_limit == 1);
        let expected = [
            true,
            true,
            may_rest || met[2],
            policy.eject,
            may_rest,
            true,
            policy.eject,
            policy.eject,
        ];
        assert_eq!(met, expected, "{policy:?}");
        states += checker.unique_state_count();
    }
    std::println!("every claim holds in {states} states");
}
