//! How pymemcache places keys: rendezvous hashing.

use super::label::Label;
use super::server::Server;
use crate::hash::Murmur3;

/// What a key was for pymemcache: the same bytes are placed differently.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum PythonKey {
    /// A `str`, of each character of which the lower eight bits count. Bytes that are no UTF-8 count
    /// as they are.
    #[default]
    Str,
    /// `bytes`, which are hashed as Python shows them: `b'key'`.
    Bytes,
}

/// Where pymemcache puts a key: with the server that has the highest score, the MurmurHash3 of its name
/// and the key. The keys of a dead server are shared by all others. `None` if nobody is alive.
///
/// It takes time for every server, and no storage.
pub fn pymemcache(
    key: &[u8],
    kind: PythonKey,
    servers: &[Server<'_>],
    is_alive: impl Fn(usize) -> bool,
) -> Option<usize> {
    let mut best: Option<(u32, usize)> = None;
    for (index, server) in servers.iter().enumerate().filter(|(at, _)| is_alive(*at)) {
        let name = Label::name(server);
        let score = pymemcache_score(name.bytes(), key, kind);
        let is_better = match best {
            None => true,
            // Of two with the same score, that with the greater name.
            Some((highest, other)) if score == highest => servers
                .get(other)
                .is_some_and(|other| name.bytes() > Label::name(other).bytes()),
            Some((highest, _)) => score > highest,
        };
        if is_better {
            best = Some((score, index));
        }
    }
    Some(best?.1)
}

/// What pymemcache compares: the MurmurHash3 of a server's name, a hyphen and the key.
///
/// ```
/// use minimc_core::placement::{PythonKey, pymemcache_score};
///
/// let score = pymemcache_score(b"127.0.0.1:11211", b"key", PythonKey::Str);
/// assert_ne!(score, pymemcache_score(b"127.0.0.1:11211", b"key", PythonKey::Bytes)); // that of b'key'
/// ```
pub fn pymemcache_score(name: &[u8], key: &[u8], kind: PythonKey) -> u32 {
    let mut hash = Murmur3::new(0);
    let mut push = |bytes: &[u8]| bytes.iter().for_each(|byte| hash.push(*byte));
    push(name);
    push(b"-");
    match (kind, core::str::from_utf8(key)) {
        (PythonKey::Str, Ok(text)) => text.chars().for_each(|c| push(&[u32::from(c) as u8])),
        (PythonKey::Str, Err(_)) => push(key),
        (PythonKey::Bytes, _) => show(key, push),
    }
    hash.finish()
}

/// Python's `repr` of bytes.
fn show(bytes: &[u8], mut push: impl FnMut(&[u8])) {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') {
        b'"'
    } else {
        b'\''
    };
    let digit = |nibble: u8| match nibble {
        0..10 => b'0' | nibble,
        _ => nibble.wrapping_add(b'a'.wrapping_sub(10)),
    };
    push(&[b'b', quote]);
    for &byte in bytes {
        match byte {
            b'\t' => push(b"\\t"),
            b'\n' => push(b"\\n"),
            b'\r' => push(b"\\r"),
            b'\\' => push(b"\\\\"),
            _ if byte == quote => push(&[b'\\', byte]),
            b' '..=b'~' => push(&[byte]),
            _ => push(&[b'\\', b'x', digit(byte >> 4), digit(byte & 15)]),
        }
    }
    push(&[quote]);
}

#[cfg(test)]
mod tests {
    use super::super::Rule;
    use super::*;

    /// The keys of a server that is dead are shared by the others, and no other key moves.
    #[test]
    fn only_keys_of_the_dead_move() {
        let servers = ["a", "b", "c"].map(|host| Server::parse(host).unwrap());
        let mut shares = [0; 3];
        for number in 0..300 {
            let key = std::format!("key{number}");
            let server = Rule::PYMEMCACHE.place(key.as_bytes(), &servers).unwrap();
            shares[server] += 1;
            for dead in 0..3 {
                let is_alive = |server| server != dead;
                let place = Rule::PYMEMCACHE.place_alive(key.as_bytes(), &servers, is_alive);
                assert!(place.is_some_and(is_alive));
                assert!(server == dead || place == Some(server));
            }
        }
        assert!(shares.iter().all(|share| *share > 60), "{shares:?}");
    }

    /// Of two servers with the same score, which have the same name but by chance, the first stays.
    #[test]
    fn names_decide_a_draw() {
        let servers = ["a", "a"].map(|host| Server::parse(host).unwrap());
        assert_eq!(Rule::PYMEMCACHE.place(b"key", &servers), Some(0));
    }

    #[test]
    fn bytes_are_hashed_as_python_shows_them() {
        let table: [(&[u8], &[u8]); 5] = [
            (b"key", b"b'key'"),
            (b"it's", b"b\"it's\""),
            (b"it's \"", b"b'it\\'s \"'"),
            (b"\\\t\n\r", b"b'\\\\\\t\\n\\r'"),
            (b"\x00\x7f\xff", b"b'\\x00\\x7f\\xff'"),
        ];
        for (bytes, shown) in table {
            let bytes_score = pymemcache_score(b"a:1", bytes, PythonKey::Bytes);
            assert_eq!(bytes_score, pymemcache_score(b"a:1", shown, PythonKey::Str));
        }
    }
}
