//! The calls of a session.

use arbitrary::Arbitrary;
use minimc_core::command::{Count, Delete, Get, GetMany, Store, Touch};
use minimc_core::{Expiry, Key};

/// A call, as the fuzzer chooses it.
#[derive(Arbitrary, Debug)]
pub(super) struct Ask {
    command: Command,
    key: u8,
    size: u8,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Command {
    Get,
    Gets,
    GetInPieces,
    GetAndTouch,
    Set,
    Add,
    Append,
    Cas,
    Up,
    Down,
    Delete,
    Touch,
    Version,
    Noop,
    Many,
}

/// A call; it outlives every value that is sent from where it is.
#[derive(Debug)]
pub(super) enum Call {
    Get { get: Get<'static>, in_pieces: bool },
    Store(Store<'static, 'static>),
    Count(Count<'static>),
    Delete(Delete<'static>),
    Touch(Touch<'static>),
    Version,
    Noop,
    Many(GetMany<'static, &'static str>),
}

/// The keys of items, of which the server has the first two, and of numbers.
const KEYS: [&str; 4] = ["a", "large", "b", "none"];
const NUMBERS: [&str; 2] = ["n", "m"];
pub(super) const MANY: [&str; 5] = ["a", "none", "large", "b", "a"];

/// The items that a server begins with; the last but one is larger than the client's storage.
pub(super) const ITEMS: [(&str, &[u8]); 4] = [
    ("a", b"value of a"),
    ("n", b"7"),
    ("large", &[b'l'; 450]),
    ("m", b"18446744073709551615"),
];

/// Values are taken from here, each from another place.
static BYTES: [u8; 2048] = bytes();

const fn bytes() -> [u8; 2048] {
    let mut bytes = [0; 2048];
    let mut at = 0;
    while at < bytes.len() {
        bytes[at] = (at * 7 / 3) as u8;
        at += 1;
    }
    bytes
}

impl Ask {
    /// The `number`-th call: no other stores the same value.
    pub(super) fn call(&self, number: usize) -> Call {
        let key = usize::from(self.key);
        let name = Key::new(KEYS[key % KEYS.len()]).unwrap();
        let counter = Key::new(NUMBERS[key % NUMBERS.len()]).unwrap();
        let size = [0, 3, 40, 250, 450, 900][usize::from(self.size) % 6];
        let value = &BYTES[number % 1000..][..size];
        let expiry = Expiry::seconds(60);
        let whole = |get| Call::Get {
            get,
            in_pieces: false,
        };
        match self.command {
            Command::Get => whole(Get::new(name)),
            Command::Gets => whole(Get::new(name).with_cas()),
            Command::GetInPieces => Call::Get {
                get: Get::new(name).with_cas(),
                in_pieces: true,
            },
            Command::GetAndTouch => whole(Get::new(name).with_cas().touch(expiry)),
            Command::Set => Call::Store(Store::set(name, value).flags(number as u32)),
            Command::Add => Call::Store(Store::add(name, value)),
            Command::Append => Call::Store(Store::append(name, &value[..size.min(40)])),
            Command::Cas => Call::Store(Store::cas(name, value, 1 + u64::from(self.size))),
            Command::Up => Call::Count(Count::up(counter, self.size.into())),
            Command::Down => Call::Count(Count::down(counter, self.size.into())),
            Command::Delete if self.size & 1 == 0 => Call::Delete(Delete::new(counter)),
            Command::Delete => Call::Delete(Delete::new(name)),
            Command::Touch => Call::Touch(Touch::new(name, expiry)),
            Command::Version => Call::Version,
            Command::Noop => Call::Noop,
            Command::Many => Call::Many(GetMany::new(&MANY)),
        }
    }
}
