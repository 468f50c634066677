//! Logging in to real servers: by text to one with `-Y`, by packets and SASL to one with `-S`.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use minimc::command::{Login, Mechanisms};
use minimc::{
    Client, Credentials, Error, ErrorKind, Expiry, Fate, Growing, Options, Protocol, ReturnCode,
    Transport, net, tokio as async_net,
};
use minimc_tests::run::{at_once, host, on_tokio};
use minimc_tests::script::calls::PROTOCOLS;
use minimc_tests::server::{LOGIN, Memcached};

fn server(protocol: Protocol) -> Memcached {
    match protocol {
        Protocol::Binary => Memcached::with_sasl(),
        _ => Memcached::with_login(),
    }
}

fn right() -> Credentials<'static> {
    let (user, password) = LOGIN.split_once(' ').unwrap();
    Credentials::new(user, password).unwrap()
}

fn wrong() -> Credentials<'static> {
    Credentials::new(right().user(), "sesame").unwrap()
}

fn options(protocol: Protocol, credentials: Option<Credentials<'static>>) -> Options {
    Options {
        protocol,
        credentials,
        ..Options::default()
    }
}

fn refused(error: Error) {
    let told = (error.kind(), error.fate(), error.return_code());
    let expected = (
        ErrorKind::LoginRefused,
        Fate::NotSent,
        ReturnCode::AuthFailure,
    );
    assert_eq!(told, expected);
}

type Host<T> = Client<T, Growing, 64>;

/// Another client, that is logged in.
fn observer(server: &Memcached, protocol: Protocol) -> net::Client {
    net::Client::connect_with(server.address(), options(protocol, Some(right()))).unwrap()
}

/// How many logins the server saw, and how many it refused.
async fn logins<T: Transport>(client: &mut Host<T>) -> (u64, u64) {
    let stats = client.general_stats().await.unwrap();
    (stats.auth_cmds, stats.auth_errors)
}

async fn logs_in_on_every_connection<T: Transport>(_: &Memcached, client: &mut Host<T>) {
    client.set("k", "v", Expiry::NEVER).await.unwrap();
    assert_eq!(client.get("k").await.unwrap().unwrap().value, b"v");
    let before = logins(client).await;
    client.disconnect();
    assert_eq!(client.get("k").await.unwrap().unwrap().value, b"v");
    // Once, and not again with every call.
    assert_eq!(logins(client).await, (before.0 + 1, before.1));
    assert!(client.learn_dialect().await.unwrap().is_some());
    client.quit().await.unwrap();
    assert_eq!(logins(client).await, (before.0 + 2, before.1));
}

async fn a_wrong_password<T: Transport>(_: &Memcached, client: &mut Host<T>) {
    for _ in 0..2 {
        refused(client.set("k", "v", Expiry::NEVER).await.unwrap_err());
        refused(client.get_many(&["k"]).await.map(drop).unwrap_err());
    }
}

async fn without_a_login<T: Transport>(_: &Memcached, client: &mut Host<T>) {
    for _ in 0..2 {
        let error = client.get("k").await.unwrap_err();
        let told = (error.kind(), error.fate(), error.return_code());
        let expected = (
            ErrorKind::Unauthenticated,
            Fate::Refused,
            ReturnCode::AuthProblem,
        );
        assert_eq!(told, expected);
    }
}

async fn again_after_a_restart<T: Transport>(server: &mut Memcached, client: &mut Host<T>) {
    client.set("k", "v", Expiry::NEVER).await.unwrap();
    server.start_again();
    assert_eq!(client.get("k").await, Ok(None));
    client.set("k", "v", Expiry::NEVER).await.unwrap();
    assert_eq!(client.get("k").await.unwrap().unwrap().value, b"v");
}

/// A refused login leaves the connection as it was: the next one on it is heard.
async fn by_hand<T: Transport>(server: &Memcached, client: &mut Host<T>) {
    let mut observer = observer(server, client.options().protocol);
    // The server has counted the connection when it has answered, whatever it says.
    let _ = client.version().await;
    let before = observer.general_stats().unwrap().total_connections;
    let error = client.call(&Login::new(wrong())).await.unwrap_err();
    let told = (error.kind(), error.fate());
    assert_eq!(told, (ErrorKind::LoginRefused, Fate::Refused));
    client.call(&Login::new(right())).await.unwrap();
    client.set("k", "v", Expiry::NEVER).await.unwrap();
    let stats = observer.general_stats().unwrap();
    assert_eq!((stats.total_connections, stats.auth_errors), (before, 1));
}

/// Each over both sockets, and in every protocol.
macro_rules! live {
    ($($scenario:ident with $credentials:expr;)*) => {
        mod live {
            use super::*;

            $(
                #[test]
                fn $scenario() {
                    for protocol in PROTOCOLS {
                        let options = options(protocol, $credentials);
                        let mut server = server(protocol);
                        let socket = net::Socket::new(server.address());
                        let mut client = host(socket, options.clone());
                        at_once(super::$scenario(&mut server, &mut client));

                        let mut server = super::server(protocol);
                        let socket = async_net::Socket::new(server.address());
                        let mut client = host(socket, options);
                        on_tokio(super::$scenario(&mut server, &mut client));
                    }
                }
            )*
        }
    };
}

live! {
    logs_in_on_every_connection with Some(right());
    a_wrong_password with Some(wrong());
    without_a_login with None;
    again_after_a_restart with Some(right());
    by_hand with None;
}

/// The clients that users have connect at once, and so are refused at once.
#[tokio::test]
async fn connecting_tells_of_it() {
    for protocol in PROTOCOLS {
        let server = server(protocol);
        let address = server.address();
        let (good, bad) = (
            options(protocol, Some(right())),
            options(protocol, Some(wrong())),
        );
        refused(net::Client::connect_with(address, bad.clone()).unwrap_err());
        let mut client = net::Client::connect_with(address, good.clone()).unwrap();
        client.noop().unwrap();
        let connected = async_net::Client::connect_with(address, bad).await;
        refused(connected.unwrap_err());
        let connected = async_net::Client::connect_with(address, good).await;
        connected.unwrap().noop().await.unwrap();
    }
}

#[test]
fn unauthenticated_packets_close_the_connection() {
    let server = Memcached::with_sasl();
    let mut observer = observer(&server, Protocol::Binary);
    let mut connections = || observer.general_stats().unwrap().total_connections;
    // A client that took the connection for whole would find it closed, and may not try again.
    let options = Options {
        retry: false,
        ..options(Protocol::Binary, None)
    };
    let mut client = net::Client::connect_with(server.address(), options).unwrap();
    // The server has counted the connection when it has answered; this it answers to everybody.
    client.version().unwrap();
    let before = connections();
    for opened in 0..3 {
        let error = client.get("k").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
        assert_eq!(connections() - before, opened);
    }
}

#[test]
fn which_mechanisms_there_are() {
    let server = Memcached::with_sasl();
    let options = options(Protocol::Binary, None);
    let mut client = net::Client::connect_with(server.address(), options.clone()).unwrap();
    assert_eq!(client.call(&Mechanisms).unwrap(), b"PLAIN");
    let server = Memcached::tcp(&[]);
    let mut client = net::Client::connect_with(server.address(), options).unwrap();
    let error = client.call(&Mechanisms).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Command);
}

/// A server without `-Y` stores what it takes for an item, but nobody can get it; one without `-S`
/// does not know the packet.
#[test]
fn where_no_login_is_wanted() {
    let server = Memcached::tcp(&[]);
    for protocol in [Protocol::Text, Protocol::Meta] {
        let options = options(protocol, Some(right()));
        let mut client = net::Client::connect_with(server.address(), options).unwrap();
        assert_eq!(client.get("minimc.login").unwrap(), None);
        assert_eq!(client.general_stats().unwrap().auth_cmds, 0);
    }
    let options = options(Protocol::Binary, Some(right()));
    let error = net::Client::connect_with(server.address(), options).unwrap_err();
    let told = (error.kind(), error.fate());
    assert_eq!(told, (ErrorKind::Command, Fate::NotSent));
}
