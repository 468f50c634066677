//! Peers on tokio, as their documentation uses them.

use async_memcached::{AsciiProtocol, MetaProtocol};
use memcache::exp::{AsyncMemcache, Ttl};
use mtop_client::{Key, Memcached};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

use super::{Setting, Work, on, runtime};
use crate::Result;
use crate::workload::{KEY, Workload, check};

pub async fn exp(setting: &Setting) -> Result<AsyncMemcache> {
    Ok(AsyncMemcache::connect([setting.address.as_str()]).await?)
}

/// It has TCP only.
pub fn memcache_exp(setting: &Setting) -> Result<Option<Work>> {
    if setting.is_unix() {
        return Ok(None);
    }
    let runtime = runtime(1)?;
    let client = runtime.block_on(exp(setting))?;
    let (keys, value) = (setting.workload.keys(), setting.workload.value());
    Ok(Some(match setting.workload {
        Workload::Get(bytes) => on(runtime, client, async move |client| {
            let found: Option<Vec<u8>> = client.get(KEY).await?;
            check(found.is_some_and(|found| found.len() == bytes))
        }),
        Workload::Set(_) => on(runtime, client, async move |client| {
            Ok(client.set(KEY, &value[..], Ttl::NEVER).await?)
        }),
        Workload::GetMany(count) => on(runtime, client, async move |client| {
            let found = client
                .get_many::<Vec<u8>, _>(keys.iter().map(String::as_str))
                .await?;
            check(found.len() == count)
        }),
        Workload::SetMany(_) => on(runtime, client, async move |client| {
            let items = keys.iter().map(|key| (key.as_str(), &value[..]));
            Ok(client.set_many(items, Ttl::NEVER).await?)
        }),
        _ => return Ok(None),
    }))
}

/// As async-memcached wants to read it.
pub fn address(setting: &Setting) -> String {
    let scheme = if setting.is_unix() { "unix" } else { "tcp" };
    format!("{scheme}://{}", setting.address)
}

pub fn async_memcached(setting: &Setting) -> Result<Option<Work>> {
    let runtime = runtime(1)?;
    let client = runtime.block_on(async_memcached::Client::new(address(setting)))?;
    let (keys, value) = (setting.workload.keys(), setting.workload.value());
    Ok(Some(match setting.workload {
        Workload::Get(bytes) => on(runtime, client, async move |client| {
            let found = client.get(KEY).await?.and_then(|found| found.data);
            check(found.is_some_and(|found| found.len() == bytes))
        }),
        Workload::Set(_) => on(runtime, client, async move |client| {
            Ok(client.set(KEY, &value[..], None, None).await?)
        }),
        Workload::GetMany(count) => on(runtime, client, async move |client| {
            check(client.get_multi(&keys).await?.len() == count)
        }),
        Workload::SetMany(_) => on(runtime, client, async move |client| {
            let items: Vec<(&str, &[u8])> =
                keys.iter().map(|key| (key.as_str(), &value[..])).collect();
            check(
                client
                    .set_multi(&items, None, None)
                    .await?
                    .values()
                    .all(|outcome| outcome.is_ok()),
            )
        }),
        Workload::Stream => on(runtime, client, async move |client| {
            let items: Vec<(&str, &[u8])> =
                keys.iter().map(|key| (key.as_str(), &value[..])).collect();
            check(client.meta_set_multi(&items, None).await?.is_empty())
        }),
        Workload::Tasks { .. } => return Ok(None),
    }))
}

/// One connection of mtop-client's, with the key that it is asked for.
pub struct MtopClient {
    memcached: Memcached,
    key: [Key; 1],
}

impl MtopClient {
    pub async fn connect(setting: &Setting) -> Result<Self> {
        let memcached = if setting.is_unix() {
            let (read, write) = UnixStream::connect(&setting.address).await?.into_split();
            Memcached::new(read, write)
        } else {
            let stream = TcpStream::connect(&setting.address).await?;
            stream.set_nodelay(true)?;
            let (read, write) = stream.into_split();
            Memcached::new(read, write)
        };
        Ok(Self {
            memcached,
            key: [Key::try_from(KEY.to_owned())?],
        })
    }

    /// The length of the value.
    pub async fn get(&mut self) -> Result<usize> {
        let found = self.memcached.get(&self.key).await?;
        Ok(found.values().map(|value| value.data.len()).sum())
    }
}

pub fn mtop_client(setting: &Setting) -> Result<Option<Work>> {
    let runtime = runtime(1)?;
    let client = runtime.block_on(MtopClient::connect(setting))?;
    let (keys, value) = (setting.workload.keys(), setting.workload.value());
    Ok(Some(match setting.workload {
        Workload::Get(bytes) => on(runtime, client, async move |client| {
            check(client.get().await? == bytes)
        }),
        Workload::Set(_) => on(runtime, client, async move |client| {
            Ok(client.memcached.set(&client.key[0], 0, 0, &value).await?)
        }),
        Workload::GetMany(count) => {
            let keys = Key::parse_all(keys)?;
            on(runtime, client, async move |client| {
                check(client.memcached.get(&keys).await?.len() == count)
            })
        }
        _ => return Ok(None),
    }))
}

/// Its `set` waits for no answer, and so is none.
pub fn memcache_async(setting: &Setting) -> Result<Option<Work>> {
    let runtime = runtime(1)?;
    if setting.is_unix() {
        let stream = runtime.block_on(UnixStream::connect(&setting.address))?;
        Ok(memcache_async_over(runtime, stream, setting.workload))
    } else {
        let stream = runtime.block_on(TcpStream::connect(&setting.address))?;
        stream.set_nodelay(true)?;
        Ok(memcache_async_over(runtime, stream, setting.workload))
    }
}

fn memcache_async_over<S: AsyncRead + AsyncWrite + Unpin + 'static>(
    runtime: tokio::runtime::Runtime,
    stream: S,
    workload: Workload,
) -> Option<Work> {
    let client = memcache_async::ascii::Protocol::new(stream);
    let (keys, value) = (workload.keys(), workload.value());
    match workload {
        Workload::Get(bytes) => Some(on(runtime, client, async move |client| {
            check(client.get(KEY).await?.len() == bytes)
        })),
        Workload::GetMany(count) => Some(on(runtime, client, async move |client| {
            check(client.get_multi(&keys).await?.len() == count)
        })),
        // All of its sets are silent; the version is what closes them.
        Workload::Stream => Some(on(runtime, client, async move |client| {
            for key in &keys {
                client.set(key, &value, 0).await?;
            }
            client.version().await?;
            Ok(())
        })),
        _ => None,
    }
}
