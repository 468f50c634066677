//! Recorded values: what a client was given, what it stored, and what others saw of it.

use std::fs;
use std::path::Path;

use serde_json::Value as Json;

/// What a client was asked to store, and what lay on the server then.
#[derive(Clone, Debug)]
pub(super) struct Written {
    pub(super) id: String,
    pub(super) client: String,
    pub(super) category: String,
    pub(super) op: String,
    pub(super) given: Given,
    pub(super) options: Json,
    pub(super) returned: String,
    /// What was stored; `None` if nothing was.
    pub(super) stored: Option<Stored>,
    /// What each client reads of it.
    pub(super) seen: Vec<(String, Seen)>,
}

#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) flags: u32,
    pub(super) raw: Vec<u8>,
    pub(super) inflated: Option<Vec<u8>>,
}

/// The value as the recording program had it.
#[derive(Clone, Debug)]
pub(super) struct Given {
    /// Its class.
    pub(super) class: String,
    pub(super) text: String,
    pub(super) encoding: String,
    /// How many bytes it has, where that is told.
    pub(super) length: usize,
    /// The bytes of bytes and texts, the digits of numbers.
    pub(super) bytes: Option<Vec<u8>>,
}

/// Bytes with flags that were put there, and what each client saw.
#[derive(Clone, Debug)]
pub(super) struct Foreign {
    pub(super) id: String,
    pub(super) category: String,
    pub(super) payload: String,
    pub(super) flags: u32,
    pub(super) raw: Vec<u8>,
    pub(super) seen: Vec<(String, Seen)>,
}

/// What a reading client made of a value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Seen {
    /// What had been stored.
    Equal,
    /// A class, and how Python writes it, perhaps cut short.
    Value {
        class: String,
        text: String,
    },
    Exception(String),
    Crash,
}

/// The lines of a file, but for comments.
pub(super) fn lines(folder: &Path, name: &str) -> Result<Vec<Json>, String> {
    let path = folder.join(name);
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let values = lines.map(serde_json::from_str::<Json>);
    let values: Result<Vec<Json>, _> = values.collect();
    let mut values = values.map_err(|error| format!("{name}: {error}"))?;
    values.retain(|value| value.get("id").is_some());
    Ok(values)
}

impl Written {
    pub(super) fn of_python(line: &Json, folder: &Path) -> Result<Self, String> {
        let value = &line["value"];
        let given = Given {
            class: text(value, "type"),
            text: text(value, "repr"),
            encoding: String::new(),
            length: 0,
            bytes: match value["decimal"].as_str() {
                Some(digits) => Some(digits.as_bytes().to_vec()),
                None => match bytes(value, "bytes", folder)? {
                    None => bytes(value, "utf8", folder)?,
                    bytes => bytes,
                },
            },
        };
        Self::new(line, folder, given)
    }

    pub(super) fn of_dalli(line: &Json, folder: &Path) -> Result<Self, String> {
        let given = Given {
            class: text(line, "ruby_class"),
            text: text(line, "inspect"),
            encoding: text(line, "encoding"),
            length: line["value_len"].as_u64().unwrap_or_default() as usize,
            bytes: bytes(line, "value", folder)?,
        };
        Self::new(line, folder, given)
    }

    fn new(line: &Json, folder: &Path, given: Given) -> Result<Self, String> {
        let id = text(line, "id");
        let stored = match line["flags"].as_u64() {
            None => None,
            Some(flags) => Some(Stored {
                flags: u32::try_from(flags).map_err(|error| format!("{id}: {error}"))?,
                raw: bytes(line, "raw", folder)?.ok_or_else(|| format!("{id}: nothing stored"))?,
                inflated: bytes(line, "inflated", folder)?,
            }),
        };
        let seen = line["read_by"].as_object().into_iter().flatten();
        let seen = seen.map(|(reader, seen)| {
            let seen = seen.as_str().unwrap_or_default();
            let seen = match (seen.strip_prefix('!'), seen.split_once(": ")) {
                (Some(exception), _) => Seen::Exception(exception.into()),
                (None, Some((class, text))) => Seen::Value {
                    class: class.into(),
                    text: text.into(),
                },
                _ => Seen::Equal,
            };
            (reader.clone(), seen)
        });
        Ok(Self {
            client: text(line, "client"),
            category: text(line, "category"),
            op: text(line, "op"),
            given,
            options: line["options"].clone(),
            returned: match &line["returned"] {
                Json::String(text) => text.clone(),
                other => other.to_string(),
            },
            stored,
            seen: seen.collect(),
            id,
        })
    }
}

impl Foreign {
    pub(super) fn new(line: &Json, folder: &Path) -> Result<Self, String> {
        let id = text(line, "id");
        let seen = line["results"].as_object().into_iter().flatten();
        let seen = seen.map(|(reader, result)| {
            let seen = if result.get("crash").is_some() {
                Seen::Crash
            } else if result.get("exception").is_some() {
                Seen::Exception([text(result, "exception"), text(result, "message")].join(": "))
            } else {
                Seen::Value {
                    class: text(result, "type"),
                    text: text(result, "repr"),
                }
            };
            (reader.clone(), seen)
        });
        let flags = line["flags"]
            .as_u64()
            .and_then(|flags| u32::try_from(flags).ok());
        Ok(Self {
            category: text(line, "category"),
            payload: text(line, "payload"),
            flags: flags.ok_or_else(|| format!("{id}: no flags"))?,
            raw: bytes(line, "raw", folder)?.ok_or_else(|| format!("{id}: no bytes"))?,
            seen: seen.collect(),
            id,
        })
    }
}

fn text(value: &Json, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

/// The bytes under a name, if there are any: in hexadecimal, or in a file.
fn bytes(value: &Json, name: &str, folder: &Path) -> Result<Option<Vec<u8>>, String> {
    if let Some(file) = value[format!("{name}_file")].as_str() {
        let bytes = fs::read(folder.join(file));
        return bytes.map(Some).map_err(|error| format!("{file}: {error}"));
    }
    let Some(digits) = value[format!("{name}_hex")].as_str() else {
        return Ok(None);
    };
    let bytes = crate::record::unhex(digits);
    bytes
        .map(Some)
        .ok_or_else(|| format!("{digits}: no hexadecimal"))
}
