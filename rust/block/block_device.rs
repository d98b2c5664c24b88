// SPDX-License-Identifier: GPL-2.0

//! Block devices.
//!
//! C header: [`include/linux/blkdev.h`](srctree/include/linux/blkdev.h)

use crate::bindings;
use core::ptr::NonNull;

/// The power of two that makes bytes of sectors, the unit of every position on a device.
pub(crate) const SECTOR_SHIFT: u32 = bindings::SECTOR_SHIFT;

/// The bytes of a sector.
pub(crate) const SECTOR_SIZE: u32 = 1 << SECTOR_SHIFT;

/// The bytes of the largest logical block that a device may have.
pub(crate) const MAX_BLOCK_SIZE: usize = bindings::BLK_MAX_BLOCK_SIZE as usize;

/// A `struct block_device` that is open.
///
/// # Invariants
///
/// The pointer is valid, and stays so for as long as this value and its copies are used, and until all
/// I/O that is made with them has ended.
///
/// # Examples
///
/// See the KUnit case `dm_io_rust_block_device.a_device_is_as_its_disk`.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct BlockDevice(NonNull<bindings::block_device>);

// SAFETY: A block device may be used from any thread.
unsafe impl Send for BlockDevice {}
// SAFETY: As for `Send`; nothing here changes it.
unsafe impl Sync for BlockDevice {}

impl BlockDevice {
    /// Takes a device from C; [`None`] if it is null.
    ///
    /// # Safety
    ///
    /// A device that is not null is valid and stays so for as long as the result and its copies are
    /// used, and until all I/O that is made with them has ended.
    pub(crate) unsafe fn from_raw(bdev: *mut bindings::block_device) -> Option<Self> {
        // INVARIANT: The caller guarantees that the device stays valid.
        NonNull::new(bdev).map(Self)
    }

    pub(super) fn as_raw(self) -> *mut bindings::block_device {
        self.0.as_ptr()
    }

    /// Returns the size in sectors.
    pub(crate) fn sectors(self) -> u64 {
        // SAFETY: Valid by the type invariant; the read is racy by the kernel's design.
        unsafe { (&raw const (*self.as_raw()).bd_nr_sectors).read_volatile() }
    }

    /// Returns the disk that the device is or is a part of, and the sector of it where the device starts.
    pub(crate) fn place(self) -> (usize, u64) {
        // SAFETY: Valid by the type invariant; neither field changes while the device is open.
        unsafe {
            (
                (*self.as_raw()).bd_disk.addr(),
                (*self.as_raw()).bd_start_sect,
            )
        }
    }

    /// Returns the unit of I/O in bytes, a power of two.
    pub(crate) fn logical_block_size(self) -> u32 {
        // SAFETY: Valid by the type invariant.
        unsafe { bindings::bdev_logical_block_size(self.as_raw()) }
    }

    /// Rounds `bytes` down to whole logical blocks.
    pub(crate) fn whole_blocks(self, bytes: u32) -> u32 {
        bytes & !self.logical_block_size().wrapping_sub(1)
    }

    /// Returns whether the device has zones, which are written from start to end.
    pub(crate) fn is_zoned(self) -> bool {
        // SAFETY: Valid by the type invariant.
        unsafe { bindings::bdev_is_zoned(self.as_raw()) }
    }

    /// Returns the most sectors that one discard may cover; 0 where there is none.
    pub(crate) fn max_discard_sectors(self) -> u32 {
        // SAFETY: Valid by the type invariant.
        unsafe { bindings::bdev_max_discard_sectors(self.as_raw()) }
    }

    /// Returns the most sectors that one write of zeroes may cover; 0 where there is none.
    pub(crate) fn max_write_zeroes_sectors(self) -> u32 {
        // SAFETY: Valid by the type invariant.
        unsafe { bindings::bdev_write_zeroes_sectors(self.as_raw()) }
    }
}

#[kernel::macros::kunit_tests(dm_io_rust_block_device)]
mod tests {
    use super::*;
    use crate::block::test_disk::{
        TestDisk,
        SECTORS, //
    };
    use kernel::prelude::*;

    #[test]
    fn a_device_is_as_its_disk() -> Result {
        let device = TestDisk::get()?.device()?;
        assert_eq!(device.sectors(), SECTORS);
        assert_eq!(device.logical_block_size(), 512);
        assert_eq!(device.whole_blocks(1023), 512);
        assert_eq!(device.whole_blocks(511), 0);
        assert!(!device.is_zoned());
        assert_eq!(device.max_discard_sectors(), 0);
        assert_eq!(device.max_write_zeroes_sectors(), 0);
        assert_eq!(device.place().1, 0);
        // SAFETY: There is no device.
        assert!(unsafe { BlockDevice::from_raw(core::ptr::null_mut()) }.is_none());
        Ok(())
    }
}
