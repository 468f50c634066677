//! A batch, item by item.

use minimc_core::command::Batch;
use minimc_core::{Error, ErrorKind, Storage};

use super::Client;
use crate::transport::Transport;

/// The items of a batch, as they arrive. It may be dropped at any time.
#[derive(Debug)]
#[must_use = "a batch does nothing until its items are asked for"]
pub struct Many<'c, B, T, S, const N: usize> {
    client: &'c mut Client<T, S, N>,
    batch: B,
}

impl<'c, B: Batch, T: Transport, S: Storage, const N: usize> Many<'c, B, T, S, N> {
    pub(super) fn new(client: &'c mut Client<T, S, N>, batch: B) -> Self {
        Self { client, batch }
    }

    /// The next item; `None` when all were answered. Every item has the operation's time limit
    /// anew.
    ///
    /// An error may concern one item, or the link: then the rest of the items is lost, and every
    /// further call fails.
    pub async fn next(&mut self) -> Result<Option<B::Item<'_>>, Error> {
        loop {
            if !self.arrive().await? {
                return Ok(None);
            }
            if !self.client.connection.is_group_end() {
                break;
            }
            self.client.connection.item(&mut self.batch)?;
        }
        self.client.connection.item(&mut self.batch)
    }

    /// Waits for the next item or end of a group; `false` when there is none to wait for.
    async fn arrive(&mut self) -> Result<bool, Error> {
        let client = &mut *self.client;
        client.transport.begin(client.options.timeout);
        if client.connection.arrived()? {
            return Ok(true);
        }
        loop {
            match client.connection.send_batch(&mut self.batch) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) if error.kind() == ErrorKind::Full && client.connection.owed() > 0 => {
                    break;
                }
                Err(error) => return Err(error),
            }
        }
        if client.connection.owed() == 0 {
            return Ok(false);
        }
        match client.next_reply().await {
            Ok(()) => Ok(true),
            Err(kind) => Err(client.lost(kind).into()),
        }
    }
}
