//! A word that answers another kind of storing, where the client finds it out itself.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use minimc::command::Stored;
use minimc::{ErrorKind, Expiry, Protocol};
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
