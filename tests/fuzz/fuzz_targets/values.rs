//! Any bytes with any flags as a value, any bytes as what was compressed, any bytes compressed; and any
//! value encoded, perhaps compressed, over the wire to a server and back, and decoded.
#![no_main]

use libfuzzer_sys::fuzz_target;
use minimc_core::value::{
    BadValue, Container, Convention, Deflate, Inflate, Integer, Kind, Reading, Value,
};
use minimc_fuzz::peer::PROTOCOLS;
use minimc_fuzz::round_trip::Way;
use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;

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

/// The most that is inflated.
const LIMIT: usize = 4096;

fuzz_target!(|input: &[u8]| {
    let &[which, low, high, ref bytes @ ..] = input else {
        return;
    };
    read_and_written(
        &CONVENTIONS[usize::from(which & 7)],
        u16::from_be_bytes([high, low]),
        bytes,
    );
    inflated(low, bytes);
    compressed(bytes);
    there_and_back(which, [low, high], bytes);
});

/// A value of one of the kinds comes back as it went.
fn there_and_back(which: u8, [low, high]: [u8; 2], bytes: &[u8]) {
    let convention = CONVENTIONS[usize::from(which & 7)].compress_from(u32::from(low >> 2));
    let value = match which >> 3 {
        0 => Some(Value::Bytes(bytes)),
        1 => core::str::from_utf8(bytes).ok().map(Value::Text),
        2 => Integer::parse(bytes).ok().map(Value::Integer),
        3 => bytes
            .first_chunk()
            .map(|bytes| Value::from(i128::from_le_bytes(*bytes))),
        4 => Some(Value::Bool(bytes.len() > 1)),
        kind => Some(Value::Object {
            kind: [Kind::Pickle, Kind::Marshal, Kind::Json, Kind::Java][usize::from(kind & 3)],
            bytes,
        }),
    };
    let way = Way {
        protocol: PROTOCOLS[usize::from(high) % 3],
        convention: match low & 1 {
            0 => convention,
            _ => convention.compress_into(Container::Gzip),
        },
        for_cas: low & 2 != 0,
        chunk: usize::from(high) + 1,
    };
    let Some(value) = value else {
        return;
    };
    // An object that is how the client writes a bool comes as one.
    let mut room = [0; Convention::ROOM];
    let stored = way.convention.encode(value, &mut room);
    let read = stored.map(|stored| {
        let (bytes, flags) = (stored.bytes, stored.flags);
        way.convention.decode(bytes, flags, Reading::Strict)
    });
    if matches!(value, Value::Object { .. }) && matches!(read, Ok(Ok(Value::Bool(_)))) {
        return;
    }
    way.go(value);
}

/// What is read strictly is read leniently too, and is written again as what it was.
fn read_and_written(convention: &Convention, flags: u16, bytes: &[u8]) {
    let flags = u32::from(flags);
    let lenient = convention.decode(bytes, flags, Reading::Lenient);
    let Ok(value) = convention.decode(bytes, flags, Reading::Strict) else {
        return;
    };
    assert_eq!(lenient, Ok(value));
    let mut room = [0; Convention::ROOM];
    let stored = convention.encode(value, &mut room).expect("it was read");
    let again = convention.decode(stored.bytes, stored.flags, Reading::Strict);
    // pylibmc writes the bools that others pickle as numbers.
    let again = again.expect("it was written");
    assert!(again == value || again.truth().is_some() && again.truth() == value.truth());
}

/// At once, in pieces through a small window, and by miniz_oxide it is the same.
fn inflated(cut: u8, bytes: &[u8]) {
    for container in [Container::Zlib, Container::Gzip] {
        let convention = Convention::PYLIBMC.compress_into(container);
        let mut room = [0; LIMIT];
        let whole = convention.decode_into(bytes, 8, Reading::Strict, &mut room);
        let pieces = in_pieces(container, bytes, usize::from(cut).max(1));
        match (&whole, &pieces) {
            (Ok(value), Ok(pieces)) => assert_eq!(value.bytes(), Some(&pieces[..])),
            (Err(one), Err(other)) => assert_eq!(one, other),
            _ => panic!("{whole:?} at once, {pieces:?} in pieces"),
        }
        if container == Container::Zlib {
            let theirs = decompress_to_vec_zlib_with_limit(bytes, LIMIT);
            match (whole, theirs) {
                (Ok(value), Ok(theirs)) => assert_eq!(value.bytes(), Some(&theirs[..])),
                // It does not look behind the end, and under a fuzzer not at the checksum.
                (Err(BadValue::Trailing), Ok(_)) | (Err(_), Err(_)) => {}
                (Err(BadValue::Corrupt), Ok(theirs)) if before_the_sum(bytes) == theirs => {}
                (ours, theirs) => panic!("ours {ours:?}, theirs {theirs:?}"),
            }
        }
    }
}

fn in_pieces(container: Container, bytes: &[u8], cut: usize) -> Result<Vec<u8>, BadValue> {
    let mut all = vec![];
    push(container, bytes, cut, &mut all).map(|()| all)
}

/// All that is inflated before something is wrong.
fn before_the_sum(bytes: &[u8]) -> Vec<u8> {
    let mut all = vec![];
    let _ = push(Container::Zlib, bytes, 1, &mut all);
    all
}

fn push(container: Container, bytes: &[u8], cut: usize, all: &mut Vec<u8>) -> Result<(), BadValue> {
    let mut window = vec![0; 1 << 15];
    let mut inflate = Inflate::new(container, &mut window, LIMIT as u32);
    for mut part in bytes.chunks(cut) {
        while let Some(piece) = inflate.next(&mut part)? {
            all.extend_from_slice(piece);
        }
    }
    inflate.finish(Reading::Strict)
}

fn compressed(bytes: &[u8]) {
    let mut deflate: Deflate<256> = Deflate::new();
    let mut room = vec![0; bytes.len() * 9 / 8 + 32];
    let zlib = deflate
        .zlib(bytes, &mut room)
        .expect("the room does for anything");
    let theirs = decompress_to_vec_zlib_with_limit(zlib, bytes.len());
    assert_eq!(theirs.ok().as_deref(), Some(bytes));
    let gzip = deflate
        .gzip(bytes, &mut room)
        .expect("the room does for anything");
    assert_eq!(in_pieces(Container::Gzip, gzip, 100).as_deref(), Ok(bytes));
}
