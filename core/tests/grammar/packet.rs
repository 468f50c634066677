//! Request packets of the binary protocol.

use super::{Form, Mode, Request, What};

/// The fields of a packet of either direction: its header's, and its body's three parts.
pub(super) struct Packet<'b> {
    pub(super) magic: u8,
    pub(super) opcode: u8,
    /// The vbucket of a request, the status of a reply.
    pub(super) status: u16,
    pub(super) opaque: u32,
    pub(super) cas: u64,
    pub(super) extras: &'b [u8],
    pub(super) key: &'b [u8],
    pub(super) value: &'b [u8],
}

/// The packet at the front, and what is behind it; `None` while it has not ended.
pub(super) fn packet(bytes: &[u8]) -> Option<Result<(Packet<'_>, &[u8]), &'static str>> {
    let (header, rest) = bytes.split_at_checked(24)?;
    let field = |from: usize, to: usize| {
        header[from..to]
            .iter()
            .fold(0, |number: u64, &byte| number << 8 | u64::from(byte))
    };
    let (key, extras, body) = (
        field(2, 4) as usize,
        field(4, 5) as usize,
        field(8, 12) as usize,
    );
    if header[5] != 0 || body < key + extras {
        return Some(Err("a header that contradicts itself"));
    }
    let (body, rest) = rest.split_at_checked(body)?;
    let (extras, body) = body.split_at(extras);
    let (key, value) = body.split_at(key);
    let packet = Packet {
        magic: header[0],
        opcode: header[1],
        status: field(6, 8) as u16,
        opaque: field(12, 16) as u32,
        cas: field(16, 24),
        extras,
        key,
        value,
    };
    Some(Ok((packet, rest)))
}

/// The request at the front, and what is behind it.
pub(super) fn request(bytes: &[u8]) -> Result<(Request, &[u8]), &'static str> {
    let (packet, rest) = packet(bytes).ok_or("a packet without an end")??;
    let Packet {
        opcode,
        opaque,
        cas,
        extras,
        key,
        value,
        ..
    } = packet;
    if packet.magic != 0x80 || packet.status != 0 {
        return Err("no request packet");
    }
    let number = |from: usize, to: usize| {
        extras[from..to]
            .iter()
            .fold(0, |number: u64, &byte| number << 8 | u64::from(byte))
    };
    let time = |from: usize| match number(from, from + 4) as u32 {
        time if time <= i32::MAX as u32 => Ok(time),
        _ => Err("an expiry that servers take for a negative one"),
    };
    // The lengths of the extras, whether there is a key, and whether there may be a value.
    let (lengths, has_key, has_value): (&[usize], bool, bool) = match opcode {
        0x00 | 0x04 | 0x0D => (&[0], true, false),
        0x08 => (&[0, 4], false, false),
        0x01..=0x03 => (&[8], true, true),
        0x05 | 0x06 => (&[20], true, false),
        0x0A | 0x0B => (&[0], false, false),
        0x0E | 0x0F => (&[0], true, true),
        0x1C | 0x1D => (&[4], true, false),
        _ => return Err("no opcode of ours"),
    };
    if !lengths.contains(&extras.len())
        || has_key != (1..=250).contains(&key.len())
        || (!has_value && !value.is_empty())
        || (cas != 0 && opcode != 0x01 && opcode != 0x04)
    {
        return Err("parts that this opcode does not have");
    }
    let key = key.to_vec();
    let store = |mode: Mode, key: Vec<u8>| {
        let new = match mode {
            Mode::Append | Mode::Prepend => None,
            _ => Some((number(0, 4) as u32, time(4)?)),
        };
        let value = value.to_vec();
        Ok(What::Store {
            mode,
            key,
            value,
            new,
        })
    };
    let what = match opcode {
        0x00 | 0x0D => What::Get {
            keys: vec![key],
            cas: false,
            touch: None,
        },
        0x1D => What::Get {
            keys: vec![key],
            cas: false,
            touch: Some(time(0)?),
        },
        0x01 if cas != 0 => store(Mode::Cas(cas), key)?,
        0x01 => store(Mode::Set, key)?,
        0x02 => store(Mode::Add, key)?,
        0x03 => store(Mode::Replace, key)?,
        0x0E => store(Mode::Append, key)?,
        0x0F => store(Mode::Prepend, key)?,
        0x04 if cas != 0 => What::DeleteCas { key, cas },
        0x04 => What::Delete { key },
        0x08 => What::FlushAll {
            delay: match extras {
                [] => None,
                _ => Some(time(0)?),
            },
        },
        0x05 | 0x06 => What::Count {
            key,
            up: opcode == 0x05,
            delta: number(0, 8),
            // "If the expiry is all ones, fail with NOT_FOUND."
            initial: match number(16, 20) as u32 {
                u32::MAX => None,
                _ => Some((number(8, 16), time(16)?)),
            },
        },
        0x1C => What::Touch {
            key,
            expiry: time(0)?,
        },
        0x0A => What::Noop,
        _ => What::Version,
    };
    let form = Form::Packet { opcode, opaque };
    Ok((Request { what, form }, rest))
}
