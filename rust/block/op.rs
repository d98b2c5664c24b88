// SPDX-License-Identifier: GPL-2.0

//! Operations, with their flags.
//!
//! C header: [`include/linux/blk_types.h`](srctree/include/linux/blk_types.h)

use crate::bindings;
use kernel::str::CStr;

/// The operations that a bio may have here.
///
/// # Examples
///
/// See the KUnit case `dm_io_rust_op.takes_the_four_operations_and_no_other`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Read,
    Write,
    Discard,
    WriteZeroes,
}

/// An operation with its flags (`blk_opf_t`), and its priority.
///
/// # Invariants
///
/// `opf` has the operation of `kind`, and no flag that promises anything of the bio. The class of
/// `priority` is one that the kernel knows.
///
/// # Examples
///
/// See the KUnit case `dm_io_rust_op.takes_each_flag_or_refuses_it`.
#[derive(Clone, Copy)]
pub(crate) struct Op {
    opf: u32,
    kind: Kind,
    /// `bi_ioprio`; 0 is none.
    priority: u16,
}

const fn flag(bit: bindings::req_flag_bits) -> u32 {
    1 << bit
}

const OP_MASK: u32 = (1 << bindings::REQ_OP_BITS) - 1;
const SYNC: u32 = flag(bindings::req_flag_bits___REQ_SYNC);
const PREFLUSH: u32 = flag(bindings::req_flag_bits___REQ_PREFLUSH);
const FUA: u32 = flag(bindings::req_flag_bits___REQ_FUA);
const ATOMIC: u32 = flag(bindings::req_flag_bits___REQ_ATOMIC);
const RAHEAD: u32 = flag(bindings::req_flag_bits___REQ_RAHEAD);
const FAILFAST: u32 = flag(bindings::req_flag_bits___REQ_FAILFAST_DEV)
    | flag(bindings::req_flag_bits___REQ_FAILFAST_TRANSPORT)
    | flag(bindings::req_flag_bits___REQ_FAILFAST_DRIVER);
/// Where in a priority its class is, and the last class that there is.
const CLASS_SHIFT: u32 = bindings::IOPRIO_CLASS_SHIFT;
const CLASS_IDLE: u16 = bindings::IOPRIO_CLASS_IDLE as u16;
/// Flags that promise something of the bio, and that only its owner can set: the block layer relies
/// on what they promise.
const OWNERS: u32 = flag(bindings::req_flag_bits___REQ_INTEGRITY)
    | flag(bindings::req_flag_bits___REQ_POLLED)
    | flag(bindings::req_flag_bits___REQ_ALLOC_CACHE)
    | flag(bindings::req_flag_bits___REQ_DRV)
    | flag(bindings::req_flag_bits___REQ_FS_PRIVATE);
/// Bits that are no flag.
const UNKNOWN: u32 = !(flag(bindings::req_flag_bits___REQ_NR_BITS) - 1);

impl Op {
    /// A read.
    pub(crate) const READ: Self = Self {
        opf: bindings::req_op_REQ_OP_READ,
        kind: Kind::Read,
        priority: 0,
    };
    /// A write.
    pub(crate) const WRITE: Self = Self {
        opf: bindings::req_op_REQ_OP_WRITE,
        kind: Kind::Write,
        priority: 0,
    };
    /// A write of zeroes that carries no data.
    pub(crate) const WRITE_ZEROES: Self = Self {
        opf: bindings::req_op_REQ_OP_WRITE_ZEROES,
        kind: Kind::WriteZeroes,
        priority: 0,
    };

    /// Takes an operation with its flags from C, or says why it cannot be one.
    pub(crate) fn from_raw(opf: u32) -> Result<Self, &'static CStr> {
        let kind = match opf & OP_MASK {
            bindings::req_op_REQ_OP_READ => Kind::Read,
            bindings::req_op_REQ_OP_WRITE => Kind::Write,
            bindings::req_op_REQ_OP_DISCARD => Kind::Discard,
            bindings::req_op_REQ_OP_WRITE_ZEROES => Kind::WriteZeroes,
            _ => return Err(c"the operation is unknown"),
        };
        if opf & (OWNERS | UNKNOWN) != 0 {
            return Err(c"a flag is not the caller's to set");
        }
        if opf & (PREFLUSH | FUA | ATOMIC) != 0 && kind != Kind::Write {
            return Err(c"a flag goes with writes only");
        }
        // The request that a bio of read-ahead becomes has all of them, and warns of one that has some.
        let failfast = if opf & RAHEAD != 0 && opf & FAILFAST != 0 {
            FAILFAST
        } else {
            0
        };
        // INVARIANT: All was just checked.
        Ok(Self {
            opf: opf | failfast,
            kind,
            priority: 0,
        })
    }

    /// Returns whether a raw operation flushes the device's cache first, and need not have a size: of an
    /// atomic write the block layer divides that by the device's unit, which may be 0.
    pub(super) fn may_be_empty(opf: u32) -> bool {
        opf & (PREFLUSH | ATOMIC) == PREFLUSH
    }

    /// Returns whether a raw operation has a size, but no data.
    pub(super) fn has_no_data(opf: u32) -> bool {
        matches!(
            opf & OP_MASK,
            bindings::req_op_REQ_OP_DISCARD | bindings::req_op_REQ_OP_WRITE_ZEROES
        )
    }

    /// Adds REQ_SYNC: for a caller that waits.
    pub(crate) fn with_sync(self) -> Self {
        // INVARIANT: The flag goes with every operation.
        Self {
            opf: self.opf | SYNC,
            ..self
        }
    }

    /// Sets the priority; one of a class that is unknown is none. I/O schedulers use the class as an
    /// index, without a check.
    pub(crate) fn with_priority(self, priority: u16) -> Self {
        let is_known = priority >> CLASS_SHIFT <= CLASS_IDLE;
        // INVARIANT: The flags and the operation stay, and the class is known.
        Self {
            priority: if is_known { priority } else { 0 },
            ..self
        }
    }

    /// Returns the priority.
    pub(crate) fn priority(self) -> u16 {
        self.priority
    }

    /// Returns the raw operation with its flags.
    pub(crate) fn opf(self) -> u32 {
        self.opf
    }

    /// Returns the operation without its flags.
    pub(crate) fn kind(self) -> Kind {
        self.kind
    }

    /// Returns whether the device is changed.
    pub(crate) fn is_write(self) -> bool {
        self.kind != Kind::Read
    }

    /// Returns whether a buffer goes with it.
    pub(crate) fn carries_data(self) -> bool {
        matches!(self.kind, Kind::Read | Kind::Write)
    }

    /// Returns whether the device's cache is flushed first.
    pub(crate) fn flushes(self) -> bool {
        self.opf & PREFLUSH != 0
    }

    /// Returns whether a write must not be split.
    pub(crate) fn is_atomic(self) -> bool {
        self.opf & ATOMIC != 0
    }
}

#[kernel::macros::kunit_tests(dm_io_rust_op)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_four_operations_and_no_other() {
        for opf in 0..=OP_MASK {
            let known = matches!(opf, 0 | 1 | 3 | 9);
            assert_eq!(Op::from_raw(opf).is_ok(), known);
        }
    }

    #[test]
    fn takes_each_flag_or_refuses_it() {
        for bit in bindings::REQ_OP_BITS..u32::BITS {
            let flag = 1 << bit;
            let fine = flag & (OWNERS | UNKNOWN) == 0;
            assert_eq!(Op::from_raw(Op::WRITE.opf | flag).is_ok(), fine);
            let fine = fine && flag & (PREFLUSH | FUA | ATOMIC) == 0;
            assert_eq!(Op::from_raw(Op::READ.opf | flag).is_ok(), fine);
        }
    }

    #[test]
    fn read_ahead_fails_fast_in_all_ways_or_in_none() {
        for bit in 0..u32::BITS {
            let opf = Op::READ.opf | RAHEAD | (1 << bit);
            let some = opf & FAILFAST != 0;
            if let Ok(op) = Op::from_raw(opf) {
                assert_eq!(op.opf() & FAILFAST, if some { FAILFAST } else { 0 });
                assert_eq!(op.opf() & !FAILFAST, opf & !FAILFAST);
            }
        }
        let opf = Op::READ.opf | (FAILFAST & !(FAILFAST - 1));
        assert!(Op::from_raw(opf).is_ok_and(|op| op.opf() == opf));
    }

    #[test]
    fn takes_each_priority_of_a_class_that_there_is() {
        for class in 0..8 {
            let priority = class << CLASS_SHIFT | 4;
            let expected = if class <= CLASS_IDLE { priority } else { 0 };
            assert_eq!(Op::READ.with_priority(priority).priority(), expected);
        }
    }

    #[test]
    fn keeps_the_flags_as_given() {
        let opf = Op::WRITE.opf | FUA | PREFLUSH;
        assert!(Op::from_raw(opf).is_ok_and(|op| op.opf() == opf && op.flushes()));
        assert!(Op::from_raw(opf).is_ok_and(|op| op.with_sync().opf() == opf | SYNC));
    }
}
