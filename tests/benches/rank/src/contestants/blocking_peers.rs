//! Peers that block, as their documentation uses them.

use memcache::Client;
use memcache::exp::{Memcache, Ttl};

use super::{Setting, Work, each};
use crate::Result;
use crate::workload::{KEY, Workload, check};

pub fn memcache_ascii(setting: &Setting) -> Result<Option<Work>> {
    memcache(setting, "ascii")
}

pub fn memcache_binary(setting: &Setting) -> Result<Option<Work>> {
    memcache(setting, "binary")
}

fn memcache(setting: &Setting, protocol: &str) -> Result<Option<Work>> {
    let scheme = if setting.is_unix() {
        "memcache+unix"
    } else {
        "memcache"
    };
    let client = Client::with_pool_size(
        format!("{scheme}://{}?protocol={protocol}", setting.address),
        1,
    )?;
    let (keys, value) = (setting.workload.keys(), setting.workload.value());
    Ok(Some(match setting.workload {
        Workload::Get(bytes) => each(client, move |client| {
            let found: Option<Vec<u8>> = client.get(KEY)?;
            check(found.is_some_and(|found| found.len() == bytes))
        }),
        Workload::Set(_) => each(client, move |client| Ok(client.set(KEY, &value[..], 0)?)),
        Workload::GetMany(count) => each(client, move |client| {
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            check(client.gets::<Vec<u8>>(&keys)?.len() == count)
        }),
        _ => return Ok(None),
    }))
}

/// It has TCP only.
pub fn memcache_exp(setting: &Setting) -> Result<Option<Work>> {
    if setting.is_unix() {
        return Ok(None);
    }
    let client = Memcache::connect([setting.address.as_str()])?;
    let (keys, value) = (setting.workload.keys(), setting.workload.value());
    Ok(Some(match setting.workload {
        Workload::Get(bytes) => each(client, move |client| {
            let found: Option<Vec<u8>> = client.get(KEY)?;
            check(found.is_some_and(|found| found.len() == bytes))
        }),
        Workload::Set(_) => each(client, move |client| {
            Ok(client.set(KEY, &value[..], Ttl::NEVER)?)
        }),
        Workload::GetMany(count) => each(client, move |client| {
            let found = client.get_many::<Vec<u8>, _>(keys.iter().map(String::as_str))?;
            check(found.len() == count)
        }),
        Workload::SetMany(_) => each(client, move |client| {
            Ok(client.set_many(
                keys.iter().map(|key| (key.as_str(), &value[..])),
                Ttl::NEVER,
            )?)
        }),
        _ => return Ok(None),
    }))
}
