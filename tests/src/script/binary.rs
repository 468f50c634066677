//! The peer's packets.

use super::peer::{Answer, Form, Refusal, Request, Verb};
use super::text;

const HEADER: usize = 24;

/// The request at the front of `came` and its length, if it is whole.
///
/// # Panics
///
/// If it is none: then bytes of another request lie behind one that was left half sent.
pub(super) fn read(came: &[u8]) -> Option<(Request, usize)> {
    if let Some(magic) = came.first() {
        assert_eq!(*magic, 0x80, "no packet: {}", came.escape_ascii());
    }
    let header = came.get(..HEADER)?;
    let number = |from: usize, to: usize| {
        let bytes = header[from..to].iter();
        bytes.fold(0, |number, &byte| number << 8 | usize::from(byte))
    };
    let (opcode, key, extras, body) = (header[1], number(2, 4), number(4, 5), number(8, 12));
    let (verb, wanted, keyed) = match opcode {
        0x00 => (Verb::Get, 0, true),
        0x01 => (Verb::Set, 8, true),
        0x02 => (Verb::Add, 8, true),
        0x04 => (Verb::Delete, 0, true),
        0x05 => (Verb::Increment, 20, true),
        0x0A => (Verb::Noop, 0, false),
        0x0B => (Verb::Version, 0, false),
        0x0D => (Verb::GetQuietly, 0, true),
        0x1C => (Verb::Touch, 4, true),
        _ => panic!("no packet: {}", came.escape_ascii()),
    };
    let stores = matches!(verb, Verb::Set | Verb::Add);
    assert!(
        extras == wanted
            && (1..=250).contains(&key) == keyed
            && (stores || body == key + extras)
            && body >= key + extras
            && body < 1 << 21
            && number(5, 8) == 0
            && number(16, 24) == 0,
        "no packet: {}",
        came.escape_ascii()
    );
    let body = came.get(HEADER..HEADER + body)?;
    let (extras, rest) = body.split_at(extras);
    let (key, value) = rest.split_at(key);
    let key = std::str::from_utf8(key).expect("a key of text");
    let delta = extras.first_chunk().copied().map_or(1, u64::from_be_bytes);
    let request = Request {
        verb,
        keys: keyed.then(|| key.into()).into_iter().collect(),
        value: value.to_vec(),
        delta,
        opaque: header[12..16].to_vec(),
        form: Form::Packet(opcode),
    };
    Some((request, HEADER + body.len()))
}

pub(super) fn reply(request: &Request, opcode: u8, answer: &Answer) -> Vec<u8> {
    let item = |key: &str, value: &[u8]| {
        let key = if request.verb == Verb::GetQuietly {
            key
        } else {
            ""
        };
        packet(opcode, 0, &request.opaque, &[0; 4], key, value)
    };
    let plain =
        |status, text: &str| packet(opcode, status, &request.opaque, &[], "", text.as_bytes());
    match answer {
        Answer::Items(items) => match (&items[..], request.verb) {
            ([(key, value)], _) => item(key, value),
            (_, Verb::GetQuietly) => Vec::new(),
            _ => plain(1, "Not found"),
        },
        Answer::Number(number) => {
            packet(opcode, 0, &request.opaque, &[], "", &number.to_be_bytes())
        }
        Answer::Done if request.verb == Verb::Version => plain(0, "1.6.18"),
        // A touch is answered with the item's flags.
        Answer::Done if request.verb == Verb::Touch => {
            packet(opcode, 0, &request.opaque, &[0; 4], "", b"")
        }
        Answer::Done => plain(0, ""),
        Answer::NotFound => plain(1, "Not found"),
        Answer::NotStored => plain(2, "Data exists for key."),
        Answer::Refused(refusal) => match refusal {
            Refusal::TooLarge => plain(3, "Too large."),
            Refusal::OutOfMemory => plain(0x82, "Out of memory"),
            Refusal::Client => plain(4, "Invalid arguments"),
            Refusal::Command => plain(0x81, "Unknown command"),
            Refusal::Server => plain(0x84, "Internal error"),
            Refusal::TooMany => [text::line(*refusal).as_bytes(), b"\r\n"].concat(),
        },
    }
}

/// The bytes of a reply packet.
pub(super) fn packet(
    opcode: u8,
    status: u16,
    opaque: &[u8],
    extras: &[u8],
    key: &str,
    value: &[u8],
) -> Vec<u8> {
    let body = extras.len() + key.len() + value.len();
    let mut packet = vec![0x81, opcode, 0, key.len() as u8, extras.len() as u8, 0];
    packet.extend_from_slice(&status.to_be_bytes());
    packet.extend_from_slice(&(body as u32).to_be_bytes());
    packet.extend_from_slice(opaque);
    packet.extend_from_slice(&[0; 8]);
    packet.extend_from_slice(extras);
    packet.extend_from_slice(key.as_bytes());
    packet.extend_from_slice(value);
    packet
}
