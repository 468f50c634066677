//! One scripted transport: a link in memory to a [`Peer`], on which bytes fare as a test says.
//!
//! There is no real I/O and no real time. [`Script`] is a handle: the test keeps a clone of the
//! one that it gives to the client.

mod binary;
pub mod calls;
mod cast;
mod greeting;
mod lie;
pub mod peer;
mod poll;
mod stage;
mod text;

use std::cell::{RefCell, RefMut};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use minimc::During;
use minimc::{ErrorKind, Transport};

pub use cast::Cast;
pub use greeting::Greeting;
pub use lie::Lie;
pub use peer::Peer;
pub use poll::{finish, polled, polls};
pub use stage::{CHIP, HOST, Stage};

/// What goes wrong on a connection.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// It cannot be opened.
    Connect(How),
    /// It fails when so many bytes more have gone out.
    Out(usize, How),
    /// It fails when so many bytes more have come back.
    Back(usize, How),
    /// When so many bytes more have come back, they come a byte a second.
    Drip(usize),
    /// The peer says what is not so.
    Lie(Lie),
}

/// How a connection fails.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum How {
    /// It ends in good order: a read or write of no bytes.
    End,
    /// With an error.
    Reset,
    /// Nothing more happens until the deadline.
    Stall,
    /// The same, but the future waits: it can be dropped, and the fault be [lifted](Script::fault).
    Wait,
}

/// In what portions bytes pass, and whether futures wait in between.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// The most bytes that one read or write moves.
    pub chunk: usize,
    /// Only the first and last so many bytes of a long way go in such chunks: those between go 97
    /// at a time. (So that a large value does not take all day.)
    pub edge: usize,
    /// Whether every connect, read, write and push is pending once before it is ready.
    pub pending: bool,
    /// Whether writes go no further than a buffer until they are pushed.
    pub buffered: bool,
    /// Whether the transport tells that the peer closed, or that bytes came, before it is read.
    pub watchful: bool,
}

impl Manner {
    /// All at once, as from a blocking socket.
    pub const PROMPT: Self = Self {
        chunk: usize::MAX,
        edge: usize::MAX,
        pending: false,
        buffered: false,
        watchful: false,
    };

    /// Byte by byte, and waiting before each.
    pub const HALTING: Self = Self {
        chunk: 1,
        pending: true,
        ..Self::PROMPT
    };
}

/// The scripted transport.
#[derive(Clone, Debug)]
pub struct Script(Rc<RefCell<World>>);

#[derive(Debug)]
struct World {
    peer: Peer,
    manner: Manner,
    now: Duration,
    deadline: Duration,
    link: Option<Link>,
    /// What goes wrong on the connections to come; nothing on those after them.
    coming: VecDeque<Fault>,
    connections: usize,
    reads: usize,
}

/// One connection.
#[derive(Debug, Default)]
struct Link {
    fault: Fault,
    /// The bytes that passed in each direction since the fault was set.
    out: usize,
    back: usize,
    /// What was written and not pushed, what came to the peer and is not yet a whole request, and
    /// what it answered and was not read.
    buffer: Vec<u8>,
    requests: Vec<u8>,
    replies: VecDeque<u8>,
    /// The steps of the greeting that were answered, and whether the last answer is not read yet.
    greeted: usize,
    greeting: bool,
    /// The replies since the fault was set, and one that is told later than it should be.
    told: usize,
    held: Vec<u8>,
    /// The peer has closed it: its end comes behind the replies.
    closed: bool,
    /// An operation on it failed.
    failed: bool,
}

/// Which way bytes go.
#[derive(Clone, Copy)]
enum Way {
    Out,
    Back,
}

impl Script {
    /// A transport to a peer.
    pub fn new(peer: Peer, manner: Manner) -> Self {
        Self(Rc::new(RefCell::new(World {
            peer,
            manner,
            now: Duration::ZERO,
            deadline: Duration::MAX,
            link: None,
            coming: VecDeque::new(),
            connections: 0,
            reads: 0,
        })))
    }

    /// The peer. To be let go before the client goes on.
    pub fn peer(&self) -> RefMut<'_, Peer> {
        RefMut::map(self.0.borrow_mut(), |world| &mut world.peer)
    }

    /// Lets this go wrong on the connection there is, from now on; without one, on the next.
    pub fn fault(&self, fault: Fault) {
        let world = &mut *self.0.borrow_mut();
        match &mut world.link {
            Some(link) => (link.fault, link.out, link.back, link.told) = (fault, 0, 0, 0),
            None => world.coming.push_front(fault),
        }
    }

    /// Lets bytes pass in another manner.
    pub fn manner(&self, manner: Manner) {
        self.0.borrow_mut().manner = manner;
    }

    /// Lets this go wrong on the connections to come; nothing on those after them.
    pub fn then(&self, faults: &[Fault]) {
        self.0.borrow_mut().coming.extend(faults);
    }

    /// How many connections were opened.
    pub fn connections(&self) -> usize {
        self.0.borrow().connections
    }

    /// What time it is.
    pub fn now(&self) -> Duration {
        self.0.borrow().now
    }

    /// How many bytes went out and came back on this connection since its fault was set.
    pub fn passed(&self) -> (usize, usize) {
        let world = self.0.borrow();
        world
            .link
            .as_ref()
            .map_or((0, 0), |link| (link.out, link.back))
    }

    /// How many reads brought something, on all connections.
    pub fn reads(&self) -> usize {
        self.0.borrow().reads
    }

    /// How many bytes the peer has answered that were not read.
    pub fn unread(&self) -> usize {
        let world = self.0.borrow();
        world.link.as_ref().map_or(0, |link| link.replies.len())
    }

    /// Sends this to the client, which did not ask for it.
    pub fn unasked(&self, bytes: &[u8]) {
        let mut world = self.0.borrow_mut();
        let link = world.link.as_mut().expect("a connection");
        link.replies.extend(bytes);
    }

    /// Waits once, if that is the manner, and then does what `poll` says.
    async fn wait<R>(&self, mut poll: impl FnMut(&mut World) -> Poll<R>) -> R {
        // In the future itself: one that is dropped leaves nothing behind.
        let mut has_waited = !self.0.borrow().manner.pending;
        poll_fn(|_| {
            let world = &mut *self.0.borrow_mut();
            if !std::mem::replace(&mut has_waited, true) {
                world.now += Duration::from_micros(1);
                return Poll::Pending;
            }
            poll(world)
        })
        .await
    }
}

impl Transport for Script {
    async fn connect(&mut self) -> Result<(), ErrorKind> {
        self.wait(World::connect).await
    }

    fn begin(&mut self, limit: Duration) {
        let world = &mut *self.0.borrow_mut();
        world.deadline = world.now + limit;
    }

    fn is_alive(&mut self) -> bool {
        let world = self.0.borrow();
        let link = world.link.as_ref();
        let is_quiet = link.is_some_and(|link| link.replies.is_empty() && !link.closed);
        is_quiet || !world.manner.watchful
    }

    async fn read(&mut self, into: &mut [u8]) -> Result<usize, ErrorKind> {
        assert!(!into.is_empty(), "no room to read into");
        self.wait(|world| world.read(into)).await
    }

    async fn read_both(&mut self, into: [&mut [u8]; 2]) -> Result<usize, ErrorKind> {
        let [first, second] = into;
        if self.0.borrow().manner.pending {
            return self.read(first).await;
        }
        // One that is a blocking socket scatters what it reads.
        let mut bytes = vec![0; first.len() + second.len()];
        let count = self.read(&mut bytes).await?;
        let (now, then) = bytes[..count].split_at(count.min(first.len()));
        first[..now.len()].copy_from_slice(now);
        second[..then.len()].copy_from_slice(then);
        Ok(count)
    }

    async fn write(&mut self, parts: [&[u8]; 3]) -> Result<usize, ErrorKind> {
        let wanted = parts.iter().map(|part| part.len()).sum();
        assert!(wanted > 0, "nothing to write");
        self.wait(|world| world.write(parts, wanted)).await
    }

    async fn push(&mut self) -> Result<(), ErrorKind> {
        self.wait(|world| {
            let link = world.link.as_mut().expect("pushed while closed");
            let bytes = std::mem::take(&mut link.buffer);
            world.deliver(&bytes);
            Poll::Ready(Ok(()))
        })
        .await
    }

    fn close(&mut self) {
        self.0.borrow_mut().link = None;
    }
}

impl World {
    fn connect(&mut self) -> Poll<Result<(), ErrorKind>> {
        assert!(self.link.is_none(), "connected twice");
        let fault = self.coming.pop_front().unwrap_or_default();
        if self.now >= self.deadline {
            return Poll::Ready(Err(ErrorKind::TimedOut));
        }
        if let Fault::Connect(how) = fault {
            // The fault stays until the attempt is over.
            let poll = self.strike(how, During::Connect).map_ok(|_| ());
            if poll.is_pending() {
                self.coming.push_front(fault);
            }
            return poll;
        }
        self.connections += 1;
        self.link = Some(Link {
            fault,
            ..Link::default()
        });
        Poll::Ready(Ok(()))
    }

    fn read(&mut self, into: &mut [u8]) -> Poll<Result<usize, ErrorKind>> {
        let most = match self.allowed(Way::Back, into.len()) {
            Ok(most) => most,
            Err(how) => return self.strike(how, During::Read),
        };
        let link = self.link.as_mut().expect("read while closed");
        let count = most.min(link.replies.len());
        if count == 0 {
            let how = if link.closed { How::End } else { How::Wait };
            return self.strike(how, During::Read);
        }
        if matches!(link.fault, Fault::Drip(after) if link.back >= after) {
            self.now = (self.now + Duration::from_secs(1)).min(self.deadline);
            if self.now >= self.deadline {
                return self.strike(How::Stall, During::Read);
            }
        }
        for (place, byte) in into.iter_mut().zip(link.replies.drain(..count)) {
            *place = byte;
        }
        link.back += count;
        self.reads += 1;
        link.greeting &= !link.replies.is_empty();
        Poll::Ready(Ok(count))
    }

    fn write(&mut self, parts: [&[u8]; 3], wanted: usize) -> Poll<Result<usize, ErrorKind>> {
        let count = match self.allowed(Way::Out, wanted) {
            Ok(count) => count,
            Err(how) => return self.strike(how, During::Write),
        };
        let mut bytes = Vec::with_capacity(count);
        let buffered = self.manner.buffered;
        let link = self.link.as_mut().expect("written to while closed");
        assert!(!link.greeting, "written before the greeting was answered");
        link.out += count;
        for part in parts {
            let left = count - bytes.len();
            bytes.extend_from_slice(&part[..left.min(part.len())]);
        }
        if buffered {
            link.buffer.append(&mut bytes);
        } else {
            self.deliver(&bytes);
        }
        Poll::Ready(Ok(count))
    }

    /// How many of `wanted` bytes may pass now, or how the connection fails.
    fn allowed(&self, way: Way, wanted: usize) -> Result<usize, How> {
        let link = self.link.as_ref().expect("used while closed");
        assert!(!link.failed, "a connection that failed is used again");
        if self.now >= self.deadline {
            return Err(How::Stall);
        }
        let (passed, whole) = match way {
            Way::Out => (link.out, wanted),
            Way::Back => (link.back, link.replies.len()),
        };
        let Manner { chunk, edge, .. } = self.manner;
        let is_between = passed >= edge && whole > edge;
        let portion = if is_between {
            (whole - edge).min(97)
        } else {
            chunk
        };
        let most = wanted.min(portion);
        match (link.fault, way) {
            (Fault::Out(after, how), Way::Out) | (Fault::Back(after, how), Way::Back) => {
                match after.saturating_sub(passed) {
                    0 => Err(how),
                    left => Ok(most.min(left)),
                }
            }
            (Fault::Drip(after), Way::Back) => Ok(most.min(after.saturating_sub(passed).max(1))),
            _ => Ok(most),
        }
    }

    /// Lets an operation fail.
    fn strike(&mut self, how: How, during: During) -> Poll<Result<usize, ErrorKind>> {
        if how == How::Wait && self.now < self.deadline {
            self.now = (self.now + Duration::from_millis(100)).min(self.deadline);
            return Poll::Pending;
        }
        if let Some(link) = &mut self.link {
            link.failed = true;
        }
        Poll::Ready(match how {
            How::End if during == During::Connect => Err(ErrorKind::Closed),
            How::End => Ok(0),
            How::Reset => Err(ErrorKind::Io { during, code: 104 }),
            How::Stall | How::Wait => {
                assert!(self.deadline < Duration::MAX, "no operation was begun");
                self.now = self.now.max(self.deadline);
                Err(ErrorKind::TimedOut)
            }
        })
    }

    /// Gives the peer what was written, and takes what it answers.
    fn deliver(&mut self, bytes: &[u8]) {
        let link = self.link.as_mut().expect("a connection");
        link.requests.extend_from_slice(bytes);
        let greeting = self.peer.greeting();
        if !greeting.is_over(link.greeted, self.connections) {
            let protocol = self.peer.protocol();
            let (done, came) = (link.greeted, &mut link.requests);
            let answer = greeting.answer(done, self.connections, protocol, came);
            if let Some((reply, is_done)) = answer {
                link.greeted += usize::from(is_done);
                link.greeting = true;
                link.replies.extend(reply);
            }
            return;
        }
        while !link.closed
            && let Some((reply, closes)) = self.peer.serve(&mut link.requests)
        {
            link.closed = closes;
            let Fault::Lie(lie) = link.fault else {
                link.replies.extend(reply);
                continue;
            };
            // A quiet miss is no reply.
            if !reply.is_empty() {
                let index = link.told;
                link.told += 1;
                let told = lie.tell(self.peer.protocol(), index, reply, &mut link.held);
                link.replies.extend(told);
            }
        }
    }
}
