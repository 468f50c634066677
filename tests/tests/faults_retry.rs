//! What is repeated on a new connection, once, when the old one was lost: nothing else is.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use minimc::{Fate, Protocol, ReturnCode};
use minimc_tests::outcome::Outcome;
use minimc_tests::script::calls::{Call, PROTOCOLS};
use minimc_tests::script::peer::Refusal;
use minimc_tests::script::{CHIP, Fault, How, Lie, Manner, Script, Stage};

/// The calls that are repeated if they are reads, or were not sent. Those of many commands are
/// not, for a part of them may have been answered; a batch is until the first outcome is told.
const REPEATED: [Call; 11] = [
    Call::Get,
    Call::GetMany,
    Call::Set,
    Call::LargeSet,
    Call::Pieces,
    Call::GetInto,
    Call::Incr,
    Call::Delete,
    Call::Touch,
    Call::Noop,
    Call::Version,
];
const READS: [Call; 6] = [
    Call::Get,
    Call::GetMany,
    Call::Pieces,
    Call::GetInto,
    Call::Noop,
    Call::Version,
];
const WRITES: [Call; 5] = [
    Call::Set,
    Call::LargeSet,
    Call::Incr,
    Call::Delete,
    Call::Touch,
];

/// Every way to lose a connection before a request is whole: in its first byte, and in its last.
fn before_it_is_sent(stage: &Stage<[u8; 400]>, call: Call) -> impl Iterator<Item = Fault> {
    let (script, mut client) = stage.connected();
    script.fault(Fault::None);
    assert_eq!(stage.call(call, &mut client), stage.first.expected(call));
    let last = script.passed().0 - 1;
    let hows = [How::End, How::Reset].into_iter();
    hows.flat_map(move |how| [0, 1, last / 2, last].map(|after| Fault::Out(after, how)))
}

/// Every way to lose it afterwards, before a byte comes back, or with one that did.
const AFTER_IT_IS_SENT: [Fault; 4] = [
    Fault::Back(0, How::End),
    Fault::Back(0, How::Reset),
    Fault::Back(3, How::End),
    Fault::Back(3, How::Reset),
];

/// Carries out a call that meets `fault` on a connection that was used before, and `again` on the
/// next: whether it came to what it should, and on how many connections.
fn run(stage: &Stage<[u8; 400]>, call: Call, fault: Fault, again: &[Fault]) -> (bool, usize) {
    let (script, mut client) = stage.connected();
    script.fault(fault);
    script.then(again);
    let outcomes = stage.call(call, &mut client);
    let is_right = outcomes == stage.first.expected(call);
    let is_write = WRITES.contains(&call);
    let served = script.peer().served(&outcomes[0].key);
    assert!(
        !is_write || served <= 1,
        "{call:?} with {fault:?} was carried out {served} times"
    );
    let connections = script.connections();
    follow(stage, call, &script, client);
    (is_right, connections)
}

fn follow(
    stage: &Stage<[u8; 400]>,
    call: Call,
    script: &Script,
    mut client: minimc::Client<Script, [u8; 400], 8>,
) {
    script.fault(Fault::None);
    stage.follow(call, script, &mut client, "after the loss");
}

fn stage(protocol: Protocol) -> Stage<[u8; 400]> {
    Stage::new(protocol, Manner::HALTING, CHIP)
}

#[test]
fn a_read_is_repeated() {
    for stage in PROTOCOLS.map(stage) {
        for call in READS {
            for fault in before_it_is_sent(&stage, call).chain(AFTER_IT_IS_SENT) {
                assert_eq!(
                    run(&stage, call, fault, &[]),
                    (true, 2),
                    "{call:?}, {fault:?}"
                );
            }
        }
    }
}

#[test]
fn a_write_is_repeated_if_it_was_not_sent() {
    for stage in PROTOCOLS.map(stage) {
        for call in WRITES {
            for fault in before_it_is_sent(&stage, call) {
                assert_eq!(
                    run(&stage, call, fault, &[]),
                    (true, 2),
                    "{call:?}, {fault:?}"
                );
            }
            for fault in AFTER_IT_IS_SENT {
                assert_eq!(
                    run(&stage, call, fault, &[]),
                    (false, 1),
                    "{call:?}, {fault:?}"
                );
            }
        }
    }
}

/// Of a batch in several groups the first is sent, answered and told before the last is sent.
#[test]
fn a_batch_is_repeated_until_an_outcome_is_told() {
    for stage in PROTOCOLS.map(stage) {
        let (mut repeated, mut told) = (0, 0);
        let call = Call::GetCrowd;
        for fault in before_it_is_sent(&stage, call).chain(AFTER_IT_IS_SENT) {
            let (script, mut client) = stage.connected();
            script.fault(fault);
            let outcomes = stage.call(call, &mut client);
            if script.connections() == 2 {
                assert_eq!(outcomes, stage.first.expected(call), "{fault:?}");
                repeated += 1;
            } else {
                let is_ok = |outcome: &Outcome| outcome.result.is_ok();
                let is_told = outcomes.iter().any(is_ok) && !outcomes.iter().all(is_ok);
                assert!(is_told, "{fault:?}: {outcomes:?}");
                told += 1;
            }
            follow(&stage, call, &script, client);
        }
        // In its first group, before and after that was sent; in its last.
        assert!(repeated >= 8 && told >= 2, "{repeated} and {told}");
    }
}

#[test]
fn it_is_repeated_once() {
    for stage in PROTOCOLS.map(stage) {
        for call in REPEATED {
            for fault in before_it_is_sent(&stage, call) {
                for again in [fault, Fault::Back(0, How::End)] {
                    let came = run(&stage, call, fault, &[again]);
                    assert_eq!(came, (false, 2), "{call:?}, {fault:?}, {again:?}");
                }
                let came = run(&stage, call, fault, &[Fault::Connect(How::Reset)]);
                assert_eq!(came, (false, 1), "{call:?}, {fault:?}, not connected");
            }
        }
    }
}

#[test]
fn a_first_connection_that_is_lost_is_told() {
    for stage in PROTOCOLS.map(stage) {
        for call in REPEATED {
            for fault in before_it_is_sent(&stage, call).chain(AFTER_IT_IS_SENT) {
                let (script, mut client) = stage.client();
                script.fault(fault);
                let outcomes = stage.call(call, &mut client);
                assert!(outcomes[0].result.is_err(), "{call:?}, {fault:?}");
                assert_eq!(script.connections(), 1, "{call:?}, {fault:?}");
                follow(&stage, call, &script, client);
            }
        }
    }
}

#[test]
fn nothing_is_repeated_if_that_is_the_choice() {
    for mut stage in PROTOCOLS.map(stage) {
        stage.options.retry = false;
        for call in Call::ALL {
            for fault in before_it_is_sent(&stage, call).chain(AFTER_IT_IS_SENT) {
                assert_eq!(
                    run(&stage, call, fault, &[]),
                    (false, 1),
                    "{call:?}, {fault:?}"
                );
            }
        }
    }
}

#[test]
fn nothing_else_is_repeated() {
    for stage in PROTOCOLS.map(stage) {
        let lost = AFTER_IT_IS_SENT;
        for call in [Call::EachGet, Call::EachSet, Call::ByHand] {
            for fault in before_it_is_sent(&stage, call).chain(lost) {
                assert_eq!(
                    run(&stage, call, fault, &[]),
                    (false, 1),
                    "{call:?}, {fault:?}"
                );
            }
        }
        // A batch of which an outcome was told, and a value that was begun.
        for call in [Call::GetMany, Call::GetCrowd] {
            let fault = Fault::Back(100, How::End);
            assert_eq!(run(&stage, call, fault, &[]), (false, 1), "{call:?}");
        }
        for call in [Call::Pieces, Call::GetInto] {
            let fault = Fault::Back(300, How::End);
            assert_eq!(run(&stage, call, fault, &[]), (false, 1), "{call:?}");
        }
        // A deadline that passed, and a peer that broke the protocol.
        for call in REPEATED {
            for fault in [
                Fault::Out(3, How::Stall),
                Fault::Back(0, How::Stall),
                Fault::Lie(Lie::Garbage),
                Fault::Lie(Lie::Stale(0)),
            ] {
                assert_eq!(
                    run(&stage, call, fault, &[]),
                    (false, 1),
                    "{call:?}, {fault:?}"
                );
            }
        }
    }
}

/// Why a call fails.
#[derive(Clone, Copy, Debug)]
enum Cause {
    Fault(Fault),
    Refusal(Refusal),
}

/// The fate of a call, and whether it is repeated if that is the choice and the connection was there
/// before.
type Met = (Fate, bool);

/// Each cause with its code, and how a read and a write fare that meet it. (A refusal of a read has
/// nothing to remove.)
const CAUSES: [(Cause, ReturnCode, [Met; 2]); 12] = {
    use Cause::{Fault as F, Refusal as R};
    use Fate::{NotSent, Refused, RefusedAndGone, Unknown};
    use ReturnCode as Code;
    let gone = [(Refused, false), (RefusedAndGone, false)];
    [
        (
            F(Fault::Out(1, How::End)),
            Code::ConnectionFailure,
            [(NotSent, true); 2],
        ),
        (
            F(Fault::Out(1, How::Reset)),
            Code::WriteFailure,
            [(NotSent, true); 2],
        ),
        (
            F(Fault::Out(1, How::Stall)),
            Code::Timeout,
            [(NotSent, false); 2],
        ),
        (R(Refusal::TooMany), Code::Error, [(NotSent, false); 2]),
        (
            F(Fault::Back(0, How::End)),
            Code::ConnectionFailure,
            [(Unknown, true), (Unknown, false)],
        ),
        (
            F(Fault::Back(3, How::Reset)),
            Code::ReadFailure,
            [(Unknown, true), (Unknown, false)],
        ),
        (
            F(Fault::Back(0, How::Stall)),
            Code::Timeout,
            [(Unknown, false); 2],
        ),
        (
            F(Fault::Lie(Lie::Garbage)),
            Code::ProtocolError,
            [(Unknown, false); 2],
        ),
        (R(Refusal::Server), Code::ServerError, [(Unknown, false); 2]),
        // Behind a line the data may have been run as commands.
        (
            R(Refusal::Client),
            Code::ClientError,
            [(Refused, false), (Unknown, false)],
        ),
        (R(Refusal::TooLarge), Code::E2Big, gone),
        (
            R(Refusal::OutOfMemory),
            Code::ServerMemoryAllocationFailure,
            gone,
        ),
    ]
};

#[test]
fn every_fate_with_every_choice() {
    for mut stage in PROTOCOLS.map(stage) {
        for (cause, code, of_each) in CAUSES {
            for (call, (fate, may_be)) in [Call::Get, Call::Set].into_iter().zip(of_each) {
                for (retry, reused) in [(true, true), (true, false), (false, true), (false, false)]
                {
                    // Of a packet the server knows what is data.
                    let is_framed = stage.options.protocol == Protocol::Binary;
                    let fate = match cause {
                        Cause::Refusal(Refusal::Client) if is_framed => Fate::Refused,
                        _ => fate,
                    };
                    let what = format!("{cause:?} to {call:?}, retry {retry}, reused {reused}");
                    stage.options.retry = retry;
                    let (script, mut client) = if reused {
                        stage.connected()
                    } else {
                        stage.client()
                    };
                    match cause {
                        Cause::Fault(fault) => script.fault(fault),
                        Cause::Refusal(refusal) => script.peer().refuse(refusal),
                    }
                    let outcomes = stage.call(call, &mut client);
                    let is_repeated = retry && reused && may_be;
                    assert_eq!(
                        script.connections(),
                        if is_repeated { 2 } else { 1 },
                        "{what}"
                    );
                    if is_repeated {
                        assert_eq!(outcomes, stage.first.expected(call), "{what}");
                    } else {
                        let error = outcomes[0].result.as_ref().unwrap_err();
                        assert_eq!((error.return_code(), error.fate()), (code, fate), "{what}");
                    }
                    let served = script.peer().served(&outcomes[0].key);
                    assert!(served <= 1 || call == Call::Get, "{what}: twice");
                    follow(&stage, call, &script, client);
                }
            }
        }
    }
}

/// What is told is what became of the second attempt.
#[test]
fn a_second_loss_has_a_fate_of_its_own() {
    let lost = Fault::Out(1, How::Reset);
    for stage in PROTOCOLS.map(stage) {
        for (again, code, fate) in [
            (lost, ReturnCode::WriteFailure, Fate::NotSent),
            (
                Fault::Connect(How::Reset),
                ReturnCode::ConnectionFailure,
                Fate::NotSent,
            ),
            (
                Fault::Back(0, How::Reset),
                ReturnCode::ReadFailure,
                Fate::Unknown,
            ),
            (
                Fault::Back(0, How::Stall),
                ReturnCode::Timeout,
                Fate::Unknown,
            ),
        ] {
            let (script, mut client) = stage.connected();
            script.fault(lost);
            script.then(&[again]);
            let outcomes = stage.call(Call::Set, &mut client);
            let error = outcomes[0].result.as_ref().unwrap_err();
            assert_eq!(
                (error.return_code(), error.fate()),
                (code, fate),
                "{again:?}"
            );
        }
    }
}
