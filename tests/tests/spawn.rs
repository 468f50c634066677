//! Every public future of the tokio client can be spawned, with borrowed keys and mapped iterators.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::time::Duration;

use embedded_io_adapters::tokio_1::FromTokio;
use minimc::command::{
    Count, Crawl, Delete, Get, GetMany, Item, Login, Noop, Stats, Store, StoreInPieces, Touch,
    Version, Watch, Watched,
};
use minimc::discovery::{ElastiCache, Names};
use minimc::format::Json;
use minimc::recipes::{Compute, Election, Lock, RateLimit, Update};
use minimc::tokio::{Client, Cluster, Pool, Shared, SharedCluster};
use minimc::value::Deflate;
use minimc::value::chunks::{Manifest, Position};
use minimc::{Credentials, Error, Expiry, Key, Options};
use minimc_tests::server::{LOGIN, Memcached};

/// Spawns a future that borrows nothing from outside, but within itself whatever it likes.
macro_rules! spawned {
    ($address:ident, |$client:ident| $body:block) => {{
        let address = $address.clone();
        let task = async move {
            let mut $client = Client::connect(&address).await?;
            $body
            Ok::<(), Error>(())
        };
        tokio::spawn(task).await.unwrap().unwrap();
    }};
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_future_is_send() {
    let server = Memcached::tcp(&[]);
    let address = server.address().to_string();
    let never = Expiry::NEVER;

    spawned!(address, |client| {
        let (key, value) = (String::from("k"), String::from("v"));
        client.set(&key, &value, never).await?;
        let _ = client.get(&key).await?.map(|item| item.value.len());
        let _ = client.gets(key.as_str()).await?;
        let _ = client.get_owned(key.as_bytes()).await?;
        let _ = client.get_and_touch(&key, never).await?;
        let _ = client.get_into(&key, &mut [0; 100]).await?;
        let _ = client.add(&key, &value, never).await?;
        let _ = client.replace(&key, &value, never).await?;
        let _ = client.append(&key, &value).await?;
        let _ = client.prepend(&key, &value).await?;
        let _ = client.cas(&key, &value, 1, never).await?;
        let _ = client.touch(&key, never).await?;
        let _ = client.delete(&key).await?;
        let _ = client.incr(&key, 1).await;
        let _ = client.decr(&key, 1).await;
        let _ = client.incr_or_create(&key, 1, 1, never).await;
        let _ = client.decr_or_create(&key, 1, 1, never).await;
        let _ = client.lease(&key, Expiry::seconds(9)).await?;
        let _ = client.exists(&key).await?;
        let _ = client.delete_cas(&key, 1).await?;
        client.set_value(&key, value.as_str(), never).await?;
        let (mut deflate, mut room) = (Deflate::<2048>::new(), [0; 100]);
        let text = value.as_str();
        let call = client.set_value_compressed(&key, text, never, &mut deflate, &mut room);
        call.await?;
        let _ = client.get_value(&key).await?;
        let _ = client.get_value_into(&key, &mut [0; 100]).await?;
        let _ = client.gets_value(&key).await?;
        let _ = client.set_as(Json, &key, &value, never).await;
        let _: Result<Option<String>, _> = client.get_as(Json, &key).await;
        let mut room = [0; 100];
        let read: Result<Option<&str>, _> = client.get_as_into(Json, &key, &mut room).await;
        let _ = read.unwrap();
        let _ = client.add_value(&key, 1, never).await?;
        let _ = client.replace_value(&key, true, never).await?;
        let _ = client.cas_value(&key, value.as_bytes(), 1, never).await?;
        let _ = client.append_value(&key, value.as_str()).await;
        let _ = client.prepend_value(&key, value.as_str()).await;
        client.set_counter(&key, 1, never).await?;
        let _ = client.get_counter(&key).await?;
        let _ = client.version().await?;
        let _ = client.learn_dialect().await?;
        client.noop().await?;
    });

    let servers = [address.clone(), Memcached::tcp(&[]).address().to_string()];
    let task = async move {
        let mut cluster = Cluster::connect_lazy(&servers)?;
        cluster.on_change(|server, change| println!("{server:?}: {change:?}"));
        let keys: Vec<String> = (0..10).map(|n| format!("k{n}")).collect();
        let pairs: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "1")).collect();
        let _ = cluster.at(&keys[0])?.get(&keys[0]).await;
        let _ = cluster.get_many(&keys).await.next().await;
        let _ = cluster.set_many(&pairs, never).await.next().await;
        let _ = cluster.add_many(&pairs, never).await.next().await;
        let _ = cluster.incr_many(&keys, 1).await.next().await;
        let _ = cluster.decr_many(&keys, 1).await.next().await;
        let _ = cluster.touch_many(&keys, never).await.next().await;
        let _ = cluster.delete_many(&keys).await.next().await;
        let _ = cluster
            .batch(GetMany::new(&keys).with_cas())
            .await
            .next()
            .await;
        let _ = cluster.call_all(&Version).await;
        let _ = cluster.flush_all(0).await;
        let _ = cluster.version().await;
        let _ = cluster.noop().await;
        let _ = cluster.stats(Stats::GENERAL, |_, _| {}).await;
        let _ = cluster.general_stats().await;
        let _ = cluster.settings().await;
        let _ = cluster.reset_stats().await;
        let _ = cluster.set_replicas(&keys[0], &keys[1], never).await?;
        let _ = cluster.get_replica(&keys[0]).await?.answer?.is_some();
        let _ = cluster.delete_replicas(&keys[0]).await?;
        let _ = cluster.call_replicas(&keys[0], &Noop).await;
        let _ = cluster.call_replica(&keys[0], &Noop).await.answer;
        let _ = cluster.try_clone()?.quit().await;
        Ok::<(), Error>(())
    };
    tokio::spawn(task).await.unwrap().unwrap();

    spawned!(address, |client| {
        let keys: Vec<String> = (0..10).map(|n| format!("k{n}")).collect();
        let pairs: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "1")).collect();
        let _ = client.set_many(&pairs, never).await?.next().await;
        let _ = client.add_many(&pairs, never).await?.next().await;
        let _ = client.incr_many(&keys, 1).await?.next().await;
        let _ = client.decr_many(&keys, 1).await?.next().await;
        let _ = client.touch_many(&keys, never).await?.next().await;
        let _ = client.delete_many(&keys).await?.next().await;
    });

    spawned!(address, |client| {
        let _ = client.stats(Stats::ITEMS).await?.next().await?;
        let _ = client.lines(Stats::GENERAL).await?.next().await?;
        let _ = client.general_stats().await?;
        let _ = client.settings().await?;
        client.reset_stats().await?;
        let _ = client.metadump(Crawl::All).await?.next().await?;
        let _ = client.mgdump(Crawl::All).await?.next().await;
        let _ = client.cachedump(1, 1).await?.next().await?;
        let _ = client.cluster_config().await;
        client.verbosity(0).await?;
        client.cache_memlimit(64).await?;
        client.flush_all(0).await?;
        let mut events = client.watch(Watch::new(&[Watched::Mutations])).await?;
        let _ = events.next_within(Duration::from_millis(1)).await?;
    });

    // With what is done first on a connection.
    let with_login = Memcached::with_login();
    let guarded = with_login.address().to_string();
    let greeting = async move {
        let (user, password) = LOGIN.split_once(' ').unwrap();
        let credentials = Credentials::new(user, password)?;
        let options = Options {
            credentials: Some(credentials),
            learn_dialect: true,
            ..Options::default()
        };
        let mut client = Client::connect_with(&guarded, options).await?;
        client.noop().await?;
        client.call(&Login::new(credentials)).await?;
        client.quit().await
    };
    tokio::spawn(greeting).await.unwrap().unwrap();

    spawned!(address, |client| {
        let name = String::from("k");
        let key = Key::new(&name)?;
        let _ = client.call(&Get::new(key).with_cas()).await?;
        let _ = client
            .call(&Store::set(key, name.as_bytes()).flags(1))
            .await?;
        let _ = client.call(&Touch::new(key, never)).await?;
        let _ = client.call(&Count::up(key, 1)).await;
        let _ = client.call(&Delete::new(key)).await?;
        let _ = client.call(&Version).await?;
        client.call(&Noop).await?;
        client.send(&Get::new(key)).await?;
        let _ = client.receive::<Get<'_>>().await?;
        client.disconnect();
    });

    spawned!(address, |client| {
        let keys: Vec<String> = (0..10).map(|n| format!("k{n}")).collect();
        let value = String::from("value");
        let sets = keys
            .iter()
            .map(|key| Store::set(Key::new(key).unwrap(), value.as_bytes()));
        let mut stored = 0;
        client
            .call_each(sets, |_, reply| stored += usize::from(reply.is_ok()))
            .await?;
        assert_eq!(stored, 10);
        let valid = keys.iter().filter_map(|key| Key::new(key).ok());
        client
            .call_each(valid.map(Get::new), |_, reply| {
                assert!(reply.unwrap().is_some())
            })
            .await?;

        let mut items = client.get_many(&keys).await?;
        while let Some((key, item)) = items.next().await {
            assert!(key.starts_with('k') && item?.unwrap().value == value.as_bytes());
        }
        let borrowed: Vec<&str> = keys.iter().map(String::as_str).collect();
        let _ = client.batch(GetMany::new(&borrowed)).await?.next().await;

        let store = StoreInPieces::set(Key::new(&keys[0])?, 5);
        let mut upload = client.upload(&store).await?;
        upload.write(value.as_bytes()).await?;
        let _ = upload.finish().await?;
        let (key, mut reader, mut buffer) = (&keys[0], value.as_bytes(), [0; 100]);
        let mut bytes = 0;
        let mut digest = |piece: &[u8]| bytes += piece.len();
        let stored = client.set_from_reader(key, 5, &mut reader, never, &mut buffer, &mut digest);
        assert!(stored.await.is_ok());
        let mut reader = FromTokio::new(value.as_bytes());
        let stored = client.store_from_reader(&store, &mut reader, &mut buffer, &mut digest);
        assert!(stored.await.is_ok());
        let mut writer = FromTokio::new(Vec::new());
        let got = client.get_to_writer(key, &mut writer, &mut digest);
        assert!(got.await.is_ok());
        let manifest = Manifest::new(5, 3, 1).unwrap();
        let mut reader = value.as_bytes();
        let stored =
            client.set_chunked("c", manifest, &mut reader, never, &mut buffer, &mut digest);
        let mut position = Position::new(stored.await.unwrap());
        let stored = client.set_part(
            "d",
            &mut position,
            &mut reader,
            never,
            &mut buffer,
            &mut digest,
        );
        assert!(stored.await.is_err());
        let got = client.get_chunked("c", &mut writer, &mut digest);
        assert!(got.await.unwrap().is_some());
        let mut position = client.open_chunked("c").await?.unwrap();
        client.resume_chunked("c", &position).await?;
        let got = client.get_part("c", &mut position, &mut writer, &mut digest);
        assert!(got.await.unwrap());
        let _ = client.delete_chunked("c").await?;
        let _ = client.delete_parts("c", &manifest).await?;
        let mut window = vec![0; 100];
        let got = client.get_inflated_to_writer(key, &mut writer, &mut window, 100, &mut digest);
        assert!(got.await.is_ok());

        let mut stream = client.open(&keys[0]).await?.unwrap();
        while let Some(bytes) = stream.next().await? {
            assert!(!bytes.is_empty());
        }
    });

    spawned!(address, |client| {
        let (key, owner) = (String::from("recipe"), String::from("me"));
        let (value, waits) = (String::from("v"), 1);
        let recipe = Compute::new(&key, never)?.tries(waits);
        let computed = client
            .get_or_compute(
                &recipe,
                |item| item.value.to_vec(),
                async || {
                    tokio::task::yield_now().await;
                    Ok::<_, Error>(&value)
                },
                async |n| {
                    tokio::task::yield_now().await;
                    assert!(n <= waits);
                },
            )
            .await?;
        assert!(computed.value().is_some());
        let update = Update::new(&key, never)?;
        let changed = client.update(&update, |item| {
            Some([item?.value, value.as_bytes()].concat())
        });
        let _ = changed.await?;
        let lock = Lock::new("lock", "tokens", &owner, never)?;
        let _ = client.acquire(&lock).await?;
        assert!(client.renew(&lock).await? && client.release(&lock).await?);
        let election = Election::new("leader", &owner, never)?;
        assert!(client.campaign(&election).await? && client.resign(&election).await?);
        let _ = client.admit(&RateLimit::new("rate", 1, never)?).await?;
    });

    let pool = Pool::connect_lazy(&address);
    let racers: Vec<_> = (0..3)
        .map(|n| {
            let pool = pool.clone();
            tokio::spawn(async move {
                let mut client = pool.checkout().await?;
                client.set("racer", &n.to_string(), never).await?;
                let _ = client.get("racer").await?;
                // A guard goes wherever its holder wants.
                tokio::spawn(async move { client.noop().await })
                    .await
                    .unwrap()
            })
        })
        .collect();
    for racer in racers {
        racer.await.unwrap().unwrap();
    }

    let shared = Shared::connect(&address).await.unwrap();
    let crowd = async move {
        let key = String::from("k");
        shared.set(&key, &[0; 9000], never).await?;
        let _ = shared.get_into(&key, &mut [0; 10]).await;
        let keys = [key.as_str(), "other"];
        let _ = shared.get_many(&keys).await;
        let get = Get::new(Key::new("k")?);
        let length = |item: Option<Item<'_>>| item.map(|item| item.value.len());
        let _ = shared.call_with(&get, length).await?;
        shared.call(&Noop).await
    };
    tokio::spawn(crowd).await.unwrap().unwrap();

    let shared = SharedCluster::connect_lazy(&[&address]).unwrap();
    let crowd = async move {
        let keys = [String::from("k"), String::from("other")];
        shared.at(&keys[0])?.set(&keys[0], "v", never).await?;
        assert!(shared.get_many(&keys).await.iter().all(Result::is_ok));
        Ok::<(), Error>(())
    };
    tokio::spawn(crowd).await.unwrap().unwrap();

    let client = Client::connect(&address).await.unwrap();
    let discovery = async move {
        let mut nodes = ElastiCache::new(client, Duration::ZERO).as_item();
        let _ = nodes.poll().await;
        let mut names = Names::new(&["localhost"], Duration::ZERO)?;
        let _ = names.poll_async().await?;
        Ok::<(), Error>(())
    };
    tokio::spawn(discovery).await.unwrap().unwrap();

    let connect = async move {
        Client::connect_with(&address, Options::default())
            .await
            .map(|_| ())
    };
    tokio::spawn(connect).await.unwrap().unwrap();
}

/// Of a method that is not spawned above nobody would see that its future is not `Send` any more.
#[test]
fn none_is_missing() {
    let spawned = include_str!("spawn.rs");
    let [client, pool, verbs, values, streams, chunks] = [
        include_str!("../../adapters/src/client/mod.rs"),
        include_str!("../../adapters/src/pool/tokio.rs"),
        include_str!("../../adapters/src/verbs.rs"),
        include_str!("../../adapters/src/values.rs"),
        include_str!("../../adapters/src/streams.rs"),
        include_str!("../../adapters/src/chunks.rs"),
    ];
    let mut count = 0;
    for (source, declares) in [
        (client, "pub async fn "),
        (pool, "pub async fn "),
        (verbs, "pub $($async)? fn "),
        (values, "pub $($async)? fn "),
        (streams, "pub $($async)? fn "),
        (chunks, "pub $($async)? fn "),
    ] {
        for declared in source.split(declares).skip(1) {
            let name = declared.split(['<', '(']).next().unwrap();
            let is_spawned =
                spawned.contains(&format!(".{name}(")) || spawned.contains(&format!(".{name}::<"));
            assert!(is_spawned, "{name}");
            count += 1;
        }
    }
    assert!(count >= 50, "only {count} methods");
}
