//! What a worker knows of its keys, which nobody else writes: what a read may find.

use minimc::Fate;

/// The writes of one key, each with a number in its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    /// The server that it lives on while nobody is ejected.
    pub(crate) home: usize,
    /// Whether it was ever with another.
    pub(crate) has_moved: bool,
    /// What became of each write, by its number.
    writes: Vec<Write>,
    /// The last that is known to have been carried out.
    last: Option<usize>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Write {
    Done,
    NotDone,
    Unknown,
}

/// What a read has found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Found {
    /// What was written last, or a later write whose outcome was not known.
    Right,
    /// An older write whose outcome was not known: it was carried out behind its back.
    Late,
    /// An older value, from before the key moved away and back.
    Stale,
    /// Nothing, where the server has lost what it had, or the key has moved.
    Miss,
    /// What cannot be.
    Wrong,
}

impl Entry {
    pub(crate) fn new(key: String, home: usize) -> Self {
        Self {
            key,
            home,
            has_moved: false,
            writes: Vec::new(),
            last: None,
        }
    }

    /// The value of the next write. Until it is [told](Self::told) what became of it, that is not known.
    pub(crate) fn write(&mut self) -> String {
        self.writes.push(Write::Unknown);
        format!("{} {}", self.key, self.writes.len() - 1)
    }

    /// What became of the write before.
    pub(crate) fn told(&mut self, outcome: Result<(), Fate>) {
        let number = self.writes.len() - 1;
        self.writes[number] = match outcome {
            Ok(()) => Write::Done,
            Err(Fate::Unknown) => Write::Unknown,
            Err(_) => Write::NotDone,
        };
        if outcome.is_ok() {
            self.last = Some(number);
        }
    }

    /// Judges what was read; `may_be_lost`: the server has lost what it had.
    pub(crate) fn judge(&mut self, value: Option<&[u8]>, may_be_lost: bool) -> Found {
        let Some(value) = value else {
            let is_right = self.last.is_none() || may_be_lost || self.has_moved;
            return if is_right { Found::Miss } else { Found::Wrong };
        };
        let number = str::from_utf8(value).ok().and_then(|value| {
            let number = value.strip_prefix(&self.key)?.strip_prefix(' ')?;
            number.parse::<usize>().ok()
        });
        let Some((number, write)) = number.and_then(|n| Some((n, *self.writes.get(n)?))) else {
            return Found::Wrong;
        };
        let is_older = self.last.is_some_and(|last| number < last);
        match write {
            Write::NotDone => Found::Wrong,
            Write::Unknown if is_older => Found::Late,
            Write::Done if !is_older => Found::Right,
            // Now it is known.
            Write::Unknown => {
                self.writes[number] = Write::Done;
                self.last = Some(number);
                Found::Right
            }
            Write::Done if self.has_moved => Found::Stale,
            Write::Done => Found::Wrong,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_read_may_find() {
        use Found::{Late, Miss, Right, Stale, Wrong};
        let mut entry = Entry::new("k".into(), 0);
        assert_eq!(entry.judge(None, false), Miss);
        for outcome in [
            Ok(()),
            Err(Fate::Unknown),
            Err(Fate::NotSent),
            Ok(()),
            Err(Fate::Unknown),
        ] {
            entry.write();
            entry.told(outcome);
        }
        let table = |has_moved, expected: [Found; 9]| {
            let mut entry = entry.clone();
            entry.has_moved = has_moved;
            let values = ["k 0", "k 1", "k 2", "k 3", "k 4", "k 5", "l 3", "k 3x"];
            for (value, expected) in values.into_iter().zip(expected) {
                let found = entry.clone().judge(Some(value.as_bytes()), false);
                assert_eq!(found, expected, "{value} {has_moved}");
            }
            assert_eq!(entry.judge(None, false), expected[8]);
        };
        table(
            false,
            [Wrong, Late, Wrong, Right, Right, Wrong, Wrong, Wrong, Wrong],
        );
        table(
            true,
            [Stale, Late, Wrong, Right, Right, Wrong, Wrong, Wrong, Miss],
        );
        assert_eq!(entry.judge(None, true), Miss);
        // What was read once is known from then on.
        assert_eq!(entry.judge(Some(b"k 4"), false), Right);
        assert_eq!(entry.judge(Some(b"k 3"), false), Wrong);
    }
}
