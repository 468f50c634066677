//! A batch that was asked for: its keys, and nothing else.

use minimc_core::ErrorKind;
use minimc_core::command::GetMany;

use super::{Link, Name};
use crate::grammar::{Form, What, requests};

/// As many of the keys as fit are asked for, in their order, or none if one is no key.
pub(super) fn check(connection: &mut Link<'_>, keys: &[&[u8]]) {
    let name = |bytes| Name {
        bytes,
        encoded: false,
    };
    let expected: Result<Vec<_>, _> = keys
        .iter()
        .map(|key| name(key).expected(connection.protocol()))
        .collect();
    let mut batch = match (GetMany::new(keys), &expected) {
        (Ok(batch), Ok(_)) => batch,
        (Err(error), Err(kind)) => return assert_eq!(error.kind(), *kind),
        (result, _) => panic!("{result:?}: {expected:?}"),
    };
    let alone = connection.owed() == 0;
    let is_done = loop {
        match connection.send_batch(&mut batch) {
            Ok(true) => {}
            Ok(false) => break true,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Full);
                break false;
            }
        }
    };
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
    let expected = expected.unwrap();
    assert_eq!(asked, expected[..asked.len()]);
    assert_eq!(is_done, asked.len() == expected.len());
    assert!(is_done || !alone || !asked.is_empty());
}
