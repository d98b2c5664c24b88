// SPDX-License-Identifier: GPL-2.0

//! How an I/O completed.
//!
//! C header: [`include/linux/blk_types.h`](srctree/include/linux/blk_types.h)

use crate::bindings::{
    self,
    blk_status_t, //
};

/// A `blk_status_t`.
///
/// # Examples
///
/// See the KUnit case `dm_io_rust_blk_status.only_ok_is_ok`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Status(blk_status_t);

impl Status {
    /// The device cannot do what was asked.
    pub(crate) const UNSUPPORTED: Self = Self(bindings::BLK_STS_NOTSUPP);
    /// The size or the alignment is not one that the device takes.
    pub(crate) const INVALID: Self = Self(bindings::BLK_STS_INVAL);
    /// The I/O failed.
    pub(crate) const FAILED: Self = Self(bindings::BLK_STS_IOERR);

    /// Takes a status from the block layer.
    pub(super) fn from_raw(status: blk_status_t) -> Self {
        Self(status)
    }

    /// Returns whether the device cannot do what was asked, or not like that.
    pub(crate) fn is_unsupported(self) -> bool {
        self == Self::UNSUPPORTED || self == Self::INVALID
    }

    /// Returns whether all of the I/O was done.
    pub(crate) fn is_ok(self) -> bool {
        u32::from(self.0) == bindings::BLK_STS_OK
    }
}

#[kernel::macros::kunit_tests(dm_io_rust_blk_status)]
mod tests {
    use super::*;

    #[test]
    fn only_ok_is_ok() {
        for raw in 0..=blk_status_t::MAX {
            let status = Status::from_raw(raw);
            assert_eq!(status.is_ok(), raw == 0);
            let is_unsupported = status == Status::UNSUPPORTED || status == Status::INVALID;
            assert_eq!(status.is_unsupported(), is_unsupported);
        }
        assert!(!Status::FAILED.is_unsupported());
    }
}
