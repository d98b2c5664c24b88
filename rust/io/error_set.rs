// SPDX-License-Identifier: GPL-2.0

//! Which regions failed.

use kernel::sync::atomic::{
    Atomic,
    Relaxed, //
};

/// A set of small numbers, to which any context adds.
pub(crate) struct ErrorSet(Atomic<usize>);

impl ErrorSet {
    /// Makes an empty set.
    pub(crate) fn new() -> Self {
        Self(Atomic::new(0))
    }

    /// Adds `index`, unless the set is too small for it.
    pub(crate) fn insert(&self, index: usize) {
        let Some(bit) = u32::try_from(index)
            .ok()
            .and_then(|index| 1_usize.checked_shl(index))
        else {
            return;
        };
        let mut bits = self.bits();
        while bits & bit == 0 {
            match self.0.cmpxchg(bits, bits | bit, Relaxed) {
                Ok(_) => return,
                Err(other) => bits = other,
            }
        }
    }

    /// The set as bits. It is complete when all who add to it have ended.
    pub(crate) fn bits(&self) -> usize {
        self.0.load(Relaxed)
    }
}

#[kernel::macros::kunit_tests(dm_io_rust_error_set)]
mod tests {
    use super::*;

    #[test]
    fn starts_empty() {
        assert_eq!(ErrorSet::new().bits(), 0);
    }

    #[test]
    fn holds_each_bit_alone_and_all_together() {
        let all = ErrorSet::new();
        for index in 0..usize::BITS as usize {
            let one = ErrorSet::new();
            one.insert(index);
            one.insert(index);
            assert_eq!(one.bits(), 1 << index);
            all.insert(index);
        }
        assert_eq!(all.bits(), usize::MAX);
    }

    #[test]
    fn ignores_what_it_cannot_hold() {
        let set = ErrorSet::new();
        set.insert(usize::BITS as usize);
        set.insert(usize::MAX);
        assert_eq!(set.bits(), 0);
    }
}
