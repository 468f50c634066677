//! The server: the request that it expects, and what it answers.

use core::slice;

use crate::{STORAGE, machine};

/// Stands for an opaque: in a request for any, in a reply for that of the last request. It is in no key and
/// no value here.
const OPAQUE: u8 = b'#';

/// A request as it must come, and its reply. In lines `O#` is a flag with an opaque of any length, in packets
/// `####` is one.
pub struct Script {
    request: Bytes,
    reply: Bytes,
    opaque: Bytes,
}

impl Script {
    pub fn new() -> Self {
        Self {
            request: Bytes::NONE,
            reply: Bytes::NONE,
            opaque: Bytes::NONE,
        }
    }

    /// Adds to the request.
    pub fn asked(&mut self, bytes: &[u8]) -> &mut Self {
        self.request.add(bytes);
        self
    }

    /// Adds to the reply.
    pub fn answered(&mut self, bytes: &[u8]) -> &mut Self {
        self.reply.add(bytes);
        self
    }

    /// Adds a packet to the request.
    pub fn asked_in_packet(
        &mut self,
        opcode: u8,
        extras: &[u8],
        key: &[u8],
        value: &[u8],
    ) -> &mut Self {
        let body = [extras, key, value].map(<[u8]>::len).iter().sum::<usize>();
        let head = [
            0x80,
            opcode,
            0,
            key.len() as u8,
            extras.len() as u8,
            0,
            0,
            0,
        ];
        self.asked(&head)
            .asked(&(body as u32).to_be_bytes())
            .asked(&[OPAQUE; 4]);
        self.asked(&[0; 8]).asked(extras).asked(key).asked(value)
    }

    /// Adds a packet to the reply.
    pub fn answered_in_packet(&mut self, opcode: u8, status: u8, extras: &[u8], value: &[u8]) {
        let head = [0x81, opcode, 0, 0, extras.len() as u8, 0, 0, status];
        let body = (extras.len() + value.len()) as u32;
        self.answered(&head)
            .answered(&body.to_be_bytes())
            .answered(&[OPAQUE; 4]);
        self.answered(&1_u64.to_be_bytes())
            .answered(extras)
            .answered(value);
    }

    /// Whether this is the request that is expected. Takes note of its last opaque.
    pub fn hears(&mut self, parts: [&[u8]; 3]) -> bool {
        let mut heard = Bytes::NONE;
        for part in parts {
            heard.add(part);
        }
        let is_packet = heard.get().first() == Some(&0x80);
        let mut rest = heard.get();
        let mut wanted = self.request.get();
        while let Some((&byte, after)) = wanted.split_first() {
            if byte == OPAQUE {
                let length = match is_packet {
                    true => wanted.len().min(4),
                    false => rest
                        .iter()
                        .take_while(|byte| !byte.is_ascii_whitespace())
                        .count(),
                };
                let Some((opaque, others)) = rest.split_at_checked(length).filter(|_| length > 0)
                else {
                    break;
                };
                self.opaque = Bytes::NONE;
                self.opaque.add(opaque);
                rest = others;
                wanted = if is_packet { &wanted[length..] } else { after };
            } else if rest.first() == Some(&byte) {
                (rest, wanted) = (&rest[1..], after);
            } else {
                break;
            }
        }
        let is_right = rest.is_empty() && wanted.is_empty();
        if !is_right {
            machine::complain(format_args!(
                "asked was \"{}\", not \"{}\"",
                heard.get().escape_ascii(),
                self.request.get().escape_ascii(),
            ));
        }
        is_right
    }

    /// Answers into `space`: so many bytes.
    pub fn answer(&self, space: &mut [u8]) -> usize {
        let reply = self.reply.get();
        let is_packet = reply.first() == Some(&0x81);
        let mut opaque = self.opaque.get();
        let mut written = 0;
        for byte in reply {
            let bytes = match (*byte, is_packet) {
                (OPAQUE, true) => opaque.split_off(..1).unwrap_or_default(),
                (OPAQUE, false) => opaque,
                _ => slice::from_ref(byte),
            };
            space[written..][..bytes.len()].copy_from_slice(bytes);
            written += bytes.len();
        }
        written
    }
}

/// Some bytes.
struct Bytes {
    bytes: [u8; STORAGE],
    length: usize,
}

impl Bytes {
    const NONE: Self = Self {
        bytes: [0; STORAGE],
        length: 0,
    };

    fn add(&mut self, bytes: &[u8]) {
        self.bytes[self.length..][..bytes.len()].copy_from_slice(bytes);
        self.length += bytes.len();
    }

    fn get(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}
