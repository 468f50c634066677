//! What the workers' clusters tell of their servers, with the time.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use minimc::health::Change;
use minimc::placement::Server;

/// What was told so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Events(Arc<Mutex<Vec<Event>>>);

#[derive(Clone, Copy, Debug)]
struct Event {
    at: Instant,
    worker: usize,
    port: u16,
    change: Change,
}

impl Events {
    /// What a worker's cluster is to call.
    pub(crate) fn observer(
        &self,
        worker: usize,
    ) -> impl Fn(&Server<'_>, Change) + Send + Sync + 'static {
        let events = self.clone();
        move |server, change| {
            let event = Event {
                at: Instant::now(),
                worker,
                port: server.port(),
                change,
            };
            let mut all = events.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.push(event);
        }
    }

    fn of(&self, worker: usize, port: u16) -> Vec<Event> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let events = all.iter();
        let events = events.filter(|event| (event.worker, event.port) == (worker, port));
        events.copied().collect()
    }

    /// When the worker first found the server down.
    pub(crate) fn noticed(&self, worker: usize, port: u16) -> Option<Instant> {
        let events = self.of(worker, port);
        let mut bad = events.iter().filter(|event| is_bad(event.change));
        Some(bad.next()?.at)
    }

    /// When the worker last found it up again.
    pub(crate) fn returned(&self, worker: usize, port: u16) -> Option<Instant> {
        let events = self.of(worker, port);
        let mut up = events
            .iter()
            .rev()
            .filter(|event| event.change == Change::Up);
        Some(up.next()?.at)
    }

    /// Whether the worker holds it for up.
    pub(crate) fn is_up(&self, worker: usize, port: u16) -> bool {
        let events = self.of(worker, port);
        events.last().is_none_or(|event| event.change == Change::Up)
    }

    /// Whether the server's keys were moved, as far as was told.
    pub(crate) fn has_ejected(&self, worker: usize) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut events = all.iter().filter(|event| event.worker == worker);
        events.any(|event| matches!(event.change, Change::Ejected { .. }))
    }

    /// How often others than this server were found down.
    pub(crate) fn others(&self, port: u16) -> usize {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let others = all.iter().filter(|event| event.port != port);
        others.filter(|event| is_bad(event.change)).count()
    }
}

fn is_bad(change: Change) -> bool {
    matches!(change, Change::Down { .. } | Change::Ejected { .. })
}
