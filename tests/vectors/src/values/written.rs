//! What we would have stored in place of a client.

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use minimc_core::value::{Container, Convention, Inflate, Integer, Kind, Reading, Value};
use serde_json::Value as Json;
use std::io::Write;

use super::record::{Stored, Written};

/// The most bytes that a server takes, with its head for a short key.
const LIMIT: usize = 1024 * 1024 - 48;

/// Whether we store what the client stored, or refuse what it could not store.
pub(super) fn check(record: &Written) -> Result<(), String> {
    let convention = convention(record)?;
    match &record.stored {
        None => too_large(record, &convention),
        Some(stored) => match &record.op[..] {
            "incr" | "decr" => counted(record, stored, &convention),
            "append" | "prepend" => extended(record, stored, &convention),
            _ => set(record, stored, &convention),
        },
    }
}

fn set(record: &Written, stored: &Stored, convention: &Convention) -> Result<(), String> {
    let plain = plain(record, stored, convention)?;
    let value = value(record, convention, &plain)?;
    let mut room = [0; Convention::ROOM];
    let ours = convention
        .encode(value, &mut room)
        .map_err(|bad| bad.to_string())?;
    let is_bool = matches!(value, Value::Bool(_));
    if is_bool {
        // A pickle of another version, perhaps.
        let theirs = convention.decode(&plain, ours.flags, Reading::Strict);
        same("the value", theirs.map(Value::truth), Ok(value.truth()))?;
    } else {
        same_bytes("the bytes", ours.bytes, &plain)?;
    }
    let rules = convention.compression();
    let is_allowed = (rules.has_integers() || value.integer().is_none())
        && (rules.has_cas() || record.op != "cas");
    let is_recorded = convention.is_compressed(stored.flags);
    let is_kept = is_allowed && rules.is_tried(plain.len()) && {
        let after = if is_recorded {
            stored.raw.len()
        } else {
            deflated(convention, &plain)
        };
        rules.is_kept(plain.len(), after)
    };
    same("whether it is compressed", is_kept, is_recorded)?;
    let flags = if is_kept {
        convention.with_compression(ours.flags)
    } else {
        ours.flags
    };
    same("the flags", flags, stored.flags)?;
    // And read again.
    let mut room = vec![0; plain.len()];
    let read = convention.decode_into(&stored.raw, stored.flags, Reading::Strict, &mut room);
    let read = read.map_err(|bad| format!("read again: {bad}"))?;
    if read != value && (read.truth().is_none() || read.truth() != value.truth()) {
        return Err(format!("read again: {read:.60?}"));
    }
    Ok(())
}

/// What was compressed or never was: the recorded bytes, where they are, are ours, at once and in
/// pieces.
fn plain(record: &Written, stored: &Stored, convention: &Convention) -> Result<Vec<u8>, String> {
    if !convention.is_compressed(stored.flags) {
        return Ok(stored.raw.clone());
    }
    let container = convention.compression().container();
    let plain = in_pieces(container, &stored.raw, 1000)?;
    if let Some(recorded) = &stored.inflated {
        same_bytes("the inflated bytes", &plain, recorded)?;
    }
    if let (Some(given), "String") = (&record.given.bytes, &record.given.class[..])
        && !given.is_empty()
        && !plain.windows(given.len()).any(|part| part == &given[..])
    {
        return Err("what was inflated has not the given bytes in it".into());
    }
    for cut in [1, 4096] {
        same_bytes(
            "the bytes in pieces",
            &in_pieces(container, &stored.raw, cut)?,
            &plain,
        )?;
    }
    Ok(plain)
}

fn in_pieces(container: Container, raw: &[u8], cut: usize) -> Result<Vec<u8>, String> {
    let mut window = vec![0; 1 << 15];
    let mut inflate = Inflate::new(container, &mut window, 1 << 24);
    let mut plain = vec![];
    for mut part in raw.chunks(cut) {
        while let Some(piece) = inflate.next(&mut part).map_err(|bad| bad.to_string())? {
            plain.extend_from_slice(piece);
        }
    }
    inflate
        .finish(Reading::Strict)
        .map_err(|bad| bad.to_string())?;
    Ok(plain)
}

fn counted(record: &Written, stored: &Stored, convention: &Convention) -> Result<(), String> {
    let mut room = [0; Convention::ROOM];
    let counter = convention
        .encode_counter(0, &mut room)
        .map_err(|bad| bad.to_string())?;
    same("the flags", counter.flags, stored.flags)?;
    let now = Integer::parse(&stored.raw).map_err(|bad| bad.to_string())?;
    same("the number", now.to_u64(), record.returned.parse().ok())?;
    let before = record.given.bytes.as_deref().unwrap_or_default();
    let before = Integer::parse(before).ok().and_then(Integer::to_u64);
    let delta = record.options["delta"].as_i64().unwrap_or_default();
    let after = before.map(|before| {
        if delta < 0 {
            before.saturating_sub(delta.unsigned_abs())
        } else {
            before.wrapping_add(delta.unsigned_abs())
        }
    });
    same("what it came to", now.to_u64(), after)
}

/// What was put to a value, which was bytes: we write the same, and allow what is still read.
fn extended(record: &Written, stored: &Stored, convention: &Convention) -> Result<(), String> {
    let base = b"BASE";
    let part = if record.op == "append" {
        stored.raw.strip_prefix(base)
    } else {
        stored.raw.strip_suffix(base)
    };
    let part = part.ok_or("the base is gone")?;
    let is_compressed = part.starts_with(b"\x78") && in_pieces(Container::Zlib, part, 100).is_ok();
    let flag = if is_compressed { 8 } else { 0 };
    let alone = Written {
        op: "set".into(),
        ..record.clone()
    };
    let container = convention.compression().container();
    let plain = if is_compressed {
        in_pieces(container, part, 100)?
    } else {
        part.to_vec()
    };
    let value = value(record, convention, &plain)?;
    let mut room = [0; Convention::ROOM];
    let flags = convention
        .encode(value, &mut room)
        .map_err(|bad| bad.to_string())?
        .flags;
    let written = Stored {
        flags: flags | flag,
        raw: part.to_vec(),
        inflated: is_compressed.then_some(plain.clone()),
    };
    set(&alone, &written, convention)?;
    // The flags stay what they were.
    same("the flags", stored.flags, 0)?;
    let is_readable = matches!(value, Value::Bytes(_) | Value::Text(_));
    same(
        "whether we do it",
        convention.extend(0, value).is_ok(),
        is_readable,
    )
}

/// Nothing was stored: since it is larger than a server takes.
fn too_large(record: &Written, convention: &Convention) -> Result<(), String> {
    let bytes = record.given.bytes.as_deref();
    let length = bytes.map_or(record.given.length, <[u8]>::len);
    let length = match bytes {
        Some(bytes) if convention.compression().is_tried(length) => {
            let after = deflated(convention, bytes);
            let is_kept = convention.compression().is_kept(length, after);
            if is_kept { after } else { length }
        }
        _ => length,
    };
    if length > LIMIT {
        Ok(())
    } else {
        Err(format!(
            "{length} bytes could be stored: {}",
            record.returned
        ))
    }
}

fn deflated(convention: &Convention, bytes: &[u8]) -> usize {
    let level = Compression::new(convention.compression().level().into());
    let deflated = match convention.compression().container() {
        Container::Zlib => {
            let mut encoder = ZlibEncoder::new(vec![], level);
            encoder.write_all(bytes).and_then(|()| encoder.finish())
        }
        Container::Gzip => {
            let mut encoder = GzEncoder::new(vec![], level);
            encoder.write_all(bytes).and_then(|()| encoder.finish())
        }
    };
    deflated.map_or(usize::MAX, |bytes| bytes.len())
}

/// The convention that a record is written by.
pub(super) fn convention(record: &Written) -> Result<Convention, String> {
    let options = &record.options;
    let minimum = options["min_compress_len"].as_u64();
    let convention = match &record.client[..] {
        "pylibmc" => {
            let convention = match minimum {
                None | Some(0) => Convention::PYLIBMC,
                Some(length) => Convention::PYLIBMC.compress_from(length as u32),
            };
            leveled(convention, options["compress_level"].as_i64())
        }
        "python-memcached" => {
            let convention = match minimum {
                None | Some(0) => Convention::PYTHON_MEMCACHED,
                Some(length) => Convention::PYTHON_MEMCACHED.compress_from(length as u32 + 1),
            };
            leveled(convention, number_in(&options["compressor"], "level="))
        }
        "pymemcache" => {
            let serde = options["serde"].as_str().unwrap_or_default();
            if !serde.to_ascii_lowercase().starts_with("compressed") {
                Convention::PYMEMCACHE_PLAIN
            } else {
                let convention = match number_in(&options["serde"], "min_compress_len=") {
                    None => Convention::PYMEMCACHE,
                    Some(0) => Convention::PYMEMCACHE.compress_nothing(),
                    Some(length) => Convention::PYMEMCACHE.compress_from(length as u32 + 1),
                };
                leveled(convention, number_in(&options["serde"], "level="))
            }
        }
        name if name.starts_with("dalli") => dalli(&options["client"], &options["request"]),
        name => return Err(format!("{name}: nobody knows this client")),
    };
    Ok(convention)
}

fn dalli(client: &Json, request: &Json) -> Convention {
    let convention = if client["serializer"] == "JSON" {
        Convention::DALLI_JSON
    } else {
        Convention::DALLI
    };
    let convention = if client["compressor"] == "Dalli::GzipCompressor" {
        convention.compress_into(Container::Gzip)
    } else {
        convention
    };
    let minimum = client["compression_min_size"].as_str();
    let convention = match minimum.and_then(|length| length.parse().ok()) {
        Some(length) => convention.compress_from(length),
        None => convention,
    };
    let is_off = client["compress"] == "false" || request["compress"] == false;
    // A client that is raw does not compress; a request that is, does.
    if is_off || client["raw"] == "true" {
        convention.compress_nothing()
    } else {
        convention
    }
}

fn leveled(convention: Convention, level: Option<i64>) -> Convention {
    match level {
        Some(level) if level >= 0 => convention.compress_at(level as u8),
        _ => convention,
    }
}

fn number_in(text: &Json, name: &str) -> Option<i64> {
    let (_, rest) = text.as_str()?.split_once(name)?;
    let end = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '-');
    rest.get(..end.unwrap_or(rest.len()))?.parse().ok()
}

/// The given value in our terms; of an object the bytes as they were serialised.
pub(super) fn value<'v>(
    record: &'v Written,
    convention: &Convention,
    plain: &'v [u8],
) -> Result<Value<'v>, String> {
    let given = &record.given;
    let bytes = given.bytes.as_deref();
    if record.client.starts_with("dalli") {
        return ruby(record, convention, plain);
    }
    if record.category.starts_with("no_serde") {
        // Whatever it is, its text is stored.
        let is_plain = given.class != "bytearray";
        return Ok(Value::Bytes(bytes.filter(|_| is_plain).unwrap_or(plain)));
    }
    // pylibmc takes what is derived from a type for that, the others do not.
    let class = match (&record.client[..], &given.class[..]) {
        ("pylibmc", "BytesSub") => "bytes",
        ("pylibmc", "StrSub") => "str",
        ("pylibmc", "IntSub") => "int",
        (_, class) => class,
    };
    let missing = || format!("the {class} is not in the record");
    Ok(match class {
        "bytes" => Value::Bytes(bytes.ok_or_else(missing)?),
        "str" => {
            let text = core::str::from_utf8(bytes.ok_or_else(missing)?);
            Value::Text(text.map_err(|error| error.to_string())?)
        }
        "int" => {
            let digits = bytes.ok_or_else(missing)?;
            Value::Integer(Integer::parse(digits).map_err(|bad| bad.to_string())?)
        }
        "bool" => Value::Bool(given.text == "True"),
        _ => Value::Object {
            kind: Kind::Pickle,
            bytes: plain,
        },
    })
}

fn ruby<'v>(
    record: &'v Written,
    convention: &Convention,
    plain: &'v [u8],
) -> Result<Value<'v>, String> {
    let (client, request) = (&record.options["client"], &record.options["request"]);
    // Where the bytes are too many to be in the record, those that are stored must do.
    let bytes = record.given.bytes.as_deref().unwrap_or(plain);
    if client["raw"] == "true" || request["raw"] == true {
        return Ok(Value::Bytes(bytes));
    }
    let is_string = record.given.class == "String";
    let is_fast = client["string_fastpath"] == "true" && record.client.starts_with("dalli-5");
    let is_json = *convention == Convention::DALLI_JSON;
    Ok(match &record.given.encoding[..] {
        "UTF-8" if is_string && is_fast => {
            Value::Text(core::str::from_utf8(bytes).map_err(|error| error.to_string())?)
        }
        "ASCII-8BIT" if is_string && is_fast => Value::Bytes(bytes),
        _ => match &record.given.class[..] {
            "TrueClass" => Value::Bool(true),
            "FalseClass" => Value::Bool(false),
            _ => Value::Object {
                kind: if is_json { Kind::Json } else { Kind::Marshal },
                bytes: plain,
            },
        },
    })
}

fn same<T: core::fmt::Debug + PartialEq>(what: &str, ours: T, theirs: T) -> Result<(), String> {
    if ours == theirs {
        Ok(())
    } else {
        Err(format!("{what}: ours {ours:?}, recorded {theirs:?}"))
    }
}

fn same_bytes(what: &str, ours: &[u8], theirs: &[u8]) -> Result<(), String> {
    if ours == theirs {
        return Ok(());
    }
    let short = |bytes: &[u8]| bytes[..bytes.len().min(40)].escape_ascii().to_string();
    let (ours, theirs) = (short(ours), short(theirs));
    Err(format!("{what}: ours {ours}, recorded {theirs}"))
}
