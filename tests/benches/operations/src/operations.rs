//! What is counted: calls in each protocol, and batches of ten. Every request is checked; what a reply means is
//! in the calls that are not counted, so that the check is not counted either.

use core::hint::black_box;

use minimc_core::command::{
    Batch, Command, Count, Delete, Get, GetMany, Item, Store, StoreMany, Stored, meta,
};
use minimc_core::{Connection, Error, ErrorKind, Gap, Key, Progress, Protocol, Sent};

use crate::script::Script;
use crate::spans::{Part, Spans};
use crate::{ROUNDS, STORAGE, machine};

type Open<'s> = Connection<&'s mut [u8], 4>;

const KEY: &[u8; 16] = b"a-key-16-letters";
const VALUE: &[u8; 32] = &[b'v'; 32];
const KEYS: usize = 10;

/// Counts every operation.
pub fn all() -> Result<(), Error> {
    nothing();
    in_meta()?;
    in_text()?;
    in_binary()?;
    in_batches()
}

/// What it takes to count a span in which nothing is done.
fn nothing() {
    let mut spans = Spans::new();
    spans.begin(Part::Move);
    for _ in 0..ROUNDS {
        spans.of(Part::Move, &mut || ());
    }
    machine::end("nothing", Part::Move.name(), spans.end());
}

fn in_meta() -> Result<(), Error> {
    let key = Key::new(KEY)?;
    let stage = Stage(Protocol::Meta);
    let get = Get::new(key);
    stage.one("get hit, meta", &get, is_hit, |script| {
        script.asked(b"mg a-key-16-letters v f O#\r\n");
        script
            .answered(b"VA 32 f0 O#\r\n")
            .answered(VALUE)
            .answered(b"\r\n");
    })?;
    stage.one(
        "get miss, meta",
        &get,
        |item| item.is_none(),
        |script| {
            script
                .asked(b"mg a-key-16-letters v f O#\r\n")
                .answered(b"EN O#\r\n");
        },
    )?;
    let all = meta::Get::new(key)
        .with_value()
        .with_flags()
        .with_cas()
        .with_key();
    stage.one(
        "mg c f k v, meta",
        &all,
        |item| item.is_some(),
        |script| {
            script.asked(b"mg a-key-16-letters c f k v O#\r\n");
            script
                .answered(b"VA 32 c123 f0 ka-key-16-letters O#\r\n")
                .answered(VALUE)
                .answered(b"\r\n");
        },
    )?;
    stage.one("set, meta", &Store::set(key, VALUE), is_stored, |script| {
        script
            .asked(b"ms a-key-16-letters 32 O#\r\n")
            .asked(VALUE)
            .asked(b"\r\n");
        script.answered(b"HD O#\r\n");
    })?;
    stage.one(
        "delete, meta",
        &Delete::new(key),
        |was_there| was_there,
        |script| {
            script
                .asked(b"md a-key-16-letters O#\r\n")
                .answered(b"HD O#\r\n");
        },
    )?;
    stage.one(
        "incr, meta",
        &Count::up(key, 5),
        |number| number == 1042,
        |script| {
            script
                .asked(b"ma a-key-16-letters v D5 O#\r\n")
                .answered(b"VA 4 O#\r\n1042\r\n");
        },
    )
}

fn in_text() -> Result<(), Error> {
    let key = Key::new(KEY)?;
    let stage = Stage(Protocol::Text);
    let get = Get::new(key);
    stage.one("get hit, text", &get, is_hit, |script| {
        script.asked(b"get a-key-16-letters\r\n");
        script
            .answered(b"VALUE a-key-16-letters 0 32\r\n")
            .answered(VALUE)
            .answered(b"\r\nEND\r\n");
    })?;
    stage.one(
        "get miss, text",
        &get,
        |item| item.is_none(),
        |script| {
            script
                .asked(b"get a-key-16-letters\r\n")
                .answered(b"END\r\n");
        },
    )?;
    stage.one("set, text", &Store::set(key, VALUE), is_stored, |script| {
        script
            .asked(b"set a-key-16-letters 0 0 32\r\n")
            .asked(VALUE)
            .asked(b"\r\n");
        script.answered(b"STORED\r\n");
    })?;
    stage.one(
        "delete, text",
        &Delete::new(key),
        |was_there| was_there,
        |script| {
            script
                .asked(b"delete a-key-16-letters\r\n")
                .answered(b"DELETED\r\n");
        },
    )?;
    stage.one(
        "incr, text",
        &Count::up(key, 5),
        |number| number == 1042,
        |script| {
            script
                .asked(b"incr a-key-16-letters 5\r\n")
                .answered(b"1042\r\n");
        },
    )
}

fn in_binary() -> Result<(), Error> {
    let key = Key::new(KEY)?;
    let stage = Stage(Protocol::Binary);
    let get = Get::new(key);
    stage.one("get hit, binary", &get, is_hit, |script| {
        script
            .asked_in_packet(0x00, &[], KEY, &[])
            .answered_in_packet(0x00, 0, &[0; 4], VALUE);
    })?;
    stage.one(
        "get miss, binary",
        &get,
        |item| item.is_none(),
        |script| {
            script
                .asked_in_packet(0x00, &[], KEY, &[])
                .answered_in_packet(0x00, 1, &[], b"Not found");
        },
    )?;
    stage.one(
        "set, binary",
        &Store::set(key, VALUE),
        is_stored,
        |script| {
            script
                .asked_in_packet(0x01, &[0; 8], KEY, VALUE)
                .answered_in_packet(0x01, 0, &[], &[]);
        },
    )?;
    stage.one(
        "delete, binary",
        &Delete::new(key),
        |was_there| was_there,
        |script| {
            script
                .asked_in_packet(0x04, &[], KEY, &[])
                .answered_in_packet(0x04, 0, &[], &[]);
        },
    )?;
    // The number to add, the one to begin with, and an expiry that says that there is none.
    let extras = [
        0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255,
    ];
    stage.one(
        "incr, binary",
        &Count::up(key, 5),
        |number| number == 1042,
        |script| {
            script.asked_in_packet(0x05, &extras, KEY, &[]);
            script.answered_in_packet(0x05, 0, &[], &1042_u64.to_be_bytes());
        },
    )
}

fn in_batches() -> Result<(), Error> {
    let items: [([u8; 16], [u8; 32]); KEYS] = core::array::from_fn(|number| {
        let mut key = *b"a-key-of-16-0000";
        key[15] = b'0' + number as u8;
        (key, *VALUE)
    });
    let keys = items.map(|(key, _)| key);
    // In the meta protocol, too, a multi-get is a classic line.
    Stage(Protocol::Meta).many("get 10, meta", &GetMany::new(&keys), is_hit, |script| {
        script.asked(b"get");
        for (key, value) in &items {
            script.asked(b" ").asked(key);
            script
                .answered(b"VALUE ")
                .answered(key)
                .answered(b" 0 32\r\n");
            script.answered(value).answered(b"\r\n");
        }
        script.asked(b"\r\n").answered(b"END\r\n");
    })?;
    let set = StoreMany::set(&items);
    Stage(Protocol::Meta).many("set 10, meta", &set, is_stored, |script| {
        for (key, value) in &items {
            script
                .asked(b"ms ")
                .asked(key)
                .asked(b" 32 q O#\r\n")
                .asked(value)
                .asked(b"\r\n");
        }
        script.asked(b"mn\r\n").answered(b"MN\r\n");
    })?;
    Stage(Protocol::Text).many("set 10, text", &set, is_stored, |script| {
        for (key, value) in &items {
            script
                .asked(b"set ")
                .asked(key)
                .asked(b" 0 0 32\r\n")
                .asked(value)
                .asked(b"\r\n");
            script.answered(b"STORED\r\n");
        }
    })
}

fn is_hit(item: Option<Item<'_>>) -> bool {
    item.is_some_and(|item| item.value == VALUE)
}

fn is_stored(stored: Stored) -> bool {
    stored == Stored::Stored
}

/// Where operations in this protocol are counted.
struct Stage(Protocol);

impl Stage {
    fn one<C: Command>(
        &self,
        name: &str,
        command: &C,
        is_right: impl Fn(C::Reply<'_>) -> bool,
        write: impl FnOnce(&mut Script),
    ) -> Result<(), Error> {
        self.show(name, write, |connection, script, spans| {
            let mut sent = Ok(None);
            spans.of(Part::Encode, &mut || {
                sent = connection.send(black_box(command))
            });
            exchange(connection, sent?, script, spans)?;
            let checks = spans.are_off();
            let check = |reply: C::Reply<'_>| {
                let reply = black_box(reply);
                !checks || is_right(reply)
            };
            let mut reply = Ok(false);
            spans.of(Part::Parse, &mut || {
                reply = match connection.arrived() {
                    Ok(true) => connection.reply::<C>().map(check),
                    Ok(false) => Ok(false),
                    Err(kind) => Err(kind.into()),
                };
            });
            wanted(reply?)
        })
    }

    fn many<B: Batch>(
        &self,
        name: &str,
        batch: &B,
        is_right: impl Fn(B::Reply<'_>) -> bool,
        write: impl FnOnce(&mut Script),
    ) -> Result<(), Error> {
        self.show(name, write, |connection, script, spans| {
            let mut progress = Progress::new();
            let mut sent = Ok(Sent::Nothing);
            spans.of(Part::Encode, &mut || {
                sent = connection.send_batch(black_box(batch), &mut progress);
            });
            let Sent::Group(gap) = sent? else {
                return Err(WRONG.into());
            };
            exchange(connection, gap, script, spans)?;
            let checks = spans.are_off();
            let check = |reply: B::Reply<'_>| {
                let reply = black_box(reply);
                !checks || is_right(reply)
            };
            let mut right = 0;
            let mut outcome = Ok(());
            spans.of(Part::Parse, &mut || {
                outcome = (|| {
                    // Once more than there are outcomes: then the end of the reply is taken, too.
                    while connection.item_arrived(batch, &mut progress)? {
                        let (_, reply) = connection.item(batch, &mut progress)?;
                        right += usize::from(check(reply?));
                    }
                    Ok::<(), Error>(())
                })();
            });
            outcome?;
            wanted(right == batch.count())
        })
    }

    /// Counts each part of a call.
    fn show(
        &self,
        name: &str,
        write: impl FnOnce(&mut Script),
        mut call: impl FnMut(&mut Open<'_>, &mut Script, &mut Spans) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut script = Script::new();
        write(&mut script);
        let (mut sending, mut receiving) = ([0; STORAGE], [0; STORAGE]);
        let mut connection = Open::new(self.0, &mut sending, &mut receiving)?;
        let mut spans = Spans::new();
        for part in Part::ALL {
            for _ in 0..ROUNDS {
                call(&mut connection, &mut script, &mut spans)?;
            }
            spans.begin(part);
            for _ in 0..ROUNDS {
                call(&mut connection, &mut script, &mut spans)?;
            }
            machine::end(name, part.name(), spans.end());
        }
        Ok(())
    }
}

/// All that is to be sent leaves at once, and the whole reply comes at once.
fn exchange(
    connection: &mut Open<'_>,
    gap: Option<Gap<'_>>,
    script: &mut Script,
    spans: &mut Spans,
) -> Result<(), Error> {
    wanted(script.hears(connection.outgoing(gap.as_ref())))?;
    spans.of(Part::Move, &mut || {
        let parts = black_box(connection.outgoing(gap.as_ref()));
        connection.sent(parts.map(<[u8]>::len).iter().sum());
        black_box(connection.space());
    });
    let count = script.answer(connection.space());
    spans.of(Part::Move, &mut || connection.filled(count));
    Ok(())
}

/// What the program fails with where another request or reply was due.
const WRONG: ErrorKind = ErrorKind::OutOfOrder;

fn wanted(is_right: bool) -> Result<(), Error> {
    if is_right { Ok(()) } else { Err(WRONG.into()) }
}
