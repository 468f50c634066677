//! 100 requests on the way at once.

use core::fmt::Write;

use heapless::String;
use minimc::command::{Get, Store, Stored};
use minimc::{Client, ErrorKind, Key, Storage, Transport};

use crate::PART;

const COUNT: usize = 100;

/// The keys and values of [`pipelined`], which stay on the server. No two values are the same, nor
/// of the same length.
pub fn pairs() -> [(String<4>, &'static [u8]); COUNT] {
    core::array::from_fn(|number| {
        let mut key = String::new();
        write!(key, "p{number}").unwrap();
        (key, &PART[number..][..number * 3])
    })
}

/// 100 sets and 100 gets on the way at once, and a pipeline by hand.
pub async fn pipelined<T: Transport, S: Storage, const N: usize>(client: &mut Client<T, S, N>) {
    let pairs = pairs();
    let sets = pairs
        .iter()
        .map(|(key, value)| Store::set(Key::new(key).unwrap(), value));
    let mut replies = 0;
    client
        .call_each(sets, |index, reply| {
            assert_eq!((index, reply.unwrap()), (replies, Stored::Stored));
            replies += 1;
        })
        .await
        .unwrap();
    let gets = pairs
        .iter()
        .map(|(key, _)| Get::new(Key::new(key).unwrap()));
    client
        .call_each(gets, |index, reply| {
            assert_eq!(index, replies - COUNT);
            assert_eq!(reply.unwrap().unwrap().value, pairs[index].1);
            replies += 1;
        })
        .await
        .unwrap();
    assert_eq!(replies, 2 * COUNT);

    let get = |number: usize| Get::new(Key::new(&pairs[number].0).unwrap());
    let value = |number: usize| pairs[number].1;
    client.send(&get(1)).await.unwrap();
    client.send(&get(2)).await.unwrap();
    let item = client.receive::<Get<'_>>().await.unwrap().unwrap();
    assert_eq!(item.value, value(1));
    client.send(&get(3)).await.unwrap();
    let item = client.receive::<Get<'_>>().await.unwrap().unwrap();
    assert_eq!(item.value, value(2));
    // The third reply is given up by another call.
    let item = client.get(&pairs[4].0).await.unwrap().unwrap();
    assert_eq!(item.value, value(4));
    let error = client.receive::<Get<'_>>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutOfOrder);
}
