//! Every flag of the meta verbs that memcached 1.6.18 knows, and leases, with a real server.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::sync::Barrier;
use std::thread;

use minimc::command::meta::{Count, Debug, Delete, Get, Outcome, Set, TimeToLive};
use minimc::command::{Leased, Stored};
use minimc::net::Client;
use minimc::{Dialect, ErrorKind, Expiry, Key};
use minimc_tests::server::Memcached;

fn key(name: &str) -> Key<'_> {
    Key::new(name).unwrap()
}

fn everything(key: Key<'_>) -> Get<'_> {
    Get::new(key)
        .with_value()
        .with_flags()
        .with_cas()
        .with_time_to_live()
        .with_last_access()
        .with_hit_before()
        .with_size()
        .with_key()
}

#[test]
fn get() {
    let server = Memcached::tcp(&[]);
    let mut client = Client::connect(server.address()).unwrap();
    assert!(client.call(&everything(key("k"))).unwrap().is_none());
    let set = Set::new(key("k"), b"value")
        .flags(7)
        .expiry(Expiry::seconds(100));
    assert_eq!(client.call(&set).unwrap().outcome(), Outcome::Done);

    // Not a hit, as far as the item is concerned.
    let quietly = everything(key("k")).without_bump();
    assert_eq!(
        client.call(&quietly).unwrap().unwrap().hit_before(),
        Some(false)
    );
    let all = client.call(&everything(key("k"))).unwrap().unwrap();
    let item = all.item().unwrap();
    assert_eq!((item.value, item.flags), (&b"value"[..], 7));
    assert!(item.cas.is_some());
    assert!(matches!(
        all.time_to_live(),
        Some(TimeToLive::Seconds(98..=100))
    ));
    assert!(matches!(all.last_access(), Some(0..=2)));
    assert_eq!(all.hit_before(), Some(false));
    assert_eq!(all.size(), Some(5));
    assert_eq!(all.key(), Some(&b"k"[..]));
    assert!(!all.is_key_encoded() && !all.is_won() && !all.is_stale() && !all.is_taken());

    let all = client.call(&everything(key("k")).touch(Expiry::NEVER));
    let all = all.unwrap().unwrap();
    assert_eq!(all.hit_before(), Some(true));
    assert_eq!(all.time_to_live(), Some(TimeToLive::Unlimited));

    let bare = client.call(&Get::new(key("k"))).unwrap().unwrap();
    assert_eq!((bare.value(), bare.cas(), bare.size()), (None, None, None));

    let any = Key::encoded(b"\0 \r\n").unwrap();
    assert_eq!(
        client.call(&Set::new(any, b"x").with_key()).unwrap().key(),
        Some(&b"ACANCg=="[..])
    );
    let answer = client.call(&Get::new(any).with_key()).unwrap().unwrap();
    assert_eq!(answer.key(), Some(&b"ACANCg=="[..]));
    assert!(answer.is_key_encoded());
}

#[test]
fn set() {
    let server = Memcached::tcp(&[]);
    let mut client = Client::connect(server.address()).unwrap();
    let set = Set::new(key("k"), b"b");
    let outcome = |client: &mut Client, set: Set<'_, '_>| client.call(&set).unwrap().outcome();
    for set in [set.replace(), set.append(), set.prepend()] {
        assert_eq!(outcome(&mut client, set), Outcome::NotStored);
    }
    assert_eq!(outcome(&mut client, set.compare(1)), Outcome::NotFound);
    assert_eq!(outcome(&mut client, set.add()), Outcome::Done);
    assert_eq!(outcome(&mut client, set.add()), Outcome::NotStored);
    assert_eq!(
        outcome(&mut client, Set::new(key("k"), b"c").append()),
        Outcome::Done
    );
    assert_eq!(
        outcome(&mut client, Set::new(key("k"), b"a").prepend()),
        Outcome::Done
    );
    assert_eq!(client.get("k").unwrap().unwrap().value, b"abc");

    let stored = client.call(&set.replace().with_cas().with_key()).unwrap();
    assert_eq!(stored.key(), Some(&b"k"[..]));
    let cas = stored.cas().unwrap();
    assert_eq!(outcome(&mut client, set.compare(cas)), Outcome::Done);
    assert_eq!(outcome(&mut client, set.compare(cas)), Outcome::Exists);
    // What is older is stored as stale.
    assert_eq!(
        outcome(&mut client, set.compare(cas).invalidate()),
        Outcome::Done
    );
    let answer = client
        .call(&Get::new(key("k")).with_value())
        .unwrap()
        .unwrap();
    assert!(answer.is_stale() && answer.is_won());
}

#[test]
fn delete() {
    let server = Memcached::tcp(&[]);
    let mut client = Client::connect(server.address()).unwrap();
    let delete = Delete::new(key("k"));
    let outcome = |client: &mut Client, delete: Delete<'_>| {
        let answer = client.call(&delete.with_key()).unwrap();
        assert_eq!(answer.key(), Some(&b"k"[..]));
        answer.outcome()
    };
    assert_eq!(outcome(&mut client, delete), Outcome::NotFound);
    client.set("k", "x", Expiry::NEVER).unwrap();
    let cas = client.gets("k").unwrap().unwrap().cas.unwrap();
    assert_eq!(
        outcome(&mut client, delete.compare(cas + 1)),
        Outcome::Exists
    );
    let stale = delete.invalidate_until(Expiry::seconds(30)).compare(cas);
    assert_eq!(outcome(&mut client, stale), Outcome::Done);
    let get = everything(key("k"));
    let answer = client.call(&get).unwrap().unwrap();
    assert!(answer.is_stale() && answer.is_won() && !answer.is_taken());
    assert_eq!(answer.value(), Some(&b"x"[..]));
    assert!(matches!(
        answer.time_to_live(),
        Some(TimeToLive::Seconds(28..=30))
    ));
    let answer = client.call(&get).unwrap().unwrap();
    assert!(answer.is_stale() && !answer.is_won() && answer.is_taken());
    // Whose turn it is can be told anew.
    assert_eq!(outcome(&mut client, delete.invalidate()), Outcome::Done);
    assert!(client.call(&get).unwrap().unwrap().is_won());
    assert_eq!(outcome(&mut client, delete), Outcome::Done);
    assert!(client.call(&get).unwrap().is_none());
}

#[test]
fn count() {
    let server = Memcached::tcp(&[]);
    let mut client = Client::connect(server.address()).unwrap();
    let up = Count::up(key("n"), 2).with_value();
    let answer = client.call(&up).unwrap();
    assert_eq!(answer.outcome(), Outcome::NotFound);
    let all = up
        .with_cas()
        .with_time_to_live()
        .with_key()
        .or_initial(5, Expiry::seconds(100));
    let answer = client.call(&all).unwrap();
    assert_eq!(
        (answer.outcome(), answer.number()),
        (Outcome::Done, Some(5))
    );
    assert_eq!(answer.key(), Some(&b"n"[..]));
    let cas = answer.cas().unwrap();
    let touched = client.call(&all.touch(Expiry::seconds(50))).unwrap();
    assert!(matches!(
        touched.time_to_live(),
        Some(TimeToLive::Seconds(48..=50))
    ));
    assert_eq!(touched.number(), Some(7));
    let answer = client.call(&all.compare(cas)).unwrap();
    assert_eq!(answer.outcome(), Outcome::Exists);
    let answer = client.call(&all.touch(Expiry::NEVER)).unwrap();
    assert_eq!(answer.number(), Some(9));
    assert_eq!(answer.time_to_live(), Some(TimeToLive::Unlimited));
    let compared = all.compare(answer.cas().unwrap());
    assert_eq!(client.call(&compared).unwrap().number(), Some(11));
    let answer = client.call(&Count::down(key("n"), 3).with_value()).unwrap();
    assert_eq!(answer.number(), Some(8));
    let answer = client.call(&Count::up(key("n"), 1)).unwrap();
    assert_eq!((answer.outcome(), answer.number()), (Outcome::Done, None));
    client.set("n", "x", Expiry::NEVER).unwrap();
    let error = client.call(&up).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotNumeric);
}

#[test]
fn debug() {
    let server = Memcached::tcp(&[]);
    let mut client = Client::connect(server.address()).unwrap();
    assert!(client.call(&Debug::new(key("k"))).unwrap().is_none());
    client.set("k", "x", Expiry::seconds(100)).unwrap();
    let details = client.call(&Debug::new(key("k"))).unwrap().unwrap();
    assert_eq!(details.key(), b"k");
    assert!(matches!(
        details.time_to_live(),
        Some(TimeToLive::Seconds(98..=100))
    ));
    assert!(matches!(details.last_access(), Some(0..=2)));
    assert!(details.cas().is_some());
    assert_eq!(details.is_fetched(), Some(false));
    assert_eq!(details.class(), Some(1));
    assert!(details.size() > Some(1));
    client.get("k").unwrap();
    let details = client.call(&Debug::new(key("k"))).unwrap().unwrap();
    assert_eq!(details.is_fetched(), Some(true));

    let any = Key::encoded(b"\0\x01\x02").unwrap();
    client.set(any, "x", Expiry::NEVER).unwrap();
    let details = client.call(&Debug::new(any)).unwrap().unwrap();
    assert_eq!(details.key(), b"AAEC");
    assert_eq!(details.time_to_live(), Some(TimeToLive::Unlimited));
}

/// What 1.6.18 would take for a mistake, or not heed, is not sent to it.
#[test]
fn what_the_version_lacks() {
    let server = Memcached::tcp(&[]);
    let mut client = Client::connect(server.address()).unwrap();
    let dialect = client.learn_dialect().unwrap().unwrap();
    if dialect < Dialect::new(1, 6, 40) {
        let error = client.call(&Get::new(key("k")).unless_cas(1)).unwrap_err();
        assert_eq!(
            error.kind(),
            ErrorKind::Unsupported("this takes memcached 1.6.40")
        );
    }
    let chosen = client.call(&Set::new(key("k"), b"x").choose_cas(5).with_cas());
    if dialect < Dialect::new(1, 6, 27) {
        let unsupported = ErrorKind::Unsupported("this takes memcached 1.6.27");
        assert_eq!(chosen.unwrap_err().kind(), unsupported);
    } else {
        assert_eq!(chosen.unwrap().cas(), Some(5));
    }
}

#[test]
fn a_lease_from_miss_to_item() {
    let server = Memcached::tcp(&[]);
    let mut winner = Client::connect(server.address()).unwrap();
    let mut other = Client::connect(server.address()).unwrap();
    let lasts = Expiry::seconds(30);
    let Leased::Won {
        cas: Some(cas),
        stale: None,
    } = winner.lease("k", lasts).unwrap()
    else {
        panic!("nobody else was there");
    };
    assert_eq!(
        other.lease("k", lasts).unwrap(),
        Leased::Taken { stale: None }
    );
    let stored = winner.cas("k", "value", cas, Expiry::NEVER).unwrap();
    assert_eq!(stored, Stored::Stored);
    assert!(
        matches!(other.lease("k", lasts).unwrap(), Leased::Fresh(item) if item.value == b"value")
    );

    let outcome = winner
        .call(&Delete::new(key("k")).invalidate())
        .unwrap()
        .outcome();
    assert_eq!(outcome, Outcome::Done);
    assert!(matches!(
        other.lease("k", lasts).unwrap(),
        Leased::Won { stale: Some(item), .. } if item.value == b"value"
    ));
    assert!(matches!(
        winner.lease("k", lasts).unwrap(),
        Leased::Taken { stale: Some(item) } if item.value == b"value"
    ));
}

#[test]
fn a_lease_is_won_once() {
    const CLIENTS: usize = 8;
    let server = Memcached::tcp(&[]);
    let start = Barrier::new(CLIENTS);
    let race = || {
        let mut client = Client::connect(server.address()).unwrap();
        (0..50)
            .map(|round| {
                start.wait();
                let lease = client.lease(&format!("k{round}"), Expiry::seconds(30));
                matches!(lease.unwrap(), Leased::Won { .. })
            })
            .collect::<Vec<_>>()
    };
    let won: Vec<_> = thread::scope(|scope| {
        let racers: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(race)).collect();
        racers
            .into_iter()
            .map(|racer| racer.join().unwrap())
            .collect()
    });
    for round in 0..50 {
        assert_eq!(
            won.iter().filter(|racer| racer[round]).count(),
            1,
            "{round}"
        );
    }
}
