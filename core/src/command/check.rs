//! The one way in which commands are tested: a table line is protocol, command, request, reply,
//! meaning.

use std::format;
use std::string::{String, ToString};
use std::vec::Vec;
use std::{assert_eq, vec};

use super::{Batch, Command, Noop};
use crate::buffer::Storage;
use crate::connection::{Connection, Progress, Sent};
use crate::error::{Error, ErrorKind};
use crate::wire::{Dialect, Protocol};

/// Sends `command` and compares the request; delivers the reply cut at every byte, and byte by
/// byte, and compares its meaning. After every reply that leaves the connection whole, the reply
/// to the next command must be read as that.
pub(crate) fn check<C: Command>(
    protocol: Protocol,
    command: &C,
    request: &[u8],
    reply: &[u8],
    meaning: &str,
) where
    for<'b> C::Reply<'b>: core::fmt::Debug,
{
    for pieces in cuts(reply) {
        let context = format!("{protocol:?} {} -> {}", C::NAME, reply.escape_ascii());
        let mut connection = Connection::<_, 2>::new(protocol, [0; 400], [0; 400]).unwrap();
        if let Err(error) = connection.send(command) {
            assert_eq!(format!("Err({error:?})"), meaning, "{context}");
            assert_eq!(connection.owed(), 0, "{context}");
            assert!(!connection.is_sending(), "{context}");
            return;
        }
        let sent = connection.outgoing(None).concat();
        assert_eq!(
            sent.escape_ascii().to_string(),
            request.escape_ascii().to_string(),
            "{context}"
        );
        connection.sent(sent.len());

        let count = pieces.len();
        let mut found: Option<String> = None;
        for (index, piece) in pieces.iter().enumerate() {
            connection.space()[..piece.len()].copy_from_slice(piece);
            connection.filled(piece.len());
            for _ in 0..2 {
                // Asking twice does no harm.
                match connection.arrived() {
                    Ok(arrived) => assert!(!arrived || index + 1 == count, "{context}"),
                    Err(kind) => {
                        found = Some(format!("Err({:?})", lost(&connection, kind)));
                        break;
                    }
                }
            }
            if found.is_some() {
                break;
            }
        }
        let found = found.unwrap_or_else(|| format!("{:?}", connection.reply::<C>()));
        assert_eq!(found, meaning, "{context}");

        if !connection.is_broken() {
            assert_eq!(connection.owed(), 0, "{context}");
            next_is_answered(connection, protocol, &context);
        }
    }
}

/// Sends the batch and compares what leaves; delivers the reply cut at every byte, and byte by byte,
/// and compares the outcomes.
pub(crate) fn check_batch<B: Batch>(
    protocol: Protocol,
    batch: &B,
    request: &[u8],
    reply: &[u8],
    outcomes: &[&str],
) where
    for<'b> B::Reply<'b>: core::fmt::Debug,
{
    check_batch_by(Dialect::UNKNOWN, protocol, batch, request, reply, outcomes);
}

/// The same with a server of a known version.
pub(crate) fn check_batch_by<B: Batch>(
    dialect: Dialect,
    protocol: Protocol,
    batch: &B,
    request: &[u8],
    reply: &[u8],
    outcomes: &[&str],
) where
    for<'b> B::Reply<'b>: core::fmt::Debug,
{
    for pieces in cuts(reply) {
        let context = format!("{protocol:?} {} <- {}", B::NAME, reply.escape_ascii());
        let mut connection = Connection::<_, 2>::new(protocol, [0; 2048], [0; 2048]).unwrap();
        connection.set_dialect(dialect);
        let mut progress = Progress::new();
        let mut all: Vec<String> = Vec::new();
        let mut sent = Vec::new();
        let mut pieces = pieces.into_iter();
        for turn in 0.. {
            // Where what is tested is broken, this need not end.
            assert!(turn < 10_000, "{context}: a batch without an end");
            if !connection.is_broken() {
                let gap = match connection.send_batch(batch, &mut progress).unwrap() {
                    Sent::Group(gap) => gap,
                    Sent::Nothing => None,
                };
                let bytes = connection.outgoing(gap.as_ref()).concat();
                connection.sent(bytes.len());
                sent.extend(bytes);
            }
            match connection.item_arrived(batch, &mut progress) {
                Ok(true) => {
                    let (index, outcome) = connection.item(batch, &mut progress).unwrap();
                    all.push(format!("{index}: {outcome:?}"));
                }
                Ok(false) => {
                    if !progress.is_waiting() && progress.queued() == batch.count() {
                        break;
                    }
                    let Some(piece) = pieces.next() else {
                        all.push("more is wanted".into());
                        break;
                    };
                    connection.space()[..piece.len()].copy_from_slice(piece);
                    connection.filled(piece.len());
                }
                Err(kind) => {
                    assert!(connection.is_broken(), "{context}");
                    connection.lose(&mut progress, kind);
                }
            }
        }
        assert_eq!(all, outcomes, "{context}");
        assert_eq!(
            sent.escape_ascii().to_string(),
            request.escape_ascii().to_string(),
            "{context}"
        );
        if !connection.is_broken() && all.last().is_none_or(|last| last != "more is wanted") {
            assert!(pieces.all(<[u8]>::is_empty), "{context}");
            assert!(connection.is_idle(), "{context}");
        }
    }
}

/// The error of the call whose reply is the oldest owed, when the connection broke.
pub(crate) fn lost<S: Storage, const N: usize>(
    connection: &Connection<S, N>,
    kind: ErrorKind,
) -> Error {
    Error::new(kind).with_fate(connection.fate(0))
}

fn next_is_answered(mut connection: Connection<[u8; 400], 2>, protocol: Protocol, context: &str) {
    connection.send(&Noop).unwrap();
    connection.sent(connection.outgoing(None).concat().len());
    let reply = match protocol {
        Protocol::Text => b"VERSION 1\r\n".to_vec(),
        Protocol::Meta => b"MN\r\n".to_vec(),
        Protocol::Binary => Packet::answers(0x0A).opaque(0x000A_0001).bytes(),
    };
    connection.space()[..reply.len()].copy_from_slice(&reply);
    connection.filled(reply.len());
    assert_eq!(connection.arrived(), Ok(true), "{context}");
    assert_eq!(connection.reply::<Noop>(), Ok(()), "{context}");
}

/// The bytes in two pieces, cut at every place, and one by one.
pub(crate) fn cuts(bytes: &[u8]) -> Vec<Vec<&[u8]>> {
    let mut all: Vec<_> = (0..bytes.len().max(1))
        .map(|at| {
            let (front, back) = bytes.split_at(at);
            if front.is_empty() {
                vec![back]
            } else {
                vec![front, back]
            }
        })
        .collect();
    all.push(bytes.chunks(1).collect());
    all
}

/// A binary packet, written independently of the encoder.
#[derive(Clone, Debug)]
pub(crate) struct Packet {
    header: [u8; 24],
    extras: Vec<u8>,
    key: Vec<u8>,
    value: Vec<u8>,
}

impl Packet {
    pub(crate) fn asks(opcode: u8) -> Self {
        let mut header = [0; 24];
        header[..2].copy_from_slice(&[0x80, opcode]);
        // The first request's tag is 0; the opcode goes before it.
        header[13] = opcode;
        Self {
            header,
            extras: vec![],
            key: vec![],
            value: vec![],
        }
    }

    pub(crate) fn answers(opcode: u8) -> Self {
        let mut packet = Self::asks(opcode);
        packet.header[0] = 0x81;
        packet
    }

    pub(crate) fn status(mut self, status: u16) -> Self {
        self.header[6..8].copy_from_slice(&status.to_be_bytes());
        self
    }

    pub(crate) fn opaque(&self, opaque: u32) -> Self {
        let mut packet = self.clone();
        packet.header[12..16].copy_from_slice(&opaque.to_be_bytes());
        packet
    }

    pub(crate) fn cas(&self, cas: u64) -> Self {
        let mut packet = self.clone();
        packet.header[16..].copy_from_slice(&cas.to_be_bytes());
        packet
    }

    pub(crate) fn extras(self, extras: &[u8]) -> Self {
        Self {
            extras: extras.to_vec(),
            ..self
        }
    }

    pub(crate) fn key(self, key: &str) -> Self {
        Self {
            key: key.as_bytes().to_vec(),
            ..self
        }
    }

    pub(crate) fn value(self, value: &[u8]) -> Self {
        Self {
            value: value.to_vec(),
            ..self
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut header = self.header;
        let body = self.extras.len() + self.key.len() + self.value.len();
        header[2..4].copy_from_slice(&(self.key.len() as u16).to_be_bytes());
        header[4] = self.extras.len() as u8;
        header[8..12].copy_from_slice(&(body as u32).to_be_bytes());
        [&header[..], &self.extras, &self.key, &self.value].concat()
    }
}
