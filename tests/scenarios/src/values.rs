//! Values as what they are.

use minimc::command::{Store, Stored};
use minimc::value::{BadValue, Convention, Deflate, Value};
use minimc::{Client, ErrorKind, Expiry, Key, Storage, Transport};

/// Values by pylibmc's convention, however small the client's storage is; what is compressed too.
pub async fn values<T: Transport, S: Storage, const N: usize>(client: &mut Client<T, S, N>) {
    let never = Expiry::NEVER;
    assert_eq!(*client.options().convention, Convention::PYLIBMC);
    assert_eq!(client.get_value("typed").await.unwrap(), None);
    for (value, flags) in [
        (Value::from("größe"), 16),
        (Value::from(&b"\xFF\r\n"[..]), 0),
        (Value::from(-7), 4),
    ] {
        client.set_value("typed", value, never).await.unwrap();
        assert_eq!(client.get("typed").await.unwrap().unwrap().flags, flags);
        assert_eq!(client.get_value("typed").await.unwrap(), Some(value));
        let mut buffer = [0; 10];
        let got = client.get_value_into("typed", &mut buffer).await.unwrap();
        assert_eq!(got, Some(value));
    }
    let error = client.append_value("typed", "x").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Value(BadValue::WouldCorrupt));
    client.set_value("typed", "a", never).await.unwrap();
    assert_eq!(
        client.append_value("typed", "b").await.unwrap(),
        Stored::Stored
    );
    assert_eq!(
        client.get_value("typed").await.unwrap(),
        Some(Value::Text("ab"))
    );

    client.set_counter("counter", 10, never).await.unwrap();
    assert_eq!(client.decr("counter", 1).await.unwrap(), 9);
    assert_eq!(client.get_counter("counter").await.unwrap(), Some(9));

    // Compressed, as pylibmc is told to; and larger than a small storage, inflated.
    let mut text = [b'.'; 1000];
    text.iter_mut().step_by(7).for_each(|place| *place = b'-');
    let text = core::str::from_utf8(&text).unwrap();
    let (mut deflate, mut room) = (Deflate::<256>::new(), [0; 300]);
    let compressing = Convention::PYLIBMC.compress_from(100);
    let stored = compressing
        .encode_compressed(text.into(), false, &mut deflate, &mut room)
        .unwrap();
    assert_eq!(stored.flags, 24);
    let key = Key::new("typed").unwrap();
    let store = Store::set(key, stored.bytes).flags(stored.flags);
    assert_eq!(client.call(&store).await.unwrap(), Stored::Stored);
    let error = client.get_value("typed").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Value(BadValue::Compressed));
    let mut buffer = [0; 1000];
    let got = client.get_value_into("typed", &mut buffer).await.unwrap();
    assert_eq!(got, Some(Value::Text(text)));
    let error = client
        .get_value_into("typed", &mut [0; 999])
        .await
        .unwrap_err();
    let limit = 999;
    assert_eq!(
        error.kind(),
        ErrorKind::Value(BadValue::InflatedTooLarge { limit })
    );
    client.noop().await.unwrap();
}
