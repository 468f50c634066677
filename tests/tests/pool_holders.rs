//! What holders leave behind in a pool's clients, and what the next ones get.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::time::Duration;

use minimc::command::Get;
use minimc::pool::PoolOptions;
use minimc::pool::blocking::Pool;
use minimc::{Client, ErrorKind, Expiry, Key};
use minimc_tests::script::calls::{Call, PROTOCOLS};
use minimc_tests::script::peer::Refusal;
use minimc_tests::script::{CHIP, Fault, How, Manner, Script, Stage, finish, polled, polls};

type Chip = Client<Script, [u8; 400], 8>;

/// Byte by byte at both ends of whatever passes, waiting before each.
const HALTING: Manner = Manner {
    edge: 30,
    ..Manner::HALTING
};

thread_local! {
    /// The scripts of the clients that were made.
    static SCRIPTS: RefCell<Vec<Script>> = const { RefCell::new(vec![]) };
}

/// A pool of one of the stage's clients.
fn pool(stage: &Arc<Stage<[u8; 400]>>) -> Pool<Chip> {
    SCRIPTS.take();
    let stage = stage.clone();
    let options = PoolOptions {
        size: 1,
        wait: Duration::ZERO,
        ..PoolOptions::default()
    };
    Pool::new(options, move || {
        let (script, client) = stage.client();
        SCRIPTS.with_borrow_mut(|scripts| scripts.push(script));
        Ok(client)
    })
}

fn made() -> usize {
    SCRIPTS.with_borrow(Vec::len)
}

fn last() -> Script {
    SCRIPTS.with_borrow(|scripts| scripts.last().unwrap().clone())
}

/// What a holder does, and whether its client is lent to the next.
type Row = (
    &'static str,
    fn(&mut Chip, &Script, &Stage<[u8; 400]>),
    bool,
);

const ROWS: [Row; 13] = [
    ("nothing more", |_, _, _| {}, true),
    (
        "a call",
        |client, _, _| finish(client.noop()).unwrap(),
        true,
    ),
    ("disconnects", |client, _, _| client.disconnect(), false),
    (
        "the end of the stream",
        |client, script, _| {
            script.fault(Fault::Back(0, How::End));
            finish(client.noop()).unwrap_err();
        },
        false,
    ),
    (
        "the deadline",
        |client, script, _| {
            script.fault(Fault::Back(3, How::Stall));
            finish(client.noop()).unwrap_err();
        },
        false,
    ),
    (
        "connects again",
        |client, script, stage| {
            script.fault(Fault::Out(0, How::Reset));
            finish(client.noop()).unwrap_err();
            stage.call(Call::Get, client);
        },
        true,
    ),
    (
        "a refusal behind which nothing is certain",
        |client, script, _| {
            // As lines, data is run as commands; packets say that there are too many connections.
            let is_binary = client.options().protocol == PROTOCOLS[2];
            let refusal = if is_binary {
                Refusal::TooMany
            } else {
                Refusal::Client
            };
            script.peer().refuse(refusal);
            finish(client.set("k", "v", Expiry::NEVER)).unwrap_err();
        },
        false,
    ),
    (
        "bytes that nobody asked for",
        |client, script, _| {
            script.unasked(b"STORED\r\n");
            finish(client.noop()).unwrap_err();
        },
        false,
    ),
    (
        "a pipeline, and receives nothing",
        |client, _, stage| {
            let key = stage.first.key("one");
            for _ in 0..3 {
                finish(client.send(&Get::new(Key::new(&key).unwrap()))).unwrap();
            }
        },
        true,
    ),
    (
        "a pipeline, and receives one",
        |client, _, stage| {
            let key = stage.first.key("one");
            for _ in 0..3 {
                finish(client.send(&Get::new(Key::new(&key).unwrap()))).unwrap();
            }
            finish(client.receive::<Get<'_>>()).unwrap().unwrap();
        },
        true,
    ),
    (
        "a stream, and reads one piece",
        |client, _, stage| {
            let key = stage.first.key("large");
            let mut stream = finish(client.open(&key)).unwrap().unwrap();
            finish(stream.next()).unwrap().unwrap();
        },
        true,
    ),
    (
        "many, and takes one",
        |client, _, stage| {
            let keys = [stage.first.key("c0"), stage.first.key("c1")];
            let mut items = finish(client.get_many(&keys)).unwrap();
            finish(items.next()).unwrap().1.unwrap();
        },
        true,
    ),
    (
        "a call that is dropped",
        |client, script, stage| {
            script.manner(HALTING);
            assert!(polled(stage.first.carry_out(Call::Get, client), 5).is_none());
        },
        true,
    ),
];

#[test]
fn whatever_a_holder_does_the_next_gets_its_own() {
    for protocol in PROTOCOLS {
        let mut stage = Stage::new(protocol, Manner::PROMPT, CHIP);
        stage.options.retry = false;
        let stage = Arc::new(stage);
        for (n, (what, holder, is_kept)) in ROWS.into_iter().enumerate() {
            for next in [Call::ByHand, Call::ALL[n]] {
                let pool = pool(&stage);
                {
                    let mut client = pool.checkout().unwrap();
                    finish(client.noop()).unwrap();
                    holder(&mut client, &last(), &stage);
                }
                let mut client = pool.checkout().unwrap();
                let what = format!("{protocol:?}: {what}");
                assert_eq!(made() == 1, is_kept, "{what}");
                // What one has sent is not the other's to receive.
                if next != Call::ByHand {
                    let error = finish(client.receive::<Get<'_>>()).unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::OutOfOrder, "{what}");
                }
                last().manner(Manner::PROMPT);
                stage.follow(next, &last(), &mut client, &what);
            }
        }
    }
}

#[test]
fn a_call_dropped_anywhere_is_settled_by_the_next_holder() {
    let (mut turn, mut kept, mut dropped) = (0, 0, 0);
    for protocol in PROTOCOLS {
        let stage = Arc::new(Stage::new(protocol, HALTING, CHIP));
        for call in Call::ALL {
            let (_, mut client) = stage.connected();
            let (points, _) = polls(stage.first.carry_out(call, &mut client));
            for point in 0..points {
                let what = format!("{protocol:?}: {call:?} dropped at {point}");
                let pool = pool(&stage);
                {
                    let mut client = pool.checkout().unwrap();
                    finish(client.noop()).unwrap();
                    let outcomes = polled(stage.first.carry_out(call, &mut client), point);
                    assert_eq!(outcomes, None, "{what}");
                }
                let mut client = pool.checkout().unwrap();
                last().manner(Manner::PROMPT);
                let next = Call::ALL[turn % Call::ALL.len()];
                stage.follow(next, &last(), &mut client, &what);
                assert_eq!(last().connections(), 1, "{what}");
                // Only a value that left in part costs the client.
                match made() {
                    1 => kept += 1,
                    _ => {
                        assert_eq!(call, Call::LargeSet, "{what}");
                        dropped += 1;
                    }
                }
                turn += 1;
            }
        }
    }
    assert!(
        kept > 1000 && dropped > 50,
        "{kept} kept, {dropped} dropped"
    );
}

#[test]
fn a_client_that_was_never_connected_is_not_kept() {
    let stage = Arc::new(Stage::new(PROTOCOLS[1], HALTING, CHIP));
    let pool = pool(&stage);
    drop(pool.checkout().unwrap());
    let mut client = pool.checkout().unwrap();
    assert_eq!(made(), 2);
    // Nor one that was about to.
    assert!(polled(client.noop(), 1).is_none());
    drop(client);
    let mut client = pool.checkout().unwrap();
    assert_eq!(made(), 3);
    stage.follow(Call::Get, &last(), &mut client, "the third");
}

#[test]
fn a_holder_that_panics_leaves_nothing() {
    for protocol in PROTOCOLS {
        let stage = Arc::new(Stage::new(protocol, Manner::PROMPT, CHIP));
        let pool = pool(&stage);
        let key = stage.first.key("one");
        let panics = AssertUnwindSafe(|| {
            let mut client = pool.checkout().unwrap();
            let gets = std::iter::repeat_n(Get::new(Key::new(&key).unwrap()), 5);
            let calls = client.call_each(gets, |n, _| {
                if n == 2 {
                    resume_unwind(Box::new(()));
                }
            });
            finish(calls).unwrap();
        });
        assert!(catch_unwind(panics).is_err());
        let mut client = pool.checkout().unwrap();
        assert_eq!(made(), 2);
        stage.follow(Call::Get, &last(), &mut client, "after a panic");
    }
}
