//! What the program does: each of its commands once, over a transport.

#![allow(
    dead_code,
    unused_imports,
    reason = "each program has some of the commands"
)]

use minimc_core::command::*;
use minimc_core::hash::crc32_append;
use minimc_core::value::chunks::{Manifest, PartKey, Position};
use minimc_core::value::{Container, Convention, Deflate, Inflate, Reading};
use minimc_core::{Error, ErrorKind, Expiry, Gap, Key, Piece, Progress, Protocol, Sent};
use minimc_probe::{any, bytes, given, sink, slice, some};

use crate::{Connection, encoded, key, read, write};

fn protocol() -> Protocol {
    if cfg!(feature = "text") {
        Protocol::Text
    } else if cfg!(feature = "meta") {
        Protocol::Meta
    } else if cfg!(feature = "binary") {
        Protocol::Binary
    } else {
        match any::<u8>() {
            0 => Protocol::Text,
            1 => Protocol::Meta,
            _ => Protocol::Binary,
        }
    }
}

pub fn run() -> Result<(), Error> {
    let mut connection = Connection::new(protocol(), bytes(), bytes())?;
    loop {
        if let Err(error) = turn(&mut connection) {
            sink(error);
            connection.abandon();
        }
    }
}

#[inline(never)]
fn turn(connection: &mut Connection) -> Result<(), Error> {
    settle(connection)?;
    let key = key()?;
    let expiry = Expiry::seconds(any());
    match any::<u8>() {
        0 => sink(call(connection, &Get::new(key))),
        1 => {
            let set = Store::set(key, bytes()).flags(any()).expiry(expiry);
            sink(call(connection, &set));
        }
        2 => sink(call(connection, &Delete::new(key))),
        #[cfg(feature = "get-with-options")]
        3 => sink(call(connection, &Get::new(key).with_cas().touch(expiry))),
        #[cfg(feature = "store-modes")]
        4 => sink(call(connection, &Store::add(key, bytes()))),
        #[cfg(feature = "store-modes")]
        5 => sink(call(connection, &Store::replace(key, bytes()))),
        #[cfg(feature = "store-modes")]
        6 => sink(call(connection, &Store::append(key, bytes()))),
        #[cfg(feature = "store-modes")]
        7 => sink(call(connection, &Store::prepend(key, bytes()))),
        #[cfg(feature = "store-modes")]
        8 => sink(call(connection, &Store::cas(key, bytes(), any()))),
        #[cfg(feature = "count")]
        9 => sink(call(connection, &Count::up(key, any()))),
        #[cfg(feature = "count")]
        10 => sink(call(connection, &Count::down(key, any()))),
        #[cfg(feature = "count")]
        11 => {
            let count = Count::up(key, any()).or_initial(any(), expiry);
            sink(call(connection, &count));
        }
        #[cfg(feature = "touch")]
        12 => sink(call(connection, &Touch::new(key, expiry))),
        #[cfg(feature = "version")]
        13 => sink(call(connection, &Version)),
        #[cfg(feature = "noop")]
        14 => sink(call(connection, &Noop)),
        #[cfg(feature = "pieces")]
        15 => sink(get_in_pieces(connection, key)),
        #[cfg(feature = "get-many")]
        16 => sink(every(connection, &GetMany::new(slice::<&[u8]>()))),
        #[cfg(feature = "store-many")]
        17 => sink(every(
            connection,
            &StoreMany::set(slice::<(&[u8], &[u8])>()),
        )),
        #[cfg(feature = "delete-many")]
        18 => sink(every(connection, &DeleteMany::new(slice::<&[u8]>()))),
        #[cfg(feature = "count-many")]
        19 => sink(every(connection, &CountMany::up(slice::<&[u8]>(), any()))),
        #[cfg(feature = "touch-many")]
        20 => sink(every(connection, &TouchMany::new(slice::<&[u8]>(), expiry))),
        #[cfg(feature = "exists")]
        21 => sink(call(connection, &Exists::new(key))),
        #[cfg(feature = "delete-cas")]
        22 => sink(call(connection, &DeleteCas::new(key, any()))),
        #[cfg(feature = "flush-all")]
        23 => sink(call(connection, &FlushAll::after(any()))),
        #[cfg(feature = "verbosity")]
        24 => sink(call(connection, &Verbosity::new(any()))),
        #[cfg(feature = "cache-memlimit")]
        25 => sink(call(connection, &CacheMemlimit::new(any()))),
        #[cfg(feature = "quit")]
        26 => sink(call(connection, &Quit)),
        #[cfg(feature = "lease")]
        27 => sink(call(connection, &Lease::new(key, expiry).recache(any()))),
        #[cfg(feature = "meta-get")]
        28 => sink(call(connection, some::<meta::Get<'_>>())),
        #[cfg(feature = "meta-set")]
        29 => sink(call(connection, some::<meta::Set<'_, '_>>())),
        #[cfg(feature = "meta-delete")]
        30 => sink(call(connection, some::<meta::Delete<'_>>())),
        #[cfg(feature = "meta-count")]
        31 => sink(call(connection, some::<meta::Count<'_>>())),
        #[cfg(feature = "meta-debug")]
        32 => sink(call(connection, &meta::Debug::new(key))),
        #[cfg(feature = "cluster-config")]
        33 => sink(call(connection, &ClusterConfig::default())),
        #[cfg(feature = "stats")]
        34 => sink(every(connection, &Stats::GENERAL)),
        #[cfg(feature = "cachedump")]
        35 => sink(every(connection, &CacheDump::new(any(), any()))),
        #[cfg(feature = "metadump")]
        36 => sink(every(connection, &Metadump::new(Crawl::All))),
        #[cfg(feature = "mgdump")]
        37 => sink(every(connection, &Mgdump::new(Crawl::All))),
        #[cfg(feature = "watch")]
        38 => sink(every(connection, &Watch::new(&[]))),
        #[cfg(feature = "encoded-keys")]
        39 => sink(call(connection, &Get::new(encoded()?))),
        #[cfg(feature = "set-value")]
        40 => {
            let mut room = [0; Convention::ROOM];
            let stored = Convention::PYLIBMC.encode(given(), &mut room)?;
            let set = Store::set(key, stored.bytes).flags(stored.flags);
            sink(call(connection, &set));
        }
        #[cfg(feature = "get-value")]
        41 => {
            let value = Convention::PYLIBMC.decode(bytes(), any(), Reading::Strict);
            sink(value);
        }
        #[cfg(feature = "inflate")]
        42 => {
            let inflate = some::<Inflate<'_>>();
            *inflate = Inflate::new(Container::Zlib, bytes(), any());
            sink(
                inflate
                    .next(&mut &*bytes())
                    .map(|piece| piece.map(<[u8]>::len)),
            );
            sink(inflate.finish(Reading::Strict));
        }
        #[cfg(feature = "deflate")]
        43 => {
            let deflate: &mut Deflate = some();
            sink(deflate.zlib(bytes(), bytes()));
        }
        #[cfg(any(
            feature = "remainder",
            feature = "ring-in-flash",
            feature = "ring-in-ram",
            feature = "health"
        ))]
        44 => crate::servers::use_them(),
        #[cfg(feature = "chunks")]
        45 => {
            // What reading and writing take.
            let position: &mut Position = some();
            sink(Manifest::decode(bytes())? == position.manifest);
            sink(position.part_length());
            sink(PartKey::new(key, position)?.key());
            position.next_part(crc32_append(position.crc, bytes()));
            sink(position.finish());
            sink(position.manifest.encode());
        }
        _ => {}
    }
    Ok(())
}

#[inline(never)]
fn settle(connection: &mut Connection) -> Result<(), Error> {
    while !connection.settle()? {
        receive(connection)?;
    }
    Ok(())
}

#[inline(never)]
fn call<'c, C: Command>(
    connection: &'c mut Connection,
    command: &C,
) -> Result<C::Reply<'c>, Error> {
    let gap = connection.send(command)?;
    transmit(connection, gap);
    arrive(connection)?;
    connection.reply::<C>()
}

#[inline(never)]
fn transmit(connection: &mut Connection, gap: Option<Gap<'_>>) {
    while connection.is_sending() {
        let count = write(connection.outgoing(gap.as_ref()));
        connection.sent(count);
    }
}

#[inline(never)]
fn arrive(connection: &mut Connection) -> Result<(), Error> {
    while !connection.arrived()? {
        receive(connection)?;
    }
    Ok(())
}

#[inline(never)]
fn receive(connection: &mut Connection) -> Result<(), Error> {
    match read(connection.space()) {
        0 => {
            connection.fail();
            Err(ErrorKind::Closed.into())
        }
        count => {
            connection.filled(count);
            Ok(())
        }
    }
}

#[inline(never)]
fn every<B: Batch>(connection: &mut Connection, batch: &B) -> Result<(), Error> {
    let mut progress = Progress::new();
    loop {
        let mut is_more = match connection.send_batch(batch, &mut progress)? {
            Sent::Group(gap) => {
                transmit(connection, gap);
                true
            }
            Sent::Nothing => false,
        };
        loop {
            match connection.item_arrived(batch, &mut progress) {
                Ok(true) => {
                    // It may have kept the next from being queued.
                    is_more = true;
                    sink(connection.item(batch, &mut progress)?);
                }
                Ok(false) if progress.is_waiting() => {
                    if let Err(error) = receive(connection) {
                        connection.lose(&mut progress, error.kind());
                    }
                }
                Ok(false) => break,
                Err(kind) => connection.lose(&mut progress, kind),
            }
        }
        if !is_more {
            return Ok(());
        }
    }
}

#[inline(never)]
fn get_in_pieces(connection: &mut Connection, key: Key<'_>) -> Result<(), Error> {
    connection.send(&Get::new(key))?;
    transmit(connection, None);
    loop {
        match connection.piece()? {
            None => receive(connection)?,
            Some(Piece::End) => return Ok(()),
            Some(piece) => sink(piece),
        }
    }
}
