//! Batches on real servers, where something stands in their way: each request gets its outcome, and
//! none waits for what cannot come.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::time::Duration;

use minimc::command::{Batch, DeleteMany, GetMany, StoreMany, TouchMany};
use minimc::net::{Client, Socket};
use minimc::{ErrorKind, Expiry, Fate, Options, Protocol, Storage, blocking};
use minimc_tests::script::calls::PROTOCOLS;
use minimc_tests::server::Memcached;

fn options(protocol: Protocol) -> Options {
    Options {
        protocol,
        timeout: Duration::from_secs(20),
        ..Options::default()
    }
}

/// What became of each request of a batch.
fn outcomes<B: Batch, S: Storage, const N: usize>(
    client: &mut blocking::Client<Socket, S, N>,
    batch: B,
) -> Vec<Result<(), (ErrorKind, Fate)>> {
    let mut many = client.batch(batch).unwrap();
    let mut told = vec![];
    while let Some((_, outcome)) = many.next() {
        told.push(match outcome {
            Ok(_) => Ok(()),
            Err(error) => Err((error.kind(), error.fate())),
        });
    }
    told
}

/// The rest of a reply that was too large is read before more is asked for, with room for one group.
#[test]
fn a_reply_too_large_ends_a_group() {
    let server = Memcached::tcp(&["-I", "4m"]);
    let large = "z".repeat(1_100_000);
    let keys: Vec<String> = (0..100).map(|n| format!("{n:0>240}")).collect();
    for protocol in PROTOCOLS {
        let item_limit = 4 << 20;
        let mut writer = Client::connect_with(
            server.address(),
            Options {
                item_limit,
                ..options(protocol)
            },
        )
        .unwrap();
        for (n, key) in keys.iter().enumerate() {
            let value = if (60..70).contains(&n) { &large } else { "v" };
            writer.set(key, value, Expiry::NEVER).unwrap();
        }
        let mut client = Client::connect_with(server.address(), options(protocol)).unwrap();
        let batch = GetMany::new(&keys).touch(Expiry::seconds(60));
        let told = outcomes(&mut client, batch);
        assert_eq!(told.len(), 100, "{protocol:?}");
        let size = large.len() as u32;
        let refused = Err((ErrorKind::ReplyTooLarge { size }, Fate::Unknown));
        let too_large = told.iter().filter(|&outcome| *outcome == refused).count();
        let there = told.iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!((too_large, there), (10, 90), "{protocol:?}");
    }
}

/// The reply that breaks the connection is not the last that is told.
#[test]
fn what_was_never_queued_is_told_too() {
    let server = Memcached::with_login();
    let value = "y".repeat(400);
    let items: Vec<(String, &str)> = (0..5).map(|n| (format!("k{n}"), &value[..])).collect();
    for protocol in [Protocol::Text, Protocol::Meta] {
        let socket = Socket::new(server.address());
        let mut client: blocking::Client<_, [u8; 400], 4> =
            blocking::Client::with_options(socket, [0; 400], [0; 400], options(protocol)).unwrap();
        let told = outcomes(&mut client, StoreMany::set(&items).precise());
        assert_eq!(told.len(), 5, "{protocol:?}: {told:?}");
        assert!(told.iter().all(Result::is_err), "{protocol:?}: {told:?}");
        // Of those that were not sent that is known.
        assert_eq!(told[4].unwrap_err().1, Fate::NotSent, "{protocol:?}");
    }
}

/// Before a login a server answers one request, and drops what came behind it: nobody waits for the
/// rest. (The deadline is far.)
#[test]
fn a_login_is_wanted() {
    let server = Memcached::with_login();
    let options = || Options {
        timeout: Duration::from_secs(600),
        ..options(Protocol::Meta)
    };
    let mut client = Client::connect_with(server.address(), options()).unwrap();
    let (keys, items) = (["a", "b"], [("a", "1"), ("b", "2")]);
    let minute = Expiry::seconds(60);
    let unauthenticated = vec![Err((ErrorKind::Unauthenticated, Fate::NotSent)); 2];
    assert_eq!(
        outcomes(&mut client, DeleteMany::new(&keys)),
        unauthenticated
    );
    assert_eq!(
        outcomes(&mut client, GetMany::new(&keys).touch(minute)),
        unauthenticated
    );
    assert_eq!(
        outcomes(&mut client, TouchMany::new(&keys, minute)),
        unauthenticated
    );
    for told in [
        outcomes(&mut client, GetMany::new(&keys)),
        outcomes(&mut client, StoreMany::set(&items)),
    ] {
        assert!(told.len() == 2 && told.iter().all(Result::is_err));
    }
    // A pipeline behind the first is lost, and told so.
    let mut told = vec![];
    let deletes = keys
        .iter()
        .map(|key| minimc::command::Delete::new(minimc::Key::new(key).unwrap()));
    client
        .call_each(deletes, |_, outcome| told.push(outcome.unwrap_err().kind()))
        .unwrap();
    assert_eq!(told, [ErrorKind::Unauthenticated, ErrorKind::Closed]);
}
