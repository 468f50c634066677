//! What a worker is given, and what it leaves behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use minimc::Protocol;

use crate::clock::Metronome;
use crate::fault::Kind;
use crate::ledger::Ledger;
use crate::server::{Server, Truth};
use crate::table::{Colour, Table};

/// What a worker is to do.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) writer: usize,
    pub(crate) seed: u64,
    pub(crate) operations: usize,
    pub(crate) protocol: Protocol,
    pub(crate) colour: Colour,
    pub(crate) server: Arc<Server>,
    /// Whether the server is one that restarts.
    pub(crate) restarts: bool,
    pub(crate) metronome: Arc<Metronome>,
    pub(crate) progress: Arc<Progress>,
}

/// How far a worker is.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    pub(crate) done: AtomicUsize,
    pub(crate) is_over: AtomicBool,
}

/// Ends a worker's progress, however it ends.
pub(crate) struct Over(pub(crate) Arc<Progress>);

impl Drop for Over {
    fn drop(&mut self) {
        self.0.is_over.store(true, Ordering::Relaxed);
    }
}

/// What a worker leaves behind.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) table: Table,
    pub(crate) job: Job,
    pub(crate) ledger: Ledger,
    pub(crate) truth: Truth,
}

impl Work {
    /// Looks at every key once more; how many there were.
    pub(crate) fn close(&mut self) -> usize {
        let kind = if self.job.restarts {
            Kind::Restart
        } else {
            Kind::None
        };
        let row = self.table.row(kind, self.job.protocol, self.job.colour);
        self.ledger.close(&mut self.truth, row)
    }
}
