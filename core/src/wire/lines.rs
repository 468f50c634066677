//! Replies that are streams of lines: where each line ends, what ends the stream, what a line says.

use super::{Failure, Frame, Head, Kind, Shape, Status, text};
use crate::error::{ErrorKind, Fault};

/// Reads the line at the front of `bytes`: the stream's end, a refusal, or else a line of its own,
/// which may end in a bare line feed. What that says is read where it is decoded.
pub(super) fn read(
    head: &mut Head,
    shape: Shape,
    bytes: &[u8],
    searched: usize,
) -> Result<bool, Fault> {
    let Ok(is_whole) = text::line(head, shape, bytes, searched) else {
        let end = text::end(bytes, searched).ok_or(Fault::Malformed)?;
        let length = end.saturating_add(1) as u32;
        head.begin(shape, Status::Value, 0, length, 0);
        return Ok(true);
    };
    // The server knows the command, where it has more to say.
    if head.status == Status::Failed(Failure::Command) && head.data as usize > ERROR.len() {
        head.status = Status::Failed(Failure::Refused);
    }
    Ok(is_whole)
}

/// What a server says of a command that it does not know.
const ERROR: &[u8] = b"ERROR";

/// A line of a stream without its end.
pub(crate) fn line<'b>(frame: &Frame<'b>) -> Result<&'b [u8], ErrorKind> {
    if frame.status() != Status::Value {
        return Err(frame.unexpected());
    }
    let line = frame.data()?;
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    Ok(line.strip_suffix(b"\r").unwrap_or(line))
}

/// The name and the value of a statistic: in a packet, in `STAT name value` or `PREFIX name value`,
/// and in `ITEM key [size b; expiry s]`, where the key may hold blanks.
pub(crate) fn statistic<'b>(frame: &Frame<'b>) -> Result<(&'b [u8], &'b [u8]), ErrorKind> {
    if frame.head.shape.kind() == Kind::StatPackets {
        return match frame.status() {
            Status::Value => Ok((frame.key(), frame.data()?)),
            // Of a kind that the server does not know. In lines that is `ERROR`.
            Status::NotFound => Err(ErrorKind::Command),
            _ => Err(frame.unexpected()),
        };
    }
    let line = line(frame)?;
    if let Some(item) = line.strip_prefix(b"ITEM ") {
        let at = item.windows(2).rposition(|pair| pair == b" [");
        return at
            .and_then(|at| parted(item, at))
            .ok_or(ErrorKind::Malformed);
    }
    let rest = line
        .strip_prefix(b"STAT ")
        .or_else(|| line.strip_prefix(b"PREFIX "))
        .ok_or(ErrorKind::Malformed)?;
    // A value may be empty, and hold blanks.
    let at = rest.iter().position(|&byte| byte == b' ');
    let (name, value) = at.and_then(|at| parted(rest, at)).unwrap_or((rest, &[]));
    if name.is_empty() {
        return Err(ErrorKind::Malformed);
    }
    Ok((name, value))
}

/// The value of the column `name` in a line of `name=value` columns; servers add columns at will.
pub(crate) fn column<'b>(line: &'b [u8], name: &[u8]) -> Option<&'b [u8]> {
    line.split(|&byte| byte == b' ')
        .find_map(|column| column.strip_prefix(name)?.strip_prefix(b"="))
}

/// The number in the column `name`, `None` where there is no such column.
pub(crate) fn number(line: &[u8], name: &[u8]) -> Result<Option<u64>, ErrorKind> {
    match column(line, name) {
        Some(digits) => whole_number(digits).map(Some),
        None => Ok(None),
    }
}

/// The number that all of `digits` are.
pub(crate) fn whole_number(digits: &[u8]) -> Result<u64, ErrorKind> {
    let mut rest = digits;
    let number = text::digits(&mut rest).filter(|_| rest.is_empty());
    number.ok_or(ErrorKind::Malformed)
}

/// The number at the front of `rest`, and what stands behind it.
pub(crate) fn leading_number(rest: &[u8]) -> Option<(u64, &[u8])> {
    let mut behind = rest;
    Some((text::digits(&mut behind)?, behind))
}

/// What stands before the blank at an index, and behind it.
fn parted(line: &[u8], at: usize) -> Option<(&[u8], &[u8])> {
    let (before, rest) = line.split_at_checked(at)?;
    Some((before, rest.strip_prefix(b" ")?))
}
