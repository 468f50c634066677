//! The state machine: what was asked, what is owed, where the bytes are.

mod batch;
#[cfg(test)]
mod model;
mod receiving;
mod sending;

use core::fmt;

use heapless::Deque;

use crate::buffer::Storage;
use crate::command::{Command, Store, StoreInPieces, identity};
use crate::error::{Error, ErrorKind, Fate, Fault};
use crate::prefix::Prefix;
use crate::reply::{Gap, Piece, RawReply};
use crate::wire::{
    Copying, Debt, Dialect, Encoder, Failure, Frame, Kind, LONGEST_HEAD, Mark, Protocol, Settings,
    Status,
};

pub use batch::{Progress, Sent};
use receiving::{Part, Receiving};
use sending::Sending;

/// While any reply is owed, at most so many bytes of requests are unanswered. A server's socket
/// and read buffers hold them even when it cannot write, so a client that writes first and reads
/// then never waits for a server that waits for the client.
const UNANSWERED_LIMIT: usize = 16 * 1024;

/// The largest item of a server that was not told otherwise, and of one that was.
const USUAL_ITEM: u32 = 1024 * 1024;
const LARGEST_ITEM: u32 = 1024 * 1024 * 1024;

/// One connection's protocol state, in the caller's storage: no I/O, no clock, no allocation.
///
/// There are four kinds of methods: [`send`](Self::send) and [`send_batch`](Self::send_batch)
/// queue requests; [`outgoing`](Self::outgoing) with [`sent`](Self::sent), and
/// [`space`](Self::space) with [`filled`](Self::filled), move bytes to and from a transport;
/// [`arrived`](Self::arrived), [`reply`](Self::reply), [`raw_reply`](Self::raw_reply),
/// [`item`](Self::item) and [`piece`](Self::piece) hand out what came, and what may
/// [`bypass`](Self::bypass) the storage need not;
/// [`abandon`](Self::abandon), [`settle`](Self::settle) and [`fail`](Self::fail) end things.
///
/// Replies come in the order of their requests. At most `N` may be owed at a time. A connection
/// that broke stays broken: make a new one.
///
/// The storage for sending and that for receiving have at least [`STORAGE`](Self::STORAGE) bytes
/// each. More for sending lets more requests leave at once; more for receiving lets larger values
/// be lent whole. Values larger than either pass through all the same, in pieces.
#[cfg_attr(test, derive(Clone))]
pub struct Connection<S, const N: usize> {
    sending: Sending<S>,
    receiving: Receiving<S>,
    debts: Deque<Debt, N>,
    /// The bytes of all requests with a debt.
    unanswered: usize,
    settings: Settings,
    sequence: u16,
    protocol: Protocol,
    broken: bool,
}

impl<S: Storage, const N: usize> Connection<S, N> {
    /// The least bytes of storage for sending, and for receiving: the longest head of a request
    /// or reply fits.
    pub const STORAGE: usize = LONGEST_HEAD;

    /// A connection on which nothing was sent yet, with storage for each direction.
    ///
    /// Fails if either has fewer than [`STORAGE`](Self::STORAGE) bytes.
    pub fn new(protocol: Protocol, sending: S, receiving: S) -> Result<Self, Error> {
        let (sending, receiving) = (Sending::new(sending), Receiving::new(receiving));
        if sending.capacity() < LONGEST_HEAD || receiving.capacity() < LONGEST_HEAD {
            return Err(ErrorKind::StorageTooSmall.into());
        }
        Ok(Self {
            sending,
            receiving,
            debts: Deque::new(),
            unanswered: 0,
            settings: Settings {
                item: USUAL_ITEM,
                dialect: Dialect::UNKNOWN,
                prefix: Prefix::NONE,
            },
            sequence: 0,
            protocol,
            broken: false,
        })
    }

    /// The protocol that the connection speaks.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Sets the size above which a value is refused before it is sent, in bytes: 1 MiB unless
    /// told, as the server's own. No server takes more than 1 GiB.
    pub fn set_item_limit(&mut self, limit: u32) {
        self.settings.item = limit.min(LARGEST_ITEM);
    }

    /// Sets what the server understands: what it does not is
    /// [`Unsupported`](ErrorKind::Unsupported) from now on, before it is sent.
    pub fn set_dialect(&mut self, dialect: Dialect) {
        self.settings.dialect = dialect;
    }

    /// Sets what stands before every key that is sent from now on. Keys are given back without it.
    pub fn set_prefix(&mut self, prefix: Prefix) {
        self.settings.prefix = prefix;
    }

    /// Forgets everything but the settings, for a new connection of the transport.
    pub fn reset(&mut self) {
        self.sending.clear();
        self.receiving.clear();
        self.debts.clear();
        self.unanswered = 0;
        self.broken = false;
    }

    /// Queues a request. Where it returns a [`Gap`], the value is not copied: give the gap to
    /// [`outgoing`](Self::outgoing) until all has left.
    ///
    /// Fails with [`Full`](ErrorKind::Full) where it must wait for replies first: there are `N`
    /// debts, or 16 KiB of requests unanswered, or the storage is full, or a value outside the
    /// storage is to be sent while anything is owed. Whatever it fails with, nothing is queued.
    pub fn send<'v, C: Command>(&mut self, command: &'v C) -> Result<Option<Gap<'v>>, Error> {
        let identity = const { identity(C::NAME) };
        let tag = self.next_tag();
        match self.queue(identity, C::IN_PIECES, Copying::Small, tag, &|out| {
            command.encode(out)
        }) {
            Ok((_, gap)) => Ok(gap),
            Err(kind) => Err(Self::not_sent(kind)),
        }
    }

    /// Queues a request with its value copied into the storage, however large: who writes what is
    /// outgoing need not have the value.
    ///
    /// Fails as [`send`](Self::send) does; with [`Full`](ErrorKind::Full) while nothing is owed if the
    /// request does not fit at all.
    pub fn send_copied<C: Command>(&mut self, command: &C) -> Result<(), Error> {
        let (identity, tag) = (const { identity(C::NAME) }, self.next_tag());
        match self.queue(identity, C::IN_PIECES, Copying::All, tag, &|out| {
            command.encode(out)
        }) {
            Ok(_) => Ok(()),
            Err(kind) => Err(Self::not_sent(kind)),
        }
    }

    /// Queues a request whose value is given piece by piece: by
    /// [`outgoing_piece`](Self::outgoing_piece), until [nothing of it is left](Self::value_left). The
    /// reply is that of a [`Store`].
    ///
    /// Fails as [`send`](Self::send) does. It is sent only while nothing is owed.
    pub fn send_in_pieces(&mut self, store: &StoreInPieces<'_>) -> Result<(), Error> {
        let (identity, tag) = (const { identity(Store::NAME) }, self.next_tag());
        match self.queue(identity, false, Copying::Small, tag, &|out| {
            store.write(out)
        }) {
            Ok(_) => Ok(()),
            Err(kind) => Err(Self::not_sent(kind)),
        }
    }

    /// The bytes to write next, in order: what is in the storage, the next bytes of the value, and
    /// behind its last what ends the request. Of a `piece` that has more than is
    /// [left](Self::value_left), only so many.
    pub fn outgoing_piece<'a>(&'a self, piece: &'a [u8]) -> [&'a [u8]; 3] {
        if self.broken {
            return [&[]; 3];
        }
        self.sending.parts_around(piece)
    }

    /// The bytes of a value beside the storage that have not left.
    pub fn value_left(&self) -> usize {
        self.sending.value_left()
    }

    /// The bytes to write next, in order: what is in the storage, and where there is a gap, the
    /// value and what stands behind it. All are empty when nothing is to be written, or when the
    /// value is to be written and its gap was not given.
    pub fn outgoing<'a>(&'a self, gap: Option<&Gap<'a>>) -> [&'a [u8]; 3] {
        if self.broken {
            return [&[]; 3];
        }
        self.sending.parts(gap)
    }

    /// Whether there is something to write.
    pub fn is_sending(&self) -> bool {
        !self.broken && self.sending.unsent() > 0
    }

    /// Tells that the first `count` bytes of [`outgoing`](Self::outgoing) have left. To be told
    /// before anything that was received later is [`filled`](Self::filled): a reply to what has
    /// not left breaks the connection.
    pub fn sent(&mut self, count: usize) {
        self.sending.sent(count);
    }

    /// Where to put received bytes. Empty only when a reply is waiting to be taken, or the
    /// connection is broken.
    pub fn space(&mut self) -> &mut [u8] {
        if self.broken {
            return &mut [];
        }
        self.receiving.space()
    }

    /// Tells that `count` bytes were received into [`space`](Self::space).
    pub fn filled(&mut self, count: usize) {
        self.receiving.fill(count);
    }

    /// Whether the oldest owed reply, or the next item of the oldest batch, is there; `false`
    /// means: read more. Asking twice does no harm.
    ///
    /// Passes over what remains of a reply that was taken in part: of one in
    /// [pieces](Self::piece), or of one that was too large for the storage. So while nothing else
    /// is [owed](Self::owed) this goes on to answer `false`.
    ///
    /// Fails, and breaks the connection, if what came cannot be the reply that is owed; what became
    /// of the owed writes says [`fate`](Self::fate).
    pub fn arrived(&mut self) -> Result<bool, ErrorKind> {
        // Asked before the first byte came, and again before the reply is taken.
        if !self.broken && !self.debts.is_empty() {
            if self.receiving.is_whole() {
                return Ok(true);
            }
            if self.receiving.is_empty() {
                return Ok(false);
            }
        }
        let arrived = self.whole_frame();
        Ok(self.latch(arrived)?)
    }

    /// Takes the oldest owed reply, which must be that of a `C` and have [arrived](Self::arrived).
    ///
    /// What it lends lies in the receive storage. Where it fails with
    /// [`OutOfOrder`](ErrorKind::OutOfOrder), nothing was taken.
    pub fn reply<C: Command>(&mut self) -> Result<C::Reply<'_>, Error> {
        let (frame, broken) = self.take(const { Some(identity(C::NAME)) })?;
        C::decode(&frame).map_err(|kind| frame.error(kind, broken))
    }

    /// Takes the oldest owed reply as it came, to be decoded elsewhere; not one to a batch. If its
    /// meaning there is that the peer broke the protocol, call [`fail`](Self::fail).
    pub fn raw_reply(&mut self) -> Result<RawReply<'_>, Error> {
        if self.debts.front().is_some_and(Debt::is_of_batch) {
            return Err(ErrorKind::OutOfOrder.into());
        }
        let (frame, _) = self.take(None)?;
        Ok(RawReply::new(frame))
    }

    /// Whether [`piece`](Self::piece) has something to hand out; `false` means: read more.
    pub fn piece_arrived(&mut self) -> Result<bool, ErrorKind> {
        let arrived = self.next_piece();
        Ok(self.latch(arrived)?)
    }

    /// Takes the next piece of the oldest owed reply, that of a command with
    /// [`IN_PIECES`](Command::IN_PIECES); `None` means: read more. The value may have any length.
    ///
    /// Fails as [`reply`](Self::reply) does; a server's error ends the reply.
    pub fn piece(&mut self) -> Result<Option<Piece<'_>>, Error> {
        let asked = self.debts.front().map(|debt| debt.marks);
        let part = match self.next_piece() {
            Ok(true) => self.part(),
            Ok(false) => Ok(None),
            Err(fault) => Err(fault),
        };
        Ok(match self.latch(part)? {
            None => None,
            Some(Part::Entry(entry)) => Some(Piece::Start(entry)),
            Some(Part::Data(place)) => Some(Piece::Bytes(self.receiving.at(place))),
            Some(Part::End) => Some(Piece::End),
            Some(Part::Frame(taken)) => {
                if self.receiving.last_head().status != Status::NotFound {
                    let asked = asked.ok_or(ErrorKind::OutOfOrder)?;
                    let frame = self.receiving.frame(taken, asked);
                    return Err(frame.error(frame.unexpected(), &mut self.broken));
                }
                Some(Piece::End)
            }
        })
    }

    /// How many of the bytes that come next are of the value that is taken in pieces, and may be
    /// received to where it shall be in place of [`space`](Self::space). 0 while there is
    /// something of it in the storage: take that [piece](Self::piece) first.
    pub fn bypass(&self) -> usize {
        let oldest = self.debts.front();
        if self.broken || !oldest.is_some_and(|debt| debt.is(Mark::InPieces)) {
            return 0;
        }
        self.receiving.bypass()
    }

    /// Tells that the first `count` bytes of those that may [bypass](Self::bypass) the storage were
    /// received elsewhere: they count as taken. More than may breaks the connection.
    pub fn bypassed(&mut self, count: usize) {
        if count > self.bypass() {
            self.broken = true;
        } else {
            self.receiving.bypassed(count);
        }
    }

    /// How many replies are owed; what one [`send_batch`](Self::send_batch) queued counts once,
    /// and a reply that was taken in part counts until its last byte has come.
    pub fn owed(&self) -> usize {
        self.debts.len()
    }

    /// Whether nothing is owed, nothing is to be sent, and nothing came: the next request needs no
    /// [settling](Self::settle).
    pub fn is_idle(&self) -> bool {
        !self.broken
            && self.debts.is_empty()
            && self.sending.unsent() == 0
            && self.receiving.is_empty()
    }

    /// What becomes of the write whose reply is the `index`-th owed, if the connection fails now.
    /// Of a batch's requests that were queued together: of the last of them.
    pub fn fate(&self, index: usize) -> Fate {
        let behind = self.debts.iter().skip(index.saturating_add(1));
        let behind = behind.fold(0_usize, |sum, debt| sum.saturating_add(debt.length()));
        if self.sending.unsent() > behind {
            Fate::NotSent
        } else {
            Fate::Unknown
        }
    }

    /// Gives up every owed reply. Requests of which no byte has left are withdrawn; of a request
    /// that left in part the rest must still be sent; a value of which only a part has left breaks
    /// the connection. Then [`settle`](Self::settle).
    pub fn abandon(&mut self) {
        let last = self.debts.back().map_or(0, Debt::length);
        if !self.sending.give_up_gap(last) {
            self.fail();
        }
        while let Some(&debt) = self.debts.back() {
            if !self.sending.withdraw(debt.length()) {
                break;
            }
            self.unanswered = self.unanswered.saturating_sub(debt.length());
            self.sequence = self.sequence.wrapping_sub(tags(debt.entries));
            self.debts.pop_back();
        }
        for debt in &mut self.debts {
            debt.command = Debt::NAMELESS;
            debt.unmark(Mark::InPieces);
            // What has no end cannot be waited out.
            self.broken |= debt.shape.kind() == Kind::Events;
        }
        // What came while no request had left answers none.
        if self.debts.is_empty() && !self.receiving.is_empty() {
            self.fail();
        }
    }

    /// Drops what has come of the owed replies. `true` when nothing is owed any more; else send
    /// what [is to be sent](Self::is_sending), read more, and ask again.
    ///
    /// Fails where the connection is broken, and breaks it where bytes came that no request asked
    /// for.
    pub fn settle(&mut self) -> Result<bool, ErrorKind> {
        while !self.debts.is_empty() {
            let part = self.part();
            if self.latch(part)?.is_none() {
                return Ok(false);
            }
        }
        let unsolicited = self.head_arrived();
        self.latch(unsolicited)?;
        Ok(true)
    }

    /// Breaks the connection: the transport failed, or a reply can no longer be waited for.
    pub fn fail(&mut self) {
        self.broken = true;
    }

    /// Whether the connection broke.
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// Queues a request, or a group of a batch's, and tells how many of a batch's it holds. While anything
    /// is owed its value is copied in any case.
    fn queue<'v>(
        &mut self,
        command: u16,
        in_pieces: bool,
        copying: Copying,
        tag: u16,
        // Not a type parameter: one copy of this serves every command.
        encode: &dyn Fn(&mut Encoder<'_, 'v>),
    ) -> Result<(u8, Option<Gap<'v>>), ErrorKind> {
        if self.broken {
            return Err(ErrorKind::Closed);
        }
        if self.debts.is_full() || self.sending.has_gap() {
            return Err(ErrorKind::Full);
        }
        let idle = self.debts.is_empty();
        if idle {
            if !self.receiving.is_empty() {
                // Bytes that nobody asked for must not be taken for the reply to this.
                self.broken = true;
                return Err(ErrorKind::Closed);
            }
            self.receiving.rest();
        }
        let copying = if idle { copying } else { Copying::All };
        let room = UNANSWERED_LIMIT.saturating_sub(self.unanswered);
        let space = self.sending.space(LONGEST_HEAD);
        let room = room.min(space.len());
        let space = space.get_mut(..room).unwrap_or_default();
        let mut debt = Debt::new(command, tag);
        let mut out = Encoder::new(
            space,
            self.protocol,
            &self.settings,
            copying,
            tag,
            &mut debt,
        );
        encode(&mut out);
        let value = out.finish()?;
        if in_pieces {
            debt.mark(Mark::InPieces);
        }
        // Not before: a key of the caller's that panics leaves no debt.
        _ = self.debts.push_back(debt);
        let (entries, length) = (debt.entries, debt.length());
        self.sequence = self.sequence.wrapping_add(tags(entries));
        self.unanswered = self.unanswered.saturating_add(length);
        Ok((entries, self.sending.queue(length, value)))
    }

    #[cold]
    #[inline(never)]
    fn not_sent(kind: ErrorKind) -> Error {
        Error::told(kind, Fate::NotSent, &[])
    }

    /// A tag that no outstanding request bears. In text it has one digit while few are owed:
    /// then it is below 64.
    fn next_tag(&self) -> u16 {
        if self.protocol == Protocol::Binary {
            self.sequence
        } else if self.debts.len() < 32 {
            self.sequence & 63
        } else {
            (self.sequence & 2047).saturating_add(64)
        }
    }

    /// Whether a part of the oldest request has not left.
    fn is_oldest_unsent(&self, oldest: &Debt) -> bool {
        let behind = self.unanswered.saturating_sub(oldest.length());
        self.sending.unsent() > behind
    }

    /// Whether the frame whose head is in cannot answer yet. Only a refusal can come before the
    /// request has left in full; of a group whose requests have lines or packets of their own, a
    /// part must have left.
    #[cold]
    #[inline(never)]
    fn is_early(&self, debt: &Debt) -> bool {
        let head = self.receiving.last_head();
        if head.is_failure() {
            return false;
        }
        if debt.is_last(head) || debt.shape.kind() == Kind::Values {
            return self.is_oldest_unsent(debt);
        }
        self.sending.unsent() >= self.unanswered
    }

    /// Whether the head of the oldest frame is in.
    fn head_arrived(&mut self) -> Result<bool, Fault> {
        if self.broken {
            return Err(Fault::Closed);
        }
        let Some(debt) = self.debts.front() else {
            return if self.receiving.is_empty() {
                Ok(false)
            } else {
                Err(Fault::Unsolicited)
            };
        };
        if !self.receiving.read_head(debt)? {
            return Ok(false);
        }
        if self.sending.unsent() > 0 && self.is_early(debt) {
            return Err(Fault::Unsolicited);
        }
        Ok(true)
    }

    /// Whether the oldest frame is whole, or so large that it never can be.
    fn whole_frame(&mut self) -> Result<bool, Fault> {
        while self.receiving.is_in_pieces() || self.receiving.is_skipping() {
            if self.part()?.is_none() {
                return Ok(false);
            }
        }
        Ok(self.head_arrived()? && self.receiving.frame_arrived()?)
    }

    /// Whether the next part is there, and is one of a reply that may be taken in pieces.
    fn next_piece(&mut self) -> Result<bool, Fault> {
        // What remains of a reply that was too large is not handed out.
        while self.receiving.is_skipping() {
            if self.part()?.is_none() {
                return Ok(false);
            }
        }
        if self.broken {
            return Err(Fault::Closed);
        }
        let oldest = self.debts.front();
        if !oldest.is_some_and(|debt| debt.is(Mark::InPieces)) {
            return Err(Fault::OutOfOrder);
        }
        Ok(self.head_arrived()? && self.receiving.part_arrived()?)
    }

    /// Takes what has come of the oldest reply, however little; `None` means: read more.
    fn part(&mut self) -> Result<Option<Part>, Fault> {
        if !self.head_arrived()? || !self.receiving.part_arrived()? {
            return Ok(None);
        }
        let part = self.receiving.take_part();
        if part.is_end() {
            self.finish_frame();
        }
        Ok(Some(part))
    }

    /// Takes the oldest frame, which must have arrived and answer this command, or any that was
    /// not given up; of one that is too large, the head. With it comes what to set where it says
    /// that the connection is broken.
    // Out of line: every command does it.
    #[inline(never)]
    fn take(&mut self, command: Option<u16>) -> Result<(Frame<'_>, &mut bool), Fault> {
        // The pieces that were not taken yet are not lost to a call in the wrong order.
        let arrived = if self.receiving.is_in_pieces() {
            false
        } else if self.receiving.is_whole() && !self.broken {
            true
        } else {
            let arrived = self.whole_frame();
            self.latch(arrived)?
        };
        let asked = match self.debts.front() {
            Some(debt) if arrived && debt.is_for(command) => debt.marks,
            _ => return Err(Fault::OutOfOrder),
        };
        let taken = self.receiving.take_frame();
        if taken.is_whole {
            self.finish_frame();
        }
        Ok((self.receiving.frame(taken, asked), &mut self.broken))
    }

    /// Goes on to the next reply, if the frame that was consumed ends this one.
    #[cfg_attr(target_pointer_width = "64", inline)]
    fn finish_frame(&mut self) {
        if self.receiving.last_head().is_failure() {
            self.broken |= self.is_failure_of_all();
        }
        let (head, Some(debt)) = (self.receiving.last_head(), self.debts.front_mut()) else {
            return;
        };
        if !head.is_last() || debt.next() {
            return;
        }
        let behind = self.unanswered.saturating_sub(debt.length());
        // A refusal of a request that has not left in full leaves the rest of it behind.
        self.broken |= self.sending.unsent() > behind;
        self.unanswered = behind;
        self.debts.pop_front();
    }

    /// Whether the refusal that was consumed leaves nothing of the connection that could be trusted.
    #[cold]
    #[inline(never)]
    fn is_failure_of_all(&self) -> bool {
        let (head, Some(debt)) = (self.receiving.last_head(), self.debts.front()) else {
            return false;
        };
        // Before a login, the server drops what came behind.
        let is_dropped = head.status == Status::Failed(Failure::Unauthenticated)
            && (self.debts.len() > 1 || debt.replies > 1);
        debt.is_broken_by(head) || is_dropped
    }

    /// Breaks the connection where that failed.
    fn latch<T>(&mut self, result: Result<T, Fault>) -> Result<T, Fault> {
        if let Err(fault) = &result {
            self.broken |= *fault != Fault::OutOfOrder;
        }
        result
    }
}

// Its storage is left out: what users store does not belong in a log.
impl<S, const N: usize> fmt::Debug for Connection<S, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("protocol", &self.protocol)
            .field("owed", &self.debts.len())
            .field("broken", &self.broken)
            .finish_non_exhaustive()
    }
}

/// How many tags a request uses up: every one of a batch bears one, and so may its end.
fn tags(entries: u8) -> u16 {
    u16::from(entries).saturating_add(1)
}
