//! Where replies end, in lines and in packets, and which of them name their request.

use minimc::Protocol;

/// Finds the ends of replies in the bytes of a connection, however they are cut.
#[derive(Debug)]
pub(super) struct Replies {
    is_binary: bool,
    /// What came of a line or of a packet's header.
    head: Vec<u8>,
    /// The bytes of data still to come, and whether a reply ends with them.
    data: Option<(usize, bool)>,
}

const HEADER: usize = 24;
/// The opcode of quiet gets: the packet of a no-op ends them.
const QUIET_GET: u8 = 0x0D;

impl Replies {
    pub(super) fn new(protocol: Protocol) -> Self {
        Self {
            is_binary: protocol == Protocol::Binary,
            head: Vec::new(),
            data: None,
        }
    }

    /// How many of these bytes belong to the reply at the front, and whether it ends there.
    pub(super) fn take(&mut self, bytes: &[u8]) -> (usize, bool) {
        let mut at = 0;
        while at < bytes.len() || self.data.is_some_and(|(left, _)| left == 0) {
            if let Some((left, is_last)) = &mut self.data {
                let count = (*left).min(bytes.len() - at);
                at += count;
                *left -= count;
                if *left == 0 {
                    let is_last = *is_last;
                    self.data = None;
                    if is_last {
                        return (at, true);
                    }
                }
                continue;
            }
            self.head.push(bytes[at]);
            at += 1;
            // A server that has too many connections says so in a line whatever is spoken.
            let is_packet = self.is_binary && self.head[0] == 0x81;
            if is_packet && self.head.len() == HEADER {
                let body = self.head[8..12].iter();
                let body = body.fold(0, |sum, &byte| sum << 8 | usize::from(byte));
                self.data = Some((body, self.head[1] != QUIET_GET));
                self.head.clear();
            } else if !is_packet && bytes[at - 1] == b'\n' {
                let data = data_behind(&self.head);
                self.head.clear();
                match data {
                    None => return (at, true),
                    data => self.data = data,
                }
            }
        }
        (at, false)
    }
}

/// The bytes of data behind a line with their end, and whether the reply ends with them.
fn data_behind(line: &[u8]) -> Option<(usize, bool)> {
    let line = String::from_utf8_lossy(line);
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let (length, is_last) = match words[..] {
        ["VALUE", _, _, length, ..] => (length, false),
        ["VA", length, ..] => (length, true),
        _ => return None,
    };
    Some((length.parse::<usize>().ok()? + 2, is_last))
}

/// Whether a reply bears an opaque or a key.
pub(super) fn carries(reply: &[u8]) -> bool {
    let line = reply.split(|&byte| byte == b'\r').next().unwrap_or(reply);
    reply.first() == Some(&0x81)
        || line.starts_with(b"VALUE ")
        || line.split(|&byte| byte == b' ').skip(1).any(|word| {
            let is_meta = matches!(
                line.get(..2),
                Some(b"HD" | b"VA" | b"EN" | b"NF" | b"NS" | b"EX")
            );
            is_meta && word.starts_with(b"O")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(opcode: u8, body: &[u8]) -> Vec<u8> {
        let mut packet = vec![0; HEADER];
        (packet[0], packet[1], packet[11]) = (0x81, opcode, body.len() as u8);
        packet.extend(body);
        packet
    }

    /// Whether these are replies, however they are cut.
    fn check(protocol: Protocol, all: &[&[u8]]) {
        let bytes = all.concat();
        for chunk in [1, 2, 3, 5, 24, 25, 1000] {
            let mut replies = Replies::new(protocol);
            let (mut found, mut current) = (Vec::new(), Vec::new());
            for mut part in bytes.chunks(chunk) {
                while !part.is_empty() {
                    let (length, ends) = replies.take(part);
                    current.extend_from_slice(&part[..length]);
                    part = &part[length..];
                    if ends {
                        found.push(std::mem::take(&mut current));
                    }
                }
            }
            assert_eq!(found, all, "in chunks of {chunk}");
        }
    }

    #[test]
    fn lines() {
        let all: &[&[u8]] = &[
            b"STORED\r\n",
            b"VALUE k 0 5\r\nEND\r\n\r\nEND\r\n",
            b"VALUE a 0 1\r\nx\r\nVALUE b 0 0 7\r\n\r\nEND\r\n",
            b"END\r\n",
            b"17\r\n",
        ];
        check(Protocol::Text, all);
        let all: &[&[u8]] = &[
            b"VA 4 f0 Oa\r\n\r\n\r\n\r\n",
            b"HD Ob\r\n",
            b"EN Oc\r\n",
            b"MN\r\n",
        ];
        check(Protocol::Meta, all);
    }

    #[test]
    fn packets() {
        let group = [packet(0x0D, b"abc"), packet(0x0D, b""), packet(0x0A, b"")].concat();
        let all: &[&[u8]] = &[
            &packet(0, b"value"),
            &group,
            &packet(1, b""),
            &packet(0x0A, b""),
            b"ERROR Too many open connections\r\n",
        ];
        check(Protocol::Binary, all);
    }

    #[test]
    fn what_names_its_request() {
        let table: [(&[u8], bool); 10] = [
            (b"STORED\r\n", false),
            (b"END\r\n", false),
            (b"17\r\n", false),
            (b"MN\r\n", false),
            (b"ERROR Oh\r\n", false),
            (b"EN\r\n", false),
            (b"EN Oa\r\n", true),
            (b"VA 2 f0 Oa\r\nxx\r\n", true),
            (b"VALUE k 0 0\r\n\r\nEND\r\n", true),
            (&packet(1, b""), true),
        ];
        for (reply, is_carried) in table {
            assert_eq!(carries(reply), is_carried, "{}", reply.escape_ascii());
        }
    }
}
