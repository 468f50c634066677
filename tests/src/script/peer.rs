//! A small memcached in memory, which takes no request that it cannot read to the last byte.

use std::collections::BTreeMap;

use minimc::Protocol;

use super::{Greeting, binary, text};

/// What is stored under a key whose value is no number: the key, over and over.
pub fn value(key: &str, length: usize) -> Vec<u8> {
    let mut value = format!("{key}.").repeat(length / (key.len() + 1) + 1);
    value.truncate(length);
    value.into_bytes()
}

/// The server: its items, and what it was asked on whatever connection.
#[derive(Clone, Debug)]
pub struct Peer {
    protocol: Protocol,
    items: BTreeMap<String, Vec<u8>>,
    served: Vec<(Verb, String)>,
    refusal: Option<Refusal>,
    greeting: Greeting,
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[allow(missing_docs, reason = "the names are memcached's")]
pub enum Verb {
    Get,
    GetQuietly,
    Set,
    Add,
    Delete,
    Increment,
    Touch,
    Noop,
    Version,
}

/// How the peer answers a request that it does not carry out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// The value is too large; what was stored is gone.
    TooLarge,
    /// There is no memory; what was stored is gone.
    OutOfMemory,
    /// It does not understand the request; a value behind a line is run as a command.
    Client,
    /// It does not know the command; the same holds.
    Command,
    /// It has a trouble of its own.
    Server,
    /// It has too many connections, and closes this one.
    TooMany,
}

/// A request, as it was read.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) verb: Verb,
    pub(super) keys: Vec<String>,
    pub(super) value: Vec<u8>,
    pub(super) delta: u64,
    /// The opaque as it came; with a meta line the `O` belongs to it.
    pub(super) opaque: Vec<u8>,
    /// The verb's own byte or word, to be answered in its form.
    pub(super) form: Form,
}

/// In what form a request came, so that its answer has the same.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Form {
    Classic,
    Meta,
    Packet(u8),
}

/// What a request comes to.
#[derive(Debug)]
pub(super) enum Answer {
    Items(Vec<(String, Vec<u8>)>),
    Number(u64),
    Done,
    NotFound,
    NotStored,
    Refused(Refusal),
}

impl Peer {
    /// A server without items.
    pub fn new(protocol: Protocol) -> Self {
        Self {
            protocol,
            items: BTreeMap::new(),
            served: Vec::new(),
            refusal: None,
            greeting: Greeting::default(),
        }
    }

    /// Wants every connection to begin so.
    pub fn greet(&mut self, greeting: Greeting) {
        self.greeting = greeting;
    }

    pub(super) fn greeting(&self) -> &Greeting {
        &self.greeting
    }

    /// The protocol that it speaks.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Stores a value of so many bytes under a key.
    pub fn put(&mut self, key: &str, length: usize) {
        self.items.insert(key.into(), value(key, length));
    }

    /// Stores a number.
    pub fn put_number(&mut self, key: &str, number: u64) {
        self.items
            .insert(key.into(), number.to_string().into_bytes());
    }

    /// What is stored under a key.
    pub fn item(&self, key: &str) -> Option<&[u8]> {
        self.items.get(key).map(Vec::as_slice)
    }

    /// Refuses the next request.
    pub fn refuse(&mut self, refusal: Refusal) {
        self.refusal = Some(refusal);
    }

    /// How many requests with this key were served, refused ones aside.
    pub fn served(&self, key: &str) -> usize {
        self.served
            .iter()
            .filter(|(_, served)| served == key)
            .count()
    }

    /// How many requests were served in all.
    pub fn served_in_all(&self) -> usize {
        self.served.len()
    }

    /// Serves the request at the front of what came on a connection, if it is whole. The reply is
    /// empty where a quiet request has none; the refusal is one after which the peer closes.
    pub(super) fn serve(&mut self, came: &mut Vec<u8>) -> Option<(Vec<u8>, bool)> {
        let (request, length) = match self.protocol {
            Protocol::Binary => binary::read(came)?,
            protocol => text::read(came, protocol == Protocol::Meta)?,
        };
        came.drain(..length);
        let answer = match self.refusal.take() {
            Some(refusal) => self.turn_down(&request, refusal),
            None => self.carry_out(&request),
        };
        let reply = match request.form {
            Form::Packet(opcode) => binary::reply(&request, opcode, &answer),
            _ => text::reply(&request, &answer),
        };
        let closes = matches!(answer, Answer::Refused(Refusal::TooMany));
        Some((reply, closes))
    }

    fn turn_down(&mut self, request: &Request, refusal: Refusal) -> Answer {
        let removes = matches!(refusal, Refusal::TooLarge | Refusal::OutOfMemory);
        if removes && request.verb == Verb::Set {
            self.items.remove(&request.keys[0]);
        }
        Answer::Refused(refusal)
    }

    fn carry_out(&mut self, request: &Request) -> Answer {
        for key in &request.keys {
            self.served.push((request.verb, key.clone()));
        }
        if request.keys.is_empty() {
            self.served.push((request.verb, String::new()));
        }
        let key = request.keys.first().cloned().unwrap_or_default();
        match request.verb {
            Verb::Get | Verb::GetQuietly => {
                let keys = request.keys.iter();
                let found =
                    keys.filter_map(|key| Some((key.clone(), self.items.get(key)?.clone())));
                Answer::Items(found.collect())
            }
            Verb::Set | Verb::Add => {
                assert!(
                    request.value == value(&key, request.value.len()),
                    "what is to be stored under {key} is another's: {}",
                    request.value.escape_ascii()
                );
                if request.verb == Verb::Add && self.items.contains_key(&key) {
                    return Answer::NotStored;
                }
                self.items.insert(key, request.value.clone());
                Answer::Done
            }
            Verb::Delete => match self.items.remove(&key) {
                Some(_) => Answer::Done,
                None => Answer::NotFound,
            },
            Verb::Increment => match self.items.get_mut(&key) {
                Some(stored) => {
                    let number: u64 = std::str::from_utf8(stored).unwrap().parse().unwrap();
                    let number = number.wrapping_add(request.delta);
                    *stored = number.to_string().into_bytes();
                    Answer::Number(number)
                }
                None => Answer::NotFound,
            },
            Verb::Touch if self.items.contains_key(&key) => Answer::Done,
            Verb::Touch => Answer::NotFound,
            Verb::Noop | Verb::Version => Answer::Done,
        }
    }
}
