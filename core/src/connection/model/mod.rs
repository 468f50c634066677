//! A model of the connection: the real one, between every client, network and server within bounds.
//!
//! The client calls, takes, looks away, gives up and settles whenever it may; the network cuts and
//! delays; the server answers whenever it likes; the connection is lost at any point. Every order
//! of these is explored, and in every state all [claims] are checked.
//!
//! What keeps the number of states down, and why nothing is missed by it:
//!
//! - A write is up to the next cut, or of everything: those between are made of several.
//! - What is on its way to the server and what it has and cannot carry out yet is one: nobody can
//!   tell. A server that closes is one that does nothing any more until the connection is lost.
//! - What was consumed from the storage is no part of a state: it is never read again.
//! - Every step but a question uses something up, so no run is endless: where everything that is
//!   under way comes to an end from every state, all runs do.

mod call;
mod claims;
mod network;
#[path = "../../../tests/peer/mod.rs"]
#[allow(
    missing_docs,
    unreachable_pub,
    reason = "it is public to the tests beside the crate"
)]
mod peer;
mod runs;
mod same;
mod state;
mod step;

use core::sync::atomic::{AtomicUsize, Ordering};
use std::vec::Vec;

use stateright::{Model, Property};

use super::Connection;
use crate::wire::Protocol;
use call::Kind;
use network::Cuts;
use state::State;
use step::{Event, Step};

/// The least storage; as many debts as calls that the model has on the way at once.
type Link = Connection<[u8; 384], 3>;

/// How far the model goes.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    protocol: Protocol,
    kinds: &'static [Kind],
    /// How many calls are made, ...
    calls: u8,
    /// ... and how many of them are owed at once.
    owed: usize,
    cuts: Cuts,
    /// Whether the client looks at once at what it read, and not only whenever it likes.
    is_eager: bool,
    losses: u8,
    lies: u8,
}

/// The bounds, and what was met within them.
struct Exploration {
    bounds: Bounds,
    met: [AtomicUsize; Event::FoundOut as usize + 1],
}

impl Model for Exploration {
    type State = State;
    type Action = Step;

    fn init_states(&self) -> Vec<State> {
        // Close to where the opaques begin anew.
        let sequence = match self.bounds.protocol {
            Protocol::Binary => u16::MAX - 1,
            _ => 62,
        };
        [State::new(self.bounds.protocol, sequence)].into()
    }

    fn actions(&self, state: &State, steps: &mut Vec<Step>) {
        let bounds = &self.bounds;
        if state.wrong.is_some() {
            return;
        }
        if state.losses < bounds.losses && (!state.owed.is_empty() || state.link.is_broken()) {
            steps.push(Step::Lose);
        }
        if state.link.is_broken() {
            return;
        }
        let network = &state.network;
        let unsent: usize = network.unsent().map(<[u8]>::len).sum();
        if unsent > 0 {
            let cut = network.until_cut(bounds.cuts);
            steps.push(Step::Write(unsent));
            if cut < unsent {
                steps.push(Step::Write(cut));
            }
        }
        if network.can_serve() {
            steps.push(Step::Serve);
        }
        let coming = network.in_flight();
        if coming > 0 {
            let cut = network.until_come(bounds.cuts);
            steps.push(Step::Read(coming));
            if cut < coming {
                steps.push(Step::Read(cut));
            }
        }
        if state.settling {
            steps.push(Step::Settle);
        } else {
            self.calls(state, steps);
        }
        if state.lies < bounds.lies {
            for at in network.untouched() {
                steps.push(Step::Double(at));
                steps.push(Step::Swallow(at));
                let behind = network.replies.get(at + 1);
                if behind.is_some_and(|reply| reply.is_whole) {
                    steps.push(Step::Swap(at));
                }
            }
        }
    }

    fn next_state(&self, state: &State, step: Step) -> Option<State> {
        let mut state = state.clone();
        let mut event = state.step(step);
        if self.bounds.is_eager && matches!(step, Step::Read(_)) {
            event = state.look();
        }
        if event == Event::FoundOut && claims::hold_for_broken(&state) {
            state.close();
        }
        self.met[event as usize].fetch_add(1, Ordering::Relaxed);
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        claims::claims()
    }
}

impl Exploration {
    /// The steps of a client that has nothing to settle.
    fn calls(&self, state: &State, steps: &mut Vec<Step>) {
        let bounds = &self.bounds;
        let has_room = state.owed.len() < bounds.owed && !state.has_gap();
        let has_left = state.network.unsent().all(<[u8]>::is_empty);
        if has_room && has_left && state.begun().is_some() {
            steps.push(Step::Call(Kind::Rest));
        }
        if state.made < bounds.calls && has_room {
            let kinds = bounds.kinds.iter();
            // A value outside the storage is sent only when nothing is owed.
            let kinds = kinds.filter(|kind| **kind != Kind::Gap || state.owed.is_empty());
            // A group that takes most of the storage is queued when all else has left; and of two
            // batches of one type nothing tells the groups apart.
            let mut owed = state.owed.iter();
            let is_batch = owed.any(|call| matches!(call.kind, Kind::Groups | Kind::Rest));
            let may_begin = has_left && !is_batch;
            let kinds = kinds.filter(|kind| **kind != Kind::Groups || may_begin);
            // Classic sets rest on the count, in a batch as by themselves: which of several words a
            // lie has replaced nobody can tell.
            let counted = bounds.lies > 0 && bounds.protocol == Protocol::Text;
            let kinds = kinds.filter(|kind| !kind.is_sets() || !counted);
            steps.extend(kinds.map(|kind| Step::Call(*kind)));
        }
        let Some(oldest) = state.owed.front() else {
            return;
        };
        let bypass = state.link.bypass().min(state.network.in_flight());
        if bypass > 0 && oldest.is_waiting() {
            let cut = state.network.until_come(bounds.cuts);
            steps.push(Step::Bypass(bypass));
            if cut < bypass {
                steps.push(Step::Bypass(cut));
            }
        }
        steps.push(Step::Take);
        steps.push(Step::Abandon);
        if oldest.is_waiting() && oldest.kind.is_in_pieces() && oldest.got > 0 {
            steps.push(Step::Enough);
        }
    }
}
