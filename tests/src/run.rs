//! Running what is async over a host's transports, those that block and those that do not.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use minimc::{Client, Growing, Options, Transport};

/// A client with a host's storage.
pub fn host<T: Transport>(transport: T, options: Options) -> Client<T, Growing, 64> {
    let storage = || Growing::new(17 * 1024, options.item_limit as usize + 2048);
    Client::with_options(transport, storage(), storage(), options).unwrap()
}

/// Runs what is ready when first polled, as all is over a transport that blocks.
pub fn at_once(scenario: impl Future<Output = ()>) {
    let mut scenario = pin!(scenario);
    let poll = scenario
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()));
    assert_eq!(poll, Poll::Ready(()), "a blocking transport waited");
}

/// Runs it on a runtime of its own.
pub fn on_tokio(scenario: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(scenario);
}

/// Runs a scenario with a blocking client and with an async one, in each protocol: each at the same
/// time as the others, with a server of its own. The scenario gets its runtime's way to rest too.
#[macro_export]
macro_rules! with_every_client {
    ($scenario:ident, $server:expr, $options:expr) => {{
        let options: minimc::Options = $options;
        std::thread::scope(|scope| {
            for protocol in $crate::script::calls::PROTOCOLS {
                let options = minimc::Options {
                    protocol,
                    ..options.clone()
                };
                let options_too = options.clone();
                scope.spawn(move || {
                    let server: $crate::server::Memcached = $server;
                    let socket = minimc::net::Socket::new(server.address());
                    let rest = async |time| std::thread::sleep(time);
                    let mut client = $crate::run::host(socket, options);
                    $crate::run::at_once($scenario(server, &mut client, rest));
                });
                scope.spawn(move || {
                    let server: $crate::server::Memcached = $server;
                    let socket = minimc::tokio::Socket::new(server.address());
                    let rest = tokio::time::sleep;
                    let mut client = $crate::run::host(socket, options_too);
                    $crate::run::on_tokio($scenario(server, &mut client, rest));
                });
            }
        });
    }};
}
