// SPDX-License-Identifier: GPL-2.0

//! Which regions failed.

use kernel::sync::atomic::{
    Atomic,
    Relaxed, //
};

/// The regions of a request that failed, as bits.
#[derive(Clone, Copy)]
pub(crate) struct Failures {
    pub(crate) failed: usize,
    /// Those whose device cannot do what was asked, and that are not in `failed` for it.
    pub(crate) unsupported: usize,
}

impl Failures {
    /// No region.
    pub(crate) const NONE: Self = Self {
        failed: 0,
        unsupported: 0,
    };

    /// Both.
    pub(crate) fn all(self) -> usize {
        self.failed | self.unsupported
    }
}

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

    /// Adds a whole set.
    pub(crate) fn insert_bits(&self, bits: usize) {
        (0..usize::BITS as usize)
            .filter(|index| bits >> index & 1 != 0)
            .for_each(|index| self.insert(index));
    }

    /// Empties the set, and returns what was in it, as bits.
    pub(crate) fn take(&self) -> usize {
        self.0.xchg(0, Relaxed)
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
    fn is_empty_when_it_was_taken() {
        let set = ErrorSet::new();
        set.insert(3);
        set.insert(0);
        assert_eq!(set.take(), 0b1001);
        assert_eq!(set.take(), 0);
    }

    #[test]
    fn ignores_what_it_cannot_hold() {
        let set = ErrorSet::new();
        set.insert(usize::BITS as usize);
        set.insert(usize::MAX);
        assert_eq!(set.bits(), 0);
    }
}
