//! One call for many keys.

use core::{array, ptr};

use minimc::command::{Store, Stored};
use minimc::{Client, Expiry, Key, Storage, Transport};

const COUNT: usize = 1000;

/// What the keys are parts of, so that they take no memory of their own.
const LETTERS: &[u8] =
    b"sphinx-of-black-quartz-judge-my-vow;pack-my-box-with-five-dozen-liquor-jugs;then-vex";

/// How many places a key can begin at, and the length of the shortest key.
const STARTS: usize = 20;
const SHORTEST: usize = 10;

/// One call for many keys: each has one outcome, with the key as it was given.
pub async fn many<T: Transport, S: Storage, const N: usize>(client: &mut Client<T, S, N>) {
    let keys: [&[u8]; COUNT] = array::from_fn(key);
    let even = keys.iter().step_by(2);
    let sets = even.map(|key| Store::set(Key::new(key).unwrap(), key).flags(7));
    let mut stored = 0;
    client
        .call_each(sets, |index, reply| {
            assert_eq!((index, reply.unwrap()), (stored, Stored::Stored));
            stored += 1;
        })
        .await
        .unwrap();
    assert_eq!(stored, COUNT / 2);

    let mut items = client.get_many(&keys).await.unwrap();
    let (mut found, mut missed) = (0, 0);
    while let Some((key, item)) = items.next().await {
        // The values come in the order of their keys, and so do the misses.
        if let Some(item) = item.unwrap() {
            assert!(ptr::eq(key, &keys[found * 2]));
            assert_eq!((item.value, item.flags), (*key, 7));
            found += 1;
        } else {
            assert!(ptr::eq(key, &keys[missed * 2 + 1]));
            missed += 1;
        }
        // A miss comes after the values of its line, or of its group of packets.
        assert!(found >= missed);
    }
    assert_eq!((found, missed), (COUNT / 2, COUNT / 2));

    // Given up half way: the next call is none the worse.
    let mut items = client.get_many(&keys).await.unwrap();
    let (first, item) = items.next().await.unwrap();
    assert!(ptr::eq(first, &keys[0]) && item.unwrap().is_some());
    client.set("other", "value", Expiry::NEVER).await.unwrap();
    assert_eq!(client.get("other").await.unwrap().unwrap().value, b"value");
    let no_keys: [&str; 0] = [];
    assert!(
        client
            .get_many(&no_keys)
            .await
            .unwrap()
            .next()
            .await
            .is_none()
    );
}

/// The key of this number, whose neighbours begin elsewhere or are longer.
fn key(number: usize) -> &'static [u8] {
    &LETTERS[number % STARTS..][..SHORTEST + number / STARTS]
}
