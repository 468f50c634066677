//! Batches: how far one is, and what became of each of its requests.

use core::fmt;

use super::Connection;
use crate::buffer::Storage;
use crate::command::{Batch, identity};
use crate::error::{Error, ErrorKind, Fate, Fault, Text};
use crate::reply::Gap;
use crate::wire::{
    Copying, Debt, ENTRIES_LIMIT, Encoder, Failure, Frame, Kind, LONGEST_LINE, NO_TAG, Protocol,
    Status,
};

/// How far a [`Batch`] is on its connection: what was queued of it, and whose outcome was handed
/// out. Each batch begins with a new one.
#[derive(Clone)]
#[cfg_attr(test, derive(Hash, PartialEq))]
pub struct Progress {
    /// The requests before this one were queued, or refused.
    queued: usize,
    /// Those before this one belong to groups of which every outcome was handed out.
    told: usize,
    /// Where this is more: the replies to the oldest group have ended, and so many requests belong
    /// to it and to those before it. What was not answered of it is silent: it went the usual way,
    /// unless `hidden` says otherwise.
    ended: usize,
    /// Of which requests of the oldest group the outcome was handed out, a bit each.
    seen: [u32; ENTRIES_LIMIT.div_ceil(32)],
    /// The one that follows the one whose outcome was handed out last: mostly the next to be.
    next: usize,
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
    /// ... the first request that one of them may answer, ...
    first: usize,
    /// ... and the first behind those; while nothing came behind the last of them, there is none.
    behind: usize,
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

/// What is known of a batch without its type.
struct Asked<'a> {
    command: u16,
    count: usize,
    /// Whether silence means something.
    is_silence_told: bool,
    asks_for: &'a dyn Fn(usize, &[u8]) -> bool,
}

/// An outcome of a batch.
enum Next {
    /// The frame at hand answers the request with this index.
    Reply(usize),
    /// The `next` request is silent, refused or lost.
    Untold,
}

/// What the outcome of a request is made of.
enum Taken<'c, 'p> {
    /// Its reply, and what to set where that says that the connection is broken.
    Reply(Frame<'c>, &'c mut bool),
    Silence,
    /// What [`Error::told`] tells.
    Failed(ErrorKind, Fate, &'p [u8]),
}

impl Progress {
    /// That of a batch of which nothing was queued.
    pub const fn new() -> Self {
        Self {
            queued: 0,
            told: 0,
            ended: 0,
            seen: [0; _],
            next: 0,
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
        self.told < self.queued && self.lost.is_none()
    }

    /// Where the bit of a request of the oldest group is.
    #[cfg_attr(target_pointer_width = "32", inline(never))]
    fn bit(&self, index: usize) -> (usize, u32) {
        let place = index.saturating_sub(self.told);
        (place / 32, 1 << (place % 32))
    }

    fn was_seen(&self, index: usize) -> bool {
        let (word, bit) = self.bit(index);
        self.seen.get(word).is_some_and(|word| word & bit != 0)
    }

    fn see(&mut self, index: usize) {
        let (word, bit) = self.bit(index);
        if let Some(word) = self.seen.get_mut(word) {
            *word |= bit;
        }
        self.next = index.saturating_add(1);
    }

    /// Goes on to the next request before `end` of which no reply came, and of which there is
    /// something to tell; `false` if there is none.
    fn is_left(&mut self, end: usize, is_silence_told: bool) -> bool {
        while self.next < end {
            if self.is_next_left(is_silence_told) {
                return true;
            }
            self.next = self.next.saturating_add(1);
        }
        false
    }

    /// Whether there is something to tell of the `next` request, of which no reply came.
    fn is_next_left(&self, is_silence_told: bool) -> bool {
        let is_told = is_silence_told || self.hidden_by(self.next).is_some();
        is_told && !self.was_seen(self.next)
    }

    /// What this request, which is silent, may have been refused by.
    fn hidden_by(&self, index: usize) -> Option<&Hidden> {
        let hidden = self.hidden.as_ref();
        hidden.filter(|hidden| (hidden.first..hidden.behind).contains(&index))
    }

    /// The replies to the oldest group have ended.
    fn end_group(&mut self, end: usize) {
        self.next = self.told;
        self.ended = end;
    }

    fn finish_group(&mut self, end: usize) {
        (self.told, self.ended, self.next) = (end, end, end);
        self.hidden = None;
        self.seen = [0; _];
    }

    /// The outcome of the `next` request, which is silent, refused or lost.
    fn take_untold<'c>(&mut self) -> (usize, Taken<'c, '_>) {
        let index = self.next;
        self.see(index);
        if let Some((kind, unsent)) = self.lost {
            let fate = if index < unsent {
                Fate::Unknown
            } else {
                Fate::NotSent
            };
            return (index, Taken::Failed(kind, fate, &[]));
        }
        if index < self.ended {
            let hidden = self.hidden_by(index);
            return (index, hidden.map_or(Taken::Silence, Hidden::outcome));
        }
        self.queued = self.queued.saturating_add(1);
        self.finish_group(self.queued);
        let refused = self.refused.take().unwrap_or(ErrorKind::OutOfOrder);
        (index, Taken::Failed(refused, Fate::NotSent, &[]))
    }
}

impl Hidden {
    /// The outcome of each request that one of the lines may answer.
    fn outcome<'c>(&self) -> Taken<'c, '_> {
        // One line, one request: it is this one's.
        let is_clear = self.count == 1 && self.behind.saturating_sub(self.first) == 1;
        let (kind, fate) = if is_clear {
            (self.error.kind(), self.error.fate())
        } else {
            (ErrorKind::Unconfirmed, Fate::Unknown)
        };
        let words = self.error.text().map_or(&[][..], Text::bytes);
        Taken::Failed(kind, fate, words)
    }
}

// What is derived for more than five fields can panic.
impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Progress")
            .field("queued", &self.queued)
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
    /// The groups of two batches of a type are told apart by nothing but their order: queue the second when
    /// all of the first was, each with its own [`Progress`], and take all outcomes of the first, or
    /// [abandon](Self::abandon) both, before those of the second.
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
        match self.queue(
            const { identity(B::NAME) },
            false,
            Copying::Small,
            tag,
            &encode,
        ) {
            Ok((entries, gap)) => {
                progress.queued = first.saturating_add(entries.into());
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
        let asks_for = |index: usize, key: &[u8]| batch.asks_for(index, key);
        let next = self.next_item(&Asked::of(batch, &asks_for), progress)?;
        Ok(next.is_some())
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
        let asks_for = |index: usize, key: &[u8]| batch.asks_for(index, key);
        let (index, taken) = self.take_item(&Asked::of(batch, &asks_for), progress)?;
        let outcome = match taken {
            Taken::Reply(frame, broken) => {
                B::decode(&frame).map_err(|kind| frame.error(kind, broken))
            }
            Taken::Silence => B::silence().ok_or_else(|| ErrorKind::OutOfOrder.into()),
            Taken::Failed(kind, fate, words) => Err(Error::told(kind, fate, words)),
        };
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
        let mut unsent = progress.told.max(progress.ended);
        let mut left = self.unanswered;
        for debt in self.debts.iter() {
            if self.sending.unsent() >= left || unsent >= progress.queued {
                break;
            }
            left = left.saturating_sub(debt.length());
            unsent = unsent.saturating_add(usize::from(debt.entries));
        }
        if is_of_connection(kind) {
            // The server takes nothing from such a connection.
            unsent = 0;
        }
        // Whatever of the group was not told is lost.
        progress.next = progress.told;
        progress.lost = Some((kind, unsent.min(progress.queued)));
    }

    /// The first tag of a group: while it has two digits in text, any number fits.
    fn next_batch_tag(&self) -> u16 {
        match self.protocol {
            Protocol::Binary => self.sequence,
            _ => (self.sequence & 2047).saturating_add(64),
        }
    }

    /// What the batch's next outcome is, if it is there.
    // Asked when it arrives, and again when it is taken.
    #[cfg_attr(target_pointer_width = "64", inline)]
    fn next_item(
        &mut self,
        asked: &Asked<'_>,
        progress: &mut Progress,
    ) -> Result<Option<Next>, Fault> {
        if let Some(next) = self.found(asked, progress) {
            return Ok(Some(next));
        }
        let next = self.advance(asked, progress);
        self.latch(next)
    }

    /// What the batch's next outcome is, if nothing has to be read for it.
    #[cfg_attr(target_pointer_width = "64", inline)]
    fn found(&self, asked: &Asked<'_>, progress: &Progress) -> Option<Next> {
        if progress.lost.is_some() || self.broken {
            return None;
        }
        if progress.next < progress.ended && progress.is_next_left(asked.is_silence_told) {
            return Some(Next::Untold);
        }
        let (place, debt) = (self.receiving.answered()?, self.debts.front()?);
        debt.is_for(Some(asked.command))
            .then(|| Next::Reply(progress.told.saturating_add(place.into())))
    }

    /// Takes the next outcome, which must be there.
    fn take_item<'p>(
        &mut self,
        asked: &Asked<'_>,
        progress: &'p mut Progress,
    ) -> Result<(usize, Taken<'_, 'p>), Fault> {
        match self.next_item(asked, progress)? {
            None => Err(Fault::OutOfOrder),
            Some(Next::Untold) => Ok(progress.take_untold()),
            Some(Next::Reply(index)) => {
                self.tell(progress, index);
                let (frame, broken) = self.take(Some(asked.command))?;
                Ok((index, Taken::Reply(frame, broken)))
            }
        }
    }

    /// Takes what came for the batch and is no outcome, up to one that is.
    fn advance(
        &mut self,
        asked: &Asked<'_>,
        progress: &mut Progress,
    ) -> Result<Option<Next>, Fault> {
        loop {
            if progress.lost.is_some() {
                let is_left = progress.is_left(asked.count, true);
                return Ok(is_left.then_some(Next::Untold));
            }
            if progress.ended > progress.told {
                if progress.is_left(progress.ended, asked.is_silence_told) {
                    return Ok(Some(Next::Untold));
                }
                progress.finish_group(progress.ended);
            }
            if !progress.is_waiting() {
                return Ok(progress.refused.map(|_| Next::Untold));
            }
            if !self.whole_frame()? {
                return Ok(None);
            }
            let command = Some(asked.command);
            let Some(debt) = self.debts.front().filter(|debt| debt.is_for(command)) else {
                return Err(Fault::OutOfOrder);
            };
            let end = progress.told.saturating_add(debt.entries.into());
            let (head, shape) = (self.receiving.last_head(), debt.shape);
            let is_unclaimed = |index| {
                let hidden = progress.hidden.as_ref();
                hidden.is_some_and(|hidden| hidden.first >= index)
            };
            match head.status {
                // It stands before all replies, and answers none.
                Status::Failed(Failure::TooManyConnections | Failure::Unauthenticated)
                    if debt.is_unanswered() =>
                {
                    self.hide(command, progress, end)?;
                }
                Status::End if is_unclaimed(end) => return Err(Fault::Unsolicited),
                Status::End => {
                    self.take(command)?;
                    progress.end_group(end);
                }
                // It stands before the lines of a stream.
                Status::Ok if shape.is_stream() => _ = self.take(command)?,
                Status::Failed(_) if shape.is_shared() && head.tag == NO_TAG => {
                    self.hide(command, progress, end)?;
                }
                _ => {
                    let index = self.answered_by(debt, progress, end, asked.asks_for);
                    let index = index.ok_or(Fault::Mismatched)?;
                    if is_unclaimed(index) {
                        // No request is left that the error line before it could be meant for.
                        return Err(Fault::Unsolicited);
                    }
                    self.receiving.find(index.saturating_sub(progress.told));
                    return Ok(Some(Next::Reply(index)));
                }
            }
        }
    }

    /// Which request of the oldest group, which ends before `end`, the frame at hand answers.
    fn answered_by(
        &self,
        debt: &Debt,
        progress: &Progress,
        end: usize,
        asks_for: &dyn Fn(usize, &[u8]) -> bool,
    ) -> Option<usize> {
        let head = self.receiving.last_head();
        if debt.shape.is_stream() {
            return Some(progress.told);
        }
        let (key, prefix) = (self.receiving.key(), self.settings.prefix.bytes());
        // Most clients have none; to compare with it costs a call for each item.
        let own = if prefix.is_empty() {
            Some(key)
        } else {
            key.strip_prefix(prefix)
        };
        let asks_for = |index| own.is_some_and(|key| asks_for(index, key));
        if debt.shape.kind() == Kind::Values {
            let mut index = progress.next;
            for _ in progress.told..end {
                if index >= end {
                    index = progress.told;
                }
                if !progress.was_seen(index) && asks_for(index) {
                    return Some(index);
                }
                index = index.saturating_add(1);
            }
            return None;
        }
        let place = if debt.shape.is_shared() {
            debt.entry(head.tag)
        } else {
            debt.entries.saturating_sub(debt.replies).into()
        };
        let index = progress.told.saturating_add(place.into());
        // A server answers in order: else one that is silent might be told to be a miss. And where
        // a reply bears a key, it is that of its request.
        (index >= progress.next && (key.is_empty() || asks_for(index))).then_some(index)
    }

    /// Takes an error line that names none of the oldest group's requests.
    fn hide(
        &mut self,
        command: Option<u16>,
        progress: &mut Progress,
        end: usize,
    ) -> Result<(), Fault> {
        let (frame, broken) = self.take(command)?;
        let error = frame.error_in_full(frame.unexpected(), broken);
        let (is_last, is_broken) = (frame.is_last(), *broken);
        let (first, count) = match &progress.hidden {
            Some(hidden) => (hidden.first, hidden.count),
            // The words of a line may be answered in any order.
            None if is_last => (progress.told, 0),
            None => (progress.next, 0),
        };
        progress.hidden = Some(Hidden {
            error,
            count: count.saturating_add(1),
            first,
            behind: end,
        });
        let kind = error.kind();
        // A server without meta commands does not know what ends the group either.
        let is_foreign = matches!(kind, ErrorKind::Unsupported(_));
        if is_broken || is_foreign || is_of_connection(kind) {
            // Nothing more will come, whatever the rest was to be answered.
            let is_of_all = is_foreign || is_of_connection(kind);
            let is_clear = is_of_all || end.saturating_sub(progress.told) == 1;
            let kind = if is_clear {
                kind
            } else {
                ErrorKind::Unconfirmed
            };
            self.lose(progress, kind);
        } else if is_last {
            progress.end_group(end);
        }
        Ok(())
    }

    /// Remembers that the outcome of this request, a reply that is taken next, is handed out.
    fn tell(&self, progress: &mut Progress, index: usize) {
        let (head, Some(debt)) = (self.receiving.last_head(), self.debts.front()) else {
            return;
        };
        if debt.shape.is_shared() {
            if let Some(hidden) = &mut progress.hidden {
                hidden.behind = hidden.behind.min(index);
            }
            progress.see(index);
        } else if debt.is_last(head) {
            progress.finish_group(index.saturating_add(1));
        } else if head.is_last() {
            progress.see(index);
        }
    }
}

/// Whether a server that says so of one request carries out none, nor answers what is behind it.
fn is_of_connection(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::TooManyConnections | ErrorKind::Unauthenticated
    )
}

impl<'a> Asked<'a> {
    fn of<B: Batch>(batch: &B, asks_for: &'a dyn Fn(usize, &[u8]) -> bool) -> Self {
        Self {
            command: const { identity(B::NAME) },
            count: batch.count(),
            is_silence_told: B::silence().is_some(),
            asks_for,
        }
    }
}
