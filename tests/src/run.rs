//! Running what is async over a host's transports, those that block and those that do not.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use minimc::{Client, Growing, Options, Transport};

/// A client with a host's storage.
pub fn host<T: Transport>(transport: T, options: Options) -> Client<T, Growing, 64> {
    let storage = || Growing::new(17 * 1024, 1024 * 1024 + 2048);
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
