//! What the program does: every command once, over a transport.

use minimc_core::command::{Command, Delete, Get, Store};
#[cfg(feature = "all")]
use minimc_core::command::{Count, GetMany, Noop, Touch, Version};
use minimc_core::{Error, ErrorKind, Expiry, Gap, Protocol};
#[cfg(feature = "all")]
use minimc_core::{Progress, Sent};
use minimc_probe::{any, bytes, sink};

use crate::{Connection, key, read, write};

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
        #[cfg(feature = "all")]
        3 => sink(call(connection, &Get::new(key).with_cas())),
        #[cfg(feature = "all")]
        4 => sink(call(connection, &Get::new(key).touch(expiry))),
        #[cfg(feature = "all")]
        5 => sink(call(connection, &Store::add(key, bytes()))),
        #[cfg(feature = "all")]
        6 => sink(call(connection, &Store::replace(key, bytes()))),
        #[cfg(feature = "all")]
        7 => sink(call(connection, &Store::append(key, bytes()))),
        #[cfg(feature = "all")]
        8 => sink(call(connection, &Store::prepend(key, bytes()))),
        #[cfg(feature = "all")]
        9 => sink(call(connection, &Store::cas(key, bytes(), any()))),
        #[cfg(feature = "all")]
        10 => sink(call(connection, &Count::up(key, any()))),
        #[cfg(feature = "all")]
        11 => sink(call(connection, &Count::down(key, any()))),
        #[cfg(feature = "all")]
        12 => {
            let count = Count::up(key, any()).or_initial(any(), expiry);
            sink(call(connection, &count));
        }
        #[cfg(feature = "all")]
        13 => sink(call(connection, &Touch::new(key, expiry))),
        #[cfg(feature = "all")]
        14 => sink(call(connection, &Version)),
        #[cfg(feature = "all")]
        15 => sink(call(connection, &Noop)),
        #[cfg(feature = "all")]
        16 => sink(get_many(connection)),
        #[cfg(feature = "all")]
        17 => sink(get_in_pieces(connection, key)),
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

#[cfg(feature = "all")]
#[inline(never)]
fn get_many(connection: &mut Connection) -> Result<(), Error> {
    let batch = GetMany::new(minimc_probe::slice::<&[u8]>());
    let mut progress = Progress::new();
    loop {
        let mut is_more = match connection.send_batch(&batch, &mut progress)? {
            Sent::Group(gap) => {
                transmit(connection, gap);
                true
            }
            Sent::Nothing => false,
        };
        loop {
            match connection.item_arrived(&batch, &mut progress) {
                Ok(true) => {
                    // It may have kept the next from being queued.
                    is_more = true;
                    sink(connection.item(&batch, &mut progress)?);
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

#[cfg(feature = "all")]
#[inline(never)]
fn get_in_pieces(connection: &mut Connection, key: minimc_core::Key<'_>) -> Result<(), Error> {
    use minimc_core::Piece;

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
