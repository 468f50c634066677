//! Every way in which a connection fails, at every byte of every kind of call.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use core::time::Duration;

use minimc::{Error, ErrorKind, Fate, Protocol, ReturnCode, Storage};
use minimc_tests::outcome::Outcome;
use minimc_tests::script::calls::{Call, PROTOCOLS};
use minimc_tests::script::peer::Refusal;
use minimc_tests::script::{CHIP, Fault, HOST, How, Lie, Manner, Script, Stage};

const HOWS: [How; 4] = [How::End, How::Reset, How::Stall, How::Wait];

/// The bytes of the packet that ends many of them.
const NO_OP: usize = 24;

/// How bytes pass in the `turn`-th run.
fn manner(turn: usize) -> Manner {
    Manner {
        chunk: [usize::MAX, 1, 7][turn % 3],
        edge: 40,
        pending: turn.is_multiple_of(2),
        ..Manner::PROMPT
    }
}

/// The places of a fault on a way of so many bytes: all of them, or those at both ends and some.
fn places(length: usize) -> impl Iterator<Item = usize> {
    (0..length).filter(move |&place| place < 30 || place + 30 >= length || place % 61 == 0)
}

/// How many bytes a call sends and receives.
fn lengths<S: Storage>(stage: &Stage<S>, call: Call) -> (usize, usize) {
    let (script, mut client) = stage.connected();
    script.fault(Fault::None);
    assert_eq!(stage.call(call, &mut client), stage.first.expected(call));
    script.passed()
}

/// Whether every outcome is what was expected or an error, and every fate that of the request.
fn judge(script: &Script, outcomes: &[Outcome], expected: &[Outcome], what: &str) {
    for (outcome, expected) in outcomes.iter().zip(expected) {
        assert_eq!(outcome.key, expected.key, "{what}");
        let served = script.peer().served(&outcome.key);
        let Err(error) = outcome.result else {
            assert_eq!(outcome.result, expected.result, "{what}: another's answer");
            assert!(!outcome.writes || served == 1, "{what}: told, and not done");
            continue;
        };
        if outcome.writes {
            let true_fates: &[Fate] = if served == 1 {
                &[Fate::Unknown]
            } else {
                // A value that a server refuses removes what was there; else nothing is changed.
                match script.peer().item(&outcome.key) {
                    None => &[Fate::NotSent, Fate::Refused, Fate::RefusedAndGone],
                    Some(_) => &[Fate::NotSent, Fate::Refused],
                }
            };
            let is_true = true_fates.contains(&error.fate());
            assert!(is_true, "{what}: {error}, but it was served {served} times");
        }
    }
}

fn is_of(how: How, kind: ErrorKind) -> bool {
    match how {
        How::End => kind == ErrorKind::Closed,
        How::Reset => matches!(kind, ErrorKind::Io { code: 104, .. }),
        How::Stall | How::Wait => kind == ErrorKind::TimedOut,
    }
}

/// Lets the connection fail everywhere; the number of failures.
fn failing<S: Storage>(stage: &mut Stage<S>) -> usize {
    stage.options.retry = false;
    let mut turn = 0;
    for call in Call::ALL {
        let (out, back) = lengths(stage, call);
        let outs = places(out).map(|after| Fault::Out(after, HOWS[after % HOWS.len()]));
        let backs = places(back).flat_map(|after| HOWS.map(|how| Fault::Back(after, how)));
        for fault in outs.chain(backs) {
            let (Fault::Out(_, how) | Fault::Back(_, how)) = fault else {
                unreachable!()
            };
            stage.manner = manner(turn);
            let what = format!("{:?}: {call:?} with {fault:?}", stage.options.protocol);
            // On a new connection, or on one that was used before.
            let (script, mut client) = if turn % 5 < 2 {
                stage.client()
            } else {
                stage.connected()
            };
            script.fault(fault);
            let began = script.now();
            let outcomes = stage.call(call, &mut client);
            judge(&script, &outcomes, &stage.first.expected(call), &what);
            let first = outcomes
                .iter()
                .find_map(|outcome| outcome.result.as_ref().err());
            if let Some(first) = first {
                assert!(is_of(how, first.kind()), "{what}: {first}");
            } else {
                // Only the no-op behind the last of many packets has no outcome of its own.
                assert_eq!(stage.options.protocol, Protocol::Binary, "{what}: no error");
                let is_behind = matches!(fault, Fault::Back(after, _) if after + NO_OP >= back);
                let is_many = matches!(call, Call::GetMany | Call::GetCrowd);
                assert!(is_behind && is_many, "{what}: no error");
                assert_eq!(outcomes, stage.first.expected(call), "{what}");
            }
            for outcome in outcomes.iter().filter(|outcome| !outcome.key.is_empty()) {
                // Of nothing that was served is told that it was not sent.
                let fate = outcome
                    .result
                    .as_ref()
                    .map_or_else(Error::fate, |_| Fate::Unknown);
                let served = script.peer().served(&outcome.key);
                assert!(served == 0 || fate != Fate::NotSent, "{what}: served");
            }
            for outcome in outcomes.iter().filter(|outcome| outcome.writes) {
                let fate = outcome
                    .result
                    .as_ref()
                    .map_or_else(Error::fate, |_| Fate::Unknown);
                assert!(
                    matches!(fate, Fate::NotSent | Fate::Unknown),
                    "{what}: {fate}"
                );
            }
            let limit = stage.options.timeout + Duration::from_millis(100);
            assert!(script.now() - began < limit, "{what}: it took too long");
            assert_eq!(script.connections(), 1, "{what}: repeated");
            stage.follow(
                Call::ALL[turn % Call::ALL.len()],
                &script,
                &mut client,
                &what,
            );
            assert_eq!(script.connections(), 2, "{what}");
            turn += 1;
        }
    }
    turn
}

fn failing_in(protocol: Protocol) {
    let count = failing(&mut Stage::new(protocol, Manner::PROMPT, HOST))
        + failing(&mut Stage::new(protocol, Manner::PROMPT, CHIP));
    assert!(count > 4000, "only {count} failures");
}

#[test]
fn at_every_byte_in_text() {
    failing_in(Protocol::Text);
}

#[test]
fn at_every_byte_in_meta() {
    failing_in(Protocol::Meta);
}

#[test]
fn at_every_byte_in_binary() {
    failing_in(Protocol::Binary);
}

#[test]
fn before_there_is_a_connection() {
    for protocol in PROTOCOLS {
        for how in HOWS {
            for call in Call::ALL {
                let stage = Stage::new(protocol, Manner::HALTING, CHIP);
                let (script, mut client) = stage.client();
                script.fault(Fault::Connect(how));
                for outcome in stage.call(call, &mut client) {
                    let error = outcome.result.unwrap_err();
                    assert_eq!(error.fate(), Fate::NotSent, "{call:?}: {error}");
                }
                assert!(script.now() <= stage.options.timeout + Duration::from_millis(1));
                assert_eq!(script.peer().served_in_all(), 0);
                stage.follow(call, &script, &mut client, "not connected");
            }
        }
    }
}

/// A peer that says what is not so is found out, and nothing of it reaches the next call.
#[test]
fn lies() {
    // How often a call and the next must find out at the least, in text, meta and binary; of 225.
    let lies = [
        (Lie::Opaque, [0, 165, 225]),
        (Lie::Key, [105, 30, 30]),
        (Lie::Garbage, [225, 225, 225]),
        (Lie::Short, [105, 120, 0]),
        (Lie::Twice, [225, 225, 225]),
        (Lie::Swap, [195, 225, 225]),
        (Lie::Stale(0), [225, 225, 225]),
        (Lie::Stale(1), [225, 225, 225]),
        (Lie::Behind, [225, 225, 225]),
    ];
    for (lie, least) in lies {
        for (protocol, least) in PROTOCOLS.into_iter().zip(least) {
            let found = lying(&mut Stage::new(protocol, Manner::PROMPT, CHIP), lie);
            assert!(
                found >= least,
                "{protocol:?}: {lie:?} was found out only {found} times"
            );
        }
    }
}

/// How many times a call or the next found out about a lie.
fn lying<S: Storage>(stage: &mut Stage<S>, lie: Lie) -> usize {
    let protocol = stage.options.protocol;
    if lie == Lie::Short && protocol == Protocol::Binary {
        // The length is all there is to tell where a packet ends.
        return 0;
    }
    let mut found = 0;
    let mut turn = 0;
    for call in Call::ALL {
        if (protocol, lie, call) == (Protocol::Text, Lie::Swap, Call::EachGet) {
            // A classic miss bears no key: it rests on the count.
            continue;
        }
        for next in Call::ALL {
            // What comes twice and bears neither an opaque nor a key is told from the next reply
            // only because it came before the next request left.
            let watchful = lie == Lie::Twice;
            stage.manner = Manner {
                watchful,
                ..manner(turn)
            };
            turn += 1;
            let what = format!("{protocol:?}: {lie:?} to {call:?}");
            let (script, mut client) = stage.connected();
            script.fault(Fault::Lie(lie));
            let expected = stage.first.expected(call);
            let outcomes = stage.call(call, &mut client);
            judge(&script, &outcomes, &expected, &what);
            let mut is_found = outcomes != expected;
            // The next call may meet what was left, and fail; the one after it meets nothing.
            let what = format!("{what}, then {next:?}");
            let expected = stage.second.expected(next);
            let outcomes = minimc_tests::script::finish(stage.second.carry_out(next, &mut client));
            judge(&script, &outcomes, &expected, &what);
            // An error, or a new connection without a word.
            is_found |= outcomes != expected || script.connections() > 1;
            found += usize::from(is_found);
            script.fault(Fault::None);
            stage.follow(Call::EachSet, &script, &mut client, &what);
        }
    }
    found
}

#[test]
fn refusals() {
    use Call::{GetCrowd, GetMany, Incr, LargeSet, Set};
    let sets = &[Set, LargeSet][..];
    let table = [
        (
            Refusal::TooLarge,
            sets,
            ReturnCode::E2Big,
            Fate::RefusedAndGone,
            false,
        ),
        (
            Refusal::OutOfMemory,
            sets,
            ReturnCode::ServerMemoryAllocationFailure,
            Fate::RefusedAndGone,
            false,
        ),
        (
            Refusal::Client,
            sets,
            ReturnCode::ClientError,
            Fate::Refused,
            true,
        ),
        (
            Refusal::Command,
            sets,
            ReturnCode::Error,
            Fate::Refused,
            true,
        ),
        (
            Refusal::Server,
            &Call::ALL,
            ReturnCode::ServerError,
            Fate::Unknown,
            false,
        ),
        (
            Refusal::TooMany,
            &[Set, LargeSet, Incr, GetMany],
            ReturnCode::Error,
            Fate::NotSent,
            true,
        ),
    ];
    for protocol in PROTOCOLS {
        for (refusal, calls, its_code, fate, breaks) in table {
            // Behind a line the data may have been run as commands.
            let is_run = matches!(refusal, Refusal::Client | Refusal::Command);
            let fate = match protocol {
                Protocol::Text | Protocol::Meta if is_run => Fate::Unknown,
                _ => fate,
            };
            for &call in calls {
                let what = format!("{protocol:?}: {refusal:?} to {call:?}");
                let stage = Stage::new(protocol, Manner::HALTING, CHIP);
                let (script, mut client) = stage.connected();
                script.peer().refuse(refusal);
                let outcomes = stage.call(call, &mut client);
                let error = outcomes
                    .iter()
                    .find_map(|outcome| outcome.result.as_ref().err());
                let error = *error.unwrap_or_else(|| panic!("{what}: no error: {outcomes:?}"));
                let code = error.return_code();
                // That a server knows no meta commands has an error of its own.
                let is_meta = refusal == Refusal::Command && protocol == Protocol::Meta;
                let is_many = matches!(call, GetMany | GetCrowd) && refusal != Refusal::TooMany;
                // A line in place of another's end names none of that one's keys.
                let is_hidden = is_many && protocol != Protocol::Binary;
                let its_own = match (is_meta, is_hidden) {
                    (true, _) => ReturnCode::NotSupported,
                    (_, true) => ReturnCode::SomeErrors,
                    _ => its_code,
                };
                assert_eq!(code, its_own, "{what}: {error}");
                assert_eq!(error.fate(), fate, "{what}");
                if is_many {
                    // It concerns the keys of that line, or of that packet; the others have their
                    // items.
                    let expected = stage.first.expected(call);
                    let pairs = outcomes.iter().zip(&expected);
                    let right = pairs.skip_while(|(outcome, _)| outcome.result == Err(error));
                    assert!(
                        right.clone().all(|(outcome, right)| outcome == right),
                        "{what}"
                    );
                    let refused = outcomes.len() - right.count();
                    match (is_hidden, call) {
                        (false, _) => assert_eq!(refused, 1, "{what}"),
                        (true, GetMany) => assert_eq!(refused, outcomes.len(), "{what}"),
                        _ => assert!(refused > 1 && refused < outcomes.len(), "{what}"),
                    }
                    let words = error.text().map(|text| text.to_string());
                    let is_told = words == Some("SERVER_ERROR backend failure".into());
                    assert_eq!(is_told, is_hidden, "{what}: {error}");
                }
                if matches!(call, Set | LargeSet) {
                    let is_gone = script.peer().item(&outcomes[0].key).is_none();
                    assert_eq!(is_gone, fate == Fate::RefusedAndGone, "{what}");
                    assert_eq!(script.peer().served(&outcomes[0].key), 0);
                }
                stage.follow(call, &script, &mut client, &what);
                let is_packet = protocol == Protocol::Binary && refusal != Refusal::TooMany;
                let most = if breaks { 2 } else { 1 };
                assert!(script.connections() == most || is_packet, "{what}");
            }
        }
    }
}

/// Bytes that nobody asked for cost the connection, not the next call.
#[test]
fn unasked() {
    for protocol in PROTOCOLS {
        for next in Call::ALL {
            // They were read with the last reply.
            let mut stage = Stage::new(protocol, Manner::PROMPT, CHIP);
            stage.options.retry = false;
            let (script, mut client) = stage.connected();
            script.fault(Fault::Lie(Lie::Behind));
            assert_eq!(
                stage.call(Call::Get, &mut client),
                stage.first.expected(Call::Get)
            );
            stage.follow(next, &script, &mut client, "read before");
            assert_eq!(script.connections(), 2, "{next:?}");

            // They came in between, and the transport tells.
            stage.manner = Manner {
                watchful: true,
                ..Manner::PROMPT
            };
            let (script, mut client) = stage.connected();
            script.unasked(b"STORED\r\n");
            stage.follow(next, &script, &mut client, "told before");
            assert_eq!(script.connections(), 2, "{next:?}");
        }
    }
}
