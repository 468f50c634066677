//! What encoding a request and parsing a reply cost the core, through the calls by which any driver uses it.
//!
//! - `codec` prints for each case its nanoseconds to encode and to parse, in the best of many rounds;
//! - `codec list` prints the names of the cases;
//! - `codec CASE encode|whole ROUNDS` encodes, or encodes and parses, for instructions to be counted from
//!   outside as a difference: a round has 64 requests.

use std::hint::black_box;
use std::time::Instant;

use minimc_core::command::{Command, Get, Noop, Store, Touch, meta};
use minimc_core::{Connection, Error, Expiry, Key, Protocol};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// How many requests are under way together, so that what is done once for all of them does not show.
const REQUESTS: usize = 64;
const ROUNDS: usize = 20_000;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (key, value) = (Key::new("a-key-16-letters")?, [b'v'; 100]);
    let text = "v".repeat(100);
    let get = Get::new(key);
    let all = meta::Get::new(key)
        .with_value()
        .with_flags()
        .with_cas()
        .with_key();
    let set = Store::set(key, &value);
    let touch = Touch::new(key, Expiry::NEVER);
    let cases = Cases {
        arguments: &arguments,
    };
    cases.case("get-text", Protocol::Text, &get, |_| {
        format!("VALUE a-key-16-letters 0 100\r\n{text}\r\nEND\r\n")
    })?;
    cases.case("get-meta", Protocol::Meta, &get, |tag| {
        format!("VA 100 f0 {tag}\r\n{text}\r\n")
    })?;
    cases.case("get-meta-f-c-k", Protocol::Meta, &all, |tag| {
        format!("VA 100 f0 c123 ka-key-16-letters {tag}\r\n{text}\r\n")
    })?;
    cases.case("touch-meta", Protocol::Meta, &touch, |tag| {
        format!("HD {tag}\r\n")
    })?;
    cases.case("set-text", Protocol::Text, &set, |_| {
        "STORED\r\n".to_owned()
    })?;
    cases.case("set-meta", Protocol::Meta, &set, |tag| {
        format!("HD {tag}\r\n")
    })?;
    cases.case("noop-meta", Protocol::Meta, &Noop, |_| "MN\r\n".to_owned())
}

struct Cases<'a> {
    arguments: &'a [&'a str],
}

impl Cases<'_> {
    fn case<C: Command>(
        &self,
        name: &str,
        protocol: Protocol,
        command: &C,
        reply: impl Fn(&str) -> String,
    ) -> Result<()> {
        let mut storage = Storage::default();
        let replies = storage.replies(protocol, command, reply)?;
        match *self.arguments {
            [] => {
                let (mut encoding, mut parsing) = (f64::MAX, f64::MAX);
                for _ in 0..ROUNDS {
                    let start = Instant::now();
                    let mut connection = storage.encode(protocol, command)?;
                    let encoded = Instant::now();
                    parse::<C>(&mut connection, &replies)?;
                    let took = |from: Instant, to: Instant| {
                        (to - from).as_nanos() as f64 / REQUESTS as f64
                    };
                    encoding = encoding.min(took(start, encoded));
                    parsing = parsing.min(took(encoded, Instant::now()));
                }
                println!("{name}\tencode\t{encoding:.2}");
                println!("{name}\tparse\t{parsing:.2}");
            }
            ["list"] => println!("{name}"),
            [case, what, rounds] if case == name => {
                for _ in 0..rounds.parse::<usize>()? {
                    let mut connection = storage.encode(protocol, command)?;
                    if what == "whole" {
                        parse::<C>(&mut connection, &replies)?;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}

struct Storage {
    sending: Vec<u8>,
    receiving: Vec<u8>,
}

impl Default for Storage {
    fn default() -> Self {
        Self {
            sending: vec![0; 16 << 10],
            receiving: vec![0; 16 << 10],
        }
    }
}

type Open<'s> = Connection<&'s mut [u8], REQUESTS>;

impl Storage {
    /// Encodes them, on a new connection: there they have the same opaques every time.
    fn encode<C: Command>(
        &mut self,
        protocol: Protocol,
        command: &C,
    ) -> std::result::Result<Open<'_>, Error> {
        let mut connection = Open::new(protocol, &mut self.sending, &mut self.receiving)?;
        for _ in 0..REQUESTS {
            let gap = black_box(connection.send(black_box(command))?);
            let count = connection
                .outgoing(gap.as_ref())
                .map(<[u8]>::len)
                .iter()
                .sum();
            connection.sent(count);
        }
        Ok(connection)
    }

    /// What is answered to them, with the opaques that they have.
    fn replies<C: Command>(
        &mut self,
        protocol: Protocol,
        command: &C,
        reply: impl Fn(&str) -> String,
    ) -> Result<Vec<u8>> {
        let mut connection = Open::new(protocol, &mut self.sending, &mut self.receiving)?;
        let mut replies = Vec::new();
        for _ in 0..REQUESTS {
            let gap = connection.send(command)?;
            let request = connection.outgoing(gap.as_ref()).concat();
            let line = String::from_utf8(request.clone())?;
            let line = line.lines().next().unwrap_or_default();
            let tag = line.split(' ').find(|word| word.starts_with('O'));
            replies.extend_from_slice(reply(tag.unwrap_or_default()).as_bytes());
            connection.sent(request.len());
        }
        Ok(replies)
    }
}

fn parse<C: Command>(connection: &mut Open<'_>, replies: &[u8]) -> Result<()> {
    connection.space()[..replies.len()].copy_from_slice(replies);
    connection.filled(replies.len());
    for _ in 0..REQUESTS {
        if !connection.arrived().map_err(Error::from)? {
            return Err("a reply is missing".into());
        }
        let _ = black_box(connection.reply::<C>()?);
    }
    Ok(())
}
