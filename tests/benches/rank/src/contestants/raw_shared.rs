//! The limit of shared connections: requests that were encoded before, and replies that are cut at the
//! length that was known before.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A shared connection that knows nothing.
#[derive(Default)]
pub struct Raw {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    going: Vec<u8>,
    waiting: VecDeque<usize>,
    slots: Vec<(Option<Waker>, Option<[u8; REPLY]>)>,
    free: Vec<usize>,
    pump: Option<Waker>,
}

const REQUEST: &[u8] = b"mg a-key-16-letters v\r\n";
pub const REPLY: usize = b"VA 100\r\n".len() + 100 + 2;

impl Raw {
    /// The whole reply to a get of 100 bytes.
    pub async fn get(&self) -> [u8; REPLY] {
        let mut place = None;
        poll_fn(|context| {
            let mut state = self.state.lock().unwrap();
            let Some(place) = place else {
                state.going.extend_from_slice(REQUEST);
                let free = state.free.pop().unwrap_or_else(|| {
                    state.slots.push((None, None));
                    state.slots.len() - 1
                });
                state.slots[free].0 = Some(context.waker().clone());
                state.waiting.push_back(free);
                place = Some(free);
                let pump = state.pump.take();
                drop(state);
                if let Some(pump) = pump {
                    pump.wake();
                }
                return Poll::Pending;
            };
            match state.slots[place].1.take() {
                Some(reply) => {
                    state.free.push(place);
                    Poll::Ready(reply)
                }
                None => {
                    state.slots[place].0 = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }

    /// Moves the bytes.
    pub async fn pump<S: AsyncRead + AsyncWrite + Unpin>(&self, mut stream: S) -> io::Result<()> {
        let mut coming = vec![0; 64 * 1024];
        let mut filled = 0;
        let mut going = Vec::new();
        let mut wakers = Vec::new();
        poll_fn(|context: &mut Context<'_>| {
            loop {
                if going.is_empty() {
                    let mut state = self.state.lock().unwrap();
                    std::mem::swap(&mut going, &mut state.going);
                    state.pump = Some(context.waker().clone());
                }
                if !going.is_empty()
                    && let Poll::Ready(count) = Pin::new(&mut stream).poll_write(context, &going)?
                {
                    going.drain(..count);
                }
                let mut buffer = ReadBuf::new(&mut coming[filled..]);
                match Pin::new(&mut stream).poll_read(context, &mut buffer)? {
                    Poll::Pending => return Poll::<io::Result<()>>::Pending,
                    Poll::Ready(()) => filled += buffer.filled().len(),
                }
                let whole = filled / REPLY * REPLY;
                let mut state = self.state.lock().unwrap();
                for reply in coming[..whole].chunks_exact(REPLY) {
                    let place = state.waiting.pop_front().unwrap();
                    state.slots[place].1 = Some(reply.try_into().unwrap());
                    wakers.extend(state.slots[place].0.take());
                }
                drop(state);
                wakers.drain(..).for_each(Waker::wake);
                coming.copy_within(whole..filled, 0);
                filled -= whole;
            }
        })
        .await
    }
}
