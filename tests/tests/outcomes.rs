//! What a real server's answer does to the connection, and what the server holds afterwards: rows of
//! the table in ARCHITECTURE.md that a server's words, or none, are the cause of.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use minimc::command::{Count, Delete, Get, Store, Stored};
use minimc::{ErrorKind, Expiry, Fate, Key, Protocol, ReturnCode};
use minimc_core::wire::{Encoder, Opcode, Shape};
use minimc_tests::odd::Odd;
use minimc_tests::scene::After::{Kept, Replaced};
use minimc_tests::scene::Scene;
use minimc_tests::script::calls::PROTOCOLS;
use minimc_tests::server::{LOGIN, Memcached};

fn key(name: &str) -> Key<'_> {
    Key::new(name).unwrap()
}

#[tokio::test]
async fn refused_before_sending() {
    for protocol in PROTOCOLS {
        let mut scene = Scene::new(protocol).await;
        scene.observer.store("k", b"kept");
        let too_long = "k".repeat(251);
        for (key, words, code) in [
            ("", "Key(Empty), NotSent", ReturnCode::NoKeyProvided),
            (
                "k\r\ndelete k",
                "Key(Byte { at: 1, byte: 13 }), NotSent",
                ReturnCode::BadKeyProvided,
            ),
            (
                &too_long,
                "Key(TooLong { length: 251, limit: 250 }), NotSent",
                ReturnCode::KeyTooBig,
            ),
        ] {
            let error = scene.client.set(key, "x", Expiry::NEVER).await.unwrap_err();
            scene.failed(error, words, code, Kept).await;
        }
        let too_far = Expiry::at(u32::MAX);
        let error = scene.client.touch("k", too_far).await.unwrap_err();
        let code = ReturnCode::InvalidArguments;
        scene.failed(error, "Expiry, NotSent", code, Kept).await;

        let too_large = vec![0; scene.client.options().item_limit as usize + 1];
        let error = scene
            .client
            .set("k", &too_large, Expiry::NEVER)
            .await
            .unwrap_err();
        scene
            .failed(error, "TooLarge, NotSent", ReturnCode::E2Big, Kept)
            .await;

        let unsupported = Odd(|out| _ = out.bytes(b"delete k\r\n").unsupported("this"));
        let error = scene.client.call(&unsupported).await.unwrap_err();
        let words = "Unsupported(\"this\"), NotSent";
        scene
            .failed(error, words, ReturnCode::NotSupported, Kept)
            .await;

        let get = Get::new(key("k"));
        let error = loop {
            if let Err(error) = scene.client.send(&get).await {
                break error;
            }
        };
        let code = ReturnCode::MemoryAllocationFailure;
        scene.failed(error, "Full, NotSent", code, Kept).await;

        let error = scene.client.receive::<Get<'_>>().await.unwrap_err();
        let code = ReturnCode::InvalidArguments;
        scene.failed(error, "OutOfOrder, NotSent", code, Kept).await;
        assert_eq!(scene.observer.value("k").unwrap(), b"kept");
    }
}

#[tokio::test]
async fn answers() {
    for protocol in PROTOCOLS {
        let mut scene = Scene::new(protocol).await;
        let large = vec![b'x'; 600_000];
        scene.observer.store("there", b"1");
        scene.observer.store("large", &large);
        let client = &mut scene.client;
        for (store, answer) in [
            (Store::add(key("there"), b"2"), Stored::NotStored),
            (Store::replace(key("absent"), b"2"), Stored::NotStored),
            (Store::append(key("absent"), b"2"), Stored::NotStored),
            (Store::prepend(key("absent"), b"2"), Stored::NotStored),
            (Store::cas(key("there"), b"2", u64::MAX), Stored::Exists),
            (Store::cas(key("absent"), b"2", 1), Stored::NotFound),
            // Two halves within the item limit, and a whole that is not: so says a server.
            (Store::append(key("large"), &large), Stored::NotStored),
        ] {
            assert_eq!(client.call(&store).await, Ok(answer), "{store:?}");
        }
        assert_eq!(client.delete("absent").await, Ok(false));
        assert_eq!(client.touch("absent", Expiry::NEVER).await, Ok(false));
        let mut none = client.get_many(&["absent", "none"]).await.unwrap();
        for name in ["absent", "none"] {
            assert_eq!(none.next().await, Some((&name, Ok(None))));
        }
        assert_eq!(none.next().await, None);
        scene.goes_on(Kept, "answers").await;

        let error = scene.client.decr("absent", 1).await.unwrap_err();
        scene
            .failed(error, "NotFound, Refused", ReturnCode::NotFound, Kept)
            .await;
        assert_eq!(scene.observer.value("there").unwrap(), b"1");
        assert_eq!(scene.observer.value("large").unwrap(), large);
    }
}

/// What a server says of a command, and what that comes to.
type Refused = (fn(&mut Encoder<'_, '_>), &'static str, ReturnCode);

const NO_META: &str =
    "Unsupported(\"the server knows no meta commands; choose Protocol::Text\"), Refused";

#[tokio::test]
async fn an_error_to_a_line_without_data() {
    let text: &[Refused] = &[
        (
            |out| _ = out.line(b"gone k", Shape::DELETED).end(),
            "Command(\"ERROR\"), Refused",
            ReturnCode::Error,
        ),
        (
            |out| _ = out.line(b"incr word one", Shape::NUMBER).end(),
            "Client(\"CLIENT_ERROR invalid numeric delta argument\"), Refused",
            ReturnCode::ClientError,
        ),
        (
            |out| _ = out.line(b"incr word 1", Shape::NUMBER).end(),
            "NotNumeric, Refused",
            ReturnCode::ClientError,
        ),
    ];
    let meta: &[Refused] = &[
        (
            |out| _ = out.meta(*b"mx", key("word")).end(),
            NO_META,
            ReturnCode::NotSupported,
        ),
        (
            |out| _ = out.meta(*b"mg", key("word")).bytes(b" v v").end(),
            "Client(\"CLIENT_ERROR duplicate flag\"), Refused",
            ReturnCode::ClientError,
        ),
        (
            |out| _ = out.meta(*b"ma", key("word")).bytes(b" v").end(),
            "NotNumeric, Refused",
            ReturnCode::ClientError,
        ),
    ];
    for (protocol, table) in [(Protocol::Text, text), (Protocol::Meta, meta)] {
        let mut scene = Scene::new(protocol).await;
        scene.observer.store("word", b"one");
        for &(write, words, code) in table {
            let error = scene.client.call(&Odd(write)).await.unwrap_err();
            scene.failed(error, words, code, Kept).await;
        }
        assert_eq!(scene.observer.value("word").unwrap(), b"one");
    }
}

#[tokio::test]
async fn an_error_to_a_line_with_data() {
    // The server takes the data for a command, which is why. (And for one without an answer: else
    // that would give it away.)
    const DATA: &[u8] = b"delete victim noreply";
    let text: &[Refused] = &[
        (
            |out| _ = out.line(b"sett k 0 0 21", Shape::STORED).value(DATA),
            "Command(\"ERROR\"), Unknown",
            ReturnCode::Error,
        ),
        (
            |out| _ = out.line(b"set k 0 soon 21", Shape::STORED).value(DATA),
            "Client(\"CLIENT_ERROR bad command line format\"), Unknown",
            ReturnCode::ClientError,
        ),
    ];
    let meta: &[Refused] = &[
        (
            |out| _ = out.meta(*b"mx", key("k")).bytes(b" 21").value(DATA),
            "Unsupported(\"the server knows no meta commands; choose Protocol::Text\"), Unknown",
            ReturnCode::NotSupported,
        ),
        (
            |out| _ = out.meta(*b"ms", key("k")).bytes(b" S21").value(DATA),
            "Client(\"CLIENT_ERROR bad command line format\"), Unknown",
            ReturnCode::ClientError,
        ),
    ];
    for (protocol, table) in [(Protocol::Text, text), (Protocol::Meta, meta)] {
        let mut scene = Scene::new(protocol).await;
        scene.observer.store("k", b"kept");
        for &(write, words, code) in table {
            scene.observer.store("victim", b"x");
            let error = scene.client.call(&Odd(write)).await.unwrap_err();
            scene.failed(error, words, code, Replaced).await;
            assert_eq!(scene.observer.value("victim"), None);
            assert_eq!(scene.observer.value("k").unwrap(), b"kept");
        }
    }
}

/// A server that wants a login first; the binary protocol has another way to log in.
#[tokio::test]
async fn unauthenticated() {
    for protocol in [Protocol::Text, Protocol::Meta] {
        let mut scene = Scene::on(Memcached::with_login(), protocol).await;
        scene.observer.store("n", b"1");
        let opened = scene.observer.connections();
        for what in ["get", "delete", "incr"] {
            let client = &mut scene.client;
            let error = match what {
                "get" => client.call(&Get::new(key("n"))).await.unwrap_err(),
                "delete" => client.call(&Delete::new(key("n"))).await.unwrap_err(),
                _ => client.call(&Count::up(key("n"), 1)).await.unwrap_err(),
            };
            assert_eq!(format!("{error:?}"), "Unauthenticated, Refused", "{what}");
            assert_eq!(error.return_code(), ReturnCode::AuthProblem);
        }
        assert_eq!(scene.observer.connections(), opened, "{protocol:?}");

        // What stores is refused too, and its data may be taken for commands.
        let error = scene.client.set("n", "9", Expiry::NEVER).await.unwrap_err();
        assert_eq!(error.fate(), Fate::Refused, "{protocol:?}");
        if protocol == Protocol::Meta {
            assert_eq!(error.kind(), ErrorKind::Unauthenticated);
        }
        let error = scene.client.get("n").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
        assert_eq!(scene.observer.connections(), opened + 1, "{protocol:?}");
        assert_eq!(scene.observer.value("n").unwrap(), b"1");

        // The login that memcached has: a classic set.
        if protocol == Protocol::Text {
            scene
                .client
                .set("login", LOGIN, Expiry::NEVER)
                .await
                .unwrap();
            scene.goes_on(Kept, "a login").await;
        }
    }
}

#[tokio::test]
async fn unauthenticated_to_a_classic_set() {
    for value in ["one-word", "two words"] {
        let mut scene = Scene::on(Memcached::with_login(), Protocol::Text).await;
        let error = scene
            .client
            .set("k", value, Expiry::NEVER)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
    }
}

#[tokio::test]
async fn invalid_arguments_of_a_packet() {
    let mut scene = Scene::new(Protocol::Binary).await;
    scene.observer.store("k", b"kept");
    let with_extras = Odd(|out| _ = out.packet(Opcode::Get, &[0; 4], Some(key("k")), 0));
    let with_too_few = Odd(|out| {
        let data = b"delete k\r\n";
        out.packet_with_value(Opcode::Set, &[0; 2], key("k"), 0, data);
    });
    for odd in [with_extras, with_too_few] {
        let error = scene.client.call(&odd).await.unwrap_err();
        let words = "Client(\"Invalid arguments\"), Refused";
        scene
            .failed(error, words, ReturnCode::ClientError, Replaced)
            .await;
    }
    assert_eq!(scene.observer.value("k").unwrap(), b"kept");
}

#[tokio::test]
async fn another_status_of_a_packet() {
    let mut scene = Scene::new(Protocol::Binary).await;
    scene.observer.store("word", b"one");
    let error = scene.client.incr("word", 1).await.unwrap_err();
    let code = ReturnCode::ClientError;
    scene.failed(error, "NotNumeric, Refused", code, Kept).await;
    assert_eq!(scene.observer.value("word").unwrap(), b"one");
}

/// What a server takes for a number, and what it makes of an absent one.
#[tokio::test]
async fn numbers() {
    for protocol in PROTOCOLS {
        let mut scene = Scene::new(protocol).await;
        for (stored, sum) in [
            ("9 ", Some(10)),
            (" 9", Some(10)),
            ("18446744073709551615", Some(0)),
        ] {
            scene.observer.store("n", stored.as_bytes());
            assert_eq!(scene.client.incr("n", 1).await.ok(), sum, "{stored:?}");
        }
        // One more than 64 bits hold, and a number that a client has compressed.
        for stored in [
            &b"18446744073709551616"[..],
            b"",
            b"x\x9C3\x04\x00\x002\x002",
        ] {
            scene.observer.store("n", stored);
            let error = scene.client.incr("n", 1).await.unwrap_err();
            let code = ReturnCode::ClientError;
            scene.failed(error, "NotNumeric, Refused", code, Kept).await;
            assert_eq!(scene.observer.value("n").unwrap(), stored);
        }
        if protocol != Protocol::Text {
            let count = Count::up(key("new"), 2).or_initial(40, Expiry::NEVER);
            assert_eq!(scene.client.call(&count).await, Ok(40));
            assert_eq!(scene.client.call(&count).await, Ok(42));
        }
    }
}
