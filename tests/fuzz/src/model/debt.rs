//! A call whose reply is owed, and what that reply must be.

use std::collections::VecDeque;

use minimc_core::{Connection, Error, ErrorKind, Fate, Protocol, Storage};

use super::call::{Call, MANY};
use super::driven::STORAGE;
use crate::grammar::What;
use crate::grammar::reply::Meaning;
use crate::store::Store;

/// A call whose reply is owed.
pub(super) struct Debt<'c> {
    pub(super) call: &'c Call,
    /// How far the connection says that a batch is; nothing where it is none, or was lost.
    pub(super) batch: Option<minimc_core::Progress>,
    /// How many of a batch's outcomes were handed out.
    pub(super) told: usize,
    /// As a server reads it.
    pub(super) what: Vec<What>,
    /// The bytes of the request; of those in front of a value outside the storage, and with it.
    pub(super) length: usize,
    pub(super) until_gap: usize,
    pub(super) until_tail: usize,
    /// What it is answered, once that is known; of a batch with the index of the key.
    pub(super) answers: Option<VecDeque<(usize, Meaning)>>,
    pub(super) progress: Progress,
}

#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Progress {
    Waiting,
    /// So much of the value was handed out.
    InPieces(Vec<u8>),
    /// Its meaning is known, its rest is passed over.
    Rest,
    Abandoned,
}

impl Debt<'_> {
    /// Checks what was taken, of a batch for this key; whether that was all of it, not a value that
    /// is too large.
    pub(super) fn is_answered(&mut self, index: usize, taken: Result<Meaning, Error>) -> bool {
        let (place, answer) = self.answers.as_mut().unwrap().pop_front().unwrap();
        assert_eq!(index, place);
        self.told += 1;
        match (taken, answer) {
            (Ok(Meaning::Done), Meaning::Version(_)) => true,
            (Ok(taken), answer) => {
                assert_eq!(taken, answer);
                true
            }
            (Err(error), Meaning::NotFound) => {
                assert_eq!(error.kind(), ErrorKind::NotFound);
                true
            }
            (Err(error), Meaning::Item(item)) => {
                let size = item.value.len() as u32;
                assert_eq!(error.kind(), ErrorKind::ReplyTooLarge { size });
                assert!(item.value.len() + 70 > STORAGE);
                false
            }
            (Err(error), answer) => panic!("{error:?} for {answer:?}"),
        }
    }

    /// Loses a batch: each key that was not told is told its own fate. Whether a part of it `has_left`
    /// is known.
    pub(super) fn lose<S: Storage, const N: usize>(
        &mut self,
        connection: &mut Connection<S, N>,
        has_left: bool,
    ) {
        let (Call::Many(many), Some(mut progress)) = (self.call, self.batch.take()) else {
            return;
        };
        let mut lost = vec![];
        connection.lose(&mut progress, ErrorKind::Closed);
        while connection.item_arrived(many, &mut progress).unwrap() {
            let (index, outcome) = connection.item(many, &mut progress).unwrap();
            let error = outcome.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Closed);
            // Of what may have left it is never told that it has not.
            let is_queued = index < progress.queued();
            assert!(is_queued || error.fate() == Fate::NotSent);
            assert!(!is_queued || !has_left || error.fate() == Fate::Unknown);
            lost.push(index);
        }
        assert_eq!(lost.len() + self.told, MANY.len());
        assert!(lost.is_sorted_by(|one, next| one < next));
        if let Some(answers) = &self.answers {
            assert!(answers.iter().all(|(index, _)| lost.contains(index)));
        }
    }
}

/// What the server answers, as the call is told it.
pub(super) fn answers(
    store: &mut Store,
    protocol: Protocol,
    debt: &Debt<'_>,
) -> VecDeque<(usize, Meaning)> {
    let is_many = matches!(debt.call, Call::Many(_));
    let has_cas =
        |what: &What| protocol == Protocol::Binary || matches!(what, What::Get { cas: true, .. });
    let (mut answers, mut misses) = (VecDeque::new(), vec![]);
    for what in &debt.what {
        for mut meaning in store.answers(what) {
            if let Meaning::Item(item) = &mut meaning {
                item.key = item.key.take().filter(|_| is_many);
                item.cas = item.cas.filter(|_| has_cas(what));
            }
            let index = answers.len() + misses.len();
            match (is_many, &meaning) {
                // What is behind the keys has no outcome.
                (true, Meaning::Done) => {}
                // With the end of all it is known what is not there.
                (true, Meaning::NotFound) => misses.push((index, meaning)),
                _ => answers.push_back((index, meaning)),
            }
        }
    }
    answers.extend(misses);
    answers
}
