//! The rules by which exchanges are left out, read from the committed file.

use crate::record::Record;

/// All of them; the first that holds decides.
#[derive(Debug)]
pub(crate) struct Rules(Vec<Rule>);

/// One line of the file.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) class: Class,
    pub(crate) reason: String,
    place: Place,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Class {
    Apart,
    Later,
    Never,
}

#[derive(Clone, Debug)]
enum Place {
    Transport(String),
    Args(String),
    Request(String),
    Opcode(u8),
    Empty,
}

impl Rules {
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let lines = text.lines().map(str::trim);
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        let rules = lines.map(|line| Rule::read(line).ok_or_else(|| format!("no rule: {line}")));
        rules.collect::<Result<_, _>>().map(Self)
    }

    /// The rule that leaves this out.
    pub(crate) fn leave_out(&self, record: &Record) -> Option<&Rule> {
        let mut rules = self.0.iter();
        rules.find(|rule| rule.place.is_of(record))
    }
}

impl Rule {
    fn read(line: &str) -> Option<Self> {
        let (class, line) = word(line)?;
        let class = match class {
            "apart" => Class::Apart,
            "later" => Class::Later,
            "never" => Class::Never,
            _ => return None,
        };
        let (place, line) = word(line)?;
        if place == "empty" {
            let (place, reason) = (Place::Empty, line.into());
            return Some(Self {
                class,
                reason,
                place,
            });
        }
        let (pattern, reason) = word(line)?;
        let place = match place {
            "transport" => Place::Transport(pattern.into()),
            "args" => Place::Args(pattern.into()),
            "request" => Place::Request(pattern.into()),
            "opcode" => Place::Opcode(u8::from_str_radix(pattern, 16).ok()?),
            _ => return None,
        };
        let reason = reason.into();
        Some(Self {
            class,
            reason,
            place,
        })
    }
}

impl Place {
    fn is_of(&self, record: &Record) -> bool {
        match self {
            Self::Transport(name) => record.transport == *name,
            Self::Args(pattern) => matches(pattern, &record.server_args),
            Self::Request(pattern) => !record.is_binary && is_like(record, pattern),
            Self::Opcode(opcode) => {
                record.request.first() == Some(&0x80) && record.request.get(1) == Some(opcode)
            }
            Self::Empty => record.request.is_empty(),
        }
    }
}

fn is_like(record: &Record, pattern: &str) -> bool {
    let head = &record.request[..record.request.len().min(400)];
    matches(pattern, &head.escape_ascii().to_string())
}

/// Whether a text is like a pattern, in which `?` is a blank and `*` at the end is anything.
fn matches(pattern: &str, text: &str) -> bool {
    let pattern = pattern.replace('?', " ");
    match pattern.strip_suffix('*') {
        Some(front) => text.starts_with(front),
        None => text.trim_end_matches("\\r\\n") == pattern,
    }
}

fn word(line: &str) -> Option<(&str, &str)> {
    let (word, rest) = line.split_once(' ')?;
    Some((word, rest.trim_start()))
}
