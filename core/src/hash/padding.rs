//! The end of what MD5 and SHA-1 read: both pad it in the same way.

/// The last block, and the one behind it where the padding takes two: what is left of the bytes, a
/// one, zeros, and how many `bits` there were in all.
pub(super) const fn pad(rest: &[u8], bits: [u8; 8]) -> ([u8; 64], Option<[u8; 64]>) {
    let (mut last, mut behind) = ([0; 64], [0; 64]);
    let is_long = rest.len() >= 56;
    if let Some((place, behind)) = last.split_at_mut_checked(rest.len()) {
        place.copy_from_slice(rest);
        if let [one, ..] = behind {
            *one = 0x80;
        }
    }
    let end = if is_long { &mut behind } else { &mut last };
    if let Some(place) = end.last_chunk_mut() {
        *place = bits;
    }
    (last, if is_long { Some(behind) } else { None })
}
