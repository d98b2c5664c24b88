// SPDX-License-Identifier: GPL-2.0

//! What all bios have, whatever their payload.

use super::{
    super::{
        block_device::SECTOR_SIZE,
        bvec_table::BvecTable,
        BlockDevice,
        Op,
        Status, //
    },
    INLINE_VECS, //
};
use crate::bindings::{
    self,
    bio_vec,
    bvec_iter, //
};
use core::{
    cell::{
        Cell,
        UnsafeCell, //
    },
    mem::{
        offset_of,
        MaybeUninit, //
    },
    ptr::NonNull, //
};
use kernel::types::Opaque;

/// A bio with its vectors.
///
/// Only the bio's owner uses a head, but for the count `__bi_remaining`, which is atomic.
///
/// # Invariants
///
/// - `bio` is initialised. `bi_io_vec` are the vectors of `table`, or if there is none
///   `inline_vecs`, or vectors that stay until the bio has ended. `bi_max_vecs` is no more than the
///   first two have.
/// - `data` is over vectors that are initialised, whose memory stays until the bio has ended.
/// - `bi_iter` is over a part of `data`, or the bio's operation carries none.
#[repr(C)]
pub(super) struct Head {
    bio: Opaque<bindings::bio>,
    inline_vecs: UnsafeCell<[MaybeUninit<bio_vec>; INLINE_VECS]>,
    table: Option<BvecTable>,
    pub(super) data: Cell<bvec_iter>,
    /// How far into `data` the I/O starts, in bytes, and how long it is.
    skipped: Cell<u32>,
    len: Cell<u32>,
    /// How many of its own vectors the bio was filled with.
    pub(super) count: Cell<u16>,
    pub(super) vectors: Cell<VectorKind>,
    /// Whether the memory is part of the payload: any other is its owner's again when the I/O has
    /// completed.
    pub(super) is_payloads: Cell<bool>,
}

/// What a bio's vectors are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum VectorKind {
    /// The bio's own.
    Own,
    /// Another's.
    Borrowed,
    /// Another's, over memory that may be written to a device, but not read into.
    ReadOnly,
}

// A head has the address of its bio.
const _: () = assert!(offset_of!(Head, bio) == 0);

impl Head {
    /// Initialises a bio for `device`.
    ///
    /// # Safety
    ///
    /// `head` is memory for a head, which is not moved from now on.
    pub(super) unsafe fn init(
        head: *mut Self,
        device: BlockDevice,
        op: Op,
        table: Option<(BvecTable, u16)>,
    ) {
        let (table, capacity) = match table {
            Some((table, capacity)) => (Some(table), capacity),
            None => (None, INLINE_VECS as u16),
        };
        // SAFETY: The caller owns the memory; each field is written before it is read, but for
        // vectors, which are `MaybeUninit`.
        unsafe {
            (&raw mut (*head).table).write(table);
            (&raw mut (*head).data).write(Cell::new(bvec_iter::default()));
            (&raw mut (*head).skipped).write(Cell::new(0));
            (&raw mut (*head).len).write(Cell::new(0));
            (&raw mut (*head).count).write(Cell::new(0));
            (&raw mut (*head).vectors).write(Cell::new(VectorKind::Own));
            (&raw mut (*head).is_payloads).write(Cell::new(false));
        }
        let bio: *mut bindings::bio = head.cast();
        // SAFETY: All fields but `bio` were just initialised, and vectors are in an `UnsafeCell`.
        let vectors = unsafe { (*head).own_vectors() };
        // SAFETY: `bio` is memory for a bio, the head's first field; the device is valid.
        unsafe { bindings::bio_init(bio, device.as_raw(), vectors, capacity, op.opf()) };
        // SAFETY: The bio was just initialised.
        unsafe { (*bio).bi_ioprio = op.priority() };
    }

    pub(super) fn as_raw(&self) -> *mut bindings::bio {
        self.bio.get()
    }

    /// The vectors that the bio may be filled with.
    pub(super) fn own_vectors(&self) -> *mut bio_vec {
        match &self.table {
            Some(table) => table.as_raw(),
            None => self.inline_vecs.get().cast(),
        }
    }

    /// How many of them there are; none of a bio that is over another's data.
    pub(super) fn capacity(&self) -> usize {
        // SAFETY: The bio is initialised, and only its owner calls this.
        unsafe { (*self.as_raw()).bi_max_vecs.into() }
    }

    /// Makes the bio one over `vectors`; it is pointed at them by [`Self::set_target`], and empty
    /// until then.
    ///
    /// # Safety
    ///
    /// The caller owns the bio. The vectors are of `kind`, and hold what `data` is over; unless they
    /// are the bio's own they stay until it has ended, and so does the memory.
    pub(super) unsafe fn set_data(&self, vectors: *mut bio_vec, data: bvec_iter, kind: VectorKind) {
        let bio = self.as_raw();
        // SAFETY: The bio is initialised, and the caller owns it.
        // INVARIANT: An empty iterator is over a part of anything.
        unsafe {
            (*bio).bi_io_vec = vectors;
            (*bio).bi_iter.bi_size = 0;
        }
        self.vectors.set(kind);
        self.is_payloads.set(false);
        self.len.set(0);
        // INVARIANT: The caller guarantees it.
        self.data.set(data);
    }

    /// Points the bio at `sector`, with up to `bytes` bytes of its data from `skip` bytes on; if its
    /// operation carries no data it becomes so long. Both in whole sectors.
    pub(super) fn set_target(&self, sector: u64, skip: u32, bytes: u32) {
        let bio = self.as_raw();
        let mut iter = self.data.get();
        let rest = iter.bi_size.saturating_sub(skip);
        if skip > 0 && rest > 0 {
            // SAFETY: `data` is over the bio's vectors, and longer.
            unsafe { bindings::bvec_iter_advance((*bio).bi_io_vec, &mut iter, skip) };
        }
        // SAFETY: The bio is initialised, and only its owner calls this.
        let has_no_data = Op::has_no_data(unsafe { (*bio).bi_opf });
        let len = if has_no_data { bytes } else { bytes.min(rest) };
        let len = len & !(SECTOR_SIZE - 1);
        iter.bi_sector = sector;
        iter.bi_size = len;
        self.skipped.set(skip);
        self.len.set(len);
        // SAFETY: As above.
        // INVARIANT: The iterator is over a part of the data.
        unsafe {
            (*bio).bi_iter = iter;
            (*bio).bi_vcnt = self.count.get();
        }
        if self.vectors.get() != VectorKind::Own {
            // SAFETY: As above.
            unsafe { bindings::bio_set_flag(bio, bindings::BIO_CLONED) };
        }
    }

    /// Submits the bio, or ends it if it is none that the block layer may have.
    ///
    /// # Safety
    ///
    /// `head` is valid, and the caller owns its bio, and gives it up. The head stays where it is until
    /// the bio has ended.
    // There is no reference to the head when the bio ends, which may free it.
    pub(super) unsafe fn submit(head: NonNull<Self>) {
        // CAST: The bio is the first field.
        let bio: *mut bindings::bio = head.as_ptr().cast();
        // SAFETY: The head is valid.
        if unsafe { head.as_ref() }.may_be_submitted() {
            // SAFETY: The caller gives the bio up. Its memory is what its operation needs.
            unsafe { bindings::submit_bio(bio) };
        } else {
            // SAFETY: The caller owns the bio, and gives it up.
            unsafe {
                (*bio).bi_status = bindings::BLK_STS_INVAL;
                bindings::bio_endio(bio);
            }
        }
    }

    /// Returns whether drivers can rely on the bio: its size is not 0, but for a flush, which NVMe would
    /// take for 65536 blocks; and it does not read into memory that is only read.
    #[inline]
    fn may_be_submitted(&self) -> bool {
        let bio = self.as_raw();
        // SAFETY: The bio is initialised, and only its owner calls this.
        let (opf, bytes) = unsafe { ((*bio).bi_opf, (*bio).bi_iter.bi_size) };
        let has_size = bytes != 0 || Op::may_be_empty(opf);
        has_size && (opf & 1 != 0 || !self.is_read_only())
    }

    fn is_read_only(&self) -> bool {
        self.vectors.get() == VectorKind::ReadOnly
    }

    /// Returns of which kind vectors are that this bio's children borrow.
    pub(super) fn kind_for_children(&self) -> VectorKind {
        if self.is_read_only() {
            VectorKind::ReadOnly
        } else {
            VectorKind::Borrowed
        }
    }

    pub(super) fn status(&self) -> Status {
        // SAFETY: Only an owner calls this, so that nobody writes the field.
        Status::from_raw(unsafe { (*self.as_raw()).bi_status })
    }

    /// Clears the memory of a read that failed.
    pub(super) fn zero_fill_on_error(&self) {
        // SAFETY: The bio is initialised, and only its owner calls this.
        let is_write = unsafe { (*self.as_raw()).bi_opf } & 1 != 0;
        if !is_write && !self.status().is_ok() && !self.is_read_only() {
            self.zero_fill();
        }
    }

    #[cold]
    #[inline(never)]
    fn zero_fill(&self) {
        self.set_target(0, self.skipped.get(), self.len.get());
        // SAFETY: The bio is initialised, and only its owner calls this. It is over data again, whose
        // memory stays until the owner has passed on that the I/O completed.
        unsafe { bindings::zero_fill_bio(self.as_raw()) };
    }
}
