//! What we read in place of a client.

use minimc_core::value::{BadValue, Convention, Reading, Value};

use super::record::Seen;

/// The conventions of the reading clients, by the names in the records.
pub(super) fn reader(name: &str) -> Option<Convention> {
    Some(match name {
        "pylibmc" => Convention::PYLIBMC,
        "python-memcached" => Convention::PYTHON_MEMCACHED,
        "pymemcache+pickle_serde" => Convention::PYMEMCACHE_PLAIN,
        "pymemcache+compressed_serde" => Convention::PYMEMCACHE,
        _ => return None,
    })
}

/// Whether we read of these bytes and flags what the client saw.
///
/// Without a convention the client is one that hands out all there is as bytes. `given` is what was
/// stored, where that is known.
pub(super) fn check(
    convention: Option<Convention>,
    raw: &[u8],
    flags: u32,
    seen: &Seen,
    given: Option<Value<'_>>,
) -> Result<(), String> {
    let mut room = vec![0; 4 << 20];
    let ours = match convention {
        None => Ok(Value::Bytes(raw)),
        Some(convention) => convention.decode_into(raw, flags, Reading::Lenient, &mut room),
    };
    let is_object = matches!(ours, Ok(Value::Object { .. }));
    let wrong = || Err(format!("ours {ours:.80?}, seen {seen:?}"));
    let is_right = match (seen, &ours) {
        (Seen::Equal, Ok(ours)) => {
            // An object is what it was when its bytes are those that were stored.
            given.is_none_or(|given| {
                *ours == given || ours.truth().is_some() && ours.truth() == given.truth()
            })
        }
        // Whatever was made of an object, but not that it was taken for bytes, or for its text.
        (Seen::Value { class, text }, Ok(Value::Object { bytes, .. })) => {
            class != "bytes" || !is_written_as(text, &Value::Bytes(bytes))
        }
        (Seen::Value { class, text }, Ok(ours)) => {
            let class_is_right = match ours {
                Value::Bytes(_) => class == "bytes",
                Value::Text(_) => class == "str",
                Value::Integer(_) => class == "int",
                Value::Bool(_) => class == "bool",
                _ => false,
            };
            class_is_right && is_written_as(text, ours)
        }
        // To carry out a pickle may fail; we never do.
        (Seen::Exception(what), Ok(_)) => {
            is_object && !what.starts_with("ValueError: Unknown flags")
        }
        (Seen::Exception(what), Err(bad)) => is_said_by(what, *bad),
        // What brings a client down, such as no bytes compressed, is read or is an error.
        (Seen::Crash, _) => true,
        (Seen::Equal | Seen::Value { .. }, Err(_)) => false,
    };
    if is_right { Ok(()) } else { wrong() }
}

/// Whether a client that failed with these words says what our error does.
fn is_said_by(what: &str, bad: BadValue) -> bool {
    let inflating = ["Error: Failed to decompress", "error: Error -"];
    match bad {
        BadValue::Flags { .. } => what.contains("nknown"),
        BadValue::NotText => what.starts_with("UnicodeDecodeError"),
        // pylibmc reads numbers as text first.
        BadValue::NotInteger => {
            what.starts_with("ValueError: invalid literal")
                || what.starts_with("UnicodeDecodeError")
        }
        BadValue::Corrupt | BadValue::Truncated => {
            inflating.iter().any(|words| what.starts_with(words))
        }
        _ => false,
    }
}

/// Whether Python writes the value so; what is long is cut short there.
fn is_written_as(text: &str, value: &Value<'_>) -> bool {
    let written = match value {
        Value::Bytes(bytes) => python_bytes(bytes),
        Value::Text(text) => python_text(text),
        Value::Integer(integer) => integer.to_string(),
        Value::Bool(truth) => if *truth { "True" } else { "False" }.into(),
        _ => return false,
    };
    match text.strip_suffix('…').or_else(|| text.strip_suffix("...")) {
        Some(front) if !front.is_empty() && written.len() > text.len() => {
            written.starts_with(front)
        }
        _ => written == text,
    }
}

fn python_bytes(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') {
        '"'
    } else {
        '\''
    };
    let mut written = format!("b{quote}");
    for &byte in bytes {
        match byte {
            b'\\' => written.push_str("\\\\"),
            b'\n' => written.push_str("\\n"),
            b'\r' => written.push_str("\\r"),
            b'\t' => written.push_str("\\t"),
            byte if char::from(byte) == quote => written.extend(['\\', quote]),
            b' '..=b'~' => written.push(byte.into()),
            _ => written.push_str(&format!("\\x{byte:02x}")),
        }
    }
    written.push(quote);
    written
}

fn python_text(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut written = String::from(quote);
    for letter in text.chars() {
        match letter {
            '\\' => written.push_str("\\\\"),
            '\n' => written.push_str("\\n"),
            '\r' => written.push_str("\\r"),
            '\t' => written.push_str("\\t"),
            letter if letter == quote => written.extend(['\\', quote]),
            '\u{feff}' => written.push_str("\\ufeff"),
            letter if letter.is_ascii_control() => {
                written.push_str(&format!("\\x{:02x}", u32::from(letter)));
            }
            letter => written.push(letter),
        }
    }
    written.push(quote);
    written
}
