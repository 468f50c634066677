//! Every reply of so many symbols, to every command: whole, cut at every place, and against the
//! grammar.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "a test may fail"
)]

mod grammar;
mod liar;
mod peer;

use std::time::Instant;

use grammar::reply::Meaning;
use liar::{CALLS, Call, End, Outcome, ROOM, Room, Way, agrees};
use minimc_core::Protocol::{self, Meta, Text};

/// What replies are made of. The last is the opaque of a first request, which only meta has.
const SYMBOLS: [&str; 20] = [
    "VA", "HD", "EN", "NF", "MN", "VALUE", "END", "STORED", "ERROR", " ", "0", "1", "9", "f", "O",
    "k", "\r", "\n", "x", "a",
];

/// What else answers some command.
const MORE_SYMBOLS: [&str; 17] = [
    "NS",
    "EX",
    "NOT_STORED",
    "EXISTS",
    "NOT_FOUND",
    "DELETED",
    "TOUCHED",
    "VERSION",
    "CLIENT_ERROR",
    "SERVER_ERROR",
    ":",
    "c",
    "W",
    "Z",
    "t",
    "OK",
    "BUSY",
];

/// Beginnings of replies that are longer than the words.
const BEGINNINGS: [(Protocol, Call, &str); 22] = [
    (Text, Call::Get, "VALUE k"),
    (Text, Call::Get, "VALUE k 0 1"),
    (Text, Call::Get, "VALUE k 9 1\r\nx"),
    (Text, Call::Get, "VALUE k 9 1\r\nx\r\n"),
    (Text, Call::Get, "VALUE k 0 0\r\n\r\nEND"),
    (Text, Call::GetAndTouch, "VALUE k 0 1"),
    (Text, Call::Many, "VALUE k 0 0\r\n\r\n"),
    (Text, Call::Many, "VALUE k 0 0\r\n\r\nVALUE j 0 1\r\n"),
    (Meta, Call::Get, "VA 0 Oa"),
    (Meta, Call::Get, "VA 1 Oa f9\r\n"),
    (Meta, Call::GetAndTouch, "VA 0 Oa c9\r\n"),
    (Meta, Call::Set, "HD O"),
    (Meta, Call::Count, "VA 1 Oa\r\n"),
    (Meta, Call::Lease, "VA 0 Oa"),
    (Meta, Call::Lease, "VA 0 Oa Z"),
    (Meta, Call::Lease, "VA 1 Oa\r\nx"),
    (Meta, Call::MetaGet, "HD Oa t1"),
    (Meta, Call::MetaGet, "HD h1 k"),
    (Meta, Call::MetaCount, "VA 1 Oa t9\r\n"),
    (Meta, Call::Debug, "ME k"),
    (Meta, Call::Debug, "ME k cas="),
    (Meta, Call::Many, "VALUE k 0 0\r\n\r\nVALUE k 0 0\r\n\r\n"),
];

/// All words of up to so many symbols that answer a call.
struct Tree {
    protocol: Protocol,
    call: Call,
    symbols: Vec<&'static str>,
    beginning: &'static str,
    depth: u32,
}

/// A word behind the tree's beginning, and the lengths of its parts.
struct Word {
    bytes: Vec<u8>,
    lengths: Vec<usize>,
}

/// How many words a connection was given, and how many begin as one after which nothing is open.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    given: u64,
    pruned: u64,
    answered: u64,
    refused: u64,
}

struct Walk<'t> {
    tree: &'t Tree,
    /// What answers the no-op behind the call.
    next: &'static [u8],
    requests: Vec<grammar::Request>,
    room: Room,
    counts: Counts,
}

impl Tree {
    fn new(protocol: Protocol, call: Call, depth: u32) -> Self {
        let count = SYMBOLS.len() - usize::from(protocol == Text);
        Self {
            protocol,
            call,
            symbols: SYMBOLS[..count].to_vec(),
            beginning: "",
            depth,
        }
    }

    fn with_all_symbols(mut self) -> Self {
        self.symbols.extend(MORE_SYMBOLS);
        self
    }

    /// How many words of up to so many symbols there are.
    fn words(&self, depth: u32) -> u64 {
        let count = self.symbols.len() as u64;
        (1..=depth).map(|length| count.pow(length)).sum()
    }

    /// Walks all of it, and counts.
    fn walk(&self) -> Counts {
        let began = Instant::now();
        let mut walk = Walk {
            tree: self,
            next: match self.protocol {
                Text => b"VERSION 1\r\n",
                _ => b"MN\r\n",
            },
            requests: self.call.requests(self.protocol),
            room: ROOM,
            counts: Counts::default(),
        };
        let mut word = Word {
            bytes: self.beginning.into(),
            lengths: Vec::from_iter(Some(self.beginning.len()).filter(|&length| length > 0)),
        };
        walk.below(&mut word, self.depth);
        let counts = walk.counts;
        println!(
            "{:?} {:?} {:?}: {} of {} symbols: {counts:?}, {:.1} s",
            self.protocol,
            self.call,
            self.beginning,
            self.depth,
            self.symbols.len(),
            began.elapsed().as_secs_f32(),
        );
        assert_eq!(counts.given + counts.pruned, self.words(self.depth));
        counts
    }
}

impl Word {
    fn push(&mut self, symbol: &str) {
        self.bytes.extend_from_slice(symbol.as_bytes());
        self.lengths.push(symbol.len());
    }

    fn pop(&mut self) {
        let length = self.lengths.pop().unwrap();
        self.bytes.truncate(self.bytes.len() - length);
    }
}

impl Walk<'_> {
    /// All words that begin so and have up to so many symbols more.
    fn below(&mut self, word: &mut Word, depth: u32) {
        for symbol in &self.tree.symbols {
            word.push(symbol);
            self.counts.given += 1;
            if depth == 1 && !word.bytes.contains(&b'\n') {
                self.check_open(&word.bytes);
            } else if self.is_decided(word) {
                self.counts.pruned += self.tree.words(depth - 1);
            } else if depth > 1 {
                self.below(word, depth - 1);
            }
            word.pop();
        }
    }

    /// A line that is open to the last: most of the longest words are, so this takes most of the
    /// time.
    fn check_open(&mut self, bytes: &[u8]) {
        let (call, protocol) = (self.tree.call, self.tree.protocol);
        let wants_more = call.wants_more(protocol, &mut self.room, bytes);
        assert!(wants_more, "{}", self.context(bytes));
    }

    /// Checks what comes of a word; whether no symbol behind it can change that.
    fn is_decided(&mut self, word: &Word) -> bool {
        let bytes = &word.bytes[..];
        let whole = self.outcome(bytes, []);
        let cut = self.outcome(bytes, word.lengths.iter().copied());
        assert_eq!(cut, whole, "{}, by symbols", self.context(bytes));
        let is_decided = whole.end != End::Owed(2);
        if is_decided || bytes.ends_with(b"\n") {
            if let Err(why) = agrees(&whole, &self.requests, bytes) {
                panic!("{why}: {}: {whole:?}", self.context(bytes));
            }
            self.check_cuts(bytes, &whole, word.lengths.len() < 6);
        }
        if is_decided {
            self.check_end(bytes, whole);
        }
        is_decided
    }

    /// Byte by byte, and in two pieces wherever it can be cut.
    fn check_cuts(&self, bytes: &[u8], whole: &Outcome, in_two: bool) {
        let cut = self.outcome(bytes, bytes.iter().map(|_| 1));
        assert_eq!(&cut, whole, "{}, byte by byte", self.context(bytes));
        if in_two || !matches!(whole.end, End::Broken) {
            for at in 1..bytes.len() {
                let cut = self.outcome(bytes, [at]);
                assert_eq!(&cut, whole, "{}, cut at {at}", self.context(bytes));
            }
        }
    }

    /// Behind a reply the next is read as such, behind what broke the connection nothing is: so
    /// what begins as this word need not be looked at.
    fn check_end(&mut self, bytes: &[u8], mut whole: Outcome) {
        let more = [bytes, self.next].concat();
        if whole.end == End::Broken {
            self.counts.refused += 1;
            assert_eq!(self.outcome(&more, []), whole, "{}", self.context(&more));
            return;
        }
        assert_eq!(whole.end, End::Owed(1), "{}", self.context(bytes));
        self.counts.answered += 1;
        whole.answers.push(Ok(Meaning::Done));
        whole.end = End::Owed(0);
        assert_eq!(self.outcome(&more, []), whole, "{}", self.context(&more));
        self.check_cuts(&more, &whole, true);
    }

    fn outcome(&self, bytes: &[u8], pieces: impl IntoIterator<Item = usize>) -> Outcome {
        let (call, protocol) = (self.tree.call, self.tree.protocol);
        call.outcome(protocol, Way::Reply, bytes, pieces)
    }

    fn context(&self, bytes: &[u8]) -> String {
        let Tree { protocol, call, .. } = self.tree;
        format!("{protocol:?} {call:?} <- {}", bytes.escape_ascii())
    }
}

/// Walks the trees; fails if they have fewer words, or fewer are answers, than there were.
fn walk(trees: impl IntoIterator<Item = Tree>, least_words: u64, least_answers: u64) {
    let mut sum = Counts::default();
    for tree in trees {
        let counts = tree.walk();
        sum.given += counts.given;
        sum.pruned += counts.pruned;
        sum.answered += counts.answered;
        sum.refused += counts.refused;
    }
    println!("{} words: {sum:?}", sum.given + sum.pruned);
    assert!(sum.given + sum.pruned >= least_words && sum.answered >= least_answers);
}

fn every_call(depth: u32) -> impl Iterator<Item = Tree> {
    let calls = CALLS.into_iter();
    calls.flat_map(move |call| {
        let protocols = [Text, Meta].into_iter();
        protocols
            .filter(move |&protocol| call.is_carried_by(protocol))
            .map(move |protocol| Tree::new(protocol, call, depth))
    })
}

fn every_beginning(depth: u32) -> impl Iterator<Item = Tree> {
    BEGINNINGS
        .into_iter()
        .map(move |(protocol, call, beginning)| Tree {
            beginning,
            ..Tree::new(protocol, call, depth).with_all_symbols()
        })
}

#[test]
fn every_reply_of_three_symbols() {
    walk(every_call(3), 302_245, 79);
}

#[test]
fn every_end_of_three_symbols() {
    walk(every_beginning(3), 1_112_730, 111);
}

#[test]
#[ignore = "a minute with optimisation: ci/enumerate.sh"]
fn every_reply_of_five_symbols() {
    walk(every_call(5), 116_678_545, 1_283);
}

#[test]
#[ignore = "minutes with optimisation: ci/enumerate.sh"]
fn every_reply_of_five_symbols_of_all() {
    walk(every_call(5).map(Tree::with_all_symbols), 0, 0);
    walk(every_beginning(4), 0, 0);
}

/// In text and meta; so many answers at least.
fn every_reply_of_seven(call: Call, least_answers: u64) {
    let trees = [Text, Meta].map(|protocol| Tree::new(protocol, call, 7));
    walk(trees, 2_290_899_699, least_answers);
}

#[test]
#[ignore = "many minutes with optimisation: ci/enumerate.sh"]
fn every_reply_of_seven_symbols_to_get() {
    every_reply_of_seven(Call::Get, 23_106);
}

#[test]
#[ignore = "many minutes with optimisation: ci/enumerate.sh"]
fn every_reply_of_seven_symbols_to_set() {
    every_reply_of_seven(Call::Set, 9_690);
}

#[test]
#[ignore = "many minutes with optimisation: ci/enumerate.sh"]
fn every_reply_of_seven_symbols_to_noop() {
    every_reply_of_seven(Call::Noop, 13_418);
}
