//! What a pickle would build, before it is built.
//!
//! The reader behind this has no bounds of its own: a deep pickle overflows its stack, and a small one
//! can ask for any amount of memory. Here the instructions are followed with no more than the size and
//! the depth of each thing.

use alloc::vec::Vec;
use std::collections::HashMap;

use crate::format::FormatError;

/// How deeply things may be nested.
const DEPTH: u32 = 128;

/// How large it all may be, in bytes.
const SIZE: usize = 128 << 20;

/// What a thing takes by itself, and a tuple or list that was begun with a mark: the reader has room for
/// 128 things in each.
const THING: usize = 48;
const MARKED: usize = 128 * 32;

/// Python reads no number of more digits.
const DIGITS: usize = 4300;

/// Whether this is plain data within the limits.
pub(super) fn check(pickle: &[u8]) -> Result<(), FormatError> {
    let mut machine = Machine {
        rest: pickle,
        things: Vec::new(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
    };
    loop {
        let at = pickle.len() - machine.rest.len();
        let [instruction] = machine.take()?;
        if instruction == b'.' {
            return machine.stop();
        }
        if !machine.follow(instruction)? {
            return Err(FormatError::NotPlain { instruction, at });
        }
    }
}

/// Something that is built.
#[derive(Clone, Copy)]
struct Thing {
    size: usize,
    depth: u32,
}

/// A place on the stack: a thing by its number, and whether it is only referred to.
#[derive(Clone, Copy)]
struct Place {
    thing: usize,
    is_reference: bool,
    is_memorised: bool,
}

struct Machine<'p> {
    rest: &'p [u8],
    things: Vec<Thing>,
    stack: Vec<Place>,
    /// How high the stack was at each mark.
    marks: Vec<usize>,
    memo: HashMap<u32, usize>,
}

impl Machine<'_> {
    /// Follows one instruction; whether it is one of plain data.
    fn follow(&mut self, instruction: u8) -> Result<bool, FormatError> {
        match instruction {
            // The version, and how long the next part is: nothing depends on them.
            0x80 => drop(self.take::<1>()?),
            0x95 => drop(self.take::<8>()?),
            b'(' => {
                if self.marks.len() >= DEPTH as usize {
                    return Err(FormatError::TooDeep);
                }
                self.marks.push(self.stack.len());
            }

            // Nothing, bools, and what is empty.
            b'N' | 0x88 | 0x89 | b')' | b']' | b'}' | 0x8f => self.push(0),
            // Numbers.
            b'K' => self.fixed::<1>()?,
            b'M' => self.fixed::<2>()?,
            b'J' => self.fixed::<4>()?,
            b'G' => self.fixed::<8>()?,
            b'I' | b'L' | b'F' => {
                if self.line()? > DIGITS {
                    return Err(FormatError::invalid("a number of too many digits"));
                }
                self.push(DIGITS);
            }
            // Texts, bytes, and numbers of any size.
            b'S' | b'V' => {
                let length = self.line()?;
                self.push(length);
            }
            b'U' | b'C' | 0x8c | 0x8a => self.bytes::<1>()?,
            b'T' | b'X' | b'B' | 0x8b => self.bytes::<4>()?,
            0x8d | 0x8e | 0x96 => self.bytes::<8>()?,

            // Tuples, and lists, dicts and frozen sets of all since the mark.
            0x85..=0x87 => self.collect(usize::from(instruction - 0x84), 0)?,
            b't' | b'l' | b'd' | 0x91 => {
                let count = self.since_the_mark()?;
                self.collect(count, MARKED)?;
            }
            // Put into the list, dict or set below.
            b'a' => return self.put(1),
            b's' => return self.put(2),
            b'e' | b'u' | 0x90 => {
                let count = self.since_the_mark()?;
                return self.put(count);
            }

            b'p' | b'q' | b'r' | 0x94 => {
                let number = self.number(instruction)?;
                return self.memorise(number);
            }
            b'g' | b'h' | b'j' => {
                let number = self.number(instruction)?;
                let thing = self.memo.get(&number).copied();
                self.stack.push(Place {
                    thing: thing.ok_or_else(|| FormatError::invalid("it refers to nothing"))?,
                    is_reference: true,
                    is_memorised: true,
                });
            }

            // Bytes and sets, as versions write them that have no instruction for them.
            b'c' => {
                let is_known = KNOWN
                    .iter()
                    .find_map(|known| self.rest.strip_prefix(*known));
                let Some(rest) = is_known else {
                    return Ok(false);
                };
                self.rest = rest;
                self.push(0);
            }
            b'R' => self.collect(2, 0)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Whether there is one thing in the end.
    fn stop(&self) -> Result<(), FormatError> {
        if self.stack.len() == 1 && self.marks.is_empty() && self.rest.is_empty() {
            Ok(())
        } else {
            Err(FormatError::invalid(
                "a pickle that does not end as one does",
            ))
        }
    }

    fn push(&mut self, size: usize) {
        self.add(Thing {
            size: THING + size,
            depth: 1,
        });
    }

    fn add(&mut self, thing: Thing) {
        self.stack.push(Place {
            thing: self.things.len(),
            is_reference: false,
            is_memorised: false,
        });
        self.things.push(thing);
    }

    /// One thing of so many on top of the stack.
    fn collect(&mut self, count: usize, size: usize) -> Result<(), FormatError> {
        let within = self.pop(count)?;
        let size = THING + size;
        self.add(Thing { size, depth: 1 }.around(within)?);
        Ok(())
    }

    /// Into the thing below: that must be itself, as the clients write it, for a reference may be to
    /// what was counted before.
    fn put(&mut self, count: usize) -> Result<bool, FormatError> {
        let within = self.pop(count)?;
        let Some(&place) = self.above_the_mark().last() else {
            return Err(FormatError::invalid("there is nothing to put to"));
        };
        if let Some(thing) = self.things.get_mut(place.thing) {
            *thing = thing.around(within)?;
        }
        Ok(!place.is_reference)
    }

    /// So many from the top of the stack: what all of them are.
    fn pop(&mut self, count: usize) -> Result<Thing, FormatError> {
        let places = self.above_the_mark();
        let from = places.len().checked_sub(count);
        let popped = from.and_then(|from| places.get(from..));
        let popped = popped.ok_or_else(|| FormatError::invalid("too little is on the stack"))?;
        let mut all = Thing { size: 0, depth: 0 };
        for place in popped {
            let thing = self.things.get(place.thing);
            let Thing { size, depth } = thing.copied().unwrap_or(all);
            all.size = all.size.saturating_add(size);
            all.depth = all.depth.max(depth);
        }
        self.stack.truncate(self.stack.len() - count);
        Ok(all)
    }

    fn above_the_mark(&self) -> &[Place] {
        let mark = self.marks.last().copied().unwrap_or_default();
        self.stack.get(mark..).unwrap_or_default()
    }

    /// How many there are since the last mark, which is taken away.
    fn since_the_mark(&mut self) -> Result<usize, FormatError> {
        let mark = self.marks.pop();
        let count = mark.and_then(|mark| self.stack.len().checked_sub(mark));
        count.ok_or_else(|| FormatError::invalid("there is no mark"))
    }

    /// Once for each thing and each number, as the clients do it: the reader copies the thing, or takes
    /// another for it, otherwise.
    fn memorise(&mut self, number: u32) -> Result<bool, FormatError> {
        let mark = self.marks.last().copied().unwrap_or_default();
        let height = self.stack.len();
        let top = self.stack.last_mut().filter(|_| height > mark);
        let top = top.ok_or_else(|| FormatError::invalid("there is nothing to memorise"))?;
        let is_new = !top.is_memorised && !self.memo.contains_key(&number);
        top.is_memorised = true;
        self.memo.insert(number, top.thing);
        Ok(is_new)
    }

    /// The number that something is memorised under.
    fn number(&mut self, instruction: u8) -> Result<u32, FormatError> {
        Ok(match instruction {
            b'q' | b'h' => self.take::<1>()?[0].into(),
            b'r' | b'j' => u32::from_le_bytes(self.take()?),
            b'p' | b'g' => {
                let before = self.rest;
                let length = self.line()?;
                let digits = before
                    .get(..length)
                    .and_then(|line| line.utf8_chunks().next());
                let number = digits.and_then(|digits| digits.valid().parse().ok());
                number.ok_or_else(|| FormatError::invalid("no number to memorise under"))?
            }
            _ => u32::try_from(self.memo.len()).unwrap_or(u32::MAX),
        })
    }

    fn fixed<const N: usize>(&mut self) -> Result<(), FormatError> {
        self.take::<N>()?;
        self.push(0);
        Ok(())
    }

    /// Bytes behind their number, of `N` bytes.
    fn bytes<const N: usize>(&mut self) -> Result<(), FormatError> {
        let number: [u8; N] = self.take()?;
        let length = number
            .iter()
            .rev()
            .fold(0, |all, &byte| all << 8 | u64::from(byte));
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        self.rest = self.rest.get(length..).ok_or_else(ends_early)?;
        self.push(length);
        Ok(())
    }

    /// The length of a line, which ends as the reader takes it.
    fn line(&mut self) -> Result<usize, FormatError> {
        let end = self.rest.iter().position(|&byte| byte == b'\n');
        let (line, rest) = self.rest.split_at(end.ok_or_else(ends_early)?);
        if line.ends_with(b"\r") {
            return Err(FormatError::invalid(
                "a line that ends as those of another system",
            ));
        }
        self.rest = rest.get(1..).unwrap_or_default();
        Ok(line.len())
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], FormatError> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or_else(ends_early)?;
        self.rest = rest;
        Ok(*bytes)
    }
}

impl Thing {
    /// This with something in it.
    fn around(self, within: Self) -> Result<Self, FormatError> {
        let thing = Self {
            size: self.size.saturating_add(within.size),
            depth: self.depth.max(within.depth + 1),
        };
        if thing.depth > DEPTH {
            Err(FormatError::TooDeep)
        } else if thing.size > SIZE {
            Err(FormatError::TooLarge)
        } else {
            Ok(thing)
        }
    }
}

/// What may be called: the reader does by itself what these do.
const KNOWN: [&[u8]; 5] = [
    b"_codecs\nencode\n",
    b"__builtin__\nset\n",
    b"builtins\nset\n",
    b"__builtin__\nfrozenset\n",
    b"builtins\nfrozenset\n",
];

fn ends_early() -> FormatError {
    FormatError::invalid("the pickle ends too early")
}
