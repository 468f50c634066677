//! Pipelines by hand, with `send` and `receive`: whose reply is whose when something goes wrong.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use minimc::command::{Get, Store, Stored};
use minimc::{Client, ErrorKind, Expiry, Fate, Key, Options, Storage, Transport};
use minimc_tests::observer::Observer;
use minimc_tests::run::at_once;
use minimc_tests::script::calls::{Call, PROTOCOLS};
use minimc_tests::script::peer::value;
use minimc_tests::script::{CHIP, Manner, Stage, finish, polled};
use minimc_tests::server::Memcached;

fn get(name: &str) -> Get<'_> {
    Get::new(Key::new(name).unwrap())
}

/// What was sent before belongs to nobody once another call was made, even if that was dropped.
#[test]
fn a_call_that_is_dropped_gives_up_what_was_sent() {
    for protocol in PROTOCOLS {
        let stage = Stage::new(protocol, Manner::HALTING, CHIP);
        let (_script, mut client) = stage.connected();
        let [one, two, three] = ["one", "two", "three"].map(|name| stage.first.key(name));
        finish(async {
            client.send(&get(&one)).await.unwrap();
            client.receive::<Get<'_>>().await.unwrap();
        });
        assert!(polled(client.get(&two), 40).is_none());
        finish(async {
            client.send(&get(&three)).await.unwrap();
            let item = client.receive::<Get<'_>>().await.unwrap().unwrap();
            assert!(item.value.starts_with(three.as_bytes()), "{protocol:?}");
        });
    }
}

#[test]
fn a_send_that_is_dropped_within_its_value_is_nobodys() {
    for protocol in PROTOCOLS {
        let stage = Stage::new(protocol, Manner::HALTING, CHIP);
        let (script, mut client) = stage.connected();
        let (large, one) = (stage.first.key("large"), stage.first.key("one"));
        let bytes = value(&large, 703);
        finish(async {
            client.send(&get(&one)).await.unwrap();
            client.receive::<Get<'_>>().await.unwrap();
        });
        let set = Store::set(Key::new(&large).unwrap(), &bytes);
        assert!(polled(client.send(&set), 60).is_none());
        let error = finish(client.receive::<Store<'_, '_>>()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutOfOrder);
        stage.follow(Call::ByHand, &script, &mut client, "dropped");
    }
}

/// Runs a scenario on a small blocking client in each protocol.
fn in_each_protocol<const N: usize>(
    scenario: impl AsyncFn(&mut Memcached, &mut Client<minimc::net::Socket, [u8; 400], N>),
) {
    for protocol in PROTOCOLS {
        let mut server = Memcached::tcp(&[]);
        let options = Options {
            protocol,
            ..Options::default()
        };
        let socket = minimc::net::Socket::new(server.address());
        let mut client =
            Client::<_, _, N>::with_options(socket, [0; 400], [0; 400], options).unwrap();
        at_once(scenario(&mut server, &mut client));
    }
}

#[test]
fn what_is_sent_after_a_loss_does_not_answer_what_was_sent_before() {
    in_each_protocol::<4>(async |server, client| {
        client.noop().await.unwrap();
        client.send(&get("a")).await.unwrap();
        client.send(&get("b")).await.unwrap();
        server.start_again();
        let mut observer = Observer::new(server);
        for name in ["a", "b", "c"] {
            observer.store(name, name.as_bytes());
        }
        assert!(client.receive::<Get<'_>>().await.is_err());
        // First it must be told that the other is lost too.
        let error = client.send(&get("c")).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.fate()),
            (ErrorKind::Closed, Fate::NotSent)
        );
        assert!(client.receive::<Get<'_>>().await.is_err());
        let error = client.receive::<Get<'_>>().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::OutOfOrder);
        client.send(&get("c")).await.unwrap();
        let item = client.receive::<Get<'_>>().await.unwrap();
        assert_eq!(item.unwrap().value, b"c");
    });
}

async fn goes_on_after_a_large_reply<T: Transport, S: Storage, const N: usize>(
    client: &mut Client<T, S, N>,
) {
    let large = [b'x'; 1000];
    client.set("large", &large, Expiry::NEVER).await.unwrap();
    for _ in 0..2 {
        client.send(&get("large")).await.unwrap();
        let error = client.receive::<Get<'_>>().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ReplyTooLarge { size: 1000 });
    }
    // A value outside the storage is sent when nothing is owed.
    let set = Store::set(Key::new("large").unwrap(), &large);
    client.send(&set).await.unwrap();
    let outcome = client.receive::<Store<'_, '_>>().await;
    assert_eq!(outcome, Ok(Stored::Stored));
}

#[test]
fn a_reply_too_large_does_not_block_what_is_sent_next() {
    in_each_protocol::<1>(async |_, client| goes_on_after_a_large_reply(client).await);
    in_each_protocol::<4>(async |_, client| goes_on_after_a_large_reply(client).await);
}
