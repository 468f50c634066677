//! What the project's pages name: tests, and items of the crates.

use std::fs;
use std::path::{Path, PathBuf};

/// A file of the project.
///
/// # Panics
///
/// If there is none.
#[must_use]
pub fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What stands in backquotes.
pub fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The tests that a text names: what stands in backquotes and is a file, `::`, a name.
pub fn tests(text: &str) -> impl Iterator<Item = (&str, &str)> {
    quoted(text).filter_map(|words| words.split_once(".rs::"))
}

/// Whether the function is a test that runs.
#[must_use]
pub fn is_a_test(file: &str, name: &str) -> bool {
    let path = match file.contains('/') {
        true => format!("{file}.rs"),
        false => format!("tests/tests/{file}.rs"),
    };
    let source = read(&path);
    // A scenario runs where it is listed.
    if path.starts_with("tests/src/") || path.starts_with("tests/scenarios/") {
        let live = read("tests/tests/live.rs");
        let mut listed = live.split([' ', '\n', '(', ';']);
        return source.contains(&format!("pub async fn {name}<"))
            && listed.any(|word| word.rsplit("::").next() == Some(name));
    }
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let function = format!("fn {name}(");
    // What is tested may have the same name.
    let mut places = lines.iter().enumerate().filter(|(_, line)| {
        let line = line.trim_start_matches("async ");
        // Of a test that is declared for both colours.
        let line = line.trim_start_matches("$($async)? ");
        line.starts_with(&function)
    });
    places.any(|(at, _)| {
        let above = lines[..at].iter().rev();
        let attributes: Vec<_> = above
            .take_while(|line| line.starts_with("#[") || line.starts_with("//"))
            .collect();
        let is = |start: &str| attributes.iter().any(|line| line.starts_with(start));
        (is("#[test]") || is("#[$test]") || is("#[tokio::test")) && !is("#[ignore")
    })
}

/// The cells of each row of the tables in a text, their heads left out.
#[must_use]
pub fn rows(text: &str) -> Vec<Vec<&str>> {
    let lines: Vec<&str> = text.lines().collect();
    let rows = lines.iter().enumerate().filter(|&(at, line)| {
        let is_head = lines
            .get(at + 1)
            .is_some_and(|next| next.starts_with("|--"));
        line.starts_with("| ") && !is_head
    });
    let cells = rows.map(|(_, line)| {
        // An empty cell has one blank.
        let line = line.strip_prefix("| ").unwrap_or(line);
        let line = line.strip_suffix('|').unwrap_or(line);
        line.split(" |").map(str::trim).collect()
    });
    cells.collect()
}

/// The sources of the crates, those of their tests apart.
#[derive(Debug)]
pub struct Sources(Vec<(PathBuf, String)>);

impl Sources {
    /// Reads them.
    #[must_use]
    pub fn read() -> Self {
        let mut sources = vec![];
        for folder in ["core/src", "adapters/src"] {
            collect(&root().join(folder), &mut sources);
        }
        Self(sources)
    }

    /// Whether there is a public item of this path, as `Get::with_cas` or `meta::Get`.
    #[must_use]
    pub fn have(&self, path: &str) -> bool {
        let words: Vec<&str> = path.split("::").collect();
        let (of_meta, words) = match &words[..] {
            ["meta", words @ ..] => (true, words),
            words => (false, words),
        };
        let (kind, member) = match *words {
            [kind] => (kind, None),
            [kind, member] => (kind, Some(member)),
            _ => return false,
        };
        self.0.iter().any(|(file, source)| {
            let is_meta = file.components().any(|part| part.as_os_str() == "meta");
            let is_there = of_meta == is_meta && defines(source, kind);
            is_there && member.is_none_or(|member| has_member(source, kind, member))
        })
    }

    /// The types that are commands or batches, by the paths that [`have`](Self::have) takes.
    #[must_use]
    pub fn commands(&self) -> Vec<String> {
        let mut all = vec![];
        for (file, source) in &self.0 {
            let is_meta = file.components().any(|part| part.as_os_str() == "meta");
            for line in source.lines().map(str::trim) {
                let Some((generics, kind)) = line.split_once(" for ") else {
                    continue;
                };
                let is_one = generics.ends_with(" Command") || generics.ends_with(" Batch");
                if generics.starts_with("impl") && is_one {
                    let name: String = kind.chars().take_while(char::is_ascii_alphabetic).collect();
                    all.push(if is_meta {
                        format!("meta::{name}")
                    } else {
                        name
                    });
                }
            }
        }
        all
    }
}

fn collect(folder: &Path, sources: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(&path).expect("a source");
            let own = source.split("#[cfg(test)]\nmod tests").next();
            sources.push((path, own.unwrap_or_default().to_owned()));
        }
    }
}

/// Whether a line begins so, and then the name ends.
fn begins(source: &str, before: &str, name: &str) -> bool {
    source.lines().map(str::trim).any(|line| {
        let rest = line
            .strip_prefix(before)
            .and_then(|line| line.strip_prefix(name));
        rest.is_some_and(|rest| {
            !rest.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '_')
        })
    })
}

fn defines(source: &str, kind: &str) -> bool {
    // The typed statistics are made by a macro.
    let is_made = source.contains("pub struct $name") && begins(source, "", kind);
    ["pub struct ", "pub enum ", "pub trait "]
        .iter()
        .any(|before| begins(source, before, kind))
        || is_made
}

fn has_member(source: &str, kind: &str, member: &str) -> bool {
    let is_variant = || {
        let of_kind = source.split(&format!("pub enum {kind}")).nth(1);
        let body = of_kind.and_then(|rest| rest.split("\n}").next());
        body.is_some_and(|body| begins(body, "", member))
    };
    [
        "pub fn ",
        "pub const fn ",
        "pub const ",
        "pub async fn ",
        "pub ",
    ]
    .iter()
    .any(|before| begins(source, before, member))
        || is_variant()
}
