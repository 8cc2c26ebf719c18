//! Chance that can be had again: the same seed makes the same throws (SplitMix64).

/// A row of throws.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn of(seed: u64) -> Self {
        // Seeds that lie side by side have nothing in common from here on.
        Self(seed.wrapping_mul(0xd134_2543_de82_ef95))
    }

    pub(crate) const fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to this one, which is left out.
    pub(crate) const fn below(&mut self, end: usize) -> usize {
        (self.throw() % end as u64) as usize
    }

    /// Whether something happens that does in so many of a hundred cases.
    pub(crate) const fn hits(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())].clone()
    }
}
