//! A program around one connection, whose image `ci/size.sh` measures: with get, set and delete
//! only or with every command (`all`), with the protocol chosen as it runs or a constant (`text`,
//! `meta`, `binary`), and with the connection's methods stubbed out (`stub`).

#![no_std]
#![no_main]

use core::mem::MaybeUninit;

use minimc_core::Connection;
use minimc_probe::{any, sink};

#[unsafe(no_mangle)]
extern "C" fn _start() {
    sink(&raw mut ONE);
    sink(&raw mut FOUR);
    sink(&raw mut SIXTEEN);
    sink(&raw mut ARRAYS);
    sink(client::run());
}

/// Places for connections: the sizes of their symbols are those of the types.
#[unsafe(export_name = "RAM Connection<&mut [u8], 1>")]
static mut ONE: MaybeUninit<Connection<&mut [u8], 1>> = MaybeUninit::uninit();
#[unsafe(export_name = "RAM Connection<&mut [u8], 4>")]
static mut FOUR: MaybeUninit<Connection<&mut [u8], 4>> = MaybeUninit::uninit();
#[unsafe(export_name = "RAM Connection<&mut [u8], 16>")]
static mut SIXTEEN: MaybeUninit<Connection<&mut [u8], 16>> = MaybeUninit::uninit();
#[unsafe(export_name = "RAM Connection<[u8; 512], 4>")]
static mut ARRAYS: MaybeUninit<Connection<[u8; 512], 4>> = MaybeUninit::uninit();

/// The transport: takes as many bytes as it likes.
fn write(parts: [&[u8]; 3]) -> usize {
    sink(parts);
    any()
}

/// The transport: gives as many bytes as it likes.
fn read(space: &mut [u8]) -> usize {
    sink(space);
    any()
}

/// The methods of a connection, which do nothing: what is left of the image is the program's own.
#[cfg(feature = "stub")]
#[cfg_attr(not(feature = "all"), allow(dead_code))]
mod stub {
    use minimc_core::command::{Batch, Command};
    use minimc_core::{BadKey, Error, Gap, Key, Piece, Protocol};
    use minimc_probe::{given, sink};

    pub struct Connection;

    macro_rules! stubs {
        ($(fn $name:ident<$($life:lifetime,)* $($generic:ident: $bound:ident)?>($($argument:ident: $type:ty),*) -> $result:ty;)*) => {
            impl Connection {
                $(
                    #[inline(never)]
                    pub fn $name<$($life,)* $($generic: $bound)?>($($argument: $type),*) -> $result {
                        $(sink($argument);)*
                        given()
                    }
                )*
            }
        };
    }

    stubs! {
        fn new<>(protocol: Protocol, sending: &'static mut [u8], receiving: &'static mut [u8]) -> Result<Connection, Error>;
        fn send<'v, C: Command>(self: &mut Connection, command: &'v C) -> Result<Option<Gap<'v>>, Error>;
        fn send_batch<B: Batch>(self: &mut Connection, batch: &mut B) -> Result<bool, Error>;
        fn outgoing<'a,>(self: &'a Connection, gap: Option<&Gap<'a>>) -> [&'a [u8]; 3];
        fn is_sending<>(self: &Connection) -> bool;
        fn sent<>(self: &mut Connection, count: usize) -> ();
        fn space<'b,>(self: &'b mut Connection) -> &'b mut [u8];
        fn filled<>(self: &mut Connection, count: usize) -> ();
        fn arrived<>(self: &mut Connection) -> Result<bool, Error>;
        fn reply<'b, C: Command>(self: &'b mut Connection) -> Result<C::Reply<'b>, Error>;
        fn item<'b, B: Batch>(self: &'b mut Connection, batch: &mut B) -> Result<Option<B::Item<'b>>, Error>;
        fn piece<'b,>(self: &'b mut Connection) -> Result<Option<Piece<'b>>, Error>;
        fn settle<>(self: &mut Connection) -> Result<bool, Error>;
        fn abandon<>(self: &mut Connection) -> ();
        fn fail<>(self: &mut Connection) -> ();
    }

    #[inline(never)]
    pub fn key() -> Result<Key<'static>, BadKey> {
        given()
    }
}

mod client {
    use minimc_core::command::{Command, Delete, Get, Store};
    #[cfg(feature = "all")]
    use minimc_core::command::{Count, GetMany, Noop, Touch, Version};
    use minimc_core::{Error, ErrorKind, Expiry, Gap, Key, Protocol};
    use minimc_probe::{any, bytes, sink};

    use super::{read, write};

    #[cfg(feature = "stub")]
    use super::stub::{Connection, key};

    #[cfg(not(feature = "stub"))]
    type Connection = minimc_core::Connection<&'static mut [u8], 4>;

    #[cfg(not(feature = "stub"))]
    fn key() -> Result<Key<'static>, minimc_core::BadKey> {
        Key::new(bytes())
    }

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
        let mut batch = GetMany::new(minimc_probe::slice::<&[u8]>())?;
        while connection.send_batch(&mut batch)? {
            transmit(connection, None);
            loop {
                arrive(connection)?;
                let Some(item) = connection.item(&mut batch)? else {
                    break;
                };
                sink(item);
            }
        }
        Ok(())
    }

    #[cfg(feature = "all")]
    #[inline(never)]
    fn get_in_pieces(connection: &mut Connection, key: Key<'_>) -> Result<(), Error> {
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
}
