//! Batches: how far one is, and what became of each of its requests.

use core::fmt;
use core::ops::Range;

use super::{Connection, Debt};
use crate::buffer::Storage;
use crate::command::{Batch, identity};
use crate::error::{Error, ErrorKind, Fate, Fault};
use crate::reply::Gap;
use crate::wire::{
    ENTRIES_LIMIT, Encoder, Failure, Frame, LONGEST_LINE, Mark, NO_TAG, Protocol, Shape, Status,
};

/// How far a [`Batch`] is on its connection: what was queued of it, and whose outcome was handed
/// out. Each batch begins with a new one.
#[derive(Clone)]
#[cfg_attr(test, derive(Hash, PartialEq))]
pub struct Progress {
    /// The requests before this one were queued, or refused.
    queued: usize,
    /// Those before this one belong to groups that are answered in full.
    answered: usize,
    /// Of those before this one the outcome was handed out, or will be with the end of their group.
    told: usize,
    /// Those from `told` up to here, the `seen` ones aside, will not be answered any more: they went
    /// the usual way, unless `hidden` says otherwise.
    silent: usize,
    /// Whether what is silent ends its group.
    is_end: bool,
    /// Of which requests of the oldest group the outcome was handed out, a bit each.
    seen: [u32; ENTRIES_LIMIT / 32],
    /// The one that follows the one that was answered last: mostly the next to be.
    next: usize,
    /// The request that the frame with this number answers: whoever asks twice is told twice.
    found: Option<(u16, usize)>,
    /// What the silent requests, or some of them, were refused by.
    hidden: Option<Hidden>,
    /// Why the request behind those that were queued cannot be.
    refused: Option<ErrorKind>,
    /// Why the connection was lost, and which request is the first of which nothing had left.
    lost: Option<(ErrorKind, usize)>,
}

/// Error lines that name none of the requests they answer.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(test, derive(Hash, PartialEq))]
struct Hidden {
    /// The last of them, ...
    error: Error,
    /// ... how many they were, ...
    count: usize,
    /// ... and the first request that one of them may answer.
    first: usize,
}

/// What became of a request to queue more of a batch.
#[derive(Clone, Copy, Debug)]
#[must_use = "a value that is not copied must be sent from where it is"]
pub enum Sent<'v> {
    /// A group was queued; where there is a [`Gap`], its value is to be sent from where it is.
    Group(Option<Gap<'v>>),
    /// There is nothing to queue: all was, or the outcome of a request that cannot be sent is to be
    /// told first.
    Nothing,
}

/// What came for the oldest group of a batch.
enum Came {
    /// A reply to the request with this index.
    Reply(usize),
    /// An error line that names none of the group's requests.
    Error,
    /// The end of the group.
    End,
    /// Something without a meaning.
    Preamble,
}

impl Progress {
    /// That of a batch of which nothing was queued.
    pub const fn new() -> Self {
        Self {
            queued: 0,
            answered: 0,
            told: 0,
            silent: 0,
            is_end: false,
            seen: [0; ENTRIES_LIMIT / 32],
            next: 0,
            found: None,
            hidden: None,
            refused: None,
            lost: None,
        }
    }

    /// How many requests were queued. Of one that cannot be sent at all the outcome is told in its
    /// turn, then it counts.
    pub fn queued(&self) -> usize {
        self.queued
    }

    /// Whether no outcome was handed out yet.
    pub fn is_untold(&self) -> bool {
        self.told == 0 && self.seen.iter().all(|word| *word == 0)
    }

    /// Whether it was [lost](Connection::lose) before any of it had left.
    pub fn is_unsent(&self) -> bool {
        matches!(self.lost, Some((_, 0)))
    }

    /// Whether a reply to the batch is owed.
    pub fn is_waiting(&self) -> bool {
        self.answered < self.queued && self.lost.is_none()
    }

    /// Goes on to the next silent request that has an outcome of its own.
    fn is_silence_told(&mut self, means_something: bool) -> bool {
        while self.told < self.silent {
            let is_told = means_something || self.hidden_by(self.told).is_some();
            if is_told && !self.was_seen(self.told) {
                return true;
            }
            self.told = self.told.saturating_add(1);
        }
        if self.is_end {
            self.finish_group(self.silent);
        }
        false
    }

    /// What this request, which is silent, may have been refused by.
    fn hidden_by(&self, index: usize) -> Option<Hidden> {
        self.hidden.filter(|hidden| index >= hidden.first)
    }

    /// The group has ended: what is left of it is silent.
    fn end_group(&mut self, group: &Range<usize>) {
        (self.told, self.silent) = (group.start, group.end);
        self.is_end = true;
    }

    /// Goes on to the next of `count` requests that was lost.
    fn is_loss_told(&mut self, count: usize) -> bool {
        while self.was_seen(self.told) {
            self.told = self.told.saturating_add(1);
        }
        self.told < count
    }

    fn finish_group(&mut self, end: usize) {
        self.answered = end;
        self.told = self.told.max(end);
        self.silent = self.told;
        self.is_end = false;
        self.hidden = None;
        self.seen = [0; ENTRIES_LIMIT / 32];
    }

    fn was_seen(&self, index: usize) -> bool {
        let place = index.saturating_sub(self.answered);
        let word = self.seen.get(place / 32).copied().unwrap_or_default();
        word >> (place % 32) & 1 == 1
    }

    fn see(&mut self, index: usize) {
        let place = index.saturating_sub(self.answered);
        if let Some(word) = self.seen.get_mut(place / 32) {
            *word |= 1 << (place % 32);
        }
        self.next = index.saturating_add(1);
    }

    /// The outcome of the first request that is silent, refused or lost.
    fn take_untold(&mut self) -> (usize, Option<Error>) {
        let index = self.told;
        self.told = index.saturating_add(1);
        if index < self.silent {
            self.see(index);
            let hidden = self.hidden_by(index);
            return (index, hidden.map(|hidden| hidden.outcome(self.silent)));
        }
        if let Some((kind, unsent)) = self.lost {
            let fate = if index < unsent {
                Fate::Unknown
            } else {
                Fate::NotSent
            };
            return (index, Some(Error::new(kind).with_fate(fate)));
        }
        (self.queued, self.answered) = (self.told, self.told);
        self.silent = self.told;
        let refused = self.refused.take().unwrap_or(ErrorKind::OutOfOrder);
        (index, Some(Error::new(refused).with_fate(Fate::NotSent)))
    }
}

impl Hidden {
    /// The outcome of each request that one of the lines may answer: those up to `end`.
    fn outcome(&self, end: usize) -> Error {
        // One line, one request: it is this one's.
        if self.count == 1 && end.saturating_sub(self.first) == 1 {
            self.error
        } else {
            Error::new(ErrorKind::Unconfirmed).with_words_of(&self.error)
        }
    }
}

// What is derived for more than five fields can panic.
impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Progress")
            .field("queued", &self.queued)
            .field("answered", &self.answered)
            .field("told", &self.told)
            .field("refused", &self.refused)
            .field("lost", &self.lost)
            .finish_non_exhaustive()
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Storage, const N: usize> Connection<S, N> {
    /// Queues as many of a batch's requests as fit, behind those that were queued before.
    ///
    /// One batch of a type at a time: the groups of two are told apart by nothing but their order, so
    /// before a second one is begun, all outcomes of the first are to be taken, or it is to be
    /// [abandoned](Self::abandon).
    ///
    /// Fails as [`send`](Self::send) does; what was queued before stays. A request that cannot be
    /// sent at all is no failure of the batch: its [outcome](Self::item) says so. One that
    /// [lines](Batch::IS_LINES) answer is sent only while nothing is owed, and not at all where the
    /// storage for receiving has fewer than 2,048 bytes
    /// ([`StorageTooSmall`](ErrorKind::StorageTooSmall)).
    pub fn send_batch<'v, B: Batch>(
        &mut self,
        batch: &'v B,
        progress: &mut Progress,
    ) -> Result<Sent<'v>, Error> {
        let first = progress.queued;
        let count = batch.count().saturating_sub(first);
        if count == 0 || progress.refused.is_some() || progress.lost.is_some() {
            return Ok(Sent::Nothing);
        }
        if B::IS_LINES {
            if self.receiving.capacity() < LONGEST_LINE {
                progress.refused = Some(ErrorKind::StorageTooSmall);
                return Ok(Sent::Nothing);
            }
            // A server refuses to watch or to dump behind other requests.
            if !self.debts.is_empty() {
                return Err(Self::not_sent(ErrorKind::Full));
            }
        }
        let encode = |out: &mut Encoder<'_, 'v>| {
            let form = batch.open(out);
            out.group(form, count, &|index, out| {
                batch.encode(first.saturating_add(index), out);
            });
        };
        let tag = self.next_batch_tag();
        match self.queue(const { identity(B::NAME) }, false, tag, &encode) {
            Ok((request, gap)) => {
                progress.queued = first.saturating_add(usize::from(request.entries));
                Ok(Sent::Group(gap))
            }
            Err(kind @ (ErrorKind::Full | ErrorKind::Closed)) => Err(Self::not_sent(kind)),
            Err(kind) => {
                progress.refused = Some(kind);
                Ok(Sent::Nothing)
            }
        }
    }

    /// Whether there is an outcome to take by [`item`](Self::item): a reply that has arrived, or
    /// that there was none. `false` means: read more, where [something is
    /// owed](Progress::is_waiting), or queue more, or be done.
    ///
    /// Fails as [`arrived`](Self::arrived) does. Then [`lose`](Self::lose) the batch. But where it fails
    /// with [`OutOfOrder`](ErrorKind::OutOfOrder), nothing is lost: what was sent between two groups of
    /// the batch is to be answered first.
    pub fn item_arrived<B: Batch>(
        &mut self,
        batch: &B,
        progress: &mut Progress,
    ) -> Result<bool, ErrorKind> {
        let arrived = self.next_item(batch, progress);
        Ok(self.latch(arrived)?.is_some())
    }

    /// Takes the outcome of the batch's next request, which must have [arrived](Self::item_arrived):
    /// with the index of the request, what its reply means.
    ///
    /// Outcomes come in the order of the requests, but of a group that shares a line, or is quiet,
    /// those that are not answered come behind those that are: before its end nobody knows.
    pub fn item<'b, B: Batch>(
        &'b mut self,
        batch: &B,
        progress: &mut Progress,
    ) -> Result<(usize, Result<B::Reply<'b>, Error>), Error> {
        let arrived = self.next_item(batch, progress);
        let next = self.latch(arrived)?.ok_or(ErrorKind::OutOfOrder)?;
        let Some(index) = next else {
            let (index, error) = progress.take_untold();
            let outcome = match error {
                Some(error) => Err(error),
                None => B::silence().ok_or_else(|| ErrorKind::OutOfOrder.into()),
            };
            return Ok((index, outcome));
        };
        self.tell(progress, index);
        let (frame, broken) = self.take_of_batch(const { identity(B::NAME) })?;
        let outcome = B::decode(&frame).map_err(|kind| frame.error(kind, broken));
        Ok((index, outcome))
    }

    /// Breaks the connection over a batch. What remains of it has an outcome each: that the
    /// connection was lost, with its own fate.
    pub fn lose(&mut self, progress: &mut Progress, kind: ErrorKind) {
        self.fail();
        if progress.lost.is_some() {
            return;
        }
        // The debts of another batch that stand before its own, if there are any, left before them.
        let mut unsent = if progress.is_end {
            progress.silent
        } else {
            progress.answered
        };
        let mut left = self.unanswered;
        for debt in self.debts.iter() {
            if self.sending.unsent() >= left || unsent >= progress.queued {
                break;
            }
            left = left.saturating_sub(debt.length());
            unsent = unsent.saturating_add(usize::from(debt.request.entries));
        }
        let unsent = unsent.min(progress.queued);
        // Whatever of the group was not told is lost.
        (progress.told, progress.silent) = (progress.answered, progress.answered);
        progress.lost = Some((kind, unsent));
    }

    /// The first tag of a group: while it has two digits in text, any number fits.
    fn next_batch_tag(&self) -> u16 {
        match self.protocol {
            Protocol::Binary => self.sequence,
            _ => (self.sequence & 2047).saturating_add(64),
        }
    }

    /// Whether the batch's next outcome is there, and if it is a reply, the request it answers.
    fn next_item<B: Batch>(
        &mut self,
        batch: &B,
        progress: &mut Progress,
    ) -> Result<Option<Option<usize>>, Fault> {
        let number = self.batch_frames;
        match progress.found {
            Some((frame, index)) if frame == number && !self.broken => {
                return Ok(Some(Some(index)));
            }
            _ => progress.found = None,
        }
        let identity = const { identity(B::NAME) };
        let asks_for = |index: usize, key: &[u8]| batch.asks_for(index, key);
        let next = self.advance(progress, identity, B::silence().is_some(), &asks_for)?;
        if let Some(Some(index)) = next {
            progress.found = Some((self.batch_frames, index));
        }
        let is_lost = progress.lost.is_some() && progress.is_loss_told(batch.count());
        Ok(if is_lost { Some(None) } else { next })
    }

    /// Takes what came for the batch and is no outcome, up to one that is.
    // Not generic: one copy serves every batch.
    fn advance(
        &mut self,
        progress: &mut Progress,
        command: u16,
        means_something: bool,
        asks_for: &dyn Fn(usize, &[u8]) -> bool,
    ) -> Result<Option<Option<usize>>, Fault> {
        loop {
            if progress.is_silence_told(means_something)
                || progress.refused.is_some() && !progress.is_waiting()
            {
                return Ok(Some(None));
            }
            if !progress.is_waiting() || !self.whole_frame()? {
                return Ok(None);
            }
            let Some(debt) = self.debts.front().filter(|debt| debt.is_for(Some(command))) else {
                return Err(Fault::OutOfOrder);
            };
            let entries = usize::from(debt.request.entries);
            let group = progress.answered..progress.answered.saturating_add(entries);
            match self.came(debt, progress, &group, asks_for)? {
                Came::Reply(index) => match progress.hidden {
                    // There is none that it could be meant for.
                    Some(Hidden { first, .. }) if first >= index => return Err(Fault::Unsolicited),
                    // The line before it was meant for one of those between.
                    Some(Hidden { first, .. }) if progress.silent < index => {
                        (progress.told, progress.silent) = (first, index);
                    }
                    _ => return Ok(Some(Some(index))),
                },
                Came::Preamble => _ = self.take_of_batch(command)?,
                Came::Error => self.hide(progress, command, &group)?,
                Came::End => {
                    if matches!(progress.hidden, Some(Hidden { first, .. }) if first >= group.end) {
                        return Err(Fault::Unsolicited);
                    }
                    _ = self.take_of_batch(command)?;
                    progress.end_group(&group);
                }
            }
        }
    }

    /// Takes the frame at hand.
    fn take_of_batch(&mut self, command: u16) -> Result<(Frame<'_>, &mut bool), Fault> {
        self.batch_frames = self.batch_frames.wrapping_add(1);
        self.take(Some(command))
    }

    /// What the frame at hand means to the group that it answers.
    fn came(
        &self,
        debt: &Debt,
        progress: &Progress,
        group: &Range<usize>,
        asks_for: &dyn Fn(usize, &[u8]) -> bool,
    ) -> Result<Came, Fault> {
        let (head, key) = (self.receiving.last_head(), self.receiving.key());
        let asks_for = |index| {
            let key = key.strip_prefix(self.prefix.bytes());
            key.is_some_and(|key| asks_for(index, key))
        };
        let place = match (debt.request.shape, head.status) {
            // It stands before all replies, and answers none.
            (_, Status::Failed(Failure::TooManyConnections)) if debt.answered == 0 => {
                return Ok(Came::Error);
            }
            _ if debt.request.is(Mark::Each) => debt.answered,
            (_, Status::End) => return Ok(Came::End),
            (Shape::Values | Shape::Metas | Shape::Packets, Status::Failed(_))
                if head.tag == NO_TAG =>
            {
                return Ok(Came::Error);
            }
            (Shape::Values, _) => {
                let next = progress.next.clamp(group.start, group.end);
                let index = (next..group.end)
                    .chain(group.start..next)
                    .find(|&index| !progress.was_seen(index) && asks_for(index));
                return index.map(Came::Reply).ok_or(Fault::Mismatched);
            }
            (Shape::Metas | Shape::Packets, _) => {
                let place = (head.tag as u16).wrapping_sub(debt.request.check as u16);
                // A server answers in order: else one that is silent might be told to be a miss.
                if group.start.saturating_add(usize::from(place)) < progress.next {
                    return Err(Fault::Mismatched);
                }
                place
            }
            (_, Status::Ok) => return Ok(Came::Preamble),
            _ => return Ok(Came::Reply(group.start)),
        };
        let index = group.start.saturating_add(usize::from(place));
        // Where a reply bears a key, it is that of its request.
        if key.is_empty() || asks_for(index) {
            Ok(Came::Reply(index))
        } else {
            Err(Fault::Mismatched)
        }
    }

    /// Takes an error line that names none of the group's requests.
    fn hide(
        &mut self,
        progress: &mut Progress,
        command: u16,
        group: &Range<usize>,
    ) -> Result<(), Fault> {
        let debt = self.debts.front();
        let is_line = debt.is_some_and(|debt| debt.request.shape == Shape::Values);
        let (frame, broken) = self.take_of_batch(command)?;
        let error = frame.error(frame.unexpected(), broken);
        let error = error.with_text(frame.data().unwrap_or_default());
        let (is_last, is_broken) = (frame.is_last(), *broken);
        let (first, count) = match progress.hidden {
            Some(hidden) => (hidden.first, hidden.count.saturating_add(1)),
            // The words of a line may come in any order.
            None if is_line => (group.start, 1),
            None => (progress.next.max(group.start), 1),
        };
        progress.hidden = Some(Hidden {
            error,
            count,
            first,
        });
        let kind = error.kind();
        // A server without meta commands does not know what ends the group either.
        let is_foreign = matches!(kind, ErrorKind::Unsupported(_));
        if is_broken || is_foreign {
            // Nothing more will come, whatever the rest was to be answered.
            let is_of_all = is_foreign || kind == ErrorKind::TooManyConnections;
            let told = (group.len() == 1 || is_of_all).then_some(kind);
            self.lose(progress, told.unwrap_or(ErrorKind::Unconfirmed));
            if kind == ErrorKind::TooManyConnections
                && let Some((_, unsent)) = &mut progress.lost
            {
                *unsent = progress.told;
            }
        } else if is_last {
            progress.end_group(group);
        }
        Ok(())
    }

    /// Remembers that the outcome of this request, a reply that is taken next, is handed out.
    fn tell(&self, progress: &mut Progress, index: usize) {
        let (head, Some(debt)) = (self.receiving.last_head(), self.debts.front()) else {
            return;
        };
        let behind = index.saturating_add(1);
        let each = debt.request.is(Mark::Each);
        match debt.request.shape {
            Shape::Values | Shape::Metas | Shape::Packets => {
                progress.see(index);
                progress.hidden = None;
            }
            _ if debt.is_last(head) => progress.finish_group(behind),
            _ if each => progress.see(index),
            _ => {}
        }
    }
}
