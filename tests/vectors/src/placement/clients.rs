//! Each recorded configuration, carried out by the core.

use core::cell::RefCell;

use minimc_core::hash;
use minimc_core::placement::{
    Distribution, OptionString, Placement, Point, PythonHash, PythonKey, Rule, Server, Setting,
    Via, pymemcache_score, python_memcached,
};
use serde_json::Value;

use super::libmemcached::Handle;
use super::record::Record;
use crate::record::unhex;

/// What is told of a record besides that it agrees.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    pub(super) is_stale: bool,
    pub(super) had_crashed: bool,
    pub(super) keys: usize,
}

/// Carries a record out. What differs is the error.
pub(super) fn check(record: &Record<'_>) -> Result<Told, String> {
    match record.client {
        "libmemcached" => libmemcached(record),
        "pylibmc" => pylibmc(record),
        "python-memcached" => python(record),
        "pymemcache" => pymemcache(record),
        "dalli" => dalli(record),
        "gomemcache" => gomemcache(record),
        client => Err(format!("no client is called {client}")),
    }
}

fn libmemcached(record: &Record<'_>) -> Result<Told, String> {
    let mut handle = Handle::default();
    for step in record.list("steps") {
        carry_out(&mut handle, step).ok_or_else(|| format!("no such step: {step}"))?;
    }
    let servers: Vec<_> = handle
        .instances()
        .iter()
        .map(|s| (s.host.clone(), s.port))
        .collect();
    let recorded: Vec<_> = record
        .list("servers")
        .iter()
        .map(|server| {
            (
                server[0].as_str().unwrap_or_default().to_owned(),
                server[1].as_u64().unwrap_or_default() as u16,
            )
        })
        .collect();
    equal("the servers", &servers, &recorded)?;
    if let Some(count) = record.value["ring_points"].as_u64() {
        let ring = handle.ring().unwrap_or_default();
        equal("the number of points", &ring.len(), &(count as usize))?;
        let is_weighted = record.value["ring_weighted"].as_bool();
        equal(
            "whether it is weighted",
            &Some(handle.is_weighted),
            &is_weighted,
        )?;
        let bytes: Vec<u8> = ring
            .iter()
            .flat_map(|p| [p.server.to_le_bytes(), p.value.to_le_bytes()])
            .flatten()
            .collect();
        let digest: String = hash::md5_words(&bytes)
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .map(|byte| format!("{byte:02x}"))
            .collect();
        equal("the ring", &digest[..], record.text("ring_md5"))?;
    }
    handle_places(&handle, record, "index")
}

fn carry_out(handle: &mut Handle, step: &Value) -> Option<()> {
    let text = |at: usize| step[at].as_str();
    match (text(0)?, text(1)) {
        ("behavior", Some(name)) => handle.behave(name, &shown(&step[2])),
        ("add", Some(kind)) => {
            let (host, port, weight) = (text(2)?, step[3].as_u64()?, step[4].as_u64()?);
            let server = match kind {
                "unix" => Server::unix(host),
                _ => Server::tcp(host, port as u16),
            };
            handle.add(server.ok()?.with_weight(weight as u32));
            Some(())
        }
        ("push", Some(list)) => {
            let servers: Result<Vec<_>, _> = list.split(',').map(Server::parse).collect();
            handle.push(servers.ok()?);
            Some(())
        }
        ("conf", Some(options)) => configure(handle, options),

        ("namespace", Some(hex)) => {
            handle.namespace(unhex(hex)?);
            Some(())
        }
        ("retry", _) => {
            handle.retry(step[1].as_u64()? as usize, step[2].as_u64()? > 0);
            Some(())
        }
        ("bucket", _) => {
            let buckets = step[1].as_array()?.iter();
            handle.bucket(
                buckets
                    .map(|one| Some(one.as_u64()? as usize))
                    .collect::<Option<_>>()?,
            );
            Some(())
        }
        _ => None,
    }
}

/// `memcached`, with its option string.
fn configure(handle: &mut Handle, options: &str) -> Option<()> {
    for setting in OptionString::new(options) {
        match setting.ok()? {
            Setting::Server(server) => handle.add(server),
            Setting::Hash(hash) => handle.behave("HASH", hash.name())?,
            Setting::Distribution(Distribution::Consistent) => {
                handle.behave("DISTRIBUTION", "consistent")?;
            }
            Setting::Distribution(Distribution::Modula) => {
                handle.behave("DISTRIBUTION", "modula")?;
            }
            _ => return None,
        }
    }
    // The string alone says the same.
    let rule = OptionString::new(options).rule().ok()?;
    (Some(rule) == handle.rule()).then_some(())
}

/// pylibmc's behaviours, in the order in which it sets them, whatever that of the dictionary is.
const BEHAVIORS: [(&str, &str); 7] = [
    ("hash", "HASH"),
    ("ketama", "KETAMA"),
    ("ketama_weighted", "KETAMA_WEIGHTED"),
    ("distribution", "DISTRIBUTION"),
    ("ketama_hash", "KETAMA_HASH"),
    ("_sort_hosts", "SORT_HOSTS"),
    ("_hash_with_prefix_key", "HASH_WITH_PREFIX_KEY"),
];

fn pylibmc(record: &Record<'_>) -> Result<Told, String> {
    let mut handle = Handle::default();
    let servers = strings(record.list("servers"))?;
    let add = |handle: &mut Handle| {
        servers.iter().try_for_each(|server| {
            handle.add(Server::parse(server).map_err(|error| format!("{server}: {error}"))?);
            Ok::<_, String>(())
        })
    };
    let is_first = record.text("how") == "ctor";
    if !is_first {
        add(&mut handle)?;
    }
    for behaviors in record.list("behaviors") {
        let behaviors = behaviors.as_object().ok_or("no behaviors")?;
        // One by one they are set in the order in which they are written.
        let mut order = BEHAVIORS;
        if record.text("how") == "item" {
            order.sort_by_key(|(name, _)| behaviors.keys().position(|key| key == name));
        }
        for (name, theirs) in order {
            if let Some(value) = behaviors.get(name) {
                let value = shown(value).replace(' ', "_");
                handle
                    .behave(theirs, &value)
                    .ok_or_else(|| format!("no {name} {value}"))?;
            }
        }
        if let Some(name) = behaviors.get("namespace") {
            handle.namespace(shown(name).into_bytes());
        }
        let known =
            |name: &str| name == "namespace" || BEHAVIORS.iter().any(|(one, _)| *one == name);
        if let Some(name) = behaviors.keys().find(|name| !known(name)) {
            return Err(format!("no behavior {name}"));
        }
    }
    if is_first {
        add(&mut handle)?;
    }
    // The presets say the same.
    let preset = match record.text("category") {
        "default" => Some(Rule::PYLIBMC_DEFAULT),
        "ketama" => Some(Rule::PYLIBMC_KETAMA),
        "ketama+hash/md5" => Some(Rule::PYLIBMC_KETAMA_MD5),
        "ketama_weighted" => Some(Rule::PYLIBMC_KETAMA_WEIGHTED),
        _ => None,
    };
    if let Some(rule) = preset {
        rule_places(rule, &handle.servers(), record, "index", |_| true)?;
    }
    if record.value["clone"].as_bool() == Some(true) {
        handle_places(&handle, record, "original_index")?;
        return handle_places(&handle.copy(), record, "index");
    }
    handle_places(&handle, record, "index")
}

/// Every key, by the handle and where there is one by the rule.
fn handle_places(handle: &Handle, record: &Record<'_>, name: &str) -> Result<Told, String> {
    let index = record.index(name);
    equal("the number of keys", &index.len(), &record.keys.len())?;
    for (key, place) in record.keys.iter().zip(&index) {
        equal_of(key, handle.place(key), *place)?;
    }
    if let Some(rule) = handle.rule() {
        rule_places(rule, &handle.servers(), record, name, |_| true)?;
    }
    Ok(Told {
        is_stale: handle.is_stale(),
        had_crashed: record.value["same_in_1_0_16"] == "crash"
            || record.value["same_in_wheel_1.0.16"] == "crash",
        keys: index.len(),
    })
}

/// Every key by the rule and its ring, and some of them without a stored ring.
fn rule_places(
    rule: Rule,
    servers: &[Server<'_>],
    record: &Record<'_>,
    name: &str,
    is_alive: impl Fn(usize) -> bool + Copy,
) -> Result<usize, String> {
    /// Without a ring each key takes as long as a ring.
    const SOME: usize = 4;
    let room = vec![Point::default(); rule.room(servers)];
    let placement = Placement::new(rule, servers, &[], room).map_err(|error| error.to_string())?;
    let index = record.index(name);
    let is_any = (0..servers.len()).all(is_alive);
    for (at, (key, place)) in record.keys.iter().zip(&index).enumerate() {
        equal_of(key, placement.place_alive(key, servers, is_alive), *place)?;
        if is_any {
            equal_of(key, placement.place(key, servers), *place)?;
        }
        if at < SOME || servers.len() < 3 {
            equal_of(key, rule.place_alive(key, servers, is_alive), *place)?;
        }
    }
    Ok(index.len())
}

fn python(record: &Record<'_>) -> Result<Told, String> {
    // Only the weights matter.
    let servers: Vec<_> = record
        .list("servers")
        .iter()
        .map(|server| {
            let weight = server[1].as_u64().unwrap_or(1);
            Server::tcp("host", 0).unwrap().with_weight(weight as u32)
        })
        .collect();
    let rehash = match record.text("hash") {
        "crc32" => PythonHash::Old,
        _ => PythonHash::Cmemcache,
    };
    let dead = numbers(record.list("dead"));
    let is_alive = |index| !dead.contains(&index);
    let is_numbered = record.value["tuple_hash"] == true;
    let index = record.index("index");
    if is_numbered {
        for (at, place) in index.iter().enumerate() {
            let hash = at as u32 * 7919;
            equal_of(
                &record.keys[at],
                python_memcached(hash, rehash, &servers, is_alive),
                *place,
            )?;
        }
    } else {
        rule_places(
            Rule::PythonMemcached(rehash),
            &servers,
            record,
            "index",
            is_alive,
        )?;
    }
    Ok(Told {
        keys: index.len(),
        ..Told::default()
    })
}

fn pymemcache(record: &Record<'_>) -> Result<Told, String> {
    let servers = record
        .list("servers")
        .iter()
        .map(|server| match server.as_str() {
            Some(text) => Server::parse(text.strip_prefix("unix:").unwrap_or(text)),
            None => Server::tcp(
                server[0].as_str().unwrap_or_default(),
                server[1].as_u64().unwrap_or_default() as u16,
            ),
        });
    let servers: Vec<_> = servers
        .collect::<Result<_, _>>()
        .map_err(|error| error.to_string())?;
    let kind = match record.text("key_type") {
        "bytes" => PythonKey::Bytes,
        _ => PythonKey::Str,
    };
    // With a server goes every other of its name: they are one node.
    let removed = numbers(record.list("removed")).into_iter();
    let removed: Vec<_> = removed.map(|index| name_of(servers[index])).collect();
    let is_alive = |index: usize| !removed.contains(&name_of(servers[index]));
    let rule = Rule::Pymemcache(kind);
    let names = strings(record.list("node_names"))?;
    let mut keys = 0;
    for (key, place) in record.keys.iter().zip(record.index("index")) {
        let key = record.value["server_key"]
            .as_str()
            .map_or(&key[..], str::as_bytes);
        let ours = rule
            .place_alive(key, &servers, is_alive)
            .map(|ours| servers[ours]);
        // Servers with one name are one.
        let index = servers.iter().position(|one| Some(*one) == ours);
        // Of keys that it refuses nothing is recorded but the names of the nodes: the best score of these
        // decides, and `ci/vectors.sh hash` holds the scores.
        let scores = names
            .iter()
            .filter(|name| removed.iter().all(|one| one != *name));
        let scores = scores.map(|name| (pymemcache_score(name.as_bytes(), key, kind), *name));
        let best = scores.max().map(|(_, name)| name.to_owned());
        equal("the best node", &ours.map(name_of), &best)?;
        if place.is_some() {
            equal_of(key, index, place)?;
            keys += 1;
        }
    }
    Ok(Told {
        keys,
        ..Told::default()
    })
}

fn name_of(server: Server<'_>) -> String {
    match server.via() {
        Via::Unix => server.host().into(),
        _ => format!("{}:{}", server.host(), server.port()),
    }
}

fn dalli(record: &Record<'_>) -> Result<Told, String> {
    let names = strings(record.list("names"))?;
    let weights = numbers(record.list("weights"));
    let servers = names.iter().zip(weights).map(|(name, weight)| {
        let server = match name.rsplit_once(':') {
            Some((host, port)) if !name.starts_with('/') => {
                Server::tcp(host, port.parse().unwrap_or_default())
            }
            _ => Server::unix(name),
        };
        server.map(|server| server.with_weight(weight as u32))
    });
    let servers: Vec<_> = servers
        .collect::<Result<_, _>>()
        .map_err(|error| error.to_string())?;
    if let Some(points) = record.value["ring_points"].as_u64() {
        equal(
            "the number of points",
            &Rule::Dalli.room(&servers),
            &(points as usize),
        )?;
    }
    let keys = rule_places(Rule::Dalli, &servers, record, "index", |_| true)?;
    for (key, chain) in record
        .keys
        .iter()
        .zip(record.list("failover_chain_first20keys"))
    {
        let asked = RefCell::new(vec![]);
        let nobody = Rule::Dalli.place_alive(key, &servers, |index| {
            asked.borrow_mut().push(index);
            false
        });
        let mut asked = asked.into_inner();
        // Without others dalli asks once.
        if servers.len() == 1 {
            asked.dedup();
        }
        equal_of(key, nobody, None)?;
        equal(
            "who is asked",
            &asked,
            &numbers(chain.as_array().map_or(&[], |chain| &chain[..])),
        )?;
    }
    Ok(Told {
        keys,
        ..Told::default()
    })
}

fn gomemcache(record: &Record<'_>) -> Result<Told, String> {
    let names = strings(record.list("servers"))?;
    let servers = vec![Server::tcp("host", 0).unwrap(); names.len()];
    let index = record.index("index");
    for (key, place) in record.keys.iter().zip(&index) {
        // The same address may be there several times: the first of them is recorded.
        let ours = Rule::Gomemcache.place(key, &servers);
        let ours = ours.and_then(|ours| names.iter().position(|name| *name == names[ours]));
        equal_of(key, ours, *place)?;
    }
    Ok(Told {
        keys: index.len(),
        ..Told::default()
    })
}

fn strings(list: &[Value]) -> Result<Vec<&str>, String> {
    let strings = list.iter().map(Value::as_str).collect::<Option<_>>();
    strings.ok_or_else(|| "no text".into())
}

fn numbers(list: &[Value]) -> Vec<usize> {
    list.iter()
        .filter_map(Value::as_u64)
        .map(|number| number as usize)
        .collect()
}

/// A text without its quotes, or a number; true is 1.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(is_on) => u8::from(*is_on).to_string(),
        other => other.to_string(),
    }
}

fn equal<T: PartialEq + core::fmt::Debug + ?Sized>(
    what: &str,
    ours: &T,
    theirs: &T,
) -> Result<(), String> {
    if ours == theirs {
        return Ok(());
    }
    Err(format!("{what}: {ours:?}, not {theirs:?}"))
}

fn equal_of(key: &[u8], ours: Option<usize>, theirs: Option<usize>) -> Result<(), String> {
    if ours == theirs {
        return Ok(());
    }
    Err(format!(
        "key {}: {ours:?}, not {theirs:?}",
        key.escape_ascii()
    ))
}
