//! Compressing with little memory.

use super::check::Check;
use super::{BadValue, Container};

/// A compressor with little memory: what it remembers of the value is a table of `TABLE` places of two
/// bytes each, `TABLE` a power of two from 256 to 32,768. Larger tables find more of what repeats.
///
/// What it writes is zlib's or gzip's container around one block of fixed codes, which anything inflates
/// that inflates those. The state lives as long as one likes; nothing of one value is left in the next.
///
/// ```
/// use minimc_core::value::Deflate;
///
/// let mut deflate: Deflate<2048> = Deflate::new();
/// let reading = "{\"temperature\": 21.5}, ".repeat(20);
/// let mut room = [0; 100];
/// let compressed = deflate.zlib(reading.as_bytes(), &mut room)?;
/// assert!(compressed.len() < 60);
/// # Ok::<(), minimc_core::value::BadValue>(())
/// ```
pub struct Deflate<const TABLE: usize = 2048> {
    /// Where four bytes with the same hash were last, the low bits of it.
    places: [u16; TABLE],
}

/// The longest repetition, and how far back one may reach.
const LONGEST: usize = 258;
const WINDOW: usize = 32_768;

impl<const TABLE: usize> Deflate<TABLE> {
    const BITS: u32 = {
        assert!(TABLE.is_power_of_two() && TABLE >= 256 && TABLE <= 32_768);
        TABLE.ilog2()
    };

    /// A compressor.
    pub const fn new() -> Self {
        Self { places: [0; TABLE] }
    }

    /// Compresses `input` into `room`, in zlib's container.
    ///
    /// Fails with [`NoRoom`](BadValue::NoRoom) where the room is too small: given one byte less than
    /// the value has, that says that it had better be stored as it is.
    pub fn zlib<'r>(&mut self, input: &[u8], room: &'r mut [u8]) -> Result<&'r [u8], BadValue> {
        self.write(Container::Zlib, input, room)
    }

    /// The same in gzip's container.
    pub fn gzip<'r>(&mut self, input: &[u8], room: &'r mut [u8]) -> Result<&'r [u8], BadValue> {
        self.write(Container::Gzip, input, room)
    }

    fn write<'r>(
        &mut self,
        container: Container,
        input: &[u8],
        room: &'r mut [u8],
    ) -> Result<&'r [u8], BadValue> {
        let length = self.container(container, input, room);
        let written = room.get(..length.ok_or(BadValue::NoRoom)?);
        Ok(written.unwrap_or_default())
    }

    /// How much was written.
    // By itself, with what writes within: that stays in registers then, which is a third faster.
    #[inline(never)]
    fn container(&mut self, container: Container, input: &[u8], room: &mut [u8]) -> Option<usize> {
        let mut out = Out::new(room);
        match container {
            Container::Zlib => out.zlib_head(input.len())?,
            Container::Gzip => out.gzip_head()?,
        }
        self.places = [0; TABLE];
        // One block, which is the last one, of fixed codes.
        out.bits(0b011, 3)?;
        let mut begun = 0_usize;
        loop {
            let mut at = begun;
            let found = loop {
                let Some(&four) = input.get(at..).and_then(<[u8]>::first_chunk::<4>) else {
                    at = input.len();
                    break None;
                };
                if let Some(found) = self.find(input, at, four) {
                    break Some(found);
                }
                // The longer nothing repeats, the larger the steps.
                let step = 1_usize.saturating_add(at.wrapping_sub(begun) >> 6);
                at = at.wrapping_add(step);
            };
            out.literals(input.get(begun..at)?)?;
            let Some((distance, length)) = found else {
                break;
            };
            out.repeat(length, distance)?;
            begun = at.wrapping_add(length);
            self.note(input, begun.wrapping_sub(2));
        }
        // The end of the block.
        out.bits(0, 7)?;
        match container {
            Container::Zlib => {
                let mut check = Check::ADLER;
                check.add(input);
                out.end(&[check.sum().swap_bytes()])
            }
            Container::Gzip => {
                let mut check = Check::CRC;
                check.add(input);
                out.end(&[check.sum(), input.len() as u32])
            }
        }
    }

    /// How far back the bytes here were, and how many of them.
    fn find(&mut self, input: &[u8], at: usize, four: [u8; 4]) -> Option<(usize, usize)> {
        let place = self.places.get_mut(hash(four, Self::BITS))?;
        let distance = usize::from((at as u16).wrapping_sub(*place));
        *place = at as u16;
        if distance == 0 || distance > WINDOW || distance > at {
            return None;
        }
        let before = input.get(at.wrapping_sub(distance)..)?;
        if before.first_chunk::<4>() != Some(&four) {
            return None;
        }
        let here = input.get(at..)?;
        Some((distance, common(before, here)))
    }

    /// Notes where these four bytes are.
    fn note(&mut self, input: &[u8], at: usize) {
        let four = input.get(at..).and_then(|rest| rest.first_chunk::<4>());
        if let Some(&four) = four
            && let Some(place) = self.places.get_mut(hash(four, Self::BITS))
        {
            *place = at as u16;
        }
    }
}

impl<const TABLE: usize> Default for Deflate<TABLE> {
    fn default() -> Self {
        Self::new()
    }
}

// What users store is nobody's business.
impl<const TABLE: usize> core::fmt::Debug for Deflate<TABLE> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Deflate")
    }
}

fn hash(four: [u8; 4], bits: u32) -> usize {
    let number = u32::from_le_bytes(four).wrapping_mul(0x9E37_79B1);
    number.wrapping_shr(32_u32.wrapping_sub(bits)) as usize
}

/// How many bytes are the same in front, up to the longest repetition.
fn common(before: &[u8], here: &[u8]) -> usize {
    let here = here.get(..LONGEST).unwrap_or(here);
    let (chunks, _) = here.as_chunks::<8>();
    let mut same = 0_usize;
    for (this, that) in chunks.iter().zip(before.as_chunks::<8>().0) {
        let differ = u64::from_le_bytes(*this) ^ u64::from_le_bytes(*that);
        if differ != 0 {
            return same.wrapping_add(differ.trailing_zeros() as usize >> 3);
        }
        same = same.wrapping_add(8);
    }
    let rest = here.get(same..).unwrap_or_default().iter();
    let pairs = rest.zip(before.get(same..).unwrap_or_default());
    same.wrapping_add(pairs.take_while(|(this, that)| this == that).count())
}

/// The bits that are written, the lowest of each byte first.
struct Out<'r> {
    room: &'r mut [u8],
    at: usize,
    bits: u64,
    count: u32,
}

impl<'r> Out<'r> {
    fn new(room: &'r mut [u8]) -> Self {
        Self {
            room,
            at: 0,
            bits: 0,
            count: 0,
        }
    }

    /// zlib's two bytes: the window is no larger than the value wants it.
    fn zlib_head(&mut self, length: usize) -> Option<()> {
        let size = length.clamp(512, WINDOW).next_power_of_two().ilog2();
        let method = size.wrapping_sub(8) << 4 | 8;
        let head = method << 8;
        let check = 31_u32.wrapping_sub(head % 31);
        self.bits((head | check).swap_bytes() >> 16, 16)
    }

    /// gzip's ten: no name, no time, an unknown system.
    fn gzip_head(&mut self) -> Option<()> {
        for two in [0x8B1F, 0x0008, 0, 0, 0xFF00] {
            self.bits(two, 16)?;
        }
        Some(())
    }

    /// Adds up to 32 bits, and writes them four bytes at a time.
    #[inline]
    fn bits(&mut self, bits: u32, count: u32) -> Option<()> {
        self.bits |= u64::from(bits).wrapping_shl(self.count);
        self.count = self.count.wrapping_add(count);
        if self.count >= 32 {
            let place = self.room.get_mut(self.at..)?.first_chunk_mut::<4>()?;
            *place = (self.bits as u32).to_le_bytes();
            self.at = self.at.wrapping_add(4);
            self.bits >>= 32;
            self.count = self.count.wrapping_sub(32);
        }
        Some(())
    }

    fn literals(&mut self, bytes: &[u8]) -> Option<()> {
        for part in bytes.chunks(4) {
            let word = match part.first_chunk() {
                Some(four) => u32::from_le_bytes(*four),
                None => {
                    let bytes = part.iter().rev();
                    bytes.fold(0, |word, &byte| word << 8 | u32::from(byte))
                }
            };
            if word & 0x8080_8080 == 0 {
                // Up to four codes of eight bits, each with its highest bit first.
                let codes = word.wrapping_add(0x3030_3030).swap_bytes().reverse_bits();
                let count = (part.len() as u32) << 3;
                let others = 32_u32.wrapping_sub(count);
                self.bits(codes & u32::MAX.wrapping_shr(others), count)?;
                continue;
            }
            for &byte in part {
                let byte = u32::from(byte);
                let (code, count) = if byte < 144 {
                    (byte.wrapping_add(0x30).wrapping_shl(24), 8)
                } else {
                    (byte.wrapping_add(0x190 - 144).wrapping_shl(23), 9)
                };
                self.bits(code.reverse_bits(), count)?;
            }
        }
        Some(())
    }

    /// That as many bytes are those from so far back.
    #[inline]
    fn repeat(&mut self, length: usize, distance: usize) -> Option<()> {
        let number = (length as u32).wrapping_sub(3);
        // The longest one has a code of its own, without more bits.
        let (symbol, extra) = if number == 255 {
            (28, 0)
        } else {
            let extra = (number | 4).ilog2().wrapping_sub(2);
            ((extra << 2).wrapping_add(number.wrapping_shr(extra)), extra)
        };
        // The first of these codes is the end's, the last ones are longer.
        let symbol = symbol.wrapping_add(1);
        let (mut bits, mut count) = match symbol.checked_sub(24) {
            None => (reversed(symbol) << 2, 7),
            Some(symbol) => (reversed(symbol) << 3 | 3, 8),
        };
        bits |= low(number, extra).wrapping_shl(count);
        count = count.wrapping_add(extra);
        let number = (distance as u32).wrapping_sub(1);
        let extra = (number | 2).ilog2().wrapping_sub(1);
        let symbol = (extra << 1).wrapping_add(number.wrapping_shr(extra));
        bits |= reversed(symbol).wrapping_shl(count);
        count = count.wrapping_add(5);
        bits |= low(number, extra).wrapping_shl(count);
        self.bits(bits, count.wrapping_add(extra))
    }

    /// What stands behind the block, each number with its lowest byte first; how much was written.
    fn end(&mut self, numbers: &[u32]) -> Option<usize> {
        // Up to a whole byte.
        self.bits(0, self.count.wrapping_neg() & 7)?;
        for &number in numbers {
            self.bits(number & 0xFFFF, 16)?;
            self.bits(number >> 16, 16)?;
        }
        let bits = self.bits.to_le_bytes();
        let whole = bits.get(..(self.count >> 3) as usize)?;
        let end = self.at.wrapping_add(whole.len());
        let places = self.room.get_mut(self.at..end)?;
        for (place, &byte) in places.iter_mut().zip(whole) {
            *place = byte;
        }
        Some(end)
    }
}

/// Five bits, the highest one first.
fn reversed(bits: u32) -> u32 {
    REVERSED
        .get((bits & 31) as usize)
        .copied()
        .unwrap_or_default()
        .into()
}

const REVERSED: [u8; 32] = [
    0, 16, 8, 24, 4, 20, 12, 28, 2, 18, 10, 26, 6, 22, 14, 30, 1, 17, 9, 25, 5, 21, 13, 29, 3, 19,
    11, 27, 7, 23, 15, 31,
];

/// So many low bits of a number.
fn low(number: u32, count: u32) -> u32 {
    number & 1_u32.wrapping_shl(count).wrapping_sub(1)
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::vec::Vec;

    use flate2::read::{GzDecoder, ZlibDecoder};

    use super::*;
    use crate::value::{Container, Convention, Inflate, Reading, Value};

    /// Bytes of so many kinds, of which the last ones are repeated from so far back.
    fn sample(length: usize, kinds: u32, back: usize) -> Vec<u8> {
        let mut seed = length as u32;
        let mut bytes: Vec<u8> = Vec::with_capacity(length);
        while bytes.len() < length {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let run = (seed >> 8) as usize % 300;
            if back > 0 && bytes.len() > back && seed >> 31 == 1 {
                let from = bytes.len() - back;
                (0..run).for_each(|at| bytes.push(bytes[from + at]));
            } else {
                bytes.push(((seed >> 16) % kinds) as u8);
            }
        }
        bytes.truncate(length);
        bytes
    }

    fn check<const TABLE: usize>(deflate: &mut Deflate<TABLE>, bytes: &[u8]) -> usize {
        let mut room = std::vec![0; bytes.len() * 9 / 8 + 32];
        let compressed = deflate.zlib(bytes, &mut room).unwrap();
        let mut theirs = std::vec![];
        ZlibDecoder::new(compressed)
            .read_to_end(&mut theirs)
            .unwrap();
        assert!(
            theirs == bytes,
            "zlib reads another value: {} bytes",
            bytes.len()
        );
        let mut ours = std::vec![0; bytes.len()];
        let read = Convention::PYLIBMC.decode_into(compressed, 8, Reading::Strict, &mut ours);
        assert!(read == Ok(Value::Bytes(bytes)), "{} bytes", bytes.len());
        let length = compressed.len();
        let compressed = deflate.gzip(bytes, &mut room).unwrap();
        theirs.clear();
        GzDecoder::new(compressed).read_to_end(&mut theirs).unwrap();
        assert!(
            theirs == bytes,
            "gzip reads another value: {} bytes",
            bytes.len()
        );
        length
    }

    #[test]
    fn what_is_compressed_comes_back() {
        let mut small: Deflate<256> = Deflate::new();
        let mut usual: Deflate = Deflate::new();
        let mut large: Deflate<32_768> = Deflate::new();
        for length in (0..40).chain([255, 256, 257, 511, 513, 4096, 65_537]) {
            for kinds in [1, 2, 30, 256] {
                for back in [0, 1, 3, 1000, 32_768, 32_769] {
                    let bytes = sample(length, kinds, back);
                    check(&mut usual, &bytes);
                    if back % 2 == 0 {
                        check(&mut small, &bytes);
                        check(&mut large, &bytes);
                    }
                }
            }
        }
    }

    /// Each length of a repetition, from each distance whose code is another.
    #[test]
    fn every_length_and_distance() {
        let mut deflate: Deflate<32_768> = Deflate::new();
        let noise = sample(33_000, 256, 0);
        for bits in 0..15 {
            for distance in [(1 << bits) + 1, 3 << bits >> 1, 2 << bits] {
                for length in (4..258).step_by(23).chain([257, 258, 259, 600]) {
                    let mut bytes = noise[..distance].to_vec();
                    (0..length).for_each(|at| bytes.push(bytes[at]));
                    bytes.extend(b"\xFFend");
                    check(&mut deflate, &bytes);
                }
            }
        }
    }

    #[test]
    fn json_gets_small() {
        let json = include_bytes!("../../../tests/benches/json10k.json");
        let mut deflate: Deflate<2048> = Deflate::new();
        assert!(size_of_val(&deflate) <= 4352);
        let length = check(&mut deflate, json);
        assert!(
            length * 100 <= json.len() * 29,
            "{length} of {}",
            json.len()
        );
    }

    #[test]
    fn the_room_must_do() {
        let mut deflate: Deflate = Deflate::new();
        for bytes in [
            &b""[..],
            b"abc",
            &b"abcd".repeat(100),
            &sample(1000, 256, 0),
        ] {
            let mut room = std::vec![0; bytes.len() * 9 / 8 + 32];
            let length = deflate.zlib(bytes, &mut room).unwrap().len();
            let expected = room[..length].to_vec();
            for size in 0..room.len() {
                let mut room = std::vec![0xAA; size];
                let found = deflate.zlib(bytes, &mut room);
                if size < length {
                    assert_eq!(found, Err(BadValue::NoRoom), "{size} of {length}");
                } else {
                    assert_eq!(found, Ok(&expected[..]), "{size} of {length}");
                }
            }
        }
    }

    /// Who inflates it needs no larger window than the value has, or than it says.
    #[test]
    fn the_window_is_told() {
        let mut deflate: Deflate = Deflate::new();
        for (length, window) in [
            (0, 512),
            (512, 512),
            (513, 1024),
            (5_000, 8192),
            (100_000, 32_768),
        ] {
            let bytes = sample(length, 4, length / 2);
            let mut room = std::vec![0; length + 100];
            let compressed = deflate.zlib(&bytes, &mut room).unwrap();
            assert_eq!(256 << (compressed[0] >> 4), window, "{length}");
            let mut window = std::vec![0; window];
            let mut inflate = Inflate::new(Container::Zlib, &mut window, u32::MAX);
            let mut rest = compressed;
            let mut all = std::vec![];
            while let Some(piece) = inflate.next(&mut rest).unwrap() {
                all.extend_from_slice(piece);
            }
            assert_eq!(inflate.finish(Reading::Strict), Ok(()));
            assert!(all == bytes, "{length}");
        }
    }
}
