//! The deadline of an operation: it ends then, and not later, however slowly bytes come.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use core::time::Duration;

use minimc::{ErrorKind, Fate, Protocol};
use minimc_tests::script::calls::{Call, PROTOCOLS};
use minimc_tests::script::{CHIP, Fault, How, Manner, Stage, finish, polled};

/// Calls that are one operation, whatever comes back.
const OPERATIONS: [Call; 8] = [
    Call::Get,
    Call::Set,
    Call::LargeSet,
    Call::Incr,
    Call::Delete,
    Call::Touch,
    Call::Noop,
    Call::Version,
];

/// What waiting takes in all, apart from the time that a fault takes.
const MOMENT: Duration = Duration::from_millis(5);

const LIMITS: [Duration; 3] = [
    Duration::from_millis(300),
    Duration::from_secs(5),
    Duration::from_secs(12),
];

/// The first error of a call on a connection that was used before, how long the call took, and how
/// many bytes came back.
fn took(
    stage: &Stage<[u8; 400]>,
    call: Call,
    fault: Fault,
) -> (Option<ErrorKind>, Duration, usize) {
    let (script, mut client) = stage.connected();
    script.fault(fault);
    let began = script.now();
    let outcomes = stage.call(call, &mut client);
    let time = script.now() - began;
    let (_, back) = script.passed();
    let mut errors = outcomes
        .iter()
        .filter_map(|outcome| outcome.result.as_ref().err());
    let error = errors.next().map(minimc::Error::kind);
    script.fault(Fault::None);
    stage.follow(
        call,
        &script,
        &mut client,
        &format!("{call:?} with {fault:?}"),
    );
    (error, time, back)
}

fn stage(protocol: Protocol, timeout: Duration) -> Stage<[u8; 400]> {
    let mut stage = Stage::new(protocol, Manner::HALTING, CHIP);
    stage.options.timeout = timeout;
    stage
}

#[test]
fn a_byte_a_second() {
    let mut in_time = 0;
    for protocol in PROTOCOLS {
        for limit in LIMITS {
            let stage = stage(protocol, limit);
            for call in OPERATIONS {
                let what = format!("{protocol:?}: {call:?} within {limit:?}");
                let (error, time, back) = took(&stage, call, Fault::Drip(0));
                if let Some(kind) = error {
                    assert_eq!(kind, ErrorKind::TimedOut, "{what}");
                    assert_eq!(time, limit, "{what}");
                    assert!(back as u64 <= limit.as_secs(), "{what}: {back} bytes came");
                } else {
                    assert!(time < limit, "{what}");
                    in_time += 1;
                }
            }
        }
    }
    // The short replies come in time, within 12 seconds or 5.
    assert!(in_time > 5, "only {in_time} in time");
}

#[test]
fn silence() {
    for protocol in PROTOCOLS {
        for limit in LIMITS {
            let stage = stage(protocol, limit);
            for call in Call::ALL {
                for how in [How::Stall, How::Wait] {
                    for fault in [Fault::Out(2, how), Fault::Back(0, how)] {
                        let what = format!("{protocol:?}: {call:?} with {fault:?}");
                        let (error, time, _) = took(&stage, call, fault);
                        assert_eq!(error, Some(ErrorKind::TimedOut), "{what}");
                        // A pipeline by hand is an operation for each send and receive.
                        let is_later = call == Call::ByHand && time < limit + MOMENT;
                        assert!(time == limit || is_later, "{what}: it took {time:?}");
                    }
                }
            }
        }
    }
}

/// What is given item by item or piece by piece has the time limit anew with each.
#[test]
fn silence_between_items() {
    let limit = Duration::from_secs(5);
    for protocol in PROTOCOLS {
        let stage = stage(protocol, limit);
        for call in [
            Call::GetMany,
            Call::GetCrowd,
            Call::EachGet,
            Call::ByHand,
            Call::Pieces,
        ] {
            let (error, time, _) = took(&stage, call, Fault::Back(80, How::Wait));
            assert_eq!(error, Some(ErrorKind::TimedOut), "{protocol:?}: {call:?}");
            assert!(
                limit <= time && time < limit + MOMENT,
                "{call:?}: it took {time:?}"
            );
        }
        // A piece a second is no silence; only what stands behind the last has to come in one.
        let stage = self::stage(protocol, Duration::from_secs(8));
        let (error, time, _) = took(&stage, Call::Pieces, Fault::Drip(40));
        assert_eq!(error, None);
        assert!(time > Duration::from_secs(600));
    }
}

#[test]
fn getting_into_a_buffer_is_one_operation() {
    let limit = Duration::from_secs(5);
    for protocol in PROTOCOLS {
        let (error, time, _) = took(&stage(protocol, limit), Call::GetInto, Fault::Drip(40));
        assert_eq!((error, time), (Some(ErrorKind::TimedOut), limit));
    }
}

/// Settling is part of the operation that follows.
#[test]
fn while_settling() {
    let limit = Duration::from_secs(5);
    for protocol in PROTOCOLS {
        let stage = stage(protocol, limit);
        for fault in [
            Fault::Drip(0),
            Fault::Back(0, How::Wait),
            Fault::Back(7, How::Stall),
        ] {
            for next in Call::ALL {
                let (script, mut client) = stage.connected();
                script.fault(Fault::Back(0, How::Wait));
                script.manner(Manner::PROMPT);
                let outcomes = polled(stage.first.carry_out(Call::GetCrowd, &mut client), 3);
                assert_eq!(outcomes, None);
                script.manner(stage.manner);
                script.fault(fault);
                let (began, served) = (script.now(), script.peer().served_in_all());
                for outcome in finish(stage.second.carry_out(next, &mut client)) {
                    let error = outcome.result.unwrap_err();
                    let is = (error.kind(), error.fate());
                    assert_eq!(is, (ErrorKind::TimedOut, Fate::NotSent), "{next:?}");
                }
                let time = script.now() - began;
                assert!(
                    limit <= time && time < limit + MOMENT,
                    "{next:?}: it took {time:?}"
                );
                assert_eq!(script.peer().served_in_all(), served);
                stage.follow(next, &script, &mut client, "settled");
            }
        }
    }
}

/// Of what is answered by many replies, each has the limit: so all take longer than it.
#[test]
fn every_reply_has_the_limit_anew() {
    for protocol in PROTOCOLS {
        let mut stage = Stage::new(protocol, Manner::PROMPT, CHIP);
        stage.options.timeout = Duration::from_secs(80);
        for call in [Call::EachGet, Call::GetMany, Call::ByHand] {
            let (script, mut client) = stage.connected();
            script.fault(Fault::Drip(0));
            let began = script.now();
            let outcomes = stage.call(call, &mut client);
            assert_eq!(
                outcomes,
                stage.first.expected(call),
                "{protocol:?} {call:?}"
            );
            let took = script.now() - began;
            assert!(
                took > Duration::from_secs(80),
                "{protocol:?} {call:?}: {took:?}"
            );
        }
    }
}
