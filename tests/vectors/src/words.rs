//! Replies in the words of the naive reader.

use minimc_core::command::{Deleted, Item, Stored};
use minimc_core::{Error, ErrorKind, Text};

/// What can be said in them.
pub(crate) trait Words {
    fn words(self) -> String;
}

impl Words for String {
    fn words(self) -> String {
        self
    }
}

impl Words for () {
    fn words(self) -> String {
        "done".into()
    }
}

impl Words for bool {
    fn words(self) -> String {
        if self { "done" } else { "not found" }.into()
    }
}

impl Words for u64 {
    fn words(self) -> String {
        format!("number {self}")
    }
}

impl Words for Text {
    fn words(self) -> String {
        format!("version {}", printed(self.bytes()))
    }
}

impl Words for &[u8] {
    fn words(self) -> String {
        format!("value {}", value(self))
    }
}

impl Words for Option<Item<'_>> {
    fn words(self) -> String {
        match self {
            Some(item) => of_item(item.flags, item.cas, item.value),
            None => "not found".into(),
        }
    }
}

impl Words for Stored {
    fn words(self) -> String {
        match self {
            Self::Stored => "done",
            Self::NotStored => "not stored",
            Self::Exists => "exists",
            Self::NotFound => "not found",
        }
        .into()
    }
}

impl Words for Deleted {
    fn words(self) -> String {
        match self {
            Self::Deleted => "done",
            Self::Exists => "exists",
            Self::NotFound => "not found",
        }
        .into()
    }
}

pub(crate) fn of_item(flags: u32, cas: Option<u64>, value: &[u8]) -> String {
    let cas = cas.map_or("-".into(), |cas| cas.to_string());
    format!("item {flags} {cas} {}", self::value(value))
}

/// An error that is an answer; `None` for one that says that what came is none.
pub(crate) fn error(error: &Error) -> Option<String> {
    let kind = match error.kind() {
        ErrorKind::NotFound => return Some("not found".into()),
        ErrorKind::Command | ErrorKind::Unsupported(_) => "command",
        ErrorKind::Client => "client",
        ErrorKind::Server => "server",
        ErrorKind::OutOfMemory => "out of memory",
        ErrorKind::Refused => "refused",
        ErrorKind::Uncompared => "uncompared",
        ErrorKind::Unconfirmed => "unconfirmed",
        ErrorKind::TooLarge => return Some("failed too large".into()),
        ErrorKind::NotNumeric => return Some("failed not numeric".into()),
        ErrorKind::TooManyConnections => return Some("failed too many".into()),
        // A transcript does not say whether it was the login itself.
        ErrorKind::Unauthenticated | ErrorKind::LoginRefused => {
            return Some("failed unauthenticated".into());
        }
        _ => return None,
    };
    let text = match (error.kind(), error.text()) {
        // It is only said of a bare `ERROR`.
        (ErrorKind::Unsupported(_), _) => "ERROR".into(),
        (_, text) => text.map_or(String::new(), |text| printed(text.bytes())),
    };
    Some(format!("failed {kind} {text}").trim_end().into())
}

/// Bytes in printable characters.
pub(crate) fn printed(bytes: &[u8]) -> String {
    let printed = bytes.iter().map(|&byte| match byte {
        b'\\' => "\\x5c".into(),
        b' '..=b'~' => char::from(byte).to_string(),
        _ => format!("\\x{byte:02x}"),
    });
    printed.collect()
}

fn value(value: &[u8]) -> String {
    if value.len() <= 64 {
        return printed(value);
    }
    let sum = value.iter().fold(0_u32, |sum, &byte| {
        sum.wrapping_mul(31).wrapping_add(u32::from(byte))
    });
    format!("{} bytes {sum:08x}", value.len())
}
