//! The recipes with a real server: what each does for one who calls it, and what servers without CAS
//! values, protocols without leases and a server that is down make of it.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::thread::sleep;
use std::time::Duration;

use embedded_io_adapters::std::FromStd;
use minimc::command::{Item, Leased, Store, Stored, meta};
use minimc::net::Client;
use minimc::recipes::{Admission, Compute, Computed, Election, Lock, RateLimit, Update, Updated};
use minimc::{BadKey, Error, ErrorKind, Expiry, Fate, Key, Options, Protocol, blocking};
use minimc_tests::script::calls::PROTOCOLS;
use minimc_tests::server::Memcached;

const MINUTE: Expiry = Expiry::seconds(60);

fn client(server: &Memcached, protocol: Protocol) -> Client {
    let options = Options {
        protocol,
        ..Options::default()
    };
    Client::connect_with(server.address(), options).unwrap()
}

/// What was to live for two seconds is gone.
fn expire() {
    sleep(Duration::from_millis(3100));
}

fn text(item: Item<'_>) -> String {
    String::from_utf8(item.value.to_vec()).unwrap()
}

fn never_wait(_: u32) {
    panic!("there was something to wait for");
}

fn never_compute() -> Result<String, Error> {
    panic!("another computes it");
}

#[test]
fn a_value_is_computed_then_found() {
    let server = Memcached::tcp(&[]);
    let mut client = client(&server, Protocol::Meta);
    let recipe = Compute::new("k", MINUTE).unwrap().flags(7);
    let read = |item: Item<'_>| (text(item), item.flags);
    let value = ("v".to_string(), 7);
    let computed = client.get_or_compute(&recipe, read, || Ok::<_, Error>("v"), never_wait);
    assert_eq!(
        computed.unwrap(),
        Computed::Computed {
            value: value.clone(),
            stored: Ok(Stored::Stored)
        }
    );
    let found = client.get_or_compute(&recipe, read, never_compute, never_wait);
    assert_eq!(found.unwrap(), Computed::Found(value));
    // An empty value is a value.
    client.set("k", "", Expiry::NEVER).unwrap();
    let found = client.get_or_compute(&recipe, text, never_compute, never_wait);
    assert_eq!(found.unwrap(), Computed::Found(String::new()));
}

#[test]
fn who_waits_is_never_given_the_stub() {
    let server = Memcached::tcp(&[]);
    let (mut client, mut other) = (
        client(&server, Protocol::Meta),
        client(&server, Protocol::Meta),
    );
    let Leased::Won {
        cas: Some(cas),
        stale: None,
    } = other.lease("k", MINUTE).unwrap()
    else {
        panic!("nobody else is there");
    };
    let recipe = Compute::new("k", MINUTE).unwrap();
    let pending = client.get_or_compute(&recipe, text, never_compute, never_wait);
    assert_eq!(pending.unwrap(), Computed::Pending);

    let recipe = recipe.tries(3);
    let mut waited = vec![];
    let pending = client.get_or_compute(&recipe, text, never_compute, |n| waited.push(n));
    assert_eq!(pending.unwrap(), Computed::Pending);
    assert_eq!(waited, [1, 2, 3]);

    // The value is there after the last wait.
    let found = client.get_or_compute(&recipe, text, never_compute, |n| {
        if n == 3 {
            assert_eq!(
                other.cas("k", "v", cas, Expiry::NEVER).unwrap(),
                Stored::Stored
            );
        }
    });
    assert_eq!(found.unwrap(), Computed::Found("v".into()));
}

#[test]
fn who_dies_leaves_the_task_to_another() {
    let server = Memcached::tcp(&[]);
    let (mut client, mut other) = (
        client(&server, Protocol::Meta),
        client(&server, Protocol::Meta),
    );
    let Leased::Won { cas: Some(cas), .. } = other.lease("k", Expiry::seconds(2)).unwrap() else {
        panic!("nobody else is there");
    };
    expire();
    let recipe = Compute::new("k", MINUTE).unwrap();
    let computed = client.get_or_compute(
        &recipe,
        text,
        || {
            // It was only slow.
            assert_eq!(other.cas("k", "late", cas, MINUTE)?, Stored::Exists);
            Ok::<_, Error>("v")
        },
        never_wait,
    );
    let value = "v".to_string();
    let stored = Ok(Stored::Stored);
    assert_eq!(computed.unwrap(), Computed::Computed { value, stored });
}

#[test]
fn an_old_value_is_given_while_it_is_computed_anew() {
    let server = Memcached::tcp(&[]);
    let (mut client, mut other) = (
        client(&server, Protocol::Meta),
        client(&server, Protocol::Meta),
    );
    let recipe = Compute::new("k", MINUTE).unwrap().tries(9);
    client.set("k", "old", Expiry::NEVER).unwrap();
    let invalidate = meta::Delete::new(Key::new("k").unwrap()).invalidate_until(MINUTE);
    assert_eq!(
        client.call(&invalidate).unwrap().outcome(),
        meta::Outcome::Done
    );
    let computed = client.get_or_compute(
        &recipe,
        text,
        || {
            let stale = other.get_or_compute(&recipe, text, never_compute, never_wait);
            assert_eq!(stale.unwrap(), Computed::Stale("old".into()));
            Ok::<_, Error>("new")
        },
        never_wait,
    );
    assert_eq!(computed.unwrap().value().unwrap(), "new");
    let found = other.get_or_compute(&recipe, text, never_compute, never_wait);
    assert_eq!(found.unwrap(), Computed::Found("new".into()));

    // One that is about to expire is old too.
    client.set("k", "short", Expiry::seconds(20)).unwrap();
    let computed = client.get_or_compute(
        &recipe.recache(30),
        text,
        || Ok::<_, Error>("long"),
        never_wait,
    );
    assert!(matches!(computed.unwrap(), Computed::Computed { .. }));
}

#[derive(Debug, Eq, PartialEq)]
enum Mine {
    Failed,
    Memcached(ErrorKind),
}

impl From<Error> for Mine {
    fn from(error: Error) -> Self {
        Self::Memcached(error.kind())
    }
}

#[test]
fn who_fails_to_compute_gives_the_task_to_the_next() {
    let server = Memcached::tcp(&[]);
    let (mut client, mut other) = (
        client(&server, Protocol::Meta),
        client(&server, Protocol::Meta),
    );
    let recipe = Compute::new("k", MINUTE).unwrap();
    for old in [None, Some("old")] {
        if let Some(old) = old {
            client.set("k", old, Expiry::NEVER).unwrap();
            let invalidate = meta::Delete::new(Key::new("k").unwrap()).invalidate();
            let _ = client.call(&invalidate).unwrap();
        }
        let failed =
            client.get_or_compute(&recipe, text, || Err::<&str, _>(Mine::Failed), never_wait);
        assert_eq!(failed, Err(Mine::Failed));
        let computed = client.get_or_compute(
            &recipe,
            text,
            || {
                let value = other.get_or_compute(&recipe, text, never_compute, never_wait)?;
                assert_eq!(
                    value.value().as_deref(),
                    old,
                    "the old value is there still"
                );
                Ok::<_, Mine>("v")
            },
            never_wait,
        );
        assert_eq!(
            computed.unwrap(),
            Computed::Computed {
                value: "v".into(),
                stored: Ok(Stored::Stored)
            }
        );
    }
}

#[test]
fn what_came_in_between_is_not_overwritten() {
    let mut server = Memcached::tcp(&[]);
    let (mut client, mut other) = (
        client(&server, Protocol::Meta),
        client(&server, Protocol::Meta),
    );
    let recipe = Compute::new("k", MINUTE).unwrap();
    let computed = client.get_or_compute(
        &recipe,
        text,
        || {
            other.set("k", "newer", Expiry::NEVER)?;
            Ok::<_, Error>("v")
        },
        never_wait,
    );
    let value = "v".to_string();
    let stored = Ok(Stored::Exists);
    assert_eq!(computed.unwrap(), Computed::Computed { value, stored });
    assert_eq!(client.get("k").unwrap().unwrap().value, b"newer");

    client.delete("k").unwrap();
    let computed = client.get_or_compute(
        &recipe,
        text,
        || {
            assert!(other.delete("k").unwrap());
            Ok::<_, Error>("v")
        },
        never_wait,
    );
    let value = "v".to_string();
    let stored = Ok(Stored::NotFound);
    assert_eq!(computed.unwrap(), Computed::Computed { value, stored });
    assert_eq!(client.get("k").unwrap(), None);

    // The value outlives the server, and a server that is down is no miss.
    let computed = client.get_or_compute(
        &recipe,
        text,
        || {
            server.stop();
            Ok::<_, Error>("v")
        },
        never_wait,
    );
    match computed.unwrap() {
        Computed::Computed {
            value,
            stored: Err(_),
        } => assert_eq!(value, "v"),
        other => panic!("{other:?}"),
    }
    let failed = client.get_or_compute(&recipe, text, never_compute, never_wait);
    assert!(matches!(failed.unwrap_err().kind(), ErrorKind::Io { .. }));
}

#[test]
fn only_the_meta_protocol_has_leases() {
    let server = Memcached::tcp(&[]);
    for protocol in [Protocol::Text, Protocol::Binary] {
        let mut client = client(&server, protocol);
        let recipe = Compute::new("k", MINUTE).unwrap();
        let error = client
            .get_or_compute(&recipe, text, never_compute, never_wait)
            .unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Unsupported(_)));
        assert_eq!(error.fate(), Fate::NotSent);
        assert_eq!(client.get("k").unwrap(), None);
    }
}

#[test]
fn what_a_server_without_cas_values_can_do() {
    let server = Memcached::tcp(&["-C"]);
    let mut meta = client(&server, Protocol::Meta);
    let recipe = Compute::new("k", MINUTE).unwrap();
    let computed = meta.get_or_compute(&recipe, text, || Ok::<_, Error>("v"), never_wait);
    assert!(matches!(
        computed.unwrap(),
        Computed::Computed {
            stored: Ok(Stored::Stored),
            ..
        }
    ));
    let found = meta.get_or_compute(&recipe, text, never_compute, never_wait);
    assert_eq!(found.unwrap(), Computed::Found("v".into()));

    for protocol in PROTOCOLS {
        let mut client = client(&server, protocol);
        client.delete("lock").unwrap();
        let lock = Lock::new("lock", "tokens", "me", MINUTE).unwrap();
        let update = Update::new("k", MINUTE).unwrap();
        for refused in [
            client.acquire(&lock).map(drop),
            client.renew(&lock).map(drop),
            client.update(&update, |_| Some("x")).map(drop),
        ] {
            assert!(
                matches!(refused.unwrap_err().kind(), ErrorKind::Unsupported(_)),
                "{protocol:?}"
            );
        }
        assert_eq!(client.get("k").unwrap().unwrap().value, b"v");
    }
}

#[test]
fn an_update_says_how_it_went() {
    let server = Memcached::tcp(&[]);
    for protocol in PROTOCOLS {
        let (mut client, mut other) = (client(&server, protocol), client(&server, protocol));
        let update = Update::new("k", Expiry::NEVER).unwrap().tries(3);
        client.delete("k").unwrap();
        let outcome = client.update(&update, |item| {
            assert_eq!(item, None);
            None::<&str>
        });
        assert_eq!(outcome.unwrap(), Updated::Unchanged);
        assert_eq!(client.get("k").unwrap(), None);

        let outcome = client.update(&update, |item| item.is_none().then_some("1"));
        assert_eq!(outcome.unwrap(), Updated::Stored);

        // Flags stay, and a conflict is read anew.
        let key = Key::new("k").unwrap();
        let _ = client.call(&Store::set(key, b"1").flags(7)).unwrap();
        let mut tries = 0;
        let outcome = client.update(&update, |item| {
            tries += 1;
            if tries == 1 {
                let set = Store::set(key, b"5").flags(9);
                assert_eq!(other.call(&set).unwrap(), Stored::Stored);
            }
            Some(format!("{}+", text(item.unwrap())))
        });
        assert_eq!((outcome.unwrap(), tries), (Updated::Stored, 2));
        let item = client.get("k").unwrap().unwrap();
        assert_eq!((item.value, item.flags), (&b"5+"[..], 9));

        // Removed in between, it is the caller's to say.
        let outcome = client.update(&update, |item| {
            other.delete("k").unwrap();
            item.map(|_| "changed")
        });
        assert_eq!(outcome.unwrap(), Updated::Unchanged);

        // One who is always faster.
        let mut tries = 0;
        let outcome = client.update(&update, |_| {
            tries += 1;
            other.set("k", "theirs", Expiry::NEVER).unwrap();
            Some("mine")
        });
        assert_eq!((outcome.unwrap(), tries), (Updated::Contended, 3));
        assert_eq!(client.get("k").unwrap().unwrap().value, b"theirs");
    }
}

#[test]
fn a_lock_is_released_and_renewed_by_its_holder_only() {
    let server = Memcached::tcp(&[]);
    for protocol in PROTOCOLS {
        let mut client = client(&server, protocol);
        client.delete("tokens").unwrap();
        let [mine, theirs] =
            ["me", "them"].map(|owner| Lock::new("lock", "tokens", owner, MINUTE).unwrap());
        assert_eq!(client.acquire(&mine).unwrap(), Some(1), "{protocol:?}");
        assert_eq!(client.acquire(&theirs).unwrap(), None);
        assert_eq!(client.acquire(&mine).unwrap(), None, "it is not reentrant");
        assert!(!client.renew(&theirs).unwrap());
        assert!(!client.release(&theirs).unwrap());
        assert!(client.renew(&mine).unwrap());
        assert!(client.release(&mine).unwrap(), "{protocol:?}");
        assert!(!client.release(&mine).unwrap());
        assert!(!client.renew(&mine).unwrap());
        assert_eq!(client.get("lock").unwrap(), None);
        assert_eq!(client.acquire(&theirs).unwrap(), Some(2));
        assert!(client.release(&theirs).unwrap());
    }
}

#[test]
fn a_lock_that_expired_is_the_next_ones() {
    let server = Memcached::tcp(&[]);
    let clients = PROTOCOLS.map(|protocol| (format!("{protocol:?}"), client(&server, protocol)));
    let keys = clients.map(|(name, client)| (name.clone(), name + ":tokens", client));
    let two = Expiry::seconds(2);
    let keys = keys.map(|(key, tokens, mut client)| {
        let kept = key.clone() + ":kept";
        let mine = Lock::new(&key, &tokens, "me", two).unwrap();
        while client.acquire(&mine).unwrap().is_none() {}
        let mine = Lock::new(&kept, &tokens, "me", two).unwrap();
        let kept_longer = Lock::new(&kept, &tokens, "me", MINUTE).unwrap();
        // On a machine that is busy two seconds may be over.
        while client.acquire(&mine).unwrap().is_none() || !client.renew(&kept_longer).unwrap() {}
        (key, kept, tokens, client)
    });
    expire();
    for (key, kept, tokens, mut client) in keys {
        let [mine, theirs] =
            ["me", "them"].map(|owner| Lock::new(&key, &tokens, owner, MINUTE).unwrap());
        let token = client.acquire(&theirs).unwrap();
        assert!(token >= Some(3), "{token:?}");
        assert!(!client.renew(&mine).unwrap());
        assert!(!client.release(&mine).unwrap());
        assert!(client.renew(&theirs).unwrap(), "it is theirs still");
        let theirs = Lock::new(&kept, &tokens, "them", MINUTE).unwrap();
        assert_eq!(client.acquire(&theirs).unwrap(), None, "it was renewed");
    }
}

/// What a cache does not promise, and what is left of the recipe then.
#[test]
fn a_lock_does_not_outlive_the_server() {
    let mut server = Memcached::tcp(&[]);
    for protocol in PROTOCOLS {
        let mut client = client(&server, protocol);
        let [mine, theirs] =
            ["me", "them"].map(|owner| Lock::new("lock", "tokens", owner, MINUTE).unwrap());
        assert_eq!(client.acquire(&mine).unwrap(), Some(1));
        assert!(client.release(&mine).unwrap());
        assert_eq!(client.acquire(&mine).unwrap(), Some(2));
        server.start_again();
        client.disconnect();
        // The next holder's token is none that the resource takes, ...
        assert_eq!(client.acquire(&theirs).unwrap(), Some(1), "{protocol:?}");
        assert!(!client.renew(&mine).unwrap());
        assert!(!client.release(&mine).unwrap());
        assert!(client.release(&theirs).unwrap());
        // ... unless they begin with one that is large enough.
        client.delete("tokens").unwrap();
        let theirs = theirs.first_token(u64::MAX - 1);
        assert_eq!(client.acquire(&theirs).unwrap(), Some(u64::MAX - 1));
        assert!(client.release(&theirs).unwrap());
        assert_eq!(client.acquire(&mine).unwrap(), Some(u64::MAX));
        server.start_again();
    }
}

/// A server of which every read gets the next of the replies that were written down.
struct Scripted(VecDeque<&'static str>);

impl Read for Scripted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0
            .pop_front()
            .map_or(Ok(0), |reply| reply.as_bytes().read(into))
    }
}

impl Write for Scripted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The lock expires after it was taken and before the token was drawn; meanwhile another holds it,
/// with a token that may be smaller.
#[test]
fn a_token_that_was_drawn_too_late_is_not_given() {
    let mine = "VALUE lock 0 2 9\r\nme\r\nEND\r\n";
    let theirs = "VALUE lock 0 4 9\r\nthem\r\nEND\r\n";
    for (found, token) in [(mine, Some(8)), (theirs, None), ("END\r\n", None)] {
        let replies = VecDeque::from(["STORED\r\n", "8\r\n", found]);
        let options = Options {
            protocol: Protocol::Text,
            ..Options::default()
        };
        let io = blocking::Io::new(FromStd::new(Scripted(replies)));
        let storage = || [0; 400];
        let mut client: blocking::Client<_, _> =
            blocking::Client::with_options(io, storage(), storage(), options).unwrap();
        let lock = Lock::new("lock", "tokens", "me", MINUTE).unwrap();
        assert_eq!(client.acquire(&lock).unwrap(), token);
    }
}

#[test]
fn who_is_elected_leads_until_it_resigns_or_stops() {
    let server = Memcached::tcp(&[]);
    let mut candidates = PROTOCOLS.map(|protocol| (protocol, client(&server, protocol)));
    for (protocol, client) in &mut candidates {
        let key = format!("leader:{protocol:?}");
        let [mine, theirs] = ["me", "them"].map(|name| Election::new(&key, name, MINUTE).unwrap());
        assert!(client.campaign(&mine).unwrap());
        assert!(!client.campaign(&theirs).unwrap());
        assert!(client.campaign(&mine).unwrap());
        assert_eq!(client.get(&key).unwrap().unwrap().value, b"me");
        assert!(!client.resign(&theirs).unwrap());
        assert!(client.resign(&mine).unwrap());
        // The term is that of the last campaign.
        assert!(client.campaign(&theirs).unwrap());
        assert!(!client.campaign(&mine).unwrap());
        let short = Election::new(&key, "them", Expiry::seconds(2)).unwrap();
        assert!(client.campaign(&short).unwrap());
    }
    expire();
    for (protocol, client) in &mut candidates {
        let key = format!("leader:{protocol:?}");
        let mine = Election::new(&key, "me", MINUTE).unwrap();
        assert!(client.campaign(&mine).unwrap(), "the leader stopped");
    }
}

#[test]
fn a_limit_counts_by_windows() {
    let mut server = Memcached::tcp(&[]);
    let mut clients = PROTOCOLS.map(|protocol| (protocol, client(&server, protocol)));
    let asked = |client: &mut Client, protocol| {
        let key = format!("rate:{protocol:?}");
        let limit = RateLimit::new(&key, 2, Expiry::seconds(2)).unwrap();
        [(); 4].map(|()| client.admit(&limit).unwrap())
    };
    let window = [
        Admission::Admitted { left: 1 },
        Admission::Admitted { left: 0 },
        Admission::Refused,
        Admission::Refused,
    ];
    for (protocol, client) in &mut clients {
        // The server's second may end in the middle: then once more.
        let mut first = asked(client, *protocol);
        if first != window {
            expire();
            first = asked(client, *protocol);
        }
        assert_eq!(first, window, "{protocol:?}");
    }
    expire();
    for (protocol, client) in &mut clients {
        assert_eq!(asked(client, *protocol)[0], window[0], "{protocol:?}");
    }
    server.stop();
    for (protocol, client) in &mut clients {
        let limit = RateLimit::new("rate", 2, MINUTE).unwrap();
        let error = client.admit(&limit).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Io { .. } | ErrorKind::Closed),
            "{protocol:?}: {error}"
        );
    }
}

/// What could not be stored keeps nobody waiting: the next who asks has the task.
#[test]
fn a_value_that_is_too_large_gives_the_task_back() {
    let server = Memcached::tcp(&[]);
    let mut client = client(&server, Protocol::Meta);
    let recipe = Compute::new("k", MINUTE).unwrap();
    let length = |item: Item<'_>| item.value.len();
    let large = vec![0; 2 << 20];
    let computed = client.get_or_compute(&recipe, length, || Ok::<_, Error>(&large), never_wait);
    let Computed::Computed { value, stored } = computed.unwrap() else {
        panic!("it was not computed");
    };
    let error = stored.unwrap_err();
    assert_eq!(
        (value, error.kind(), error.fate()),
        (2 << 20, ErrorKind::TooLarge, Fate::NotSent)
    );
    let computed = client.get_or_compute(&recipe, length, || Ok::<_, Error>("v"), never_wait);
    assert!(matches!(computed.unwrap(), Computed::Computed { .. }));
}

/// A lease's stub is empty, so an owner without a name would own it; and a lock whose tokens were under
/// its own key would count its owner up.
#[test]
fn what_would_be_taken_for_another_is_refused() {
    let kind = |error: Error| error.kind();
    let empty = ErrorKind::Key(BadKey::Empty);
    assert_eq!(
        Lock::new("k", "t", "", MINUTE).map_err(kind).unwrap_err(),
        empty
    );
    assert_eq!(
        Election::new("k", "", MINUTE).map_err(kind).unwrap_err(),
        empty
    );
    let same = Lock::new("k", "k", "7", MINUTE).map_err(kind);
    assert!(matches!(same, Err(ErrorKind::Unsupported(_))));
    let no_window = RateLimit::new("k", 1, Expiry::AT_ONCE).map_err(kind);
    assert_eq!(no_window.unwrap_err(), ErrorKind::Expiry);
}
