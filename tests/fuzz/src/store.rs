//! What a server does with requests, apart from any wire: items, and the meaning of its answers.

use std::collections::HashMap;

use crate::grammar::reply::{self, Meaning};
use crate::grammar::{Mode, What};

/// The items of a server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Store {
    items: HashMap<Vec<u8>, Item>,
    clock: u64,
}

#[derive(Clone, Debug)]
struct Item {
    value: Vec<u8>,
    flags: u32,
    cas: u64,
}

impl Store {
    pub(crate) fn with(items: &[(&str, &[u8])]) -> Self {
        let mut store = Self::default();
        for (key, value) in items {
            store.put(key.as_bytes(), value.to_vec(), 0);
        }
        store
    }

    /// Carries out a request; the meaning of its answer, or of each of its answers.
    pub(crate) fn answers(&mut self, what: &What) -> Vec<Meaning> {
        match what {
            What::Get { keys, .. } => keys.iter().map(|key| self.item(key)).collect(),
            What::Store {
                mode,
                key,
                value,
                new,
            } => vec![self.store(*mode, key, value, *new)],
            What::Count { key, up, delta, .. } => vec![self.count(key, *up, *delta)],
            What::Delete { key } => vec![was_there(self.items.remove(key).is_some())],
            What::Touch { key, .. } | What::Exists { key } => {
                vec![was_there(self.items.contains_key(key))]
            }
            What::Version => vec![Meaning::Version(b"1.6.18".to_vec())],
            What::Noop => vec![Meaning::Done],
            What::DeleteCas { .. }
            | What::Lease { .. }
            | What::Verb { .. }
            | What::Debug { .. }
            | What::FlushAll { .. } => panic!("no session asks it: {what:?}"),
        }
    }

    fn put(&mut self, key: &[u8], value: Vec<u8>, flags: u32) {
        self.clock += 1;
        let cas = self.clock;
        self.items.insert(key.to_vec(), Item { value, flags, cas });
    }

    fn item(&self, key: &[u8]) -> Meaning {
        self.items.get(key).map_or(Meaning::NotFound, |item| {
            Meaning::Item(reply::Item {
                key: Some(key.to_vec()),
                value: item.value.clone(),
                flags: item.flags,
                cas: Some(item.cas),
            })
        })
    }

    fn store(&mut self, mode: Mode, key: &[u8], value: &[u8], new: Option<(u32, u32)>) -> Meaning {
        let (old, flags) = (self.items.get(key), new.map_or(0, |(flags, _)| flags));
        let (value, flags) = match (mode, old) {
            (Mode::Add, Some(_)) => return Meaning::NotStored,
            (Mode::Replace | Mode::Append | Mode::Prepend, None) => return Meaning::NotStored,
            (Mode::Cas(_), None) => return Meaning::NotFound,
            (Mode::Cas(cas), Some(old)) if old.cas != cas => return Meaning::Exists,
            (Mode::Append, Some(old)) => ([&old.value, value].concat(), old.flags),
            (Mode::Prepend, Some(old)) => ([value, &old.value].concat(), old.flags),
            _ => (value.to_vec(), flags),
        };
        self.put(key, value, flags);
        Meaning::Done
    }

    fn count(&mut self, key: &[u8], up: bool, delta: u64) -> Meaning {
        let Some(old) = self.items.get(key) else {
            return Meaning::NotFound;
        };
        let number = String::from_utf8_lossy(&old.value).parse::<u64>().unwrap();
        let (flags, number) = match up {
            true => (old.flags, number.wrapping_add(delta)),
            false => (old.flags, number.saturating_sub(delta)),
        };
        self.put(key, number.to_string().into_bytes(), flags);
        Meaning::Number(number)
    }
}

fn was_there(there_was_one: bool) -> Meaning {
    if there_was_one {
        Meaning::Done
    } else {
        Meaning::NotFound
    }
}
