//! What a client must do that only a host can ask for, with its clock and its memory; the other
//! scenarios are `minimc_scenarios`, and these are run beside them.

use std::time::SystemTime;

use minimc::{Client, Dialect, ErrorKind, Expiry, Fate, Protocol, Storage, Transport};
use minimc_scenarios::{LARGE, WHOLE};

/// Values that the caller owns.
pub async fn owned<T: Transport, S: Storage, const N: usize>(client: &mut Client<T, S, N>) {
    client.set("k", "123", Expiry::NEVER).await.unwrap();
    assert_eq!(client.get_owned("k").await.unwrap().unwrap().value, b"123");

    client.set(LARGE, &WHOLE, Expiry::NEVER).await.unwrap();
    let mut buffer = vec![0; WHOLE.len()];
    let entry = client.get_into(LARGE, &mut buffer).await.unwrap().unwrap();
    assert_eq!(entry.length as usize, WHOLE.len());
    assert!(buffer == WHOLE, "the value that came back differs");
}

/// More than the 30 days that a server counts from now.
const FAR: Expiry = Expiry::seconds(40 * 24 * 60 * 60);

/// A time to live that needs a clock, over a transport that has one.
pub async fn clock<T: Transport, S: Storage, const N: usize>(client: &mut Client<T, S, N>) {
    client.set("far", "x", FAR).await.unwrap();
    assert!(client.get("far").await.unwrap().is_some());
}

/// A time to live that needs a clock, over a transport that has none.
pub async fn no_clock<T: Transport, S: Storage, const N: usize>(client: &mut Client<T, S, N>) {
    client.set("far", "kept", Expiry::NEVER).await.unwrap();
    let error = client.set("far", "x", FAR).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.fate()),
        (ErrorKind::Expiry, Fate::NotSent)
    );
    assert_eq!(client.get("far").await.unwrap().unwrap().value, b"kept");
    // Who knows the time may say it.
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    client.set("far", "x", FAR.since(now)).await.unwrap();
    assert_eq!(client.get("far").await.unwrap().unwrap().value, b"x");
}

/// A client that knows the server's version does all that it did before.
pub async fn dialect<T: Transport, S: Storage, const N: usize>(client: &mut Client<T, S, N>) {
    let dialect = client.learn_dialect().await.unwrap().unwrap();
    assert!(dialect >= Dialect::new(1, 6, 10), "{dialect:?}");
    assert!(client.options().learn_dialect);
    minimc_scenarios::everyday(client).await;

    client.set_dialect(Dialect::new(1, 4, 7));
    let error = client.touch("k", Expiry::seconds(9)).await.unwrap_err();
    assert_eq!(error.fate(), Fate::NotSent);
    assert!(matches!(error.kind(), ErrorKind::Unsupported(_)));
    assert!(client.version().await.is_ok());
}

/// Values over the limit: the client's own, and the server's.
pub async fn too_large<T: Transport, S: Storage, const N: usize>(client: &mut Client<T, S, N>) {
    client.set("k", "kept", Expiry::NEVER).await.unwrap();
    let limit = client.options().item_limit as usize;
    let error = client
        .set("k", &vec![0; limit + 1], Expiry::NEVER)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.fate()),
        (ErrorKind::TooLarge, Fate::NotSent)
    );
    assert_eq!(client.get("k").await.unwrap().unwrap().value, b"kept");
    // Within it, but over the server's, which counts the key and its own header too.
    let error = client
        .set("k", &vec![0; limit], Expiry::NEVER)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.fate()),
        (ErrorKind::TooLarge, Fate::RefusedAndGone)
    );
    assert_eq!(error.return_code() as u8, 37);
    assert_eq!(client.get("k").await.unwrap(), None);
    // Classic `add` leaves the old item where it is.
    client.set("k", "kept", Expiry::NEVER).await.unwrap();
    let error = client
        .add("k", &vec![0; limit], Expiry::NEVER)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    let kept = error.fate() == Fate::Refused;
    assert_eq!(kept, client.options().protocol != Protocol::Meta);
    assert_eq!(client.get("k").await.unwrap().is_some(), kept);
}
