//! Gets of 100 bytes by many tasks at once: over one connection that they share, or over one for each.

use std::sync::Arc;

use memcache::exp::AsyncMemcache;
use minimc::Options;
use minimc::pool::PoolOptions;
use minimc::tokio::{Pool, Shared};
use tokio::net::{TcpStream, UnixStream};

use super::raw_shared::{REPLY, Raw};
use super::tokio_peers::{self, MtopClient};
use super::{Setting, Work, runtime};
use crate::Result;
use crate::workload::{KEY, Workload, check};

/// Has each of the clients carry out the calls in a task of its own.
fn together<C, F>(
    setting: &Setting,
    clients: impl AsyncFnOnce(usize) -> Result<Vec<C>>,
    get: F,
) -> Result<Option<Work>>
where
    C: Send + 'static,
    F: for<'c> Get<'c, C> + Copy + Send + 'static,
{
    let Workload::Tasks { tasks, threads } = setting.workload else {
        return Ok(None);
    };
    let runtime = runtime(threads)?;
    let mut clients = runtime.block_on(clients(tasks))?;
    Ok(Some(Box::new(move |calls| {
        let running: Vec<_> = std::mem::take(&mut clients)
            .into_iter()
            .map(|mut client| {
                runtime.spawn(async move {
                    for _ in 0..calls {
                        let value = get.get(&mut client).await?;
                        check(value == 100)?;
                    }
                    Result::Ok(client)
                })
            })
            .collect();
        for task in running {
            clients.push(runtime.block_on(task)??);
        }
        Ok(())
    })))
}

/// An async function of a client that can be spawned.
trait Get<'c, C: 'c> {
    fn get(self, client: &'c mut C) -> impl Future<Output = Result<usize>> + Send;
}

impl<'c, C: 'c, F, R> Get<'c, C> for F
where
    F: FnOnce(&'c mut C) -> R,
    R: Future<Output = Result<usize>> + Send,
{
    fn get(self, client: &'c mut C) -> impl Future<Output = Result<usize>> + Send {
        self(client)
    }
}

pub fn raw_shared(setting: &Setting) -> Result<Option<Work>> {
    let connect = async |tasks| {
        let raw = Arc::new(Raw::default());
        let pump = raw.clone();
        if setting.is_unix() {
            let stream = UnixStream::connect(&setting.address).await?;
            ::tokio::spawn(async move { pump.pump(stream).await });
        } else {
            let stream = TcpStream::connect(&setting.address).await?;
            stream.set_nodelay(true)?;
            ::tokio::spawn(async move { pump.pump(stream).await });
        }
        Ok(vec![raw; tasks])
    };
    async fn get(raw: &mut Arc<Raw>) -> Result<usize> {
        let reply: [u8; REPLY] = raw.get().await;
        Ok(reply.iter().filter(|byte| **byte == b'v').count())
    }
    together(setting, connect, get)
}

pub fn minimc_shared(setting: &Setting) -> Result<Option<Work>> {
    let connect = async |tasks| Ok(vec![Shared::connect(&setting.address).await?; tasks]);
    async fn get(shared: &mut Shared) -> Result<usize> {
        Ok(shared.get(KEY).await?.map_or(0, |item| item.value.len()))
    }
    together(setting, connect, get)
}

pub fn minimc_pool(setting: &Setting) -> Result<Option<Work>> {
    let connect = async |tasks| {
        let size = PoolOptions {
            size: tasks,
            ..PoolOptions::default()
        };
        Ok(vec![
            Pool::connect_lazy_with(
                &setting.address,
                Options::default(),
                size
            );
            tasks
        ])
    };
    async fn get(pool: &mut Pool) -> Result<usize> {
        let mut client = pool.checkout().await?;
        Ok(client.get(KEY).await?.map_or(0, |item| item.value.len()))
    }
    together(setting, connect, get)
}

pub fn memcache_exp(setting: &Setting) -> Result<Option<Work>> {
    if setting.is_unix() {
        return Ok(None);
    }
    let connect = async |tasks| {
        // It keeps few connections that are idle unless told, and opens one for most gets.
        let builder = AsyncMemcache::builder().max_idle(tasks);
        let client = Arc::new(builder.connect_async([setting.address.as_str()]).await?);
        Ok(vec![client; tasks])
    };
    async fn get(client: &mut Arc<AsyncMemcache>) -> Result<usize> {
        let value: Option<Vec<u8>> = client.get(KEY).await?;
        Ok(value.map_or(0, |value| value.len()))
    }
    together(setting, connect, get)
}

pub fn async_memcached(setting: &Setting) -> Result<Option<Work>> {
    use ::async_memcached::{AsciiProtocol, Client};
    let connect = async |tasks| {
        let mut clients = Vec::new();
        for _ in 0..tasks {
            clients.push(Client::new(tokio_peers::address(setting)).await?);
        }
        Ok(clients)
    };
    async fn get(client: &mut Client) -> Result<usize> {
        let value = client.get(KEY).await?.and_then(|value| value.data);
        Ok(value.map_or(0, |value| value.len()))
    }
    together(setting, connect, get)
}

pub fn mtop_client(setting: &Setting) -> Result<Option<Work>> {
    let connect = async |tasks| {
        let mut clients = Vec::new();
        for _ in 0..tasks {
            clients.push(MtopClient::connect(setting).await?);
        }
        Ok(clients)
    };
    async fn get(client: &mut MtopClient) -> Result<usize> {
        client.get().await
    }
    together(setting, connect, get)
}

pub fn memcache_async(setting: &Setting) -> Result<Option<Work>> {
    use ::memcache_async::ascii::Protocol;
    if setting.is_unix() {
        let connect = async |tasks| {
            let mut clients = Vec::new();
            for _ in 0..tasks {
                clients.push(Protocol::new(UnixStream::connect(&setting.address).await?));
            }
            Ok(clients)
        };
        async fn get(client: &mut Protocol<UnixStream>) -> Result<usize> {
            Ok(client.get(KEY).await?.len())
        }
        together(setting, connect, get)
    } else {
        let connect = async |tasks| {
            let mut clients = Vec::new();
            for _ in 0..tasks {
                let stream = TcpStream::connect(&setting.address).await?;
                stream.set_nodelay(true)?;
                clients.push(Protocol::new(stream));
            }
            Ok(clients)
        };
        async fn get(client: &mut Protocol<TcpStream>) -> Result<usize> {
            Ok(client.get(KEY).await?.len())
        }
        together(setting, connect, get)
    }
}
