//! memcached's grammar, read strictly from its documents: what a request asks for, and what may
//! answer it. Nothing here knows the crate, nor looks at anything but bytes.

#![allow(dead_code, reason = "each test uses a part of it")]

mod line;
mod meta;
mod packet;
pub mod reply;

/// A request, as a server reads it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Request {
    pub what: What,
    pub form: Form,
}

/// What is asked for, whatever the protocol.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum What {
    Get {
        keys: Vec<Vec<u8>>,
        cas: bool,
        touch: Option<u32>,
    },
    Store {
        mode: Mode,
        key: Vec<u8>,
        value: Vec<u8>,
        /// With the expiry; `None` where the mode keeps those of the item.
        new: Option<(u32, u32)>,
    },
    Count {
        key: Vec<u8>,
        up: bool,
        delta: u64,
        /// The value and the expiry of an item that is made.
        initial: Option<(u64, u32)>,
    },
    Delete {
        key: Vec<u8>,
    },
    /// Of an item with this CAS value.
    DeleteCas {
        key: Vec<u8>,
        cas: u64,
    },
    Touch {
        key: Vec<u8>,
        expiry: u32,
    },
    /// Whether there is an item. In the classic and the binary protocol nobody can tell it from a
    /// [`What::Store`] that adds nothing: who asked for it says so.
    Exists {
        key: Vec<u8>,
    },
    /// An item, or the task to compute it, within so many seconds.
    Lease {
        key: Vec<u8>,
        lasts: u32,
        recache: Option<u32>,
    },
    /// A meta verb with flags that no other of these has.
    Verb {
        verb: Verb,
        key: Vec<u8>,
    },
    /// What a server knows of an item.
    Debug {
        key: Vec<u8>,
    },
    FlushAll {
        delay: Option<u32>,
    },
    Version,
    Noop,
}

/// A meta verb.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verb {
    Get,
    Set,
    Delete,
    Count,
}

/// Under which condition a value is stored, and how.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    Set,
    Add,
    Replace,
    Append,
    Prepend,
    Cas(u64),
}

/// What a request looks like, and so its reply.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Form {
    Classic,
    Meta { opaque: Vec<u8> },
    Packet { opcode: u8, opaque: u32 },
}

/// All requests in these bytes, which must end with the last.
pub fn requests(mut bytes: &[u8]) -> Result<Vec<Request>, &'static str> {
    let mut requests = vec![];
    while let Some(first) = bytes.first() {
        let (request, rest) = match first {
            0x80 => packet::request(bytes),
            _ => line::request(bytes),
        }?;
        requests.push(request);
        bytes = rest;
    }
    Ok(requests)
}

/// The line at the front, and what is behind it; `None` while it has not ended.
fn line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|&byte| byte == b'\n')?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

/// A number without a sign, as a server prints it.
fn number<T: core::str::FromStr>(digits: &[u8]) -> Option<T> {
    let is_plain = match digits {
        [] => false,
        [b'0', rest @ ..] => rest.is_empty(),
        _ => digits.iter().all(u8::is_ascii_digit),
    };
    let digits = core::str::from_utf8(digits).ok()?;
    digits.parse().ok().filter(|_| is_plain)
}
