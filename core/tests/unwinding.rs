//! A batch's key that panics, on hosts where that is caught: the connection is as before.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "a test may fail"
)]

mod peer;

use core::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

use minimc_core::command::{Count, CountMany};
use minimc_core::{Connection, Key, Progress};
use peer::{PROTOCOLS, Peer, arrive, write_all};

/// A key that is a key only at first.
struct Fickle(&'static str);

impl AsRef<[u8]> for Fickle {
    fn as_ref(&self) -> &[u8] {
        assert!(!self.0.is_empty(), "no key");
        self.0.as_bytes()
    }
}

#[test]
fn a_key_that_panics_leaves_no_debt() {
    for protocol in PROTOCOLS {
        for keys in [[Fickle(""), Fickle("b")], [Fickle("a"), Fickle("")]] {
            let mut connection =
                Connection::<[u8; 400], 4>::new(protocol, [0; 400], [0; 400]).unwrap();
            let batch = CountMany::up(&keys, 1);
            let mut progress = Progress::new();
            let sent = catch_unwind(AssertUnwindSafe(|| {
                connection.send_batch(&batch, &mut progress).is_ok()
            }));
            assert!(sent.is_err());
            assert_eq!(connection.owed(), 0, "{protocol:?}");
            let mut peer = Peer::with(&[("n", b"1")]);
            let count = Count::up(Key::new("n").unwrap(), 1);
            connection.send(&count).unwrap();
            write_all(&mut connection, &mut peer, None, || 400);
            arrive(&mut connection, &mut peer, 400);
            assert_eq!(connection.reply::<Count<'_>>(), Ok(2), "{protocol:?}");
        }
    }
}
