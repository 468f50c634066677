//! Statistics, dumps and watches of a real memcached, and of scripted ones that are newer.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use minimc::command::{ClusterConfig, Crawl, DumpedKey, Event, Stats, Watch, Watched, What};
use minimc::net::Socket;
use minimc::{Client, ErrorKind, Expiry, Key, Options, Protocol, ReturnCode, Transport, blocking};
use minimc_tests::observer::Observer;
use minimc_tests::run::{at_once, on_tokio};
use minimc_tests::script::calls::PROTOCOLS;
use minimc_tests::scripted::scripted;
use minimc_tests::server::Memcached;

const LINES: [Protocol; 2] = [Protocol::Text, Protocol::Meta];

/// The least storage that takes lines.
type Small<T> = Client<T, [u8; 2048], 4>;

fn small<T: Transport>(transport: T, protocol: Protocol) -> Small<T> {
    let options = Options {
        protocol,
        timeout: Duration::from_secs(10),
        ..Options::default()
    };
    Client::with_options(transport, [0; 2048], [0; 2048], options).unwrap()
}

/// A blocking client in the same storage.
fn waiting(address: &str, protocol: Protocol) -> blocking::Client<Socket, [u8; 2048], 4> {
    let options = Options {
        protocol,
        ..Options::default()
    };
    blocking::Client::with_options(Socket::new(address), [0; 2048], [0; 2048], options).unwrap()
}

async fn every_kind<T: Transport>(client: &mut Small<T>, protocol: Protocol) {
    client.set("a", "1", Expiry::NEVER).await.unwrap();
    let general = client.general_stats().await.unwrap();
    assert!(general.pid > 0 && general.threads == 2, "{general:?}");
    assert_eq!(general.curr_items, 1);
    assert!(general.version.bytes().starts_with(b"1."));
    let settings = client.settings().await.unwrap();
    assert!(
        settings.cas_enabled && settings.dump_enabled,
        "{settings:?}"
    );
    assert_eq!(settings.item_size_max, 1024 * 1024);

    for (stats, name) in [
        (Stats::GENERAL, "curr_items"),
        (Stats::SETTINGS, "maxbytes"),
        (Stats::ITEMS, "items:1:number"),
        (Stats::SLABS, "1:chunk_size"),
        (Stats::SIZES, "sizes_status"),
    ] {
        let mut found = 0;
        let mut lines = client.stats(stats).await.unwrap();
        while let Some(stat) = lines.next().await.unwrap() {
            found += usize::from(stat.name == name.as_bytes());
        }
        assert_eq!(found, 1, "{stats:?} {protocol:?}");
        // The end stays the end.
        assert!(lines.next().await.unwrap().is_none());
    }

    let mut slabs = minimc::command::ClassSlabs::new();
    let mut lines = client.stats(Stats::SLABS).await.unwrap();
    while let Some(stat) = lines.next().await.unwrap() {
        if let Some((1, stat)) = stat.within() {
            assert_eq!(slabs.take(&stat), Ok(true), "{stat:?}");
        }
    }
    assert!(slabs.used_chunks >= 1, "{slabs:?}");
    let mut items = minimc::command::ClassItems::new();
    let mut lines = client.stats(Stats::ITEMS).await.unwrap();
    while let Some(stat) = lines.next().await.unwrap() {
        if let Some((1, stat)) = stat.within() {
            assert_eq!(items.take(&stat), Ok(true), "{stat:?}");
        }
    }
    assert_eq!(items.number, 1, "{items:?}");
    // Of connections it tells by text only.
    if protocol != Protocol::Binary {
        let mut connection = minimc::command::ConnectionStatistics::new();
        let mut lines = client.stats(Stats::CONNECTIONS).await.unwrap();
        while let Some(stat) = lines.next().await.unwrap() {
            let (_, stat) = stat.within().unwrap();
            assert_eq!(connection.take(&stat), Ok(true), "{stat:?}");
        }
        let state = connection.state.bytes();
        assert!(state.starts_with(b"conn_"), "{connection:?}");
    }

    for answerless in [Stats::DETAIL_ON, Stats::DETAIL_OFF, Stats::RESET] {
        let mut lines = client.stats(answerless).await.unwrap();
        assert!(lines.next().await.unwrap().is_none());
    }
    client.get("a").await.unwrap();
    client.reset_stats().await.unwrap();
    assert_eq!(client.general_stats().await.unwrap().cmd_get, 0);

    client
        .lines(Stats::DETAIL_ON)
        .await
        .unwrap()
        .next()
        .await
        .unwrap();
    // 1.6.18 does not count `mg`; many are got by `get`.
    let mut items = client.get_many(&["dev:1"]).await.unwrap();
    while items.next().await.is_some() {}
    let mut dump = client.stats(Stats::DETAIL_DUMP).await.unwrap();
    let stat = dump.next().await.unwrap().unwrap();
    if protocol == Protocol::Binary {
        assert_eq!(stat.name, b"detailed");
    } else {
        assert_eq!((stat.name, &stat.value[..5]), (&b"dev"[..], &b"get 1"[..]));
    }
    assert!(dump.next().await.unwrap().is_none());

    // What the server does not know is its error, and the connection goes on.
    let mut unknown = client
        .stats(Stats::of("nothing of that").unwrap())
        .await
        .unwrap();
    assert_eq!(unknown.next().await.unwrap_err().kind(), ErrorKind::Command);
    assert!(unknown.next().await.unwrap().is_none());
    let mut connections = client.stats(Stats::CONNECTIONS).await.unwrap();
    let first = connections.next().await;
    assert_eq!(first.is_ok(), protocol != Protocol::Binary);
    // A stream that is given up is passed over.
    drop(connections);
    assert_eq!(client.get("a").await.unwrap().unwrap().value, b"1");
}

#[test]
fn statistics_of_every_kind() {
    for protocol in PROTOCOLS {
        let server = Memcached::tcp(&[]);
        at_once(async {
            let mut client = small(Socket::new(server.address()), protocol);
            every_kind(&mut client, protocol).await;
        });
        let connections = Observer::new(&server).connections();
        // The counters were set to 0: after that only this one.
        assert_eq!(connections, 1, "{protocol:?}");
        let server = Memcached::tcp(&[]);
        on_tokio(async {
            let socket = minimc::tokio::Socket::new(server.address());
            every_kind(&mut small(socket, protocol), protocol).await;
        });
    }
}

const COUNT: usize = 5000;

/// Keys that need escaping, and some of any bytes.
fn names() -> BTreeSet<Vec<u8>> {
    let mut names = BTreeSet::new();
    for index in 0..COUNT {
        names.insert(match index % 4 {
            0 => format!("plain:{index}").into_bytes(),
            1 => format!("100%20+{index}&a=b").into_bytes(),
            2 => format!("größe/{index}").into_bytes(),
            _ => [b"\0 \r\n%=".as_slice(), &index.to_be_bytes()].concat(),
        });
    }
    names
}

async fn fill<T: Transport>(client: &mut Client<T, minimc::Growing, 64>) {
    for name in names() {
        let key = Key::new(&name).or_else(|_| Key::encoded(&name)).unwrap();
        client.set(key, "v", Expiry::NEVER).await.unwrap();
    }
}

async fn dumps<T: Transport>(client: &mut Small<T>) {
    let expected = names();
    for crawl in [Crawl::All, Crawl::Hash] {
        let mut found = BTreeSet::new();
        let mut items = client.metadump(crawl).await.unwrap();
        while let Some(item) = items.next().await.unwrap() {
            assert_eq!((item.expires, item.is_fetched), (None, Some(false)));
            assert!(item.size.is_some() && item.cas.is_some() && item.class.is_some());
            assert_eq!(item.column("fetch"), Some(&b"no"[..]));
            assert!(found.insert(bytes(item.key)));
        }
        assert_eq!(found, expected);
    }
    // Each class on its own makes the whole.
    let mut found = BTreeSet::new();
    for class in 1..=4 {
        let classes = [class];
        let mut items = client.metadump(Crawl::Classes(&classes)).await.unwrap();
        while let Some(item) = items.next().await.unwrap() {
            assert_eq!(item.class, Some(class.into()));
            assert!(found.insert(bytes(item.key)));
        }
    }
    assert_eq!(found, expected);
    let mut refused = client.metadump(Crawl::Classes(&[200])).await.unwrap();
    let error = refused.next().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert_eq!(error.return_code(), ReturnCode::Failure);
    assert!(error.text().unwrap().bytes().starts_with(b"BADCLASS"));

    let mut count = 0;
    let mut items = client.cachedump(1, 0).await.unwrap();
    while let Some(item) = items.next().await.unwrap() {
        assert!(expected.contains(&bytes(item.key)), "{item:?}");
        assert_eq!(item.size, 1);
        count += 1;
    }
    assert!(count > 1000, "{count}");
    // 1.6.18 does not know it.
    let mut keys = client.mgdump(Crawl::All).await.unwrap();
    assert_eq!(keys.next().await.unwrap_err().kind(), ErrorKind::Command);
    client.noop().await.unwrap();
}

fn bytes(key: DumpedKey<'_>) -> Vec<u8> {
    key.bytes().collect()
}

#[test]
fn dumps_of_5000_keys() {
    let server = Memcached::tcp(&[]);
    at_once(async {
        let socket = Socket::new(server.address());
        fill(&mut minimc_tests::run::host(socket, Options::default())).await;
        for protocol in LINES {
            dumps(&mut small(Socket::new(server.address()), protocol)).await;
        }
    });
    on_tokio(async {
        let socket = minimc::tokio::Socket::new(server.address());
        dumps(&mut small(socket, Protocol::Meta)).await;
    });
}

#[test]
fn a_dump_that_is_not_allowed() {
    let server = Memcached::tcp(&["-X", "-W"]);
    let mut observer = Observer::new(&server);
    for protocol in LINES {
        let before = observer.connections();
        let mut client = waiting(server.address(), protocol);
        let error = client.metadump(Crawl::All).unwrap().next().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused);
        let words = error.text().unwrap();
        assert_eq!(words.bytes(), b"ERROR metadump not allowed");
        let error = client.cachedump(1, 1).unwrap().next().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Client);
        let watch = client.watch(Watch::new(&[]));
        assert_eq!(watch.unwrap_err().kind(), ErrorKind::Client);
        client.noop().unwrap();
        assert_eq!(observer.connections(), before + 1);
    }
}

async fn watched<T: Transport>(server: &Memcached, client: &mut Small<T>) {
    let mut observer = Observer::new(server);
    let kinds = [Watched::Fetchers, Watched::Mutations];
    let mut events = client.watch(Watch::new(&kinds)).await.unwrap();
    let began = Instant::now();
    // That nothing happens is no failure.
    let quiet = Duration::from_millis(100);
    assert_eq!(events.next_within(quiet).await.unwrap(), None);
    let took = began.elapsed();
    assert!(took >= quiet && took < Duration::from_secs(3), "{took:?}");

    observer.store("a%20", b"1");
    observer.value("a%20").unwrap();
    assert_eq!(observer.value("nothing"), None);
    let mut told = Vec::new();
    while told.len() < 4 {
        let event = events.next_within(Duration::from_secs(10)).await.unwrap();
        let Some(Event::Happened(record)) = event else {
            panic!("{event:?}");
        };
        assert!(record.seconds > 1_700_000_000 && record.micros < 1_000_000);
        assert!(record.column("cfd").is_some(), "{record:?}");
        told.push(match record.what {
            What::Get { key, is_found } => ("get", bytes(key), is_found),
            What::Store { key, is_stored } => ("store", bytes(key), is_stored),
            other => panic!("{other:?}"),
        });
    }
    let key = || b"a%20".to_vec();
    assert!(told.contains(&("store", key(), true)), "{told:?}");
    assert!(told.contains(&("get", key(), true)), "{told:?}");
    assert!(
        told.contains(&("get", b"nothing".to_vec(), false)),
        "{told:?}"
    );
    drop(events);
    // The next call has a connection of its own.
    assert_eq!(client.get("a%20").await.unwrap().unwrap().value, b"1");
}

#[test]
fn what_others_do_is_watched() {
    for protocol in LINES {
        let server = Memcached::tcp(&[]);
        at_once(async {
            watched(&server, &mut small(Socket::new(server.address()), protocol)).await;
        });
        let server = Memcached::tcp(&[]);
        on_tokio(async {
            let socket = minimc::tokio::Socket::new(server.address());
            watched(&server, &mut small(socket, protocol)).await;
        });
    }
}

#[test]
fn a_watch_outlasts_the_limit_of_an_operation() {
    let server = Memcached::tcp(&[]);
    let options = Options {
        timeout: Duration::from_millis(200),
        ..Options::default()
    };
    let socket = Socket::new(server.address());
    let mut client =
        blocking::Client::<_, _, 4>::with_options(socket, [0; 2048], [0; 2048], options).unwrap();
    let watch = Watch::new(&[Watched::Mutations]);
    let mut events = client.watch(watch).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(700));
            Observer::new(&server).store("late", b"1");
        });
        let event = events.next_within(Duration::from_secs(20)).unwrap();
        assert!(matches!(event, Some(Event::Happened(_))), "{event:?}");
    });
}

#[test]
fn a_watch_tells_of_a_lost_connection() {
    let mut server = Memcached::tcp(&[]);
    let mut client = waiting(server.address(), Protocol::Meta);
    let mut events = client.watch(Watch::new(&[])).unwrap();
    server.stop();
    let limit = Duration::from_secs(10);
    assert!(events.next_within(limit).is_err());
    assert!(events.next_within(limit).is_err());
}

#[test]
fn as_many_watchers_as_there_may_be() {
    let server = Memcached::tcp(&[]);
    let mut clients: Vec<_> = (0..21)
        .map(|_| waiting(server.address(), Protocol::Meta))
        .collect();
    let mut watches = Vec::new();
    let mut refused = 0;
    for client in &mut clients {
        match client.watch(Watch::new(&[])) {
            Ok(events) => watches.push(events),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Refused);
                let words = error.text().unwrap().bytes();
                assert!(words.starts_with(b"WATCHER_TOO_MANY"), "{error}");
                refused += 1;
            }
        }
    }
    assert_eq!((watches.len(), refused), (20, 1));
}

#[test]
fn dumps_of_1_6_43_begin_with_ok() {
    let mut keys = "OK\r\n".to_string();
    let mut items = "OK\r\n".to_string();
    for index in 0..1000 {
        items +=
            &format!("key=k%20{index} exp=-1 la=7 cas={index} fetch=yes cls=1 size=67 flags=5\n");
        keys += &format!("mg k{index}\r\n");
    }
    keys += "mg AAECICA= b\r\nEN\r\n";
    items += "END\r\n";
    let (address, server) = scripted(vec![
        ("lru_crawler metadump all\r\n", items.into_bytes()),
        ("lru_crawler mgdump hash\r\n", keys.into_bytes()),
        ("mn\r\n", b"MN\r\n".to_vec()),
    ]);
    let mut client = waiting(&address, Protocol::Meta);
    let mut items = client.metadump(Crawl::All).unwrap();
    let mut count = 0;
    while let Some(item) = items.next().unwrap() {
        assert_eq!(bytes(item.key), format!("k {count}").into_bytes());
        assert_eq!((item.cas, item.flags), (Some(count), Some(5)));
        count += 1;
    }
    assert_eq!(count, 1000);
    let mut keys = client.mgdump(Crawl::Hash).unwrap();
    let mut last = (0, Vec::new());
    while let Some(key) = keys.next().unwrap() {
        last = (last.0 + 1, bytes(key));
    }
    assert_eq!(last, (1001, b"\0\x01\x02  ".to_vec()));
    client.noop().unwrap();
    server.join().unwrap();
}

#[test]
fn a_dump_that_is_refused_on_the_way() {
    let reply = b"key=a exp=-1\nkey=b exp=-1\nERROR locked try again later\r\n";
    let (address, server) = scripted(vec![
        ("lru_crawler metadump hash\r\n", reply.to_vec()),
        ("mn\r\n", b"MN\r\n".to_vec()),
    ]);
    let mut client = waiting(&address, Protocol::Meta);
    let mut items = client.metadump(Crawl::Hash).unwrap();
    assert_eq!(bytes(items.next().unwrap().unwrap().key), b"a");
    assert_eq!(bytes(items.next().unwrap().unwrap().key), b"b");
    let error = items.next().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    let words = error.text().unwrap();
    assert_eq!(words.bytes(), b"ERROR locked try again later");
    assert!(items.next().unwrap().is_none());
    client.noop().unwrap();
    server.join().unwrap();
}

#[test]
fn a_dump_that_is_cut_short_is_an_error_and_is_not_begun_again() {
    let reply = b"key=a exp=-1\nkey=b ex".to_vec();
    let (address, server) = scripted(vec![
        ("mn\r\n", b"MN\r\n".to_vec()),
        ("lru_crawler metadump all\r\n", reply),
    ]);
    let mut client = waiting(&address, Protocol::Meta);
    client.noop().unwrap();
    let mut items = client.metadump(Crawl::All).unwrap();
    assert_eq!(bytes(items.next().unwrap().unwrap().key), b"a");
    assert_eq!(items.next().unwrap_err().kind(), ErrorKind::Closed);
    assert!(items.next().unwrap().is_none());
    server.join().unwrap();
}

#[test]
fn the_nodes_of_a_cluster() {
    let body = "12\na.b|10.0.0.1|11211 c||11212\n";
    let config = format!("CONFIG cluster 0 {}\r\n{body}\r\nEND\r\n", body.len());
    let item = config.replace("CONFIG cluster", "VALUE AmazonElastiCache:cluster");
    let (address, server) = scripted(vec![
        ("config get cluster\r\n", config.into_bytes()),
        ("get AmazonElastiCache:cluster\r\n", item.into_bytes()),
        ("mn\r\n", b"MN\r\n".to_vec()),
    ]);
    let mut client = waiting(&address, Protocol::Meta);
    let check = |cluster: minimc::command::Cluster<'_>| {
        let nodes: Vec<_> = cluster
            .nodes()
            .map(|node| (node.host, node.ip, node.port))
            .collect();
        assert_eq!(cluster.version, 12);
        assert_eq!(nodes, [("a.b", "10.0.0.1", 11211), ("c", "", 11212)]);
    };
    check(client.cluster_config().unwrap().unwrap());
    check(client.call(&ClusterConfig::as_item()).unwrap().unwrap());
    client.noop().unwrap();
    server.join().unwrap();

    let server = Memcached::tcp(&[]);
    let mut client = waiting(server.address(), Protocol::Meta);
    let error = client.cluster_config().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Command);
    assert_eq!(client.call(&ClusterConfig::as_item()).unwrap(), None);
}

#[test]
fn small_storage_is_refused_and_the_connection_goes_on() {
    let server = Memcached::tcp(&[]);
    let socket = Socket::new(server.address());
    let mut client = blocking::Client::<_, _, 4>::new(socket, [0; 2047], [0; 2047]).unwrap();
    client.noop().unwrap();
    let mut observer = Observer::new(&server);
    let before = observer.connections();
    let error = client.general_stats().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StorageTooSmall);
    client.noop().unwrap();
    assert_eq!(observer.connections(), before);
}

#[test]
fn how_many_items_have_a_size() {
    let server = Memcached::tcp(&["-o", "track_sizes"]);
    let mut client = minimc::net::Client::connect(server.address()).unwrap();
    for (key, length) in [("a", 1), ("b", 1), ("c", 1000)] {
        client.set(key, &vec![b'x'; length], Expiry::NEVER).unwrap();
    }
    let mut sizes = vec![];
    let mut lines = client.stats(Stats::SIZES).unwrap();
    while let Some(stat) = lines.next().unwrap() {
        sizes.extend(stat.items_of_size().unwrap());
    }
    let counts: Vec<u64> = sizes.iter().map(|(_, count)| *count).collect();
    assert_eq!(counts, [2, 1], "{sizes:?}");
    assert!(sizes[0].0 < 200 && sizes[1].0 > 1000, "{sizes:?}");
}
