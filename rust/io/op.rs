// SPDX-License-Identifier: GPL-2.0

//! What is to be done.

use super::Refusal;
use kernel::bindings;

/// The operations that the services know.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Read,
    Write,
    Discard,
    WriteZeroes,
}

/// An operation with its flags, as the block layer has them (`blk_opf_t`).
///
/// # Invariants
///
/// `opf` has the operation of `kind`, and no flag that the block layer would take amiss.
#[derive(Clone, Copy)]
pub(crate) struct Op {
    opf: u32,
    kind: Kind,
    /// As the block layer has it (`bi_ioprio`); 0 if the caller did not say.
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
/// Flags that say something of the bio, which is the module's: a bio that lacks what they promise
/// would be a bug to the block layer.
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

    /// Takes an operation with its flags from C.
    pub(crate) fn from_raw(opf: u32) -> Result<Self, Refusal> {
        let kind = match opf & OP_MASK {
            bindings::req_op_REQ_OP_READ => Kind::Read,
            bindings::req_op_REQ_OP_WRITE => Kind::Write,
            bindings::req_op_REQ_OP_DISCARD => Kind::Discard,
            bindings::req_op_REQ_OP_WRITE_ZEROES => Kind::WriteZeroes,
            _ => return Err(Refusal::invalid(c"rw: the operation is unknown")),
        };
        if opf & (OWNERS | UNKNOWN) != 0 {
            return Err(Refusal::invalid(c"rw: a flag is not the caller's to set"));
        }
        if opf & (PREFLUSH | FUA | ATOMIC) != 0 && kind != Kind::Write {
            return Err(Refusal::invalid(c"rw: a flag goes with writes only"));
        }
        // INVARIANT: All was just checked.
        Ok(Self {
            opf,
            kind,
            priority: 0,
        })
    }

    /// The same, for one who waits.
    pub(crate) fn with_sync(self) -> Self {
        // INVARIANT: The flag goes with every operation.
        Self {
            opf: self.opf | SYNC,
            ..self
        }
    }

    /// The same, with a priority.
    pub(crate) fn with_priority(self, priority: u16) -> Self {
        // INVARIANT: The flags and the operation stay.
        Self { priority, ..self }
    }

    /// The priority that the device is told.
    pub(crate) fn priority(self) -> u16 {
        self.priority
    }

    /// The block layer's form.
    pub(crate) fn opf(self) -> u32 {
        self.opf
    }

    pub(crate) fn kind(self) -> Kind {
        self.kind
    }

    /// Whether the device is changed.
    pub(crate) fn is_write(self) -> bool {
        self.kind != Kind::Read
    }

    /// Whether a buffer goes with it.
    pub(crate) fn carries_data(self) -> bool {
        matches!(self.kind, Kind::Read | Kind::Write)
    }

    /// Whether the device's cache is flushed first.
    pub(crate) fn flushes(self) -> bool {
        self.opf & PREFLUSH != 0
    }

    /// Whether a write must not be split.
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
    fn keeps_the_flags_as_given() {
        let opf = Op::WRITE.opf | FUA | PREFLUSH;
        assert!(Op::from_raw(opf).is_ok_and(|op| op.opf() == opf && op.flushes()));
        assert!(Op::from_raw(opf).is_ok_and(|op| op.with_sync().opf() == opf | SYNC));
    }
}
