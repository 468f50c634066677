//! Who waits for which reply, in the order in which they are owed.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::mem;
use core::task::Waker;

use minimc_core::{ErrorKind, RawReply};

use super::SPARE_LIMIT;
use super::hub::Shared;
use super::line::Line;
use crate::client::Failure;

/// The requests that somebody waits for, or gave up.
///
/// A slot and its buffer are used again: in the long run nothing is allocated.
#[derive(Debug, Default)]
pub(super) struct Slots {
    slots: Vec<Slot>,
    free: Vec<usize>,
    /// What is owed, oldest first.
    owed: VecDeque<Owed>,
}

/// The reply to one request, or those to a line, for the slot with this index.
#[derive(Debug)]
struct Owed {
    place: usize,
    line: Option<Box<Line>>,
}

#[derive(Debug)]
struct Slot {
    state: State,
    /// The bytes of the reply.
    bytes: Vec<u8>,
}

#[derive(Debug)]
enum State {
    Free,
    Waiting(Waker),
    /// Nobody waits any more.
    GivenUp,
    /// Its bytes are in the slot.
    Replied(RawReply<'static>),
    Lost(Failure),
    /// A line's, answered or lost.
    Told(Box<Line>),
}

/// How a wait ends.
pub(super) type Ending = Result<RawReply<'static>, Failure>;

impl Slots {
    /// A slot for a request that was queued behind all others: for a line, if it is one.
    pub(super) fn add(&mut self, waker: &Waker, line: Option<Box<Line>>) -> usize {
        let state = State::Waiting(waker.clone());
        let place = match self.free.pop() {
            Some(place) => place,
            None => {
                self.slots.push(Slot {
                    state: State::Free,
                    bytes: Vec::new(),
                });
                self.slots.len() - 1
            }
        };
        if let Some(slot) = self.slots.get_mut(place) {
            slot.state = state;
        }
        self.owed.push_back(Owed { place, line });
        place
    }

    /// How many replies are owed.
    pub(super) fn owed(&self) -> usize {
        self.owed.len()
    }

    /// Hands out what has come of what is owed first; `false` if that is not all of it. Tells whom to wake.
    pub(super) fn take_oldest(
        &mut self,
        connection: &mut Shared,
        wakers: &mut Vec<Waker>,
    ) -> Result<bool, ErrorKind> {
        if !connection.arrived()? {
            return Ok(false);
        }
        if let Some(oldest) = self.owed.front_mut()
            && let Some(line) = &mut oldest.line
        {
            let slot = self.slots.get(oldest.place);
            let is_wanted = slot.is_some_and(|slot| matches!(slot.state, State::Waiting(_)));
            if !line.take(connection, is_wanted)? {
                return Ok(false);
            }
            wakers.extend(self.told());
        } else {
            let reply = connection.raw_reply().map_err(|error| error.kind())?;
            wakers.extend(self.reply(&reply));
        }
        Ok(true)
    }

    /// Gives the oldest request, a line, to who waits for it; tells whom to wake.
    fn told(&mut self) -> Option<Waker> {
        let Owed { place, line } = self.owed.pop_front()?;
        self.end(place, State::Told(line?))
    }

    /// Gives the oldest request its reply; tells whom to wake.
    fn reply(&mut self, reply: &RawReply<'_>) -> Option<Waker> {
        let place = self.owed.pop_front()?.place;
        let slot = self.slots.get_mut(place)?;
        if matches!(slot.state, State::Waiting(_)) {
            slot.bytes.clear();
            slot.bytes.extend_from_slice(reply.bytes());
        }
        self.end(place, State::Replied(reply.over(&[])))
    }

    /// Tells each request that is owed its fate, by its index; tells whom to wake.
    pub(super) fn lose(&mut self, failure: impl Fn(usize) -> Failure, wakers: &mut Vec<Waker>) {
        let owed = mem::take(&mut self.owed);
        for (index, Owed { place, line }) in owed.into_iter().enumerate() {
            let failure = failure(index);
            let ended = match line {
                Some(mut line) => {
                    line.lost = Some(failure);
                    State::Told(line)
                }
                None => State::Lost(failure),
            };
            wakers.extend(self.end(place, ended));
        }
    }

    /// A slot's request has come to its end.
    fn end(&mut self, place: usize, ended: State) -> Option<Waker> {
        let slot = self.slots.get_mut(place)?;
        match mem::replace(&mut slot.state, ended) {
            State::Waiting(waker) => Some(waker),
            _ => {
                slot.state = State::Free;
                self.free.push(place);
                None
            }
        }
    }

    /// The ending of a wait, with the reply's bytes exchanged for `bytes`; `None` while it goes on, and
    /// then it is this that is woken.
    pub(super) fn take(
        &mut self,
        place: usize,
        waker: &Waker,
        bytes: &mut Vec<u8>,
    ) -> Option<Ending> {
        match self.leave(place, waker)? {
            (State::Replied(reply), kept) => {
                mem::swap(kept, bytes);
                Some(Ok(reply))
            }
            (State::Lost(failure), _) => Some(Err(failure)),
            _ => None,
        }
    }

    /// The same for a line.
    pub(super) fn take_line(&mut self, place: usize, waker: &Waker) -> Option<Box<Line>> {
        match self.leave(place, waker)? {
            (State::Told(line), _) => Some(line),
            _ => None,
        }
    }

    /// Frees the slot of a wait that has ended, and tells how, with the slot's buffer.
    fn leave(&mut self, place: usize, waker: &Waker) -> Option<(State, &mut Vec<u8>)> {
        let slot = self.slots.get_mut(place)?;
        match &mut slot.state {
            State::Waiting(waiting) => {
                waiting.clone_from(waker);
                return None;
            }
            State::Free | State::GivenUp => return None,
            State::Replied(_) | State::Lost(_) | State::Told(_) => {}
        }
        self.free.push(place);
        Some((mem::replace(&mut slot.state, State::Free), &mut slot.bytes))
    }

    /// Nobody waits for this any more.
    pub(super) fn give_up(&mut self, place: usize) {
        let Some(slot) = self.slots.get_mut(place) else {
            return;
        };
        if matches!(slot.state, State::Waiting(_)) {
            slot.state = State::GivenUp;
        } else {
            slot.state = State::Free;
            if slot.bytes.capacity() > SPARE_LIMIT {
                slot.bytes = Vec::new();
            }
            self.free.push(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use minimc_core::command::Get;
    use minimc_core::{Connection, Key, Protocol};

    use super::*;

    /// A large reply that came to one who did not wait any more does not stay in the slot.
    #[test]
    fn what_is_given_up_is_not_kept() {
        let storage = || vec![0; 100_000];
        let (mut sending, mut receiving) = (storage(), storage());
        let connection =
            Connection::<&mut [u8], 4>::new(Protocol::Text, &mut sending, &mut receiving);
        let mut connection = connection.unwrap();
        let mut slots = Slots::default();
        connection
            .send_copied(&Get::new(Key::new("key").unwrap()))
            .unwrap();
        let place = slots.add(Waker::noop(), None);
        let sent = connection.outgoing(None).concat().len();
        connection.sent(sent);
        let reply = [
            b"VALUE key 0 50000\r\n",
            &[b'x'; 50_000][..],
            b"\r\nEND\r\n",
        ]
        .concat();
        connection.space()[..reply.len()].copy_from_slice(&reply);
        connection.filled(reply.len());
        assert!(connection.arrived().unwrap());
        slots.reply(&connection.raw_reply().unwrap());
        slots.give_up(place);
        assert!(slots.slots[place].bytes.capacity() <= SPARE_LIMIT);
    }
}
