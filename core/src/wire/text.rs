//! Reply lines, classic and meta.

use super::scan::blank;
use super::{Failure, Head, Kind, NO_TAG, Shape, Status};
use crate::error::Fault;

/// Reads the line at the front of `bytes` as the head of a reply that is one meta line, or an error
/// line; `false` says that more is needed.
pub(super) fn meta(
    head: &mut Head,
    shape: Shape,
    bytes: &[u8],
    searched: usize,
) -> Result<bool, Fault> {
    // A line that was seen without an end is not read again until that has come.
    if (searched == 0 || end(bytes, searched).is_some())
        && let Some(is_whole) = meta_line(head, shape, bytes)
    {
        return Ok(is_whole);
    }
    line(head, shape, bytes, searched)
}

/// Reads the line at the front of `bytes` as the head of a reply that is `VALUE`s, or a line of another
/// kind; `false` says that more is needed.
pub(super) fn values(
    head: &mut Head,
    shape: Shape,
    bytes: &[u8],
    searched: usize,
) -> Result<bool, Fault> {
    if (searched == 0 || end(bytes, searched).is_some())
        && let Some(rest) = bytes.strip_prefix(b"VALUE ")
        && let Some(is_whole) = item(head, shape, bytes, rest)
    {
        return Ok(is_whole);
    }
    line(head, shape, bytes, searched)
}

/// Reads the line at the front of `bytes` as the head of a reply of this shape; `false` says that
/// more is needed.
pub(super) fn line(
    head: &mut Head,
    shape: Shape,
    bytes: &[u8],
    searched: usize,
) -> Result<bool, Fault> {
    let Some(line) = whole_line(bytes, searched)? else {
        return Ok(false);
    };
    shape
        .read_line(head, line)
        .or_else(|| failure(head, shape, line, &FAILURES))
        .map(|()| true)
        .ok_or(Fault::Malformed)
}

/// Reads the line at the front of `bytes` as an error line.
pub(super) fn error(head: &mut Head, shape: Shape, bytes: &[u8]) -> Result<bool, Fault> {
    let Some(line) = whole_line(bytes, 0)? else {
        return Ok(false);
    };
    failure(head, shape, line, &FAILURES)
        .map(|()| true)
        .ok_or(Fault::Malformed)
}

/// Where the first line feed is.
pub(super) fn end(bytes: &[u8], searched: usize) -> Option<usize> {
    let fresh = bytes.get(searched..)?;
    let at = fresh.iter().position(|&byte| byte == b'\n')?;
    searched.checked_add(at)
}

/// The line at the front without its end.
fn whole_line(bytes: &[u8], searched: usize) -> Result<Option<&[u8]>, Fault> {
    let Some(end) = end(bytes, searched) else {
        return Ok(None);
    };
    let line = bytes.get(..end).unwrap_or_default();
    line.strip_suffix(b"\r").map(Some).ok_or(Fault::Malformed)
}

/// The length of a line with its end.
fn whole(line: &[u8]) -> usize {
    line.len().saturating_add(2)
}

/// `HD`, `VA 5 f7 Oa`, `EN`, `NF`, `NS`, `EX` with return flags in any order, and the line's end;
/// `false` says that more is needed. In one pass: most replies are such a line.
fn meta_line(head: &mut Head, shape: Shape, bytes: &[u8]) -> Option<bool> {
    let (code, mut rest) = bytes.split_first_chunk::<2>()?;
    let status = match code {
        // Before 1.6.10 it was `OK`.
        b"HD" | b"OK" => Status::Ok,
        b"VA" => Status::Value,
        b"EN" | b"NF" => Status::NotFound,
        b"NS" => Status::NotStored,
        b"EX" => Status::Exists,
        _ => return None,
    };
    head.begin(shape, status, 0, 0, 0);
    if status == Status::Value {
        let [b' ', size @ ..] = rest else {
            return rest.is_empty().then_some(false);
        };
        rest = size;
        head.data = digits(&mut rest)?.try_into().ok()?;
        head.tail = 2;
    }
    loop {
        match *rest {
            [b'\r', b'\n', ref behind @ ..] => {
                head.head = bytes.len().saturating_sub(behind.len()) as u32;
                return Some(true);
            }
            [b' ', flag, ref token @ ..] if flag > b' ' => {
                rest = token;
                match flag {
                    b'f' => head.flags = digits(&mut rest)? as u32,
                    b'c' => head.cas = digits(&mut rest)?,
                    b'O' => head.tag = tag(until_blank(&mut rest)),
                    _ => _ = until_blank(&mut rest),
                }
            }
            [] | [b' ' | b'\r'] => return Some(false),
            _ => return None,
        }
    }
}

/// The `END` of `VALUE`s.
pub(super) fn end_of_values(head: &mut Head, shape: Shape, line: &[u8]) -> Option<()> {
    if line != b"END" {
        return None;
    }
    let status = if shape.kind() == Kind::Values {
        Status::End
    } else {
        Status::NotFound
    };
    head.begin(shape, status, whole(line), 0, 0);
    Some(())
}

/// `CONFIG key flags length`, or a value.
pub(super) fn config(
    head: &mut Head,
    shape: Shape,
    bytes: &[u8],
    searched: usize,
) -> Result<bool, Fault> {
    if let Some(rest) = bytes.strip_prefix(b"CONFIG ")
        && let Some(is_whole) = item(head, shape, bytes, rest)
    {
        return Ok(is_whole);
    }
    values(head, shape, bytes, searched)
}

/// `VALUE key flags length[ cas]` and the line's end, of which `rest` is what stands behind the first
/// word; `false` says that more is needed. In one pass, as [`meta_line`].
fn item(head: &mut Head, shape: Shape, bytes: &[u8], mut rest: &[u8]) -> Option<bool> {
    let start = bytes.len().saturating_sub(rest.len());
    let tail = if shape.kind() == Kind::Values { 2 } else { 7 };
    head.begin(shape, Status::Value, 0, 0, tail);
    // Other clients' keys may hold any byte but a blank.
    let mut length = 0_usize;
    loop {
        length = length.saturating_add(blank(rest.get(length..)?));
        match rest.get(length) {
            None => return Some(false),
            Some(b' ') => break,
            Some(b'\n') => return None,
            Some(_) => length = length.saturating_add(1),
        }
    }
    rest = rest.get(length..)?;
    let length = u8::try_from(length).ok().filter(|&length| length > 0)?;
    head.key = (start as u8, length);
    let mut field = 0_u8;
    loop {
        match *rest {
            [b'\r', b'\n', ref behind @ ..] if field > 1 => {
                head.head = bytes.len().saturating_sub(behind.len()) as u32;
                return Some(true);
            }
            [b' ', ref token @ ..] if field < 3 => {
                rest = token;
                let number = match digits(&mut rest) {
                    None if rest.is_empty() => return Some(false),
                    number => number?,
                };
                match field {
                    0 => head.flags = number as u32,
                    1 => head.data = number.try_into().ok()?,
                    _ => head.cas = number,
                }
                field = field.saturating_add(1);
            }
            [] | [b'\r'] => return Some(false),
            _ => return None,
        }
    }
}

/// A bare number, or a word.
pub(super) fn number(head: &mut Head, shape: Shape, line: &[u8]) -> Option<()> {
    if padded_number(line).is_none() {
        return word(head, shape, line);
    }
    let length = u32::try_from(line.len()).ok()?;
    head.begin(shape, Status::Value, 0, length, 2);
    Some(())
}

/// `VERSION text`.
pub(super) fn version(head: &mut Head, shape: Shape, line: &[u8]) -> Option<()> {
    text(head, shape, line, b"VERSION ")
}

/// `ME text`, or a word.
pub(super) fn debug(head: &mut Head, shape: Shape, line: &[u8]) -> Option<()> {
    text(head, shape, line, b"ME ")
}

/// A verb and a text, or a word.
fn text(head: &mut Head, shape: Shape, line: &[u8], verb: &[u8]) -> Option<()> {
    let Some(text) = line.strip_prefix(verb) else {
        return word(head, shape, line);
    };
    let length = u32::try_from(text.len()).ok()?;
    head.begin(shape, Status::Value, verb.len(), length, 2);
    Some(())
}

/// The token of a return flag in a meta line, which may be empty; `None` if the flag is not there.
pub(crate) fn returned(line: &[u8], flag: u8) -> Option<&[u8]> {
    let mut words = line.split(|&byte| byte == b' ');
    // A value's length stands before the flags.
    if words.next() == Some(b"VA") {
        words.next();
    }
    words.find_map(|word| word.strip_prefix(&[flag]))
}

/// Lines of one word, and what they say.
pub(super) type Words = &'static [(&'static [u8], Status)];

/// One of the shape's words.
pub(super) fn word(head: &mut Head, shape: Shape, line: &[u8]) -> Option<()> {
    let mut words = shape.words().iter();
    let &(_, status) = words.find(|(word, _)| *word == line)?;
    head.begin(shape, status, whole(line), 0, 0);
    Some(())
}

/// One of the shape's words, or a refusal in a word of its own, which elsewhere means nothing.
pub(super) fn word_or_refusal(head: &mut Head, shape: Shape, line: &[u8]) -> Option<()> {
    word(head, shape, line).or_else(|| failure(head, shape, line, &REFUSALS))
}

/// How error lines begin, the telling ones first, and what they are.
const FAILURES: [(&[u8], Failure); 11] = [
    (b"ERROR Too many open", Failure::TooManyConnections),
    (b"ERROR", Failure::Command),
    (b"CLIENT_ERROR unauthenticated", Failure::Unauthenticated),
    // To a classic set, which the server takes for a login.
    (b"CLIENT_ERROR bad authentication", Failure::Unauthenticated),
    (b"CLIENT_ERROR authentication", Failure::Unauthenticated),
    (b"CLIENT_ERROR cannot increment", Failure::NotNumeric),
    (b"CLIENT_ERROR", Failure::Client),
    (b"SERVER_ERROR object too large", Failure::TooLarge),
    (b"SERVER_ERROR out of memory", Failure::OutOfMemory),
    (b"SERVER_ERROR Out of memory", Failure::OutOfMemory),
    (b"SERVER_ERROR", Failure::Server),
];

/// The lines by which a server says that it will not, or not now.
const REFUSALS: [(&[u8], Failure); 6] = [
    (b"MEMLIMIT_TOO_SMALL", Failure::Refused),
    (b"MEMLIMIT_ADJUST_FAILED", Failure::Refused),
    (b"BUSY", Failure::Refused),
    (b"BADCLASS", Failure::Refused),
    (b"WATCHER_TOO_MANY", Failure::Refused),
    (b"WATCHER_FAILED", Failure::Refused),
];

/// An error line. Its first words may be followed by a blank or a colon, or be all there is.
fn failure(
    head: &mut Head,
    shape: Shape,
    line: &[u8],
    failures: &[(&[u8], Failure)],
) -> Option<()> {
    let &(_, failure) = failures.iter().find(|(words, failure)| {
        let follows = line.strip_prefix(*words).map(<[u8]>::first);
        matches!(follows, Some(None | Some(b' ' | b':')))
            // Elsewhere these words mean nothing that could be relied on.
            && (*failure != Failure::NotNumeric
                || matches!(shape.kind(), Kind::Number | Kind::Meta))
    })?;
    let length = u32::try_from(line.len()).ok()?;
    head.begin(shape, Status::Failed(failure), 0, length, 2);
    Some(())
}

/// The number that these digits are, with blanks behind them, as subtracting leaves them.
pub(crate) fn padded_number(line: &[u8]) -> Option<u64> {
    let mut rest = line.trim_ascii_end();
    digits(&mut rest).filter(|_| rest.is_empty())
}

/// Takes a number from the front: at least one digit, within 64 bits.
#[cfg_attr(target_pointer_width = "32", inline(never))]
pub(crate) fn digits(rest: &mut &[u8]) -> Option<u64> {
    let (mut number, mut left) = (0_u64, *rest);
    while let [byte @ b'0'..=b'9', behind @ ..] = left {
        number = number.wrapping_mul(10).wrapping_add(u64::from(byte & 15));
        left = behind;
    }
    number = match rest.len().saturating_sub(left.len()) {
        0 => return None,
        // So many are within 64 bits, whichever they are.
        1..=19 => number,
        length => long_number(rest.get(..length)?)?,
    };
    *rest = left;
    Some(number)
}

/// The number that these digits are, if it is within 64 bits.
#[cold]
#[inline(never)]
fn long_number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0_u64, |number, &byte| {
        number.checked_mul(10)?.checked_add(u64::from(byte & 15))
    })
}

/// Takes what stands before the next blank or the line's end from the front.
#[cfg_attr(target_pointer_width = "32", inline(never))]
fn until_blank<'l>(rest: &mut &'l [u8]) -> &'l [u8] {
    // Mostly one byte.
    let end = rest.iter().position(|&byte| byte <= b' ');
    let (word, behind) = rest
        .split_at_checked(end.unwrap_or(rest.len()))
        .unwrap_or_default();
    *rest = behind;
    word
}

/// The digits of an opaque: those of base64url, so that any two of them fit a token.
const DIGITS: &[u8; 64] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

/// How an opaque is written: one digit for the first 64, else two.
pub(super) fn tag_digits(tag: u16) -> (u8, Option<u8>) {
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
            let read = match tag_digits(expected) {
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
            ("1 ", Some(1)),
            (" 1", None),
            ("1x", None),
        ] {
            assert_eq!(padded_number(digits.as_bytes()), number, "{digits}");
        }
    }
}
