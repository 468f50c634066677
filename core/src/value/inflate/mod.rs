//! Inflating what zlib or gzip compressed, in pieces, within a bound.

mod bits;
mod head;
mod huffman;

use core::fmt;

use super::check::Check;
use super::{BadValue, Container, Reading};
use bits::Bits;
use head::Head;
use huffman::Huffman;

/// What was compressed, inflated in pieces as it arrives, into a window that the caller gives.
///
/// The window must be as large as the one of whoever compressed it: zlib's is 32,768 bytes unless it
/// was told another, and no larger than the value. If it is as large as the inflated value, that lies
/// in it as a whole. The state beside it takes 3.7 KB.
///
/// ```
/// use minimc_core::value::{Container, Inflate, Reading};
///
/// # fn main() -> Result<(), minimc_core::value::BadValue> {
/// let compressed = b"\x78\x9c\x4b\x4c\x4a\x06\x00\x02\x4d\x01\x27";
/// let mut window = [0; 1024];
/// let mut inflate = Inflate::new(Container::Zlib, &mut window, 100_000);
/// let mut all = Vec::new();
/// for mut arrived in compressed.chunks(4) {
///     while let Some(piece) = inflate.next(&mut arrived)? {
///         all.extend_from_slice(piece);
///     }
/// }
/// inflate.finish(Reading::Strict)?;
/// assert_eq!(all, b"abc");
/// # Ok(())
/// # }
/// ```
pub struct Inflate<'w> {
    window: Window<'w>,
    bits: Bits,
    state: State,
    /// Whether the block at hand is the last.
    last: bool,
    check: Check,
    literals: Huffman<288, 1024>,
    distances: Huffman<32, 256>,
    /// The lengths of the codes of a block, as they are read.
    lengths: [u8; 320],
    /// Whether more came behind the end.
    trailing: bool,
    /// What went wrong before goes wrong ever after.
    broken: Option<BadValue>,
}

/// Where inflated bytes are put: round and round.
struct Window<'w> {
    bytes: &'w mut [u8],
    /// Where the next byte is put; the window's length where a round is over.
    at: usize,
    /// From where on bytes were not handed out.
    from: usize,
    /// How many were put in all, and how many may be.
    total: u32,
    limit: u32,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Head(Head),
    Block,
    Stored,
    Copying {
        left: u16,
    },
    Counts,
    /// The lengths of the codes for lengths, of which so many are there and so many known.
    CodeLengths {
        shape: Shape,
        at: u8,
    },
    Lengths {
        shape: Shape,
        at: u16,
    },
    Symbols,
    Match {
        length: u16,
        distance: u16,
    },
    /// So many bytes of the checksum are read.
    Sum,
    /// gzip's length.
    Size,
    Done,
}

/// How many codes there are: for literals and lengths, for distances, for lengths of codes.
#[derive(Clone, Copy, Debug)]
struct Shape {
    literals: u16,
    distances: u16,
    lengths: u8,
}

/// What a step came to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Step {
    On,
    /// Bytes are wanting.
    Starved,
    /// The window is full, or all is done.
    Rest,
}

/// In which order the lengths of the codes for lengths come.
const ORDER: [u8; 19] = [
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
];

/// Inflates all of `input` into `room`, which bounds it.
pub(super) fn whole<'r>(
    container: Container,
    mut input: &[u8],
    reading: Reading,
    room: &'r mut [u8],
) -> Result<&'r [u8], BadValue> {
    let limit = u32::try_from(room.len()).unwrap_or(u32::MAX);
    let mut inflate = Inflate::new(container, room, limit);
    while inflate.next(&mut input)?.is_some() {}
    inflate.finish(reading)?;
    let length = inflate.total() as usize;
    Ok(room.get(..length).unwrap_or_default())
}

impl<'w> Inflate<'w> {
    /// Inflates through `window` no more than `limit` bytes.
    pub fn new(container: Container, window: &'w mut [u8], limit: u32) -> Self {
        Self {
            window: Window {
                bytes: window,
                at: 0,
                from: 0,
                total: 0,
                limit,
            },
            bits: Bits::default(),
            state: State::Head(Head::new(container)),
            last: false,
            check: match container {
                Container::Zlib => Check::ADLER,
                Container::Gzip => Check::CRC,
            },
            literals: Huffman::EMPTY,
            distances: Huffman::EMPTY,
            lengths: [0; 320],
            trailing: false,
            broken: None,
        }
    }

    /// The next inflated bytes, if some come of `input`, from whose front they are taken; `None`
    /// when all of it is taken and more is wanted, or when it is over.
    ///
    /// Fails with [`Corrupt`](BadValue::Corrupt), [`InflatedTooLarge`](BadValue::InflatedTooLarge) or
    /// [`WindowTooSmall`](BadValue::WindowTooSmall), then and ever after.
    pub fn next(&mut self, input: &mut &[u8]) -> Result<Option<&[u8]>, BadValue> {
        if let Some(bad) = self.broken {
            return Err(bad);
        }
        self.window.turn();
        loop {
            match self.step(input) {
                Ok(Step::On) => {}
                Ok(Step::Starved | Step::Rest) => break,
                Err(bad) => {
                    self.broken = Some(bad);
                    return Err(bad);
                }
            }
        }
        if self.is_done() && !input.is_empty() {
            self.trailing = true;
            *input = &[];
        }
        let piece = self.window.take();
        self.check.add(piece);
        Ok(Some(piece).filter(|piece| !piece.is_empty()))
    }

    /// Whether all was inflated and its checksum is right.
    pub fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    /// How many bytes were inflated.
    pub fn total(&self) -> u32 {
        self.window.total
    }

    /// Says that nothing more comes.
    ///
    /// Fails with [`Truncated`](BadValue::Truncated) where the end is wanting, and in strict reading
    /// with [`Trailing`](BadValue::Trailing) where more came behind it.
    pub fn finish(&self, reading: Reading) -> Result<(), BadValue> {
        match (self.broken, reading) {
            (Some(bad), _) => Err(bad),
            _ if !self.is_done() => Err(BadValue::Truncated),
            (None, Reading::Strict) if self.trailing => Err(BadValue::Trailing),
            (None, _) => Ok(()),
        }
    }

    fn step(&mut self, input: &mut &[u8]) -> Result<Step, BadValue> {
        self.bits.refill(input);
        // Taken back if they are too few.
        let mut bits = self.bits;
        let next = match self.state {
            State::Head(head) => head.step(&mut bits)?.map(|head| match head {
                Some(head) => State::Head(head),
                None => State::Block,
            }),
            State::Block => self.block(&mut bits)?,
            State::Stored => stored(&mut bits)?,
            State::Copying { left } => return self.copy(left, input),
            State::Counts => counts(&mut bits)?,
            State::CodeLengths { shape, at } => self.code_length(&mut bits, shape, at)?,
            State::Lengths { shape, at } => self.length(&mut bits, shape, at)?,
            State::Symbols => return self.symbols(input),
            State::Match { length, distance } => {
                let left = self.window.repeat(distance, length)?;
                if left > 0 {
                    self.state = State::Match {
                        length: left,
                        distance,
                    };
                    return Ok(Step::Rest);
                }
                Some(State::Symbols)
            }
            State::Sum => {
                // The window's bytes are added before they are handed out.
                let mut check = self.check;
                check.add(self.window.fresh());
                sum(&mut bits, check)?
            }
            State::Size => match bits.take(32) {
                Some(size) if size == self.window.total => Some(State::Done),
                Some(_) => return Err(BadValue::Corrupt),
                None => None,
            },
            State::Done => {
                self.trailing |= bits.count() >= 8;
                return Ok(Step::Rest);
            }
        };
        match next {
            Some(state) => {
                (self.state, self.bits) = (state, bits);
                Ok(Step::On)
            }
            None => Ok(Step::Starved),
        }
    }

    fn block(&mut self, bits: &mut Bits) -> Result<Option<State>, BadValue> {
        let Some(head) = bits.take(3) else {
            return Ok(None);
        };
        self.last = head & 1 == 1;
        Ok(Some(match head >> 1 {
            0 => {
                bits.align();
                State::Stored
            }
            1 => {
                let (fixed, _) = self
                    .lengths
                    .split_at_mut_checked(288)
                    .ok_or(BadValue::Corrupt)?;
                for (symbol, length) in (0..).zip(fixed.iter_mut()) {
                    *length = match symbol {
                        144..256 => 9,
                        256..280 => 7,
                        _ => 8,
                    };
                }
                self.literals.build(fixed)?;
                self.distances.build(&[5; 32])?;
                State::Symbols
            }
            2 => State::Counts,
            _ => return Err(BadValue::Corrupt),
        }))
    }

    fn behind_block(&mut self) -> State {
        if self.last {
            self.bits.align();
            State::Sum
        } else {
            State::Block
        }
    }

    fn code_length(
        &mut self,
        bits: &mut Bits,
        shape: Shape,
        at: u8,
    ) -> Result<Option<State>, BadValue> {
        if at == 0 {
            self.lengths = [0; 320];
        }
        if at < shape.lengths {
            let Some(length) = bits.take(3) else {
                return Ok(None);
            };
            let symbol = ORDER.get(usize::from(at)).copied().unwrap_or_default();
            if let Some(place) = self.lengths.get_mut(usize::from(symbol)) {
                *place = length as u8;
            }
            let at = at.wrapping_add(1);
            return Ok(Some(State::CodeLengths { shape, at }));
        }
        let lengths = self.lengths.get(..19).unwrap_or_default();
        self.distances.build(lengths)?;
        Ok(Some(State::Lengths { shape, at: 0 }))
    }

    fn length(
        &mut self,
        bits: &mut Bits,
        shape: Shape,
        at: u16,
    ) -> Result<Option<State>, BadValue> {
        let count = shape.literals.wrapping_add(shape.distances);
        if at >= count {
            let lengths = self.lengths.get(..usize::from(count)).unwrap_or_default();
            let codes = lengths.split_at_checked(shape.literals.into());
            let (literals, distances) = codes.ok_or(BadValue::Corrupt)?;
            // Without an end, there is none.
            if literals.get(256).is_none_or(|&length| length == 0) {
                return Err(BadValue::Corrupt);
            }
            self.literals.build(literals)?;
            self.distances.build(distances)?;
            return Ok(Some(State::Symbols));
        }
        let Some(symbol) = self.distances.decode(bits)? else {
            return Ok(None);
        };
        let before = usize::from(at).checked_sub(1);
        let (length, times) = match symbol {
            0..16 => (symbol as u8, Some(1)),
            16 => {
                let before = before.and_then(|before| self.lengths.get(before));
                let before = before.ok_or(BadValue::Corrupt)?;
                (*before, bits.take(2).map(|times| times.wrapping_add(3)))
            }
            17 => (0, bits.take(3).map(|times| times.wrapping_add(3))),
            _ => (0, bits.take(7).map(|times| times.wrapping_add(11))),
        };
        let Some(times) = times else {
            return Ok(None);
        };
        let end = at.wrapping_add(times as u16);
        let places = self.lengths.get_mut(usize::from(at)..usize::from(end));
        match places {
            Some(places) if end <= count => places.fill(length),
            _ => return Err(BadValue::Corrupt),
        }
        Ok(Some(State::Lengths { shape, at: end }))
    }

    /// Inflates until the block is over, bytes are wanting, or the window is full.
    fn symbols(&mut self, input: &mut &[u8]) -> Result<Step, BadValue> {
        loop {
            self.bits.refill(input);
            let mut bits = self.bits;
            let Some(symbol) = self.literals.decode(&mut bits)? else {
                return Ok(Step::Starved);
            };
            if let Ok(literal) = u8::try_from(symbol) {
                if !self.window.put(literal)? {
                    return Ok(Step::Rest);
                }
                self.bits = bits;
                continue;
            }
            if symbol == 256 {
                self.bits = bits;
                self.state = self.behind_block();
                return Ok(Step::On);
            }
            let Some(length) = length_of(symbol, &mut bits)? else {
                return Ok(Step::Starved);
            };
            let Some(symbol) = self.distances.decode(&mut bits)? else {
                return Ok(Step::Starved);
            };
            let Some(distance) = distance_of(symbol, &mut bits)? else {
                return Ok(Step::Starved);
            };
            self.bits = bits;
            let left = self.window.repeat(distance, length)?;
            if left > 0 {
                self.state = State::Match {
                    length: left,
                    distance,
                };
                return Ok(Step::Rest);
            }
        }
    }

    /// Copies what is not compressed: first what is among the bits.
    fn copy(&mut self, mut left: u16, input: &mut &[u8]) -> Result<Step, BadValue> {
        let mut step = Step::On;
        while left > 0 {
            let mut bits = self.bits;
            if let Some(byte) = bits.take(8) {
                if !self.window.put(byte as u8)? {
                    step = Step::Rest;
                    break;
                }
                self.bits = bits;
                left = left.wrapping_sub(1);
                continue;
            }
            let wanted = input.get(..usize::from(left)).unwrap_or(input);
            if wanted.is_empty() {
                step = Step::Starved;
                break;
            }
            let copied = self.window.put_all(wanted)?;
            *input = input.get(copied..).unwrap_or_default();
            left = left.wrapping_sub(copied as u16);
            if copied == 0 {
                step = Step::Rest;
                break;
            }
        }
        self.state = match left {
            0 => self.behind_block(),
            _ => State::Copying { left },
        };
        Ok(step)
    }
}

impl Window<'_> {
    /// Begins the next round where one is over.
    fn turn(&mut self) {
        if self.at == self.bytes.len() {
            (self.at, self.from) = (0, 0);
        }
    }

    /// What was not handed out.
    fn fresh(&self) -> &[u8] {
        self.bytes.get(self.from..self.at).unwrap_or_default()
    }

    /// Hands it out.
    fn take(&mut self) -> &[u8] {
        let from = core::mem::replace(&mut self.from, self.at);
        self.bytes.get(from..self.at).unwrap_or_default()
    }

    /// So many bytes more are within the limit, and in a window.
    fn allow(&self, more: u32) -> Result<(), BadValue> {
        let left = self.limit.saturating_sub(self.total);
        if more > left {
            Err(BadValue::InflatedTooLarge { limit: self.limit })
        } else if self.bytes.is_empty() {
            Err(BadValue::WindowTooSmall { distance: 1 })
        } else {
            Ok(())
        }
    }

    fn advance(&mut self, count: usize) {
        self.at = self.at.wrapping_add(count);
        self.total = self.total.wrapping_add(count as u32);
    }

    /// Puts one byte; `false` if the window is full.
    #[inline]
    fn put(&mut self, byte: u8) -> Result<bool, BadValue> {
        self.allow(1)?;
        let Some(place) = self.bytes.get_mut(self.at) else {
            return Ok(false);
        };
        *place = byte;
        self.advance(1);
        Ok(true)
    }

    /// Puts as many as there is room for, of up to 65,535, and tells how many.
    fn put_all(&mut self, bytes: &[u8]) -> Result<usize, BadValue> {
        self.allow(bytes.len() as u32)?;
        let places = self.bytes.get_mut(self.at..).unwrap_or_default();
        let count = places.len().min(bytes.len());
        for (place, &byte) in places.iter_mut().zip(bytes) {
            *place = byte;
        }
        self.advance(count);
        Ok(count)
    }

    /// Puts what stands `distance` before once more, up to the window's end; tells how much is left.
    fn repeat(&mut self, distance: u16, length: u16) -> Result<u16, BadValue> {
        self.allow(length.into())?;
        if u32::from(distance) > self.total {
            return Err(BadValue::Corrupt);
        }
        let (size, back) = (self.bytes.len(), usize::from(distance));
        if back > size {
            return Err(BadValue::WindowTooSmall { distance });
        }
        let mut left = usize::from(length);
        while left > 0 && self.at < size {
            let at = self.at;
            let copied = match at.checked_sub(back) {
                Some(from) => {
                    // What was just put can be repeated with what stands before it.
                    let (before, places) = self.bytes.split_at_mut_checked(at).unwrap_or_default();
                    let bytes = before.get(from..).unwrap_or_default();
                    copy(places.iter_mut().take(left), bytes)
                }
                None => {
                    // From the end of the last round.
                    let from = at.wrapping_add(size).wrapping_sub(back);
                    if from == at {
                        // A window before: it is there already.
                        let there = left.min(size.wrapping_sub(at));
                        self.advance(there);
                        left = left.wrapping_sub(there);
                        continue;
                    }
                    let (places, bytes) = self.bytes.split_at_mut_checked(from).unwrap_or_default();
                    let places = places.get_mut(at..).unwrap_or_default();
                    copy(places.iter_mut().take(left), bytes)
                }
            };
            if copied == 0 {
                return Err(BadValue::Corrupt);
            }
            self.advance(copied);
            left = left.wrapping_sub(copied);
        }
        Ok(left as u16)
    }
}

impl fmt::Debug for Window<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What users store is nobody's business.
        write!(f, "{} of {} bytes", self.at, self.bytes.len())
    }
}

impl fmt::Debug for Inflate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inflate")
            .field("state", &self.state)
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}

/// Copies what fits, and tells how much.
fn copy<'p>(places: impl Iterator<Item = &'p mut u8>, bytes: &[u8]) -> usize {
    let pairs = places.zip(bytes);
    pairs.map(|(place, &byte)| *place = byte).count()
}

fn sum(bits: &mut Bits, check: Check) -> Result<Option<State>, BadValue> {
    let Some(sum) = bits.take(32) else {
        return Ok(None);
    };
    let (sum, next) = match check {
        Check::Adler { .. } => (sum.swap_bytes(), State::Done),
        Check::Crc(_) => (sum, State::Size),
    };
    if sum == check.sum() {
        Ok(Some(next))
    } else {
        Err(BadValue::Corrupt)
    }
}

fn stored(bits: &mut Bits) -> Result<Option<State>, BadValue> {
    let Some(head) = bits.take(32) else {
        return Ok(None);
    };
    let (left, inverse) = (head as u16, (head >> 16) as u16);
    if left == !inverse {
        Ok(Some(State::Copying { left }))
    } else {
        Err(BadValue::Corrupt)
    }
}

fn counts(bits: &mut Bits) -> Result<Option<State>, BadValue> {
    let Some(head) = bits.take(14) else {
        return Ok(None);
    };
    let shape = Shape {
        literals: (head as u16 & 31).wrapping_add(257),
        distances: ((head >> 5) as u16 & 31).wrapping_add(1),
        lengths: ((head >> 10) as u8).wrapping_add(4),
    };
    if shape.literals > 286 || shape.distances > 30 {
        return Err(BadValue::Corrupt);
    }
    Ok(Some(State::CodeLengths { shape, at: 0 }))
}

/// How many bytes a symbol repeats.
fn length_of(symbol: u16, bits: &mut Bits) -> Result<Option<u16>, BadValue> {
    let number = symbol.wrapping_sub(257);
    Ok(match number {
        0..8 => Some(number.wrapping_add(3)),
        8..28 => {
            let extra = u32::from(number >> 2).wrapping_sub(1);
            let base = (4 | number & 3).wrapping_shl(extra).wrapping_add(3);
            let more = bits.take(extra);
            more.map(|more| base.wrapping_add(more as u16))
        }
        28 => Some(258),
        _ => return Err(BadValue::Corrupt),
    })
}

/// From how far before it repeats them.
fn distance_of(symbol: u16, bits: &mut Bits) -> Result<Option<u16>, BadValue> {
    Ok(match symbol {
        0..4 => Some(symbol.wrapping_add(1)),
        4..30 => {
            let extra = u32::from(symbol >> 1).wrapping_sub(1);
            let base = (2 | symbol & 1).wrapping_shl(extra).wrapping_add(1);
            let more = bits.take(extra);
            more.map(|more| base.wrapping_add(more as u16))
        }
        _ => return Err(BadValue::Corrupt),
    })
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::io::Write;
    use std::string::ToString;
    use std::vec::Vec;

    use flate2::Compression;
    use flate2::write::{GzEncoder, ZlibEncoder};

    use super::*;
    use Reading::{Lenient, Strict};

    /// Bytes that look like text, repeat from near and far, or do not repeat at all.
    fn samples() -> Vec<Vec<u8>> {
        let mut seed = 7_u32;
        let mut random = move || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 24) as u8
        };
        let noise: Vec<u8> = (0..70_000).map(|_| random()).collect();
        let words: Vec<u8> = (0..9_000)
            .flat_map(|_| {
                *[b"temp ", b"volt ", b"amps!"][random() as usize % 3]
                    .as_slice()
                    .first_chunk::<5>()
                    .unwrap()
            })
            .collect();
        let mut far = noise[..33_000].to_vec();
        far.extend_from_slice(&noise[300..4_000]);
        let low: Vec<u8> = (0..40_000).map(|_| random() & 7).collect();
        std::vec![
            std::vec![],
            b"a".to_vec(),
            b"abc".to_vec(),
            std::vec![0; 100_000],
            b"ab".repeat(3_000),
            words,
            noise,
            far,
            low,
        ]
    }

    fn compressed(container: Container, bytes: &[u8], level: u32) -> Vec<u8> {
        let level = Compression::new(level);
        match container {
            Container::Zlib => {
                let mut encoder = ZlibEncoder::new(Vec::new(), level);
                encoder.write_all(bytes).unwrap();
                encoder.finish().unwrap()
            }
            Container::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), level);
                encoder.write_all(bytes).unwrap();
                encoder.finish().unwrap()
            }
        }
    }

    /// Inflated through a window of this size, the input cut into parts.
    fn pieces(
        container: Container,
        input: &[u8],
        size: usize,
        cut: usize,
    ) -> Result<Vec<u8>, BadValue> {
        let mut window = std::vec![0; size];
        let mut inflate = Inflate::new(container, &mut window, 1 << 20);
        let mut all = std::vec![];
        for mut part in input.chunks(cut) {
            while let Some(piece) = inflate.next(&mut part)? {
                assert!(!piece.is_empty() && piece.len() <= size);
                all.extend_from_slice(piece);
            }
            assert!(part.is_empty());
        }
        inflate.finish(Strict)?;
        assert_eq!(inflate.total() as usize, all.len());
        Ok(all)
    }

    fn into_room(container: Container, input: &[u8], length: usize) -> Result<Vec<u8>, BadValue> {
        let mut room = std::vec![0xAA; length];
        whole(container, input, Strict, &mut room).map(<[u8]>::to_vec)
    }

    #[test]
    fn what_was_compressed_comes_back() {
        for container in [Container::Zlib, Container::Gzip] {
            for sample in samples() {
                for level in [0, 1, 6] {
                    let input = compressed(container, &sample, level);
                    let about = format!("{container:?}, level {level}, {} bytes", sample.len());
                    let found = into_room(container, &input, sample.len());
                    assert!(found.as_ref() == Ok(&sample), "{about}");
                    for (size, cut) in [
                        (1 << 15, 1),
                        (1 << 15, 7),
                        (40_000, 1000),
                        (1 << 15, usize::MAX),
                    ] {
                        let found = pieces(container, &input, size, cut);
                        assert!(found.as_ref() == Ok(&sample), "{about}, by {cut}");
                    }
                }
            }
        }
    }

    #[test]
    fn no_more_than_allowed() {
        for sample in samples().iter().filter(|sample| !sample.is_empty()) {
            let input = compressed(Container::Zlib, sample, 6);
            for length in [0, sample.len() / 2, sample.len() - 1] {
                let limit = length as u32;
                let found = into_room(Container::Zlib, &input, length);
                assert_eq!(found, Err(BadValue::InflatedTooLarge { limit }));
                let mut window = std::vec![0; 1 << 15];
                let mut inflate = Inflate::new(Container::Zlib, &mut window, limit);
                let mut rest = &input[..];
                let bad = loop {
                    match inflate.next(&mut rest) {
                        Ok(piece) => assert!(piece.is_some()),
                        Err(bad) => break bad,
                    }
                };
                assert_eq!(bad, BadValue::InflatedTooLarge { limit });
                assert_eq!(inflate.next(&mut &b""[..]), Err(bad), "for good");
                assert_eq!(inflate.finish(Lenient), Err(bad));
            }
        }
        let bomb = BadValue::InflatedTooLarge { limit: 4096 };
        assert_eq!(
            bomb.to_string(),
            "the inflated value has more than 4096 bytes"
        );
    }

    #[test]
    fn cut_short_anywhere() {
        for container in [Container::Zlib, Container::Gzip] {
            for sample in [&b""[..], b"abc", &b"abcdefgh".repeat(50)] {
                for level in [0, 6] {
                    let input = compressed(container, sample, level);
                    for length in 0..input.len() {
                        let found = into_room(container, &input[..length], sample.len());
                        assert_eq!(found, Err(BadValue::Truncated), "{container:?} {length}");
                    }
                }
            }
        }
    }

    #[test]
    fn trailing_bytes() {
        for container in [Container::Zlib, Container::Gzip] {
            let mut input = compressed(container, b"abc", 6);
            for more in [1, 2, 7, 8, 9, 100] {
                input.truncate(compressed(container, b"abc", 6).len());
                input.resize(input.len() + more, b'x');
                let mut room = [0; 10];
                let strict = whole(container, &input, Strict, &mut room);
                assert_eq!(strict, Err(BadValue::Trailing), "{more}");
                assert_eq!(
                    whole(container, &input, Lenient, &mut room),
                    Ok(&b"abc"[..])
                );
                for cut in 1..input.len() {
                    assert_eq!(pieces(container, &input, 10, cut), Err(BadValue::Trailing));
                }
            }
        }
    }

    /// A bit that is another is found out, or is one of the few that say nothing: padding, and gzip's
    /// hint that it may be text.
    #[test]
    fn a_changed_bit() {
        for (container, ignored) in [(Container::Zlib, 0..0), (Container::Gzip, 4..10)] {
            for level in [0, 6] {
                let sample = b"abcdefgh12345678".repeat(30);
                let input = compressed(container, &sample, level);
                let mut silent = 0;
                for bit in (0..input.len() * 8).filter(|bit| !ignored.contains(&(bit / 8))) {
                    let mut changed = input.clone();
                    changed[bit / 8] ^= 1 << (bit % 8);
                    if let Ok(found) = into_room(container, &changed, 1000) {
                        assert_eq!(found, sample, "{container:?} {level} {bit}");
                        silent += 1;
                    }
                }
                assert!(silent <= 8, "{container:?} {level}: {silent}");
            }
        }
    }

    #[test]
    fn what_is_none_of_it() {
        for (input, about) in [
            (&b"abc"[..], "text"),
            (
                b"\x1F\x8B\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0",
                "gzip",
            ),
            (b"KLJ\x06\0", "raw"),
            (b"\x78\xBB\0\0\0\0", "a dictionary"),
            (b"\x78\x9C\x07", "a block of no kind"),
            (b"\x78\x9C\x01\x03\0\xFB\xFFabc", "a length and another"),
            (b"\x78\x9C\xFD\xFF\xFF\xFF", "too many codes"),
            (
                b"\x78\x9C\x4B\x04\x12\x00\0\0\0\0",
                "from before the beginning",
            ),
        ] {
            let found = into_room(Container::Zlib, input, 100);
            assert_eq!(found, Err(BadValue::Corrupt), "{about}");
        }
        let zlib = compressed(Container::Zlib, b"abc", 6);
        assert_eq!(
            into_room(Container::Gzip, &zlib, 100),
            Err(BadValue::Corrupt)
        );
    }

    #[test]
    fn windows() {
        let noise = samples().remove(6);
        // Repeats from 3,000 before.
        let sample = [&noise[..3_000], &noise[..3_000]].concat();
        let input = compressed(Container::Zlib, &sample, 6);
        for size in [3_000, 3_001, 4_096, 6_000] {
            assert_eq!(
                pieces(Container::Zlib, &input, size, 100).as_ref(),
                Ok(&sample)
            );
        }
        for size in [1, 2_000, 2_999] {
            let found = pieces(Container::Zlib, &input, size, 100);
            assert_eq!(found, Err(BadValue::WindowTooSmall { distance: 3_000 }));
        }
        let found = pieces(Container::Zlib, &input, 0, 100);
        assert_eq!(found, Err(BadValue::WindowTooSmall { distance: 1 }));
        let empty = compressed(Container::Zlib, b"", 6);
        assert_eq!(pieces(Container::Zlib, &empty, 0, 100), Ok(std::vec![]));
    }

    /// gzip's head with everything in it.
    #[test]
    fn a_long_head() {
        let plain = compressed(Container::Gzip, b"abc", 6);
        for flags in 0..32_u8 {
            let mut input = plain[..10].to_vec();
            input[3] = flags;
            if flags & 4 != 0 {
                input.extend(b"\x05\0extra");
            }
            if flags & 8 != 0 {
                input.extend(b"name\0");
            }
            if flags & 16 != 0 {
                input.extend(b"\0");
            }
            if flags & 2 != 0 {
                input.extend(b"cc");
            }
            input.extend(&plain[10..]);
            assert_eq!(
                into_room(Container::Gzip, &input, 3),
                Ok(b"abc".to_vec()),
                "{flags}"
            );
            assert_eq!(
                pieces(Container::Gzip, &input, 3, 1),
                Ok(b"abc".to_vec()),
                "{flags}"
            );
        }
        let mut reserved = plain;
        reserved[3] = 32;
        assert_eq!(
            into_room(Container::Gzip, &reserved, 3),
            Err(BadValue::Corrupt)
        );
    }
}
