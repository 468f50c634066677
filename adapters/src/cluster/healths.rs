//! How the servers of a cluster are, and who has the keys of those that are ejected.

use alloc::vec::Vec;
use core::hash::{BuildHasher, Hasher};
use core::time::Duration;
use std::collections::hash_map::RandomState;
use std::time::Instant;

use minimc_core::health::{Change, Health, Policy, Verdict};
use minimc_core::{Error, ErrorKind};

use super::{Cluster, Member, place};
use crate::client::Contact;
use crate::transport::heed;

/// The health of each server, on one clock.
#[derive(Debug)]
pub(super) struct Healths {
    pub(super) policy: Policy,
    /// In the order of the servers.
    pub(super) each: Vec<Health>,
    /// Whose keys are with others, as keys are placed now.
    pub(super) ejected: Vec<usize>,
    /// Who was lent, and has not told yet what came of it; each once.
    pub(super) lent: Vec<usize>,
    /// Where the clock begins.
    epoch: Instant,
}

impl Healths {
    pub(super) fn new(policy: Policy) -> Self {
        Self {
            policy,
            each: Vec::new(),
            ejected: Vec::new(),
            lent: Vec::new(),
            epoch: Instant::now(),
        }
    }

    fn now(&self) -> Duration {
        self.epoch.elapsed()
    }

    /// Who is ejected at this time.
    fn out(&self) -> Vec<usize> {
        let now = self.now();
        let each = self.each.iter().enumerate();
        let out = each.filter(|(_, health)| health.is_ejected(now));
        out.map(|(index, _)| index).collect()
    }

    fn learn(&mut self, index: usize, contact: Contact) -> Option<Change> {
        let health = self.each.get_mut(index)?;
        match contact {
            Contact::Answered => health.succeeded(),
            Contact::Failed { at } => {
                let at = at.saturating_duration_since(self.epoch);
                health.failed(at, &self.policy, random())
            }
        }
    }

    /// It is to be asked what comes of this.
    pub(super) fn lend(&mut self, index: usize) {
        if !self.lent.contains(&index) {
            self.lent.push(index);
        }
    }

    fn ask(&mut self, index: usize) -> (Verdict, Option<Change>) {
        let now = self.now();
        match self.each.get_mut(index) {
            Some(health) => health.ask(now, &self.policy),
            None => (Verdict::Go, None),
        }
    }
}

impl<C: Member> Cluster<C> {
    /// How each server is, in their order, by what calls have told so far.
    pub fn health(&mut self) -> Vec<Health> {
        self.learn();
        self.healths.each.clone()
    }

    /// Learns what came of the calls that were made, and places keys anew where servers are ejected, or
    /// are no more.
    pub(crate) fn learn(&mut self) {
        let mut has_changed = false;
        for index in core::mem::take(&mut self.healths.lent) {
            let Some(contact) = self.clients.get_mut(index).and_then(Member::contact) else {
                // It may be told later, where many use a client at once.
                self.healths.lent.push(index);
                continue;
            };
            let change = self.healths.learn(index, contact);
            has_changed |= change.is_some();
            self.tell(index, change);
        }
        let may_move = self.healths.policy.eject;
        if may_move && (has_changed || !self.healths.ejected.is_empty()) {
            self.move_keys();
        }
    }

    /// Whether the server may be asked now; if so, it is taken to be.
    pub(super) fn ask(&mut self, index: usize) -> Result<(), ErrorKind> {
        if self.healths.each.get(index).is_some_and(Health::is_up) {
            self.healths.lend(index);
            return Ok(());
        }
        let (verdict, change) = self.healths.ask(index);
        self.tell(index, change);
        heed(verdict)?;
        self.healths.lend(index);
        Ok(())
    }

    /// Lends the client of a server, if it may be asked now.
    pub(crate) fn lend(&mut self, index: usize) -> Result<&mut C, Error> {
        self.ask(index)?;
        let client = self.clients.get_mut(index);
        client.ok_or_else(|| ErrorKind::NoServers.into())
    }

    /// Lends the clients of some servers, with their indexes, or says why not to ask one.
    pub(super) fn lend_those(
        &mut self,
        are_wanted: impl Fn(usize) -> bool,
    ) -> impl Iterator<Item = (usize, Result<&mut C, ErrorKind>)> {
        let wanted: Vec<_> = (0..self.clients.len())
            .map(|index| are_wanted(index).then(|| self.ask(index)))
            .collect();
        let clients = self.clients.iter_mut().enumerate().zip(wanted);
        clients.filter_map(|((index, client), asked)| Some((index, asked?.map(|()| client))))
    }

    /// The same of all servers.
    pub(super) fn lend_all(&mut self) -> impl Iterator<Item = Result<&mut C, ErrorKind>> {
        self.learn();
        self.lend_those(|_| true).map(|(_, client)| client)
    }

    fn move_keys(&mut self) {
        let out = self.healths.out();
        if out == self.healths.ejected {
            return;
        }
        let rule = self.placement.rule();
        let placement = self.roster.with(|servers| place(rule, servers, &out));
        if let Ok(placement) = placement {
            self.placement = placement;
            self.healths.ejected = out;
        }
    }

    fn tell(&self, index: usize, change: Option<Change>) {
        if let (Some(change), Some(observer)) = (change, &self.observer)
            && let Some(server) = self.roster.servers().nth(index)
        {
            observer(&server, change);
        }
    }
}

/// Any number: for jitter, and to choose a copy, there is no need of a better one.
pub(super) fn random() -> u32 {
    RandomState::new().build_hasher().finish() as u32
}
