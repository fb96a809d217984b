//! Where random programs and packets get their choices from: a seed, or the bytes of a fuzzer.

use std::cell::{Cell, RefCell};

/// A source of choices that is the same on every machine.
pub struct Random(Source);

enum Source {
    /// SplitMix64.
    Seed(Cell<u64>),
    /// As few bytes for each choice as it needs, so that a fuzzer's change of one byte changes one choice; then zeros.
    Bytes(RefCell<std::vec::IntoIter<u8>>),
}

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(Source::Seed(Cell::new(seed)))
    }

    /// Choices by `bytes`, in order. Where they end, each choice is the first one.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Source::Bytes(RefCell::new(Vec::from(bytes).into_iter())))
    }

    fn take(&self, bytes: u32) -> u64 {
        match &self.0 {
            Source::Seed(state) => {
                state.set(state.get().wrapping_add(0x9e37_79b9_7f4a_7c15));
                let mut value = state.get();
                value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                value ^ (value >> 31)
            }
            Source::Bytes(left) => {
                let mut left = left.borrow_mut();
                (0..bytes).fold(0, |value, at| {
                    value | u64::from(left.next().unwrap_or(0)) << (8 * at)
                })
            }
        }
    }

    pub fn next(&self) -> u64 {
        self.take(8)
    }

    pub fn byte(&self) -> u8 {
        self.take(1) as u8
    }

    pub fn below(&self, end: usize) -> usize {
        let value = self.take(if end > 256 { 2 } else { 1 });
        (value % end.max(1) as u64) as usize
    }

    pub fn one_in(&self, count: usize) -> bool {
        self.below(count) == 0
    }

    pub fn pick<T: Copy>(&self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// A number of the kind that breaks things.
    pub fn number(&self) -> i32 {
        match self.below(6) {
            0 => self.below(256) as i32,
            1 => -(self.below(256) as i32),
            2 => self.pick(&[0, 1, -1, i32::MIN, i32::MAX, 0xffff, 0x1_0000, 64, 31]),
            _ => self.take(4) as i32,
        }
    }
}
