//! Which of our commands asks for what: a line each.

use minimc_core::command::meta::Debug;
use minimc_core::command::{
    CacheMemlimit, Command, Count, Delete, DeleteCas, Exists, FlushAll, Get, GetMany, Login,
    Mechanisms, Noop, Quit, Store, Touch, Verbosity, Version,
};
use minimc_core::{BadKey, Credentials, Expiry, Key};

use crate::asked::{Ask, Ours};
use crate::call::{Call, Many, One};
use crate::foreign::{ITEM, Keys, NUMBER, Quiet, Raw, VERSION, value_of};
use crate::grammar::{Mode, What};
use crate::meta;
use crate::stream;
use crate::words::Words;

/// The call that asks for this; none where nothing is to be answered.
pub(crate) fn call<'a>(ask: &'a Ask<'a>) -> Result<Option<Box<dyn Call + 'a>>, BadKey> {
    Ok(Some(match ask {
        Ask::Ours {
            what: Ours::Plain(what),
            ..
        } => plain(what)?,
        Ask::Ours {
            part,
            what: Ours::Meta,
            ..
        } => meta::call(part).ok_or(BadKey::Empty)?,
        Ask::Ours {
            part,
            what: Ours::Stream,
            ..
        } => stream::call(part).ok_or(BadKey::Empty)?,
        Ask::Ours { what, .. } => other(what)?,
        Ask::Keys { verb, keys } => {
            let keys = keys.clone();
            Box::new(Many::new(Keys { verb, keys }))
        }
        Ask::Quiet { parts, fence } => {
            let parts = parts.clone();
            if parts.iter().all(|part| value_of(part) == NUMBER) {
                quiet::<NUMBER>(Quiet { parts }, fence.is_some())
            } else {
                quiet::<ITEM>(Quiet { parts }, fence.is_some())
            }
        }
        Ask::Raw(part) => match value_of(part) {
            NUMBER => one(Raw::<NUMBER> { part: *part }),
            VERSION => one(Raw::<VERSION> { part: *part }),
            _ => one(Raw::<ITEM> { part: *part }),
        },
        Ask::Silent => return Ok(None),
    }))
}

fn plain(what: &What) -> Result<Box<dyn Call + '_>, BadKey> {
    Ok(match what {
        What::Get { keys, cas, touch } if keys.len() == 1 => {
            let mut get = Get::new(key(&keys[0])?);
            if *cas {
                get = get.with_cas();
            }
            if let Some(time) = touch {
                get = get.touch(expiry(*time));
            }
            one(get)
        }
        What::Get { keys, cas, touch } => {
            let mut get = GetMany::new(keys);
            if *cas {
                get = get.with_cas();
            }
            if let Some(time) = touch {
                get = get.touch(expiry(*time));
            }
            Box::new(Many::new(get))
        }
        What::Store {
            mode,
            key: name,
            value,
            new,
        } => {
            let key = key(name)?;
            let store = match mode {
                Mode::Set => Store::set(key, value),
                Mode::Add => Store::add(key, value),
                Mode::Replace => Store::replace(key, value),
                Mode::Append => Store::append(key, value),
                Mode::Prepend => Store::prepend(key, value),
                Mode::Cas(unique) => Store::cas(key, value, *unique),
            };
            let (flags, time) = new.unwrap_or_default();
            one(store.flags(flags).expiry(expiry(time)))
        }
        What::Count {
            key: name,
            up,
            delta,
            initial,
        } => {
            let direction = if *up { Count::up } else { Count::down };
            let mut count = direction(key(name)?, *delta);
            if let Some((value, time)) = initial {
                count = count.or_initial(*value, expiry(*time));
            }
            one(count)
        }
        What::Delete { key: name } => one(Delete::new(key(name)?)),
        What::Touch {
            key: name,
            expiry: time,
        } => one(Touch::new(key(name)?, expiry(*time))),
        What::Version => one(Version),
        What::Noop => one(Noop),
        What::DeleteCas { .. }
        | What::Exists { .. }
        | What::Lease { .. }
        | What::Verb { .. }
        | What::Debug { .. }
        | What::FlushAll { .. } => unreachable!("read apart: {what:?}"),
    })
}

fn other(what: &Ours) -> Result<Box<dyn Call + '_>, BadKey> {
    Ok(match what {
        Ours::Plain(what) => plain(what)?,
        Ours::Meta | Ours::Stream => return Err(BadKey::Empty),
        Ours::Exists(name) => one(Exists::new(key(name)?)),
        Ours::DeleteCas(name, cas) => one(DeleteCas::new(key(name)?, *cas)),
        Ours::FlushAll(delay) => one(FlushAll::after(*delay)),
        Ours::Verbosity(level) => one(Verbosity::new(*level)),
        Ours::CacheMemlimit(size) => one(CacheMemlimit::new(*size)),
        Ours::Quit => one(Quit),
        Ours::Mechanisms => one(Mechanisms),
        Ours::Login(user, password) => {
            let credentials = Credentials::new(user, password).map_err(|_| BadKey::Empty)?;
            one(Login::new(credentials))
        }
        Ours::Debug(name) => one(Debug::new(key(name)?)),
    })
}

/// A key as it stands on the wire, or any bytes where only base64 carries them.
fn key(bytes: &[u8]) -> Result<Key<'_>, BadKey> {
    Key::new(bytes).or_else(|_| Key::encoded(bytes))
}

fn expiry(number: u32) -> Expiry {
    match number {
        0 => Expiry::NEVER,
        1..=2_592_000 => Expiry::seconds(number.into()),
        _ => Expiry::at(number),
    }
}

pub(crate) fn one<'a, C>(command: C) -> Box<dyn Call + 'a>
where
    C: Command + 'a,
    for<'b> C::Reply<'b>: Words,
{
    Box::new(One { command })
}

fn quiet<const VALUE: u8>(quiet: Quiet<'_, VALUE>, fenced: bool) -> Box<dyn Call + '_> {
    Box::new(Many::new(quiet).each(fenced))
}
