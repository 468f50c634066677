//! What a writer's keys hold.

use std::collections::BTreeMap;

use crate::operation::{KEYS, Operation, Request};
use crate::server::{Era, State, Truth};
use crate::table::Row;

/// A writer's keys. Nobody else writes to them.
#[derive(Debug)]
pub(crate) struct Ledger {
    writer: usize,
    slots: Vec<Slot>,
    /// The keys that are not used any more, because of a write whose fate was told: what they hold
    /// now, they hold for ever.
    retired: BTreeMap<String, Retired>,
}

#[derive(Debug)]
struct Slot {
    turn: usize,
    state: State,
    era: Era,
}

#[derive(Debug)]
struct Retired {
    allowed: Vec<State>,
    era: Era,
    why: String,
}

impl Ledger {
    pub(crate) fn new(writer: usize, era: Era) -> Self {
        let slots = (0..KEYS).map(|_| Slot {
            turn: 0,
            state: None,
            era,
        });
        Self {
            writer,
            slots: slots.collect(),
            retired: BTreeMap::new(),
        }
    }

    /// The key that an index has now.
    pub(crate) fn key(&self, index: usize) -> String {
        let turn = self.slots[index].turn;
        // Some are as long as can be.
        let rest = if index % 5 == 4 { 220 } else { 0 };
        format!("w{}.{index}.{turn}{}", self.writer, ".".repeat(rest))
    }

    /// Takes note that everything was lost in a restart, if there was one.
    pub(crate) fn look_at(&mut self, era: Era) {
        for slot in self.slots.iter_mut().filter(|slot| slot.era != era) {
            if era.is_up() {
                (slot.state, slot.era) = (None, era);
            }
        }
    }

    /// What there is under a request's key.
    pub(crate) fn state(&self, request: &Request) -> &State {
        &self.slots[request.index].state
    }

    pub(crate) fn set(&mut self, request: &Request, state: State) {
        self.slots[request.index].state = state;
    }

    /// What may be there before a request; there may have been a restart.
    pub(crate) fn starts(&self, request: &Request, is_steady: bool) -> Vec<State> {
        let state = self.slots[request.index].state.clone();
        if is_steady {
            vec![state]
        } else {
            vec![state, None]
        }
    }

    /// What may be there whether or not it was carried out.
    pub(crate) fn ends(&self, request: &Request, is_steady: bool) -> Vec<State> {
        let mut ends = self.starts(request, is_steady);
        let after: Vec<State> = ends.iter().map(|state| request.verb.after(state)).collect();
        ends.extend(after);
        ends
    }

    /// Takes another key from now on. At the end the old one must hold one of these.
    pub(crate) fn retire(
        &mut self,
        request: &Request,
        allowed: Vec<State>,
        era: Era,
        why: &str,
        what: &str,
    ) {
        let retired = Retired {
            allowed,
            era,
            why: format!("{} {why}: {what}", name(request)),
        };
        self.retired.insert(request.key.clone(), retired);
        let slot = &mut self.slots[request.index];
        slot.turn += 1;
        slot.state = None;
    }

    /// Retires the keys of an operation whose replies cannot be told from another's; `before` is what
    /// they held.
    pub(crate) fn give_up(
        &mut self,
        operation: &Operation,
        before: &[State],
        era: Era,
        what: &str,
    ) {
        for request in &operation.requests {
            if self.key(request.index) != request.key {
                continue;
            }
            let mut allowed = vec![before[request.index].clone()];
            let same_key = operation.requests.iter();
            for other in same_key.filter(|other| other.index == request.index) {
                let after: Vec<State> = allowed
                    .iter()
                    .map(|state| other.verb.after(state))
                    .collect();
                allowed.extend(after);
            }
            self.retire(request, allowed, era, "undetected", what);
        }
    }

    /// What each key holds.
    pub(crate) fn states(&self) -> Vec<State> {
        self.slots.iter().map(|slot| slot.state.clone()).collect()
    }

    /// Looks once more at every key, when nothing is on its way any more; how many there were.
    pub(crate) fn close(&mut self, truth: &mut Truth, row: &mut Row) -> usize {
        for index in 0..KEYS {
            let (key, slot) = (self.key(index), &self.slots[index]);
            let retired = Retired {
                allowed: vec![slot.state.clone()],
                era: slot.era,
                why: "in use".into(),
            };
            self.retired.insert(key, retired);
        }
        for (key, retired) in &self.retired {
            let (now, era) = truth.ask(key);
            let is_lost = era != retired.era && now.is_none();
            if !is_lost && !retired.allowed.contains(&now) {
                row.late += 1;
                row.problem(|| format!("at the end: {key} holds {}: {}", brief(&now), retired.why));
            }
        }
        self.retired.len()
    }
}

/// The request's verb, and how much it stores.
pub(crate) fn name(request: &Request) -> String {
    let verb = format!("{:?}", request.verb);
    let verb = verb.split('(').next().unwrap_or_default().to_lowercase();
    match request.verb.value() {
        Some(value) => format!("{verb} of {} bytes", value.len()),
        None => verb,
    }
}

/// As much of it as tells whose it is.
pub(crate) fn brief(state: &State) -> String {
    match state {
        None => "nothing".into(),
        Some(value) => {
            let start = value[..value.len().min(60)].escape_ascii();
            format!("{} bytes \"{start}\"", value.len())
        }
    }
}
