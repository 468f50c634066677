//! Every scenario, over every transport, storage and protocol, against a real memcached.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::net::TcpStream;

use embedded_io_adapters::{std::FromStd, tokio_1::FromTokio};
use minimc::{Client, Io, Options, Transport, blocking, net, tokio as async_net};
use minimc_scenarios as scenarios;
use minimc_tests::hosted;
use minimc_tests::run::{at_once, host, on_tokio};
use minimc_tests::script::calls::PROTOCOLS;
use minimc_tests::server::Memcached;

/// How much of a reply that was given up is passed over before the connection is replaced. Where
/// it cannot be, nothing but all of it will do.
const SOME: usize = 64 * 1024;
const ALL: usize = usize::MAX;

/// A client with a microcontroller's.
fn chip<T: Transport>(transport: T, options: Options) -> Client<T, [u8; 400], 4> {
    Client::with_options(transport, [0; 400], [0; 400], options).unwrap()
}

fn tcp() -> Memcached {
    Memcached::tcp(&[])
}

fn unix() -> Memcached {
    Memcached::unix()
}

async fn socket(address: &str) -> net::Socket {
    net::Socket::new(address)
}

async fn async_socket(address: &str) -> async_net::Socket {
    async_net::Socket::new(address)
}

async fn io(address: &str) -> blocking::Io<FromStd<TcpStream>> {
    blocking::Io::new(FromStd::new(TcpStream::connect(address).unwrap()))
}

async fn async_io(address: &str) -> Io<FromTokio<tokio::net::TcpStream>> {
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    Io::new(FromTokio::new(stream))
}

macro_rules! live {
    ($($name:ident: $server:ident $transport:ident $run:ident $settle_limit:ident $clock:ident;)*) => {
        $(
            mod $name {
                use super::*;

                tests! {
                    $server $transport $run $settle_limit:
                    scenarios::everyday scenarios::cas scenarios::counting scenarios::expiry scenarios::many
                    scenarios::large(&scenarios::WHOLE) scenarios::pipelined scenarios::refused
                    scenarios::encoded_keys scenarios::recipes scenarios::values scenarios::streams scenarios::chunked
                    hosted::owned hosted::too_large hosted::dialect hosted::$clock
                }
            }
        )*
    };
}

macro_rules! tests {
    ($server:ident $transport:ident $run:ident $settle_limit:ident:
     $($place:ident::$scenario:ident $(($argument:expr))?)*) => {
        $(
            #[test]
            fn $scenario() {
                for protocol in PROTOCOLS {
                    let options = Options { protocol, settle_limit: $settle_limit, ..Options::default() };
                    let server = $server();
                    $run(async {
                        let transport = $transport(server.address()).await;
                        $place::$scenario(&mut host(transport, options.clone()) $(, $argument)?).await;
                    });
                    let server = $server();
                    $run(async {
                        let transport = $transport(server.address()).await;
                        $place::$scenario(&mut chip(transport, options) $(, $argument)?).await;
                    });
                }
            }
        )*
    };
}

live! {
    blocking_tcp:  tcp  socket       at_once  SOME clock;
    blocking_unix: unix socket       at_once  SOME clock;
    blocking_io:   tcp  io           at_once  ALL  no_clock;
    async_tcp:     tcp  async_socket on_tokio SOME clock;
    async_unix:    unix async_socket on_tokio SOME clock;
    async_io:      tcp  async_io     on_tokio ALL  no_clock;
}
