//! The transport: what a server would answer, with the opaque of the request.

use core::hint::black_box;

use minimc_core::Protocol;

use crate::STORAGE;

/// The reply to a request, always the same but for the opaque.
pub struct Script {
    reply: [u8; STORAGE],
    length: usize,
    /// The first bytes of the first request, once that was heard.
    request: Option<[u8; 24]>,
    /// Where the opaque is in requests and in the reply, and how long.
    asked: usize,
    answered: usize,
    opaque: usize,
}

impl Script {
    pub fn new() -> Self {
        Self {
            reply: [0; STORAGE],
            length: 0,
            request: None,
            asked: 0,
            answered: 0,
            opaque: 0,
        }
    }

    /// Adds to the reply. In a line `#` stands for the opaque, which has one letter while little is owed.
    pub fn then(&mut self, bytes: &[u8]) -> &mut Self {
        self.reply[self.length..][..bytes.len()].copy_from_slice(bytes);
        self.length += bytes.len();
        self
    }

    /// Adds a packet in reply to one with this opcode.
    pub fn packet(&mut self, opcode: u8, status: u8, extras: &[u8], value: &[u8]) {
        let mut header = [0; 24];
        header[..2].copy_from_slice(&[0x81, opcode]);
        header[4] = extras.len() as u8;
        header[7] = status;
        header[11] = (extras.len() + value.len()) as u8;
        header[23] = 1; // the CAS value
        self.then(&header).then(extras).then(value);
    }

    /// Takes note of a request's opaque.
    pub fn hear(&mut self, protocol: Protocol, request: &[u8]) {
        if self.request.is_none() {
            self.rehearse(protocol, request);
        }
        let opaque = &request[self.asked..][..self.opaque];
        self.reply[self.answered..][..self.opaque].copy_from_slice(opaque);
    }

    fn rehearse(&mut self, protocol: Protocol, request: &[u8]) {
        self.request = request.first_chunk().copied();
        if protocol == Protocol::Binary {
            (self.asked, self.answered, self.opaque) = (12, 12, 4);
        }
        let answered = self.reply[..self.length].iter().position(|&byte| byte == b'#');
        let asked = request.windows(2).position(|pair| pair == b" O");
        if let (Protocol::Meta, Some(answered), Some(asked)) = (protocol, answered, asked) {
            (self.asked, self.answered, self.opaque) = (asked + 2, answered, 1);
        }
    }

    /// Answers into `space`: so many bytes.
    pub fn answer(&self, space: &mut [u8]) -> usize {
        space[..self.length].copy_from_slice(&self.reply[..self.length]);
        self.length
    }

    /// Hears and answers, and nothing else, so that what this takes is known.
    pub fn play(&mut self, protocol: Protocol, space: &mut [u8], rounds: u32) {
        let request = self.request.unwrap_or_default();
        let mut request = [request, [0; 24], [0; 24]];
        for _ in 0..rounds {
            self.hear(protocol, black_box(request.as_flattened_mut()));
            black_box(self.answer(black_box(&mut *space)));
        }
    }
}
