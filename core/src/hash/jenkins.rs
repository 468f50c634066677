//! Bob Jenkins' lookup3.

/// Bob Jenkins' lookup3 (`hashlittle`) with libmemcached's initial value, 13: its `jenkins`.
pub const fn jenkins(bytes: &[u8]) -> u32 {
    let start = 0xDEAD_BEEF_u32
        .wrapping_add(bytes.len() as u32)
        .wrapping_add(13);
    let (mut a, mut b, mut c) = (start, start, start);
    let mut rest = bytes;
    // The last block is mixed in another way, even where it is a whole one.
    while rest.len() > 12
        && let Some((block, behind)) = rest.split_first_chunk()
    {
        let [x, y, z] = words(block);
        (a, b, c) = mix(a.wrapping_add(x), b.wrapping_add(y), c.wrapping_add(z));
        rest = behind;
    }
    if rest.is_empty() {
        return c;
    }
    // The missing bytes count as zeros.
    let mut last = [0; 12];
    let mut places = last.as_mut_slice();
    while let ([place, places_behind @ ..], [byte, behind @ ..]) = (places, rest) {
        *place = *byte;
        (places, rest) = (places_behind, behind);
    }
    let [x, y, z] = words(&last);
    finish(a.wrapping_add(x), b.wrapping_add(y), c.wrapping_add(z))
}

const fn words(block: &[u8; 12]) -> [u32; 3] {
    let &[a, b, c, d, e, f, g, h, i, j, k, l] = block;
    [
        u32::from_le_bytes([a, b, c, d]),
        u32::from_le_bytes([e, f, g, h]),
        u32::from_le_bytes([i, j, k, l]),
    ]
}

const fn mix(mut a: u32, mut b: u32, mut c: u32) -> (u32, u32, u32) {
    a = a.wrapping_sub(c) ^ c.rotate_left(4);
    c = c.wrapping_add(b);
    b = b.wrapping_sub(a) ^ a.rotate_left(6);
    a = a.wrapping_add(c);
    c = c.wrapping_sub(b) ^ b.rotate_left(8);
    b = b.wrapping_add(a);
    a = a.wrapping_sub(c) ^ c.rotate_left(16);
    c = c.wrapping_add(b);
    b = b.wrapping_sub(a) ^ a.rotate_left(19);
    a = a.wrapping_add(c);
    c = c.wrapping_sub(b) ^ b.rotate_left(4);
    b = b.wrapping_add(a);
    (a, b, c)
}

const fn finish(mut a: u32, mut b: u32, mut c: u32) -> u32 {
    c = (c ^ b).wrapping_sub(b.rotate_left(14));
    a = (a ^ c).wrapping_sub(c.rotate_left(11));
    b = (b ^ a).wrapping_sub(a.rotate_left(25));
    c = (c ^ b).wrapping_sub(b.rotate_left(16));
    a = (a ^ c).wrapping_sub(c.rotate_left(4));
    b = (b ^ a).wrapping_sub(a.rotate_left(14));
    (c ^ b).wrapping_sub(b.rotate_left(24))
}
