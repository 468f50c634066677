//! What the types say in `Debug`, where it is written by hand.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test may fail")]

use core::cell::RefCell;
use core::fmt::Debug;

use minimc_core::command::{Command, Count, Get, Item, Store};
use minimc_core::placement::BadServer;
use minimc_core::wire::{Encoder, Frame};
use minimc_core::{
    BadKey, Connection, During, Entry, Error, ErrorKind, Expiry, Fate, Key, Piece, Protocol,
};

#[track_caller]
fn check(value: impl Debug, text: &str) {
    assert_eq!(format!("{value:?}"), text);
}

#[test]
fn kinds_of_errors() {
    macro_rules! named {
        ($($kind:ident)*) => {
            $(check(ErrorKind::$kind, stringify!($kind));)*
        };
    }
    named! {
        Expiry Credentials TooLarge Full OutOfOrder StorageTooSmall PoolExhausted NoServers ServerDown ServerEjected NotFound NotNumeric
        Server Client Command OutOfMemory TooManyConnections Unauthenticated LoginRefused Malformed Mismatched Unsolicited
        Closed TimedOut WouldWait
    }
    check(ErrorKind::Key(BadKey::Empty), "Key(Empty)");
    check(ErrorKind::Address(BadServer::Port), "Address(Port)");
    check(ErrorKind::Unsupported("it's"), "Unsupported(\"it's\")");
    check(
        ErrorKind::ReplyTooLarge { size: u32::MAX },
        "ReplyTooLarge { size: 4294967295 }",
    );
    let io = ErrorKind::Io {
        during: During::Read,
        code: -1,
    };
    check(io, "Io { during: Read, code: -1 }");
    check(
        Error::new(io).with_fate(Fate::NotSent),
        "Io { during: Read, code: -1 }, NotSent",
    );
}

#[test]
fn commands() {
    let key = Key::new("k").unwrap();
    let count = Count::up(key, u64::MAX);
    check(
        count,
        "Count { key: Key(\"k\"), direction: Up, delta: 18446744073709551615, initial: None, \
         touch: None }",
    );
    check(
        count.or_initial(0, Expiry::NEVER),
        "Count { key: Key(\"k\"), direction: Up, delta: 18446744073709551615, \
         initial: Some((0, Expiry(Never))), touch: None }",
    );
    check(
        Store::cas(key, b"v", u64::MAX),
        "Store { target: Target { key: Key(\"k\"), mode: Cas(18446744073709551615), flags: 0, \
         expiry: Expiry(Never) }, value: [118] }",
    );
}

#[test]
fn what_is_handed_out() {
    let entry = Entry {
        length: 2,
        flags: 7,
        cas: None,
    };
    check(entry, "Entry { length: 2, flags: 7, cas: None }");
    let cas = Some(u64::MAX);
    check(
        Piece::Start(Entry { cas, ..entry }),
        "Start(Entry { length: 2, flags: 7, cas: Some(18446744073709551615) })",
    );
    let item = Item {
        value: b"a\0",
        flags: 7,
        cas,
    };
    check(item, "Item(\"a\\x00\", flags 7, cas 18446744073709551615)");
}

/// A get that keeps what it was encoded with and decoded from.
struct Observed<'k>(Get<'k>, RefCell<String>);

impl Command for Observed<'_> {
    const NAME: &'static str = "observed";
    type Reply<'b> = Frame<'b>;

    fn encode<'v>(&'v self, out: &mut Encoder<'_, 'v>) {
        self.0.encode(out);
        self.1.replace(format!("{out:?}"));
    }

    fn decode<'b>(frame: &Frame<'b>) -> Result<Frame<'b>, ErrorKind> {
        Ok(*frame)
    }
}

#[test]
fn a_connection_and_what_passes_through_it() {
    let mut connection = Connection::<_, 2>::new(Protocol::Text, [0; 400], [0; 400]).unwrap();
    let text = "Connection { protocol: Text, owed: 0, broken: false, .. }";
    check(&connection, text);

    let key = Key::encoded(b"a key").unwrap();
    let command = Observed(Get::new(key), RefCell::default());
    let error = connection.send(&command).unwrap_err();
    let kind = "Unsupported(\"keys of any bytes in classic commands\")";
    check(error, &format!("{kind}, NotSent"));
    let text = format!("Encoder {{ protocol: Text, length: 5, failure: Some({kind}), .. }}");
    assert_eq!(command.1.into_inner(), text);

    let command = Observed(
        Get::new(Key::new("k").unwrap()).with_cas(),
        RefCell::default(),
    );
    connection.send(&command).unwrap();
    let text = "Encoder { protocol: Text, length: 8, failure: None, .. }";
    assert_eq!(command.1.into_inner(), text);
    let text = "Connection { protocol: Text, owed: 1, broken: false, .. }";
    check(&connection, text);

    connection.sent(400);
    let reply = b"VALUE k 7 2 18446744073709551615\r\nab\r\nEND\r\n";
    connection.space()[..reply.len()].copy_from_slice(reply);
    connection.filled(reply.len());
    assert_eq!(connection.arrived(), Ok(true));
    let raw = connection.raw_reply().unwrap();
    let text = "VALUE k 7 2 18446744073709551615\\r\\nab\\r\\nEND\\r\\n";
    check(raw, &format!("RawReply(\"{text}\")"));
    check(
        raw.decode::<Observed<'_>>().unwrap(),
        "Frame { status: Value, key: \"k\", data: Ok(\"ab\"), flags: 7, \
         cas: Some(18446744073709551615) }",
    );

    connection.fail();
    let text = "Connection { protocol: Text, owed: 0, broken: true, .. }";
    check(&connection, text);
}
