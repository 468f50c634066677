//! Sorting points, in place, at compile time too.
//!
//! The standard library's sorting can panic, where an order is none, and is not `const`. Points are
//! hashes: they spread evenly, so that two rounds over six bits each leave next to nothing to do.

use super::points::Point;

/// Sorts by value, then by server.
pub(super) const fn sort(points: &mut [Point]) {
    by_digit(points, u32::BITS.saturating_sub(BITS));
}

/// The bits of a digit.
const BITS: u32 = 6;
const DIGITS: usize = 1 << BITS;

/// So many are sorted by comparing them.
const FEW: usize = 24;

/// Sorts points whose bits above the digit at `shift` are the same.
const fn by_digit(points: &mut [Point], shift: u32) {
    if points.len() <= FEW {
        return by_insertion(points);
    }
    let mut counts = [0_usize; DIGITS];
    let mut at = 0;
    while let Some(point) = get(points, at) {
        let digit = digit(point, shift);
        let count = or_zero(get(&counts, digit));
        put(&mut counts, digit, count.saturating_add(1));
        at = at.saturating_add(1);
    }
    // Where the points of each digit go next, and where they end.
    let (mut nexts, mut ends) = ([0_usize; DIGITS], [0_usize; DIGITS]);
    let (mut start, mut bucket) = (0_usize, 0_usize);
    while let Some(count) = get(&counts, bucket) {
        put(&mut nexts, bucket, start);
        start = start.saturating_add(count);
        put(&mut ends, bucket, start);
        bucket = bucket.saturating_add(1);
    }
    bucket = 0;
    while let (Some(next), Some(end)) = (get(&nexts, bucket), get(&ends, bucket)) {
        if next >= end {
            bucket = bucket.saturating_add(1);
            continue;
        }
        let Some(point) = get(points, next) else {
            return;
        };
        let digit = digit(point, shift);
        let place = or_zero(get(&nexts, digit));
        if place != next
            && let Some(other) = get(points, place)
        {
            put(points, next, other);
            put(points, place, point);
        }
        put(&mut nexts, digit, place.saturating_add(1));
    }
    let mut rest = points;
    bucket = 0;
    while let Some(count) = get(&counts, bucket) {
        let Some((these, behind)) = rest.split_at_mut_checked(count) else {
            return;
        };
        if shift == 0 {
            // They differ in their server only.
            by_insertion(these);
        } else {
            by_digit(these, shift.saturating_sub(BITS));
        }
        rest = behind;
        bucket = bucket.saturating_add(1);
    }
}

const fn by_insertion(points: &mut [Point]) {
    let mut at = 1;
    while let Some(point) = get(points, at) {
        let mut place = at;
        while place > 0
            && let Some(before) = get(points, place.saturating_sub(1))
            && order(before) > order(point)
        {
            put(points, place, before);
            place = place.saturating_sub(1);
        }
        put(points, place, point);
        at = at.saturating_add(1);
    }
}

const fn order(point: Point) -> u64 {
    (point.value as u64) << 32 | point.server as u64
}

const fn digit(point: Point, shift: u32) -> usize {
    (point.value.unbounded_shr(shift) as usize) & (DIGITS - 1)
}

/// `get` of slices, which is not `const`.
const fn get<T: Copy>(slice: &[T], at: usize) -> Option<T> {
    match slice.split_at_checked(at) {
        Some((_, [one, ..])) => Some(*one),
        _ => None,
    }
}

const fn or_zero(number: Option<usize>) -> usize {
    match number {
        Some(number) => number,
        None => 0,
    }
}

const fn put<T: Copy>(slice: &mut [T], at: usize, value: T) {
    if let Some((_, [one, ..])) = slice.split_at_mut_checked(at) {
        *one = value;
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    #[test]
    fn sorted_as_the_standard_library_does() {
        let mut state = 1_u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state ^ state >> 15
        };
        // Values that spread evenly, that have 15 bits, that are few, and one value only.
        for mask in [u32::MAX, 0x7FFF, 0xF000_000F, 0] {
            for length in (0..60).chain([100, 1000, 5000]) {
                let mut points: Vec<Point> = (0..length)
                    .map(|_| Point {
                        value: random() & mask,
                        server: random() % 100,
                    })
                    .collect();
                let mut expected = points.clone();
                expected.sort_by_key(|point| (point.value, point.server));
                sort(&mut points);
                assert_eq!(points, expected, "{length} of {mask:x}");
            }
        }
    }
}
