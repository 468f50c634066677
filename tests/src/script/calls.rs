//! Every kind of call that a client offers, with what it must come to.

use minimc::command::{Count, Get};
use minimc::{Client, Expiry, Key, Protocol, Storage};

use super::peer::value;
use super::{Cast, Script};
use crate::outcome::{Answer, Outcome, answer, each, many, pieces, read, stored, write, yes};

/// The protocols.
pub const PROTOCOLS: [Protocol; 3] = [Protocol::Text, Protocol::Meta, Protocol::Binary];

/// A kind of call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(missing_docs, reason = "the names are the client's")]
pub enum Call {
    Get,
    Set,
    /// A value that goes out by a gap.
    LargeSet,
    /// A value that comes in pieces.
    Pieces,
    GetInto,
    Incr,
    Delete,
    Touch,
    GetMany,
    /// More keys than fit one request.
    GetCrowd,
    EachGet,
    EachSet,
    /// `send` and `receive`.
    ByHand,
    Noop,
    Version,
}

impl Call {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Get,
        Self::Set,
        Self::LargeSet,
        Self::Pieces,
        Self::GetInto,
        Self::Incr,
        Self::Delete,
        Self::Touch,
        Self::GetMany,
        Self::GetCrowd,
        Self::EachGet,
        Self::EachSet,
        Self::ByHand,
        Self::Noop,
        Self::Version,
    ];
}

impl Cast {
    /// Carries out a call; what became of each of its requests.
    pub async fn carry_out<S: Storage, const N: usize>(
        &self,
        call: Call,
        client: &mut Client<Script, S, N>,
    ) -> Vec<Outcome> {
        let new_length = 40 + call as usize;
        match call {
            Call::Get => {
                let key = self.key("one");
                let got = client.get(&key).await;
                let result = got.map(|item| answer(item.map(|item| item.value)));
                vec![read(key, result)]
            }
            Call::Set => {
                let key = self.key("one");
                let bytes = value(&key, new_length);
                let result = client.call(&self.store(&key, &bytes)).await;
                vec![write(key, result.map(stored))]
            }
            Call::LargeSet => {
                let key = self.key("large");
                let bytes = value(&key, self.large + 3);
                let result = client.call(&self.store(&key, &bytes)).await;
                vec![write(key, result.map(stored))]
            }
            Call::Pieces => {
                let key = self.key("large");
                let result = pieces(&key, client, || ()).await;
                vec![read(key, result)]
            }
            Call::GetInto => {
                let key = self.key("large");
                let mut buffer = vec![0; self.large + 100];
                let got = client.get_into(&key, &mut buffer).await;
                let result =
                    got.map(|entry| answer(entry.map(|entry| &buffer[..entry.length as usize])));
                vec![read(key, result)]
            }
            Call::Incr => {
                let key = self.key("number");
                let result = client.incr(&key, 7).await;
                vec![write(key, result.map(Answer::Number))]
            }
            Call::Delete => {
                let key = self.there("two");
                let result = client.delete(&key).await;
                vec![write(key, result.map(yes))]
            }
            Call::Touch => {
                let key = self.there("three");
                let result = client.touch(&key, Expiry::seconds(60)).await;
                vec![write(key, result.map(yes))]
            }
            Call::GetMany => many(&self.few(), client, || ()).await,
            Call::GetCrowd => many(&self.crowd(), client, || ()).await,
            Call::EachGet => {
                let keys = self.few();
                let gets = keys.iter().map(|key| Get::new(Key::new(key).unwrap()));
                let mut results = Vec::new();
                let end = client.call_each(gets, |index, reply| {
                    assert_eq!(index, results.len());
                    results.push(reply.map(|item| answer(item.map(|item| item.value))));
                });
                let end = end.await;
                each(&keys, results, end, read)
            }
            Call::EachSet => {
                let keys = self.stored();
                let values: Vec<_> = keys.iter().map(|key| value(key, new_length)).collect();
                let pairs = keys.iter().zip(&values);
                let sets = pairs.map(|(key, value)| self.store(key, value));
                let mut results = Vec::new();
                let end = client.call_each(sets, |index, reply| {
                    assert_eq!(index, results.len());
                    results.push(reply.map(stored));
                });
                let end = end.await;
                each(&keys, results, end, write)
            }
            Call::ByHand => self.by_hand(client).await,
            Call::Noop => {
                let result = client.noop().await;
                vec![read(String::new(), result.map(|()| Answer::Yes))]
            }
            Call::Version => {
                let result = client.version().await;
                vec![read(
                    String::new(),
                    result.map(|text| yes(text.to_string() == "1.6.18")),
                )]
            }
        }
    }

    async fn by_hand<S: Storage, const N: usize>(
        &self,
        client: &mut Client<Script, S, N>,
    ) -> Vec<Outcome> {
        let [one, number, three] = ["one", "number", "three"].map(|name| self.key(name));
        let get_one = Get::new(Key::new(&one).unwrap());
        let get_three = Get::new(Key::new(&three).unwrap());
        let count = Count::up(Key::new(&number).unwrap(), 7);
        let sent = async {
            client.send(&get_one).await?;
            client.send(&count).await?;
            client.send(&get_three).await
        };
        if let Err(error) = sent.await {
            // Nothing goes out before the first reply is asked for.
            assert_eq!(error.fate(), minimc::Fate::NotSent);
            return vec![
                read(one, Err(error)),
                write(number, Err(error)),
                read(three, Err(error)),
            ];
        }
        let first = client.receive::<Get<'_>>().await;
        let first = first.map(|item| answer(item.map(|item| item.value)));
        let second = client.receive::<Count<'_>>().await.map(Answer::Number);
        let third = client.receive::<Get<'_>>().await;
        let third = third.map(|item| answer(item.map(|item| item.value)));
        vec![read(one, first), write(number, second), read(three, third)]
    }
}
