//! Servers that come and go: nodes that a server tells, names that a resolver knows.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::net::SocketAddr;
use std::time::Duration;

use minimc::discovery::{ElastiCache, Names};
use minimc::{During, Error, ErrorKind, Expiry, net};
use minimc_tests::scripted::scripted;
use minimc_tests::server::Memcached;

/// It is time again with each poll.
const ALWAYS: Duration = Duration::ZERO;

fn owned(servers: Result<Option<&[String]>, Error>) -> Result<Option<Vec<String>>, ErrorKind> {
    match servers {
        Ok(servers) => Ok(servers.map(<[String]>::to_vec)),
        Err(error) => Err(error.kind()),
    }
}

fn told(servers: &[&str]) -> Result<Option<Vec<String>>, ErrorKind> {
    Ok(Some(servers.iter().map(|&server| server.into()).collect()))
}

fn config(body: &str) -> Vec<u8> {
    format!("CONFIG cluster 0 {}\r\n{body}\r\nEND\r\n", body.len()).into_bytes()
}

/// What each answer of a node comes to, one after the other.
type Answers = Vec<(Vec<u8>, Result<Option<Vec<String>>, ErrorKind>)>;

fn answers() -> Answers {
    vec![
        (
            config("12\na.b|10.0.0.1|11211 c||11212 d|fe80::1|11213\n"),
            told(&["10.0.0.1:11211", "c:11212", "[fe80::1]:11213"]),
        ),
        // The same version, an older one, and a newer one with the same nodes.
        (config("12\nx|10.0.0.9|11211\n"), Ok(None)),
        (config("11\nx|10.0.0.9|11211\n"), Ok(None)),
        (
            config("13\na.b|10.0.0.1|11211 c||11212 d|fe80::1|11213\n"),
            Ok(None),
        ),
        // What cannot be is not taken, and its version does not count.
        (config("14\n\n"), Err(ErrorKind::NoServers)),
        (
            config("14\n/x|10.0.0.1:9|11211\n"),
            Err(ErrorKind::Malformed),
        ),
        (config("14\n10.0.0.1:9||11211\n"), Err(ErrorKind::Malformed)),
        (config("14\n[x||11211\n"), Err(ErrorKind::Malformed)),
        (config("14\nudp||11211\n"), Err(ErrorKind::Malformed)),
        (
            config(&format!("14\n{}||11211\n", "x".repeat(256))),
            Err(ErrorKind::Malformed),
        ),
        (b"END\r\n".to_vec(), Err(ErrorKind::NoServers)),
        (config("14\ne|10.0.0.2|11211\n"), told(&["10.0.0.2:11211"])),
    ]
}

fn endpoint(answers: &Answers) -> (String, std::thread::JoinHandle<()>) {
    let replies = answers.iter().map(|(reply, _)| reply.clone());
    scripted(
        replies
            .map(|reply| ("config get cluster\r\n", reply))
            .collect(),
    )
}

#[test]
fn nodes_are_taken_by_their_version() {
    let answers = answers();
    let (address, server) = endpoint(&answers);
    let mut nodes = ElastiCache::new(net::Client::connect(&address).unwrap(), ALWAYS);
    for (number, (_, expected)) in answers.iter().enumerate() {
        assert_eq!(&owned(nodes.poll()), expected, "answer {number}");
    }
    assert_eq!(nodes.version(), Some(14));
    server.join().unwrap();
}

#[tokio::test]
async fn nodes_are_taken_by_their_version_on_tokio() {
    let answers = answers();
    let (address, server) = endpoint(&answers);
    let client = minimc::tokio::Client::connect(&address).await.unwrap();
    let mut nodes = ElastiCache::new(client, ALWAYS);
    for (number, (_, expected)) in answers.iter().enumerate() {
        assert_eq!(&owned(nodes.poll().await), expected, "answer {number}");
    }
    server.join().unwrap();
}

#[test]
fn nodes_by_name() {
    let script = vec![("config get cluster\r\n", config("1\na.b|10.0.0.1|11211\n"))];
    let (address, server) = scripted(script);
    let client = net::Client::connect(&address).unwrap();
    let mut nodes = ElastiCache::new(client, ALWAYS).by_name();
    assert_eq!(owned(nodes.poll()), told(&["a.b:11211"]));
    server.join().unwrap();
}

/// A real server keeps the nodes in an item, and real servers are the nodes. Those that stay keep their
/// connections.
#[test]
fn a_cluster_follows_its_nodes() {
    let servers: Vec<_> = (0..3).map(|_| Memcached::tcp(&[])).collect();
    let mut writer = net::Client::connect(servers[0].address()).unwrap();
    let mut publish = |version: u64, nodes: &[&Memcached]| {
        let nodes = nodes.iter().map(|node| {
            let (ip, port) = node.address().split_once(':').unwrap();
            format!("localhost|{ip}|{port}")
        });
        let body = format!("{version}\n{}\n", nodes.collect::<Vec<_>>().join(" "));
        writer
            .set("AmazonElastiCache:cluster", &body, Expiry::NEVER)
            .unwrap();
    };
    let connections = |server: &Memcached| {
        let mut client = net::Client::connect(server.address()).unwrap();
        client.general_stats().unwrap().total_connections
    };
    let endpoint = net::Client::connect(servers[0].address()).unwrap();
    let mut nodes = ElastiCache::new(endpoint, ALWAYS).as_item();
    assert_eq!(owned(nodes.poll()), Err(ErrorKind::NoServers));

    publish(1, &[&servers[0], &servers[1]]);
    let mut cluster = net::Cluster::connect_lazy(nodes.poll().unwrap().unwrap()).unwrap();
    cluster.noop();
    let before = connections(&servers[1]);

    publish(2, &[&servers[1], &servers[2]]);
    cluster.set_servers(nodes.poll().unwrap().unwrap()).unwrap();
    assert!(cluster.noop().iter().all(Result::is_ok));
    let there: Vec<_> = cluster
        .servers()
        .iter()
        .map(|server| server.port())
        .collect();
    let expected = [&servers[1], &servers[2]].map(|server| {
        server
            .address()
            .rsplit_once(':')
            .unwrap()
            .1
            .parse::<u16>()
            .unwrap()
    });
    assert_eq!(there, expected);
    assert_eq!(
        connections(&servers[1]),
        before + 1,
        "but for the one that asks"
    );
}

#[test]
fn names_have_addresses() {
    let address = |text: &str| text.parse::<SocketAddr>().unwrap();
    let names = ["a:11212:2", "10.0.0.9", "b", "/run/x.sock"];
    let mut names = Names::new(&names, ALWAYS).unwrap();
    // What the resolver says of `a`, and what that comes to.
    let lost = ErrorKind::Io {
        during: During::Lookup,
        code: 0,
    };
    let both = [
        "10.0.0.1:11212:2",
        "10.0.0.2:11212:2",
        "10.0.0.9",
        "10.0.1.1:11211",
        "/run/x.sock",
    ];
    let two = vec![address("10.0.0.1:11212"), address("10.0.0.2:11212")];
    let turned = vec![
        address("10.0.0.2:11212"),
        address("10.0.0.1:11212"),
        address("10.0.0.1:11212"),
    ];
    let v6 = [
        "[fe80::1]:11212:2",
        "10.0.0.9",
        "10.0.1.1:11211",
        "/run/x.sock",
    ];
    for (number, (found, expected)) in [
        (Ok(two.clone()), told(&both)),
        (Ok(turned), Ok(None)),
        (Err(lost), Err(lost)),
        (Ok(vec![]), Err(ErrorKind::NoServers)),
        (Ok(two.clone()), Ok(None)),
        (Ok(vec![address("[fe80::1]:11212")]), told(&v6)),
        (Ok(two), told(&both)),
    ]
    .into_iter()
    .enumerate()
    {
        let servers = names.poll_with(|host| match host {
            "a:11212" => found.clone(),
            "b:11211" => Ok(vec![address("10.0.1.1:11211")]),
            other => panic!("{other} is looked up"),
        });
        assert_eq!(owned(servers), expected, "answer {number}");
    }
}

#[test]
fn names_are_looked_up_when_it_is_time() {
    let mut names = Names::new(&["a"], Duration::from_secs(3600)).unwrap();
    let found = |_: &str| Ok(vec!["10.0.0.1:11211".parse().unwrap()]);
    assert_eq!(owned(names.poll_with(found)), told(&["10.0.0.1:11211"]));
    assert_eq!(
        owned(names.poll_with(|_| panic!("it is not time"))),
        Ok(None)
    );

    let nobody: [&str; 0] = [];
    let kind = |names: Result<Names, Error>| names.unwrap_err().kind();
    assert_eq!(kind(Names::new(&nobody, ALWAYS)), ErrorKind::NoServers);
    assert!(matches!(
        kind(Names::new(&["a:x"], ALWAYS)),
        ErrorKind::Address(_)
    ));
}

/// The machine's own resolver, and a server behind the name.
#[tokio::test]
async fn localhost_is_a_name() {
    let server = Memcached::tcp(&[]);
    let port = server.address().rsplit_once(':').unwrap().1;
    let name = format!("localhost:{port}");
    let mut names = Names::new(&[&name], ALWAYS).unwrap();
    let servers = owned(names.poll()).unwrap().unwrap();
    let v4 = format!("127.0.0.1:{port}");
    assert!(servers.contains(&v4), "{servers:?}");
    assert_eq!(owned(names.poll_async().await), Ok(None));

    let mut cluster = net::Cluster::connect_lazy(&[v4]).unwrap();
    cluster
        .at("key")
        .unwrap()
        .set("key", "value", Expiry::NEVER)
        .unwrap();
    let mut names = Names::new(&["no-such-name.invalid"], ALWAYS).unwrap();
    let lost = owned(names.poll()).unwrap_err();
    assert!(
        matches!(
            lost,
            ErrorKind::Io {
                during: During::Lookup,
                ..
            }
        ),
        "{lost:?}"
    );
}
