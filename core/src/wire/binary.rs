//! Packets of the binary protocol: a header of 24 bytes, extras, key, value.

use super::{Failure, Head, Shape, Status, text};
use crate::error::Fault;

/// What a request packet asks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[repr(u8)]
#[allow(missing_docs, reason = "the names are the protocol's")]
pub enum Opcode {
    Get = 0x00,
    Set = 0x01,
    Add = 0x02,
    Replace = 0x03,
    Delete = 0x04,
    Increment = 0x05,
    Decrement = 0x06,
    Quit = 0x07,
    Flush = 0x08,
    NoOp = 0x0A,
    Version = 0x0B,
    Append = 0x0E,
    Prepend = 0x0F,
    Stat = 0x10,
    Touch = 0x1C,
    GetAndTouch = 0x1D,
    SaslList = 0x20,
    SaslAuth = 0x21,
}

/// The opcodes that have a quiet form, with it.
const QUIETLY: [(Opcode, u8); 10] = [
    (Opcode::Get, 0x0D),
    (Opcode::Set, 0x11),
    (Opcode::Add, 0x12),
    (Opcode::Replace, 0x13),
    (Opcode::Delete, 0x14),
    (Opcode::Increment, 0x15),
    (Opcode::Decrement, 0x16),
    (Opcode::Append, 0x19),
    (Opcode::Prepend, 0x1A),
    (Opcode::GetAndTouch, 0x24),
];

/// Makes of a request's packet, whose header this is, one of which the server answers only what is
/// out of the usual way.
pub(super) fn quieten(header: &mut [u8; HEADER]) {
    let [_, opcode, _, _, _, _, _, _, _, _, _, _, _, tagged, ..] = header;
    if let Some((_, quietly)) = QUIETLY.iter().find(|(loud, _)| *loud as u8 == *opcode) {
        // The tag has the opcode too.
        (*opcode, *tagged) = (*quietly, *quietly);
    }
}

/// The opcode whose quiet form this is, or itself.
fn loudly(code: u8) -> u8 {
    let mut forms = QUIETLY.iter();
    forms
        .find(|(_, quietly)| *quietly == code)
        .map_or(code, |(opcode, _)| *opcode as u8)
}

/// The bytes of a packet's header, as they stand on the wire.
pub(super) const HEADER: usize = 24;
const REQUEST: u8 = 0x80;
const REPLY: u8 = 0x81;

/// A packet's header.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Header {
    pub(super) opcode: u8,
    pub(super) key: u16,
    pub(super) extras: u8,
    pub(super) status: u16,
    pub(super) body: u32,
    pub(super) opaque: u32,
    pub(super) cas: u64,
}

impl Header {
    /// The bytes of a request's header.
    pub(super) fn request(self) -> [u8; HEADER] {
        let [key_high, key_low] = self.key.to_be_bytes();
        let [body3, body2, body1, body0] = self.body.to_be_bytes();
        let [opaque3, opaque2, opaque1, opaque0] = self.opaque.to_be_bytes();
        let [cas7, cas6, cas5, cas4, cas3, cas2, cas1, cas0] = self.cas.to_be_bytes();
        [
            REQUEST,
            self.opcode,
            key_high,
            key_low,
            self.extras,
            0,
            0,
            0, //
            body3,
            body2,
            body1,
            body0,
            opaque3,
            opaque2,
            opaque1,
            opaque0, //
            cas7,
            cas6,
            cas5,
            cas4,
            cas3,
            cas2,
            cas1,
            cas0,
        ]
    }

    /// Reads a reply's header; `None` if the bytes are another thing.
    fn reply(bytes: &[u8; HEADER]) -> Option<Self> {
        // Whole words at a time: a load and a reversal each, not four loads.
        let (&[REPLY, opcode, key1, key0, extras, 0, status1, status0], rest) =
            bytes.split_first_chunk()?
        else {
            return None;
        };
        let (&body, rest) = rest.split_first_chunk()?;
        let (&opaque, rest) = rest.split_first_chunk()?;
        let &cas = rest.first_chunk()?;
        Some(Self {
            opcode,
            key: u16::from_be_bytes([key1, key0]),
            extras,
            status: u16::from_be_bytes([status1, status0]),
            body: u32::from_be_bytes(body),
            opaque: u32::from_be_bytes(opaque),
            cas: u64::from_be_bytes(cas),
        })
    }
}

/// The tag that a packet bears: its opcode is part of it, so that the reply to another command is
/// not taken for this one's.
pub(super) fn tag(opcode: u8, tag: u16) -> u32 {
    u32::from(opcode) << 16 | u32::from(tag)
}

/// Reads the head of the packet at the front of `bytes`; `false` says that more is needed.
pub(super) fn packet(
    head: &mut Head,
    shape: Shape,
    bytes: &[u8],
    _searched: usize,
) -> Result<bool, Fault> {
    read(head, shape, bytes, |code| code)
}

/// The same of one that answers a quiet request.
pub(super) fn quiet_packet(
    head: &mut Head,
    shape: Shape,
    bytes: &[u8],
    _searched: usize,
) -> Result<bool, Fault> {
    read(head, shape, bytes, loudly)
}

/// The same of one that bears a statistic; the last has no name.
pub(super) fn statistic(
    head: &mut Head,
    shape: Shape,
    bytes: &[u8],
    _searched: usize,
) -> Result<bool, Fault> {
    let is_whole = read(head, shape, bytes, |code| code)?;
    if head.status == Status::Ok {
        head.status = match head.key {
            (_, 0) => Status::End,
            _ => Status::Value,
        };
    }
    Ok(is_whole)
}

/// Reads the head of a packet, whose opcode means the same as what `loudly` makes of it.
fn read(head: &mut Head, shape: Shape, bytes: &[u8], loudly: fn(u8) -> u8) -> Result<bool, Fault> {
    match bytes.first() {
        None | Some(&REPLY) => {}
        // A server that has too many connections says so in text, before it knows the protocol;
        // one that does not know this protocol answers in text, too.
        Some(b'E' | b'C' | b'S') => return text::error(head, shape, bytes),
        Some(_) => return Err(Fault::Malformed),
    }
    let Some(header) = bytes.first_chunk::<HEADER>() else {
        return Ok(false);
    };
    let header = Header::reply(header).ok_or(Fault::Malformed)?;
    // A reply carries its request's opcode twice: in the header and in what we sent as opaque.
    if u32::from(header.opcode) != header.opaque >> 16 {
        return Err(Fault::Mismatched);
    }
    let key = u8::try_from(header.key).map_err(|_| Fault::Malformed)?;
    let before = u32::from(header.extras).saturating_add(u32::from(key));
    let data = header.body.checked_sub(before).ok_or(Fault::Malformed)?;
    // Extras of 255 bytes and a key of 250 fit no storage of `LONGEST_HEAD` bytes.
    if header.extras > 20 || key > 250 {
        return Err(Fault::Malformed);
    }
    let Some(body) = bytes
        .get(HEADER..)
        .filter(|body| body.len() >= before as usize)
    else {
        return Ok(false);
    };
    let status = status(loudly(header.opcode), header.status).ok_or(Fault::Malformed)?;
    let length = HEADER.saturating_add(before as usize);
    head.begin(shape, status, length, data, 0);
    head.cas = header.cas;
    head.tag = header.opaque;
    head.key = (header.extras.saturating_add(HEADER as u8), key);
    if let (Status::Value, 4, Some(flags)) = (status, header.extras, body.first_chunk()) {
        head.flags = u32::from_be_bytes(*flags);
    }
    Ok(true)
}

fn status(opcode: u8, status: u16) -> Option<Status> {
    const ADD: u8 = Opcode::Add as u8;
    const REPLACE: u8 = Opcode::Replace as u8;
    let failure = match (status, opcode) {
        (0, code) => return Some(success(code)),
        // The other protocols know one outcome for a condition that does not hold.
        (2, ADD) | (1, REPLACE) | (5, _) => return Some(Status::NotStored),
        (1, _) => return Some(Status::NotFound),
        (2, _) => return Some(Status::Exists),
        (3, _) => Failure::TooLarge,
        (4, _) => Failure::Client,
        (6, _) => Failure::NotNumeric,
        (0x20, _) => Failure::Unauthenticated,
        (0x81, _) => Failure::Command,
        (0x82, _) => Failure::OutOfMemory,
        (0x83..=0x86, _) => Failure::Server,
        _ => return None,
    };
    Some(Status::Failed(failure))
}

fn success(opcode: u8) -> Status {
    const GETS: [Opcode; 6] = [
        Opcode::Get,
        Opcode::GetAndTouch,
        Opcode::Increment,
        Opcode::Decrement,
        Opcode::Version,
        Opcode::SaslList,
    ];
    if opcode == Opcode::NoOp as u8 {
        Status::End
    } else if GETS.iter().any(|&get| get as u8 == opcode) {
        Status::Value
    } else {
        Status::Ok
    }
}
