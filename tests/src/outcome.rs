//! What became of a call, request by request, whatever the command.

use minimc::command::Stored;
use minimc::{Client, Error, Fate, Storage, Transport};

/// What became of one request of a call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Outcome {
    /// Its key.
    pub key: String,
    /// Whether it asks for a change.
    pub writes: bool,
    /// The answer.
    pub result: Result<Answer, Error>,
}

/// An answer, whatever the command.
#[derive(Clone, Eq, PartialEq)]
#[allow(missing_docs, reason = "they say it")]
pub enum Answer {
    Value(Vec<u8>),
    Miss,
    Yes,
    No,
    Number(u64),
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Value(value) => {
                let start = value[..value.len().min(20)].escape_ascii();
                write!(f, "{} bytes \"{start}\"", value.len())
            }
            Self::Miss => f.write_str("a miss"),
            Self::Yes => f.write_str("yes"),
            Self::No => f.write_str("no"),
            Self::Number(number) => write!(f, "{number}"),
        }
    }
}

/// Gets a value in pieces; `pace` is told of each.
pub async fn pieces<T: Transport, S: Storage, const N: usize>(
    key: &str,
    client: &mut Client<T, S, N>,
    mut pace: impl FnMut(),
) -> Result<Answer, Error> {
    let Some(mut stream) = client.open(key).await? else {
        return Ok(Answer::Miss);
    };
    let mut bytes = Vec::new();
    pace();
    while let Some(piece) = stream.next().await? {
        assert!(!piece.is_empty());
        bytes.extend_from_slice(piece);
        pace();
    }
    assert_eq!(bytes.len(), stream.entry().length as usize);
    Ok(Answer::Value(bytes))
}

/// Gets many items; `pace` is told of each.
///
/// # Panics
///
/// If a key has no outcome, or another one than the client was asked for, or more than one.
pub async fn many<T: Transport, S: Storage, const N: usize>(
    keys: &[String],
    client: &mut Client<T, S, N>,
    mut pace: impl FnMut(),
) -> Vec<Outcome> {
    let mut items = match client.get_many(keys).await {
        Ok(items) => items,
        Err(error) => {
            let outcome = |key: &String| read(key.clone(), Err(error));
            return keys.iter().map(outcome).collect();
        }
    };
    let mut told = vec![None; keys.len()];
    while let Some((key, item)) = items.next().await {
        let index = place(keys, key);
        let result = item.map(|item| answer(item.map(|item| item.value)));
        let before = told[index].replace(read(key.clone(), result));
        assert_eq!(before, None, "{key} was told twice");
        pace();
    }
    // What was told once is over.
    assert!(items.next().await.is_none());
    let all: Option<Vec<_>> = told.into_iter().collect();
    all.expect("a key without an outcome")
}

/// Which of the keys that were given this one is.
///
/// # Panics
///
/// If it is none of them, but for instance one that reads the same.
pub fn place(keys: &[String], key: &String) -> usize {
    let index = keys.iter().position(|given| std::ptr::eq(given, key));
    index.expect("a key as it was given")
}

/// What became of each of many commands, from the results that
/// [`call_each`](Client::call_each) told and how it ended; those that nothing was said of share the
/// call's own error.
pub fn each(
    keys: &[String],
    mut results: Vec<Result<Answer, Error>>,
    end: Result<(), Error>,
    kind: fn(String, Result<Answer, Error>) -> Outcome,
) -> Vec<Outcome> {
    match end {
        Ok(()) => assert_eq!(results.len(), keys.len(), "commands without an outcome"),
        Err(error) => {
            assert_eq!(error.fate(), Fate::NotSent);
            assert!(results.len() < keys.len(), "an error that concerns none");
            results.resize(keys.len(), Err(error));
        }
    }
    let pairs = keys.iter().zip(results);
    pairs
        .map(|(key, result)| kind(key.clone(), result))
        .collect()
}

/// The outcome of a request that changes nothing.
pub fn read(key: String, result: Result<Answer, Error>) -> Outcome {
    Outcome {
        key,
        writes: false,
        result,
    }
}

/// The outcome of a request for a change.
pub fn write(key: String, result: Result<Answer, Error>) -> Outcome {
    Outcome {
        key,
        writes: true,
        result,
    }
}

/// A value, or a miss.
pub fn answer(value: Option<&[u8]>) -> Answer {
    value.map_or(Answer::Miss, |value| Answer::Value(value.to_vec()))
}

/// Whether the value was stored.
pub fn stored(stored: Stored) -> Answer {
    yes(stored == Stored::Stored)
}

/// Yes or no.
pub fn yes(is: bool) -> Answer {
    if is { Answer::Yes } else { Answer::No }
}
