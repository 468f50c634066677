//! Whether what a client was told is true, of the answers and of the fates of its writes.

use minimc::{Error, ErrorKind, Fate};

use crate::carry::Told;
use crate::ledger::{Ledger, brief, name};
use crate::operation::{Operation, Request};
use crate::server::{Era, State, Truth};
use crate::table::Row;

/// No reply has more bytes around its value.
const LONGEST_HEAD: usize = 400;

/// Judges one operation, with what is known of it.
#[derive(Debug)]
pub(crate) struct Judge<'a> {
    pub(crate) ledger: &'a mut Ledger,
    pub(crate) truth: &'a mut Truth,
    /// When it began, and when it ended.
    pub(crate) eras: (Era, Era),
    /// A reply was repeated or swapped that bears nothing: a wrong answer may be its fault.
    pub(crate) is_misled: bool,
    /// The largest value that the client can hold whole.
    pub(crate) whole: usize,
    pub(crate) row: &'a mut Row,
    pub(crate) what: &'a str,
    pub(crate) verdict: Verdict,
}

/// What is known of replies that were repeated or swapped.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Verdict {
    /// A reply that is another's or none was found out.
    pub(crate) found_out: bool,
    /// A wrong answer was told, and replies that bear nothing were the cause.
    pub(crate) misled: bool,
}

impl Judge<'_> {
    /// Compares what was told of an operation's requests with what must be, and what the server
    /// holds with what was told. `None` where the call was given up.
    pub(crate) fn judge(mut self, operation: &Operation, told: Option<&[Told]>) -> Verdict {
        let asked = operation.requests.len();
        if let Some(told) = told.filter(|told| told.len() != asked) {
            self.row.wrong += 1;
            let what = self.what;
            self.row
                .problem(|| format!("wrong: {asked} asked, {} told: {what}", told.len()));
        }
        for (index, request) in operation.requests.iter().enumerate() {
            if self.ledger.key(request.index) != request.key {
                // Retired by a request before.
                continue;
            }
            match told.map(|told| &told[index]) {
                Some(None) => {}
                Some(Some(Ok(answer))) => {
                    let is_right =
                        |state: &State| request.verb.answer(state).as_ref() == Ok(answer);
                    self.answer(request, is_right, || format!("{answer:?}"));
                }
                Some(Some(Err(error))) => self.error(request, error),
                None if request.verb.writes() => {
                    let allowed = self.ledger.ends(request, self.is_steady());
                    self.ledger
                        .retire(request, allowed, self.eras.0, "given up", self.what);
                }
                None => {}
            }
        }
        self.verdict
    }

    /// Whether the server was there all the time.
    fn is_steady(&self) -> bool {
        self.eras.0 == self.eras.1 && self.eras.0.is_up()
    }

    fn answer(
        &mut self,
        request: &Request,
        is_right: impl Fn(&State) -> bool,
        told: impl FnOnce() -> String,
    ) {
        let starts = self.ledger.starts(request, self.is_steady());
        let right = starts.iter().filter(|state| is_right(state));
        let mut ends: Vec<State> = right.map(|state| request.verb.after(state)).collect();
        if ends.is_empty() {
            self.wrong(request, told);
        } else if self.is_steady() {
            self.ledger.set(request, ends.swap_remove(0));
        } else if request.verb.writes() {
            ends.push(None);
            self.confirm(request, ends, false, "carried out");
        }
    }

    fn wrong(&mut self, request: &Request, told: impl FnOnce() -> String) {
        if self.is_misled {
            self.verdict.misled = true;
        } else {
            self.row.wrong += 1;
            let must = request.verb.answer(self.ledger.state(request));
            let (name, key, what) = (name(request), &request.key, self.what);
            self.row.problem(|| {
                format!(
                    "wrong: {name} under {key}: {}, not {must:?}: {what}",
                    told()
                )
            });
        }
        let allowed = self.ledger.ends(request, false);
        self.ledger
            .retire(request, allowed, self.eras.0, "told wrong", self.what);
    }

    fn error(&mut self, request: &Request, error: &Error) {
        let kind = error.kind();
        self.verdict.found_out |= is_found_out(kind);
        if is_servers(kind) {
            let is_right = |state: &State| request.verb.answer(state) == Err(kind);
            let starts = self.ledger.starts(request, self.is_steady());
            if !starts.iter().any(is_right) {
                return self.wrong(request, || error.to_string());
            }
        }
        if let ErrorKind::ReplyTooLarge { size } = kind
            && !self.is_too_large(request, size as usize)
        {
            return self.wrong(request, || error.to_string());
        }
        if request.verb.writes() {
            self.fate(request, error);
        }
    }

    /// Whether the value may have that size, and the client cannot hold it.
    fn is_too_large(&self, request: &Request, size: usize) -> bool {
        let starts = self.ledger.starts(request, self.is_steady());
        let mut sizes = starts.iter().flatten().map(Vec::len);
        sizes.any(|length| length == size) && size + LONGEST_HEAD > self.whole
    }

    fn fate(&mut self, request: &Request, error: &Error) {
        let mut allowed = match error.fate() {
            Fate::NotSent | Fate::Refused => self.ledger.starts(request, self.is_steady()),
            Fate::RefusedAndGone => vec![None],
            Fate::Unknown => self.ledger.ends(request, self.is_steady()),
        };
        // As the fate's documentation says: this server's limit is below the client's, and what it
        // has seen of the request may come to it late.
        let may_be_gone = request.verb.is_too_large() && error.fate() == Fate::NotSent;
        if may_be_gone {
            allowed.push(None);
        }
        self.row.count_fate(error.fate());
        let is_unknown = error.fate() == Fate::Unknown;
        let may_come = is_unknown || may_be_gone;
        let before = self.ledger.state(request).clone();
        match self.confirm(request, allowed, may_come, &error.to_string()) {
            Some(truth) if is_unknown && truth != before => self.row.unknown_done += 1,
            _ => {}
        }
    }

    /// Asks the server whether it holds what it must, and retires the key; what it holds, if that
    /// is so. It `may_come` to what the request asks for later.
    fn confirm(
        &mut self,
        request: &Request,
        mut allowed: Vec<State>,
        mut may_come: bool,
        why: &str,
    ) -> Option<State> {
        let (truth, era) = self.truth.ask(&request.key);
        if era != self.eras.0 {
            allowed.push(None);
        }
        let before = self.ledger.state(request).clone();
        let is_confirmed = allowed.contains(&truth);
        if is_confirmed {
            self.row.confirmed += 1;
        } else if self.is_misled && self.ledger.ends(request, false).contains(&truth) {
            // The answer was another's that happened to be the same; its own is still to come.
            self.verdict.misled = true;
            may_come = true;
        } else {
            self.row.unconfirmed += 1;
            let (name, key, what) = (name(request), &request.key, self.what);
            let (holds, held) = (brief(&truth), brief(&before));
            self.row.problem(|| {
                format!(
                    "false: {name} under {key}, {why}: there is {holds}, and was {held}: {what}"
                )
            });
        }
        let mut now = vec![truth.clone()];
        if may_come && truth == before {
            now.push(request.verb.after(&before));
        }
        self.ledger.retire(request, now, era, why, self.what);
        is_confirmed.then_some(truth)
    }
}

/// Whether the error says that a reply was not the one that was owed.
pub(crate) fn is_found_out(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Malformed | ErrorKind::Mismatched | ErrorKind::Unsolicited | ErrorKind::Closed
    )
}

/// Whether the error is what the server answered.
pub(crate) fn is_servers(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::NotFound
            | ErrorKind::NotNumeric
            | ErrorKind::Server
            | ErrorKind::Client
            | ErrorKind::Command
            | ErrorKind::Unsupported(_)
            | ErrorKind::OutOfMemory
            | ErrorKind::TooLarge
            | ErrorKind::Uncompared
            | ErrorKind::Unconfirmed
            | ErrorKind::TooManyConnections
            | ErrorKind::Unauthenticated
    )
}
