//! An operation, carried out by a client.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use minimc::command::{Count, Delete, Get, Store};
use minimc::{Client, Error, Expiry, Key, Storage, Transport};
use minimc_tests::outcome::{self, Answer, answer, stored, yes};

use crate::clock::Laps;
use crate::model::Verb;
use crate::operation::{Form, Operation, Request};

/// What was told of a request; nothing where it was not asked, or nobody waited for the answer.
pub(crate) type Told = Option<Result<Answer, Error>>;

/// What was told of each of an operation's requests. Whoever has to wait is clocked apart.
pub(crate) async fn carry_out<T: Transport, S: Storage, const N: usize>(
    client: &mut Client<T, S, N>,
    operation: &Operation,
    laps: &mut Laps,
) -> Vec<Told> {
    let requests = &operation.requests;
    let key = &requests[0].key;
    match operation.form {
        Form::Single => vec![Some(single(client, key, &requests[0].verb).await)],
        Form::Cas => cas(client, requests, laps).await,
        Form::Many(usize::MAX) => {
            let keys: Vec<String> = keys(requests).collect();
            let outcomes = outcome::many(&keys, client, || laps.lap()).await;
            let results = outcomes.into_iter().map(|outcome| outcome.result);
            results.map(Some).collect()
        }
        Form::Many(items) => some_of_many(client, requests, items, laps).await,
        Form::Pieces(usize::MAX) => {
            vec![Some(outcome::pieces(key, client, || laps.lap()).await)]
        }
        Form::Pieces(count) => some_pieces(client, key, count, laps).await,
        Form::Into => {
            let mut buffer = vec![0; 200_000];
            let entry = client.get_into(key, &mut buffer).await;
            let value = entry.map(|entry| entry.map(|entry| &buffer[..entry.length as usize]));
            vec![Some(value.map(answer))]
        }
        Form::Each => each(client, requests, laps).await,
        Form::ByHand => by_hand(client, requests, laps).await,
    }
}

/// What a future comes to, unless it is dropped because it had to wait so many times.
pub(crate) async fn unless_it_waits<F: Future>(times: usize, future: F) -> Option<F::Output> {
    let (mut future, mut left) = (pin!(future), times);
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => {
            left -= 1;
            if left == 0 {
                Poll::Ready(None)
            } else {
                Poll::Pending
            }
        }
    })
    .await
}

fn keys(requests: &[Request]) -> impl Iterator<Item = String> {
    requests.iter().map(|request| request.key.clone())
}

async fn single<T: Transport, S: Storage, const N: usize>(
    client: &mut Client<T, S, N>,
    key: &str,
    verb: &Verb,
) -> Result<Answer, Error> {
    match verb {
        Verb::Get => Ok(answer(client.get(key).await?.map(|item| item.value))),
        Verb::Set(value) => {
            client.set(key, value, Expiry::NEVER).await?;
            Ok(Answer::Yes)
        }
        Verb::Add(value) => client.add(key, value, Expiry::NEVER).await.map(stored),
        Verb::Append(value) => client.append(key, value).await.map(stored),
        Verb::Delete => client.delete(key).await.map(yes),
        Verb::Incr(delta) => client.incr(key, *delta).await.map(Answer::Number),
        Verb::Touch => client.touch(key, Expiry::seconds(3600)).await.map(yes),
        Verb::Cas(..) => unreachable!("it wants the item's number first"),
    }
}

async fn cas<T: Transport, S: Storage, const N: usize>(
    client: &mut Client<T, S, N>,
    requests: &[Request],
    laps: &mut Laps,
) -> Vec<Told> {
    let Verb::Cas(value, is_right) = &requests[1].verb else {
        unreachable!("the second request stores");
    };
    let key = &requests[0].key;
    let item = match client.gets(key).await {
        Ok(Some(item)) => item,
        Ok(None) => return vec![Some(Ok(Answer::Miss)), None],
        Err(error) => return vec![Some(Err(error)), None],
    };
    laps.lap();
    let Some(number) = item.cas else {
        // No right answer: the number was asked for.
        return vec![Some(Ok(Answer::No)), None];
    };
    let number = if *is_right {
        number
    } else {
        number + 1_000_000_000
    };
    let got = Answer::Value(item.value.to_vec());
    let outcome = client.cas(key, value, number, Expiry::NEVER).await;
    vec![Some(Ok(got)), Some(outcome.map(stored))]
}

/// The first outcomes of many; the rest is given up.
async fn some_of_many<T: Transport, S: Storage, const N: usize>(
    client: &mut Client<T, S, N>,
    requests: &[Request],
    count: usize,
    laps: &mut Laps,
) -> Vec<Told> {
    let keys: Vec<String> = keys(requests).collect();
    let mut told = vec![None; keys.len()];
    let mut items = match client.get_many(&keys).await {
        Ok(items) => items,
        Err(error) => return vec![Some(Err(error)); keys.len()],
    };
    for _ in 0..count {
        let Some((key, item)) = items.next().await else {
            break;
        };
        let result = item.map(|item| answer(item.map(|item| item.value)));
        let before = told[outcome::place(&keys, key)].replace(result);
        assert!(before.is_none(), "{key} was told twice");
        laps.lap();
    }
    told
}

/// The first pieces of a value, as far as can be told of them; the rest is given up.
async fn some_pieces<T: Transport, S: Storage, const N: usize>(
    client: &mut Client<T, S, N>,
    key: &str,
    count: usize,
    laps: &mut Laps,
) -> Vec<Told> {
    let some = async {
        let Some(mut stream) = client.open(key).await? else {
            return Ok(Some(Answer::Miss));
        };
        for _ in 0..count {
            laps.lap();
            if stream.next().await?.is_none() {
                break;
            }
        }
        Ok(None)
    };
    vec![some.await.transpose()]
}

async fn each<T: Transport, S: Storage, const N: usize>(
    client: &mut Client<T, S, N>,
    requests: &[Request],
    laps: &mut Laps,
) -> Vec<Told> {
    let keys: Vec<String> = keys(requests).collect();
    let mut results = Vec::new();
    let (end, kind): (_, fn(_, _) -> _) = if requests[0].verb.writes() {
        let sets = requests.iter().map(|request| match &request.verb {
            Verb::Set(value) => Store::set(key(request), value),
            other => unreachable!("{other:?} among sets"),
        });
        let end = client.call_each(sets, |_, reply| {
            results.push(reply.map(stored));
            laps.lap();
        });
        (end.await, outcome::write)
    } else {
        let gets = requests.iter().map(|request| Get::new(key(request)));
        let end = client.call_each(gets, |_, reply| {
            results.push(reply.map(|item| answer(item.map(|item| item.value))));
            laps.lap();
        });
        (end.await, outcome::read)
    };
    if results.len() > keys.len() {
        // More than was asked: to be judged as it is.
        return results.into_iter().map(Some).collect();
    }
    let outcomes = outcome::each(&keys, results, end, kind);
    let results = outcomes.into_iter().map(|outcome| outcome.result);
    results.map(Some).collect()
}

async fn by_hand<T: Transport, S: Storage, const N: usize>(
    client: &mut Client<T, S, N>,
    requests: &[Request],
    laps: &mut Laps,
) -> Vec<Told> {
    for request in requests {
        let sent = match &request.verb {
            Verb::Get => client.send(&Get::new(key(request))).await,
            Verb::Set(value) => client.send(&Store::set(key(request), value)).await,
            Verb::Incr(delta) => client.send(&Count::up(key(request), *delta)).await,
            Verb::Delete => client.send(&Delete::new(key(request))).await,
            other => unreachable!("{other:?} by hand"),
        };
        // Nothing leaves before the first reply is asked for: if one cannot be queued, none is sent.
        if let Err(error) = sent {
            return vec![Some(Err(error)); requests.len()];
        }
        laps.lap();
    }
    let mut told = Vec::new();
    for request in requests {
        let reply = match &request.verb {
            Verb::Get => {
                let item = client.receive::<Get<'_>>().await;
                item.map(|item| answer(item.map(|item| item.value)))
            }
            Verb::Set(_) => client.receive::<Store<'_, '_>>().await.map(stored),
            Verb::Incr(_) => client.receive::<Count<'_>>().await.map(Answer::Number),
            _ => client.receive::<Delete<'_>>().await.map(yes),
        };
        told.push(Some(reply));
        laps.lap();
    }
    told
}

fn key(request: &Request) -> Key<'_> {
    Key::new(&request.key).expect("a key")
}
