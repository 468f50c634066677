//! What is written and read: values of every type and size, and what is done to them.

use std::fmt::Write;

use minimc::value::{Integer, Kind, Value};
use serde_json::Value as Json;

/// A value, as both sides understand it.
#[derive(Clone, Debug)]
pub(super) enum Given {
    Bytes(Vec<u8>),
    Text(String),
    /// In digits.
    Integer(String),
    Bool(bool),
    /// What is pickled, as Python writes it.
    Other(String),
    /// What is stored as JSON.
    Json(String),
}

/// How a value gets to the server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Doing {
    Set,
    /// In place of a value that was read before.
    Cas,
    Append,
    Prepend,
    Decr,
}

/// One value that the one writes and the other reads.
#[derive(Clone, Debug)]
pub(super) struct Case {
    /// Its column in the table.
    pub(super) column: usize,
    pub(super) doing: Doing,
    /// What the reader stored before.
    pub(super) before: Option<Given>,
    /// What the writer is given.
    pub(super) given: Given,
    /// What is read in the end.
    pub(super) after: Given,
    /// The version of pickle that a client of Python's uses, if it does.
    pub(super) pickle: u8,
    /// Whether any zlib makes it smaller; where that depends on the zlib, nobody knows.
    pub(super) shrinks: Option<bool>,
}

/// The columns of the table.
pub(super) const COLUMNS: [&str; 9] = [
    "bytes", "text", "int", "bool", "other", "json", "cas", "append", "counter",
];

/// Around those from which on is compressed, around what 16 bits hold, and up to what a server takes.
const SIZES: [usize; 22] = [
    0, 1, 2, 3, 10, 99, 100, 101, 399, 400, 401, 402, 1024, 16_384, 32_768, 65_535, 65_536, 65_537,
    100_000, 500_000, 1_000_000, 1_048_300,
];

/// What is pickled: plain data, such as any language has.
pub(super) const OTHERS: [&str; 14] = [
    "None",
    "2.5",
    "-1e300",
    "[]",
    "()",
    "{}",
    "[1, -2, 'zwei', None, True, False, 0.1]",
    "[255, 256, 65535, 65536, -2147483648, 4294967296, -9223372036854775808]",
    "[18446744073709551615, 170141183460469231731687303715884105727]",
    "(1, (2, (3, ())))",
    "[[[[[[[[['deep']]]]]]]]]",
    "{'größe': 'größe', '': [], 'nested': {'a': {'b': (1.5, None)}}}",
    "['same', 'same', ['same'], {'same': 'same'}]",
    "[b'', b'bytes', b'\\x00\\xff']",
];

impl Given {
    /// As the scripts read it: its type, and hexadecimal digits.
    fn line(&self) -> String {
        let (name, bytes) = match self {
            Self::Bytes(bytes) => ("bytes", &bytes[..]),
            Self::Text(text) => ("text", text.as_bytes()),
            Self::Integer(digits) => ("int", digits.as_bytes()),
            Self::Bool(true) => ("bool", &b"True"[..]),
            Self::Bool(false) => ("bool", &b"False"[..]),
            Self::Other(written) => ("other", written.as_bytes()),
            Self::Json(written) => ("json", written.as_bytes()),
        };
        let mut line = format!("{name}:");
        for byte in bytes {
            write!(line, "{byte:02x}").unwrap();
        }
        line
    }

    /// As minimc has it; what is pickled must have been pickled by another.
    pub(super) fn value<'v>(&'v self, pickled: &'v [u8]) -> Value<'v> {
        match self {
            Self::Bytes(bytes) => Value::from(&bytes[..]),
            Self::Text(text) => Value::from(&text[..]),
            Self::Integer(digits) => Integer::parse(digits.as_bytes()).unwrap().into(),
            Self::Bool(truth) => Value::from(*truth),
            Self::Other(_) => Value::Object {
                kind: Kind::Pickle,
                bytes: pickled,
            },
            // By its format.
            Self::Json(written) => Value::from(&written[..]),
        }
    }

    /// What is pickled, or JSON, as what JSON has for it: tuples are lists. There is nothing in JSON for
    /// bytes, and nothing in serde's types for numbers beyond 64 bits.
    pub(super) fn json(&self) -> Option<Json> {
        match self {
            Self::Json(written) => serde_json::from_str(written).ok(),
            Self::Other(written) => {
                let words = [("None", "null"), ("True", "true"), ("False", "false")];
                let marks = [("'", "\""), ("(", "["), (")", "]")];
                let json = words.iter().chain(&marks);
                let json = json.fold(written.clone(), |text, (from, to)| text.replace(from, to));
                let is_large = written.contains("18446744073709551615");
                serde_json::from_str(&json).ok().filter(|_| !is_large)
            }
            _ => None,
        }
    }

    /// How many bytes it is written in, where that is known.
    pub(super) fn length(&self) -> Option<usize> {
        match self {
            Self::Bytes(bytes) => Some(bytes.len()),
            Self::Text(text) => Some(text.len()),
            Self::Integer(digits) => Some(digits.len()),
            Self::Bool(_) | Self::Other(_) | Self::Json(_) => None,
        }
    }
}

impl Case {
    fn new(column: usize, doing: Doing, before: Given, given: Given, after: Given) -> Self {
        Self {
            column,
            doing,
            before: Some(before),
            given,
            after,
            pickle: 2,
            shrinks: None,
        }
    }

    fn set(column: usize, given: Given, shrinks: Option<bool>) -> Self {
        Self {
            column,
            doing: Doing::Set,
            before: None,
            after: given.clone(),
            given,
            pickle: 2,
            shrinks,
        }
    }

    /// As the scripts read it.
    pub(super) fn line(&self, key: &str) -> String {
        let before = self.before.as_ref().map_or("none:".into(), Given::line);
        let (given, after) = (self.given.line(), self.after.line());
        let (doing, pickle) = (self.doing, self.pickle);
        format!("{key} {doing:?} {pickle} {before} {given} {after}\n")
    }
}

/// All that is written; `bools_are_numbers` where a bool is read as a number.
pub(super) fn all(bools_are_numbers: bool) -> Vec<Case> {
    let mut cases = vec![];
    for size in SIZES {
        // Both shrink when they have a hundred bytes, and the noise never does.
        let json = repeated("{\"temperature\": 21.5, \"place\": \"cellar\"}, ", size);
        cases.push(Case::set(0, Given::Bytes(json.into_bytes()), Some(true)));
        cases.push(Case::set(0, Given::Bytes(noise(size)), Some(false)));
        let ascii = repeated("GET /index.html HTTP/1.1\r\n\0", size);
        cases.push(Case::set(1, Given::Text(ascii), Some(true)));
        let letters = repeated("größe 温度 🌡 ", size);
        cases.push(Case::set(1, Given::Text(letters), Some(true)));
    }
    let powers = [7_u32, 8, 15, 16, 31, 32, 63, 64, 127];
    let powers = powers.map(|bits| 1_u128 << bits);
    let mut integers: Vec<String> = powers
        .iter()
        .flat_map(|power| {
            [
                format!("{}", power - 1),
                format!("{power}"),
                format!("-{power}"),
            ]
        })
        .collect();
    integers.extend(["0", "1", "-1", "10", "-99"].map(Into::into));
    integers.extend([39, 40, 99, 100, 101, 400, 1000, 4000].map(|digits| "7".repeat(digits)));
    integers.extend([40, 1000].map(|digits| format!("-{}", "7".repeat(digits))));
    cases.extend(
        integers
            .into_iter()
            .map(|digits| Case::set(2, Given::Integer(digits), Some(true))),
    );

    let many: Vec<String> = (0..2000).map(|number| number.to_string()).collect();
    let mut others: Vec<String> = OTHERS.map(Into::into).to_vec();
    others.push(format!("[{}]", many.join(", ")));
    for pickle in 0..=5 {
        let versioned = |case| Case { pickle, ..case };
        for truth in [false, true] {
            let number = Given::Integer(u8::from(truth).to_string());
            let after = if bools_are_numbers {
                number
            } else {
                Given::Bool(truth)
            };
            let set = Case::set(3, Given::Bool(truth), None);
            cases.push(versioned(Case { after, ..set }));
        }
        let pickled = others.iter().cloned().map(Given::Other);
        cases.extend(pickled.map(|given| versioned(Case::set(4, given, None))));
    }
    let jsons = others.into_iter().map(Given::Other);
    let jsons = jsons.filter_map(|other| other.json());
    let jsons = jsons.map(|json| Given::Json(json.to_string()));
    cases.extend(jsons.map(|given| Case::set(5, given, None)));
    cases.extend(done());
    cases
}

/// What is done to values that are there.
fn done() -> Vec<Case> {
    let text = |text: &str| Given::Text(text.into());
    let bytes = |bytes: &[u8]| Given::Bytes(bytes.into());
    let number = |digits: &str| Given::Integer(digits.into());
    let long = Given::Text("swapped ".repeat(20_000));
    let mut cases = vec![];
    for (before, given) in [
        (text("before"), text("größe")),
        (text(""), text("")),
        (bytes(b"\0"), bytes(b"\xFF\r\n")),
        (
            number("1"),
            number("-170141183460469231731687303715884105728"),
        ),
        (bytes(b"bytes"), text("and then text")),
        (number("5"), long),
    ] {
        cases.push(Case::new(6, Doing::Cas, before, given.clone(), given));
    }
    for (before, given, appended, prepended) in [
        (text("gr"), text("öße"), text("größe"), text("ößegr")),
        (text(""), text("x"), text("x"), text("x")),
        (text("x"), text(""), text("x"), text("x")),
        (
            bytes(b"\0"),
            bytes(b"\xFF"),
            bytes(b"\0\xFF"),
            bytes(b"\xFF\0"),
        ),
    ] {
        let (also, too) = (before.clone(), given.clone());
        cases.push(Case::new(7, Doing::Append, before, given, appended));
        cases.push(Case::new(7, Doing::Prepend, also, too, prepended));
    }
    // Blanks are left where the number has fewer digits than before.
    for (before, given, after) in [
        ("10", "1", "9"),
        ("1000", "999", "1"),
        ("5", "10", "0"),
        ("18446744073709551615", "1", "18446744073709551614"),
        ("10000000000000000000", "1", "9999999999999999999"),
    ] {
        let [before, given, after] = [before, given, after].map(number);
        cases.push(Case::new(8, Doing::Decr, before, given, after));
    }
    cases
}

/// As many bytes of text: the same again and again, and blanks where a letter does not fit.
fn repeated(part: &str, size: usize) -> String {
    let mut text = part.repeat(size / part.len() + 1);
    while text.len() > size {
        text.pop();
    }
    while text.len() < size {
        text.push(' ');
    }
    text
}

/// As many bytes that nothing makes smaller.
fn noise(size: usize) -> Vec<u8> {
    let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 32) as u8
    };
    (0..size).map(|_| next()).collect()
}
