//! The dispatcher: the task that moves a shared connection's bytes and hands out its replies.

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;

use ::tokio::time::{Instant, sleep_until};
use minimc_core::ErrorKind;

use super::hub::{Dispatched, Hub, Phase, State};
use crate::storage::Growing;
use crate::transport::tokio::Socket;

/// How much is read at a time: the largest read that is steady.
const READ: usize = 64 * 1024;

/// Looks after the connection until the last handle is gone.
pub(super) async fn run(dispatching: Dispatching) {
    let hub = &*dispatching.0;
    let (sending, receiving) = Growing::pair(&hub.options);
    let socket = Socket::new(&hub.address);
    let options = hub.options.clone();
    let client = Dispatched::with_options(socket, sending, receiving, options);
    let Ok(mut client) = client else {
        return; // Storage of this size was taken before.
    };
    let mut buffers = Buffers {
        going: Vec::new(),
        coming: vec![0; READ],
        wakers: Vec::new(),
    };
    while poll_fn(|context| is_wanted(hub, context)).await {
        if let Err(error) = client.start().await {
            hub.failed(error, client.contacts.take());
            continue;
        }
        hub.up(&mut client.connection);
        let kind = pump(hub, &mut client.transport, &mut buffers).await;
        hub.lost(kind);
        client.disconnect();
    }
}

/// Tells the hub that there is no dispatcher any more, however that came: a runtime may end before it has
/// run.
pub(super) struct Dispatching(pub(super) Arc<Hub>);

impl Drop for Dispatching {
    fn drop(&mut self) {
        self.0.ended();
    }
}

/// Waits until somebody wants a connection, or nobody ever will: `false`.
fn is_wanted(hub: &Hub, context: &Context<'_>) -> Poll<bool> {
    let mut state = hub.lock();
    if state.is_closed {
        return Poll::Ready(false);
    }
    if state.phase == Phase::Wanted {
        return Poll::Ready(true);
    }
    state.sleep(context.waker());
    Poll::Pending
}

/// What is copied out of and into the connection, so that nobody waits for a system call.
struct Buffers {
    going: Vec<u8>,
    coming: Vec<u8>,
    wakers: Vec<Waker>,
}

/// Moves bytes until the connection is lost, and tells by what.
async fn pump(hub: &Hub, socket: &mut Socket, buffers: &mut Buffers) -> ErrorKind {
    let mut timer = pin!(sleep_until(after(Instant::now(), hub.options.timeout)));
    let lost = poll_fn(|context| {
        if let Err(kind) = transfer(hub, socket, buffers, context) {
            return Poll::Ready(kind);
        }
        while timer.as_mut().poll(context).is_ready() {
            match limit(hub) {
                Some(next) => timer.as_mut().reset(next),
                None => return Poll::Ready(ErrorKind::TimedOut),
            }
        }
        Poll::Pending
    });
    lost.await
}

/// When to look at the clock again; `None` if the oldest request has waited too long.
fn limit(hub: &Hub) -> Option<Instant> {
    let (now, timeout) = (Instant::now(), hub.options.timeout);
    let oldest = hub.lock().seen.front().map(|(seen, _)| *seen);
    let limit = after(oldest.unwrap_or(now), timeout);
    (limit > now).then_some(limit)
}

fn after(now: Instant, time: Duration) -> Instant {
    /// As good as never.
    const FAR: Duration = Duration::from_secs(365 * 24 * 3600);
    now + time.min(FAR)
}

/// Writes and reads what can be at once.
fn transfer(
    hub: &Hub,
    socket: &mut Socket,
    buffers: &mut Buffers,
    context: &mut Context<'_>,
) -> Result<(), ErrorKind> {
    loop {
        if !take_outgoing(hub, &mut buffers.going, context.waker()) {
            return Err(ErrorKind::Closed);
        }
        let mut is_short = false;
        if !buffers.going.is_empty()
            && let Poll::Ready(written) = socket.poll_write(context, &buffers.going)
        {
            let count = written?;
            if count == 0 {
                return Err(ErrorKind::Closed);
            }
            hub.lock().connection.sent(count);
            is_short = count < buffers.going.len();
        }
        match socket.poll_read(context, &mut buffers.coming) {
            Poll::Ready(Ok(0)) => return Err(ErrorKind::Closed),
            Poll::Ready(count) => {
                let count = count?;
                let came = buffers.coming.get(..count).unwrap_or_default();
                let handed = hub.lock().hand_out(came, &mut buffers.wakers);
                buffers.wakers.drain(..).for_each(Waker::wake);
                // There is room behind what nobody waited for, too.
                hub.change();
                handed?;
            }
            Poll::Pending if is_short => {}
            Poll::Pending => return Ok(()),
        }
    }
}

/// Copies what is to be sent; `false` if there is no use in it.
fn take_outgoing(hub: &Hub, going: &mut Vec<u8>, waker: &Waker) -> bool {
    let mut state = hub.lock();
    if state.is_closed || state.connection.is_broken() {
        return false;
    }
    going.clear();
    for part in state.connection.outgoing(None) {
        going.extend_from_slice(part);
    }
    let unseen = core::mem::take(&mut state.unseen);
    if unseen > 0 {
        state.seen.push_back((Instant::now(), unseen));
    }
    state.sleep(waker);
    true
}

impl State {
    /// Who is to be woken when there is something to do.
    fn sleep(&mut self, waker: &Waker) {
        match &mut self.dispatcher {
            Some(known) => known.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
    }

    /// Hands bytes to the connection, and the replies that have come to who waits for them.
    fn hand_out(&mut self, mut came: &[u8], wakers: &mut Vec<Waker>) -> Result<(), ErrorKind> {
        while !came.is_empty() {
            let space = self.connection.space();
            let count = came.len().min(space.len());
            let (now, later) = came.split_at_checked(count).unwrap_or_default();
            match space.get_mut(..count) {
                Some(space) if count > 0 => space.copy_from_slice(now),
                _ => return Err(ErrorKind::Closed),
            }
            came = later;
            self.connection.filled(count);
            while self.slots.take_oldest(&mut self.connection, wakers)? {
                if let Some((_, count)) = self.seen.front_mut() {
                    *count = count.saturating_sub(1);
                    if *count == 0 {
                        self.seen.pop_front();
                    }
                }
                self.is_well();
            }
        }
        Ok(())
    }
}
