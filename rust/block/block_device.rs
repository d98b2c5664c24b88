// SPDX-License-Identifier: GPL-2.0

//! Block devices.
//!
//! C header: [`include/linux/blkdev.h`](srctree/include/linux/blkdev.h)

use crate::bindings;
use core::ptr::NonNull;

/// The power of two that makes bytes of sectors, the unit of every position on a device.
pub(crate) const SECTOR_SHIFT: u32 = kernel::bindings::SECTOR_SHIFT;

/// The bytes of the largest logical block that a device may have.
pub(crate) const MAX_BLOCK_SIZE: usize = bindings::DM_IO_RUST_MAX_BLOCK_SIZE as usize;

/// A `struct block_device` that is open.
///
/// # Invariants
///
/// The pointer is valid, and stays so for as long as this value and its copies are used.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(crate) struct BlockDevice(NonNull<kernel::bindings::block_device>);

// SAFETY: A block device may be used from any thread.
unsafe impl Send for BlockDevice {}
// SAFETY: As for `Send`; nothing here changes it.
unsafe impl Sync for BlockDevice {}

impl BlockDevice {
    /// Takes a device from C; [`None`] if it is null.
    ///
    /// # Safety
    ///
    /// A device that is not null is valid and stays so until all I/O that is made with the result
    /// has ended.
    pub(crate) unsafe fn from_raw(bdev: *mut kernel::bindings::block_device) -> Option<Self> {
        // INVARIANT: By this function's requirement.
        NonNull::new(bdev).map(Self)
    }

    pub(super) fn as_raw(self) -> *mut kernel::bindings::block_device {
        self.0.as_ptr()
    }

    /// The size in sectors.
    pub(crate) fn sectors(self) -> u64 {
        // SAFETY: Valid by the type invariant; the read is racy by the kernel's design.
        unsafe { (&raw const (*self.as_raw()).bd_nr_sectors).read_volatile() }
    }

    /// The disk that the device is or is a part of, and the sector of it where the device starts.
    pub(crate) fn place(self) -> (usize, u64) {
        // SAFETY: Valid by the type invariant; neither field changes while the device is open.
        unsafe {
            (
                (*self.as_raw()).bd_disk.addr(),
                (*self.as_raw()).bd_start_sect,
            )
        }
    }

    /// The unit of I/O in bytes, a power of two.
    pub(crate) fn logical_block_size(self) -> u32 {
        // SAFETY: Valid by the type invariant.
        unsafe { bindings::dm_io_rust_bdev_logical_block_size(self.as_raw()) }
    }

    /// The bytes of the whole logical blocks in `bytes`.
    pub(crate) fn whole_blocks(self, bytes: u32) -> u32 {
        bytes & !self.logical_block_size().wrapping_sub(1)
    }

    /// Whether the device has zones, which are written from start to end.
    pub(crate) fn is_zoned(self) -> bool {
        // SAFETY: Valid by the type invariant.
        unsafe { bindings::dm_io_rust_bdev_is_zoned(self.as_raw()) }
    }

    /// The most sectors that one discard may cover; 0 where there is none.
    pub(crate) fn max_discard_sectors(self) -> u32 {
        // SAFETY: Valid by the type invariant.
        unsafe { bindings::dm_io_rust_bdev_max_discard_sectors(self.as_raw()) }
    }

    /// The most sectors that one write of zeroes may cover; 0 where there is none.
    pub(crate) fn max_write_zeroes_sectors(self) -> u32 {
        // SAFETY: Valid by the type invariant.
        unsafe { bindings::dm_io_rust_bdev_write_zeroes_sectors(self.as_raw()) }
    }
}
