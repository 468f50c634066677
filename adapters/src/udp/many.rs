//! Getting many items, each by a datagram of its own.

use alloc::vec::Vec;

use minimc_core::command::{Get, Item};
use minimc_core::{Error, ErrorKind, Fate, Key};

use super::{Client, Exchange};

/// How many answers are waited for at a time. More of them, with larger values, would not fit what a
/// socket holds until they are read.
const AT_A_TIME: usize = 16;

/// The items of many keys, as they arrive: see [`Client::get_many`]. It may be dropped at any time.
#[derive(Debug)]
#[must_use = "nothing is asked for until the first item is"]
pub struct Many<'c, 'k, K> {
    client: &'c mut Client,
    keys: &'k [K],
    /// The keys before this one were asked for, or told.
    asked: usize,
    /// What is waited for, the oldest first, with the index of its key.
    waiting: Vec<(usize, Exchange)>,
    /// What is not in use; of the last, the answer may be lent.
    idle: Vec<Exchange>,
    /// Why nothing more is asked for.
    stopped: Option<ErrorKind>,
}

impl<'c, 'k, K: AsRef<[u8]>> Many<'c, 'k, K> {
    pub(super) fn new(client: &'c mut Client, keys: &'k [K]) -> Self {
        Self {
            client,
            keys,
            asked: 0,
            waiting: Vec::new(),
            idle: Vec::new(),
            stopped: None,
        }
    }

    /// The item of the next key, in the order in which they arrive: with the key as it was given, the
    /// item, or that there is none. `None` when all keys were told.
    ///
    /// An error concerns that key. A key whose answer does not come in time is
    /// [`TimedOut`](ErrorKind::TimedOut), and no miss; after the first of those, and when the server is
    /// down, nothing more is asked for, and the keys that were not are told so.
    #[expect(
        clippy::should_implement_trait,
        reason = "the item is lent, as by no iterator"
    )]
    pub fn next(&mut self) -> Option<(&'k K, Result<Option<Item<'_>>, Error>)> {
        let (index, answered) = self.wait()?;
        let key = self.keys.get(index)?;
        Some((key, answered.and_then(|()| self.lent()?.reply::<Get<'_>>())))
    }

    /// The exchange that was answered last.
    fn lent(&mut self) -> Result<&mut Exchange, Error> {
        self.idle
            .last_mut()
            .ok_or_else(|| ErrorKind::OutOfOrder.into())
    }

    /// Waits until there is something to tell of a key: that it was answered, or why not.
    fn wait(&mut self) -> Option<(usize, Result<(), Error>)> {
        while self.stopped.is_none()
            && self.waiting.len() < AT_A_TIME
            && let Some(key) = self.keys.get(self.asked)
            && (self.waiting.is_empty() || self.client.link.has_ids())
        {
            let index = self.asked;
            self.asked += 1;
            if let Err(error) = self.ask(index, key.as_ref()) {
                return Some((index, Err(error)));
            }
        }
        loop {
            let Some((_, oldest)) = self.waiting.first() else {
                return self.unasked();
            };
            let received = match self.stopped {
                Some(kind @ ErrorKind::Io { .. }) => Err(kind),
                _ => self.client.link.receive(oldest.deadline()),
            };
            let (place, taken) = match received {
                Ok((frame, data)) => {
                    let mut waiting = self.waiting.iter_mut();
                    let Some(place) = waiting.position(|(_, exchange)| exchange.id() == frame.id)
                    else {
                        // A late answer, or a repeated one.
                        continue;
                    };
                    match self.waiting[place].1.take(frame, data) {
                        Ok(false) => continue,
                        taken => (place, taken.map(drop)),
                    }
                }
                Err(kind) => {
                    self.stopped = Some(kind);
                    (0, Err(kind))
                }
            };
            let (index, mut exchange) = self.waiting.remove(place);
            let taken = taken.map_err(|kind| exchange.lost(kind));
            self.idle.push(exchange);
            return Some((index, taken));
        }
    }

    /// Sends the request for a key.
    fn ask(&mut self, index: usize, key: &[u8]) -> Result<(), Error> {
        let get = Get::new(Key::new(key)?);
        let mut exchange = match self.idle.pop() {
            Some(exchange) => exchange,
            None => Exchange::new(&self.client.options)?,
        };
        if let Err(error) = self.client.link.ask(&mut exchange, &get) {
            if let ErrorKind::Io { .. } | ErrorKind::TimedOut = error.kind() {
                self.stopped = Some(error.kind());
            }
            self.idle.push(exchange);
            return Err(error);
        }
        self.waiting.push((index, exchange));
        Ok(())
    }

    /// Tells the next key that was never asked for.
    fn unasked(&mut self) -> Option<(usize, Result<(), Error>)> {
        let kind = self.stopped?;
        let index = self.asked;
        self.asked += 1;
        let error = Error::new(kind).with_fate(Fate::NotSent);
        (index < self.keys.len()).then_some((index, Err(error)))
    }
}
