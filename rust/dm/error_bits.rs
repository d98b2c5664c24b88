// SPDX-License-Identifier: GPL-2.0

//! Which regions failed.

use crate::block::Status;
use kernel::sync::atomic::{
    Atomic,
    Relaxed, //
};

/// The regions that failed, as bits.
#[derive(Clone, Copy, Default)]
pub(crate) struct Failures {
    pub(crate) failed: usize,
    /// Those whose device cannot do what was asked.
    pub(crate) unsupported: usize,
}

impl Failures {
    /// Returns both as one.
    pub(crate) fn all(self) -> usize {
        self.failed | self.unsupported
    }
}

/// The regions that failed so far; any context adds to them.
pub(crate) struct ErrorBits {
    failed: Bits,
    unsupported: Bits,
}

impl ErrorBits {
    /// No region.
    pub(crate) fn new() -> Self {
        Self {
            failed: Bits::new(),
            unsupported: Bits::new(),
        }
    }

    /// Records how a part of the I/O with region `index` completed. Any context.
    #[inline]
    pub(crate) fn record_status(&self, index: usize, status: Status) {
        if !status.is_ok() {
            self.record_failure(index, status);
        }
    }

    #[cold]
    #[inline(never)]
    fn record_failure(&self, index: usize, status: Status) {
        if status.is_unsupported() {
            self.unsupported.insert(index);
        } else {
            self.failed.insert(index);
        }
    }

    /// Returns what was recorded: all of it, for nobody else can add to it any more.
    pub(crate) fn get_mut(&mut self) -> Failures {
        Failures {
            failed: *self.failed.0.get_mut(),
            unsupported: *self.unsupported.0.get_mut(),
        }
    }

    /// Returns what was recorded: all of it when all I/O has completed.
    pub(crate) fn get(&self) -> Failures {
        Failures {
            failed: self.failed.get(),
            unsupported: self.unsupported.get(),
        }
    }
}

/// A set of small numbers, to which any context adds.
pub(crate) struct Bits(Atomic<usize>);

impl Bits {
    /// Creates an empty set.
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
        let mut bits = self.get();
        while bits & bit == 0 {
            match self.0.cmpxchg(bits, bits | bit, Relaxed) {
                Ok(_) => return,
                Err(other) => bits = other,
            }
        }
    }

    /// Empties the set, and returns what was in it, as bits.
    pub(crate) fn take(&self) -> usize {
        if self.get() == 0 {
            return 0;
        }
        self.0.xchg(0, Relaxed)
    }

    /// Returns the set as bits.
    pub(crate) fn get(&self) -> usize {
        self.0.load(Relaxed)
    }
}

#[kernel::macros::kunit_tests(dm_io_rust_error_bits)]
mod tests {
    use super::*;

    #[test]
    fn starts_empty() {
        assert_eq!(Bits::new().get(), 0);
    }

    #[test]
    fn holds_each_bit_alone_and_all_together() {
        let all = Bits::new();
        for index in 0..usize::BITS as usize {
            let one = Bits::new();
            one.insert(index);
            one.insert(index);
            assert_eq!(one.get(), 1 << index);
            all.insert(index);
        }
        assert_eq!(all.get(), usize::MAX);
    }

    #[test]
    fn is_empty_when_it_was_taken() {
        let set = Bits::new();
        set.insert(3);
        set.insert(0);
        assert_eq!(set.take(), 0b1001);
        assert_eq!(set.take(), 0);
    }

    #[test]
    fn ignores_what_it_cannot_hold() {
        let set = Bits::new();
        set.insert(usize::BITS as usize);
        set.insert(usize::MAX);
        assert_eq!(set.get(), 0);
    }

    #[test]
    fn records_a_failure_by_its_status() {
        let errors = ErrorBits::new();
        errors.record_status(1, Status::FAILED);
        errors.record_status(2, Status::UNSUPPORTED);
        errors.record_status(3, Status::INVALID);
        assert_eq!(errors.get().failed, 0b10);
        assert_eq!(errors.get().unsupported, 0b1100);
        assert_eq!(errors.get().all(), 0b1110);
    }
}
