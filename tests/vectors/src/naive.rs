//! What the naive reader makes of the records.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// What became of one exchange, in the words of the naive reader.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Outcome {
    pub(crate) requests: usize,
    /// What each request was answered that was.
    pub(crate) answers: Vec<(usize, String)>,
    pub(crate) owed: usize,
    pub(crate) state: String,
    pub(crate) error: bool,
}

/// An outcome, and where the replies are: the request they answer, and their bytes.
#[derive(Clone, Debug)]
pub(crate) struct Read {
    pub(crate) outcome: Outcome,
    pub(crate) replies: Vec<(usize, usize, usize)>,
}

/// Runs it over a folder.
pub(crate) fn all(reader: &Path, folder: &Path) -> Result<HashMap<String, Read>, String> {
    let output = Command::new("python3").arg(reader).arg(folder).output();
    let output = output.map_err(|error| format!("python3: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let read = text.lines().map(|line| {
        let value: Value = serde_json::from_str(line).ok()?;
        let id = value["id"].as_str()?.to_owned();
        Some((id, read(&value)?))
    });
    let all: Option<_> = read.collect();
    all.ok_or_else(|| "the naive reader prints what is none of its lines".into())
}

fn read(value: &Value) -> Option<Read> {
    let number = |value: &Value| value.as_u64().map(|number| number as usize);
    let replies = value["replies"].as_array()?.iter();
    let answers = value["outcomes"].as_array()?.iter();
    let outcome = Outcome {
        requests: number(&value["requests"])?,
        answers: answers
            .map(|one| Some((number(&one[0])?, one[1].as_str()?.to_owned())))
            .collect::<Option<_>>()?,
        owed: number(&value["owed"])?,
        state: value["state"].as_str()?.to_owned(),
        error: value["error"].as_bool()?,
    };
    let replies =
        replies.map(|part| Some((number(&part[0])?, number(&part[1])?, number(&part[2])?)));
    Some(Read {
        outcome,
        replies: replies.collect::<Option<_>>()?,
    })
}
