// SPDX-License-Identifier: GPL-2.0

//! What of a bio may be set before it is submitted.

use super::{
    super::{
        BioData,
        BlockDevice,
        Segment, //
    },
    Header, //
};
use crate::bindings;

const INTEGRITY: u32 = 1 << kernel::bindings::req_flag_bits___REQ_INTEGRITY;

/// A bio that is being set up.
///
/// # Invariants
///
/// The bio is owned, and its owner uses it through this value only.
pub(crate) struct Draft<'a>(&'a Header);

impl<'a> Draft<'a> {
    /// The caller owns the bio, and borrows it exclusively for this value.
    pub(super) fn new(header: &'a Header) -> Self {
        // INVARIANT: By this function's contract.
        Self(header)
    }

    /// How many vectors the bio has.
    pub(crate) fn capacity(&self) -> usize {
        // SAFETY: The bio is initialised, and owned by the type invariant.
        unsafe { (*self.0.as_raw()).bi_max_vecs }.into()
    }

    /// Sets where on the device the bio starts, in sectors.
    pub(crate) fn set_sector(&mut self, sector: u64) {
        // SAFETY: As for `capacity`.
        unsafe { (*self.0.as_raw()).bi_iter.bi_sector = sector };
    }

    /// Sets the number by which the owner tells its bios apart.
    pub(crate) fn set_index(&mut self, index: usize) {
        // SAFETY: As for `capacity`.
        unsafe { (*self.0.as_raw()).bi_private = core::ptr::without_provenance_mut(index) };
    }

    /// Sets the length in bytes of a bio that carries no data; leaves any other as it is.
    pub(crate) fn set_size_without_data(&mut self, bytes: u32) {
        let bio = self.0.as_raw();
        // SAFETY: As for `capacity`. The block layer does not look at the vectors of such a bio.
        unsafe {
            match (*bio).bi_opf & ((1 << kernel::bindings::REQ_OP_BITS) - 1) {
                kernel::bindings::req_op_REQ_OP_DISCARD
                | kernel::bindings::req_op_REQ_OP_WRITE_ZEROES => (*bio).bi_iter.bi_size = bytes,
                _ => {}
            }
        }
    }

    /// Sets the priority of the I/O.
    pub(crate) fn set_priority(&mut self, priority: u16) {
        // SAFETY: As for `capacity`.
        unsafe { (*self.0.as_raw()).bi_ioprio = priority };
    }

    /// Shortens the bio to the first `bytes` of the memory that was added. Returns how many it
    /// carries.
    pub(crate) fn truncate(&mut self, bytes: u32) -> u32 {
        let bytes = bytes.min(self.0.filled.get());
        // SAFETY: As for `capacity`.
        unsafe { (*self.0.as_raw()).bi_iter.bi_size = bytes };
        bytes
    }

    /// Makes the bio one to `device` over the memory of another, and takes over what goes along with
    /// that memory; or if there is no memory for the latter one over nothing. Nothing may be chained to
    /// the bio. May sleep.
    pub(crate) fn share(&mut self, data: &BioData, device: BlockDevice) {
        if kernel::warn_on!(self.0.is_chained()) {
            return;
        }
        let bio = self.0.as_raw();
        // SAFETY: The bio is initialised, and owned by the type invariant. The other one is valid,
        // and its vectors stay until this one has ended, by the invariants of `BioData`.
        // INVARIANT: The vectors are the other bio's; the end function stays.
        unsafe {
            let (device, opf) = (device.as_raw(), (*bio).bi_opf);
            let (end_io, private) = ((*bio).bi_end_io, (*bio).bi_private);
            let flags = bindings::DM_IO_RUST_GFP_NOIO;
            kernel::bindings::bio_uninit(bio);
            if kernel::bindings::bio_init_clone(device, bio, data.as_raw(), flags) != 0 {
                kernel::bindings::bio_init(bio, device, core::ptr::null_mut(), 0, opf);
            }
            // What protects the data is said by a flag, which goes with the memory.
            (*bio).bi_opf = opf | ((*bio).bi_opf & INTEGRITY);
            (*bio).bi_end_io = end_io;
            (*bio).bi_private = private;
            self.0.filled.set((*bio).bi_iter.bi_size);
        }
    }

    /// Adds memory, up to `max` bytes and as much as the vectors hold; `next` gives the following
    /// piece of at most the bytes that it is told. Runs that follow one another in memory become
    /// one if `merge`. Returns the number of bytes that were added.
    // Within its callers the loop would have too few registers: 17 instructions more for a page.
    #[inline(never)]
    pub(crate) fn fill(
        &mut self,
        max: u32,
        merge: bool,
        mut next: impl FnMut(u32) -> Option<Segment>,
    ) -> u32 {
        let capacity = self.capacity();
        // SAFETY: As for `capacity`.
        let table = unsafe { (*self.0.as_raw()).bi_io_vec };
        let first = (capacity > 0 && max > 0).then(|| next(max)).flatten();
        let Some(mut run) = first else {
            self.set_filled(0, 0);
            return 0;
        };
        let mut bytes = run.len();
        let mut count = 0;
        while bytes < max && count + 1 < capacity {
            let Some(segment) = next(max - bytes) else {
                break;
            };
            bytes += segment.len();
            if merge && run.merge(segment) {
                continue;
            }
            // SAFETY: There are `capacity` vectors, which nobody else uses, by the header's
            // invariant, and `count` is below.
            unsafe { table.add(count).write(run.as_bvec()) };
            count += 1;
            run = segment;
        }
        // SAFETY: As above.
        unsafe { table.add(count).write(run.as_bvec()) };
        self.set_filled(count + 1, bytes);
        bytes
    }

    /// Makes the bio one over its first `count` vectors, which carry `bytes` bytes.
    fn set_filled(&mut self, count: usize, bytes: u32) {
        // SAFETY: As for `capacity`.
        unsafe {
            (*self.0.as_raw()).bi_vcnt = count as u16;
            (*self.0.as_raw()).bi_iter.bi_size = bytes;
        }
        // INVARIANT: By this function's contract.
        self.0.filled.set(bytes);
    }
}
