//! The meta verbs with every flag that memcached knows, by names that say what they do.
//!
//! The commands one level up are what most programs want: they are the same in every protocol. These
//! are for what only the meta protocol can do; in the others they are
//! [`Unsupported`](ErrorKind::Unsupported), and so is, where the server's
//! [version](crate::Dialect) is known, what that version lacks. Keys of any bytes are those of
//! [`Key::encoded`](crate::Key::encoded).
//!
//! | letter | [`Get`] | [`Set`] | [`Delete`] | [`Count`] |
//! |---|---|---|---|---|
//! | `C` | [`unless_cas`](Get::unless_cas) | [`compare`](Set::compare) | [`compare`](Delete::compare) | [`compare`](Count::compare) |
//! | `E` | [`choose_cas`](Get::choose_cas) | [`choose_cas`](Set::choose_cas) | [`choose_cas`](Delete::choose_cas) | [`choose_cas`](Count::choose_cas) |
//! | `F` | | [`flags`](Set::flags) | | |
//! | `I` | | [`invalidate`](Set::invalidate) | [`invalidate`](Delete::invalidate) | |
//! | `D`, `J` | | | | [`up`](Count::up), [`or_initial`](Count::or_initial) |
//! | `M` | | [`add`](Set::add) and its like | | [`down`](Count::down) |
//! | `N` | [`vivify`](Get::vivify) | [`or_create`](Set::or_create) | | [`or_initial`](Count::or_initial) |
//! | `R` | [`recache`](Get::recache) | | | |
//! | `T` | [`touch`](Get::touch) | [`expiry`](Set::expiry) | [`invalidate_until`](Delete::invalidate_until) | [`touch`](Count::touch) |
//! | `u` | [`without_bump`](Get::without_bump) | | | |
//! | `x` | | | [`only_value`](Delete::only_value) | |
//! | `c f h k l s t v` | `with_...` | `with_...` | `with_...` | `with_...` |
//!
//! `b`, `O` and `S` are written where they are needed, `q` is left to
//! [batches](crate::command::Batch), and `P` and `L` mean nothing to a server.

mod count;
mod debug;
mod delete;
mod get;
mod set;

pub use count::Count;
pub use debug::{Debug, Details};
pub use delete::Delete;
pub use get::Get;
pub use set::Set;

use core::fmt;

use super::Item;
use crate::decimal::Decimal;
use crate::error::ErrorKind;
use crate::wire::{Encoder, Feature, Frame, Protocol, Status, digits, padded_number, returned};

/// What a server answers to a meta verb.
///
/// What was not asked for is `None`, and so is what the server does not tell. The rare flags are
/// looked for in the reply's line when they are asked for here.
#[derive(Clone, Copy, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[must_use = "the outcome may not be the wished one"]
pub struct Answer<'b> {
    outcome: Outcome,
    value: Option<&'b [u8]>,
    flags: u32,
    cas: u64,
    line: &'b [u8],
}

/// How a meta verb went.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Outcome {
    /// It was done.
    Done,
    /// There is no such item.
    NotFound,
    /// A condition of the verb did not hold.
    NotStored,
    /// The item has another CAS value.
    Exists,
}

/// How long an item has left to live.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum TimeToLive {
    /// Until it is removed or evicted.
    Unlimited,
    /// So many seconds.
    Seconds(u32),
}

impl<'b> Answer<'b> {
    fn of(frame: &Frame<'b>) -> Result<Self, ErrorKind> {
        let (outcome, value) = match frame.status() {
            Status::Ok => (Outcome::Done, None),
            Status::Value => (Outcome::Done, Some(frame.data()?)),
            Status::NotFound => (Outcome::NotFound, None),
            Status::NotStored => (Outcome::NotStored, None),
            Status::Exists => (Outcome::Exists, None),
            _ => return Err(frame.unexpected()),
        };
        Ok(Self {
            outcome,
            value,
            flags: frame.flags(),
            cas: frame.cas().unwrap_or(0),
            line: frame.line(),
        })
    }

    /// How it went.
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// `v`: the value.
    pub fn value(&self) -> Option<&'b [u8]> {
        self.value
    }

    /// The value as the number that counting answers.
    pub fn number(&self) -> Option<u64> {
        padded_number(self.value?)
    }

    /// The value with its flags and CAS value, as far as they were asked for.
    pub fn item(&self) -> Option<Item<'b>> {
        Some(Item {
            value: self.value?,
            flags: self.flags,
            cas: self.cas(),
        })
    }

    /// `f`: the item's client flags; 0 if they were not asked for.
    pub fn flags(&self) -> u32 {
        self.flags
    }

    /// `c`: the item's CAS value.
    pub fn cas(&self) -> Option<u64> {
        (self.cas != 0).then_some(self.cas)
    }

    /// `t`: how long the item has left to live.
    pub fn time_to_live(&self) -> Option<TimeToLive> {
        time_to_live(self.returned(b't')?)
    }

    /// `l`: the seconds since the item was accessed last.
    pub fn last_access(&self) -> Option<u32> {
        number(self.returned(b'l')?)
    }

    /// `h`: whether the item was got before since it was stored.
    pub fn hit_before(&self) -> Option<bool> {
        Some(self.returned(b'h')? == b"1")
    }

    /// `s`: the size of the item's value in bytes.
    pub fn size(&self) -> Option<u32> {
        number(self.returned(b's')?)
    }

    /// `k`: the item's key as it travels: with the connection's prefix, and as base64 if it was
    /// [stored so](Self::is_key_encoded).
    pub fn key(&self) -> Option<&'b [u8]> {
        self.returned(b'k')
    }

    /// `b`: whether the key is base64.
    pub fn is_key_encoded(&self) -> bool {
        self.returned(b'b').is_some()
    }

    /// `W`: whether this is the one caller who is to compute the value and to store it. It is told
    /// to no other until then.
    pub fn is_won(&self) -> bool {
        self.returned(b'W').is_some()
    }

    /// `X`: whether the item was marked as stale.
    pub fn is_stale(&self) -> bool {
        self.returned(b'X').is_some()
    }

    /// `Z`: whether another caller was told to compute the value, and has not stored it yet.
    pub fn is_taken(&self) -> bool {
        self.returned(b'Z').is_some()
    }

    fn returned(&self, flag: u8) -> Option<&'b [u8]> {
        returned(self.line, flag)
    }
}

impl fmt::Debug for Answer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.outcome)?;
        if let Some(item) = self.item() {
            write!(f, ", {item:?}")?;
        }
        write!(f, " of \"{}\"", self.line.escape_ascii())
    }
}

/// Flags that are a letter and nothing else, small ones.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Letters(u32);

impl Letters {
    const fn with(self, letter: u8) -> Self {
        Self(self.0 | Self::bit(letter))
    }

    const fn has(self, letter: u8) -> bool {
        self.0 & Self::bit(letter) != 0
    }

    const fn bit(letter: u8) -> u32 {
        1_u32.wrapping_shl(letter as u32)
    }

    fn write(self, out: &mut Encoder<'_, '_>) {
        for letter in b'a'..=b'z' {
            if self.has(letter) {
                out.bytes(&[b' ', letter]);
            }
        }
    }
}

/// The flags that compare and choose CAS values, which every verb has.
#[derive(Clone, Copy, Debug, Default)]
struct Cas {
    compare: Option<Decimal>,
    choose: Option<Decimal>,
}

impl Cas {
    fn compare(self, cas: u64) -> Self {
        Self {
            compare: Some(Decimal(cas)),
            ..self
        }
    }

    fn choose(self, cas: u64) -> Self {
        Self {
            choose: Some(Decimal(cas)),
            ..self
        }
    }

    fn write(self, out: &mut Encoder<'_, '_>) {
        if let Some(Decimal(cas)) = self.compare {
            out.number(b" C", cas);
        }
        if let Some(Decimal(cas)) = self.choose {
            out.needs(Feature::ChosenCas).number(b" E", cas);
        }
    }
}

/// Whether meta verbs can be written; else that is remembered.
fn speaks_meta(out: &mut Encoder<'_, '_>) -> bool {
    let speaks = out.protocol() == Protocol::Meta;
    if !speaks {
        out.unsupported("meta verbs, but by Protocol::Meta");
    }
    speaks
}

fn number(token: &[u8]) -> Option<u32> {
    let mut rest = token;
    let number = digits(&mut rest).filter(|_| rest.is_empty())?;
    number.try_into().ok()
}

fn time_to_live(token: &[u8]) -> Option<TimeToLive> {
    if token == b"-1" {
        return Some(TimeToLive::Unlimited);
    }
    number(token).map(TimeToLive::Seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::command::check::check;
    use crate::key::Key;

    #[test]
    fn only_in_the_meta_protocol() {
        fn refused(command: &impl for<'b> Command<Reply<'b>: fmt::Debug>) {
            for protocol in [Protocol::Text, Protocol::Binary] {
                let text = "Err(Unsupported(\"meta verbs, but by Protocol::Meta\"), NotSent)";
                check(protocol, command, b"", b"", text);
            }
        }
        let key = Key::new("k").unwrap();
        refused(&Get::new(key));
        refused(&Set::new(key, b"x"));
        refused(&Delete::new(key));
        refused(&Count::up(key, 1));
        refused(&Debug::new(key));
    }

    #[test]
    fn what_the_line_says() {
        let answer = |line| Answer {
            outcome: Outcome::Done,
            value: None,
            flags: 0,
            cas: 0,
            line,
        };
        let all = answer(b"VA 1 s9 c1 f0 h1 l7 t-1 kt5 b Oq W X Z");
        assert_eq!(all.size(), Some(9));
        assert_eq!(all.hit_before(), Some(true));
        assert_eq!(all.last_access(), Some(7));
        assert_eq!(all.time_to_live(), Some(TimeToLive::Unlimited));
        assert_eq!(all.key(), Some(&b"t5"[..]));
        assert!(all.is_key_encoded() && all.is_won() && all.is_stale() && all.is_taken());

        // Nothing is taken from the length or from within another's token.
        let none = answer(b"HD kWXZ OsW");
        assert_eq!(none.size(), None);
        assert_eq!(none.hit_before(), None);
        assert_eq!(none.last_access(), None);
        assert_eq!(none.time_to_live(), None);
        assert!(!none.is_key_encoded() && !none.is_won() && !none.is_stale() && !none.is_taken());

        assert_eq!(
            answer(b"HD t30").time_to_live(),
            Some(TimeToLive::Seconds(30))
        );
        for line in [&b"HD t"[..], b"HD t-2", b"HD tx", b"HD t4294967296"] {
            assert_eq!(answer(line).time_to_live(), None);
        }
    }
}
