// SPDX-License-Identifier: GPL-2.0

//! How an I/O ended.
//!
//! C header: [`include/linux/blk_types.h`](srctree/include/linux/blk_types.h)

use crate::bindings;

/// A `blk_status_t`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Status(kernel::bindings::blk_status_t);

impl Status {
    /// The device cannot do what was asked.
    pub(crate) const UNSUPPORTED: Self = Self(bindings::DM_IO_RUST_BLK_STS_NOTSUPP);
    /// The size or the alignment is not one that the device takes.
    pub(crate) const INVALID: Self = Self(bindings::DM_IO_RUST_BLK_STS_INVAL);
    /// The I/O failed.
    pub(crate) const FAILED: Self = Self(bindings::DM_IO_RUST_BLK_STS_IOERR);

    /// Takes over what the block layer says.
    pub(super) fn from_raw(status: kernel::bindings::blk_status_t) -> Self {
        Self(status)
    }

    /// Whether the device cannot do what was asked, or not like that.
    pub(crate) fn is_unsupported(self) -> bool {
        self == Self::UNSUPPORTED || self == Self::INVALID
    }

    /// Whether all of the I/O was done.
    pub(crate) fn is_ok(self) -> bool {
        u32::from(self.0) == kernel::bindings::BLK_STS_OK
    }
}
