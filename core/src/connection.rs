//! The state machine: what was asked, what is owed, where the bytes are.

use core::ops::Range;

use heapless::Deque;

use crate::buffer::{Storage, Window};
use crate::command::{Batch, Command, identity};
use crate::debt::{Debt, NAMELESS};
use crate::error::{Error, ErrorKind, Fate};
use crate::reply::{Entry, Gap, Piece, RawReply};
use crate::wire::{Encoder, Frame, Head, LONGEST_HEAD, Limits, Protocol, Request, Status, Step};

/// While any reply is owed, at most so many bytes of requests are unanswered. A server's socket
/// and read buffers hold them even when it cannot write, so a client that writes first and reads
/// then never waits for a server that waits for the client.
const UNANSWERED_LIMIT: usize = 16 * 1024;

/// Values up to this size are copied behind their request's head: one more part in a gathered
/// write costs more.
const INLINE_LIMIT: usize = 2 * 1024;

/// Storage that can grow is made this large first, however long the announced value is; further
/// only when so much of it has come.
const TRUSTED_LENGTH: usize = 64 * 1024;

/// The largest item of a server that was not told otherwise, and of one that was.
const USUAL_ITEM: u32 = 1024 * 1024;
const LARGEST_ITEM: u32 = 1024 * 1024 * 1024;

/// One connection's protocol state, in the caller's storage: no I/O, no clock, no allocation.
///
/// There are four kinds of methods: [`send`](Self::send) and [`send_batch`](Self::send_batch)
/// queue requests; [`outgoing`](Self::outgoing) with [`sent`](Self::sent), and
/// [`space`](Self::space) with [`filled`](Self::filled), move bytes to and from a transport;
/// [`arrived`](Self::arrived), [`reply`](Self::reply), [`raw_reply`](Self::raw_reply),
/// [`item`](Self::item) and [`piece`](Self::piece) hand out what came;
/// [`abandon`](Self::abandon), [`settle`](Self::settle) and [`fail`](Self::fail) end things.
///
/// Replies come in the order of their requests. At most `N` may be owed at a time. A connection
/// that broke stays broken: make a new one.
///
/// The storage for sending and that for receiving have at least [`STORAGE`](Self::STORAGE) bytes
/// each. More for sending lets more requests leave at once; more for receiving lets larger values
/// be lent whole. Values larger than either pass through all the same, in pieces.
#[derive(Debug)]
pub struct Connection<S, const N: usize> {
    outgoing: Window<S>,
    incoming: Window<S>,
    debts: Deque<Debt, N>,
    /// The head of the oldest frame, once it is in.
    head: Option<Head>,
    place: Place,
    gap: Option<Unsent>,
    /// The bytes of all requests with a debt.
    unanswered: usize,
    /// The largest reply since storage could last rest.
    largest: u32,
    item_limit: u32,
    sequence: u16,
    protocol: Protocol,
    broken: bool,
}

/// Where in the oldest frame the next received byte belongs.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// In or behind its head; so many bytes of it hold no line end.
    Head(u32),
    /// It is whole, and its tail was checked.
    Whole,
    /// So many bytes of its data are to be handed out.
    Data(u32),
    /// So many bytes of its data are to be passed over.
    Skip(u32),
}

/// A value that is not in the storage and has not left yet.
#[derive(Clone, Copy, Debug)]
struct Unsent {
    /// The bytes in the storage that go before it.
    before: usize,
    /// The bytes of it that have not left.
    left: usize,
}

/// A part of a reply, by where it is.
enum Part {
    Entry(Head),
    Data(Range<usize>),
    Frame(Head, Range<usize>, Debt),
    End,
}

/// A frame that was taken, by where it is.
struct Taken {
    head: Head,
    place: Range<usize>,
    refusal: Fate,
}

impl Taken {
    // Out of line, as `take` is: every command does both.
    #[inline(never)]
    fn frame<'b, S: Storage>(&self, incoming: &'b Window<S>) -> Frame<'b> {
        self.head
            .frame(incoming.at(self.place.clone()), self.refusal)
    }
}

impl<S: Storage, const N: usize> Connection<S, N> {
    /// The least bytes of storage for sending, and for receiving: the longest head of a request
    /// or reply fits.
    pub const STORAGE: usize = LONGEST_HEAD;

    /// A connection on which nothing was sent yet, with storage for each direction.
    ///
    /// Fails if either has fewer than [`STORAGE`](Self::STORAGE) bytes.
    pub fn new(protocol: Protocol, sending: S, receiving: S) -> Result<Self, Error> {
        let (outgoing, incoming) = (Window::new(sending), Window::new(receiving));
        if outgoing.capacity() < LONGEST_HEAD || incoming.capacity() < LONGEST_HEAD {
            return Err(ErrorKind::StorageTooSmall.into());
        }
        Ok(Self {
            outgoing,
            incoming,
            debts: Deque::new(),
            head: None,
            place: Place::Head(0),
            gap: None,
            unanswered: 0,
            largest: 0,
            item_limit: USUAL_ITEM,
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
        self.item_limit = limit.min(LARGEST_ITEM);
    }

    /// Forgets everything, for a new connection of the transport.
    pub fn reset(&mut self) {
        self.outgoing.clear();
        self.incoming.clear();
        self.debts.clear();
        self.head = None;
        self.place = Place::Head(0);
        self.gap = None;
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
        match self.queue(identity(C::NAME), C::IN_PIECES, &|out| command.encode(out)) {
            Ok((_, gap)) => Ok(gap),
            Err(kind) => Err(Self::not_sent(kind)),
        }
    }

    /// Queues as many of a batch's remaining requests as fit; `false` when none remains.
    ///
    /// Fails as [`send`](Self::send) does; what was queued before stays.
    pub fn send_batch<B: Batch>(&mut self, batch: &mut B) -> Result<bool, Error> {
        if !batch.remains() {
            return Ok(false);
        }
        let encode = |out: &mut Encoder<'_, '_>| {
            batch.encode(out);
            out.needs_entries();
        };
        match self.queue(identity(B::NAME), false, &encode) {
            Ok((count, _)) => {
                batch.queued(count);
                Ok(true)
            }
            Err(kind) => Err(Self::not_sent(kind)),
        }
    }

    /// The bytes to write next, in order: what is in the storage, and where there is a gap, the
    /// value and what stands behind it. All are empty when nothing is to be written, or when the
    /// value is to be written and its gap was not given.
    pub fn outgoing<'a>(&'a self, gap: Option<&Gap<'a>>) -> [&'a [u8]; 3] {
        if self.broken {
            return [&[]; 3];
        }
        let filled = self.outgoing.filled();
        let Some(unsent) = self.gap else {
            return [filled, &[], &[]];
        };
        let (before, after) = filled.split_at_checked(unsent.before).unwrap_or_default();
        let value = gap.and_then(|gap| {
            let start = gap.value.len().checked_sub(unsent.left)?;
            gap.value.get(start..)
        });
        match value {
            Some(value) => [before, value, after],
            None => [before, &[], &[]],
        }
    }

    /// Whether there is something to write.
    pub fn is_sending(&self) -> bool {
        !self.broken && self.unsent() > 0
    }

    /// Tells that the first `count` bytes of [`outgoing`](Self::outgoing) have left. To be told
    /// before anything that was received later is [`filled`](Self::filled): a reply to what has
    /// not left breaks the connection.
    pub fn sent(&mut self, count: usize) {
        let Some(unsent) = self.gap.as_mut() else {
            self.outgoing.consume(count);
            return;
        };
        let before = count.min(unsent.before);
        let value = count.saturating_sub(before).min(unsent.left);
        unsent.before = unsent.before.saturating_sub(before);
        unsent.left = unsent.left.saturating_sub(value);
        if unsent.left == 0 {
            self.gap = None;
        }
        let after = count.saturating_sub(before).saturating_sub(value);
        self.outgoing.consume(before.saturating_add(after));
    }

    /// Where to put received bytes. Empty only when a reply is waiting to be taken, or the
    /// connection is broken.
    pub fn space(&mut self) -> &mut [u8] {
        if self.broken {
            return &mut [];
        }
        let want = self
            .head
            .map_or(1, |head| head.length().saturating_sub(self.incoming.len()));
        self.incoming
            .space(want.min(self.incoming.capacity()).max(1))
    }

    /// Tells that `count` bytes were received into [`space`](Self::space).
    pub fn filled(&mut self, count: usize) {
        self.incoming.fill(count);
    }

    /// Whether the oldest owed reply, or the next item of the oldest batch, is there; `false`
    /// means: read more. Asking twice does no harm.
    ///
    /// Passes over what remains of a reply that was taken in part: of one in
    /// [pieces](Self::piece), or of one that was too large for the storage. So while nothing else
    /// is [owed](Self::owed) this goes on to answer `false`.
    ///
    /// Fails, and breaks the connection, if what came cannot be the reply that is owed.
    pub fn arrived(&mut self) -> Result<bool, Error> {
        let arrived = self.whole_frame();
        self.latch(arrived)
    }

    /// Takes the oldest owed reply, which must be that of a `C` and have [arrived](Self::arrived).
    ///
    /// What it lends lies in the receive storage. Where it fails with
    /// [`OutOfOrder`](ErrorKind::OutOfOrder), nothing was taken.
    pub fn reply<C: Command>(&mut self) -> Result<C::Reply<'_>, Error> {
        let taken = self.take(Some(identity(C::NAME)))?;
        let frame = taken.frame(&self.incoming);
        C::decode(frame).map_err(|kind| frame.error(kind, &mut self.broken))
    }

    /// Takes the oldest owed reply as it came, to be decoded elsewhere. If its meaning there is
    /// that the peer broke the protocol, call [`fail`](Self::fail).
    pub fn raw_reply(&mut self) -> Result<RawReply<'_>, Error> {
        let Taken {
            head,
            place,
            refusal,
        } = self.take(None)?;
        Ok(RawReply {
            head,
            bytes: self.incoming.at(place),
            refusal,
        })
    }

    /// Takes the next item of `batch`, which must have [arrived](Self::arrived). `None` means that
    /// what one [`send_batch`](Self::send_batch) queued is answered in full; so does an error
    /// after which one less is [owed](Self::owed).
    pub fn item<'b, B: Batch>(&'b mut self, batch: &mut B) -> Result<Option<B::Item<'b>>, Error> {
        let entries = self.debts.front().map_or(0, |debt| debt.entries);
        let taken = self.take(Some(identity(B::NAME)))?;
        let (head, frame) = (&taken.head, taken.frame(&self.incoming));
        let item = match head.status {
            Status::Failed(_) => Err(frame.unexpected()),
            Status::End if head.is_last() => Ok(None),
            _ => batch.item(frame, entries).map(Some),
        };
        if head.is_last() {
            batch.answered(entries);
        }
        item.map_err(|kind| frame.error(kind, &mut self.broken))
    }

    /// Whether what [arrived](Self::arrived) is no item but the end of what one
    /// [`send_batch`](Self::send_batch) queued; take it by [`item`](Self::item) all the same.
    pub fn is_group_end(&self) -> bool {
        self.head
            .is_some_and(|head| head.status == Status::End && head.is_last())
    }

    /// Whether [`piece`](Self::piece) has something to hand out; `false` means: read more.
    pub fn piece_arrived(&mut self) -> Result<bool, Error> {
        let arrived = self.next_piece();
        self.latch(arrived)
    }

    /// Takes the next piece of the oldest owed reply, that of a command with
    /// [`IN_PIECES`](Command::IN_PIECES); `None` means: read more. The value may have any length.
    ///
    /// Fails as [`reply`](Self::reply) does; a server's error ends the reply.
    pub fn piece(&mut self) -> Result<Option<Piece<'_>>, Error> {
        let part = match self.next_piece() {
            Ok(true) => self.part(),
            Ok(false) => Ok(None),
            Err(kind) => Err(kind),
        };
        Ok(match self.latch(part)? {
            None => None,
            Some(Part::Entry(head)) => Some(Piece::Start(Entry {
                length: head.data,
                flags: head.flags,
                cas: (head.cas != 0).then_some(head.cas),
            })),
            Some(Part::Data(place)) => Some(Piece::Bytes(self.incoming.at(place))),
            Some(Part::End) => Some(Piece::End),
            Some(Part::Frame(head, place, debt)) => match head.status {
                Status::NotFound => Some(Piece::End),
                _ => {
                    let frame = head.frame(self.incoming.at(place), debt.refusal());
                    return Err(frame.error(frame.unexpected(), &mut self.broken));
                }
            },
        })
    }

    /// How many replies are owed; what one [`send_batch`](Self::send_batch) queued counts once,
    /// and a reply that was taken in part counts until its last byte has come.
    pub fn owed(&self) -> usize {
        self.debts.len()
    }

    /// What becomes of the write whose reply is the `index`-th owed, if the connection fails now.
    pub fn fate(&self, index: usize) -> Fate {
        let behind = self.debts.iter().skip(index.saturating_add(1));
        let behind = behind.fold(0_usize, |sum, debt| {
            sum.saturating_add(usize::from(debt.length))
        });
        if self.unsent() > behind {
            Fate::NotSent
        } else {
            Fate::Unknown
        }
    }

    /// Gives up every owed reply. Requests of which no byte has left are withdrawn; of a request
    /// that left in part the rest must still be sent; a value of which only a part has left breaks
    /// the connection. Then [`settle`](Self::settle).
    pub fn abandon(&mut self) {
        let last = self.debts.back().map_or(0, |debt| usize::from(debt.length));
        if self.gap.is_some() && self.outgoing.len() < last {
            self.fail();
        }
        self.gap = None;
        while let Some(&debt) = self.debts.back() {
            let length = usize::from(debt.length);
            if length > self.outgoing.len() {
                break;
            }
            self.outgoing.withdraw(length);
            self.unanswered = self.unanswered.saturating_sub(length);
            self.sequence = self.sequence.wrapping_sub(self.tags(debt.entries));
            self.debts.pop_back();
        }
        for debt in &mut self.debts {
            debt.command = NAMELESS;
            debt.in_pieces = false;
        }
        // What came while no request had left answers none.
        if self.debts.is_empty() && (self.incoming.len() > 0 || self.head.is_some()) {
            self.fail();
        }
    }

    /// Drops what has come of the owed replies. `true` when nothing is owed any more; else send
    /// what [is to be sent](Self::is_sending), read more, and ask again.
    ///
    /// Fails where the connection is broken, and breaks it where bytes came that no request asked
    /// for.
    pub fn settle(&mut self) -> Result<bool, Error> {
        while !self.debts.is_empty() {
            let part = self.part();
            if self.latch(part)?.is_none() {
                return Ok(false);
            }
        }
        let unsolicited = self.head_arrived();
        self.latch(unsolicited).map(|_| true)
    }

    /// Breaks the connection: the transport failed, or a reply can no longer be waited for.
    pub fn fail(&mut self) {
        self.broken = true;
    }

    /// Whether the connection broke.
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    fn queue<'v>(
        &mut self,
        command: u16,
        in_pieces: bool,
        // Not a type parameter: one copy of this serves every command.
        encode: &dyn Fn(&mut Encoder<'_, 'v>),
    ) -> Result<(u16, Option<Gap<'v>>), ErrorKind> {
        if self.broken {
            return Err(ErrorKind::Closed);
        }
        if self.debts.is_full() || self.gap.is_some() {
            return Err(ErrorKind::Full);
        }
        let idle = self.debts.is_empty();
        if idle {
            if self.incoming.len() > 0 {
                // Bytes that nobody asked for must not be taken for the reply to this.
                self.broken = true;
                return Err(ErrorKind::Closed);
            }
            self.incoming.rest(self.largest as usize);
            self.largest = 0;
        }
        let tag = self.next_tag();
        let inline = if idle { INLINE_LIMIT } else { UNANSWERED_LIMIT };
        let limits = Limits {
            item: self.item_limit,
            inline,
        };
        let room = UNANSWERED_LIMIT.saturating_sub(self.unanswered);
        let space = self.outgoing.space(LONGEST_HEAD);
        let room = room.min(space.len());
        let space = space.get_mut(..room).unwrap_or_default();
        let mut out = Encoder::new(space, self.protocol, limits, tag);
        encode(&mut out);
        let Request {
            length,
            value,
            shape,
            check,
            entries,
            stores,
            replaces,
        } = out.finish()?;
        if value.is_some() && !idle {
            return Err(ErrorKind::Full);
        }
        let debt = Debt {
            check,
            command,
            entries,
            length: length as u16,
            shape,
            in_pieces,
            stores,
            replaces,
        };
        if self.debts.push_back(debt).is_err() {
            return Err(ErrorKind::Full);
        }
        self.sequence = self.sequence.wrapping_add(self.tags(entries));
        self.outgoing.fill(length);
        self.unanswered = self.unanswered.saturating_add(length);
        let gap = value.map(|(before, value)| {
            self.gap = Some(Unsent {
                before,
                left: value.len(),
            });
            Gap { value }
        });
        Ok((entries, gap))
    }

    #[cold]
    #[inline(never)]
    fn not_sent(kind: ErrorKind) -> Error {
        Error::new(kind).with_fate(Fate::NotSent)
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

    /// How many tags a request uses up: every packet of a batch bears one, and so does its end.
    fn tags(&self, entries: u16) -> u16 {
        if self.protocol == Protocol::Binary {
            entries.saturating_add(1)
        } else {
            1
        }
    }

    /// The bytes of all requests that have not left.
    fn unsent(&self) -> usize {
        let value = self.gap.map_or(0, |gap| gap.left);
        self.outgoing.len().saturating_add(value)
    }

    /// Whether a part of the oldest request has not left.
    fn is_oldest_unsent(&self, oldest: &Debt) -> bool {
        let behind = self.unanswered.saturating_sub(usize::from(oldest.length));
        self.unsent() > behind
    }

    /// The head of the oldest frame, if it is in.
    fn head_arrived(&mut self) -> Result<Option<Head>, ErrorKind> {
        if self.broken {
            return Err(ErrorKind::Closed);
        }
        if self.head.is_some() {
            return Ok(self.head);
        }
        let Some(debt) = self.debts.front() else {
            return if self.incoming.len() > 0 {
                Err(ErrorKind::Unsolicited)
            } else {
                Ok(None)
            };
        };
        let searched = if let Place::Head(searched) = self.place {
            searched
        } else {
            0
        };
        match Head::parse(debt.shape, self.incoming.filled(), searched as usize)? {
            // A head that fills the storage has no end.
            Step::More(_) if self.incoming.len() >= self.incoming.capacity() => {
                Err(ErrorKind::Malformed)
            }
            Step::More(searched) => {
                self.place = Place::Head(searched as u32);
                Ok(None)
            }
            Step::Head(head) => {
                debt.check(&head, self.incoming.filled())?;
                // Only a refusal can come before the request has left in full.
                let is_refusal = matches!(head.status, Status::Failed(_));
                if head.is_last() && !is_refusal && self.is_oldest_unsent(debt) {
                    return Err(ErrorKind::Unsolicited);
                }
                self.place = Place::Head(0);
                self.head = Some(head);
                Ok(self.head)
            }
        }
    }

    /// Whether the oldest frame is whole, or so large that it never can be.
    fn whole_frame(&mut self) -> Result<bool, ErrorKind> {
        while let Place::Data(_) | Place::Skip(_) = self.place {
            if self.part()?.is_none() {
                return Ok(false);
            }
        }
        let Some(mut head) = self.head_arrived()? else {
            return Ok(false);
        };
        if let Place::Whole = self.place {
            return Ok(true);
        }
        let length = head.length();
        if self.incoming.capacity() < length {
            // What the server announces is believed step by step.
            let trusted = if self.incoming.len() < TRUSTED_LENGTH {
                TRUSTED_LENGTH
            } else {
                length
            };
            if !self.incoming.grow(length.min(trusted)) {
                return Ok(true);
            }
        }
        if let Some(behind) = self.incoming.filled().get(head.until_tail()..)
            && head.check_tail(behind)?
        {
            self.head = Some(head);
            self.place = Place::Whole;
            return Ok(true);
        }
        Ok(self.incoming.len() >= self.incoming.capacity())
    }

    /// Whether the next part of the oldest reply is there.
    fn part_arrived(&mut self) -> Result<bool, ErrorKind> {
        match (self.place, self.head_arrived()?) {
            (Place::Data(left) | Place::Skip(left), Some(_)) if left > 0 => {
                Ok(self.incoming.len() > 0)
            }
            (Place::Data(_) | Place::Skip(_), Some(head)) => {
                let is_whole = head.tail_only().check_tail(self.incoming.filled())?;
                if !is_whole && self.incoming.len() >= self.incoming.capacity() {
                    return Err(ErrorKind::Malformed);
                }
                Ok(is_whole)
            }
            (_, Some(head)) => Ok(head.status == Status::Value || self.whole_frame()?),
            (_, None) => Ok(false),
        }
    }

    /// Whether the next part is there, and is one of a reply that may be taken in pieces.
    fn next_piece(&mut self) -> Result<bool, ErrorKind> {
        // What remains of a reply that was too large is not handed out.
        while let Place::Skip(_) = self.place {
            if self.part()?.is_none() {
                return Ok(false);
            }
        }
        if self.broken {
            return Err(ErrorKind::Closed);
        }
        if !self.debts.front().is_some_and(|debt| debt.in_pieces) {
            return Err(ErrorKind::OutOfOrder);
        }
        self.part_arrived()
    }

    /// Takes what has come of the oldest reply, however little; `None` means: read more.
    fn part(&mut self) -> Result<Option<Part>, ErrorKind> {
        let arrived = self.part_arrived()?;
        let (true, Some(head), Some(&debt)) = (arrived, self.head, self.debts.front()) else {
            return Ok(None);
        };
        Ok(Some(match self.place {
            Place::Data(left) if left > 0 => {
                let (place, left) = self.consume_data(left);
                self.place = Place::Data(left);
                Part::Data(place)
            }
            Place::Skip(left) if left > 0 => {
                let (place, left) = self.consume_data(left);
                self.place = Place::Skip(left);
                Part::Data(place)
            }
            Place::Data(_) | Place::Skip(_) => {
                let mut tail = head.tail_only();
                tail.check_tail(self.incoming.filled())?;
                let place = self.incoming.consume(tail.length());
                self.finish_frame(&tail, &debt);
                match tail.status {
                    Status::Failed(_) => Part::Frame(tail, place, debt),
                    _ => Part::End,
                }
            }
            Place::Head(_) | Place::Whole if head.status == Status::Value => {
                self.incoming.consume(head.head as usize);
                self.place = Place::Data(head.data);
                Part::Entry(head)
            }
            Place::Head(_) | Place::Whole => {
                Part::Frame(head, self.consume_frame(&head, &debt), debt)
            }
        }))
    }

    /// Takes the oldest frame, which must have arrived and answer this command, or any that was
    /// not given up; of one that is too large, the head.
    #[inline(never)]
    fn take(&mut self, command: Option<u16>) -> Result<Taken, ErrorKind> {
        let arrived = match self.place {
            // The pieces that were not taken yet are not lost to a call in the wrong order.
            Place::Data(_) => false,
            Place::Whole if !self.broken => true,
            _ => {
                let arrived = self.whole_frame();
                self.latched(arrived)?
            }
        };
        match (self.head, self.debts.front()) {
            (Some(head), Some(&debt))
                if arrived
                    && command
                        .map_or(debt.command != NAMELESS, |wanted| wanted == debt.command) =>
            {
                Ok(Taken {
                    head,
                    place: self.consume_frame(&head, &debt),
                    refusal: debt.refusal(),
                })
            }
            _ => Err(ErrorKind::OutOfOrder),
        }
    }

    /// So many bytes of data as have come, and how many are still to come.
    fn consume_data(&mut self, left: u32) -> (Range<usize>, u32) {
        let count = self.incoming.len().min(left as usize);
        let left = left.saturating_sub(count as u32);
        (self.incoming.consume(count), left)
    }

    /// Consumes the oldest frame, or of one that is too large the head.
    fn consume_frame(&mut self, head: &Head, debt: &Debt) -> Range<usize> {
        if let Place::Whole = self.place {
            let length = head.length();
            self.largest = self.largest.max(u32::try_from(length).unwrap_or(u32::MAX));
            let place = self.incoming.consume(length);
            self.finish_frame(head, debt);
            place
        } else {
            self.place = Place::Skip(head.data);
            self.incoming.consume(head.head as usize)
        }
    }

    /// Goes on to the next frame, and to the next reply if this one is answered.
    fn finish_frame(&mut self, head: &Head, debt: &Debt) {
        self.place = Place::Head(0);
        self.head = None;
        if debt.is_broken_by(head) {
            self.broken = true;
        }
        if head.is_last() {
            // A refusal of a request that has not left in full leaves the rest of it behind.
            if self.is_oldest_unsent(debt) {
                self.broken = true;
            }
            self.debts.pop_front();
            self.unanswered = self.unanswered.saturating_sub(usize::from(debt.length));
        }
    }

    /// Breaks the connection where that failed.
    fn latch<T>(&mut self, result: Result<T, ErrorKind>) -> Result<T, Error> {
        Ok(self.latched(result)?)
    }

    fn latched<T>(&mut self, result: Result<T, ErrorKind>) -> Result<T, ErrorKind> {
        if let Err(kind) = &result {
            self.broken |= kind.is_fatal();
        }
        result
    }
}
