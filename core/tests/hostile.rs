//! Replies that no server sends: however they are cut and read, the result is the same, and there
//! is one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    reason = "a test may fail"
)]

mod grammar;
mod liar;
mod peer;

use liar::CALLS;
use minimc_core::Protocol;
use peer::{PROTOCOLS, Random};

/// What begins as a reply may.
const REPLIES: [&str; 38] = [
    "VALUE k 0 3\r\nabc\r\nEND\r\n",
    "VALUE k 7 0\r\n\r\nEND\r\n",
    "VALUE k 7 4 99\r\nEND\r\r\nEND\r\n",
    "VALUE k 0 1\r\nx\r\nVALUE j 5 2\r\nyy\r\nEND\r\n",
    "VALUE k 0 1\r\nx\r\nSERVER_ERROR out of memory writing get response\r\n",
    "END\r\n",
    "STORED\r\n",
    "NOT_STORED\r\n",
    "EXISTS\r\n",
    "NOT_FOUND\r\n",
    "DELETED\r\n",
    "TOUCHED\r\n",
    "18446744073709551615\r\n",
    "9 \r\n",
    "VERSION 1.6.18\r\n",
    "HD Oa\r\n",
    "VA 3 f0 Oa\r\nabc\r\n",
    "VA 0 f7 c9 Oa W\r\n\r\n",
    "VA 1 Oa\r\n5\r\n",
    "EN Oa\r\n",
    "EN\r\n",
    "NF Oa\r\n",
    "NS Oa\r\n",
    "EX Oa\r\n",
    "OK\r\n",
    "BUSY currently processing crawler request\r\n",
    "VA 0 f0 c9 Oa Z\r\n\r\n",
    "VA 2 f7 c9 Oa X W\r\nab\r\n",
    "HD t-1 h1 s9 kk Oa\r\n",
    "HD c99 Oa W X\r\n",
    "ME k exp=-1 la=2 cas=9 fetch=no cls=1 size=63\r\n",
    "ME k \r\n",
    "MN\r\n",
    "ERROR\r\n",
    "ERROR Too many open connections\r\n",
    "CLIENT_ERROR cannot increment or decrement non-numeric value\r\n",
    "SERVER_ERROR object too large for cache\r\n",
    "CLIENT_ERROR unauthenticated\r\n",
];

const WORDS: [&str; 40] = [
    "VALUE",
    "END",
    "VA",
    "HD",
    "EN",
    "NF",
    "NS",
    "EX",
    "MN",
    "STORED",
    "NOT_STORED",
    "EXISTS",
    "NOT_FOUND",
    "DELETED",
    "TOUCHED",
    "VERSION",
    "ERROR",
    "CLIENT_ERROR",
    "SERVER_ERROR",
    " ",
    " ",
    "\r\n",
    "\r\n",
    "\r\n",
    "\r",
    "\n",
    "k",
    "j",
    " 0",
    " 1",
    " 3",
    " 500",
    " 4294967295",
    " Oa",
    " Ob",
    " f1",
    " c1",
    ":",
    "abc",
    "\0",
];

fn pick<'w>(random: &mut Random, words: &[&'w str]) -> &'w str {
    words[random.below(words.len())]
}

/// A reply packet; mostly in order.
fn packet(random: &mut Random) -> Vec<u8> {
    let usual = |random: &mut Random, usual: u8, bound: usize| {
        if random.below(6) > 0 {
            usual
        } else {
            random.below(bound) as u8
        }
    };
    let opcodes = [
        0x00, 0x1D, 0x01, 0x05, 0x04, 0x1C, 0x0B, 0x0A, 0x0D, 0x02, 0x06, 0x08, 0x0E,
    ];
    let opcode = opcodes[random.below(opcodes.len())];
    let status = [0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 0x20, 0x81, 0x82, 0x99][random.below(14)];
    let extras = match (opcode, status) {
        (0x00 | 0x1D | 0x1C | 0x0D, 0) => usual(random, 4, 256),
        _ => usual(random, 0, 30),
    };
    let key = usual(random, if opcode == 0x0D { 1 } else { 0 }, 256);
    let value = match opcode {
        0x05 | 0x06 => usual(random, 8, 20),
        _ => random.below(9) as u8,
    };
    let body = u32::from(extras) + u32::from(key) + u32::from(value);
    let body = if random.below(30) == 0 {
        random.below(1000) as u32
    } else {
        body
    };
    let echoed = usual(random, opcode, 40);
    let opaque = usual(random, 0, 5);
    let mut packet = vec![
        usual(random, 0x81, 256),
        opcode,
        0,
        key,
        extras,
        usual(random, 0, 9),
        0,
    ];
    packet.push(status);
    packet.extend_from_slice(&body.to_be_bytes());
    packet.extend_from_slice(&[0, echoed, 0, opaque]);
    packet.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, usual(random, 0, 9)]);
    packet.extend_from_slice(&vec![0; usize::from(extras)]);
    packet.extend_from_slice(&vec![b"kj"[random.below(2)]; usize::from(key)]);
    packet.extend_from_slice(&vec![b'v'; usize::from(value)]);
    packet
}

/// What answers a no-op that was sent second.
fn end(protocol: Protocol, random: &mut Random) -> Vec<u8> {
    match protocol {
        Protocol::Text => b"VERSION 1\r\n".to_vec(),
        Protocol::Meta => b"MN\r\n".to_vec(),
        Protocol::Binary => {
            let mut packet = vec![0; 24];
            packet[0] = 0x81;
            packet[1] = 0x0A;
            packet[13] = 0x0A;
            // A batch of three keys uses up four opaques.
            packet[15] = [1, 1, 3, 4][random.below(4)];
            packet
        }
    }
}

/// A value that does not fit the storage, or that says so.
fn large(protocol: Protocol, random: &mut Random) -> Vec<u8> {
    let size = 350 + random.below(200);
    let value = vec![b'x'; size - random.below(2) * random.below(2)];
    let (head, tail) = match protocol {
        Protocol::Text => (format!("VALUE k 0 {size}\r\n"), "\r\nEND\r\n"),
        Protocol::Meta => (format!("VA {size} f0 Oa\r\n"), "\r\n"),
        Protocol::Binary => {
            let mut head = vec![0x81, 0, 0, 0, 4, 0, 0, random.below(5) as u8];
            head.extend_from_slice(&(size as u32 + 4).to_be_bytes());
            head.extend_from_slice(&[0; 16]);
            return [head, value].concat();
        }
    };
    [head.as_bytes(), &value, tail.as_bytes()].concat()
}

fn random_reply(protocol: Protocol, random: &mut Random) -> Vec<u8> {
    let mut reply = vec![];
    for _ in 0..1 + random.below(2) {
        match (protocol, random.below(4)) {
            (Protocol::Binary, 1..) => reply.extend(packet(random)),
            (_, 0) => {
                for _ in 0..random.below(10) {
                    reply.extend_from_slice(pick(random, &WORDS).as_bytes());
                }
            }
            _ => reply.extend_from_slice(pick(random, &REPLIES).as_bytes()),
        }
    }
    if random.below(3) > 0 {
        reply.extend(end(protocol, random));
    }
    for _ in 0..random.below(4).saturating_sub(1) {
        mutate(&mut reply, random);
    }
    if random.below(8) == 0 {
        // More than the storage holds, with something before and behind it, or not.
        let large = large(protocol, random);
        let at = random.below(2) * random.below(reply.len() + 1);
        reply.splice(at..at, large);
    }
    reply
}

fn mutate(reply: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(reply.len() + 1);
    let until = (at + random.below(8)).min(reply.len());
    match random.below(6) {
        0 => reply.truncate(at),
        1 => drop(reply.drain(at..until)),
        2 => {
            let copy = reply[at..until].to_vec();
            reply.splice(at..at, copy);
        }
        3 => drop(reply.splice(at..until, pick(random, &WORDS).bytes())),
        4 => drop(reply.splice(at..at, [random.below(256) as u8])),
        _ => {
            if let Some(byte) = reply.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
    }
}

#[test]
fn whole_and_cut_and_raw_and_in_pieces_agree() {
    let mut random = Random(4);
    let (mut good, mut bad) = (0, 0);
    for case in 0..400_000 {
        let protocol = PROTOCOLS[case % 3];
        let call = CALLS[random.below(CALLS.len())];
        if !call.is_carried_by(protocol) {
            continue;
        }
        let reply = random_reply(protocol, &mut random);
        let cuts = Random(1 + random.below(1 << 20) as u64);
        match &liar::agreed(protocol, call, &reply, cuts).answers[..] {
            [Ok(_), .., Ok(_)] => good += 1,
            _ => bad += 1,
        }
    }
    // The cases are worth something.
    assert!(good > 1_000 && bad > 10_000, "{good} good, {bad} bad");
}
