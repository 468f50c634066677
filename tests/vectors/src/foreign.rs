//! Requests that none of our commands writes, so that their replies can be read all the same.

use minimc_core::command::{Batch, Command};
use minimc_core::wire::{Encoder, Form, Frame, Opcode, Shape, Status};
use minimc_core::{ErrorKind, Protocol};

use crate::part::{Kind, Part};
use crate::words::{self, Words};

/// A request line, or the opcode of a packet; `VALUE` is what it means that there is a value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Raw<'r, const VALUE: u8> {
    pub(crate) part: Part<'r>,
}

pub(crate) const ITEM: u8 = 0;
pub(crate) const NUMBER: u8 = 1;
pub(crate) const VERSION: u8 = 2;

/// The longest part of a line that is written: the rest makes no difference to the reply.
const LONGEST: usize = 300;

impl<const VALUE: u8> Command for Raw<'_, VALUE> {
    const NAME: &'static str = match VALUE {
        ITEM => "raw",
        NUMBER => "raw number",
        _ => "raw version",
    };
    type Reply<'b> = String;

    fn encode<'v>(&'v self, out: &mut Encoder<'_, 'v>) {
        write(&self.part, out);
    }

    fn decode<'b>(frame: &Frame<'b>) -> Result<String, ErrorKind> {
        meaning(frame, VALUE)
    }
}

/// What a value means in answer to this.
pub(crate) fn value_of(part: &Part<'_>) -> u8 {
    let verb = part.words().first().copied().unwrap_or_default();
    match (part.kind, verb) {
        (Kind::Packet, _) => match opcode(part) {
            Opcode::Increment | Opcode::Decrement => NUMBER,
            Opcode::Version => VERSION,
            _ => ITEM,
        },
        (_, b"incr" | b"decr" | b"ma") => NUMBER,
        (_, b"version") => VERSION,
        _ => ITEM,
    }
}

fn meaning(frame: &Frame<'_>, value: u8) -> Result<String, ErrorKind> {
    Ok(match (frame.status(), value) {
        (Status::Ok | Status::End, _) => "done".into(),
        (Status::Value, NUMBER) => frame.number()?.words(),
        (Status::Value, VERSION) => {
            let text = frame.data()?;
            format!("version {}", words::printed(&text[..text.len().min(63)]))
        }
        (Status::Value, _) => words::of_item(frame.flags(), frame.cas(), frame.data()?),
        (Status::NotFound, _) => "not found".into(),
        (Status::NotStored, _) => "not stored".into(),
        (Status::Exists, _) => "exists".into(),
        (Status::Failed(_), _) => return Err(frame.unexpected()),
    })
}

fn write<'v>(part: &Part<'v>, out: &mut Encoder<'_, 'v>) {
    if part.kind == Kind::Packet {
        // Which of its parts it has makes no difference to the reply.
        out.packet(opcode(part), &[], None, 0);
        if opcode(part) == Opcode::SaslAuth {
            out.logs_in();
        }
        return;
    }
    let line = &part.line[..part.line.len().min(LONGEST)];
    out.line(line, shape(part));
    match part.data {
        Some(data) => out.value(data),
        None => out.end(),
    };
}

/// The opcode that stands in for that of the request.
pub(crate) fn opcode(part: &Part<'_>) -> Opcode {
    match part.line.get(1) {
        Some(0x00 | 0x09 | 0x0C | 0x0D) => Opcode::Get,
        Some(0x01 | 0x11) => Opcode::Set,
        Some(0x02 | 0x12) => Opcode::Add,
        Some(0x03 | 0x13) => Opcode::Replace,
        Some(0x04 | 0x14) => Opcode::Delete,
        Some(0x05 | 0x15) => Opcode::Increment,
        Some(0x06 | 0x16) => Opcode::Decrement,
        Some(0x07 | 0x17) => Opcode::Quit,
        Some(0x08 | 0x18) => Opcode::Flush,
        Some(0x0B) => Opcode::Version,
        Some(0x0E | 0x19) => Opcode::Append,
        Some(0x0F | 0x1A) => Opcode::Prepend,
        Some(0x1C) => Opcode::Touch,
        Some(0x1D | 0x1E | 0x23 | 0x24) => Opcode::GetAndTouch,
        Some(0x21) => Opcode::SaslAuth,
        _ => Opcode::NoOp,
    }
}

fn shape(part: &Part<'_>) -> Shape {
    match part.words().first().copied().unwrap_or_default() {
        b"set" => Shape::STORED,
        b"add" | b"replace" | b"append" | b"prepend" => Shape::STORED_OR_NOT,
        b"cas" => Shape::COMPARED,
        b"delete" => Shape::DELETED,
        b"touch" => Shape::TOUCHED,
        b"incr" | b"decr" => Shape::NUMBER,
        b"version" => Shape::VERSION,
        b"mn" => Shape::NOP,
        b"mg" | b"ms" | b"md" | b"ma" => Shape::META,
        b"me" => Shape::DEBUG,
        b"stats" => Shape::STATISTICS,
        b"watch" => Shape::EVENTS,
        b"lru_crawler" => match part.words().get(1) {
            Some(&b"metadump") => Shape::DUMP,
            Some(&b"mgdump") => Shape::KEYS,
            _ => Shape::DONE,
        },
        _ => Shape::DONE,
    }
}

/// A classic line with any keys.
#[derive(Clone, Debug)]
pub(crate) struct Keys<'r> {
    pub(crate) verb: &'r [u8],
    pub(crate) keys: Vec<&'r [u8]>,
}

impl Batch for Keys<'_> {
    const NAME: &'static str = "raw keys";
    type Name = ();
    type Reply<'b> = String;

    fn name(&self, _: usize) -> Option<()> {
        None
    }

    fn count(&self) -> usize {
        self.keys.len()
    }

    fn open(&self, out: &mut Encoder<'_, '_>) -> Form {
        out.line(self.verb, Shape::VALUES);
        Form::Line
    }

    fn encode<'v>(&'v self, index: usize, out: &mut Encoder<'_, 'v>) {
        let key = self.keys[index];
        out.bytes(b" ").bytes(&key[..key.len().min(LONGEST)]);
    }

    fn decode<'b>(frame: &Frame<'b>) -> Result<String, ErrorKind> {
        meaning(frame, ITEM)
    }

    fn silence<'b>() -> Option<Self::Reply<'b>> {
        Some("not found".into())
    }

    fn asks_for(&self, index: usize, key: &[u8]) -> bool {
        self.keys[index] == key
    }
}

/// Requests that may be left without an answer, and a no-op.
#[derive(Clone, Debug)]
pub(crate) struct Quiet<'r, const VALUE: u8> {
    pub(crate) parts: Vec<Part<'r>>,
}

impl<const VALUE: u8> Batch for Quiet<'_, VALUE> {
    const NAME: &'static str = match VALUE {
        NUMBER => "raw quiet number",
        _ => "raw quiet",
    };
    type Name = ();
    type Reply<'b> = String;

    fn name(&self, _: usize) -> Option<()> {
        None
    }

    fn count(&self) -> usize {
        self.parts.len()
    }

    fn open(&self, _: &mut Encoder<'_, '_>) -> Form {
        Form::Quiet
    }

    fn encode<'v>(&'v self, index: usize, out: &mut Encoder<'_, 'v>) {
        let part = &self.parts[index];
        match out.protocol() {
            Protocol::Binary => drop(out.packet(opcode(part), &[], None, 0)),
            _ => write(part, out),
        }
    }

    fn decode<'b>(frame: &Frame<'b>) -> Result<String, ErrorKind> {
        meaning(frame, VALUE)
    }

    fn silence<'b>() -> Option<Self::Reply<'b>> {
        Some(String::new())
    }

    fn asks_for(&self, index: usize, key: &[u8]) -> bool {
        self.parts[index].key() == key
    }
}
