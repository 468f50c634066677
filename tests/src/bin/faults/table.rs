//! What is counted, and the table of it.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use minimc::{ErrorKind, Fate, Protocol};

use crate::fault::Kind;
use crate::judge::is_servers;

/// Which colour a client has.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Colour {
    Blocking,
    Tokio,
}

/// The counts of one fault, protocol and colour.
#[derive(Debug, Default)]
pub(crate) struct Row {
    pub(crate) operations: usize,
    pub(crate) ok: usize,
    /// Calls that were dropped.
    pub(crate) given_up: usize,
    /// Operations that failed: because the connection was lost, the deadline passed, a reply was
    /// none or another's, the server refused, or for another reason.
    lost: usize,
    timed_out: usize,
    found_out: usize,
    refused: usize,
    other: usize,
    /// The fates that failed writes were told.
    not_sent: usize,
    fate_refused: usize,
    gone: usize,
    unknown: usize,
    /// How many of the unknown were found carried out.
    pub(crate) unknown_done: usize,
    pub(crate) confirmed: usize,
    pub(crate) unconfirmed: usize,
    /// Keys that did not hold at the end what they had to.
    pub(crate) late: usize,
    /// Replies that were repeated or swapped: found out before anybody was told wrong; not so, with
    /// nothing in them that names their request; and not so, although there was.
    pub(crate) detected: usize,
    pub(crate) undetected: usize,
    pub(crate) missed: usize,
    /// Operations that failed although nothing struck them, and at most the one before was given up.
    pub(crate) spoilt: usize,
    pub(crate) wrong: usize,
    pub(crate) hangs: usize,
    problems: Vec<String>,
}

impl Row {
    /// Keeps what is wrong, to be printed; the first few times.
    pub(crate) fn problem(&mut self, problem: impl FnOnce() -> String) {
        if self.problems.len() < 5 {
            self.problems.push(problem());
        }
    }

    pub(crate) fn count_failure(&mut self, kind: ErrorKind) {
        let count = match kind {
            ErrorKind::Closed | ErrorKind::Io { .. } => &mut self.lost,
            ErrorKind::TimedOut => &mut self.timed_out,
            ErrorKind::Malformed | ErrorKind::Mismatched | ErrorKind::Unsolicited => {
                &mut self.found_out
            }
            kind if is_servers(kind) => &mut self.refused,
            _ => &mut self.other,
        };
        *count += 1;
    }

    pub(crate) fn count_fate(&mut self, fate: Fate) {
        let count = match fate {
            Fate::NotSent => &mut self.not_sent,
            Fate::Refused => &mut self.fate_refused,
            Fate::RefusedAndGone => &mut self.gone,
            Fate::Unknown => &mut self.unknown,
        };
        *count += 1;
    }

    fn is_good(&self) -> bool {
        self.unconfirmed + self.late + self.missed + self.spoilt + self.wrong + self.hangs == 0
            && self.problems.is_empty()
    }

    fn columns(&self) -> [(&'static str, usize); 22] {
        [
            ("ops", self.operations),
            ("ok", self.ok),
            ("dropped", self.given_up),
            ("lost", self.lost),
            ("timeout", self.timed_out),
            ("reply", self.found_out),
            ("refused", self.refused),
            ("other", self.other),
            ("not-sent", self.not_sent),
            ("refused", self.fate_refused),
            ("gone", self.gone),
            ("unknown", self.unknown),
            ("(done)", self.unknown_done),
            ("confirmed", self.confirmed),
            ("FALSE", self.unconfirmed),
            ("LATE", self.late),
            ("detected", self.detected),
            ("undetected", self.undetected),
            ("MISSED", self.missed),
            ("SPOILT", self.spoilt),
            ("WRONG", self.wrong),
            ("HANGS", self.hangs),
        ]
    }
}

impl AddAssign<&Self> for Row {
    fn add_assign(&mut self, other: &Self) {
        self.operations += other.operations;
        self.ok += other.ok;
        self.given_up += other.given_up;
        self.lost += other.lost;
        self.timed_out += other.timed_out;
        self.found_out += other.found_out;
        self.refused += other.refused;
        self.other += other.other;
        self.not_sent += other.not_sent;
        self.fate_refused += other.fate_refused;
        self.gone += other.gone;
        self.unknown += other.unknown;
        self.unknown_done += other.unknown_done;
        self.confirmed += other.confirmed;
        self.unconfirmed += other.unconfirmed;
        self.late += other.late;
        self.detected += other.detected;
        self.undetected += other.undetected;
        self.missed += other.missed;
        self.spoilt += other.spoilt;
        self.wrong += other.wrong;
        self.hangs += other.hangs;
        self.problems.extend_from_slice(&other.problems);
    }
}

/// All counts.
#[derive(Debug, Default)]
pub(crate) struct Table(BTreeMap<(Kind, usize, Colour), Row>);

const PROTOCOLS: [(Protocol, &str); 3] = [
    (Protocol::Text, "text"),
    (Protocol::Meta, "meta"),
    (Protocol::Binary, "binary"),
];

impl Table {
    pub(crate) fn row(&mut self, kind: Kind, protocol: Protocol, colour: Colour) -> &mut Row {
        let at = PROTOCOLS.iter().position(|(one, _)| *one == protocol);
        let key = (kind, at.unwrap_or_default(), colour);
        self.0.entry(key).or_default()
    }

    pub(crate) fn add(&mut self, other: Self) {
        for (key, row) in other.0 {
            *self.0.entry(key).or_default() += &row;
        }
    }

    pub(crate) fn sum(&self) -> Row {
        let mut sum = Row::default();
        self.0.values().for_each(|row| sum += row);
        sum
    }

    /// Prints it; whether all is as it must be.
    pub(crate) fn print(&self) -> bool {
        let sum = self.sum();
        let columns = sum.columns();
        let widths = columns.map(|(name, count)| name.len().max(count.to_string().len()) + 1);
        let group = |from: usize, to: usize| widths[from..to].iter().sum::<usize>();
        println!(
            "{:29}{:w1$}{:^w2$}{:^w3$}{:^w4$}{:^w5$}",
            "",
            "",
            "- failed -",
            "- fates of failed writes -",
            "- what the server holds -",
            "- replies -",
            w1 = group(0, 3),
            w2 = group(3, 8),
            w3 = group(8, 13),
            w4 = group(13, 16),
            w5 = group(16, 19),
        );
        let line = |name: &str, protocol: &str, colour: &str, columns: Vec<String>| {
            let columns = columns.iter().zip(widths);
            let columns = columns.map(|(column, width)| format!("{column:>width$}"));
            let columns: String = columns.collect();
            println!("{name:<11}{protocol:<9}{colour:<9}{columns}");
        };
        line(
            "fault",
            "protocol",
            "colour",
            columns.map(|(name, _)| name.into()).into(),
        );
        let counts = |row: &Row| row.columns().map(|(_, count)| count.to_string()).into();
        for ((kind, protocol, colour), row) in &self.0 {
            let colour = match colour {
                Colour::Blocking => "blocking",
                Colour::Tokio => "tokio",
            };
            line(kind.name(), PROTOCOLS[*protocol].1, colour, counts(row));
        }
        line("all", "", "", counts(&sum));
        for problem in &sum.problems {
            println!("  {problem}");
        }
        sum.is_good()
    }
}
