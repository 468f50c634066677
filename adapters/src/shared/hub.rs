//! What the handles and the dispatcher share: the connection, who waits for what, and whether there is a
//! connection at all.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::future::poll_fn;
use core::mem;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ::tokio::runtime::Handle;
use ::tokio::sync::Notify;
use ::tokio::time::{Instant, timeout_at};
use minimc_core::command::Command;
use minimc_core::{Connection, Error, ErrorKind, Fate};

use super::dispatch::{self, Dispatching};
use super::line::Line;
use super::slots::{Ending, Slots};
use crate::client::{Contact, Failure, has_failed};
use crate::options::Options;
use crate::storage::Growing;
use crate::transport::tokio::Socket;

/// How many requests may be owed at a time.
pub(super) const DEPTH: usize = 512;

/// The shortest and the longest time between two attempts to connect, while they fail.
const REST: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

pub(super) type Shared = Connection<Growing, DEPTH>;

/// The client by which the dispatcher connects.
pub(super) type Dispatched = crate::Client<Socket, Growing, DEPTH>;

#[derive(Debug)]
pub(super) struct Hub {
    pub(super) address: String,
    pub(super) options: Options,
    state: Mutex<State>,
    /// Who holds it is the next to queue a request; the others wait behind, in their order.
    gate: ::tokio::sync::Mutex<()>,
    /// There may be room, or a connection, or none to wait for: look again.
    changed: Notify,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) connection: Shared,
    pub(super) slots: Slots,
    pub(super) phase: Phase,
    /// When requests were seen first that are still owed, and how many at a time.
    pub(super) seen: VecDeque<(Instant, usize)>,
    /// How many of what is owed were not seen yet.
    pub(super) unseen: usize,
    /// The dispatcher, while it sleeps.
    pub(super) dispatcher: Option<Waker>,
    is_dispatching: bool,
    /// How many wait at the gate.
    at_the_gate: usize,
    /// Counts the connections, so that nobody breaks another than his own.
    pub(super) epoch: u64,
    /// Attempts to connect that failed since there was a reply, and what the last came to.
    failed: u32,
    last: Option<(Instant, Error)>,
    /// Whether a reply has come on this connection.
    has_answered: bool,
    /// What has come of it, for a cluster.
    pub(super) contact: Option<Contact>,
    pub(super) is_closed: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Phase {
    /// There is no connection, and nobody wants one.
    Down,
    /// Somebody wants one.
    Wanted,
    Up,
}

impl Hub {
    pub(super) fn new(address: &str, options: Options) -> Result<Self, Error> {
        let (sending, receiving) = Growing::pair(&options);
        let connection = Dispatched::connection(&options, sending, receiving)?;
        Ok(Self {
            address: address.into(),
            options,
            state: Mutex::new(State {
                connection,
                slots: Slots::default(),
                phase: Phase::Down,
                seen: VecDeque::new(),
                unseen: 0,
                dispatcher: None,
                is_dispatching: false,
                at_the_gate: 0,
                epoch: 0,
                failed: 0,
                last: None,
                has_answered: false,
                contact: None,
                is_closed: false,
            }),
            gate: ::tokio::sync::Mutex::new(()),
            changed: Notify::new(),
        })
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that can panic is done under the lock but what a command's own `encode` does, and that
        // leaves the state as it was.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a command.
    pub(super) async fn queue<C: Command>(
        self: &Arc<Self>,
        command: &C,
    ) -> Result<Waiting<'_>, Error> {
        self.queue_by(|state, context| {
            state.connection.send_copied(command)?;
            Ok(self.wait(state, context, None))
        })
        .await
    }

    /// Queues as many of the keys as one line takes, and tells how many these are. If the first is none
    /// that could be sent, that is its outcome.
    pub(super) async fn queue_line(
        self: &Arc<Self>,
        keys: &[&[u8]],
    ) -> Result<(usize, Result<Waiting<'_>, Error>), Error> {
        self.queue_by(|state, context| {
            let (count, line) = Line::send(keys, &mut state.connection)?;
            let waiting = line.map(|line| self.wait(state, context, Some(Box::new(line))));
            Ok((count, waiting))
        })
        .await
    }

    /// Queues what the closure does, as soon as there is a connection and room for it.
    async fn queue_by<R>(
        self: &Arc<Self>,
        mut send: impl FnMut(&mut State, &Context<'_>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let at_once = poll_fn(|context| Poll::Ready(self.try_queue(&mut send, context, false)));
        if let Some(queued) = at_once.await? {
            return Ok(queued);
        }
        // Nobody else's clock can be used.
        runtime()?;
        let deadline = Instant::now().checked_add(self.options.timeout);
        let queued = self.queue_at_the_gate(&mut send);
        let queued = match deadline {
            Some(deadline) => timeout_at(deadline, queued).await,
            None => Ok(queued.await),
        };
        queued.unwrap_or_else(|_| Err(Error::new(ErrorKind::TimedOut).with_fate(Fate::NotSent)))
    }

    async fn queue_at_the_gate<R>(
        self: &Arc<Self>,
        send: &mut impl FnMut(&mut State, &Context<'_>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let _counted = Counted::new(self);
        let _gate = self.gate.lock().await;
        loop {
            let mut changed = pin!(self.changed.notified());
            // What changes from now on is not missed.
            changed.as_mut().enable();
            let queued = poll_fn(|context| Poll::Ready(self.try_queue(send, context, true)));
            if let Some(queued) = queued.await? {
                return Ok(queued);
            }
            changed.await;
        }
    }

    /// `None` means: wait for a change.
    fn try_queue<R>(
        self: &Arc<Self>,
        send: &mut impl FnMut(&mut State, &Context<'_>) -> Result<R, Error>,
        context: &Context<'_>,
        is_at_the_gate: bool,
    ) -> Result<Option<R>, Error> {
        let mut state = self.lock();
        if state.phase != Phase::Up {
            self.want(state)?;
            return Ok(None);
        }
        if state.at_the_gate > 0 && !is_at_the_gate {
            return Ok(None);
        }
        let queued = match send(&mut state, context) {
            Ok(queued) => queued,
            Err(error) if state.slots.owed() > 0 && error.kind() == ErrorKind::Full => {
                return Ok(None);
            }
            // It broke, and the dispatcher has not seen that yet.
            Err(error) if error.kind() == ErrorKind::Closed => {
                let dispatcher = state.wake();
                drop(state);
                wake(dispatcher);
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let dispatcher = state.wake();
        drop(state);
        wake(dispatcher);
        Ok(Some(queued))
    }

    /// The wait for what was just queued.
    fn wait(
        &self,
        state: &mut State,
        context: &Context<'_>,
        line: Option<Box<Line>>,
    ) -> Waiting<'_> {
        state.unseen += 1;
        Waiting {
            hub: self,
            place: Some(state.slots.add(context.waker(), line)),
            epoch: state.epoch,
        }
    }

    /// Wants a connection. Fails while the last attempt to connect was too short a time ago.
    fn want(self: &Arc<Self>, mut state: MutexGuard<'_, State>) -> Result<(), Error> {
        if let (Phase::Down, Some((when, error))) = (state.phase, state.last)
            && when.elapsed() < rest(state.failed)
        {
            return Err(error.with_fate(Fate::NotSent));
        }
        if state.is_dispatching {
            state.phase = Phase::Wanted;
            let dispatcher = state.wake();
            drop(state);
            wake(dispatcher);
            return Ok(());
        }
        let runtime = runtime()?;
        (state.phase, state.is_dispatching) = (Phase::Wanted, true);
        drop(state);
        runtime.spawn(dispatch::run(Dispatching(self.clone())));
        if !self.lock().is_dispatching {
            // The runtime is being shut down: it will not run anything any more.
            return Err(Error::new(ErrorKind::Closed).with_fate(Fate::NotSent));
        }
        Ok(())
    }

    /// Breaks a connection over a reply that no server gives.
    pub(super) fn distrust(&self, epoch: u64) {
        let mut state = self.lock();
        if state.epoch == epoch && state.phase == Phase::Up {
            state.connection.fail();
            let dispatcher = state.wake();
            drop(state);
            wake(dispatcher);
        }
    }

    /// The last handle is gone.
    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        let dispatcher = state.wake();
        drop(state);
        wake(dispatcher);
    }

    /// Tells who waits at the gate to look again.
    pub(super) fn change(&self) {
        self.changed.notify_one();
    }

    /// There is a connection: what the dispatcher has set up.
    pub(super) fn up(&self, connection: &mut Shared) {
        let mut state = self.lock();
        mem::swap(&mut state.connection, connection);
        state.phase = Phase::Up;
        state.has_answered = false;
        state.epoch += 1;
        drop(state);
        self.change();
    }

    /// There is none any more; all who wait on it are told what became of their requests.
    pub(super) fn lost(&self, kind: ErrorKind) {
        self.lose(kind, |state| {
            if has_failed(kind, state.has_answered) {
                let at = std::time::Instant::now();
                state.contact = Some(Contact::Failed { at });
            }
        });
    }

    fn lose(&self, kind: ErrorKind, note: impl FnOnce(&mut State)) {
        let mut wakers = Vec::new();
        let mut state = self.lock();
        let State {
            connection, slots, ..
        } = &mut *state;
        // One more may be owed: that of which a reply too large was told.
        let told = connection.owed().saturating_sub(slots.owed());
        let failure = |index| Failure {
            kind,
            fate: connection.fate(told.saturating_add(index)),
        };
        slots.lose(failure, &mut wakers);
        connection.reset();
        state.seen.clear();
        (state.unseen, state.phase) = (0, Phase::Down);
        note(&mut state);
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
        self.change();
    }

    /// An attempt to connect failed: so do the calls of the next moments. What that says of the server
    /// is `contact`.
    pub(super) fn failed(&self, error: Error, contact: Option<Contact>) {
        let mut state = self.lock();
        state.phase = Phase::Down;
        state.failed = state.failed.saturating_add(1);
        state.last = Some((Instant::now(), error));
        state.contact = contact.or(state.contact);
        drop(state);
        self.change();
    }

    /// The dispatcher has ended, as with its runtime; the next call begins another.
    pub(super) fn ended(&self) {
        // The server has no part in that.
        self.lose(ErrorKind::Closed, |state| state.is_dispatching = false);
    }
}

impl State {
    /// Who is to be woken so that it looks after the connection.
    fn wake(&mut self) -> Option<Waker> {
        self.dispatcher.take()
    }

    /// A reply came: the server is well.
    pub(super) fn is_well(&mut self) {
        (self.failed, self.last) = (0, None);
        self.has_answered = true;
        self.contact = Some(Contact::Answered);
    }
}

fn runtime() -> Result<Handle, Error> {
    let nowhere = ErrorKind::Unsupported("a shared connection outside of tokio");
    Handle::try_current().map_err(|_| nowhere.into())
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// How long nobody tries to connect after so many attempts that failed.
fn rest(failed: u32) -> Duration {
    let (least, most) = REST;
    let doubled = failed.saturating_sub(1).min(16);
    least.saturating_mul(1 << doubled).min(most)
}

/// One who waits at the gate.
struct Counted<'h>(&'h Hub);

impl<'h> Counted<'h> {
    fn new(hub: &'h Hub) -> Self {
        hub.lock().at_the_gate += 1;
        Self(hub)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.lock().at_the_gate -= 1;
    }
}

/// The wait for a reply; dropped before its end it is given up.
#[derive(Debug)]
pub(super) struct Waiting<'h> {
    hub: &'h Hub,
    /// `None` behind the end.
    place: Option<usize>,
    pub(super) epoch: u64,
}

impl Waiting<'_> {
    /// Waits for the ending; the reply's bytes are exchanged for `bytes`.
    pub(super) fn poll(&mut self, context: &Context<'_>, bytes: &mut Vec<u8>) -> Poll<Ending> {
        self.poll_by(|slots, place| slots.take(place, context.waker(), bytes))
    }

    /// The same for a line.
    pub(super) fn poll_line(&mut self, context: &Context<'_>) -> Poll<Box<Line>> {
        self.poll_by(|slots, place| slots.take_line(place, context.waker()))
    }

    fn poll_by<R>(&mut self, take: impl FnOnce(&mut Slots, usize) -> Option<R>) -> Poll<R> {
        let Some(place) = self.place else {
            return Poll::Pending;
        };
        match take(&mut self.hub.lock().slots, place) {
            Some(ended) => {
                self.place = None;
                Poll::Ready(ended)
            }
            None => Poll::Pending,
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.hub.lock().slots.give_up(place);
        }
    }
}
