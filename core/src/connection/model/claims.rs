//! What must hold in every state of the model.

use std::vec::Vec;

use stateright::Property;

use super::super::Progress;
use super::call::{Call, End, Kind};
use super::network::{Network, Request};
use super::state::State;
use super::step::Wrong;
use super::{Exploration, Link};
use crate::command::{Get, Noop, Touch};
use crate::error::{ErrorKind, Fate};

pub(super) fn claims() -> Vec<Property<Exploration>> {
    [
        Property::always("no reply is given to another call", |_, state: &State| {
            state.wrong != Some(Wrong::Handed) && nobody_else_is_told(state)
        }),
        Property::always("no reply is dropped under a waiter", |_, state: &State| {
            state.wrong != Some(Wrong::Lost)
        }),
        Property::always("only a cut value or a lie breaks it", |_, state: &State| {
            let may_break = state.lies > 0 || state.settling && state.is_in_gap();
            state.wrong != Some(Wrong::Failed) && (may_break || !state.link.is_broken())
        }),
        Property::always("what leaves is what was queued", |_, state: &State| {
            state.wrong != Some(Wrong::Sent) && leaves_as_queued(&state.link, state)
        }),
        Property::always("what is owed is what the model says", |_, state: &State| {
            owes(state)
        }),
        Property::always("what has no room is refused", |_, state: &State| {
            refuses(state)
        }),
        Property::always("broken stays broken", |_, state: &State| {
            stays_broken(state)
        }),
        Property::always("every waiter gets an end", |_, state: &State| ends(state)),
        Property::always("the fate is true", |_, state: &State| has_fate(state)),
        Property::always(
            "only a value in pieces bypasses the storage",
            |_, state: &State| state.link.bypass() == 0 || may_bypass(state),
        ),
        Property::always("there is space for a reply", |_, state: &State| {
            has_space(state)
        }),
    ]
    .into()
}

/// Whether a broken connection keeps to what there is to claim of one.
pub(super) fn hold_for_broken(state: &State) -> bool {
    state.wrong.is_none() && stays_broken(state) && has_fate(state)
}

/// Whether the oldest call was handed the beginning of a value and not given up.
fn may_bypass(state: &State) -> bool {
    let mut owed = state.owed.iter();
    let oldest = owed.next().filter(|call| call.end != End::Abandoned);
    oldest.is_some_and(|call| call.kind.is_in_pieces() && call.got > 0)
}

fn nobody_else_is_told(state: &State) -> bool {
    let Some(oldest) = state.owed.front() else {
        return true;
    };
    if state.link.is_broken() || state.lies > 0 || oldest.end == End::Told {
        return true;
    }
    let mut link = state.link.clone();
    // What was given up is nobody's.
    let is_nobodys = oldest.is_waiting()
        || link.raw_reply().is_err()
            && link.reply::<Get<'_>>().is_err()
            && !matches!(link.piece(), Ok(Some(_)));
    let is_refused = link.reply::<Touch<'_>>().is_err();
    // Any question passes over the rest of what was given up.
    let passes = !oldest.is_waiting() && state.network.consumed > 0;
    let is_there = link.owed() == state.owed.len()
        && link.receiving.pending() == state.link.receiving.pending();
    is_nobodys && is_refused && !link.is_broken() && (passes || is_there)
}

fn leaves_as_queued(link: &Link, state: &State) -> bool {
    if link.is_broken() {
        return true;
    }
    let outgoing = link.outgoing(state.gap().as_ref());
    let mut unsent = state.network.unsent().flatten();
    let is_sending = state.network.unsent().any(|bytes| !bytes.is_empty());
    outgoing.iter().copied().flatten().eq(&mut unsent) && link.is_sending() == is_sending
}

fn owes(state: &State) -> bool {
    let link = &state.link;
    if link.is_broken() {
        return true;
    }
    let unanswered = state.owed.iter().map(|call| usize::from(call.length));
    let mut twice = link.clone();
    if state.settling {
        twice.abandon();
    }
    link.owed() == state.owed.len()
        && link.unanswered == unanswered.sum::<usize>()
        && link.sequence == state.sequence
        && link.receiving.pending() == state.network.come
        && (twice == *link || state.lies > 0)
}

fn refuses(state: &State) -> bool {
    if state.link.is_broken() || state.lies > 0 {
        return true;
    }
    let mut link = state.link.clone();
    let is_full = link.debts.is_full() || state.has_gap();
    let mut refused = [(Kind::Noop, is_full), (Kind::Gap, !state.owed.is_empty())].into_iter();
    refused.all(|(kind, is_refused)| {
        !is_refused
            || Call::new(state.made, kind)
                .send(&mut link, &mut Progress::new())
                .is_err_and(|error| {
                    (error.kind(), error.fate()) == (ErrorKind::Full, Fate::NotSent)
                })
    }) && leaves_as_queued(&link, state)
        && link.owed() == state.link.owed()
}

fn stays_broken(state: &State) -> bool {
    let mut link = state.link.clone();
    let fates = |link: &Link| [0, 1, 2].map(|index| link.fate(index));
    link.fail();
    let knows_fates = fates(&link) == fates(&state.link);
    let is_closed = link.outgoing(state.gap().as_ref()).concat().is_empty()
        && !link.is_sending()
        && link.space().is_empty()
        && !link.is_idle()
        && link.arrived() == Err(ErrorKind::Closed)
        && link.piece_arrived() == Err(ErrorKind::Closed)
        && link.piece().is_err()
        && link.raw_reply().is_err()
        && link.reply::<Get<'_>>().is_err()
        && link.settle() == Err(ErrorKind::Closed)
        && link
            .send(&Noop)
            .is_err_and(|error| (error.kind(), error.fate()) == (ErrorKind::Closed, Fate::NotSent));
    link.abandon();
    knows_fates && is_closed && link.is_broken()
}

fn ends(state: &State) -> bool {
    if state.link.is_broken() || state.lies > 0 {
        return true;
    }
    let mut state = state.clone();
    let mut before = None;
    // Each turn brings all there is, so that few are enough.
    for _ in 0..1000 {
        state.write(state.network.unsent().map(<[u8]>::len).sum());
        while state.network.can_serve() {
            state.network.serve();
        }
        state.read(usize::MAX);
        if state.settling {
            state.settle();
        } else if !state.owed.is_empty() {
            state.take();
        }
        if state.wrong.is_some() {
            return false;
        }
        if state.owed.is_empty() && !state.settling {
            return state.network == Network::default() && state.link.is_idle();
        }
        // Nothing moves: client and server wait for each other.
        let now = (
            state.owed.clone(),
            state.network.come,
            state.network.in_flight(),
        );
        if before.as_ref() == Some(&now) {
            return false;
        }
        before = Some(now);
    }
    false
}

fn has_fate(state: &State) -> bool {
    // What a lie broke may have been taken for answered.
    if state.link.owed() != state.owed.len() {
        return true;
    }
    state.owed.iter().enumerate().all(|(index, call)| {
        let mut requests = state.network.requests.iter();
        let request = requests.find(|request| request.of.is(call));
        let has_left = request.is_none_or(Request::has_left);
        match (state.link.fate(index), call.end) {
            (Fate::NotSent, _) => !has_left,
            (Fate::Unknown, End::Abandoned) => true,
            (Fate::Unknown, _) => has_left,
            _ => false,
        }
    })
}

fn has_space(state: &State) -> bool {
    if state.link.is_broken() {
        return true;
    }
    let mut link = state.link.clone();
    let is_there = match state.owed.front() {
        _ if state.settling => link.settle(),
        Some(call) if call.is_waiting() && call.kind.is_in_pieces() => link.piece_arrived(),
        _ => link.arrived(),
    };
    match is_there {
        Ok(true) if !state.settling => true,
        Ok(_) => !link.space().is_empty(),
        Err(_) => state.lies > 0,
    }
}
