//! What a client is asked to do next.

use std::fmt;

use crate::model::Verb;
use crate::random::Random;
use crate::server::ITEM_LIMIT;

/// The keys that a writer has at a time: two sets, of which it takes one and the other in turn. So
/// two operations in a row have no key in common, and no reply to the one is right for the other.
pub(crate) const KEYS: usize = 2 * SET;
const SET: usize = 11;
/// Of each set: values, large values, and numbers.
const VALUES: usize = 7;
const LARGE: usize = 2;
const NUMBERS: usize = SET - VALUES - LARGE;

/// An operation: a call of the client's, or as many as belong together.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) form: Form,
    pub(crate) requests: Vec<Request>,
}

/// A request about the key with an index.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) index: usize,
    pub(crate) key: String,
    pub(crate) verb: Verb,
}

/// With which call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Form {
    /// The verb's own.
    Single,
    /// `gets`, and then `cas`.
    Cas,
    /// `get_many`, up to its end or dropped after so many outcomes.
    Many(usize),
    /// `open`, up to its end or dropped after so many pieces.
    Pieces(usize),
    Into,
    /// `call_each`.
    Each,
    /// `send` and `receive`.
    ByHand,
}

/// What is drawn; the rest follows.
#[derive(Clone, Copy)]
enum Kind {
    Get,
    Set,
    Large,
    TooLarge,
    Add,
    Append,
    Delete,
    Touch,
    Incr,
    Number,
    Form(Form),
    Each(bool),
}

const SINGLES: [(usize, Kind); 15] = [
    (20, Kind::Get),
    (14, Kind::Set),
    (6, Kind::Large),
    (1, Kind::TooLarge),
    (5, Kind::Add),
    (6, Kind::Append),
    (4, Kind::Delete),
    (3, Kind::Touch),
    (8, Kind::Incr),
    (3, Kind::Number),
    (6, Kind::Form(Form::Cas)),
    (7, Kind::Form(Form::Many(usize::MAX))),
    (2, Kind::Form(Form::Many(1))),
    (4, Kind::Form(Form::Pieces(usize::MAX))),
    (2, Kind::Form(Form::Pieces(1))),
];
const PIPELINES: [(usize, Kind); 4] = [
    (3, Kind::Form(Form::Into)),
    (5, Kind::Each(false)),
    (5, Kind::Each(true)),
    (5, Kind::Form(Form::ByHand)),
];

impl Operation {
    /// The `sequence`-th operation of a writer, whose keys are these; one of many replies, where
    /// `many` says so.
    pub(crate) fn draw(
        random: &mut Random,
        writer: usize,
        sequence: usize,
        keys: impl Fn(usize) -> String,
        many: bool,
    ) -> Self {
        let pipelined = many || random.below(6) == 0;
        let kind = match pipelined {
            true => random.pick(&PIPELINES[usize::from(many)..]),
            false => random.pick(&SINGLES),
        };
        let first = sequence % 2 * SET;
        let value = |random: &mut Random| first + random.below(VALUES);
        let large = |random: &mut Random| first + VALUES + random.below(LARGE);
        let number = |random: &mut Random| first + VALUES + LARGE + random.below(NUMBERS);
        let stamp = |random: &mut Random, index: usize, least: usize, most: usize| {
            let length = least + random.below(most - least);
            stamped(&keys(index), writer, sequence, length)
        };
        let ordinary = |random: &mut Random, index: usize| match random.below(5) {
            // Around the size above which a value is not copied.
            0 => stamp(random, index, 1900, 2300),
            _ => stamp(random, index, 20, 250),
        };
        let new = |form, verbs: Vec<(usize, Verb)>| {
            let requests = verbs.into_iter();
            let requests = requests.map(|(index, verb)| Request {
                index,
                key: keys(index),
                verb,
            });
            Self {
                form,
                requests: requests.collect(),
            }
        };
        let one = |index, verb| new(Form::Single, vec![(index, verb)]);
        match kind {
            Kind::Get => one(first + random.below(SET), Verb::Get),
            Kind::Set => {
                let index = value(random);
                one(index, Verb::Set(ordinary(random, index)))
            }
            Kind::Large => {
                let index = large(random);
                one(index, Verb::Set(stamp(random, index, 5_000, 100_000)))
            }
            Kind::TooLarge => {
                let index = large(random);
                let bytes = stamp(random, index, ITEM_LIMIT + 1, ITEM_LIMIT + 20_000);
                one(index, Verb::Set(bytes))
            }
            Kind::Add => {
                let index = value(random);
                one(index, Verb::Add(ordinary(random, index)))
            }
            Kind::Append => {
                let index = value(random);
                one(index, Verb::Append(stamp(random, index, 20, 100)))
            }
            Kind::Delete => one(value(random), Verb::Delete),
            Kind::Touch => one(first + random.below(SET), Verb::Touch),
            Kind::Incr => one(number(random), Verb::Incr(1 + random.below(99) as u64)),
            Kind::Number => {
                // Digits, and yet the writer's own.
                let digits = format!("{}{sequence:07}000", writer + 1);
                one(number(random), Verb::Set(digits.into_bytes()))
            }
            Kind::Form(Form::Cas) => {
                let index = value(random);
                let cas = Verb::Cas(ordinary(random, index), random.below(4) > 0);
                new(Form::Cas, vec![(index, Verb::Get), (index, cas)])
            }
            Kind::Form(Form::ByHand) => {
                let (of_value, deleted) = (first + 1, first + 2 + random.below(VALUES - 2));
                let verbs = vec![
                    (first, Verb::Get),
                    (of_value, Verb::Set(stamp(random, of_value, 20, 250))),
                    (number(random), Verb::Incr(7)),
                    (deleted, Verb::Delete),
                    (large(random), Verb::Get),
                ];
                new(Form::ByHand, verbs)
            }
            Kind::Form(form @ Form::Many(_)) => {
                let count = 2 + random.below(SET - 1);
                let gets = (first..first + count).map(|index| (index, Verb::Get));
                new(form, gets.collect())
            }
            Kind::Form(form) => new(form, vec![(large(random), Verb::Get)]),
            Kind::Each(true) => {
                let sets = (first..first + 2 + random.below(VALUES - 1))
                    .map(|index| (index, Verb::Set(ordinary(random, index))));
                new(Form::Each, sets.collect())
            }
            Kind::Each(false) => {
                let gets =
                    (first..first + 2 + random.below(SET - 1)).map(|index| (index, Verb::Get));
                new(Form::Each, gets.collect())
            }
        }
    }

    /// About how many bytes it sends, and receives.
    pub(crate) fn lengths(&self) -> (usize, usize) {
        let mut lengths = (0, 0);
        for request in &self.requests {
            lengths.0 += 24 + request.key.len();
            lengths.1 += match (&request.verb, request.index % SET) {
                (Verb::Get, VALUES..) => 40_000,
                (Verb::Get, _) => 150,
                _ => 10,
            };
            lengths.0 += request.verb.value().map_or(0, <[u8]>::len);
        }
        lengths
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} of", self.form)?;
        for request in &self.requests {
            let verb = format!("{:?}", request.verb);
            let name = verb.split('(').next().unwrap_or_default();
            let length = request.verb.value().map_or(0, <[u8]>::len);
            write!(f, " {name} {} ({length} bytes)", request.index)?;
        }
        Ok(())
    }
}

/// A value that says to which key it belongs, who wrote it, and in which of its operations: over
/// and over.
fn stamped(key: &str, writer: usize, sequence: usize, length: usize) -> Vec<u8> {
    let stamp = format!("{key} by {writer} in {sequence};");
    let mut value = stamp.repeat(length / stamp.len() + 1);
    value.truncate(length.max(stamp.len()));
    value.into_bytes()
}
