//! Numbers that are the same in every run with the same seed.

/// SplitMix64.
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// Those of one of many who share a seed.
    pub(crate) fn new(seed: u64, who: usize) -> Self {
        let mut random = Self(seed ^ (who as u64) << 32);
        random.next();
        random
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    /// One of `all`, each as often as its weight says.
    pub(crate) fn pick<T: Copy>(&mut self, all: &[(usize, T)]) -> T {
        let sum = all.iter().map(|(weight, _)| weight).sum();
        let mut at = self.below(sum);
        for &(weight, one) in all {
            match at.checked_sub(weight) {
                Some(left) => at = left,
                None => return one,
            }
        }
        all[0].1
    }
}
