//! A call whose reply is owed, and what that reply must be.

use std::collections::VecDeque;

use minimc_core::command::GetMany;
use minimc_core::{Error, ErrorKind, Protocol};

use super::call::Call;
use super::driven::STORAGE;
use crate::grammar::What;
use crate::grammar::reply::Meaning;
use crate::store::Store;

/// A call whose reply is owed.
pub(super) struct Debt<'c> {
    pub(super) call: &'c Call,
    pub(super) batch: Option<GetMany<'static, &'static str>>,
    /// As a server reads it.
    pub(super) what: Vec<What>,
    /// The bytes of the request; of those in front of a value outside the storage, and with it.
    pub(super) length: usize,
    pub(super) until_gap: usize,
    pub(super) until_tail: usize,
    /// What it is answered, once that is known.
    pub(super) answers: Option<VecDeque<Meaning>>,
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
    /// Checks what was taken; whether that was all of it, not a value that is too large.
    pub(super) fn is_answered(&mut self, taken: Result<Meaning, Error>) -> bool {
        let answer = self.answers.as_mut().unwrap().pop_front().unwrap();
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
}

/// What the server answers, as the call is told it.
pub(super) fn answers(store: &mut Store, protocol: Protocol, debt: &Debt<'_>) -> VecDeque<Meaning> {
    let is_many = debt.batch.is_some();
    let has_cas =
        |what: &What| protocol == Protocol::Binary || matches!(what, What::Get { cas: true, .. });
    let mut answers = VecDeque::new();
    for what in &debt.what {
        for mut meaning in store.answers(what) {
            if let Meaning::Item(item) = &mut meaning {
                item.key = item.key.take().filter(|_| is_many);
                item.cas = item.cas.filter(|_| has_cas(what));
            }
            if !is_many || matches!(meaning, Meaning::Item(_)) {
                answers.push_back(meaning);
            }
        }
    }
    if is_many {
        answers.push_back(Meaning::End);
    }
    answers
}
