//! Values from a reader and into a writer.

use core::cell::Cell;

use minimc::value::{BadValue, Convention, Deflate};
use minimc::{Client, Error, ErrorKind, Expiry, Fate, Storage, TransferError, Transport};

use super::PART;

/// How much of [`PART`] travels: more than the storage of a small client.
const LENGTH: usize = 1500;

/// A value from a reader and back into a writer, however small the client's storage is, with a digest
/// on both ways; a reader that ends too early, a writer that is full; what is compressed is inflated.
pub async fn streams<T: Transport, S: Storage, const N: usize>(client: &mut Client<T, S, N>) {
    let never = Expiry::NEVER;
    let image = &PART[..LENGTH];
    let length = LENGTH as u32;
    let sum = image.iter().fold(0, add);
    let mut buffer = [0; 300];
    // One closure for all: a small board has each call once then.
    let (seen, count) = (Cell::new(0), Cell::new(0));
    let mut digest = |bytes: &[u8]| {
        seen.set(bytes.iter().fold(seen.get(), add));
        count.set(count.get() + bytes.len());
    };

    // No more is read than was announced.
    let mut reader = &PART[..LENGTH + 3];
    let stored = client.set_from_reader(
        "stream",
        length,
        &mut reader,
        never,
        &mut buffer,
        &mut digest,
    );
    stored.await.unwrap();
    assert_eq!((seen.take(), reader.len()), (sum, 3));

    let mut place = [0; LENGTH + 1];
    let mut writer = &mut place[..];
    let entry = client.get_to_writer("stream", &mut writer, &mut digest);
    let entry = entry.await.unwrap().unwrap();
    assert_eq!((entry.length, writer.len()), (length, 1));
    assert_eq!((seen.take(), count.take()), (sum, 2 * LENGTH));
    assert!(
        &place[..LENGTH] == image,
        "the value that came back differs"
    );
    let mut writer = &mut place[..];
    let none = client.get_to_writer("absent", &mut writer, &mut digest);
    assert_eq!((none.await, count.take()), (Ok(None), 0));

    // The writer's own error is told, and the next call gets its own reply.
    let mut writer = &mut place[..LENGTH - 1];
    let full = client.get_to_writer("stream", &mut writer, &mut digest);
    assert!(matches!(full.await, Err(TransferError::Io(_))));
    client.set("small", "s", never).await.unwrap();
    assert_eq!(client.get("small").await.unwrap().unwrap().value, b"s");

    // What is refused was not sent, and nothing was read.
    let mut reader = image;
    for (length, room, kind) in [
        (2 << 20, 10, ErrorKind::TooLarge),
        (length, 0, ErrorKind::Value(BadValue::NoRoom)),
    ] {
        let buffer = &mut buffer[..room];
        let refused =
            client.set_from_reader("stream", length, &mut reader, never, buffer, &mut digest);
        let error = Error::new(kind).with_fate(Fate::NotSent);
        assert_eq!(refused.await, Err(TransferError::Call(error)));
    }
    assert_eq!(reader.len(), LENGTH);

    // Compressed: inflated within the limit, and damage is found.
    let text = [b'.'; 1000];
    let (mut deflate, mut room) = (Deflate::<256>::new(), [0; 300]);
    let compressing = Convention::PYLIBMC.compress_from(100);
    let stored = compressing.encode_compressed((&text[..]).into(), false, &mut deflate, &mut room);
    let stored = stored.unwrap();
    let key = minimc::Key::new("packed").unwrap();
    let store = minimc::command::Store::set(key, stored.bytes).flags(stored.flags);
    let _ = client.call(&store).await.unwrap();
    let mut window = [0; 256];
    for limit in [1000, 999] {
        let mut writer = &mut place[..];
        count.take();
        let entry =
            client.get_inflated_to_writer("packed", &mut writer, &mut window, limit, &mut digest);
        let entry = entry.await;
        let written = LENGTH + 1 - writer.len();
        if limit == 1000 {
            let entry = entry.unwrap().unwrap();
            assert_eq!((entry.length, entry.flags), (1000, 0));
            assert_eq!((written, count.get()), (1000, 1000));
            assert!(place[..1000] == text, "the value that came back differs");
        } else {
            let error = Error::from(BadValue::InflatedTooLarge { limit });
            assert_eq!(entry, Err(TransferError::Call(error)));
            assert!(written <= 999, "{written}");
        }
    }
    // What is not is got as it is.
    let mut writer = &mut place[..];
    let entry = client.get_inflated_to_writer("small", &mut writer, &mut window, 1, &mut digest);
    assert_eq!(entry.await.unwrap().unwrap().length, 1);
    let refused = client.get_inflated_to_writer("stream", &mut writer, &mut window, 9, &mut digest);
    let error = Error::from(ErrorKind::ReplyTooLarge { size: length });
    assert_eq!(refused.await, Err(TransferError::Call(error)));
    client.noop().await.unwrap();
}

/// A sum that tells bytes in another order apart.
fn add(sum: u32, &byte: &u8) -> u32 {
    sum.rotate_left(1) ^ u32::from(byte)
}
