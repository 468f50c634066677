//! A batch over many servers, outcome by outcome.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::future::poll_fn;
use core::pin::pin;
use core::task::Poll;
use core::time::Duration;
use std::time::Instant;

use minimc_core::command::Batch;
use minimc_core::{Error, ErrorKind, Storage};

use super::part::Part;
use super::together::together;
use super::{Cluster, Member};
use crate::client::{self, Client, Outcome};
use crate::transport::Transport;

/// The outcomes of a batch's requests, of each server in their order. It may be dropped at any time.
///
/// When it is handed out, each server has been sent what fits of its own part, so that all work at the
/// same time. A server that is down is an error for each of its keys, with its fate; the others' keys
/// have their outcomes.
///
/// # Time limits
///
/// For its first outcome a server has the time limit from when it was sent its part, whoever was listened
/// to meanwhile; then the limit anew for each further one. So that several servers that do not answer cost
/// one limit, not one each.
#[derive(Debug)]
#[must_use = "the outcomes are what a batch is for"]
pub struct Many<'c, B, T, S, const N: usize> {
    /// Those of which there is more to tell, the next one last.
    shares: Vec<Share<'c, B, T, S, N>>,
}

impl<'c, B: Batch, T: Transport, S: Storage, const N: usize> Many<'c, B, T, S, N> {
    pub(super) fn new(
        mut shares: Vec<Share<'c, B, T, S, N>>,
        refused: Vec<(Part<B>, ErrorKind)>,
    ) -> Self {
        shares.reverse();
        // At once.
        let refused = refused.into_iter();
        shares.extend(refused.map(|(part, kind)| Share::failed(part, kind.into())));
        Self { shares }
    }

    /// The outcome of another request, with the key as it was given; `None` when all were told. Those of
    /// one server come in the order of the batch; who answers first is heard first, unless one is yet to
    /// be sent the rest of a long part. The future may be dropped, and this called again, as of
    /// [`client::Many::next`].
    pub async fn next(&mut self) -> Option<Outcome<'_, B>> {
        while let Some((index, waited)) = first(&mut self.shares).await {
            let last = self.shares.len().saturating_sub(1);
            self.shares.swap(index, last);
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

/// Waits for the first of the shares that has an outcome or is over, the last one preferred.
async fn first<B: Batch, T: Transport, S: Storage, const N: usize>(
    shares: &mut [Share<'_, B, T, S, N>],
) -> Option<(usize, Result<(), ErrorKind>)> {
    let (last, others) = shares.split_last_mut()?;
    let index = others.len();
    if !last.is_queued() {
        // A future that sends is not given up for another's outcome: it may be in the middle of a value.
        return Some((index, last.wait().await));
    }
    let mut last = pin!(last.wait());
    // Made when the last is not there at once: mostly it is.
    let mut others = Some(others);
    let mut waits = Vec::new();
    poll_fn(|context| {
        if let Poll::Ready(waited) = last.as_mut().poll(context) {
            return Poll::Ready(Some((index, waited)));
        }
        if let Some(others) = others.take() {
            let others = others.iter_mut().enumerate();
            let others = others.filter(|(_, share)| share.is_queued());
            waits.extend(others.map(|(index, share)| (index, Box::pin(share.wait()))));
        }
        for (index, wait) in &mut waits {
            if let Poll::Ready(waited) = wait.as_mut().poll(context) {
                return Poll::Ready(Some((*index, waited)));
            }
        }
        Poll::Pending
    })
    .await
}

/// The least time to read what has come.
const GRACE: Duration = Duration::from_millis(10);

/// What one server does of a batch.
#[derive(Debug)]
pub(super) enum Share<'c, B, T, S, const N: usize> {
    Sent {
        many: client::Many<'c, Part<B>, T, S, N>,
        /// Since when its first outcome is waited for, until it is there.
        since: Option<Instant>,
    },
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
        Self::sent(many)
    }

    pub(super) fn sent(many: client::Many<'c, Part<B>, T, S, N>) -> Self {
        let since = Some(Instant::now());
        Self::Sent { many, since }
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
            Self::Sent { many, since } => {
                let all = many.limit();
                let left = since.map(|since| all.saturating_sub(since.elapsed()));
                // The whole limit, as long as there is most of it: to set another costs some transports
                // system calls.
                let limit = left.filter(|left| *left < all / 2);
                many.wait(limit.map(|limit| limit.max(GRACE))).await
            }
            Self::Failed { .. } => Ok(()),
        }
    }

    /// Whether all of it was sent, so that the future that waits may be dropped.
    fn is_queued(&self) -> bool {
        match self {
            Self::Sent { many, .. } => many.is_queued(),
            Self::Failed { .. } => true,
        }
    }

    fn is_there(&mut self, waited: Result<(), ErrorKind>) -> bool {
        match self {
            Self::Sent { many, .. } => {
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
            Self::Sent { many, since } => {
                *since = None;
                many.take()
            }
            Self::Failed { part, error, told } => {
                let name = part.name(*told)?;
                *told = told.saturating_add(1);
                Some((name, Err(*error)))
            }
        }
    }
}

/// The part of each server, in the order of the servers, and what is told to keys that are not sent.
pub(super) struct Parts<B> {
    /// Those that have requests, and may be asked.
    pub(super) parts: Vec<Option<Part<B>>>,
    pub(super) refused: Vec<(Part<B>, ErrorKind)>,
}

impl<C: Member> Cluster<C> {
    pub(super) fn split<B>(&mut self, batch: B) -> Parts<B>
    where
        B: Batch<Name: AsRef<[u8]>>,
    {
        self.learn();
        let batch = Arc::new(batch);
        let mut parts: Vec<_> = self.clients.iter().map(|_| Part::new(&batch)).collect();
        let mut nowhere = Part::new(&batch);
        for index in 0..batch.count() {
            let place = batch.name(index).and_then(|name| self.place(name));
            let part = place.and_then(|place| parts.get_mut(place));
            part.unwrap_or(&mut nowhere).push(index);
        }
        let mut refused = Vec::from([(nowhere, ErrorKind::NoServers)]);
        let parts = parts.into_iter().enumerate().map(|(index, part)| {
            if part.count() == 0 {
                return None;
            }
            match self.ask(index) {
                Ok(()) => Some(part),
                Err(kind) => {
                    refused.push((part, kind));
                    None
                }
            }
        });
        Parts {
            parts: parts.collect(),
            refused,
        }
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
        let Parts { parts, refused } = self.split(batch);
        let sends = self.clients.iter_mut().zip(parts);
        let sends: Vec<_> = sends
            .filter_map(|(client, part)| Some(Share::send(client, part?)))
            .collect();
        Many::new(together(sends).await, refused)
    }
}
