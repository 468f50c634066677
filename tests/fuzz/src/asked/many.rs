//! A batch that was asked for: its keys, and nothing else.

use minimc_core::command::GetMany;
use minimc_core::{ErrorKind, Fate, Progress, Sent};

use super::{Link, Name};
use crate::grammar::{Form, What, requests};

/// As many of the keys as fit are asked for, in their order; one that is no key is told so in its
/// turn.
pub(super) fn check(connection: &mut Link<'_>, keys: &[&[u8]]) {
    let name = |bytes| Name {
        bytes,
        encoded: false,
    };
    let expected: Vec<Result<Vec<u8>, ErrorKind>> = keys
        .iter()
        .map(|key| name(key).expected(connection.protocol()))
        .collect();
    let batch = GetMany::new(keys);
    let mut progress = Progress::new();
    let alone = connection.owed() == 0;
    let mut refused = 0;
    loop {
        match connection.send_batch(&batch, &mut progress) {
            Ok(Sent::Group(None)) => {}
            Ok(Sent::Group(Some(gap))) => panic!("{gap:?}"),
            Ok(Sent::Nothing) if progress.queued() == keys.len() => break,
            Ok(Sent::Nothing) => {
                let kind = *expected[progress.queued()].as_ref().unwrap_err();
                let is_next = connection.item_arrived(&batch, &mut progress).unwrap();
                // It waits for the outcomes of those before it.
                assert_eq!(is_next, !progress.is_waiting());
                if !is_next {
                    break;
                }
                let (index, outcome) = connection.item(&batch, &mut progress).unwrap();
                let error = outcome.unwrap_err();
                assert_eq!((error.kind(), error.fate()), (kind, Fate::NotSent));
                assert_eq!((index + 1, index), (progress.queued(), refused));
                refused += 1;
            }
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Full);
                // What is behind other requests may have to wait, what is alone must not.
                assert!(!alone || progress.is_waiting());
                break;
            }
        }
    }
    let bytes = connection.outgoing(None).concat();
    let read = requests(&bytes).unwrap_or_else(|why| panic!("{why}: {}", bytes.escape_ascii()));
    let mut asked = vec![];
    for request in read {
        match request.what {
            What::Get {
                keys,
                cas: false,
                touch: None,
            } => asked.extend(keys),
            What::Noop => assert!(matches!(request.form, Form::Packet { .. })),
            what => panic!("{what:?}"),
        }
    }
    let queued = &expected[refused..progress.queued()];
    let queued: Vec<&Vec<u8>> = queued.iter().map(|key| key.as_ref().unwrap()).collect();
    assert!(asked.iter().eq(queued));
    assert!(expected[..refused].iter().all(Result::is_err));
}
