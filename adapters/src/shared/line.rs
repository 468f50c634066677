//! A line: keys of one task that one request asks for, and what came of each.

use alloc::vec::Vec;

use minimc_core::command::GetMany;
use minimc_core::{Error, ErrorKind, Progress};

use super::hub::Shared;
use super::items::Items;
use crate::client::Failure;

/// A line that was sent.
///
/// It has copies of its keys: who asked for them may be gone when they are answered, and the answers still
/// have to be told from those to others. Each line is a batch of one group, with a progress of its own: so many
/// may be on their way, as long as each is asked only while it is what is owed first.
#[derive(Debug)]
pub(super) struct Line {
    /// The keys, one behind the other, and where each ends.
    bytes: Vec<u8>,
    ends: Vec<usize>,
    progress: Progress,
    pub(super) items: Items,
    /// What became of the keys that were not answered, if the connection was lost.
    pub(super) lost: Option<Failure>,
}

impl Line {
    /// Asks for as many of the keys as fit, and tells how many these are. If the first is none that could be
    /// sent, that is its outcome.
    ///
    /// Fails as [`send_batch`](minimc_core::Connection::send_batch) does.
    pub(super) fn send(
        keys: &[&[u8]],
        connection: &mut Shared,
    ) -> Result<(usize, Result<Self, Error>), Error> {
        let (gets, mut progress) = (GetMany::new(keys), Progress::new());
        let _no_gap = connection.send_batch(&gets, &mut progress)?;
        let sent = keys.get(..progress.queued()).unwrap_or_default();
        if sent.is_empty() {
            let (_, outcome) = connection.item(&gets, &mut progress)?;
            let error = outcome.err().unwrap_or(ErrorKind::OutOfOrder.into());
            return Ok((1, Err(error)));
        }
        let mut line = Self {
            bytes: Vec::with_capacity(sent.iter().map(|key| key.len()).sum()),
            ends: Vec::with_capacity(sent.len()),
            progress,
            items: Items::open(sent.len()),
            lost: None,
        };
        for key in sent {
            line.bytes.extend_from_slice(key);
            line.ends.push(line.bytes.len());
        }
        Ok((sent.len(), Ok(line)))
    }

    /// Takes what has come for it, which must be what is owed first; `true` when it has ended.
    /// The items are kept if somebody wants them.
    pub(super) fn take(
        &mut self,
        connection: &mut Shared,
        is_wanted: bool,
    ) -> Result<bool, ErrorKind> {
        if !is_wanted {
            self.items = Items::default();
        }
        let mut start = 0;
        let keys = self.ends.iter().map(|end| {
            let key = self.bytes.get(start..*end).unwrap_or_default();
            start = *end;
            key
        });
        let keys: Vec<&[u8]> = keys.collect();
        let gets = GetMany::new(&keys);
        while connection.item_arrived(&gets, &mut self.progress)? {
            let item = connection.item(&gets, &mut self.progress);
            let (index, outcome) = item.map_err(|error| error.kind())?;
            self.items.set(index, outcome);
        }
        Ok(!self.progress.is_waiting())
    }
}
