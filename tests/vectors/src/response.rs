//! A recorded response as it would have been, had our opaques been asked for.

use crate::asked::Ask;
use crate::part::{Kind, Part, split};

/// The opaque that we sent, and what was recorded in its place.
#[derive(Clone, Debug)]
pub(crate) enum Mark {
    /// The flag at the end of a line.
    Flag(Vec<u8>),
    /// The opcode and the opaque of a packet: those recorded, and ours.
    Packet([u8; 5], [u8; 5]),
}

/// What our requests have in place of the recorded ones'.
#[derive(Clone, Debug)]
pub(crate) struct Marks {
    first: usize,
    each: Vec<Option<Mark>>,
    /// A no-op that was sent behind quiet requests, and is not in the transcript: its answer.
    fence: Option<Vec<u8>>,
}

/// What our writing of a request, the first of which has that number, differs in.
pub(crate) fn marks(ask: &Ask<'_>, first: usize, sent: &[u8]) -> Marks {
    let recorded: Vec<Part<'_>> = match ask {
        Ask::Quiet { parts, fence } => parts.iter().chain(fence).copied().collect(),
        Ask::Ours { part, .. } | Ask::Raw(part) => vec![*part],
        Ask::Keys { .. } | Ask::Silent => vec![],
    };
    let ours = split(sent, false);
    let each = recorded.iter().zip(&ours);
    let each = each.map(|(part, sent)| mark(part, sent)).collect();
    let fence = match (ask, ours.last()) {
        (Ask::Quiet { fence: None, .. }, Some(last)) if last.kind == Kind::Packet => {
            let mut answer = last.bytes.to_vec();
            answer[0] = 0x81;
            Some(answer)
        }
        (Ask::Quiet { fence: None, .. }, _) => Some(b"MN\r\n".to_vec()),
        _ => None,
    };
    Marks { first, each, fence }
}

fn mark(recorded: &Part<'_>, sent: &Part<'_>) -> Option<Mark> {
    if recorded.kind == Kind::Packet {
        return Some(Mark::Packet(fields(recorded.bytes)?, fields(sent.bytes)?));
    }
    let last = sent.line.rsplit(|byte| *byte == b' ').next()?;
    let is_flag = sent.line.starts_with(b"m")
        && !sent.line.starts_with(b"me ")
        && last.first() == Some(&b'O');
    is_flag.then(|| Mark::Flag(last.to_vec()))
}

/// The opcode and the opaque of a packet.
fn fields(packet: &[u8]) -> Option<[u8; 5]> {
    let opaque = packet.get(12..16)?;
    Some([packet[1], opaque[0], opaque[1], opaque[2], opaque[3]])
}

/// The response in which each reply bears what we sent.
pub(crate) fn response(
    recorded: &[u8],
    replies: &[(usize, usize, usize)],
    marks: &[Marks],
) -> Vec<u8> {
    let (mut all, mut end) = (vec![], 0);
    let mut fences = marks.iter().peekable();
    for &(request, from, to) in replies {
        while let Some(one) = fences.next_if(|one| one.first + one.each.len().max(1) <= request) {
            all.extend(one.fence.iter().flatten());
        }
        let of_this = marks
            .iter()
            .find(|one| (one.first..).take(one.each.len()).any(|at| at == request));
        let mark = of_this.and_then(|one| one.each[request - one.first].as_ref());
        all.extend(reply(&recorded[from..to], mark));
        end = to;
    }
    all.extend(&recorded[end..]);
    for one in fences {
        all.extend(one.fence.iter().flatten());
    }
    all
}

fn reply(recorded: &[u8], mark: Option<&Mark>) -> Vec<u8> {
    let mut reply = recorded.to_vec();
    match mark {
        None => {}
        Some(Mark::Packet(theirs, ours)) => {
            let is_theirs = reply.first() == Some(&0x81) && fields(&reply) == Some(*theirs);
            let place = reply.get_mut(12..16).filter(|_| is_theirs);
            if let Some(place) = place {
                place.copy_from_slice(&ours[1..]);
                reply[1] = ours[0];
            }
        }
        Some(Mark::Flag(flag)) => {
            let Some(end) = reply.windows(2).position(|pair| pair == b"\r\n") else {
                return reply;
            };
            let mut words: Vec<&[u8]> = recorded[..end].split(|byte| *byte == b' ').collect();
            if !matches!(words[0], b"HD" | b"VA" | b"EN" | b"NF" | b"NS" | b"EX") {
                return reply;
            }
            let own = words.iter().position(|word| word.first() == Some(&b'O'));
            match own {
                Some(place) => words[place] = flag,
                None => {
                    // What the server says of its own accord stands last.
                    let is_state = |word: &[u8]| matches!(word, b"W" | b"X" | b"Z");
                    let states = words.iter().rev().take_while(|word| is_state(word)).count();
                    words.insert(words.len() - states, flag);
                }
            }
            let line = words.join(&b' ');
            reply = [&line, &recorded[end..]].concat();
        }
    }
    reply
}
