//! The items that a call is about, with what every kind of call comes to.

use minimc::Key;
use minimc::command::Store;

use super::Peer;
use super::calls::Call;
use super::peer::value;
use crate::outcome::{Answer, Outcome, read, write};

/// The items that a call is about. Two casts have no key, value, length or number in common, and
/// to the same question the answer of the one is yes, of the other no.
#[derive(Clone, Copy, Debug)]
pub struct Cast {
    name: char,
    number: u64,
    pub(super) large: usize,
    answer: Answered,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Answered {
    Yes,
    No,
}

/// As many keys as two requests of a chip's client hold, in every protocol.
const CROWD: usize = 80;

impl Cast {
    /// The items of the call that fares badly; the large value has so many bytes.
    pub const fn first(large: usize) -> Self {
        Self {
            name: 'a',
            number: 5,
            large,
            answer: Answered::Yes,
        }
    }

    /// The items of the next call.
    pub const fn second(large: usize) -> Self {
        Self {
            name: 'b',
            number: 1000,
            large: large + 10,
            answer: Answered::No,
        }
    }

    /// A key of the cast.
    pub fn key(&self, name: &str) -> String {
        format!("{}-{name}", self.name)
    }

    /// Stores the items.
    pub fn enter(&self, peer: &mut Peer) {
        for name in ["one", "two", "three"] {
            peer.put(&self.key(name), self.length(name));
        }
        peer.put(&self.key("large"), self.large);
        peer.put_number(&self.key("number"), self.number);
        for (index, key) in self.crowd().iter().enumerate() {
            if index % 2 == 0 {
                peer.put(key, 20 + index);
            }
        }
    }

    fn length(&self, name: &str) -> usize {
        let more = if self.answer == Answered::Yes { 0 } else { 10 };
        name.len() + 20 + more
    }

    pub(super) fn crowd(&self) -> Vec<String> {
        (0..CROWD).map(|n| self.key(&format!("c{n}"))).collect()
    }

    fn value(&self, name: &str) -> Answer {
        Answer::Value(value(&self.key(name), self.length(name)))
    }

    pub(super) fn few(&self) -> Vec<String> {
        ["one", "absent", "two", "three"]
            .map(|name| self.key(name))
            .into()
    }

    pub(super) fn stored(&self) -> Vec<String> {
        let names = match self.answer {
            Answered::Yes => ["new", "newer", "newest"],
            Answered::No => ["one", "two", "three"],
        };
        names.map(|name| self.key(name)).into()
    }

    /// A store that the peer answers as this cast is answered.
    pub(super) fn store<'a>(&self, key: &'a str, bytes: &'a [u8]) -> Store<'a, 'a> {
        let key = Key::new(key).unwrap();
        match self.answer {
            Answered::Yes => Store::set(key, bytes),
            Answered::No => Store::add(key, bytes),
        }
    }

    /// The key to be deleted or touched.
    pub(super) fn there(&self, name: &str) -> String {
        self.key(match self.answer {
            Answered::Yes => name,
            Answered::No => "absent",
        })
    }

    /// What a call comes to with an honest peer.
    pub fn expected(&self, call: Call) -> Vec<Outcome> {
        let yes_or_no = match self.answer {
            Answered::Yes => Answer::Yes,
            Answered::No => Answer::No,
        };
        let few = || {
            let values = ["one", "absent", "two", "three"].map(|name| {
                let answer = if name == "absent" {
                    Answer::Miss
                } else {
                    self.value(name)
                };
                read(self.key(name), Ok(answer))
            });
            values.to_vec()
        };
        let large = Answer::Value(value(&self.key("large"), self.large));
        match call {
            Call::Get => vec![read(self.key("one"), Ok(self.value("one")))],
            Call::Set => vec![write(self.key("one"), Ok(yes_or_no))],
            Call::LargeSet => vec![write(self.key("large"), Ok(yes_or_no))],
            Call::Pieces | Call::GetInto => vec![read(self.key("large"), Ok(large))],
            Call::Incr => vec![write(
                self.key("number"),
                Ok(Answer::Number(self.number + 7)),
            )],
            Call::Delete => vec![write(self.there("two"), Ok(yes_or_no))],
            Call::Touch => vec![write(self.there("three"), Ok(yes_or_no))],
            Call::GetMany | Call::EachGet => few(),
            Call::GetCrowd => {
                let answer = |(index, key): (usize, String)| {
                    let there = Answer::Value(value(&key, 20 + index));
                    read(key, Ok(if index % 2 == 0 { there } else { Answer::Miss }))
                };
                self.crowd().into_iter().enumerate().map(answer).collect()
            }
            Call::EachSet => {
                let keys = self.stored().into_iter();
                keys.map(|key| write(key, Ok(yes_or_no.clone()))).collect()
            }
            Call::ByHand => vec![
                read(self.key("one"), Ok(self.value("one"))),
                write(self.key("number"), Ok(Answer::Number(self.number + 7))),
                read(self.key("three"), Ok(self.value("three"))),
            ],
            Call::Noop | Call::Version => vec![read(String::new(), Ok(Answer::Yes))],
        }
    }
}
