//! minimc, as a program uses it that reads its documentation.

use std::time::Duration;

use minimc::command::Stored;
use minimc::{Expiry, Options, net};

use super::{Setting, Work, each, on, runtime};
use crate::Result;
use crate::workload::{KEY, Workload, check};

fn options() -> Options {
    Options {
        item_limit: 2 << 20,
        ..Options::default()
    }
}

/// The same workloads in both colours.
macro_rules! calls {
    ($workload:expr, $run:ident($($with:ident),*), ($($async:tt)?), ($($await:tt)*)) => {{
        let workload: Workload = $workload;
        let (keys, value) = (workload.keys(), workload.value());
        match workload {
            Workload::Get(bytes) => $run($($with,)* $($async)? move |client| {
                let item = client.get(KEY)$($await)*?;
                check(item.is_some_and(|item| item.value.len() == bytes))
            }),
            Workload::Set(_) => $run($($with,)* $($async)? move |client| {
                Ok(client.set(KEY, &value, Expiry::NEVER)$($await)*?)
            }),
            Workload::GetMany(_) => $run($($with,)* $($async)? move |client| {
                let mut items = client.get_many(&keys)$($await)*?;
                while let Some((_, item)) = items.next()$($await)* {
                    check(item?.is_some_and(|item| item.value.len() == 100))?;
                }
                Ok(())
            }),
            Workload::SetMany(_) | Workload::Stream => {
                let items: Vec<(String, Vec<u8>)> = keys.into_iter().map(|key| (key, value.clone())).collect();
                $run($($with,)* $($async)? move |client| {
                    let mut outcomes = client.set_many(&items, Expiry::NEVER)$($await)*?;
                    while let Some((_, outcome)) = outcomes.next()$($await)* {
                        check(outcome? == Stored::Stored)?;
                    }
                    Ok(())
                })
            }
            Workload::Tasks { .. } => return Ok(None),
        }
    }};
}

pub fn blocking(setting: &Setting) -> Result<Option<Work>> {
    blocking_with(setting, options())
}

fn blocking_with(setting: &Setting, options: Options) -> Result<Option<Work>> {
    let client = net::Client::connect_with(&setting.address, options)?;
    Ok(Some(calls!(setting.workload, each(client), (), ())))
}

/// One that asks for a while before it sleeps.
pub fn busy_poll(setting: &Setting) -> Result<Option<Work>> {
    let options = Options {
        busy_poll: Duration::from_micros(50),
        ..options()
    };
    blocking_with(setting, options)
}

pub fn tokio(setting: &Setting) -> Result<Option<Work>> {
    let runtime = runtime(1)?;
    let client = runtime.block_on(minimc::tokio::Client::connect_with(
        &setting.address,
        options(),
    ))?;
    Ok(Some(
        calls!(setting.workload, on(runtime, client), (async), (.await)),
    ))
}

/// A large value into a buffer of the caller's, in place of one that is lent.
pub fn into(setting: &Setting) -> Result<Option<Work>> {
    let (Workload::Get(bytes @ 0x10000..), mut buffer) =
        (setting.workload, setting.workload.value())
    else {
        return Ok(None);
    };
    let client = net::Client::connect_with(&setting.address, options())?;
    Ok(Some(each(client, move |client| {
        let entry = client.get_into(KEY, &mut buffer)?;
        check(entry.is_some_and(|entry| entry.length as usize == bytes))
    })))
}

/// A shared connection, with nobody to share it.
pub fn shared(setting: &Setting) -> Result<Option<Work>> {
    let runtime = runtime(1)?;
    let client = runtime.block_on(minimc::tokio::Shared::connect_with(
        &setting.address,
        options(),
    ))?;
    let (keys, value) = (setting.workload.keys(), setting.workload.value());
    Ok(Some(match setting.workload {
        Workload::Get(bytes) => on(runtime, client, async move |client| {
            let item = client.get(KEY).await?;
            check(item.is_some_and(|item| item.value.len() == bytes))
        }),
        Workload::Set(_) => on(runtime, client, async move |client| {
            Ok(client.set(KEY, &value, Expiry::NEVER).await?)
        }),
        Workload::GetMany(_) => on(runtime, client, async move |client| {
            for item in &client.get_many(&keys).await {
                check(item?.is_some_and(|item| item.value.len() == 100))?;
            }
            Ok(())
        }),
        _ => return Ok(None),
    }))
}
