//! What is on its way between the model's client and its server, and where it may be cut.

use core::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::vec::Vec;
use std::{assert_eq, thread_local};

use super::call::{Call, Kind};
use super::peer::Peer;

/// Where a network may cut what passes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cuts {
    /// At every byte; of a large value at its ends and in its middle.
    Every,
    /// At the first and the last byte, and next to every end of a line or of a packet's header.
    Edges,
    /// At the first and the last byte.
    Ends,
}

/// Both directions of one connection of the transport, with the server at its end.
#[derive(Clone, Debug, Default, Hash, PartialEq)]
pub(super) struct Network {
    /// What was queued and not served in full, the oldest first.
    pub(super) requests: VecDeque<Request>,
    /// What was answered and not consumed in full.
    pub(super) replies: VecDeque<Reply>,
    /// So many bytes of the first reply were consumed, ...
    pub(super) consumed: usize,
    /// ... and so many behind them have come.
    pub(super) come: usize,
}

#[derive(Clone, Debug, Hash, PartialEq)]
pub(super) struct Request {
    pub(super) of: Call,
    pub(super) bytes: Arc<[u8]>,
    /// So many bytes have left the client.
    pub(super) left: usize,
    /// So many bytes were carried out.
    served: usize,
}

#[derive(Clone, Debug, Hash, PartialEq)]
pub(super) struct Reply {
    pub(super) of: Call,
    pub(super) bytes: Arc<[u8]>,
    pub(super) is_whole: bool,
}

impl Request {
    pub(super) fn new(of: Call, bytes: &[u8]) -> Self {
        Self {
            of,
            bytes: bytes.into(),
            left: 0,
            served: 0,
        }
    }

    pub(super) fn has_left(&self) -> bool {
        self.left == self.bytes.len()
    }

    /// The end of what the server carries out next: a line with its data, or a packet.
    fn unit(&self) -> usize {
        match self.bytes[self.served..] {
            [0x80, _, _, _, _, _, _, _, _, _, body1, body0, ..] => {
                self.served + 24 + usize::from(u16::from_be_bytes([body1, body0]))
            }
            ref rest if self.of.kind.is_sets() => {
                let line = rest.iter().position(|&byte| byte == b'\n').unwrap() + 1;
                // A value of one byte and the end of its line.
                let data = if rest.starts_with(b"mn") { 0 } else { 3 };
                self.served + line + data
            }
            _ => self.bytes.len(),
        }
    }
}

impl Network {
    /// The bytes that have not left.
    pub(super) fn unsent(&self) -> impl Iterator<Item = &[u8]> {
        let requests = self.requests.iter();
        requests.map(|request| &request.bytes[request.left..])
    }

    /// How many bytes leave until the next cut.
    pub(super) fn until_cut(&self, cuts: Cuts) -> usize {
        let mut requests = self.requests.iter();
        let next = requests.find(|request| !request.has_left());
        next.map_or(0, |request| cuts.next(&request.bytes, request.left))
    }

    pub(super) fn leave(&mut self, mut count: usize) {
        for request in &mut self.requests {
            let now = count.min(request.bytes.len() - request.left);
            request.left += now;
            count -= now;
        }
    }

    /// Whether the server has something to do.
    pub(super) fn can_serve(&self) -> bool {
        let first = self.requests.front();
        first.is_some_and(|request| request.left >= request.unit())
    }

    /// Lets the server carry out the next request, or the next packet of a batch.
    pub(super) fn serve(&mut self) {
        let request = self.requests.front_mut().unwrap();
        let end = request.unit();
        let answer = answer(&request.of, &request.bytes[request.served..end]);
        let is_whole = end == request.bytes.len();
        match self.replies.back_mut() {
            Some(reply) if !reply.is_whole => {
                reply.bytes = [&reply.bytes[..], &answer[..]].concat().into();
                reply.is_whole = is_whole;
            }
            _ => self.replies.push_back(Reply {
                of: request.of,
                bytes: answer,
                is_whole,
            }),
        }
        request.served = end;
        if is_whole {
            self.requests.pop_front();
        }
    }

    /// The replies that are on their way, each from the byte that comes next.
    fn coming(&self) -> impl Iterator<Item = (usize, usize, &Reply)> {
        let mut before = self.consumed + self.come;
        self.replies
            .iter()
            .enumerate()
            .filter_map(move |(at, reply)| {
                let from = before.min(reply.bytes.len());
                before -= from;
                (from < reply.bytes.len()).then_some((at, from, reply))
            })
    }

    /// How many bytes come until the next cut.
    pub(super) fn until_come(&self, cuts: Cuts) -> usize {
        let next = self.coming().next();
        next.map_or(0, |(_, from, reply)| cuts.next(&reply.bytes, from))
    }

    /// How many bytes are on their way to the client.
    pub(super) fn in_flight(&self) -> usize {
        let coming = self.coming();
        coming
            .map(|(_, from, reply)| reply.bytes.len() - from)
            .sum()
    }

    /// Lets bytes come into `space`; how many it were.
    pub(super) fn come(&mut self, space: &mut [u8]) -> usize {
        let mut count = 0;
        for (_, from, reply) in self.coming() {
            let bytes = &reply.bytes[from..];
            let now = bytes.len().min(space.len() - count);
            space[count..count + now].copy_from_slice(&bytes[..now]);
            count += now;
        }
        self.come += count;
        count
    }

    /// The replies no byte of which has come: the ones that a lying network may tamper with.
    pub(super) fn untouched(&self) -> impl Iterator<Item = usize> {
        let coming = self.coming();
        coming.filter_map(|(at, from, reply)| (from == 0 && reply.is_whole).then_some(at))
    }

    /// Remembers that so many bytes were consumed.
    pub(super) fn consume(&mut self, count: usize) {
        self.come -= count;
        self.consumed += count;
    }

    /// Whether more was consumed than a reply that is still owed has; `may_rest` allows all of it.
    pub(super) fn is_passed(&self, may_rest: bool) -> bool {
        let Some(reply) = self.replies.front() else {
            return self.consumed > 0;
        };
        self.consumed >= reply.bytes.len() + usize::from(may_rest || !reply.is_whole)
    }

    /// Goes on to the next reply; `false` if the first was not consumed in full.
    pub(super) fn end_reply(&mut self) -> bool {
        let Some(reply) = self.replies.front() else {
            return false;
        };
        let is_ended = reply.is_whole && reply.bytes.len() <= self.consumed;
        if is_ended {
            self.consumed -= reply.bytes.len();
            self.replies.pop_front();
        }
        is_ended
    }
}

/// What an answer depends on: the call's number and kind, and the bytes that came.
type Asked = (u8, Kind, Vec<u8>);

/// What an honest server answers to these bytes of a call's request.
fn answer(call: &Call, request: &[u8]) -> Arc<[u8]> {
    thread_local! {
        // Each request meets a server of its own, so it need not be asked twice.
        static KNOWN: RefCell<HashMap<Asked, Arc<[u8]>>> = RefCell::default();
    }
    let asked = (call.number, call.kind, request.to_vec());
    KNOWN.with_borrow_mut(|known| {
        let answer = known.entry(asked).or_insert_with(|| {
            if let Some(refusal) = call.refusal(request) {
                return refusal.into();
            }
            let items = call.items();
            let items: Vec<_> = items
                .iter()
                .map(|(key, value)| (*key, &value[..]))
                .collect();
            let mut peer = Peer::with(&items);
            peer.receive(request);
            if let Some((key, value)) = call.stores() {
                assert_eq!(peer.value(key), Some(value));
            }
            peer.replies.into()
        });
        answer.clone()
    })
}

impl Cuts {
    /// How many bytes there are from `at` until the next cut.
    fn next(self, bytes: &[u8], at: usize) -> usize {
        let run = bytes[at..].iter().take_while(|&byte| *byte == bytes[at]);
        let run = run.count();
        if run > 32 && at > 0 && bytes[at - 1] == bytes[at] {
            return if run > 200 { run - 200 } else { run - 1 };
        }
        let is_edge = |end: usize| match bytes.first() {
            Some(0x80 | 0x81) => end.is_multiple_of(24),
            _ => bytes[end - 1] == b'\n',
        };
        let is_cut = |end: usize| match self {
            _ if end == 1 || end + 1 >= bytes.len() => true,
            Self::Every => true,
            Self::Edges => (end - 1..=end + 1).any(is_edge),
            Self::Ends => false,
        };
        let mut ends = at + 1..=bytes.len();
        ends.find(|&end| is_cut(end)).map_or(0, |end| end - at)
    }
}
