//! The peer's classic and meta lines.

use super::peer::{Answer, Form, Refusal, Request, Verb};

/// The request at the front of `came` and its length, if it is whole.
///
/// # Panics
///
/// If it is none: then bytes of another request lie behind one that was left half sent.
pub(super) fn read(came: &[u8], meta: bool) -> Option<(Request, usize)> {
    let end = came.iter().position(|&byte| byte == b'\n');
    let line = &came[..end.unwrap_or(came.len())];
    assert!(
        line.len() < 2048,
        "a line without end: {}",
        line.escape_ascii()
    );
    let end = end? + 1;
    let bad = || -> ! { panic!("no request: {}", line.escape_ascii()) };
    let line = line.strip_suffix(b"\r").unwrap_or_else(|| bad());
    let Ok(words) = std::str::from_utf8(line) else {
        bad()
    };
    let words: Vec<&str> = words.split(' ').collect();
    let printable = |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte > b' ');
    if !words
        .iter()
        .all(|word| printable(word) && word.len() <= 250)
    {
        bad()
    }
    let number = |digits: &str| -> u64 { digits.parse().unwrap_or_else(|_| bad()) };

    let mut request = Request {
        verb: Verb::Version,
        keys: Vec::new(),
        value: Vec::new(),
        delta: 1,
        opaque: Vec::new(),
        form: Form::Classic,
    };
    let mut length = None;
    match words[..] {
        ["version"] => {}
        ["mn"] if meta => (request.verb, request.form) = (Verb::Noop, Form::Meta),
        ["get", _, ..] => {
            request.verb = Verb::Get;
            request.keys = words[1..].iter().map(ToString::to_string).collect();
        }
        ["set" | "add", key, flags, expiry, size] if !meta => {
            request.verb = if words[0] == "set" {
                Verb::Set
            } else {
                Verb::Add
            };
            request.keys.push(key.into());
            _ = (number(flags), number(expiry));
            length = Some(number(size) as usize);
        }
        ["delete", key] if !meta => {
            request.verb = Verb::Delete;
            request.keys.push(key.into());
        }
        ["incr", key, delta] if !meta => {
            request.verb = Verb::Increment;
            request.keys.push(key.into());
            request.delta = number(delta);
        }
        ["touch", key, expiry] if !meta => {
            request.verb = Verb::Touch;
            request.keys.push(key.into());
            _ = number(expiry);
        }
        [verb @ ("mg" | "ms" | "md" | "ma"), key, ..] if meta => {
            request.form = Form::Meta;
            request.keys.push(key.into());
            let mut flags = &words[2..];
            if verb == "ms" {
                let [size, rest @ ..] = flags else { bad() };
                length = Some(number(size) as usize);
                flags = rest;
            }
            let (known, usual) = match verb {
                "mg" => ("vfTO", Verb::Touch),
                "ms" => ("FTMO", Verb::Set),
                "md" => ("O", Verb::Delete),
                _ => ("vDO", Verb::Increment),
            };
            request.verb = usual;
            for (index, flag) in flags.iter().enumerate() {
                let letter = flag.chars().next().unwrap_or_else(|| bad());
                let twice = flags[..index].iter().any(|other| other.starts_with(letter));
                if !known.contains(letter) || twice {
                    bad()
                }
                match (verb, letter, &flag[1..]) {
                    ("mg", 'v', "") => request.verb = Verb::Get,
                    ("ms", 'M', "E") => request.verb = Verb::Add,
                    (_, 'v' | 'f', "") => {}
                    (_, 'D', delta) => request.delta = number(delta),
                    (_, 'F' | 'T', digits) => _ = number(digits),
                    (_, 'O', token) if !token.is_empty() => request.opaque = flag.as_bytes().into(),
                    _ => bad(),
                }
            }
        }
        _ => bad(),
    }
    let Some(length) = length else {
        return Some((request, end));
    };
    let data = came.get(end..end + length + 2)?;
    request.value = data[..length].to_vec();
    assert!(
        data.ends_with(b"\r\n"),
        "a value without end: {}",
        data.escape_ascii()
    );
    Some((request, end + length + 2))
}

pub(super) fn reply(request: &Request, answer: &Answer) -> Vec<u8> {
    let meta = request.form == Form::Meta;
    let mut reply = Vec::new();
    match answer {
        Answer::Refused(refusal) => {
            reply.extend_from_slice(line(*refusal).as_bytes());
            let as_command = matches!(refusal, Refusal::Client | Refusal::Command);
            if as_command && matches!(request.verb, Verb::Set | Verb::Add) {
                reply.extend_from_slice(b"\r\nERROR");
            }
        }
        Answer::Items(items) if meta => match &items[..] {
            [(_, value)] => {
                reply.extend_from_slice(format!("VA {} f0", value.len()).as_bytes());
                opaque(&mut reply, request);
                reply.extend_from_slice(b"\r\n");
                reply.extend_from_slice(value);
            }
            _ => {
                reply.extend_from_slice(b"EN");
                opaque(&mut reply, request);
            }
        },
        Answer::Items(items) => {
            for (key, value) in items {
                reply.extend_from_slice(format!("VALUE {key} 0 {}\r\n", value.len()).as_bytes());
                reply.extend_from_slice(value);
                reply.extend_from_slice(b"\r\n");
            }
            reply.extend_from_slice(b"END");
        }
        Answer::Number(number) if meta => {
            let digits = number.to_string();
            reply.extend_from_slice(format!("VA {}", digits.len()).as_bytes());
            opaque(&mut reply, request);
            reply.extend_from_slice(format!("\r\n{digits}").as_bytes());
        }
        Answer::Number(number) => reply.extend_from_slice(number.to_string().as_bytes()),
        Answer::Done | Answer::NotFound | Answer::NotStored => {
            reply.extend_from_slice(word(request.verb, answer, meta).as_bytes());
            if meta {
                opaque(&mut reply, request);
            }
        }
    }
    reply.extend_from_slice(b"\r\n");
    reply
}

fn opaque(reply: &mut Vec<u8>, request: &Request) {
    if !request.opaque.is_empty() {
        reply.push(b' ');
        reply.extend_from_slice(&request.opaque);
    }
}

fn word(verb: Verb, answer: &Answer, meta: bool) -> &'static str {
    match (verb, answer) {
        (Verb::Noop, _) => "MN",
        (Verb::Version, _) => "VERSION 1.6.18",
        // A touch is an `mg`, whose miss is `EN`.
        (Verb::Touch, Answer::NotFound) if meta => "EN",
        (_, Answer::Done) if meta => "HD",
        (_, Answer::NotFound) if meta => "NF",
        (_, Answer::NotStored) if meta => "NS",
        (Verb::Delete, Answer::Done) => "DELETED",
        (Verb::Touch, Answer::Done) => "TOUCHED",
        (_, Answer::Done) => "STORED",
        (_, Answer::NotStored) => "NOT_STORED",
        _ => "NOT_FOUND",
    }
}

/// The line with which a server refuses; [`Refusal::TooMany`] in packets' stead too.
pub(super) fn line(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::TooLarge => "SERVER_ERROR object too large for cache",
        Refusal::OutOfMemory => "SERVER_ERROR out of memory storing object",
        Refusal::Client => "CLIENT_ERROR bad command line format",
        Refusal::Command => "ERROR",
        Refusal::Server => "SERVER_ERROR backend failure",
        Refusal::TooMany => "ERROR Too many open connections",
    }
}
