//! Batches over many servers that block: all are sent their parts before any reply is read.

use minimc_core::Storage;
use minimc_core::command::Batch;

use super::Cluster;
use super::many::{self, Parts, Share};
use crate::blocking::{Client, now};
use crate::client::Outcome;
use crate::transport::Transport;

/// The outcomes of a batch's requests, one server after the other: see
/// [`minimc::cluster::Many`](super::Many), also for the time limits. It may be dropped at any time.
#[derive(Debug)]
#[must_use = "the outcomes are what a batch is for"]
pub struct Many<'c, B, T, S, const N: usize>(many::Many<'c, B, T, S, N>);

impl<B: Batch, T: Transport, S: Storage, const N: usize> Many<'_, B, T, S, N> {
    /// The outcome of another request, `None` when all were told: see
    /// [`minimc::cluster::Many::next`](super::Many::next). Here servers are heard in their order, so that
    /// one that does not answer delays the outcomes of those behind it, once and by the time limit.
    #[expect(
        clippy::should_implement_trait,
        reason = "the outcome is lent, as by no iterator"
    )]
    pub fn next(&mut self) -> Option<Outcome<'_, B>> {
        while let Some(share) = self.0.share() {
            let waited = now(share.wait());
            if self.0.is_there(waited) {
                break;
            }
        }
        self.0.take()
    }
}

impl<T: Transport, S: Storage, const N: usize> Cluster<Client<T, S, N>> {
    /// Splits a batch by server, sends each its part, and then hands out the outcomes. Requests are
    /// placed by what they are [known by](Batch::Name), their keys.
    ///
    /// The servers are connected to one after the other where that is needed, so that each that cannot be
    /// reached delays the batch by the time limit, before it rests. A value that does not fit
    /// the send storage waits until its server has taken it.
    pub fn batch<B>(&mut self, batch: B) -> Many<'_, B, T, S, N>
    where
        B: Batch<Name: AsRef<[u8]>>,
    {
        let Parts { parts, refused } = self.split(batch);
        let sends = self.clients.iter_mut().zip(parts);
        let shares = sends
            .filter_map(|(client, part)| Some(Share::send_now(&mut client.inner, part?)))
            .collect();
        Many(many::Many::new(shares, refused))
    }
}

impl<'c, B: Batch, T: Transport, S: Storage, const N: usize> Share<'c, B, T, S, N> {
    /// As [`send`](Self::send), over a transport that does not wait.
    fn send_now(client: &'c mut crate::Client<T, S, N>, part: super::Part<B>) -> Self {
        match now(client.start()) {
            Ok(reused) => {
                let mut many = crate::client::Many::new(client, part, reused);
                if let Err(kind) = now(many.send()) {
                    many.lose(kind);
                }
                Self::sent(many)
            }
            Err(error) => Self::failed(part, error),
        }
    }
}
