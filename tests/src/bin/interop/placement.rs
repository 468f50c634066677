//! Two clients and five servers: each must find the keys that the other wrote, and where it put them.

use minimc::cluster::ClusterOptions;
use minimc::net::Cluster;
use minimc::placement::Rule;
use minimc::{Expiry, Options, Prefix};
use minimc_tests::server::Memcached;

use super::script;

const KEYS: usize = 1000;

/// What pylibmc is told, and what minimc is: the rule, the prefix of keys, what is hashed of it.
fn configurations() -> [(&'static str, Rule, Prefix, Prefix); 5] {
    let (none, app) = (Prefix::NONE, Prefix::new("app:").unwrap());
    let default = Rule::PYLIBMC_DEFAULT;
    [
        ("default", default, none, none),
        ("ketama", Rule::PYLIBMC_KETAMA, none, none),
        ("ketama_weighted", Rule::PYLIBMC_KETAMA_WEIGHTED, none, none),
        ("namespace", default, app, none),
        ("hash_with_prefix_key", default, app, app),
    ]
}

/// Prints how many keys each finds; whether it is all.
pub(super) fn run(python: &str) -> bool {
    let fleet: Vec<_> = (0..5).map(|_| Memcached::tcp(&[])).collect();
    println!(
        "{:<22} {:>8} {:>24} {:>24}",
        "5 servers", "weights", "pylibmc finds minimc's", "minimc finds pylibmc's"
    );
    let mut is_whole = true;
    for (name, rule, prefix, hashed_prefix) in configurations() {
        for is_weighted in [false, true] {
            let servers: Vec<_> = fleet
                .iter()
                .zip([1, 2, 3, 1, 5])
                .map(|(server, weight)| match is_weighted {
                    true => format!("{}:{weight}", server.address()),
                    false => server.address().to_string(),
                })
                .collect();
            let clients = Options {
                prefix,
                ..Options::default()
            };
            let options = ClusterOptions {
                rule,
                hashed_prefix,
                ..ClusterOptions::default()
            };
            let mut cluster = Cluster::connect_lazy_with(&servers, clients, options).unwrap();
            for flushed in cluster.flush_all(0) {
                flushed.unwrap();
            }
            assert_eq!(pylibmc(python, "write", name, "pylibmc", &servers), KEYS);
            let ours = write(&mut cluster);
            let found = [
                pylibmc(python, "read", name, "minimc", &servers),
                read(&mut cluster),
            ];
            assert_eq!(ours, KEYS);
            is_whole &= found == [KEYS; 2];
            let weights = if is_weighted { "1 2 3 1 5" } else { "none" };
            println!("{name:<22} {weights:>8} {:>24} {:>24}", found[0], found[1]);
        }
    }
    if !is_whole {
        println!("interop: keys are missing");
    }
    is_whole
}

/// How many keys pylibmc wrote, or found of those of `writer`.
fn pylibmc(python: &str, verb: &str, name: &str, writer: &str, servers: &[String]) -> usize {
    let mut arguments = vec![verb, name, writer];
    arguments.extend(servers.iter().map(String::as_str));
    let said = script(python, "placement.py", &arguments);
    said.trim().parse().expect("a number of keys")
}

fn write(cluster: &mut Cluster) -> usize {
    let (mut one, mut many) = (0, 0);
    let items: Vec<_> = (0..KEYS).map(|number| item("minimc", number)).collect();
    // Half one by one, half at once.
    let (singly, together) = items.split_at(KEYS / 2);
    for (key, value) in singly {
        let client = cluster.at(key).unwrap();
        one += usize::from(client.set(key, value, Expiry::NEVER).is_ok());
    }
    let mut stored = cluster.set_many(together, Expiry::NEVER);
    while let Some((_, outcome)) = stored.next() {
        many += usize::from(outcome.is_ok());
    }
    one + many
}

fn read(cluster: &mut Cluster) -> usize {
    let items: Vec<_> = (0..KEYS).map(|number| item("pylibmc", number)).collect();
    let keys: Vec<_> = items.iter().map(|(key, _)| key).collect();
    let mut found = 0;
    let mut got = cluster.get_many(&keys);
    while let Some((key, got)) = got.next() {
        let value = format!("{key} of pylibmc");
        found += usize::from(
            got.unwrap()
                .is_some_and(|item| item.value == value.as_bytes()),
        );
    }
    found
}

fn item(writer: &str, number: usize) -> (String, String) {
    let key = format!("{writer}:{number}");
    let value = format!("{key} of {writer}");
    (key, value)
}
