//! Wrong outcomes and wrong bytes, planted to show that the comparison finds them.

use crate::exchange::{Cut, Exchange, Links};
use crate::naive::Read;
use crate::record::Record;

/// What is made wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Lie {
    /// The first reply begins with another letter.
    Letter,
    /// A reply comes that nothing asked for.
    Surplus,
    /// The last byte does not come.
    Short,
    /// The naive reader says another word.
    Word,
    /// The naive reader has an answer less.
    Fewer,
    /// The naive reader says that the connection goes on, or does not.
    State,
    /// The record says that there was an error, or that there was none.
    Error,
    /// The record says that the server closed the connection, or that it did not.
    Closed,
    /// One of three lines or more does not come.
    Lost,
    /// One of them says something else at its end.
    Changed,
    /// The recorded request has another verb.
    Request,
}

pub(crate) const LIES: [Lie; 11] = [
    Lie::Letter,
    Lie::Surplus,
    Lie::Short,
    Lie::Word,
    Lie::Fewer,
    Lie::State,
    Lie::Error,
    Lie::Closed,
    Lie::Lost,
    Lie::Changed,
    Lie::Request,
];

/// Whether the lie is found out; `None` if it cannot be told of this exchange.
pub(crate) fn is_found(lie: Lie, honest: &Exchange<'_>) -> Option<bool> {
    let mut read = honest.read.clone();
    let mut record: Record = honest.record.clone();
    let (is_broken, is_answered) = (read.outcome.state == "broken", !read.replies.is_empty());
    match lie {
        Lie::Letter if is_answered => record.response[read.replies[0].1] = b'?',
        // Behind a break, and to one who is not answered anyway, more is nothing.
        Lie::Surplus if !is_broken && read.outcome.owed == 0 => record.response.extend(b"HD\r\n"),
        Lie::Short if is_answered && !is_broken => {
            record.response.pop();
            read.replies.last_mut()?.2 -= 1;
        }
        Lie::Word => read.outcome.answers.first_mut()?.1.insert(0, '!'),
        Lie::Fewer => _ = read.outcome.answers.pop()?,
        Lie::State => {
            let other = if read.outcome.state == "kept" {
                "broken"
            } else {
                "kept"
            };
            read.outcome.state = other.into();
        }
        Lie::Lost => {
            let at = line_of_many(&read)?;
            let (_, from, to) = read.replies.remove(at);
            record.response.drain(from..to);
            for (_, start, end) in read.replies.iter_mut().skip(at) {
                (*start, *end) = (*start - (to - from), *end - (to - from));
            }
        }
        Lie::Changed => {
            let (_, from, to) = read.replies[line_of_many(&read)?];
            let said = record.response[from..to].trim_ascii_end().len();
            record.response[from + said - 1] ^= 1;
        }
        Lie::Error => record.error = !record.error,
        Lie::Closed if !is_broken => record.closed = !record.closed,
        Lie::Request => {
            let part = honest.asks.iter().find_map(|ask| ask.ours())?;
            return Some(is_rewriting_found(honest, part));
        }
        _ => return None,
    }
    let lying = Exchange {
        record: &record,
        read,
        ..honest.clone()
    };
    Some(lying.run(&mut Links::new(), Cut::Nowhere).is_err())
}

fn is_rewriting_found(honest: &Exchange<'_>, part: &[u8]) -> bool {
    let mut other = part.to_vec();
    other[1] ^= 1;
    let mut lying: Exchange<'_> = honest.clone();
    if let Some(ask) = lying.asks.iter_mut().find(|ask| ask.ours().is_some()) {
        ask.pretend(&other);
        return lying.run(&mut Links::new(), Cut::Nowhere).is_err();
    }
    false
}

/// One in the midst of the replies to one request.
fn line_of_many(read: &Read) -> Option<usize> {
    let requests = read
        .replies
        .windows(3)
        .map(|three| (three[0].0, three[2].0));
    let mut same = requests
        .enumerate()
        .filter(|(_, (first, last))| first == last);
    same.next().map(|(at, _)| at + 1)
}
