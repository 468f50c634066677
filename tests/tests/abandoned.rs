//! Calls that are dropped at every point where they wait: what the next call gets.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use minimc::{Client, Protocol, Storage};
use minimc_tests::script::calls::{Call, PROTOCOLS};
use minimc_tests::script::{CHIP, HOST, Manner, Script, Stage, finish, polled, polls};

/// Byte by byte at both ends of whatever passes, waiting before each.
const HALTING: Manner = Manner {
    edge: 30,
    ..Manner::HALTING
};
const BUFFERED: Manner = Manner {
    buffered: true,
    ..HALTING
};
const WATCHFUL: Manner = Manner {
    watchful: true,
    ..HALTING
};

/// How often a call waits.
fn points<S: Storage>(stage: &Stage<S>, call: Call) -> usize {
    let (_, mut client) = stage.client();
    let (count, outcomes) = polls(stage.first.carry_out(call, &mut client));
    assert_eq!(outcomes, stage.first.expected(call));
    count - 1
}

/// A client with whom a call was dropped at its `point`-th wait.
fn dropped<S: Storage>(
    stage: &Stage<S>,
    call: Call,
    point: usize,
) -> (Script, Client<Script, S, 8>) {
    let (script, mut client) = stage.client();
    let outcomes = polled(stage.first.carry_out(call, &mut client), point);
    assert_eq!(outcomes, None, "{call:?} does not wait at {point}");
    (script, client)
}

/// The kind of call that follows at the `turn`-th point.
fn next(turn: usize) -> Call {
    Call::ALL[turn % Call::ALL.len()]
}

/// Drops every kind of call at every point where it waits, and before it begins; the number of
/// such points.
fn everywhere<S: Storage>(stage: &Stage<S>) -> usize {
    let mut turn = 0;
    for call in Call::ALL {
        for point in 0..=points(stage, call) {
            let what = format!("{:?}, {:?}", stage.options.protocol, stage.manner);
            let what = format!("{what}: {call:?} dropped at {point}");
            let (script, mut client) = dropped(stage, call, point);
            // What follows goes on byte by byte, or, which is sooner done, all at once.
            if point % 4 > 0 {
                script.manner(Manner {
                    chunk: usize::MAX,
                    pending: false,
                    ..stage.manner
                });
            }
            stage.follow(next(turn), &script, &mut client, &what);
            // Only a value that left in part costs the connection.
            let most = if call == Call::LargeSet { 2 } else { 1 };
            assert!(script.connections() <= most, "{what}: replaced");
            turn += 1;
        }
    }
    turn
}

fn everywhere_in(protocol: Protocol) {
    let mut points = everywhere(&Stage::new(protocol, HALTING, HOST));
    for manner in [HALTING, BUFFERED, WATCHFUL] {
        points += everywhere(&Stage::new(protocol, manner, CHIP));
    }
    assert!(points > 4000, "only {points} points");
}

#[test]
fn everywhere_in_text() {
    everywhere_in(Protocol::Text);
}

#[test]
fn everywhere_in_meta() {
    everywhere_in(Protocol::Meta);
}

#[test]
fn everywhere_in_binary() {
    everywhere_in(Protocol::Binary);
}

#[test]
fn again_while_the_next_call_settles() {
    let mut turn = 0;
    for protocol in PROTOCOLS {
        let stage = Stage::new(protocol, HALTING, CHIP);
        for call in Call::ALL {
            let points = points(&stage, call);
            for point in (0..=points).step_by(points / 7 + 1) {
                for again in (1..).step_by(5) {
                    let what = format!("{protocol:?}: {call:?} dropped at {point}, at {again}");
                    let (script, mut client) = dropped(&stage, call, point);
                    let second = stage.first.carry_out(Call::Touch, &mut client);
                    if polled(second, again).is_some() {
                        break;
                    }
                    script.manner(Manner::PROMPT);
                    stage.follow(next(turn), &script, &mut client, &what);
                    turn += 1;
                }
            }
        }
    }
    assert!(turn > 2000, "only {turn} points");
}

#[test]
fn a_stream_between_its_pieces() {
    let mut turn = 0;
    for protocol in PROTOCOLS {
        let stage = Stage::new(protocol, HALTING, CHIP);
        let key = stage.first.key("large");
        for taken in 0.. {
            let (script, mut client) = stage.client();
            let is_over = finish(async {
                let mut stream = client.open(&key).await.unwrap().unwrap();
                for _ in 0..taken {
                    if stream.next().await.unwrap().is_none() {
                        return true;
                    }
                }
                false
            });
            script.manner(Manner::PROMPT);
            stage.follow(next(turn), &script, &mut client, &format!("after {taken}"));
            assert_eq!(script.connections(), 1);
            turn += 1;
            if is_over {
                break;
            }
        }
    }
    assert!(turn > 120, "only {turn} points");
}

#[test]
fn many_between_their_items() {
    let mut turn = 0;
    for protocol in PROTOCOLS {
        let stage = Stage::new(protocol, HALTING, CHIP);
        let keys: Vec<String> = (0..80).map(|n| stage.first.key(&format!("c{n}"))).collect();
        for taken in 0.. {
            let (script, mut client) = stage.client();
            let is_over = finish(async {
                let mut items = client.get_many(&keys).await.unwrap();
                for _ in 0..taken {
                    let Some((_, item)) = items.next().await else {
                        return true;
                    };
                    item.unwrap();
                }
                false
            });
            script.manner(Manner::PROMPT);
            stage.follow(next(turn), &script, &mut client, &format!("after {taken}"));
            assert_eq!(script.connections(), 1);
            turn += 1;
            if is_over {
                break;
            }
        }
    }
    // Before each of the outcomes, at the end, and behind it.
    assert_eq!(turn, 3 * 82);
}
