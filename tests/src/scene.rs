//! A client, a real server and an observer of it: what a call that failed leaves behind.

use minimc::tokio::Client;
use minimc::{Error, Expiry, Options, Protocol, ReturnCode};

use crate::observer::Observer;
use crate::server::Memcached;

/// A client of a real server, and an observer.
#[derive(Debug)]
#[allow(missing_docs, reason = "they are what they are")]
pub struct Scene {
    pub server: Memcached,
    pub observer: Observer,
    pub client: Client,
    turn: u32,
}

/// What becomes of the client's connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum After {
    /// The next call goes over it.
    Kept,
    /// The next call opens another.
    Replaced,
}

impl Scene {
    /// A client that is connected to a server of its own.
    pub async fn new(protocol: Protocol) -> Self {
        Self::on(Memcached::tcp(&[]), protocol).await
    }

    /// The same, on this server.
    pub async fn on(server: Memcached, protocol: Protocol) -> Self {
        let options = Options {
            protocol,
            ..Options::default()
        };
        Self::with(server, options).await
    }

    /// The same, with these options.
    pub async fn with(server: Memcached, options: Options) -> Self {
        let observer = Observer::new(&server);
        let client = Client::connect_with(server.address(), options).await;
        let mut client = client.expect("a connection");
        // The server has counted the connection when it has answered, whatever it says.
        let _ = client.noop().await;
        Self {
            server,
            observer,
            client,
            turn: 0,
        }
    }

    /// Checks that a call failed so, and what the next ones find. The error is written as its
    /// `Debug` has it: kind, the server's own words, fate.
    pub async fn failed(&mut self, error: Error, words: &str, code: ReturnCode, after: After) {
        let protocol = self.client.options().protocol;
        assert_eq!(format!("{error:?}"), words, "{protocol:?}");
        assert_eq!(error.return_code(), code, "{protocol:?}: {words}");
        self.goes_on(after, words).await;
    }

    /// Checks that the next calls get what is theirs, and whether the connection was kept.
    pub async fn goes_on(&mut self, after: After, what: &str) {
        let what = format!("{:?}: after {what}", self.client.options().protocol);
        let before = self.observer.connections();
        self.turn += 1;
        let key = format!("next-{}", self.turn);
        let value = format!("value {}", self.turn);
        let stored = self.client.set(&key, &value, Expiry::NEVER).await;
        assert_eq!(stored, Ok(()), "{what}");
        let absent = self.client.get("absent").await;
        assert_eq!(absent, Ok(None), "{what}");
        let item = self
            .client
            .get(&key)
            .await
            .map(|item| item.map(|item| item.value));
        assert_eq!(item, Ok(Some(value.as_bytes())), "{what}");
        assert_eq!(
            self.observer.value(&key),
            Some(value.into_bytes()),
            "{what}"
        );
        let opened = match after {
            After::Kept => 0,
            After::Replaced => 1,
        };
        assert_eq!(self.observer.connections() - before, opened, "{what}");
    }
}
