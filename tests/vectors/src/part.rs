//! The requests in the bytes of one exchange, as a server tells them apart.

/// The bytes of one request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part<'r> {
    pub(crate) bytes: &'r [u8],
    /// Its line without the end; of a packet, its header.
    pub(crate) line: &'r [u8],
    /// What was sent behind the line as data.
    pub(crate) data: Option<&'r [u8]>,
    pub(crate) kind: Kind,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Line,
    Packet,
    /// What is not, or not yet, a request.
    Partial,
}

/// The requests in these bytes, as a server reads them; where it cannot, all that is left is one.
pub(crate) fn split(mut bytes: &[u8], is_binary: bool) -> Vec<Part<'_>> {
    let mut parts = vec![];
    while !bytes.is_empty() {
        let part = match bytes[0] {
            0x80 => packet(bytes),
            _ if is_binary => Part {
                bytes,
                line: bytes,
                data: None,
                kind: Kind::Packet,
            },
            _ => line(bytes),
        };
        bytes = &bytes[part.bytes.len()..];
        parts.push(part);
    }
    parts
}

fn packet(bytes: &[u8]) -> Part<'_> {
    let partial = Part {
        bytes,
        line: bytes,
        data: None,
        kind: Kind::Partial,
    };
    let Some(header) = bytes.first_chunk::<24>() else {
        return partial;
    };
    let [.., b3, b2, b1, b0] = *header.first_chunk::<12>().expect("24 bytes hold 12");
    let body = u32::from_be_bytes([b3, b2, b1, b0]) as usize;
    let named = usize::from(u16::from_be_bytes([header[2], header[3]])) + usize::from(header[4]);
    if bytes.len() < 24 + body || named > body {
        return partial;
    }
    let bytes = &bytes[..24 + body];
    let data = (named < body).then(|| &bytes[24 + named..]);
    Part {
        bytes,
        line: &bytes[..24],
        data,
        kind: Kind::Packet,
    }
}

fn line(bytes: &[u8]) -> Part<'_> {
    let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
        return Part {
            bytes,
            line: bytes,
            data: None,
            kind: Kind::Partial,
        };
    };
    let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let words: Vec<&[u8]> = line
        .split(|byte| *byte == b' ')
        .filter(|word| !word.is_empty())
        .collect();
    let length = match words[..] {
        [b"ms", _, length, ..] => Some(length),
        [
            b"set" | b"add" | b"replace" | b"append" | b"prepend" | b"cas",
            _,
            _,
            _,
            length,
            ..,
        ] => Some(length),
        [
            b"ms" | b"set" | b"add" | b"replace" | b"append" | b"prepend" | b"cas",
            ..,
        ] => Some(&b""[..]),
        _ => None,
    };
    let (data, until) = match length {
        None => (None, end + 1),
        Some(_) if rest.is_empty() => (None, end + 1),
        Some(length) => {
            let length = plain_number(length).and_then(|length| usize::try_from(length).ok());
            let data = length.and_then(|length| rest.get(..length.checked_add(2)?));
            match data.and_then(|data| data.strip_suffix(b"\r\n")) {
                Some(data) => (Some(data), end + 1 + data.len() + 2),
                None => (Some(rest), bytes.len()),
            }
        }
    };
    Part {
        bytes: &bytes[..until],
        line,
        data,
        kind: Kind::Line,
    }
}

/// A number as our commands write it.
pub(crate) fn plain_number(digits: &[u8]) -> Option<u64> {
    let text = core::str::from_utf8(digits).ok()?;
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

impl<'r> Part<'r> {
    pub(crate) fn words(&self) -> Vec<&'r [u8]> {
        let words = self.line.split(|byte| *byte == b' ');
        match self.kind {
            Kind::Line => words.filter(|word| !word.is_empty()).collect(),
            _ => vec![],
        }
    }

    /// The key of a packet.
    pub(crate) fn key(&self) -> &'r [u8] {
        let [_, _, high, low, extras, ..] = *self.line else {
            return &[];
        };
        let behind = self.bytes.get(24 + usize::from(extras)..);
        let length = usize::from(u16::from_be_bytes([high, low]));
        behind
            .and_then(|behind| behind.get(..length))
            .unwrap_or_default()
    }

    pub(crate) fn is_unanswered(&self) -> bool {
        let words = self.words();
        let is_meta = matches!(
            words.first(),
            Some(&(b"mg" | b"ms" | b"md" | b"ma" | b"me"))
        );
        !is_meta && words.last() == Some(&&b"noreply"[..])
    }

    pub(crate) fn is_quiet(&self) -> bool {
        match self.kind {
            Kind::Packet => matches!(self.line[1], 0x09 | 0x0D | 0x11..=0x1A | 0x1E | 0x24),
            _ => match self.words()[..] {
                [b"mg" | b"ms" | b"md" | b"ma", _, ref flags @ ..] => flags.contains(&&b"q"[..]),
                _ => false,
            },
        }
    }

    pub(crate) fn is_fence(&self) -> bool {
        match self.kind {
            Kind::Packet => self.bytes.len() == 24 && self.line[1] == 0x0A,
            _ => self.line == b"mn",
        }
    }
}
