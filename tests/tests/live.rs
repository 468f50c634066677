//! Every scenario, over every transport, storage and protocol, against a real memcached.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use minimc::{Client, Growing, Options, Protocol, Storage, Transport, net, tokio as async_net};
use minimc_tests::scenarios;
use minimc_tests::server::Memcached;

const PROTOCOLS: [Protocol; 3] = [Protocol::Text, Protocol::Meta, Protocol::Binary];

fn options(protocol: Protocol) -> Options {
    Options {
        protocol,
        ..Options::default()
    }
}

/// A host's storage.
fn host() -> Growing {
    Growing::new(17 * 1024, 1024 * 1024 + 2048)
}

/// A microcontroller's.
fn least() -> [u8; 400] {
    [0; 400]
}

fn client<T: Transport, S: Storage, const N: usize>(
    transport: T,
    storage: impl Fn() -> S,
    protocol: Protocol,
) -> Client<T, S, N> {
    Client::with_options(transport, storage(), storage(), options(protocol)).unwrap()
}

/// Over a transport that blocks, a scenario is ready when first polled.
fn blocking(scenario: impl Future<Output = ()>) {
    let mut scenario = pin!(scenario);
    let poll = scenario
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()));
    assert_eq!(poll, Poll::Ready(()), "a blocking transport waited");
}

fn on_tokio(scenario: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(scenario);
}

macro_rules! live {
    ($($scenario:ident)*) => {
        $(
            #[test]
            fn $scenario() {
                for protocol in PROTOCOLS {
                    for start in [|| Memcached::tcp(&[]), Memcached::unix] {
                        let (server, socket) = (start(), net::Socket::new);
                        blocking(scenarios::$scenario(&mut client::<_, _, 64>(socket(server.address()), host, protocol)));
                        let server = start();
                        blocking(scenarios::$scenario(&mut client::<_, _, 4>(socket(server.address()), least, protocol)));
                        let (server, socket) = (start(), async_net::Socket::new);
                        on_tokio(scenarios::$scenario(&mut client::<_, _, 64>(socket(server.address()), host, protocol)));
                        let server = start();
                        on_tokio(scenarios::$scenario(&mut client::<_, _, 4>(socket(server.address()), least, protocol)));
                    }
                }
            }
        )*
    };
}

live! { everyday cas counting expiry many large pipelined refused encoded_keys }
