//! Values that are stored piece by piece, with a real server.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use minimc::command::{StoreInPieces, Stored};
use minimc::{Client, ErrorKind, Expiry, Fate, Key, Options, Protocol, blocking, net};
use minimc_tests::observer::Observer;
use minimc_tests::run::{at_once, on_tokio};
use minimc_tests::script::calls::PROTOCOLS;
use minimc_tests::server::Memcached;

const LENGTH: usize = 300_000;

fn value() -> Vec<u8> {
    (0..LENGTH).map(|at| (at * 7 / 5) as u8).collect()
}

fn store(length: usize) -> StoreInPieces<'static> {
    let key = Key::new("image").unwrap();
    StoreInPieces::set(key, u32::try_from(length).unwrap())
}

fn options(protocol: Protocol) -> Options {
    Options {
        protocol,
        ..Options::default()
    }
}

/// Everything an upload can come to, over one client.
async fn uploads<T: minimc::Transport>(
    client: &mut Client<T, [u8; 400], 2>,
    observer: &mut Observer,
) {
    let value = value();
    for size in [1000, 4096, LENGTH] {
        client.delete("image").await.unwrap();
        let mut upload = client.upload(&store(LENGTH)).await.unwrap();
        for piece in value.chunks(size) {
            upload.write(piece).await.unwrap();
        }
        assert_eq!(upload.left(), 0);
        assert_eq!(upload.finish().await.unwrap(), Stored::Stored);
        assert!(observer.value("image").as_ref() == Some(&value));
    }
    let connections = observer.connections();

    // A byte at a time, and none.
    let mut upload = client.upload(&store(3)).await.unwrap();
    for piece in [&b"a"[..], b"", b"b", b"c"] {
        upload.write(piece).await.unwrap();
    }
    assert_eq!(upload.finish().await.unwrap(), Stored::Stored);
    assert_eq!(observer.value("image").unwrap(), b"abc");
    let upload = client.upload(&store(0)).await.unwrap();
    assert_eq!(upload.finish().await.unwrap(), Stored::Stored);
    assert_eq!(observer.value("image").unwrap(), b"");

    // Not stored, because it is there; and more than was announced is not sent.
    let add = StoreInPieces::add(Key::new("image").unwrap(), 3);
    let mut upload = client.upload(&add).await.unwrap();
    let error = upload.write(b"abcd").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.fate()),
        (ErrorKind::OutOfOrder, Fate::NotSent)
    );
    upload.write(b"abc").await.unwrap();
    assert_eq!(upload.finish().await.unwrap(), Stored::NotStored);

    // Over the item limit: nothing is sent. Begun and not written: it is withdrawn.
    let error = client.upload(&store(2 << 20)).await.err().unwrap();
    assert_eq!(
        (error.kind(), error.fate()),
        (ErrorKind::TooLarge, Fate::NotSent)
    );
    drop(client.upload(&store(5)).await.unwrap());
    client.set("image", "old", Expiry::NEVER).await.unwrap();
    assert_eq!(observer.connections(), connections);

    // Given up, or finished, in the middle: the old value stays, and the next call gets its own reply.
    for finish in [false, true] {
        let mut upload = client.upload(&store(5)).await.unwrap();
        upload.write(b"new").await.unwrap();
        if finish {
            let error = upload.finish().await.unwrap_err();
            assert_eq!(
                (error.kind(), error.fate()),
                (ErrorKind::OutOfOrder, Fate::NotSent)
            );
        }
        let item = client.get("image").await.unwrap().unwrap();
        assert_eq!(item.value, b"old");
    }
    assert_eq!(observer.value("image").unwrap(), b"old");
}

#[test]
fn over_std() {
    for protocol in PROTOCOLS {
        let server = Memcached::tcp(&[]);
        at_once(async {
            let socket = net::Socket::new(server.address());
            let mut client =
                Client::with_options(socket, [0; 400], [0; 400], options(protocol)).unwrap();
            uploads(&mut client, &mut Observer::new(&server)).await;
        });
    }
}

#[test]
fn over_tokio() {
    for protocol in PROTOCOLS {
        let server = Memcached::tcp(&[]);
        on_tokio(async {
            let socket = minimc::tokio::Socket::new(server.address());
            let mut client =
                Client::with_options(socket, [0; 400], [0; 400], options(protocol)).unwrap();
            uploads(&mut client, &mut Observer::new(&server)).await;
        });
    }
}

/// The server's own limit is below what the client believes: it swallows the value, and says so.
#[test]
fn refused_by_the_server() {
    let value = vec![b'x'; 600_000];
    for protocol in PROTOCOLS {
        let server = Memcached::tcp(&["-I", "512k"]);
        let mut observer = Observer::new(&server);
        observer.store("image", b"old");
        let mut client = net::Client::connect_with(server.address(), options(protocol)).unwrap();
        let client: &mut blocking::Client<_, _, _> = &mut client;
        let mut upload = client.upload(&store(value.len())).unwrap();
        for piece in value.chunks(10_000) {
            upload.write(piece).unwrap();
        }
        let error = upload.finish().unwrap_err();
        assert_eq!(
            (error.kind(), error.fate()),
            (ErrorKind::TooLarge, Fate::RefusedAndGone),
            "{protocol:?}"
        );
        assert_eq!(observer.value("image"), None);
        client.set("image", "new", Expiry::NEVER).unwrap();
        assert_eq!(observer.value("image").unwrap(), b"new");
    }
}

/// The server is gone before the value is complete.
#[test]
fn a_lost_server() {
    for protocol in PROTOCOLS {
        let mut server = Memcached::tcp(&[]);
        let mut client = net::Client::connect_with(server.address(), options(protocol)).unwrap();
        client.noop().unwrap();
        let mut upload = client.upload(&store(LENGTH)).unwrap();
        upload.write(&value()[..1000]).unwrap();
        server.stop();
        let lost = value()[1000..]
            .chunks(1000)
            .find_map(|piece| upload.write(piece).err());
        let error = lost.unwrap();
        assert_eq!(error.fate(), Fate::NotSent, "{protocol:?}");
    }
}
