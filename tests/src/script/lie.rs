//! Replies that are not what was asked for.

use minimc::Protocol;

use super::binary;

/// What is wrong with a reply. Those before it and behind it are right.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Lie {
    /// The first bears another's opaque.
    Opaque,
    /// The first that has a key has another's.
    Key,
    /// The first is no reply at all.
    Garbage,
    /// The first announces less data than it has.
    Short,
    /// The first comes twice.
    Twice,
    /// The first and the second change places.
    Swap,
    /// Before the reply with this index comes one that somebody else has waited for.
    Stale(usize),
    /// The first says of a value that it was not stored, though it was.
    NotStored,
    /// Behind the first comes one that somebody else has waited for.
    Behind,
}

impl Lie {
    /// What the peer says in place of the `index`-th reply; `held` is what it says later.
    pub(super) fn tell(
        self,
        protocol: Protocol,
        index: usize,
        mut reply: Vec<u8>,
        held: &mut Vec<u8>,
    ) -> Vec<u8> {
        match (self, index) {
            (Self::Opaque, 0) if protocol == Protocol::Binary => reply[15] ^= 1,
            (Self::Opaque, 0) => {
                if let Some(at) = reply.windows(2).position(|bytes| bytes == b" O") {
                    // Another of the digits.
                    reply[at + 2] = if reply[at + 2] == b'x' { b'y' } else { b'x' };
                }
            }
            // Behind the header and the flags, where there is one.
            (Self::Key, 0) if protocol == Protocol::Binary && reply[3] > 0 => reply[28] = b'z',
            (Self::Key, 0) => {
                if let Some(key) = reply.strip_prefix(b"VALUE ").map(<[u8]>::len) {
                    let at = reply.len() - key;
                    reply[at] = b'z';
                }
            }
            (Self::Garbage, 0) => reply = b"\xFF\0no reply\r\n".to_vec(),
            (Self::Short, 0) => reply = shortened(&reply),
            (Self::Twice, 0) => reply.extend_from_within(..),
            (Self::Swap, 0) => *held = std::mem::take(&mut reply),
            (Self::Swap, 1) => reply.append(held),
            (Self::NotStored, 0) if protocol == Protocol::Binary => reply[7] = 5,
            (Self::NotStored, 0) => {
                if let Some(rest) = reply.strip_prefix(b"HD") {
                    reply = [b"NS", rest].concat();
                } else if reply.starts_with(b"STORED") {
                    reply.splice(..0, *b"NOT_");
                }
            }
            (Self::Stale(at), _) if at == index => reply = [stale(protocol), reply].concat(),
            (Self::Behind, 0) => reply.append(&mut stale(protocol)),
            _ => {}
        }
        reply
    }
}

/// The line of a value with a length that is one less.
fn shortened(reply: &[u8]) -> Vec<u8> {
    let end = reply
        .iter()
        .position(|&byte| byte == b'\r')
        .unwrap_or_default();
    let line = String::from_utf8_lossy(&reply[..end]).into_owned();
    let mut words: Vec<String> = line.split(' ').map(ToString::to_string).collect();
    let at = match words[0].as_str() {
        "VA" => 1,
        "VALUE" => 3,
        _ => return reply.to_vec(),
    };
    let length: usize = words[at].parse().unwrap();
    words[at] = (length - 1).to_string();
    [words.join(" ").as_bytes(), &reply[end..]].concat()
}

/// The reply to somebody else's get.
fn stale(protocol: Protocol) -> Vec<u8> {
    match protocol {
        Protocol::Text => b"VALUE zz 0 3\r\nzz.\r\nEND\r\n".to_vec(),
        Protocol::Meta => b"VA 3 f0 O9\r\nzz.\r\n".to_vec(),
        Protocol::Binary => binary::packet(0, 0, &[0, 0, 0xFF, 0xFF], &[0; 4], "", b"zz."),
    }
}
