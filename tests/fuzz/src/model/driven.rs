//! A connection, an honest server, and what must be so after every step.

use std::collections::VecDeque;

use minimc_core::command::{Noop, Version};
use minimc_core::{Connection, ErrorKind, Fate, Gap, Protocol, Sent};

use super::call::{Call, ITEMS};
use super::debt::{Debt, Progress, answers};
use crate::grammar::requests;
use crate::peer::{self, Peer};
use crate::store;

pub(super) const STORAGE: usize = 400;
const DEPTH: usize = 4;

type Link = Connection<[u8; STORAGE], DEPTH>;

/// A connection under test, and what is known of it.
pub(super) struct Driven<'c> {
    pub(super) connection: Link,
    pub(super) peer: Peer,
    /// What the server will have done when it has answered all that left the queue.
    pub(super) store: store::Store,
    pub(super) owed: VecDeque<Debt<'c>>,
    pub(super) gap: Option<Gap<'c>>,
    /// The bytes that have not left.
    pub(super) unsent: usize,
    pub(super) is_broken: bool,
    pub(super) is_settling: bool,
}

impl<'c> Driven<'c> {
    pub(super) fn new(protocol: Protocol) -> Self {
        Self {
            connection: Connection::new(protocol, [0; STORAGE], [0; STORAGE]).unwrap(),
            peer: Peer::with(&ITEMS),
            store: store::Store::with(&ITEMS),
            owed: VecDeque::new(),
            gap: None,
            unsent: 0,
            is_broken: false,
            is_settling: false,
        }
    }

    /// What must be so whatever happened.
    pub(super) fn check(&self) {
        let connection = &self.connection;
        assert_eq!(connection.owed(), self.owed.len());
        assert_eq!(connection.is_broken(), self.is_broken);
        let unsent = connection.outgoing(self.gap.as_ref()).concat().len();
        assert_eq!(unsent, if self.is_broken { 0 } else { self.unsent });
        assert_eq!(connection.is_sending(), unsent > 0);
        let is_idle = !self.is_broken && self.owed.is_empty() && unsent == 0;
        assert_eq!(connection.is_idle(), is_idle);
        let mut behind = 0;
        for (index, debt) in self.owed.iter().enumerate().rev() {
            let expected = if self.unsent > behind {
                Fate::NotSent
            } else {
                Fate::Unknown
            };
            assert_eq!(connection.fate(index), expected);
            behind += debt.length;
        }
    }

    pub(super) fn ask(&mut self, call: &'c Call) {
        if self.is_settling {
            // Until what was given up is settled, nothing may be asked.
            return;
        }
        let (connection, mut batch) = (&mut self.connection, None);
        let sent = match call {
            Call::Get { get, .. } => connection.send(get),
            Call::Store(store) => connection.send(store),
            Call::Count(count) => connection.send(count),
            Call::Delete(delete) => connection.send(delete),
            Call::Touch(touch) => connection.send(touch),
            Call::Version => connection.send(&Version),
            Call::Noop => connection.send(&Noop),
            Call::Many(many) => {
                let progress = batch.insert(minimc_core::Progress::new());
                let sent = connection.send_batch(many, progress);
                sent.map(|queued| {
                    assert!(matches!(queued, Sent::Group(None)));
                    None
                })
            }
        };
        let gap = match sent {
            Ok(gap) => gap,
            Err(error) => {
                assert_eq!(error.fate(), Fate::NotSent);
                return match error.kind() {
                    ErrorKind::Closed => assert!(self.is_broken),
                    ErrorKind::Full => assert!(!self.owed.is_empty()),
                    _ => panic!("{error:?}"),
                };
            }
        };
        assert!(!self.is_broken && self.owed.len() < DEPTH && self.gap.is_none());
        assert!(gap.is_none() || self.owed.is_empty());
        let [before, value, after] = connection.outgoing(gap.as_ref());
        let all = [before, value, after].concat();
        let what = requests(&all[self.unsent..]).unwrap();
        let (until_gap, until_tail) = (before.len(), before.len() + value.len());
        self.owed.push_back(Debt {
            call,
            batch,
            told: 0,
            what: what.into_iter().map(|request| request.what).collect(),
            length: all.len() - self.unsent,
            until_gap,
            until_tail,
            answers: None,
            progress: Progress::Waiting,
        });
        self.unsent = all.len();
        self.gap = gap;
    }

    pub(super) fn write(&mut self, most: usize) {
        let count = peer::write(
            &mut self.connection,
            &mut self.peer,
            self.gap.as_ref(),
            most,
        );
        self.unsent -= count;
        if self.gap.is_some() && self.gap_left() == 0 {
            self.gap = None;
        }
    }

    /// The bytes of a value outside the storage that have not left.
    fn gap_left(&self) -> usize {
        let Some(debt) = self.owed.back().filter(|_| self.gap.is_some()) else {
            return 0;
        };
        let sent = debt.length - self.unsent;
        debt.until_tail - sent.clamp(debt.until_gap, debt.until_tail)
    }

    pub(super) fn read(&mut self, most: usize) {
        if self.connection.space().is_empty() {
            assert!(self.is_broken || !self.owed.is_empty());
            return;
        }
        peer::read(&mut self.connection, &mut self.peer, most);
    }

    pub(super) fn abandon(&mut self) {
        self.connection.abandon();
        let left = self.gap_left();
        if let Some(debt) = self.owed.back_mut().filter(|_| left > 0) {
            let is_begun = self.unsent < debt.length;
            self.is_broken |= is_begun;
            self.unsent -= left;
            debt.length -= debt.until_tail - debt.until_gap;
        }
        self.gap = None;
        while let Some(debt) = self.owed.back()
            && debt.length <= self.unsent
        {
            self.unsent -= debt.length;
            self.owed.pop_back();
        }
        for debt in &mut self.owed {
            debt.progress = Progress::Abandoned;
        }
        self.is_settling = !self.owed.is_empty();
    }

    pub(super) fn settle(&mut self) {
        if self.is_broken {
            assert_eq!(self.connection.settle(), Err(ErrorKind::Closed));
        } else if self.is_settling || self.owed.is_empty() {
            let is_settled = self.connection.settle().unwrap();
            self.forget_settled();
            assert_eq!(is_settled, self.owed.is_empty());
        }
    }

    pub(super) fn fail(&mut self) {
        self.connection.fail();
        self.is_broken = true;
        let (unsent, mut behind) = (self.unsent, 0);
        for debt in self.owed.iter_mut().rev() {
            behind += debt.length;
            if debt.progress != Progress::Abandoned {
                debt.lose(&mut self.connection, unsent < behind);
            }
        }
    }

    pub(super) fn reset(&mut self) {
        self.connection.reset();
        (self.peer, self.store) = (Peer::with(&ITEMS), store::Store::with(&ITEMS));
        (self.gap, self.unsent) = (None, 0);
        (self.is_broken, self.is_settling) = (false, false);
        self.owed.clear();
    }

    /// What is owed comes, and what is asked then is answered.
    pub(super) fn finish(&mut self) {
        if self.is_broken {
            self.reset();
        }
        self.empty();
        self.ask(&Call::Version);
        assert_eq!(self.owed.len(), 1);
        self.empty();
    }

    /// Takes or settles whatever is owed.
    fn empty(&mut self) {
        let mut rounds = 0..200;
        while !self.owed.is_empty() {
            assert!(rounds.next().is_some(), "a stall");
            self.write(usize::MAX);
            self.settle();
            self.take();
            self.read(usize::MAX);
        }
        self.settle();
        self.check();
    }

    /// The oldest reply was taken in full.
    pub(super) fn pop(&mut self) {
        self.owed.pop_front();
        assert_eq!(self.connection.owed(), self.owed.len());
    }

    /// Replies that nobody takes are gone when their last byte has come.
    pub(super) fn forget_settled(&mut self) {
        while self.owed.len() > self.connection.owed() {
            let debt = self.owed.pop_front().unwrap();
            assert!(matches!(
                debt.progress,
                Progress::Rest | Progress::Abandoned
            ));
            if debt.answers.is_none() {
                answers(&mut self.store, self.connection.protocol(), &debt);
            }
        }
        self.is_settling &= !self.owed.is_empty();
    }
}
