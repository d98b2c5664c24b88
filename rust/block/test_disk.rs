// SPDX-License-Identifier: GPL-2.0

//! A disk for tests: it is full of zeroes, and ends its bios as a test says.

use super::BlockDevice;
use crate::bindings;
use core::ptr::NonNull;
use kernel::{
    error::from_err_ptr,
    new_mutex,
    prelude::*,
    sync::{
        static_lock_class,
        Mutex,
        SetOnce, //
    },
    time::{
        delay::fsleep,
        Delta, //
    },
    workqueue, //
};

/// The size of the disk.
pub(super) const SECTORS: u64 = 1 << 20;

/// What the disk saw of a bio.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) opf: u32,
    pub(super) sector: u64,
    pub(super) bytes: u32,
    /// `bi_vcnt`: 0 if the vectors are not the bio's own.
    pub(super) vectors: u16,
}

/// What a disk does with its bios.
#[derive(Default)]
struct State {
    status: bindings::blk_status_t,
    holds: bool,
    held: KVec<Held>,
    seen: KVec<Seen>,
}

/// A bio that the disk has yet to end.
struct Held(NonNull<bindings::bio>);

// SAFETY: A bio may be ended by any thread.
unsafe impl Send for Held {}

/// A disk that is not part of the system. There is one, which stays, so that its device can be used
/// for ever: cases run one after the other.
///
/// # Invariants
///
/// The disk is allocated, and its private data is this value, which does not move.
#[pin_data]
pub(super) struct TestDisk {
    disk: NonNull<bindings::gendisk>,
    #[pin]
    state: Mutex<State>,
}

// SAFETY: A disk may be used from any thread.
unsafe impl Send for TestDisk {}
// SAFETY: As for `Send`, and the state has a lock.
unsafe impl Sync for TestDisk {}

static DISK: SetOnce<Pin<KBox<TestDisk>>> = SetOnce::new();

const OPERATIONS: &bindings::block_device_operations = &bindings::block_device_operations {
    submit_bio: Some(TestDisk::submit_bio),
    // SAFETY: All-zero is a valid value, whose functions are null.
    ..unsafe { core::mem::zeroed() }
};

impl TestDisk {
    /// Returns the disk, which ends its bios at once and without an error.
    pub(super) fn get() -> Result<&'static Self> {
        if DISK.as_ref().is_none() {
            DISK.populate(Self::new()?);
        }
        let this: &Self = DISK.as_ref().ok_or(ENOMEM)?;
        this.end_held();
        *this.state.lock() = State::default();
        Ok(this)
    }

    fn new() -> Result<Pin<KBox<Self>>> {
        let key = static_lock_class!().as_ptr();
        // SAFETY: No limits are the default ones.
        let disk = unsafe { bindings::__blk_alloc_disk(core::ptr::null_mut(), -1, key) };
        let disk = NonNull::new(from_err_ptr(disk)?).ok_or(ENOMEM)?;
        let init = pin_init!(Self { disk, state <- new_mutex!(State::default()) });
        // INVARIANT: The private data is set below. Without memory for it the disk stays unused.
        let this = KBox::pin_init(init, GFP_KERNEL)?;
        // SAFETY: The disk is new and has no user. Disks with a `submit_bio` have the flag when they
        // are added.
        unsafe {
            let raw = disk.as_ptr();
            (*raw).fops = OPERATIONS;
            (*raw).private_data = core::ptr::from_ref(&*this).cast_mut().cast();
            (*(*raw).part0).__bd_flags.counter |= bindings::BD_HAS_SUBMIT_BIO as i32;
            bindings::set_capacity(raw, SECTORS);
        }
        Ok(this)
    }

    /// Returns the device.
    pub(super) fn device(&'static self) -> Result<BlockDevice> {
        // SAFETY: The disk stays for ever, by the type invariant, and hence its device.
        unsafe { BlockDevice::from_raw((*self.disk.as_ptr()).part0) }.ok_or(ENODEV)
    }

    /// Lets all bios fail.
    pub(super) fn fail(&self) {
        self.state.lock().status = bindings::BLK_STS_IOERR;
    }

    /// Lets all bios wait for [`Self::end_held`].
    pub(super) fn hold(&self) {
        self.state.lock().holds = true;
    }

    /// Ends the bios that were held, in the order of their submission. Returns how many.
    pub(super) fn end_held(&self) -> usize {
        let (status, held) = {
            let mut state = self.state.lock();
            (state.status, core::mem::take(&mut state.held))
        };
        held.iter().for_each(|bio| Self::end(bio.0, status));
        held.len()
    }

    /// Has the bios that are held by then ended by another thread, in a while.
    pub(super) fn end_held_later(&'static self) -> Result {
        let end = move || {
            fsleep(Delta::from_millis(50));
            self.end_held();
        };
        Ok(workqueue::system().try_spawn(GFP_KERNEL, end)?)
    }

    /// Returns the bios that were submitted since the last call.
    pub(super) fn seen(&self) -> KVec<Seen> {
        core::mem::take(&mut self.state.lock().seen)
    }

    unsafe extern "C" fn submit_bio(bio: *mut bindings::bio) {
        // SAFETY: The block layer gives the disk a bio, whose device is this disk's.
        let (this, seen) = unsafe {
            let this: *const Self = (*(*(*bio).bi_bdev).bd_disk).private_data.cast();
            let seen = Seen {
                opf: (*bio).bi_opf,
                sector: (*bio).bi_iter.bi_sector,
                bytes: (*bio).bi_iter.bi_size,
                vectors: (*bio).bi_vcnt,
            };
            (&*this, seen)
        };
        let Some(bio) = NonNull::new(bio) else {
            return;
        };
        let mut state = this.state.lock();
        // A test would miss what there is no memory for.
        let _ = state.seen.push(seen, GFP_KERNEL);
        if !state.holds || state.held.push(Held(bio), GFP_KERNEL).is_err() {
            let status = state.status;
            drop(state);
            Self::end(bio, status);
        }
    }

    fn end(bio: NonNull<bindings::bio>, status: bindings::blk_status_t) {
        let bio = bio.as_ptr();
        // SAFETY: The disk has the bio, and gives it up. It was given memory by whoever submitted it.
        unsafe {
            if u32::from(status) != bindings::BLK_STS_OK {
                (*bio).bi_status = status;
            } else if (*bio).bi_opf & 1 == 0 {
                bindings::zero_fill_bio(bio);
            }
            bindings::bio_endio(bio);
        }
    }
}
