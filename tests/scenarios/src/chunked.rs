//! A value in parts.

use minimc::value::BadValue;
use minimc::value::chunks::{Manifest, PartKey, Position};
use minimc::{Client, Error, Expiry, Key, Storage, TransferError, Transport};

use super::PART;

const LENGTH: usize = 2500;

/// A chunked value, stored and got through little memory: whole, overwritten, gone on with in the middle,
/// and without a part.
pub async fn chunked<T: Transport, S: Storage, const N: usize>(client: &mut Client<T, S, N>) {
    let never = Expiry::NEVER;
    let image = &PART[..LENGTH];
    let manifest = Manifest::new(LENGTH as u64, 1000, 1).unwrap();
    let mut buffer = [0; 200];
    // One closure for all: a small board has each call once then.
    let mut ignore = |_: &[u8]| {};

    // The reader ends before the second part, and another goes on with it. (A connection over an `Io` is
    // kept, since nothing of the part has left.)
    let mut position = Position::new(manifest);
    let mut reader = &image[..1000];
    let mut failed = None;
    for _ in 0..2 {
        let part = client.set_part(
            "parts",
            &mut position,
            &mut reader,
            never,
            &mut buffer,
            &mut ignore,
        );
        failed = part.await.err();
    }
    assert_eq!(failed, Some(TransferError::UnexpectedEof { left: 1000 }));
    assert_eq!(client.open_chunked("parts").await.unwrap(), None);
    let mut reader = &image[position.offset() as usize..];
    let mut parts = 0;
    loop {
        let part = client.set_part(
            "parts",
            &mut position,
            &mut reader,
            never,
            &mut buffer,
            &mut ignore,
        );
        if !part.await.unwrap() {
            break;
        }
        parts += 1;
    }
    assert_eq!((parts, reader.len()), (2, 0));

    // Got up to the second part; and from there when another version was written.
    let mut found = client.open_chunked("parts").await.unwrap().unwrap();
    assert_eq!(found.manifest, position.manifest);
    let mut place = [0; LENGTH];
    let mut writer = &mut place[..];
    let part = client.get_part("parts", &mut found, &mut writer, &mut ignore);
    assert!(part.await.unwrap());
    let other = Manifest::new(LENGTH as u64 - 1, 2000, 2).unwrap();
    let mut reader = &image[1..];
    let stored = client.set_chunked("parts", other, &mut reader, never, &mut buffer, &mut ignore);
    let other = stored.await.unwrap();
    let changed = client.resume_chunked("parts", &found).await;
    assert_eq!(changed, Err(Error::from(BadValue::Changed)));
    loop {
        let part = client.get_part("parts", &mut found, &mut writer, &mut ignore);
        if !part.await.unwrap() {
            break;
        }
    }
    assert!(place == image, "the value that came back differs");
    assert_eq!(client.delete_parts("parts", &manifest).await.unwrap(), 3);

    let mut writer = &mut place[..];
    let got = client.get_chunked("parts", &mut writer, &mut ignore);
    assert_eq!(got.await.unwrap(), Some(other));
    assert!(
        place[..LENGTH - 1] == image[1..],
        "the value that came back differs"
    );

    let mut second = Position::new(other);
    second.next_part(0);
    let name = Key::new("parts").unwrap();
    let key = PartKey::new(name, &second).unwrap();
    assert!(client.delete(key.key()).await.unwrap());
    let mut writer = &mut place[..];
    let got = client.get_chunked("parts", &mut writer, &mut ignore);
    let missing = Error::from(BadValue::PartMissing { index: 1 });
    assert_eq!(got.await, Err(TransferError::Call(missing)));
    assert!(client.delete_chunked("parts").await.unwrap());
    assert!(!client.delete_chunked("parts").await.unwrap());
}
