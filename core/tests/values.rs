//! Values of any kind, by every convention, on their whole way to a server and back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "a test may fail"
)]

mod peer;
mod round_trip;

use minimc_core::value::{Container, Convention, Integer, Kind, Value};
use peer::{PROTOCOLS, Random};
use round_trip::Way;

const CONVENTIONS: [Convention; 8] = [
    Convention::PYLIBMC,
    Convention::PYTHON_MEMCACHED,
    Convention::PYMEMCACHE,
    Convention::PYMEMCACHE_PLAIN,
    Convention::META_MEMCACHE_PY,
    Convention::DALLI,
    Convention::DALLI_JSON,
    Convention::SPYMEMCACHED,
];

const KINDS: [Kind; 4] = [Kind::Pickle, Kind::Marshal, Kind::Json, Kind::Java];

/// Bytes of which some kinds are more frequent, and some come again.
fn bytes(random: &mut Random) -> Vec<u8> {
    let kinds = 1 + random.below(256);
    let length = match random.below(20) {
        0 => random.below(70_000),
        1..5 => random.below(3_000),
        _ => random.below(300),
    };
    let mut bytes = vec![];
    while bytes.len() < length {
        if bytes.len() > 4 && random.below(8) == 0 {
            let from = random.below(bytes.len());
            bytes.extend_from_within(from..(from + random.below(300)).min(bytes.len()));
        } else {
            bytes.push(random.below(kinds) as u8);
        }
    }
    bytes
}

#[test]
fn what_goes_comes_back() {
    let mut random = Random(5);
    let (mut went, mut compressed) = (0, 0);
    for round in 0..6_000 {
        let bytes = bytes(&mut random);
        let text: String = bytes
            .iter()
            .map(|&byte| char::from_u32(u32::from(byte) << 5).unwrap())
            .collect();
        let digits: String = bytes
            .iter()
            .take(500)
            .map(|byte| char::from(b'0' + byte % 10))
            .collect();
        let number = i128::from_le_bytes(core::array::from_fn(|at| {
            bytes.get(at).copied().unwrap_or_default()
        }));
        let value = match round % 6 {
            0 => Value::from(&bytes[..]),
            1 => Value::from(&text[..]),
            2 => Value::from(number >> random.below(128)),
            3 => Value::from(Integer::parse(format!("-1{digits}").leak().as_bytes()).unwrap()),
            4 => Value::from(random.below(2) == 0),
            _ => Value::Object {
                kind: KINDS[random.below(4)],
                bytes: &bytes,
            },
        };
        let mut convention = CONVENTIONS[random.below(8)];
        if random.below(2) == 0 {
            convention = convention.compress_from(random.below(200) as u32);
        }
        if random.below(4) == 0 {
            convention = convention.compress_into(Container::Gzip);
        }
        let way = Way {
            protocol: PROTOCOLS[random.below(3)],
            convention,
            for_cas: random.below(4) == 0,
            chunk: 1 + random.below(2_000),
        };
        if let Some(is_compressed) = way.go(value) {
            went += 1;
            compressed += usize::from(is_compressed);
        }
    }
    println!("{went} went and came, {compressed} of them compressed");
    assert!(went > 3_000 && compressed > 500, "{went}, {compressed}");
}
