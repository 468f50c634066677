//! What is run: a get, a set and a delete in each protocol, and batches of a hundred.

use core::hint::black_box;

use minimc_core::command::{Batch, Command, Delete, Get, GetMany, Item, Store, StoreMany, Stored};
use minimc_core::{Connection, Error, Gap, Key, Progress, Protocol, Sent};

use crate::script::Script;
use crate::{STORAGE, WRONG};

/// Is shown each operation, and how each part of it is run so many times.
pub type Visit<'v> = &'v mut dyn FnMut(&str, &str, Run<'_>) -> Result<(), Error>;
pub type Run<'r> = &'r mut dyn FnMut(u32) -> Result<(), Error>;

type Open<'s> = Connection<&'s mut [u8], 4>;

const KEYS: usize = 100;

/// Shows each operation to `visit`.
pub fn all(visit: Visit<'_>) -> Result<(), Error> {
    let (key, value) = (Key::new("a-key-16-letters")?, VALUE);
    let (get, set, delete) = (Get::new(key), Store::set(key, &value), Delete::new(key));

    let mut in_meta = Stage::new(Protocol::Meta, visit);
    in_meta.one("get hit, meta", &get, is_hit, |script| {
        script.then(b"VA 32 f0 O#\r\n").then(&VALUE).then(b"\r\n");
    })?;
    in_meta.one("get miss, meta", &get, is_miss, |script| {
        script.then(b"EN O#\r\n");
    })?;
    in_meta.one("set, meta", &set, is_stored, |script| {
        script.then(b"HD O#\r\n");
    })?;
    in_meta.one("delete, meta", &delete, was_there, |script| {
        script.then(b"HD O#\r\n");
    })?;

    let mut in_text = Stage::new(Protocol::Text, visit);
    in_text.one("get hit, text", &get, is_hit, |script| {
        script.then(b"VALUE a-key-16-letters 0 32\r\n");
        script.then(&VALUE).then(b"\r\nEND\r\n");
    })?;
    in_text.one("get miss, text", &get, is_miss, |script| {
        script.then(b"END\r\n");
    })?;
    in_text.one("set, text", &set, is_stored, |script| {
        script.then(b"STORED\r\n");
    })?;
    in_text.one("delete, text", &delete, was_there, |script| {
        script.then(b"DELETED\r\n");
    })?;

    let mut in_binary = Stage::new(Protocol::Binary, visit);
    in_binary.one("get hit, binary", &get, is_hit, |script| {
        script.packet(0x00, 0, &[0; 4], &VALUE);
    })?;
    in_binary.one("get miss, binary", &get, is_miss, |script| {
        script.packet(0x00, 1, &[], b"Not found");
    })?;
    in_binary.one("set, binary", &set, is_stored, |script| {
        script.packet(0x01, 0, &[], &[]);
    })?;
    in_binary.one("delete, binary", &delete, was_there, |script| {
        script.packet(0x04, 0, &[], &[]);
    })?;

    let items = items();
    let keys = items.map(|(key, _)| key);
    // A multi-get is a classic line in the meta protocol too.
    let mut in_meta = Stage::new(Protocol::Meta, visit);
    in_meta.many("get 100, meta", &GetMany::new(&keys), is_found, |script| {
        for (key, value) in &items {
            script.then(b"VALUE ").then(key).then(b" 0 100\r\n");
            script.then(value).then(b"\r\n");
        }
        script.then(b"END\r\n");
    })?;
    let set_many = StoreMany::set(&items);
    in_meta.many("set 100, meta", &set_many, is_stored, |script| {
        script.then(b"MN\r\n");
    })?;
    let mut in_text = Stage::new(Protocol::Text, visit);
    in_text.many("set 100, text", &set_many, is_stored, |script| {
        for _ in &items {
            script.then(b"STORED\r\n");
        }
    })
}

const VALUE: [u8; 32] = [b'v'; 32];
const LONG_VALUE: [u8; 100] = [b'v'; 100];

fn items() -> [([u8; 16], [u8; 100]); KEYS] {
    core::array::from_fn(|number| {
        let mut key = *b"a-key-of-16-0000";
        key[14..].copy_from_slice(&[b'0' + number as u8 / 10, b'0' + number as u8 % 10]);
        (key, LONG_VALUE)
    })
}

fn is_hit(item: Option<Item<'_>>) -> bool {
    item.is_some_and(|item| black_box(item.value).len() == VALUE.len())
}

fn is_miss(item: Option<Item<'_>>) -> bool {
    item.is_none()
}

fn is_found(item: Option<Item<'_>>) -> bool {
    item.is_some_and(|item| black_box(item.value).len() == LONG_VALUE.len())
}

fn is_stored(stored: Stored) -> bool {
    stored == Stored::Stored
}

fn was_there(was_there: bool) -> bool {
    was_there
}

/// Where operations in one protocol are shown.
struct Stage<'v> {
    protocol: Protocol,
    visit: Visit<'v>,
}

impl<'v> Stage<'v> {
    fn new(protocol: Protocol, visit: Visit<'v>) -> Self {
        Self { protocol, visit }
    }

    fn one<C: Command>(
        &mut self,
        name: &str,
        command: &C,
        right: for<'b> fn(C::Reply<'b>) -> bool,
        reply: impl FnOnce(&mut Script),
    ) -> Result<(), Error> {
        self.show(name, reply, |connection, script| {
            let gap = connection.send(black_box(command))?;
            leave(connection, gap.as_ref(), script);
            come(connection, script);
            if !connection.arrived()? {
                return Err(WRONG.into());
            }
            wanted(right(connection.reply::<C>()?))
        })
    }

    fn many<B: Batch>(
        &mut self,
        name: &str,
        batch: &B,
        right: for<'b> fn(B::Reply<'b>) -> bool,
        reply: impl FnOnce(&mut Script),
    ) -> Result<(), Error> {
        self.show(name, reply, |connection, script| {
            let mut progress = Progress::new();
            while let Sent::Group(gap) = connection.send_batch(black_box(batch), &mut progress)? {
                leave(connection, gap.as_ref(), script);
            }
            come(connection, script);
            for _ in 0..KEYS {
                let (_, outcome) = connection.item(batch, &mut progress)?;
                wanted(right(outcome?))?;
            }
            Ok(())
        })
    }

    /// Shows what a call takes, and what its transport takes of that.
    fn show(
        &mut self,
        name: &str,
        reply: impl FnOnce(&mut Script),
        mut call: impl FnMut(&mut Open<'_>, &mut Script) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut script = Script::new();
        reply(&mut script);
        let (mut sending, mut receiving) = ([0; STORAGE], [0; STORAGE]);
        let mut connection = Open::new(self.protocol, &mut sending, &mut receiving)?;
        (self.visit)(name, "whole", &mut |rounds| {
            for _ in 0..rounds {
                call(&mut connection, &mut script)?;
            }
            Ok(())
        })?;
        (self.visit)(name, "transport", &mut |rounds| {
            script.play(self.protocol, &mut receiving, rounds);
            Ok(())
        })
    }
}

/// All that is to be sent leaves at once.
fn leave(connection: &mut Open<'_>, gap: Option<&Gap<'_>>, script: &mut Script) {
    let parts = connection.outgoing(gap);
    script.hear(connection.protocol(), parts[0]);
    connection.sent(parts.map(<[u8]>::len).iter().sum());
}

/// The whole reply comes at once.
fn come(connection: &mut Open<'_>, script: &Script) {
    let count = script.answer(connection.space());
    connection.filled(count);
}

fn wanted(right: bool) -> Result<(), Error> {
    if right { Ok(()) } else { Err(WRONG.into()) }
}
