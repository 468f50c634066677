//! The end of what MD5 and SHA-1 read: both pad it in the same way.

/// A block with what is left of the bytes, a one, and zeros. If that is no more than [`SHORT`], how many
/// bits there were goes into it [too](end_with); else into one of zeros behind it.
pub(super) const fn pad(rest: &[u8]) -> [u8; 64] {
    let mut block = [0; 64];
    if let Some((place, behind)) = block.split_at_mut_checked(rest.len()) {
        place.copy_from_slice(rest);
        if let [one, ..] = behind {
            *one = 0x80;
        }
    }
    block
}

/// So many bytes leave room for how many there were.
pub(super) const SHORT: usize = 55;

/// Ends a block with how many bits there were in all.
pub(super) const fn end_with(bits: [u8; 8], block: &mut [u8; 64]) {
    if let Some(place) = block.last_chunk_mut() {
        *place = bits;
    }
}
