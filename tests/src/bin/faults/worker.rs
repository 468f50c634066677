//! One client and its operations.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use minimc::{Client, ErrorKind, Growing, Options, Transport};
use minimc_tests::proxy::{Line, Struck};

use crate::carry::{Told, carry_out, unless_it_waits};
use crate::clock::{Laps, Metronome};
use crate::fault::{DEADLINE, Drawn, Kind};
use crate::job::{Job, Over, Work};
use crate::judge::{Judge, Verdict, is_found_out};
use crate::ledger::Ledger;
use crate::operation::Operation;
use crate::random::Random;
use crate::server::{Era, State, Truth};
use crate::table::{Colour, Row, Table};

/// An operation that is over.
struct Done {
    /// For which fault it counts.
    kind: Kind,
    operation: Operation,
    /// What the writer's keys held before.
    before: Vec<State>,
    /// Nothing where the call was given up.
    told: Option<Vec<Told>>,
    eras: (Era, Era),
    laps: Laps,
    struck: Option<Struck>,
    what: String,
}

/// A reply that was repeated or swapped in the last operation, and was not noticed there.
struct Lie {
    struck: Struck,
    done: Done,
    is_misled: bool,
}

struct Worker<T> {
    job: Job,
    client: Client<T, Growing, 64>,
    line: Line,
    random: Random,
    /// The largest value that the client can hold whole.
    whole: usize,
    work: Work,
    lie: Option<Lie>,
    /// The fault that struck the last operation; the next may still feel it.
    last: Kind,
    /// When the last operation ended.
    era: Era,
}

/// Carries out a job over this kind of transport.
pub(crate) async fn work<T: Transport>(job: Job, transport: fn(&str) -> T) -> Work {
    let _over = Over(Arc::clone(&job.progress));
    let restarted = Arc::clone(&job.server);
    let line = Line::new(job.server.address(), job.protocol, move || {
        restarted.restart()
    });
    let line = line.expect("a port for the proxy");
    let options = Options {
        protocol: job.protocol,
        timeout: DEADLINE,
        retry: job.writer.is_multiple_of(2),
        ..Options::default()
    };
    // Some have little storage: large values do not fit it.
    let whole = if job.writer % 3 == 2 { 4096 } else { 1 << 20 };
    let (sending, receiving) = (
        Growing::new(17 * 1024, 17 * 1024),
        Growing::new(4096, whole),
    );
    let client = Client::with_options(transport(&line.address()), sending, receiving, options);
    let mut worker = Worker {
        client: client.expect("storage"),
        line,
        random: Random::new(job.seed, job.writer),
        whole,
        work: Work {
            table: Table::default(),
            ledger: Ledger::new(job.writer, job.server.era()),
            truth: Truth::new(Arc::clone(&job.server)),
            job: job.clone(),
        },
        lie: None,
        last: Kind::None,
        era: job.server.era(),
        job,
    };
    for sequence in 0..worker.job.operations {
        worker.operation(sequence).await;
        worker.job.progress.done.fetch_add(1, Ordering::Relaxed);
    }
    worker.work
}

impl<T: Transport> Worker<T> {
    async fn operation(&mut self, sequence: usize) {
        let waits = self.job.colour == Colour::Tokio;
        let mut fault = Drawn::draw(&mut self.random, self.job.restarts, waits);
        let operation = Operation::draw(
            &mut self.random,
            self.job.writer,
            sequence,
            |index| self.work.ledger.key(index),
            fault.wants_many(),
        );
        if self.lie.is_some() {
            // What follows a lie is to show whether it is noticed, and nothing else.
            fault.suppress();
        }
        let began = self.job.server.era();
        self.work.ledger.look_at(began);
        let before = self.work.ledger.states();
        self.line.arm(fault.on_line(&operation));
        if fault.is_before() {
            self.line.close(fault.kind == Kind::Reset);
        }

        let mut laps = Laps::begin();
        let carried = carry_out(&mut self.client, &operation, &mut laps);
        let told = match fault.kind {
            Kind::Abandon => unless_it_waits(fault.patience(), carried).await,
            _ => Some(carried.await),
        };
        laps.lap();

        let struck = self.line.disarm();
        let eras = (began, self.job.server.era());
        let is_struck = struck.is_some() || fault.is_before() || told.is_none();
        let now = if is_struck {
            fault.kind
        } else if eras != (self.era, self.era) || !self.era.is_up() {
            Kind::Restart
        } else {
            Kind::None
        };
        let kind = match &self.lie {
            Some(lie) => lie.done.kind,
            None if now == Kind::None => self.last,
            None => now,
        };
        // A call that is given up while it still feels the fault before leaves that to the next.
        if now != Kind::Abandon || self.last == Kind::None {
            self.last = now;
        }
        self.era = eras.1;
        let what = format!(
            "{:?}, {:?}, writer {}, operation {sequence}, {operation}, {fault:?}, {struck:?}, seed {}",
            self.job.colour, self.job.protocol, self.job.writer, self.job.seed
        );
        let done = Done {
            kind,
            operation,
            before,
            told,
            eras,
            laps,
            struck,
            what,
        };
        // It asks the server, which takes its time: the runtime has others to serve.
        let verdict = tokio::task::block_in_place(|| self.judge(&done));
        self.uncover(done, verdict);
    }

    /// Counts what was told, and judges it.
    fn judge(&mut self, done: &Done) -> Verdict {
        let lie = self.lie.as_ref().map(|lie| lie.struck).or(done.struck);
        let (protocol, colour) = (self.job.protocol, self.job.colour);
        let row = self.work.table.row(done.kind, protocol, colour);
        count(row, done, self.job.restarts);
        time(row, done, &self.job.metronome);
        let judge = Judge {
            ledger: &mut self.work.ledger,
            truth: &mut self.work.truth,
            eras: done.eras,
            is_misled: lie.is_some_and(|struck| struck.bare),
            whole: self.whole,
            row,
            what: &done.what,
            verdict: Verdict::default(),
        };
        judge.judge(&done.operation, done.told.as_deref())
    }

    /// Follows up a reply that was repeated or swapped in this operation, or in the one before.
    fn uncover(&mut self, done: Done, verdict: Verdict) {
        let (lie, next) = match (self.lie.take(), done.struck) {
            (Some(lie), _) => (lie, Some(done)),
            (None, Some(struck)) if struck.carried || struck.bare => {
                let is_misled = false;
                let lie = Lie {
                    struck,
                    done,
                    is_misled,
                };
                (lie, None)
            }
            _ => return,
        };
        let is_misled = lie.is_misled || verdict.misled;
        // An error, or a new connection without a word.
        let is_found_out = verdict.found_out || self.line.connections() > lie.struck.connection;
        if next.is_none() && !is_found_out {
            self.lie = Some(Lie { is_misled, ..lie });
            return;
        }
        let (protocol, colour) = (self.job.protocol, self.job.colour);
        let row = self.work.table.row(lie.done.kind, protocol, colour);
        if is_found_out && !is_misled {
            row.detected += 1;
            return;
        }
        if is_found_out || !lie.struck.carried {
            row.undetected += 1;
        } else {
            row.missed += 1;
            row.problem(|| format!("missed: {:?}: {}", lie.done.operation.form, lie.done.what));
        }
        // Its replies cannot be trusted any more, nor what was told with them.
        self.client.disconnect();
        for done in [Some(lie.done), next].into_iter().flatten() {
            let (before, era) = (&done.before, done.eras.0);
            let ledger = &mut self.work.ledger;
            ledger.give_up(&done.operation, before, era, &done.what);
        }
    }
}

fn count(row: &mut Row, done: &Done, restarts: bool) {
    row.operations += 1;
    let Some(told) = &done.told else {
        row.given_up += 1;
        return;
    };
    let results = told.iter().flatten();
    let mut errors = results.filter_map(|result| result.as_ref().err());
    let Some(error) = errors.next() else {
        row.ok += 1;
        return;
    };
    row.count_failure(error.kind());
    let is_lost = matches!(error.kind(), ErrorKind::Io { .. }) || is_found_out(error.kind());
    let is_late = error.kind() == ErrorKind::TimedOut;
    let is_spoilt = match done.kind {
        Kind::None => is_lost,
        // A call after one that was given up has nothing to suffer from it.
        Kind::Abandon => done.struck.is_none() && !restarts && (is_lost || is_late),
        _ => false,
    };
    if is_spoilt {
        row.spoilt += 1;
        row.problem(|| format!("spoilt: {error}: {}", done.what));
    }
}

fn time(row: &mut Row, done: &Done, metronome: &Metronome) {
    let limit = 2 * DEADLINE;
    if done.laps.longest(metronome).0 <= limit {
        return;
    }
    // If the machine was late, it is soon known.
    std::thread::sleep(Duration::from_millis(20));
    let (longest, without) = done.laps.longest(metronome);
    if without > limit {
        row.hangs += 1;
        row.problem(|| {
            format!(
                "hang: {longest:?}, {without:?} of it its own: {}",
                done.what
            )
        });
    }
}
