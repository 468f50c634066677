//! Compressing on hosts, by a library that takes memory for it.

use alloc::vec::Vec;

use flate2::{Compress, Compression, Crc, FlushCompress, Status};
use minimc_core::value::{BadValue, Container};

/// zlib, as hosts have the memory for: for
/// [`set_value_compressed`](crate::blocking::Client::set_value_compressed).
///
/// It is zlib-rs: of zlib-rs, zlib-ng and miniz_oxide it compresses fastest at the level that clients
/// use, gets values as small, and needs no C compiler. What is compressed is inflated by the core, with
/// this feature or without; `ci/bench.sh compressors` compares them all.
///
/// It keeps what it needs, some 300 KB, from one value to the next.
#[derive(Debug)]
pub struct Zlib {
    /// What was used before, each with its level, and whether it writes zlib's container.
    used: Vec<(u8, bool, Compress)>,
    /// The window's size as a power of two.
    window_bits: u8,
}

impl Zlib {
    /// A compressor, which takes no memory until it is used.
    pub fn new() -> Self {
        Self::with_window(32_768)
    }

    /// The same, but what it writes is inflated through a window of `bytes` bytes, for readers with little
    /// memory ([`Inflate`](minimc_core::value::Inflate)). Less is found to repeat in a small window: what
    /// is stored gets larger.
    ///
    /// zlib's windows have from 512 to 32,768 bytes, by powers of two: it is the next that is not larger,
    /// or else the smallest.
    pub fn with_window(bytes: usize) -> Self {
        let bits = bytes.clamp(512, 32_768).ilog2();
        Self {
            used: Vec::new(),
            window_bits: bits as u8,
        }
    }

    /// The one for a level, new or as new.
    fn stream(&mut self, level: u8, zlib: bool) -> &mut Compress {
        let is_it = |used: &(u8, bool, Compress)| (used.0, used.1) == (level, zlib);
        let at = self.used.iter().position(is_it).unwrap_or_else(|| {
            let compression = Compression::new(level.into());
            let stream = Compress::new_with_window_bits(compression, zlib, self.window_bits);
            self.used.push((level, zlib, stream));
            self.used.len() - 1
        });
        let stream = &mut self.used[at].2;
        stream.reset();
        stream
    }

    fn write(&mut self, level: u8, zlib: bool, input: &[u8], room: &mut [u8]) -> Option<usize> {
        let stream = self.stream(level, zlib);
        match stream.compress(input, room, FlushCompress::Finish) {
            Ok(Status::StreamEnd) => usize::try_from(stream.total_out()).ok(),
            _ => None,
        }
    }

    /// gzip's container, which the library has only for streams.
    fn gzip(&mut self, level: u8, input: &[u8], room: &mut [u8]) -> Option<usize> {
        let (head, rest) = room.split_first_chunk_mut::<10>()?;
        *head = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF];
        let length = self.write(level, false, input, rest)?;
        let mut crc = Crc::new();
        crc.update(input);
        let tail = rest.get_mut(length..)?.first_chunk_mut::<8>()?;
        let sums = u64::from(crc.amount()) << 32 | u64::from(crc.sum());
        *tail = sums.to_le_bytes();
        Some(length + 18)
    }
}

impl Default for Zlib {
    fn default() -> Self {
        Self::new()
    }
}

impl minimc_core::value::Compress for Zlib {
    fn compress<'r>(
        &mut self,
        container: Container,
        level: u8,
        input: &[u8],
        room: &'r mut [u8],
    ) -> Result<&'r [u8], BadValue> {
        let length = match container {
            Container::Zlib => self.write(level, true, input, room),
            Container::Gzip => self.gzip(level, input, room),
        };
        let written = length.and_then(|length| room.get(..length));
        written.ok_or(BadValue::NoRoom)
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use minimc_core::value::{Compress, Convention, Inflate, Reading, Value};

    use super::*;

    #[test]
    fn what_is_compressed_comes_back() {
        let mut zlib = Zlib::new();
        for container in [Container::Zlib, Container::Gzip] {
            let convention = Convention::PYLIBMC.compress_into(container);
            for level in [0, 1, 6, 9] {
                for input in [&b""[..], b"abc", &b"abcdefgh".repeat(5000)] {
                    let mut room = vec![0; input.len() + 100];
                    let compressed = zlib.compress(container, level, input, &mut room).unwrap();
                    let mut back = vec![0; input.len()];
                    let read = convention.decode_into(compressed, 8, Reading::Strict, &mut back);
                    assert_eq!(read, Ok(Value::Bytes(input)), "{container:?} {level}");
                    // The last byte is wanted, too, and its want leaves nothing behind.
                    let short = compressed.len() - 1;
                    let found = zlib.compress(container, level, input, &mut room[..short]);
                    assert_eq!(found, Err(BadValue::NoRoom), "{container:?} {level}");
                }
            }
        }
    }

    #[test]
    fn what_is_written_for_a_window_is_inflated_through_it() {
        // Text that repeats from near and from far.
        let lines = (0..4_000_u32).map(|n| alloc::format!("{} {}\n", n % 700, n * n % 91));
        let input = lines.collect::<alloc::string::String>().into_bytes();
        let mut room = vec![0; input.len()];
        let mut lengths = vec![];
        for (asked, window) in [
            (0, 512),
            (512, 512),
            (2_047, 1_024),
            (2_048, 2_048),
            (usize::MAX, 32_768),
        ] {
            for container in [Container::Zlib, Container::Gzip] {
                for level in [1, 6, 9] {
                    let mut zlib = Zlib::with_window(asked);
                    let mut compressed =
                        zlib.compress(container, level, &input, &mut room).unwrap();
                    lengths.push(compressed.len());
                    let mut window = vec![0; window];
                    let mut inflate = Inflate::new(container, &mut window, input.len() as u32);
                    let mut all = vec![];
                    while let Some(piece) = inflate.next(&mut compressed).unwrap() {
                        all.extend_from_slice(piece);
                    }
                    inflate.finish(Reading::Strict).unwrap();
                    assert!(all == input, "{container:?} {level} {asked}");
                }
            }
        }
        // The window is a bound that is felt: the largest finds more.
        assert!(lengths.last() < lengths.first());
    }
}
