// SPDX-License-Identifier: GPL-2.0

//! Bios that nobody else uses, without their payload: how they are filled.

use super::{
    super::{
        BlockDevice,
        Op,
        Status, //
    },
    data::BioData,
    head::{
        Head,
        VectorKind, //
    }, //
};
use crate::{
    bindings::{
        self,
        bio_vec,
        bvec_iter, //
    },
    memory::{
        segment::MemoryPage,
        CompleteArray,
        Segment, //
    }, //
};
use core::marker::PhantomData;
use kernel::page::PAGE_SIZE;

/// A [`Bio`] without its payload.
///
/// # Invariants
///
/// The head is that of a bio which nobody else uses.
///
/// # Examples
///
/// See the KUnit cases `dm_io_rust_bio.a_bio_has_as_many_vectors_as_asked_for`
/// and `dm_io_rust_bio.adjacent_pages_share_a_vector`.
pub(crate) struct BioMut<'b, 'a>(pub(super) &'b Head, pub(super) PhantomData<fn(&'a ())>);

impl<'a> BioMut<'_, 'a> {
    /// Makes the bio one over memory, up to `max` bytes and as much as its vectors hold; `next`
    /// returns the following run of at most the bytes that it is given. Returns the number of bytes.
    // Inlined, the loop would have too few registers.
    #[inline(never)]
    pub(crate) fn fill(&mut self, max: u32, mut next: impl FnMut(u32) -> Option<Segment>) -> u32 {
        let (vectors, capacity) = (self.0.own_vectors(), self.0.capacity());
        let mut bytes = 0;
        let mut count = 0;
        while bytes < max && count < capacity {
            let Some(segment) = next(max - bytes) else {
                break;
            };
            // SAFETY: There are `capacity` vectors, which nobody else uses, and `count` is below.
            unsafe { vectors.add(count).write(segment.as_bvec()) };
            count += 1;
            bytes += segment.len().min(max - bytes);
        }
        self.set_own_data(count, bytes)
    }

    /// Makes the bio one over a run of memory. Returns the number of bytes.
    pub(crate) fn fill_one(&mut self, run: Segment) -> u32 {
        // SAFETY: There is a vector at the least, which nobody else uses.
        unsafe { self.0.own_vectors().write(run.as_bvec()) };
        self.set_own_data(1, run.len())
    }

    /// As [`Self::fill`], over pages from `offset` bytes into the first on; `next` returns the
    /// following page. Adjacent pages share a vector.
    // Inlined, the loop would have too few registers.
    #[inline(never)]
    pub(crate) fn fill_pages(
        &mut self,
        max: u32,
        offset: usize,
        mut next: impl FnMut() -> Option<MemoryPage>,
    ) -> u32 {
        let (vectors, capacity) = (self.0.own_vectors(), self.0.capacity());
        let mut rest = max as usize;
        let mut count = 0;
        let mut offset = offset % PAGE_SIZE;
        let mut following = core::ptr::null_mut();
        while rest > 0 {
            let Some(page) = next() else {
                break;
            };
            let len = rest.min(PAGE_SIZE - offset);
            if page.as_raw() == following {
                // SAFETY: The last vector was written. It does not get longer than `max`.
                unsafe { (*vectors.wrapping_add(count).wrapping_sub(1)).bv_len += len as u32 };
            } else if count < capacity {
                let vector = bio_vec {
                    bv_page: page.as_raw(),
                    bv_len: len as u32,
                    bv_offset: offset as u32,
                };
                // SAFETY: There are `capacity` vectors, which nobody else uses.
                unsafe { vectors.wrapping_add(count).write(vector) };
                count += 1;
            } else {
                break;
            }
            following = page.following();
            rest -= len;
            offset = 0;
        }
        self.set_own_data(count, max - rest as u32)
    }

    /// Makes the bio one over the first `count` vectors of its own, which carry `bytes` bytes.
    fn set_own_data(&mut self, count: usize, bytes: u32) -> u32 {
        self.0.count.set(count as u16);
        let data = bvec_iter {
            bi_size: bytes,
            ..Default::default()
        };
        // SAFETY: The vectors were written, and their memory stays, by the invariants of `Segment` and
        // `MemoryPage`.
        unsafe { self.0.set_data(self.0.own_vectors(), data, VectorKind::Own) };
        bytes
    }

    /// Makes the bio one over an array, whose elements serve as its vectors, up to `max` bytes.
    /// Returns the number of bytes.
    pub(crate) fn borrow(&mut self, array: CompleteArray<'_, 'a>, max: u32) -> u32 {
        let (vectors, data) = array.as_vectors(max);
        self.0.count.set(0);
        // SAFETY: The array has elements for `data`, by its type invariant, and lives for `'a`, and
        // hence until the bio has ended.
        unsafe { self.0.set_data(vectors, data, VectorKind::Borrowed) };
        data.bi_size
    }

    /// Makes the bio one to `device` over the data of another, with its encryption context, but not its
    /// protection information. Fails without memory for the former, which has a reserve of its own. May
    /// sleep, but causes no I/O.
    pub(crate) fn clone_data(
        &mut self,
        device: BlockDevice,
        op: Op,
        data: &BioData,
    ) -> Result<(), Status> {
        let head = self.0;
        let bio = head.as_raw();
        // SAFETY: The bio is initialised and nobody else uses it, by the type invariant.
        let (end_io, private) = unsafe { ((*bio).bi_end_io, (*bio).bi_private) };
        // SAFETY: As above; both are valid bios, the device is valid, and a bio may be initialised
        // anew when `bio_uninit` was called.
        let error = unsafe {
            bindings::bio_uninit(bio);
            bindings::bio_init_clone_data(device.as_raw(), bio, data.as_raw())
        };
        // SAFETY: As above.
        // INVARIANT: The vectors are those of the other bio, which stay, by the invariants of
        // `BioData`, or there are none.
        unsafe {
            if error != 0 {
                bindings::bio_init(bio, device.as_raw(), core::ptr::null_mut(), 0, op.opf());
            }
            (*bio).bi_opf = op.opf();
            (*bio).bi_ioprio = op.priority();
            (*bio).bi_end_io = end_io;
            (*bio).bi_private = private;
            head.data.set((*bio).bi_iter);
            (*bio).bi_iter.bi_size = 0;
        }
        head.count.set(0);
        head.vectors.set(VectorKind::Borrowed);
        head.is_payloads.set(false);
        if error != 0 {
            return Err(Status::FAILED);
        }
        Ok(())
    }

    /// As [`Bio::set_target`].
    pub(crate) fn set_target(&mut self, sector: u64, skip: u32, bytes: u32) {
        self.0.set_target(sector, skip, bytes);
    }

    /// Returns the number of bytes that the bio is over.
    pub(crate) fn len(&self) -> u32 {
        self.0.data.get().bi_size
    }
}
