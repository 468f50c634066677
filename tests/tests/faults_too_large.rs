//! A connection that fails behind the head of a reply that is too large for the storage.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use minimc::command::Get;
use minimc::{ErrorKind, Key};
use minimc_tests::script::calls::PROTOCOLS;
use minimc_tests::script::{CHIP, Fault, How, Manner, Stage, finish};

/// The large value is one of several.
const NAMES: [&str; 4] = ["one", "large", "two", "three"];

const HOWS: [How; 3] = [How::End, How::Reset, How::Stall];

fn stages() -> impl Iterator<Item = (Stage<[u8; 400]>, [String; 4])> {
    let stages = PROTOCOLS.map(|protocol| Stage::new(protocol, Manner::PROMPT, CHIP));
    stages.into_iter().map(|stage| {
        let keys = NAMES.map(|name| stage.first.key(name));
        (stage, keys)
    })
}

#[test]
fn each_command_is_told_once() {
    for (stage, keys) in stages() {
        for how in HOWS {
            for after in 0..900 {
                let (script, mut client) = stage.connected();
                script.fault(Fault::Back(after, how));
                let gets = keys.iter().map(|key| Get::new(Key::new(key).unwrap()));
                let mut told = Vec::new();
                let end = client.call_each(gets, |index, _| told.push(index));
                let end = finish(end);
                let expected: Vec<usize> = (0..keys.len()).collect();
                let what = format!("{:?}: {how:?} after {after} bytes", stage.options.protocol);
                assert_eq!((told, end), (expected, Ok(())), "{what}");
            }
        }
    }
}

#[test]
fn each_that_was_sent_is_received_once() {
    for (stage, keys) in stages() {
        for how in HOWS {
            for after in 0..900 {
                let (script, mut client) = stage.connected();
                script.fault(Fault::Back(after, how));
                let what = format!("{:?}: {how:?} after {after} bytes", stage.options.protocol);
                finish(async {
                    for key in &keys {
                        let get = Get::new(Key::new(key).unwrap());
                        client.send(&get).await.unwrap();
                    }
                    for _ in &keys {
                        if let Err(error) = client.receive::<Get<'_>>().await {
                            assert_ne!(error.kind(), ErrorKind::OutOfOrder, "{what}");
                        }
                    }
                    let error = client.receive::<Get<'_>>().await.unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::OutOfOrder, "{what}");
                });
            }
        }
    }
}
