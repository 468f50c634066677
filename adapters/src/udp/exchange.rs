//! One request and its answer, which may come in several datagrams.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use std::time::Instant;

use minimc_core::command::Command;
use minimc_core::{Connection, Error, ErrorKind, Fate};

use super::frame::{Frame, HEAD};
use crate::options::Options;
use crate::storage::Growing;

/// One request and its answer. Each begins with a state machine that owes nothing: what is lost on
/// the way is lost to this one only.
#[derive(Debug)]
pub(super) struct Exchange {
    connection: Connection<Growing, 1>,
    id: u16,
    /// When the answer is too late; `None` is never.
    deadline: Option<Instant>,
    /// The parts of the message, once the first of them came.
    total: Option<u16>,
    /// The next part whose turn it is.
    next: u16,
    /// Parts that came before their turn, and their bytes in all.
    early: BTreeMap<u16, Box<[u8]>>,
    early_bytes: usize,
    /// How many bytes an answer may have.
    limit: usize,
}

impl Exchange {
    pub(super) fn new(options: &Options) -> Result<Self, Error> {
        // Larger values are sent from where they are.
        let sending = Growing::new(512, 512);
        let limit = options.item_limit as usize + 2 * 1024;
        let receiving = Growing::new(2 * 1024, limit);
        let mut connection = Connection::new(options.protocol, sending, receiving)?;
        connection.set_item_limit(options.item_limit);
        connection.set_dialect(options.dialect);
        connection.set_prefix(options.prefix);
        Ok(Self {
            connection,
            id: 0,
            deadline: None,
            total: None,
            next: 0,
            early: BTreeMap::new(),
            early_bytes: 0,
            limit,
        })
    }

    /// Writes the request into `datagram`, which may have `limit` bytes.
    pub(super) fn begin<C: Command>(
        &mut self,
        command: &C,
        id: u16,
        deadline: Option<Instant>,
        datagram: &mut Vec<u8>,
        limit: usize,
    ) -> Result<(), Error> {
        self.connection.reset();
        (self.id, self.deadline) = (id, deadline);
        (self.total, self.next) = (None, 0);
        self.early.clear();
        self.early_bytes = 0;

        let gap = self.connection.send(command)?;
        let parts = self.connection.outgoing(gap.as_ref());
        let length = parts.iter().fold(0, |sum, part| sum + part.len());
        if HEAD + length > limit {
            return Err(Error::new(ErrorKind::TooLarge).with_fate(Fate::NotSent));
        }
        datagram.clear();
        datagram.extend(Frame::request(id));
        for part in parts {
            datagram.extend(part);
        }
        self.connection.sent(length);
        Ok(())
    }

    pub(super) fn id(&self) -> u16 {
        self.id
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Takes a datagram that bears its id; whether the answer is there. Parts that came before, and
    /// those of a message of another length, are dropped.
    pub(super) fn take(&mut self, frame: Frame, data: &[u8]) -> Result<bool, ErrorKind> {
        let total = *self.total.get_or_insert(frame.total);
        if frame.total != total || frame.sequence < self.next {
            return Ok(false);
        }
        if frame.sequence > self.next {
            self.keep(frame.sequence, data);
            return Ok(false);
        }
        let mut arrived = self.feed(data)?;
        while !arrived && let Some(data) = self.early.remove(&self.next) {
            self.early_bytes -= data.len();
            arrived = self.feed(&data)?;
        }
        if !arrived && self.next == total {
            // The message is over, and the answer is not.
            return Err(ErrorKind::Malformed);
        }
        Ok(arrived)
    }

    /// The answer, which is there.
    pub(super) fn reply<C: Command>(&mut self) -> Result<C::Reply<'_>, Error> {
        self.connection.reply::<C>()
    }

    /// What became of the request, which has left, if there is no answer but this.
    pub(super) fn lost(&mut self, kind: ErrorKind) -> Error {
        let fate = self.connection.fate(0);
        self.connection.fail();
        Error::new(kind).with_fate(fate)
    }

    /// Keeps a part until its turn comes, if an answer may have so many bytes.
    fn keep(&mut self, sequence: u16, data: &[u8]) {
        if self.early_bytes + data.len() <= self.limit && !self.early.contains_key(&sequence) {
            self.early.insert(sequence, data.into());
            self.early_bytes += data.len();
        }
    }

    /// Gives the next part to the state machine; whether that has an answer now, be it that it is too
    /// large. What stands behind an answer is dropped.
    fn feed(&mut self, mut data: &[u8]) -> Result<bool, ErrorKind> {
        self.next += 1;
        while !data.is_empty() {
            let space = self.connection.space();
            let count = space.len().min(data.len());
            let (now, later) = data.split_at(count);
            space[..count].copy_from_slice(now);
            self.connection.filled(count);
            if self.connection.arrived()? {
                return Ok(true);
            }
            if count == 0 {
                return Err(ErrorKind::Malformed);
            }
            data = later;
        }
        Ok(false)
    }
}
