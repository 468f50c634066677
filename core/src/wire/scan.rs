//! Looking for the end of a word, several bytes at a time where the machine has words for that.

/// Where the first byte up to a blank is; the length if there is none.
#[cfg(target_pointer_width = "64")]
#[inline]
pub(super) fn blank(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    let (mut words, mut at) = (bytes, 0_usize);
    while let Some((word, behind)) = words.split_first_chunk() {
        let word = u64::from_le_bytes(*word);
        // A bit for each byte below 0x21, and maybe for some behind the first of them.
        let found = word.wrapping_sub(ONES.wrapping_mul(0x21)) & !word & ONES.wrapping_mul(0x80);
        if found != 0 {
            return at.saturating_add(found.trailing_zeros() as usize / 8);
        }
        at = at.saturating_add(8);
        words = behind;
    }
    let rest = words.iter().position(|&byte| byte <= b' ');
    at.saturating_add(rest.unwrap_or(words.len()))
}

/// The same, a byte at a time.
#[cfg(not(target_pointer_width = "64"))]
pub(super) fn blank(bytes: &[u8]) -> usize {
    let at = bytes.iter().position(|&byte| byte <= b' ');
    at.unwrap_or(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_byte_up_to_a_blank() {
        for length in 0..40 {
            for other in [b'!', b'a', 0x7F, 0x80, 0x9F, 0xA0, 0xA1, 0xFF] {
                let mut bytes = std::vec![other; length];
                assert_eq!(blank(&bytes), length);
                for at in 0..length {
                    for byte in [0, b'\n', b'\r', 0x1F, b' '] {
                        bytes[at] = byte;
                        assert_eq!(blank(&bytes), at, "{byte} in {length} of {other}");
                        if let Some(next) = bytes.get_mut(at + 1) {
                            *next = b'\r';
                            assert_eq!(blank(&bytes), at);
                            bytes[at + 1] = other;
                        }
                    }
                    bytes[at] = other;
                }
            }
        }
    }
}
