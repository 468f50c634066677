//! Reply lines, classic and meta.

use super::{Failure, Head, NO_TAG, Shape, Status, Step};
use crate::error::ErrorKind;

/// Reads the line at the front of `bytes` as the head of a reply of this shape.
pub(super) fn head(shape: Shape, bytes: &[u8], searched: usize) -> Result<Step, ErrorKind> {
    let line = match line(bytes, searched)? {
        Ok(line) => line,
        Err(searched) => return Ok(Step::More(searched)),
    };
    let head = match shape {
        Shape::Meta => meta(line),
        Shape::Value | Shape::Values => value(shape, line),
        Shape::Number => number(line),
        Shape::Version => version(line),
        _ => word(shape, line),
    };
    head.or_else(|| failure(shape, line))
        .map(Step::Head)
        .ok_or(ErrorKind::Malformed)
}

/// Reads the line at the front of `bytes` as an error line.
pub(super) fn error(shape: Shape, bytes: &[u8]) -> Result<Step, ErrorKind> {
    match line(bytes, 0)? {
        Ok(line) => failure(shape, line)
            .map(Step::Head)
            .ok_or(ErrorKind::Malformed),
        Err(searched) => Ok(Step::More(searched)),
    }
}

/// The line at the front without its end, or how far there is none.
pub(super) fn line(bytes: &[u8], searched: usize) -> Result<Result<&[u8], usize>, ErrorKind> {
    let fresh = bytes.get(searched..).unwrap_or_default();
    match fresh.iter().position(|&byte| byte == b'\n') {
        Some(at) => {
            let line = bytes.get(..searched.saturating_add(at)).unwrap_or_default();
            line.strip_suffix(b"\r").map(Ok).ok_or(ErrorKind::Malformed)
        }
        None => Ok(Err(bytes.len())),
    }
}

/// `HD`, `VA 5 f7 Oa`, `EN`, `NF`, `NS`, `EX` with return flags in any order.
fn meta(line: &[u8]) -> Option<Head> {
    let (code, rest) = line.split_first_chunk::<2>()?;
    let mut words = Words(rest);
    let status = match code {
        b"HD" => Status::Ok,
        b"VA" => Status::Value,
        b"EN" | b"NF" => Status::NotFound,
        b"NS" => Status::NotStored,
        b"EX" => Status::Exists,
        _ => return None,
    };
    let mut head = Head::new(Shape::Meta, status, line.len().checked_add(2)?, 0, 0);
    if status == Status::Value {
        head.data = words.number()?.try_into().ok()?;
        head.tail = 2;
    }
    while let Some((flag, token)) = words.flag()? {
        match flag {
            b'f' => head.flags = whole_number(token)? as u32,
            b'c' => head.cas = whole_number(token)?,
            b'O' => head.tag = tag(token),
            _ => {}
        }
    }
    Some(head)
}

/// `VALUE key flags length[ cas]` or `END`.
fn value(shape: Shape, line: &[u8]) -> Option<Head> {
    if line == b"END" {
        let status = if shape == Shape::Value {
            Status::NotFound
        } else {
            Status::End
        };
        return Some(Head::new(shape, status, 5, 0, 0));
    }
    let mut words = Words(line.strip_prefix(b"VALUE")?);
    let key = words.word()?;
    let flags = words.number()? as u32;
    let data = words.number()?.try_into().ok()?;
    let cas = if words.0.is_empty() {
        0
    } else {
        words.number()?
    };
    if !words.0.is_empty() {
        return None;
    }
    let tail = if shape == Shape::Value { 7 } else { 2 };
    let head = Head::new(shape, Status::Value, line.len().checked_add(2)?, data, tail);
    Some(Head {
        flags,
        cas,
        key: (6, u8::try_from(key.len()).ok()?),
        ..head
    })
}

fn number(line: &[u8]) -> Option<Head> {
    if line == b"NOT_FOUND" {
        return word(Shape::Number, line);
    }
    padded_number(line)?;
    Some(Head::new(
        Shape::Number,
        Status::Value,
        0,
        u32::try_from(line.len()).ok()?,
        2,
    ))
}

fn version(line: &[u8]) -> Option<Head> {
    let text = line.strip_prefix(b"VERSION ")?;
    Some(Head::new(
        Shape::Version,
        Status::Value,
        8,
        u32::try_from(text.len()).ok()?,
        2,
    ))
}

/// The replies of one word; each only where it answers.
const WORDS: [(Shape, &[u8], Status); 10] = [
    (Shape::Stored, b"STORED", Status::Ok),
    (Shape::Stored, b"NOT_STORED", Status::NotStored),
    (Shape::Stored, b"EXISTS", Status::Exists),
    (Shape::Stored, b"NOT_FOUND", Status::NotFound),
    (Shape::Deleted, b"DELETED", Status::Ok),
    (Shape::Deleted, b"NOT_FOUND", Status::NotFound),
    (Shape::Touched, b"TOUCHED", Status::Ok),
    (Shape::Touched, b"NOT_FOUND", Status::NotFound),
    (Shape::Number, b"NOT_FOUND", Status::NotFound),
    (Shape::Nop, b"MN", Status::End),
];

fn word(shape: Shape, line: &[u8]) -> Option<Head> {
    let mut words = WORDS.iter();
    let &(_, _, status) = words.find(|(answers, word, _)| *answers == shape && *word == line)?;
    Some(Head::new(shape, status, line.len().checked_add(2)?, 0, 0))
}

/// How error lines begin, the telling ones first, and what they are.
const FAILURES: [(&[u8], Failure); 9] = [
    (
        b"ERROR Too many open connections",
        Failure::TooManyConnections,
    ),
    (b"ERROR", Failure::Command),
    (b"CLIENT_ERROR unauthenticated", Failure::Unauthenticated),
    (
        b"CLIENT_ERROR cannot increment or decrement non-numeric value",
        Failure::NotNumeric,
    ),
    (b"CLIENT_ERROR", Failure::Client),
    (
        b"SERVER_ERROR object too large for cache",
        Failure::TooLarge,
    ),
    (b"SERVER_ERROR out of memory", Failure::OutOfMemory),
    (b"SERVER_ERROR Out of memory", Failure::OutOfMemory),
    (b"SERVER_ERROR", Failure::Server),
];

/// An error line. Its first words may be followed by a blank or a colon, or be all there is.
fn failure(shape: Shape, line: &[u8]) -> Option<Head> {
    let mut failures = FAILURES.iter();
    let &(_, failure) = failures.find(|(words, failure)| {
        let follows = line.strip_prefix(*words).map(<[u8]>::first);
        matches!(follows, Some(None | Some(b' ' | b':')))
            // Elsewhere these words mean nothing that could be relied on.
            && (*failure != Failure::NotNumeric || matches!(shape, Shape::Number | Shape::Meta))
    })?;
    let length = u32::try_from(line.len()).ok()?;
    Some(Head::new(shape, Status::Failed(failure), 0, length, 2))
}

/// The number that these digits are, with blanks behind them, as subtracting leaves them.
#[inline(never)]
pub(super) fn padded_number(digits: &[u8]) -> Option<u64> {
    whole_number(digits.trim_ascii_end())
}

/// The number that these digits are: all digits, at least one, within 64 bits.
#[inline(never)]
pub(super) fn whole_number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, &byte| {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

/// The words of a line, each with one blank before it.
struct Words<'l>(&'l [u8]);

impl<'l> Words<'l> {
    /// The next word, which must be there.
    fn word(&mut self) -> Option<&'l [u8]> {
        let rest = self.0.strip_prefix(b" ")?;
        let end = rest
            .iter()
            .position(|&byte| byte == b' ')
            .unwrap_or(rest.len());
        let (word, rest) = rest.split_at_checked(end)?;
        self.0 = rest;
        (!word.is_empty()).then_some(word)
    }

    fn number(&mut self) -> Option<u64> {
        whole_number(self.word()?)
    }

    /// The next word as a letter and what follows it; `Some(None)` at the end of the line.
    #[expect(
        clippy::option_option,
        reason = "the outer is the parse, the inner the end"
    )]
    fn flag(&mut self) -> Option<Option<(u8, &'l [u8])>> {
        if self.0.is_empty() {
            return Some(None);
        }
        let (&flag, token) = self.word()?.split_first()?;
        Some(Some((flag, token)))
    }
}

/// The digits of an opaque: those of base64url, so that any two of them fit a token.
const DIGITS: &[u8; 64] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

/// How an opaque is written: one digit for the first 64, else two.
pub(super) fn digits(tag: u16) -> (u8, Option<u8>) {
    let digit = |value: u16| {
        DIGITS
            .get(usize::from(value & 63))
            .copied()
            .unwrap_or_default()
    };
    (digit(tag), (tag > 63).then(|| digit(tag >> 6)))
}

fn tag(token: &[u8]) -> u32 {
    let value = |digit: u8| match digit {
        b'a'..=b'z' => Some(digit.wrapping_sub(b'a')),
        b'A'..=b'Z' => Some(digit.wrapping_sub(b'A' - 26)),
        b'0'..=b'9' => Some(digit.wrapping_add(52 - b'0')),
        b'-' => Some(62),
        b'_' => Some(63),
        _ => None,
    };
    let tag = match *token {
        [low] => value(low).map(u32::from),
        [low, high] => value(low)
            .zip(value(high))
            .filter(|&(_, high)| high > 0)
            .map(|(low, high)| u32::from(low) | u32::from(high) << 6),
        _ => None,
    };
    // No tag is that large: it differs from every one that was sent.
    tag.unwrap_or(NO_TAG - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tag_reads_back() {
        for expected in 0..4096 {
            let read = match digits(expected) {
                (low, None) => tag(&[low]),
                (low, Some(high)) => tag(&[low, high]),
            };
            assert_eq!(read, u32::from(expected));
        }
    }

    #[test]
    fn numbers() {
        for (digits, number) in [
            ("0", Some(0)),
            ("007", Some(7)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("", None),
            ("-1", None),
            ("1 ", None),
            ("1x", None),
        ] {
            assert_eq!(whole_number(digits.as_bytes()), number, "{digits}");
        }
    }
}
