//! Replies that come after their call was given up: dropped up to a bound, and never another's.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use minimc::{Client, ErrorKind, Fate, Storage};
use minimc_tests::script::calls::{Call, PROTOCOLS};
use minimc_tests::script::{CHIP, Fault, HOST, How, Manner, Script, Stage, finish, polled};

const WATCHFUL: Manner = Manner {
    watchful: true,
    ..Manner::PROMPT
};

/// Those that ask for one value or number, in one request.
const SINGLE: [Call; 7] = [
    Call::Get,
    Call::Set,
    Call::Pieces,
    Call::Incr,
    Call::Delete,
    Call::GetMany,
    Call::Version,
];

/// A client that gave up a call whose whole reply is on its way.
fn given_up<S: Storage>(stage: &Stage<S>, call: Call) -> (Script, Client<Script, S, 8>) {
    let (script, mut client) = stage.connected();
    let manner = stage.manner;
    // Its requests leave at once.
    script.manner(Manner {
        chunk: usize::MAX,
        ..manner
    });
    script.fault(Fault::Back(0, How::Wait));
    let outcomes = polled(stage.first.carry_out(call, &mut client), 10);
    assert_eq!(outcomes, None, "{call:?}");
    script.manner(manner);
    (script, client)
}

#[test]
fn after_the_deadline() {
    for protocol in PROTOCOLS {
        let stage = Stage::new(protocol, Manner::PROMPT, HOST);
        for call in Call::ALL {
            for next in Call::ALL {
                let (script, mut client) = stage.connected();
                script.fault(Fault::Back(0, How::Wait));
                let outcomes = stage.call(call, &mut client);
                let error = outcomes[0].result.clone().unwrap_err();
                assert_eq!(error.kind(), ErrorKind::TimedOut, "{call:?}");
                // Now it comes.
                script.fault(Fault::None);
                assert!(script.unread() > 0);
                let what = format!("{protocol:?}: {call:?} too late");
                stage.follow(next, &script, &mut client, &what);
                assert_eq!(script.connections(), 2, "{what}");
            }
        }
    }
}

#[test]
fn after_the_caller_lost_patience() {
    for protocol in PROTOCOLS {
        for manner in [Manner::PROMPT, Manner::HALTING, WATCHFUL] {
            let stage = Stage::new(protocol, manner, CHIP);
            for call in Call::ALL {
                for next in Call::ALL {
                    let (script, mut client) = given_up(&stage, call);
                    script.fault(Fault::None);
                    let what = format!("{protocol:?}: {call:?} given up");
                    stage.follow(next, &script, &mut client, &what);
                    assert_eq!(script.connections(), 1, "{what}");
                }
            }
        }
    }
}

#[test]
fn nothing_is_asked_before_the_old_reply_has_come() {
    for protocol in PROTOCOLS {
        let stage = Stage::new(protocol, Manner::PROMPT, CHIP);
        for call in SINGLE {
            let (script, mut client) = given_up(&stage, call);
            let served = script.peer().served_in_all();
            for times in 1..5 {
                let outcomes = polled(stage.second.carry_out(Call::Incr, &mut client), times);
                assert_eq!(outcomes, None);
                assert_eq!(
                    script.peer().served_in_all(),
                    served,
                    "{protocol:?}: {call:?}"
                );
            }
            script.fault(Fault::None);
            stage.follow(Call::Incr, &script, &mut client, "at last");
        }
    }
}

/// The replies to a call that is given up when all of them are unread, in bytes.
fn owed<S: Storage>(stage: &Stage<S>, call: Call) -> usize {
    given_up(stage, call).0.unread()
}

#[test]
fn up_to_the_limit_they_are_dropped_and_past_it_the_connection_is_replaced() {
    for protocol in PROTOCOLS {
        let mut stage = Stage::new(protocol, Manner::PROMPT, CHIP);
        for call in SINGLE {
            let owed = owed(&stage, call);
            for (limit, connections) in [(owed, 1), (owed - 1, 2), (0, 2)] {
                stage.options.settle_limit = limit;
                let (script, mut client) = given_up(&stage, call);
                script.fault(Fault::None);
                let what = format!("{protocol:?}: {call:?} of {owed} bytes, limit {limit}");
                stage.follow(Call::Set, &script, &mut client, &what);
                assert_eq!(script.connections(), connections, "{what}");
            }
        }
    }
}

#[test]
fn the_limit_is_64_kib() {
    const KIB: usize = 1024;
    for protocol in PROTOCOLS {
        for (length, connections) in [(60 * KIB, 1), (68 * KIB, 2), (1000 * KIB, 2)] {
            let stage = Stage::new(protocol, Manner::PROMPT, (CHIP.0, length));
            for pieces in [0, 1, 2] {
                let (script, mut client) = stage.connected();
                let key = stage.first.key("large");
                finish(async {
                    let mut stream = client.open(&key).await.unwrap().unwrap();
                    for _ in 0..pieces {
                        assert!(stream.next().await.unwrap().is_some());
                    }
                });
                let what = format!("{protocol:?}: {length} bytes dropped after {pieces} pieces");
                stage.follow(Call::Incr, &script, &mut client, &what);
                assert_eq!(script.connections(), connections, "{what}");
            }
        }
    }
}

#[test]
fn a_connection_that_cannot_be_replaced_is_told_and_nothing_was_sent() {
    for protocol in PROTOCOLS {
        let mut stage = Stage::new(protocol, Manner::HALTING, CHIP);
        stage.options.settle_limit = 10;
        for next in Call::ALL {
            for how in [How::End, How::Reset, How::Stall] {
                let (script, mut client) = given_up(&stage, Call::GetInto);
                script.fault(Fault::None);
                script.then(&[Fault::Connect(how)]);
                let served = script.peer().served_in_all();
                for outcome in finish(stage.second.carry_out(next, &mut client)) {
                    let error = outcome.result.unwrap_err();
                    assert_eq!(error.fate(), Fate::NotSent, "{next:?}: {error}");
                }
                assert_eq!(script.peer().served_in_all(), served);
                assert_eq!(script.connections(), 1);
                stage.follow(next, &script, &mut client, "connected again");
            }
        }
    }
}
