//! Where a key lives, by the rule of each known client.

use super::rule::Rule;
use super::server::Server;

/// The index of the server that has `key` by the rule of each client in [`Rule::KNOWN`]: for people who
/// wonder why two programs do not find each other's keys.
///
/// ```
/// use minimc_core::placement::{self, Server};
///
/// let servers = [Server::parse("10.0.1.1")?, Server::parse("10.0.1.2")?, Server::parse("10.0.1.3")?];
/// for (client, server) in placement::explain(b"key0", &servers) {
///     let host = server.and_then(|index| servers.get(index)).map(Server::host);
///     println!("{client:<24} {}", host.unwrap_or("nowhere"));
/// }
/// # assert_eq!(placement::explain(b"key0", &servers).count(), 10);
/// # Ok::<(), minimc_core::placement::BadServer>(())
/// ```
pub fn explain<'a>(
    key: &'a [u8],
    servers: &'a [Server<'a>],
) -> impl Iterator<Item = (&'static str, Option<usize>)> + 'a {
    let rules = Rule::KNOWN.into_iter();
    rules.map(|(client, rule)| (client, rule.place(key, servers)))
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    /// Three servers, one key: the clients disagree, each as it does.
    #[test]
    fn clients_disagree() {
        let servers = ["10.0.1.1", "10.0.1.2:11212", "10.0.1.3"];
        let servers = servers.map(|server| Server::parse(server).unwrap());
        let found: Vec<_> = explain(b"key2", &servers).collect();
        assert_eq!(found.len(), Rule::KNOWN.len());
        for (client, server) in [
            ("pylibmc default", 2),
            ("pylibmc ketama", 1),
            ("pylibmc ketama md5", 2),
            ("pylibmc ketama_weighted", 2),
            ("libmemcached_spy", 1),
        ] {
            assert!(
                found.contains(&(client, Some(server))),
                "{client}: {found:?}"
            );
        }
    }
}
