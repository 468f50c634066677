//! An honest memcached in memory, and a wire to it that cuts what passes wherever it is told.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::collections::HashMap;
// The model of the connection uses this from a crate without std's prelude.
use std::string::{String, ToString};
use std::vec::Vec;
use std::{assert, assert_eq, format, panic, vec};

use minimc_core::command::{Batch, Command};
use minimc_core::{Connection, Error, Gap, Piece, Progress, Protocol, Sent, Storage};

pub const PROTOCOLS: [Protocol; 3] = [Protocol::Text, Protocol::Meta, Protocol::Binary];

/// The server's side of one connection.
#[derive(Clone, Debug, Default)]
pub struct Peer {
    items: HashMap<Vec<u8>, Item>,
    clock: u64,
    requests: Vec<u8>,
    /// What it has answered and the client has not read.
    pub replies: Vec<u8>,
}

#[derive(Clone, Debug)]
struct Item {
    value: Vec<u8>,
    flags: u32,
    cas: u64,
}

impl Peer {
    pub fn with(items: &[(&str, &[u8])]) -> Self {
        let mut peer = Self::default();
        for (key, value) in items {
            peer.put(key.as_bytes(), value, 0);
        }
        peer
    }

    pub fn value(&self, key: &str) -> Option<&[u8]> {
        self.items.get(key.as_bytes()).map(|item| &item.value[..])
    }

    pub fn receive(&mut self, bytes: &[u8]) {
        self.requests.extend_from_slice(bytes);
        let mut requests = core::mem::take(&mut self.requests);
        let mut rest = &requests[..];
        while let Some(used) = match rest.first() {
            None => None,
            Some(0x80) => self.packet(rest),
            Some(_) => self.quietly(rest),
        } {
            rest = &rest[used..];
        }
        requests.drain(..requests.len() - rest.len());
        self.requests = requests;
    }

    fn put(&mut self, key: &[u8], value: &[u8], flags: u32) {
        self.clock += 1;
        let (value, cas) = (value.to_vec(), self.clock);
        self.items.insert(key.to_vec(), Item { value, flags, cas });
    }

    fn say(&mut self, line: &str) {
        self.replies.extend_from_slice(line.as_bytes());
        self.replies.extend_from_slice(b"\r\n");
    }

    /// What storing comes to; `mode` is the meta protocol's letter.
    fn store(&mut self, mode: char, key: &[u8], value: &[u8], flags: u32, cas: u64) -> Outcome {
        let old = self.items.get(key).cloned();
        match (mode, old) {
            ('E', Some(_)) | ('R' | 'A' | 'P', None) => return Outcome::NotStored,
            ('C', None) => return Outcome::NotFound,
            ('C', Some(old)) if old.cas != cas => return Outcome::Exists,
            ('A', Some(old)) => self.put(key, &[&old.value, value].concat(), old.flags),
            ('P', Some(old)) => self.put(key, &[value, &old.value].concat(), old.flags),
            _ => self.put(key, value, flags),
        }
        Outcome::Done
    }

    /// The new number, if there is an item.
    fn count(&mut self, key: &[u8], up: bool, delta: u64) -> Option<u64> {
        let old = self.items.get(key)?;
        let number: u64 = core::str::from_utf8(&old.value).unwrap().parse().unwrap();
        let number = if up {
            number.wrapping_add(delta)
        } else {
            number.saturating_sub(delta)
        };
        let flags = old.flags;
        self.put(key, number.to_string().as_bytes(), flags);
        Some(number)
    }

    /// A line; where it asks to be quiet, what goes the usual way is not answered.
    fn quietly(&mut self, requests: &[u8]) -> Option<usize> {
        let before = self.replies.len();
        let used = self.line(requests)?;
        let words = requests[..used].split(|&byte| byte == b'\r').next()?;
        let mut words = words.split(|&byte| byte == b' ');
        let hidden: &[&[u8]] = match words.next()? {
            b"mg" => &[b"EN"],
            b"ms" | b"md" => &[b"HD"],
            b"ma" => &[b"HD", b"VA"],
            _ => &[],
        };
        let reply = &self.replies[before..];
        if words.any(|word| word == b"q") && hidden.iter().any(|code| reply.starts_with(code)) {
            self.replies.truncate(before);
        }
        Some(used)
    }

    fn line(&mut self, requests: &[u8]) -> Option<usize> {
        let end = requests.iter().position(|&byte| byte == b'\n')? + 1;
        let line = String::from_utf8_lossy(&requests[..end]).into_owned();
        assert!(line.ends_with("\r\n"), "{line:?}");
        let words: Vec<&str> = line.trim_end().split(' ').collect();
        let verb = words[0];
        let key = words.get(1).copied().unwrap_or_default();
        let flag = |letter: char| {
            let flags = words.iter().skip(2);
            let mut tokens = flags.filter_map(|word| word.strip_prefix(letter));
            tokens.next()
        };
        let opaque = flag('O').map_or(String::new(), |token| format!(" O{token}"));
        match verb {
            "get" | "gets" | "gat" | "gats" => {
                for key in &words[if verb.starts_with("gat") { 2 } else { 1 }..] {
                    if let Some(item) = self.items.get(key.as_bytes()).cloned() {
                        let cas = if verb.ends_with('s') {
                            format!(" {}", item.cas)
                        } else {
                            String::new()
                        };
                        self.say(&format!(
                            "VALUE {key} {} {}{cas}",
                            item.flags,
                            item.value.len()
                        ));
                        self.replies.extend_from_slice(&item.value);
                        self.replies.extend_from_slice(b"\r\n");
                    }
                }
                self.say("END");
            }
            "set" | "add" | "replace" | "append" | "prepend" | "cas" | "ms" => {
                let length = if verb == "ms" { words[2] } else { words[4] };
                let length: usize = length.parse().unwrap();
                let data = requests.get(end..end + length + 2)?;
                assert!(data.ends_with(b"\r\n"), "bad data chunk");
                let value = &data[..length];
                let (mode, flags, cas) = match verb {
                    "ms" if flag('C').is_some() => ('C', flag('F'), flag('C')),
                    "ms" => {
                        let mode = flag('M').and_then(|mode| mode.chars().next());
                        (mode.unwrap_or('S'), flag('F'), None)
                    }
                    "set" => ('S', Some(words[2]), None),
                    "add" => ('E', Some(words[2]), None),
                    "replace" => ('R', Some(words[2]), None),
                    "append" => ('A', None, None),
                    "prepend" => ('P', None, None),
                    _ => ('C', Some(words[2]), Some(words[5])),
                };
                let number = |word: Option<&str>| word.map_or(0, |word| word.parse().unwrap());
                let stored = self.store(
                    mode,
                    key.as_bytes(),
                    value,
                    number(flags) as u32,
                    number(cas),
                );
                if verb == "ms" {
                    self.say(&format!("{}{opaque}", stored.meta()));
                } else {
                    self.say(stored.text());
                }
                return Some(end + length + 2);
            }
            "delete" => match self.items.remove(key.as_bytes()) {
                Some(_) => self.say("DELETED"),
                None => self.say("NOT_FOUND"),
            },
            "md" => match self.items.remove(key.as_bytes()) {
                Some(_) => self.say(&format!("HD{opaque}")),
                None => self.say(&format!("NF{opaque}")),
            },
            "incr" | "decr" => {
                match self.count(key.as_bytes(), verb == "incr", words[2].parse().unwrap()) {
                    Some(number) => self.say(&number.to_string()),
                    None => self.say("NOT_FOUND"),
                }
            }
            "ma" => {
                let delta = flag('D').map_or(1, |delta| delta.parse().unwrap());
                match self.count(key.as_bytes(), flag('M') != Some("D"), delta) {
                    Some(number) => {
                        let number = number.to_string();
                        self.say(&format!("VA {}{opaque}", number.len()));
                        self.say(&number);
                    }
                    None => self.say(&format!("NF{opaque}")),
                }
            }
            "touch" if self.items.contains_key(key.as_bytes()) => self.say("TOUCHED"),
            "touch" => self.say("NOT_FOUND"),
            "mg" => match self.items.get(key.as_bytes()).cloned() {
                None => self.say(&format!("EN{opaque}")),
                Some(_) if !words.contains(&"v") => self.say(&format!("HD{opaque}")),
                Some(item) => {
                    let cas = if words.contains(&"c") {
                        format!(" c{}", item.cas)
                    } else {
                        String::new()
                    };
                    let (length, flags) = (item.value.len(), item.flags);
                    self.say(&format!("VA {length} f{flags}{cas}{opaque}"));
                    self.replies.extend_from_slice(&item.value);
                    self.replies.extend_from_slice(b"\r\n");
                }
            },
            "mn" => self.say("MN"),
            "version" => self.say("VERSION 1.6.18"),
            _ => self.say("ERROR"),
        }
        Some(end)
    }

    fn packet(&mut self, requests: &[u8]) -> Option<usize> {
        let header = requests.get(..24)?;
        let body = u32::from_be_bytes(header[8..12].try_into().unwrap()) as usize;
        let body = requests.get(24..24 + body)?;
        let asked = header[1];
        // A quiet request is carried out as the loud one, and answered only if it fails.
        let (opcode, is_quiet) = match asked {
            0x11..=0x16 => (asked - 0x10, true),
            0x19 | 0x1A => (asked - 0x0B, true),
            0x24 => (0x1D, true),
            _ => (asked, false),
        };
        let key = usize::from(u16::from_be_bytes([header[2], header[3]]));
        let (extras, rest) = body.split_at(usize::from(header[4]));
        let (key, value) = rest.split_at(key);
        let number = |from: usize| u64::from_be_bytes(extras[from..from + 8].try_into().unwrap());
        let cas = u64::from_be_bytes(header[16..24].try_into().unwrap());
        let item = self.items.get(key).cloned();
        let answer = |status: u16, extras: &[u8], key: &[u8], value: &[u8], cas: u64| {
            let body = (extras.len() + key.len() + value.len()) as u32;
            let lengths = [0x81, asked, 0, key.len() as u8, extras.len() as u8, 0];
            let (status, body, cas) = (status.to_be_bytes(), body.to_be_bytes(), cas.to_be_bytes());
            let opaque = &header[12..16];
            [
                &lengths[..],
                &status,
                &body,
                opaque,
                &cas,
                extras,
                key,
                value,
            ]
            .concat()
        };
        let reply = match (opcode, item) {
            (0x0D, None) => vec![],
            (0x00 | 0x1D, Some(item)) => {
                answer(0, &item.flags.to_be_bytes(), b"", &item.value, item.cas)
            }
            (0x0D, Some(item)) => answer(0, &item.flags.to_be_bytes(), key, &item.value, item.cas),
            (0x1C, Some(_)) => answer(0, &[0; 4], b"", b"", 0),
            (0x04, Some(_)) => {
                self.items.remove(key);
                answer(0, b"", b"", b"", 0)
            }
            (0x05 | 0x06, Some(_)) => {
                let number = self.count(key, opcode == 0x05, number(0)).unwrap();
                answer(0, b"", b"", &number.to_be_bytes(), 0)
            }
            (0x00 | 0x04 | 0x05 | 0x06 | 0x1C | 0x1D, None) => answer(1, b"", b"", b"Not found", 0),
            (0x0A, _) => answer(0, b"", b"", b"", 0),
            (0x0B, _) => answer(0, b"", b"", b"1.6.18", 0),
            (0x01 | 0x02 | 0x03 | 0x0E | 0x0F, _) => {
                let mode = match opcode {
                    0x01 if cas != 0 => 'C',
                    0x01 => 'S',
                    0x02 => 'E',
                    0x03 => 'R',
                    0x0E => 'A',
                    _ => 'P',
                };
                let flags = extras
                    .first_chunk()
                    .map_or(0, |flags| u32::from_be_bytes(*flags));
                let stored = self.store(mode, key, value, flags, cas);
                let new = self.items.get(key).map_or(0, |item| item.cas);
                answer(stored.status(opcode), b"", b"", b"", new)
            }
            _ => answer(0x81, b"", b"", b"Unknown command", 0),
        };
        let is_usual = match opcode {
            0x1D => reply.get(6..8) == Some(&[0, 1]),
            _ => reply.get(6..8) == Some(&[0, 0]),
        };
        if !(is_quiet && is_usual) {
            self.replies.extend_from_slice(&reply);
        }
        Some(24 + body.len())
    }
}

#[derive(Clone, Copy, Debug)]
enum Outcome {
    Done,
    NotStored,
    Exists,
    NotFound,
}

impl Outcome {
    fn text(self) -> &'static str {
        ["STORED", "NOT_STORED", "EXISTS", "NOT_FOUND"][self as usize]
    }

    fn meta(self) -> &'static str {
        ["HD", "NS", "EX", "NF"][self as usize]
    }

    fn status(self, opcode: u8) -> u16 {
        match (self, opcode) {
            (Self::Done, _) => 0,
            (Self::NotStored, 0x02) | (Self::Exists, _) => 2,
            (Self::NotStored, 0x03) | (Self::NotFound, _) => 1,
            (Self::NotStored, _) => 5,
        }
    }
}

/// Numbers that look random and are the same every time.
#[derive(Clone, Debug)]
pub struct Random(pub u64);

impl Random {
    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % bound
    }
}

/// Moves at most `most` bytes of requests to the peer; how many it were.
pub fn write<S: Storage, const N: usize>(
    connection: &mut Connection<S, N>,
    peer: &mut Peer,
    gap: Option<&Gap<'_>>,
    most: usize,
) -> usize {
    let mut bytes = connection.outgoing(gap).concat();
    bytes.truncate(most);
    peer.receive(&bytes);
    connection.sent(bytes.len());
    bytes.len()
}

/// Counts the turns of a loop that nothing ends but what is tested: where that is broken, the test
/// fails, and does not fill the memory first.
#[derive(Default)]
pub struct Turns(usize);

impl Turns {
    /// More than any of the loops needs.
    const MOST: usize = 10_000;

    pub fn new() -> Self {
        Self::default()
    }

    pub fn count(&mut self) {
        self.0 += 1;
        assert!(self.0 <= Self::MOST, "a loop without an end");
    }
}

/// Moves all that is to be sent to the peer, so many bytes at a time.
pub fn write_all<S: Storage, const N: usize>(
    connection: &mut Connection<S, N>,
    peer: &mut Peer,
    gap: Option<&Gap<'_>>,
    mut chunk: impl FnMut() -> usize,
) {
    let mut turns = Turns::new();
    while write(connection, peer, gap, chunk()) > 0 {
        turns.count();
    }
}

/// Moves at most `most` bytes of replies to the client; how many it were.
pub fn read<S: Storage, const N: usize>(
    connection: &mut Connection<S, N>,
    peer: &mut Peer,
    most: usize,
) -> usize {
    let space = connection.space();
    assert!(!space.is_empty(), "a stall: no space to read more into");
    let count = most.min(space.len()).min(peer.replies.len());
    space[..count].copy_from_slice(&peer.replies[..count]);
    peer.replies.drain(..count);
    connection.filled(count);
    count
}

/// Reads bytes of a value that is taken in pieces to elsewhere than the storage, as many as may be.
pub fn read_beside<S: Storage, const N: usize>(
    connection: &mut Connection<S, N>,
    peer: &mut Peer,
    most: usize,
) -> Vec<u8> {
    let count = most.min(connection.bypass()).min(peer.replies.len());
    connection.bypassed(count);
    peer.replies.drain(..count).collect()
}

/// Sends what is queued and reads until the oldest reply is there.
pub fn arrive<S: Storage, const N: usize>(
    connection: &mut Connection<S, N>,
    peer: &mut Peer,
    chunk: usize,
) {
    write_all(connection, peer, None, || chunk);
    let mut turns = Turns::new();
    while !connection.arrived().unwrap() {
        turns.count();
        assert!(
            read(connection, peer, chunk) > 0,
            "the server has no more to say"
        );
    }
}

/// Queues more of a batch, all of which fits the storage; whether there was more.
pub fn queue<B: Batch, S: Storage, const N: usize>(
    connection: &mut Connection<S, N>,
    batch: &B,
    progress: &mut Progress,
) -> Result<bool, Error> {
    match connection.send_batch(batch, progress)? {
        Sent::Group(None) => Ok(true),
        Sent::Group(Some(_)) => panic!("a value that is not in the storage"),
        Sent::Nothing => Ok(false),
    }
}

/// Sends what is queued and reads until the batch's next outcome is there; `false` if nothing is
/// owed that could tell of one.
pub fn arrive_item<B: Batch, S: Storage, const N: usize>(
    connection: &mut Connection<S, N>,
    peer: &mut Peer,
    batch: &B,
    progress: &mut Progress,
    chunk: usize,
) -> bool {
    write_all(connection, peer, None, || chunk);
    let mut turns = Turns::new();
    while !connection.item_arrived(batch, progress).unwrap() {
        turns.count();
        if !progress.is_waiting() {
            return false;
        }
        assert!(
            read(connection, peer, chunk) > 0,
            "the server has no more to say"
        );
    }
    true
}

/// Carries out one command; what came of it.
pub fn call<C: Command, S: Storage, const N: usize>(
    connection: &mut Connection<S, N>,
    peer: &mut Peer,
    command: &C,
    chunk: usize,
) -> String
where
    for<'b> C::Reply<'b>: core::fmt::Debug,
{
    let gap = connection.send(command).unwrap();
    write_all(connection, peer, gap.as_ref(), || chunk);
    arrive(connection, peer, chunk);
    format!("{:?}", connection.reply::<C>())
}

/// Reads the oldest reply in pieces: whether there was a value, and its bytes.
pub fn pieces<S: Storage, const N: usize>(
    connection: &mut Connection<S, N>,
    peer: &mut Peer,
    mut chunk: impl FnMut() -> usize,
) -> Option<Vec<u8>> {
    let mut value = None;
    let mut turns = Turns::new();
    loop {
        turns.count();
        match connection.piece().unwrap() {
            Some(Piece::Start(entry)) => {
                assert!(value.is_none());
                value = Some((entry.length as usize, Vec::new()));
            }
            Some(Piece::Bytes(bytes)) => {
                assert!(!bytes.is_empty());
                value.as_mut().unwrap().1.extend_from_slice(bytes);
            }
            Some(Piece::End) => {
                return value.map(|(length, bytes)| {
                    assert_eq!(bytes.len(), length);
                    bytes
                });
            }
            None => {
                assert!(!connection.piece_arrived().unwrap());
                assert!(read(connection, peer, chunk()) > 0);
            }
        }
    }
}
