//! What a get of 100 bytes costs a task among others: `tasks WHO ADDRESS TASKS THREADS GETS` prints the
//! nanoseconds for each, of the best of several rounds. WHO is
//!
//! - `shared`: minimc's shared connection;
//! - `pool`: minimc's pool of clients, one for each task;
//! - `raw`: the limit: a shared connection that writes requests that were encoded before, and reads to the
//!   length that was known before.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use minimc::Expiry;
use minimc::Options;
use minimc::pool::PoolOptions;
use minimc::tokio::{Pool, Shared};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::net::UnixStream;
use tokio::runtime::{Builder, Runtime};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

const KEY: &str = "a-key-16-letters";
const VALUE: [u8; 100] = [b'v'; 100];
const ROUNDS: usize = 7;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [who, address, tasks, threads, gets] = arguments.as_slice() else {
        return Err("usage: tasks shared|pool|raw ADDRESS TASKS THREADS GETS".into());
    };
    let (tasks, threads, gets): (usize, usize, usize) =
        (tasks.parse()?, threads.parse()?, gets.parse()?);
    let runtime = match threads {
        1 => Builder::new_current_thread().enable_all().build()?,
        _ => Builder::new_multi_thread()
            .worker_threads(threads)
            .enable_all()
            .build()?,
    };
    let best = match who.as_str() {
        "shared" => {
            let shared = runtime.block_on(Shared::connect(address))?;
            runtime.block_on(shared.set(KEY, &VALUE, Expiry::NEVER))?;
            rounds(&runtime, tasks, || {
                let shared = shared.clone();
                async move {
                    for _ in 0..gets {
                        let item = shared.get(KEY).await?;
                        assert!(item.is_some_and(|item| item.value == VALUE));
                    }
                    Ok(())
                }
            })?
        }
        "pool" => {
            let size = PoolOptions {
                size: tasks,
                ..PoolOptions::default()
            };
            let pool = Pool::connect_lazy_with(address, Options::default(), size);
            rounds(&runtime, tasks, || {
                let pool = pool.clone();
                async move {
                    for _ in 0..gets {
                        let mut client = pool.checkout().await?;
                        assert!(
                            client
                                .get(KEY)
                                .await?
                                .is_some_and(|item| item.value == VALUE)
                        );
                    }
                    Ok(())
                }
            })?
        }
        "raw" => {
            minimc::net::Client::connect(address)?.set(KEY, &VALUE, Expiry::NEVER)?;
            let raw = Arc::new(Raw::default());
            let pump = raw.clone();
            let address = address.clone();
            runtime.spawn(async move {
                if address.starts_with('/') {
                    pump.pump(UnixStream::connect(address).await?).await
                } else {
                    let stream = TcpStream::connect(address).await?;
                    stream.set_nodelay(true)?;
                    pump.pump(stream).await
                }
            });
            rounds(&runtime, tasks, || {
                let raw = raw.clone();
                async move {
                    for _ in 0..gets {
                        assert!(raw.get().await.get(8..108) == Some(&VALUE));
                    }
                    Ok(())
                }
            })?
        }
        other => return Err(format!("nobody is called {other}").into()),
    };
    println!("{:.1}", best.as_nanos() as f64 / (tasks * gets) as f64);
    Ok(())
}

fn rounds<F: Future<Output = Result<()>> + Send + 'static>(
    runtime: &Runtime,
    tasks: usize,
    task: impl Fn() -> F,
) -> Result<Duration> {
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let running: Vec<_> = (0..tasks).map(|_| runtime.spawn(task())).collect();
        for task in running {
            runtime.block_on(task)??;
        }
        best = best.min(start.elapsed());
    }
    Ok(best)
}

/// A shared connection that knows nothing.
#[derive(Default)]
struct Raw {
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
const REPLY: usize = b"VA 100\r\n".len() + 100 + 2;

impl Raw {
    async fn get(&self) -> [u8; REPLY] {
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

    async fn pump<S: AsyncRead + AsyncWrite + Unpin>(&self, mut stream: S) -> io::Result<()> {
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
