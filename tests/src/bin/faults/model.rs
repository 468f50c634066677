//! What a memcached answers to one request, and what it holds then.

use minimc::ErrorKind;
use minimc_tests::outcome::{Answer, answer, yes};

use crate::server::{ITEM_LIMIT, State};

/// A request without its key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Verb {
    Get,
    Set(Vec<u8>),
    Add(Vec<u8>),
    Append(Vec<u8>),
    /// With the number that the item has, or with another.
    Cas(Vec<u8>, bool),
    Delete,
    Incr(u64),
    Touch,
}

impl Verb {
    pub(crate) fn writes(&self) -> bool {
        *self != Self::Get
    }

    /// What it stores.
    pub(crate) fn value(&self) -> Option<&[u8]> {
        match self {
            Self::Set(value) | Self::Add(value) | Self::Append(value) | Self::Cas(value, _) => {
                Some(value)
            }
            Self::Get | Self::Delete | Self::Incr(_) | Self::Touch => None,
        }
    }

    /// Whether the server refuses the value. It removes the item when it has seen the head of such
    /// a request.
    pub(crate) fn is_too_large(&self) -> bool {
        matches!(self, Self::Set(value) if value.len() > ITEM_LIMIT)
    }

    /// What it is answered.
    pub(crate) fn answer(&self, state: &State) -> Result<Answer, ErrorKind> {
        let is_there = state.is_some();
        match self {
            Self::Get => Ok(answer(state.as_deref())),
            Self::Set(_) if self.is_too_large() => Err(ErrorKind::TooLarge),
            Self::Set(_) => Ok(Answer::Yes),
            Self::Add(_) => Ok(yes(!is_there)),
            Self::Cas(_, is_right) => Ok(yes(is_there && *is_right)),
            Self::Append(_) | Self::Delete | Self::Touch => Ok(yes(is_there)),
            Self::Incr(delta) => match state {
                Some(bytes) => Ok(Answer::Number(number(bytes) + delta)),
                None => Err(ErrorKind::NotFound),
            },
        }
    }

    /// What is there when it was carried out.
    pub(crate) fn after(&self, state: &State) -> State {
        match (self, self.answer(state)) {
            (Self::Set(_), Err(_)) | (Self::Delete, _) => None,
            (Self::Set(value) | Self::Add(value) | Self::Cas(value, _), Ok(Answer::Yes)) => {
                Some(value.clone())
            }
            (Self::Append(more), Ok(Answer::Yes)) => {
                let mut value = state.clone().unwrap_or_default();
                value.extend_from_slice(more);
                Some(value)
            }
            (Self::Incr(_), Ok(Answer::Number(number))) => Some(number.to_string().into_bytes()),
            _ => state.clone(),
        }
    }
}

fn number(bytes: &[u8]) -> u64 {
    let digits = std::str::from_utf8(bytes).expect("digits");
    digits.parse().expect("a number")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_and_what_is_there_then() {
        let value = |text: &str| Some(text.as_bytes().to_vec());
        let x = || b"x".to_vec();
        let large = vec![b'x'; ITEM_LIMIT + 1];
        for (verb, state, answer, after) in [
            (
                Verb::Get,
                value("a"),
                Ok(Answer::Value(b"a".into())),
                value("a"),
            ),
            (Verb::Get, None, Ok(Answer::Miss), None),
            (Verb::Set(x()), None, Ok(Answer::Yes), value("x")),
            (Verb::Set(large), value("a"), Err(ErrorKind::TooLarge), None),
            (Verb::Add(x()), None, Ok(Answer::Yes), value("x")),
            (Verb::Add(x()), value("a"), Ok(Answer::No), value("a")),
            (Verb::Append(x()), value("a"), Ok(Answer::Yes), value("ax")),
            (Verb::Append(x()), None, Ok(Answer::No), None),
            (
                Verb::Cas(x(), true),
                value("a"),
                Ok(Answer::Yes),
                value("x"),
            ),
            (
                Verb::Cas(x(), false),
                value("a"),
                Ok(Answer::No),
                value("a"),
            ),
            (Verb::Cas(x(), true), None, Ok(Answer::No), None),
            (Verb::Delete, value("a"), Ok(Answer::Yes), None),
            (Verb::Delete, None, Ok(Answer::No), None),
            (
                Verb::Incr(3),
                value("9"),
                Ok(Answer::Number(12)),
                value("12"),
            ),
            (Verb::Incr(3), None, Err(ErrorKind::NotFound), None),
            (Verb::Touch, value("a"), Ok(Answer::Yes), value("a")),
            (Verb::Touch, None, Ok(Answer::No), None),
        ] {
            assert_eq!(verb.answer(&state), answer, "{verb:?}");
            assert_eq!(verb.after(&state), after, "{verb:?}");
        }
    }
}
