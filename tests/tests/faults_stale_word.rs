//! A word that answers another kind of storing than was asked for: in the classic protocol the core
//! refuses it, in the others it is a reply to any kind, and the client finds it out itself.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use minimc::command::Stored;
use minimc::{ErrorKind, Expiry, Fate, Protocol};
use minimc_tests::script::peer::value;
use minimc_tests::script::{CHIP, Fault, Lie, Manner, Stage, finish};

/// Nothing in the word names its request; but no `set` is answered so, and no reply after it can be
/// trusted.
#[test]
fn a_set_that_is_not_stored_breaks_the_connection() {
    // Byte by byte: what comes twice is not seen with what came first.
    let stage = Stage::new(Protocol::Text, Manner::HALTING, CHIP);
    let (script, mut client) = stage.connected();
    let [one, new] = ["one", "new"].map(|name| stage.first.key(name));
    finish(async {
        script.fault(Fault::Lie(Lie::Twice));
        let added = client.add(&one, &value(&one, 30), Expiry::NEVER).await;
        assert_eq!(added, Ok(Stored::NotStored));
        let error = client.set(&new, &value(&new, 30), Expiry::NEVER).await;
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Malformed);
        // The reply to the set must not be that to the next call.
        let added = client.add(&one, &value(&one, 30), Expiry::NEVER).await;
        assert_eq!(added, Ok(Stored::NotStored));
    });
    assert_eq!(script.connections(), 2);
}

/// With the right opaque, so that the reply is the one that is owed: a `set` has no condition that
/// could fail to hold, so the server lies.
#[test]
fn a_set_with_a_condition_that_failed_breaks_the_connection() {
    for protocol in [Protocol::Text, Protocol::Meta, Protocol::Binary] {
        let stage = Stage::new(protocol, Manner::PROMPT, CHIP);
        let (script, mut client) = stage.connected();
        let [one, new] = ["one", "new"].map(|name| stage.first.key(name));
        finish(async {
            script.fault(Fault::Lie(Lie::NotStored));
            let error = client.set(&new, &value(&new, 30), Expiry::NEVER).await;
            let error = error.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Malformed, "{protocol:?}");
            assert_eq!(error.fate(), Fate::Unknown, "{protocol:?}");
            assert_eq!(script.connections(), 1, "{protocol:?}");
            let item = client.get(&one).await.unwrap().unwrap();
            assert_eq!(item.value, value(&one, item.value.len()), "{protocol:?}");
        });
        assert_eq!(script.connections(), 2, "{protocol:?}");
    }
}
