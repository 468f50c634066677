//! A batch over many servers, outcome by outcome.

use alloc::sync::Arc;
use alloc::vec::Vec;

use minimc_core::command::Batch;
use minimc_core::{Error, ErrorKind, Storage};

use super::Cluster;
use super::part::Part;
use super::together::together;
use crate::client::{self, Client, Outcome};
use crate::transport::Transport;

/// The outcomes of a batch's requests, server by server. It may be dropped at any time.
///
/// When it is handed out, each server has been sent what fits of its own part, so that all work at the
/// same time. A server that is down is an error for each of its keys, with its fate; the others' keys
/// have their outcomes.
#[derive(Debug)]
#[must_use = "the outcomes are what a batch is for"]
pub struct Many<'c, B, T, S, const N: usize> {
    /// Those of which there is more to tell, the next one last.
    shares: Vec<Share<'c, B, T, S, N>>,
}

impl<'c, B: Batch, T: Transport, S: Storage, const N: usize> Many<'c, B, T, S, N> {
    pub(super) fn new(mut shares: Vec<Share<'c, B, T, S, N>>) -> Self {
        shares.reverse();
        Self { shares }
    }

    /// The outcome of another request, with the key as it was given; `None` when all were told. Those of
    /// one server come one after the other, in the way of [`client::Many::next`], with the time limit
    /// anew for each. The future may be dropped, and this called again, as there.
    pub async fn next(&mut self) -> Option<Outcome<'_, B>> {
        while let Some(share) = self.share() {
            let waited = share.wait().await;
            if self.is_there(waited) {
                break;
            }
        }
        self.take()
    }

    /// That which is told next.
    pub(super) fn share(&mut self) -> Option<&mut Share<'c, B, T, S, N>> {
        self.shares.last_mut()
    }

    /// Whether there is an outcome to take, after it was waited for; else the share is over.
    pub(super) fn is_there(&mut self, waited: Result<(), ErrorKind>) -> bool {
        let is_there = self.share().is_some_and(|share| share.is_there(waited));
        if !is_there {
            self.shares.pop();
        }
        is_there
    }

    pub(super) fn take(&mut self) -> Option<Outcome<'_, B>> {
        self.share()?.take()
    }
}

/// What one server does of a batch.
#[derive(Debug)]
pub(super) enum Share<'c, B, T, S, const N: usize> {
    Sent(client::Many<'c, Part<B>, T, S, N>),
    /// Nothing was sent, and the first requests were told so.
    Failed {
        part: Part<B>,
        error: Error,
        told: usize,
    },
}

impl<'c, B: Batch, T: Transport, S: Storage, const N: usize> Share<'c, B, T, S, N> {
    /// Connects where that is needed, and sends what fits.
    pub(super) async fn send(client: &'c mut Client<T, S, N>, part: Part<B>) -> Self {
        let reused = match client.start().await {
            Ok(reused) => reused,
            Err(error) => return Self::failed(part, error),
        };
        let mut many = client::Many::new(client, part, reused);
        if let Err(kind) = many.send().await {
            many.lose(kind);
        }
        Self::Sent(many)
    }

    pub(super) fn failed(part: Part<B>, error: Error) -> Self {
        let error = error.with_fate(minimc_core::Fate::NotSent);
        Self::Failed {
            part,
            error,
            told: 0,
        }
    }

    /// Waits for the next outcome, if it is not there.
    pub(super) async fn wait(&mut self) -> Result<(), ErrorKind> {
        match self {
            Self::Sent(many) => many.wait().await,
            Self::Failed { .. } => Ok(()),
        }
    }

    fn is_there(&mut self, waited: Result<(), ErrorKind>) -> bool {
        match self {
            Self::Sent(many) => {
                if let Err(kind) = waited {
                    many.lose(kind);
                }
                many.is_there()
            }
            Self::Failed { part, told, .. } => *told < part.count(),
        }
    }

    fn take(&mut self) -> Option<Outcome<'_, B>> {
        match self {
            Self::Sent(many) => many.take(),
            Self::Failed { part, error, told } => {
                let name = part.name(*told)?;
                *told = told.saturating_add(1);
                Some((name, Err(*error)))
            }
        }
    }
}

/// The part of each server, in the order of the servers, and of those keys that have none.
pub(super) struct Parts<B> {
    pub(super) parts: Vec<Part<B>>,
    pub(super) nowhere: Part<B>,
}

impl<C> Cluster<C> {
    pub(super) fn split<B>(&self, batch: B) -> Parts<B>
    where
        B: Batch<Name: AsRef<[u8]>>,
    {
        let batch = Arc::new(batch);
        let mut parts: Vec<_> = self.clients.iter().map(|_| Part::new(&batch)).collect();
        let mut nowhere = Part::new(&batch);
        for index in 0..batch.count() {
            let place = batch.name(index).and_then(|name| self.place(name));
            let part = place.and_then(|place| parts.get_mut(place));
            part.unwrap_or(&mut nowhere).push(index);
        }
        Parts { parts, nowhere }
    }
}

impl<T: Transport, S: Storage, const N: usize> Cluster<Client<T, S, N>> {
    /// Splits a batch by server, sends each its part, and then hands out the outcomes. Requests are
    /// placed by what they are [known by](Batch::Name), their keys.
    ///
    /// The servers are connected to at the same time where that is needed. A value that does not fit the
    /// send storage waits until its server has taken it.
    pub async fn batch<B>(&mut self, batch: B) -> Many<'_, B, T, S, N>
    where
        B: Batch<Name: AsRef<[u8]>>,
    {
        let Parts { parts, nowhere } = self.split(batch);
        let sends = self.clients.iter_mut().zip(parts);
        let sends = sends.filter(|(_, part)| part.count() > 0);
        let sends: Vec<_> = sends
            .map(|(client, part)| Share::send(client, part))
            .collect();
        let mut shares = together(sends).await;
        shares.push(Share::failed(nowhere, ErrorKind::NoServers.into()));
        Many::new(shares)
    }
}
