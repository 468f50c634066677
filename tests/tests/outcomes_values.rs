//! Values that are too large, for the server or for the client, and for which there is no memory:
//! rows of the table in ARCHITECTURE.md, on a real server.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use minimc::command::Store;
use minimc::{Expiry, Key, Options, Protocol, ReturnCode};
use minimc_tests::scene::After::{Kept, Replaced};
use minimc_tests::scene::Scene;
use minimc_tests::script::calls::PROTOCOLS;
use minimc_tests::server::Memcached;

/// Every way to store, each with whether the old item is gone after a refusal, in the classic, the
/// meta and the binary protocol.
fn stores<'v>(value: &'v [u8], cas: u64) -> [(Store<'static, 'v>, [bool; 3]); 6] {
    let k = Key::new("k").unwrap();
    [
        (Store::set(k, value), [true, true, true]),
        (Store::add(k, value), [false, true, false]),
        (Store::replace(k, value), [false, true, false]),
        (Store::append(k, value), [false, true, false]),
        (Store::prepend(k, value), [false, true, false]),
        (Store::cas(k, value, cas), [false, true, true]),
    ]
}

/// Stores a value that the server refuses in every way.
async fn refused_values(scene: &mut Scene, value: &[u8], words: &str, code: ReturnCode) {
    let protocol = scene.client.options().protocol;
    let turn = PROTOCOLS
        .iter()
        .position(|&other| other == protocol)
        .unwrap();
    for way in 0..6 {
        scene.client.set("k", "old", Expiry::NEVER).await.unwrap();
        let cas = scene.client.gets("k").await.unwrap().unwrap().cas.unwrap();
        let (store, is_gone) = stores(value, cas)[way];
        let is_gone = is_gone[turn];
        let fate = if is_gone { "RefusedAndGone" } else { "Refused" };
        let error = scene.client.call(&store).await.unwrap_err();
        scene
            .failed(error, &format!("{words}, {fate}"), code, Kept)
            .await;
        // The fate is the truth.
        let held = scene.observer.value("k");
        assert_eq!(held.is_none(), is_gone, "{protocol:?}: way {way}, {fate}");
    }
}

#[tokio::test]
async fn too_large_for_the_server() {
    let value = vec![b'x'; 600_000];
    for protocol in PROTOCOLS {
        let server = Memcached::tcp(&["-I", "512k"]);
        let mut scene = Scene::on(server, protocol).await;
        refused_values(&mut scene, &value, "TooLarge", ReturnCode::E2Big).await;
    }
}

#[tokio::test]
async fn out_of_memory() {
    let value = vec![b'x'; 500_000];
    for protocol in PROTOCOLS {
        // It evicts nothing, and takes four such values.
        let server = Memcached::tcp(&["-M", "-m", "2"]);
        let mut scene = Scene::on(server, protocol).await;
        let mut stored = 0;
        while scene.observer.try_to_store(&format!("f{stored}"), &value) == "STORED" {
            stored += 1;
            assert!(stored < 10, "the server has memory without end");
        }
        let words = match protocol {
            Protocol::Binary => "OutOfMemory(\"Out of memory allocating item\")",
            _ => "OutOfMemory(\"SERVER_ERROR out of memory storing object\")",
        };
        let code = ReturnCode::ServerMemoryAllocationFailure;
        refused_values(&mut scene, &value, words, code).await;
    }
}

#[tokio::test]
async fn a_value_larger_than_the_storage() {
    for protocol in PROTOCOLS {
        // Its storage for receiving grows no further than 64 KiB.
        let options = Options {
            protocol,
            item_limit: 1000,
            ..Options::default()
        };
        let mut scene = Scene::with(Memcached::tcp(&[]), options).await;
        let code = ReturnCode::MemoryAllocationFailure;
        // What is left of it is passed over, or if that is over 64 KiB the connection replaced.
        for (size, after) in [(100_000, Kept), (200_000, Replaced)] {
            scene.observer.store("k", &vec![b'x'; size]);
            let words = format!("ReplyTooLarge {{ size: {size} }}, Unknown");
            let error = scene.client.get("k").await.unwrap_err();
            scene.failed(error, &words, code, after).await;
            let mut items = scene.client.get_many(&["k", "next-1"]).await.unwrap();
            let (key, item) = items.next().await.unwrap();
            assert_eq!((*key, format!("{:?}", item.unwrap_err())), ("k", words));
            let (key, item) = items.next().await.unwrap();
            let value = item.unwrap().unwrap().value;
            assert_eq!((*key, value), ("next-1", &b"value 1"[..]));
            assert!(items.next().await.is_none());
            scene.goes_on(Kept, "an item too large").await;
        }
    }
}
