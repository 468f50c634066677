//! Values of any type, in each format, with a real server and as other clients pickled them.

#![allow(
    clippy::unwrap_used,
    clippy::std_instead_of_core,
    reason = "a test may fail, and runs on a host"
)]

use std::collections::BTreeMap;

use minimc::format::{FormatError, Json, Pickle, Postcard, Read};
use minimc::net::Client;
use minimc::value::{BadValue, Convention, Kind, Value};
use minimc::{ErrorKind, Expiry, Options};
use minimc_tests::script::calls::PROTOCOLS;
use minimc_tests::server::Memcached;
use serde::de::{self, Deserializer, MapAccess, SeqAccess};
use serde::{Deserialize, Serialize};

const NEVER: Expiry = Expiry::NEVER;

#[derive(Debug, PartialEq, Deserialize, Serialize)]
struct Reading<'n> {
    place: &'n str,
    degrees: Vec<f32>,
    battery: Option<u8>,
}

#[test]
fn what_is_set_is_got() {
    let server = Memcached::tcp(&[]);
    let reading = Reading {
        place: "Größe",
        degrees: vec![21.5, -3.0],
        battery: None,
    };
    let written = r#"{"place":"Größe","degrees":[21.5,-3.0],"battery":null}"#;
    for protocol in PROTOCOLS {
        for (convention, json_flags, bytes_flags) in [
            (&Convention::PYLIBMC, 16, 0),
            (&Convention::PYMEMCACHE, 16, 0),
            (&Convention::META_MEMCACHE_PY, 0, 16),
            (&Convention::DALLI, 4, 0),
            (&Convention::DALLI_JSON, 1, 0),
            (&Convention::SPYMEMCACHED, 0, 8 << 8),
        ] {
            let options = Options {
                protocol,
                convention,
                ..Options::default()
            };
            let mut client = Client::connect_with(server.address(), options).unwrap();
            assert!(client.get_as::<_, u8>(Json, "absent").unwrap().is_none());

            client.set_as(Json, "json", &reading, NEVER).unwrap();
            let item = client.get_owned("json").unwrap().unwrap();
            assert_eq!(
                (&item.value[..], item.flags),
                (written.as_bytes(), json_flags)
            );
            assert_eq!(
                client.get_as(Json, "json").unwrap().as_ref(),
                Some(&reading)
            );
            let mut room = [0; 100];
            let found = client.get_as_into(Json, "json", &mut room).unwrap();
            assert_eq!(found.as_ref(), Some(&reading));

            client.set_as(Postcard, "card", &reading, NEVER).unwrap();
            let item = client.get_owned("card").unwrap().unwrap();
            assert_eq!((item.value.len(), item.flags), (18, bytes_flags));
            assert_eq!(
                client.get_as(Postcard, "card").unwrap().as_ref(),
                Some(&reading)
            );

            // A bool is what the convention, or JSON, has for it.
            client.set_as(Json, "bool", &true, NEVER).unwrap();
            assert_eq!(client.get_as(Json, "bool").unwrap(), Some(true));
        }
    }
}

#[test]
fn what_is_something_else() {
    let server = Memcached::tcp(&[]);
    let mut client = Client::connect(server.address()).unwrap();
    client.set_value("k", "{\"place\": 1}", NEVER).unwrap();
    let found: Result<Option<Reading<'_>>, _> = client.get_as(Json, "k");
    assert!(matches!(found, Err(FormatError::Invalid(_))), "{found:?}");
    let found: Result<Option<u8>, _> = client.get_as(Postcard, "k");
    assert!(matches!(found, Err(FormatError::Invalid(_))), "{found:?}");
    // What is behind the value belongs to something else.
    client.set_value("k", &b"\x07\x07"[..], NEVER).unwrap();
    let found: Result<Option<u8>, _> = client.get_as(Postcard, "k");
    assert!(matches!(found, Err(FormatError::Invalid(_))), "{found:?}");
    // What JSON has no form for is not sent.
    let by_pairs = BTreeMap::from([((1, 2), 3)]);
    let set = client.set_as(Json, "k", &by_pairs, NEVER);
    assert!(matches!(set, Err(FormatError::Invalid(_))), "{set:?}");
    // Flags that say two things are the call's failure, and the connection goes on.
    let kept = client.get_owned("k").unwrap().unwrap();
    assert_eq!(kept.value, b"\x07\x07");
    let store = minimc::command::Store::set(minimc::Key::new("k").unwrap(), b"1").flags(3);
    let _ = client.call(&store).unwrap();
    let found: Result<Option<u8>, _> = client.get_as(Json, "k");
    let Err(FormatError::Call(error)) = found else {
        panic!("{found:?}");
    };
    let flags = BadValue::Flags { flags: 3 };
    assert_eq!(error.kind(), ErrorKind::Value(flags));
}

/// Plain data, written as Python does, but that a tuple is a list.
#[derive(Debug)]
struct Written(String);

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Writer).map(Self)
    }
}

struct Writer;

impl<'de> de::Visitor<'de> for Writer {
    type Value = String;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("plain data")
    }

    fn visit_unit<E>(self) -> Result<String, E> {
        Ok("None".into())
    }

    fn visit_bool<E>(self, truth: bool) -> Result<String, E> {
        Ok(if truth { "True" } else { "False" }.into())
    }

    fn visit_i64<E>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_f64<E>(self, number: f64) -> Result<String, E> {
        Ok(match number {
            f64::INFINITY => "inf".into(),
            f64::NEG_INFINITY => "-inf".into(),
            number if number.is_nan() => "nan".into(),
            number => match format!("{number:?}").split_once('e') {
                None => format!("{number:?}"),
                Some((digits, exponent)) => {
                    let exponent: i32 = exponent.parse().unwrap();
                    format!("{digits}e{exponent:+03}")
                }
            },
        })
    }

    fn visit_str<E>(self, text: &str) -> Result<String, E> {
        Ok(format!("'{text}'"))
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<String, E> {
        Ok(format!("b'{}'", bytes.escape_ascii()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<String, A::Error> {
        let mut all = vec![];
        while let Some(Written(one)) = list.next_element()? {
            all.push(one);
        }
        Ok(format!("[{}]", all.join(", ")))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<String, A::Error> {
        let mut all = vec![];
        while let Some((Written(key), Written(value))) = map.next_entry()? {
            all.push(format!("{key}: {value}"));
        }
        Ok(format!("{{{}}}", all.join(", ")))
    }
}

/// What pylibmc, python-memcached and pymemcache pickled: plain data is read as what it was, and all
/// else is refused.
#[test]
fn recorded_pickles() {
    let records = include_str!("../fixtures/values/python_clients.jsonl");
    let (mut plain, mut refused) = (0, 0);
    for line in records.lines().filter(|line| line.starts_with('{')) {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        let (id, class) = (&record["id"], record["value"]["type"].as_str().unwrap());
        let Some(digits) = record["raw_hex"].as_str().filter(|_| record["flags"] == 1) else {
            continue;
        };
        let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
        let bytes: Vec<u8> = (0..digits.len()).step_by(2).map(byte).collect();
        let kind = Kind::Pickle;
        let value = Value::Object {
            kind,
            bytes: &bytes,
        };
        let found = Pickle.read::<Written>(value);
        match class {
            "NoneType" | "bool" | "float" | "list" | "dict" | "tuple" => {
                let written = record["value"]["repr"].as_str().unwrap();
                let is_whole = !written.ends_with('…') && !written.ends_with("...");
                let written = written
                    .replace(",)", "]")
                    .replace('(', "[")
                    .replace(')', "]");
                let Written(found) =
                    found.unwrap_or_else(|error| panic!("{id}: {error}, {written}"));
                if is_whole {
                    assert_eq!(found.replace("\\\\", "\\"), written, "{id}");
                    plain += 1;
                }
            }
            "set" | "frozenset" | "bytearray" => {}
            _ => {
                assert!(
                    matches!(found, Err(FormatError::NotPlain { .. })),
                    "{id}: {class} is {found:?}"
                );
                refused += 1;
            }
        }
    }
    println!("{plain} of plain data, {refused} refused");
    assert!(plain > 100 && refused > 50, "{plain} and {refused}");
}
