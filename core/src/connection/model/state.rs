//! One state of the model, and what each step makes of it.

use std::collections::{BTreeMap, VecDeque};
use std::vec;

use super::super::Progress;
use super::Link;
use super::call::{Call, End, Handed, Kind};
use super::network::{Network, Request};
use super::step::{Event, Step, Wrong};
use crate::error::{ErrorKind, Fate};
use crate::reply::Gap;
use crate::wire::Protocol;

/// The connection itself, and what the model knows of it.
#[derive(Clone, Debug, Hash, PartialEq)]
pub(super) struct State {
    pub(super) link: Link,
    pub(super) network: Network,
    /// The calls whose replies are owed.
    pub(super) owed: VecDeque<Call>,
    /// How far those are that are batches.
    batches: BTreeMap<u8, Progress>,
    /// How many calls were made.
    pub(super) made: u8,
    /// Whether the client must settle before its next call.
    pub(super) settling: bool,
    /// How often the network lied, and lost the connection.
    pub(super) lies: u8,
    pub(super) losses: u8,
    /// The opaque of the next call.
    pub(super) sequence: u16,
    pub(super) wrong: Option<Wrong>,
}

impl State {
    pub(super) fn new(protocol: Protocol, sequence: u16) -> Self {
        let mut link = Link::new(protocol, [0; 384], [0; 384]).unwrap();
        link.sequence = sequence;
        Self {
            link,
            network: Network::default(),
            owed: VecDeque::new(),
            batches: BTreeMap::new(),
            made: 0,
            settling: false,
            lies: 0,
            losses: 0,
            sequence,
            wrong: None,
        }
    }

    pub(super) fn gap(&self) -> Option<Gap<'static>> {
        self.owed.back().and_then(Call::gap)
    }

    /// Whether a value outside the storage has not left in full.
    pub(super) fn has_gap(&self) -> bool {
        let last = self.network.requests.back();
        last.is_some_and(|request| request.of.kind == Kind::Gap && request.left < self.gap_end())
    }

    /// Where in the last request the value outside the storage ends.
    fn gap_end(&self) -> usize {
        let tail = match self.link.protocol() {
            Protocol::Binary => 0,
            _ => 2,
        };
        let last = self.network.requests.back();
        last.map_or(0, |request| request.bytes.len() - tail)
    }

    pub(super) fn step(&mut self, step: Step) -> Event {
        match step {
            Step::Call(kind) => return self.call(kind),
            Step::Write(count) => self.write(count),
            Step::Serve => self.network.serve(),
            Step::Read(count) => self.read(count),
            Step::Bypass(count) => return self.bypass(count),
            Step::Take => return self.take(),
            Step::Enough => self.owed[0].end = End::Told,
            Step::Abandon => return self.abandon(),
            Step::Settle => return self.settle(),
            Step::Lose => self.lose(),
            Step::Double(_) | Step::Swap(_) | Step::Swallow(_) => self.lie(step),
        }
        Event::None
    }

    fn call(&mut self, kind: Kind) -> Event {
        let before = self.link.outgoing(None).concat();
        let begun = self.begun().filter(|_| kind == Kind::Rest);
        let number = begun.unwrap_or(self.made);
        let mut progress = self.batches.remove(&number).unwrap_or_default();
        if begun.is_none() {
            self.made += 1;
        }
        let mut call = Call::new(number, kind);
        if let Err(error) = call.send(&mut self.link, &mut progress) {
            // Only bytes that nobody asked for make it fail here.
            let is_closed = (error.kind(), error.fate()) == (ErrorKind::Closed, Fate::NotSent);
            return if is_closed {
                self.failed()
            } else {
                self.is_wrong(Wrong::Failed)
            };
        }
        let after = self.link.outgoing(call.gap().as_ref()).concat();
        if !after.starts_with(&before) {
            self.wrong = Some(Wrong::Sent);
        }
        let bytes = after.get(before.len()..).unwrap_or_default();
        let outside = call.gap().map_or(0, |gap| gap.value.len());
        call.length = (bytes.len() - outside) as u16;
        self.owed.push_back(call);
        if kind.is_batch() {
            self.batches.insert(call.number, progress);
        }
        self.network.requests.push_back(Request::new(call, bytes));
        let tags = call.tags();
        self.sequence = self.sequence.wrapping_add(tags);
        Event::None
    }

    /// The number of a batch of which a group is owed and the rest is not queued.
    pub(super) fn begun(&self) -> Option<u8> {
        let has_rest = |number| {
            let mut owed = self.owed.iter();
            owed.any(|call| call.kind == Kind::Rest && call.number == number)
        };
        let groups = self.owed.iter().filter(|call| call.kind == Kind::Groups);
        let mut waiting = groups.filter(|call| call.is_waiting());
        let begun = waiting.find(|call| !has_rest(call.number));
        begun.map(|call| call.number)
    }

    pub(super) fn write(&mut self, count: usize) {
        let outgoing = self.link.outgoing(self.gap().as_ref()).concat();
        if !self.network.unsent().flatten().eq(&outgoing) {
            self.wrong = Some(Wrong::Sent);
        }
        self.link.sent(count);
        self.network.leave(count);
    }

    pub(super) fn read(&mut self, count: usize) {
        let space = self.link.space();
        let count = count.min(space.len());
        let come = self.network.come(&mut space[..count]);
        self.link.filled(come);
    }

    fn bypass(&mut self, count: usize) -> Event {
        let mut bytes = vec![0; count];
        let come = self.network.come(&mut bytes);
        bytes.truncate(come);
        self.link.bypassed(come);
        self.hand(self.owed[0], &Handed::Bytes(bytes))
    }

    /// Asks whether the oldest reply is there, and leaves it where it is.
    pub(super) fn look(&mut self) -> Event {
        if self.settling {
            return self.settle();
        }
        let arrived = match self.owed.front() {
            None => return Event::None,
            Some(call) if call.is_waiting() && call.kind.is_in_pieces() => {
                self.link.piece_arrived()
            }
            Some(_) => self.link.arrived(),
        };
        self.account();
        match arrived {
            Ok(_) => Event::None,
            Err(_) => self.failed(),
        }
    }

    pub(super) fn take(&mut self) -> Event {
        let is_passing = !self.owed[0].is_waiting();
        if is_passing || !self.owed[0].kind.is_in_pieces() {
            let arrived = self.link.arrived();
            self.account();
            match arrived {
                Ok(true) => {}
                Ok(false) => return Event::None,
                Err(_) => return self.failed(),
            }
        }
        let Some(&call) = self.owed.front().filter(|call| call.is_waiting()) else {
            return self.is_wrong(Wrong::Failed);
        };
        if is_passing && call.kind.is_in_pieces() {
            // Who takes pieces does not ask for the whole.
            return Event::None;
        }
        let progress = self.batches.entry(call.number).or_default();
        match call.take(&mut self.link, progress) {
            Ok(Some(handed)) => self.hand(call, &handed),
            Ok(None) => {
                self.account();
                Event::None
            }
            Err(_) => self.failed(),
        }
    }

    /// Checks what the oldest call was handed.
    fn hand(&mut self, call: Call, handed: &Handed) -> Event {
        let Some(of) = self.network.replies.front().map(|reply| reply.of) else {
            return self.is_wrong(Wrong::Handed);
        };
        let is_own = of.is(&call);
        let is_right = if is_own {
            call.fits(handed, self.link.protocol())
        } else {
            self.lies > 0 && call.may_be_told(of.kind, self.link.protocol())
        };
        // Nothing answers what has not left.
        let mut requests = self.network.requests.iter();
        let request = requests.find(|request| request.of.is(&call));
        let has_left = request.is_none_or(Request::has_left);
        if !is_right || handed.is_last() && !has_left {
            return self.is_wrong(Wrong::Handed);
        }
        self.owed[0].note(handed);
        self.account();
        match (handed.is_last(), is_own) {
            (false, _) => Event::None,
            (true, true) if call.kind.is_refused() => Event::Refused,
            (true, true) => Event::Told,
            (true, false) => Event::Mistold,
        }
    }

    /// Whether a value outside the storage has left in part.
    pub(super) fn is_in_gap(&self) -> bool {
        let last = self.network.requests.back();
        self.has_gap() && last.is_some_and(|request| request.left > 0)
    }

    fn abandon(&mut self) -> Event {
        self.link.abandon();
        for call in &mut self.owed {
            call.end = End::Abandoned;
        }
        self.batches.clear();
        self.settling = true;
        if self.is_in_gap() {
            return if self.link.is_broken() {
                Event::Cut
            } else {
                self.is_wrong(Wrong::Failed)
            };
        }
        while let Some(request) = self.network.requests.back()
            && request.left == 0
        {
            let tags = request.of.tags();
            self.sequence = self.sequence.wrapping_sub(tags);
            self.network.requests.pop_back();
            self.owed.pop_back();
        }
        if self.link.is_broken() {
            self.failed()
        } else {
            Event::None
        }
    }

    pub(super) fn settle(&mut self) -> Event {
        let settled = self.link.settle();
        self.account();
        match settled {
            Ok(true) => {
                self.settling = false;
                Event::Settled
            }
            Ok(false) => Event::None,
            Err(_) => self.failed(),
        }
    }

    /// Lets the network tamper with a reply of which no byte has come.
    fn lie(&mut self, step: Step) {
        let replies = &mut self.network.replies;
        match step {
            Step::Double(at) => replies.insert(at, replies[at].clone()),
            Step::Swap(at) => replies.swap(at, at + 1),
            Step::Swallow(at) => drop(replies.remove(at)),
            _ => return,
        }
        self.lies += 1;
    }

    fn lose(&mut self) {
        self.link.fail();
        self.link.reset();
        self.network = Network::default();
        self.owed.clear();
        self.batches.clear();
        self.settling = false;
        self.losses += 1;
    }

    /// Forgets what makes no difference any more once a lie was found out.
    pub(super) fn close(&mut self) {
        self.lose();
        self.link.fail();
    }

    /// Compares what the connection consumed with the replies that came.
    fn account(&mut self) {
        if self.link.is_broken() {
            return;
        }
        let pending = self.link.receiving.pending();
        let Some(consumed) = self.network.come.checked_sub(pending) else {
            self.wrong = Some(Wrong::Lost);
            return;
        };
        self.network.consume(consumed);
        while self.link.owed() < self.owed.len() {
            let call = self.owed.pop_front();
            let goes_on = |call: &Call| self.owed.iter().any(|rest| rest.number == call.number);
            if let Some(call) = call.filter(|call| !goes_on(call)) {
                self.batches.remove(&call.number);
            }
            if !self.network.end_reply() || call.is_none_or(|call| call.is_waiting()) {
                self.wrong = Some(Wrong::Lost);
                return;
            }
        }
        // The end of pieces is handed out by itself, and a packet has no bytes for it.
        let oldest = self.owed.front();
        let may_end = self.link.protocol() == Protocol::Binary
            && oldest.is_some_and(|call| call.kind.is_in_pieces());
        if self.network.is_passed(may_end) {
            self.wrong = Some(Wrong::Lost);
        }
    }

    /// Only a lie breaks a connection that the client did not cut itself.
    fn failed(&mut self) -> Event {
        if self.lies == 0 || !self.link.is_broken() {
            return self.is_wrong(Wrong::Failed);
        }
        Event::FoundOut
    }

    fn is_wrong(&mut self, wrong: Wrong) -> Event {
        self.wrong = Some(wrong);
        Event::None
    }
}
