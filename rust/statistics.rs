// SPDX-License-Identifier: GPL-2.0

//! I/O statistics, in debugfs: `dm_io_rust/statistics`.

use crate::bindings;

/// What a job is counted as.
#[derive(Clone, Copy)]
pub(crate) enum Counted {
    Copy,
    Zeroing,
    Callback,
}

/// Counts an I/O of so many sectors. Any context.
#[inline]
pub(crate) fn count_io(is_write: bool, sectors: u64) {
    let read = bindings::DM_IO_RUST_IO_SECTORS_READ;
    // Those that are written are next.
    const _: () = assert!(
        bindings::DM_IO_RUST_IO_SECTORS_WRITTEN == bindings::DM_IO_RUST_IO_SECTORS_READ + 1
    );
    count(
        bindings::DM_IO_RUST_IO_REQUESTS,
        read + u32::from(is_write),
        sectors,
    );
}

/// Counts a job of so many sectors. Any context.
pub(crate) fn count_job(what: Counted, sectors: u64) {
    let (jobs, sectors_of) = match what {
        Counted::Copy => (
            bindings::DM_IO_RUST_COPY_JOBS,
            bindings::DM_IO_RUST_COPY_SECTORS,
        ),
        Counted::Zeroing => (
            bindings::DM_IO_RUST_ZERO_JOBS,
            bindings::DM_IO_RUST_ZERO_SECTORS,
        ),
        Counted::Callback => (
            bindings::DM_IO_RUST_CALLBACK_JOBS,
            bindings::DM_IO_RUST_COPY_SECTORS,
        ),
    };
    count(jobs, sectors_of, sectors);
}

fn count(
    events: bindings::dm_io_rust_counter,
    sectors_of: bindings::dm_io_rust_counter,
    sectors: u64,
) {
    // SAFETY: Both are counters that there are.
    unsafe { bindings::dm_io_rust_count(events, sectors_of, sectors) }
}

/// The file, which is there for as long as this is.
pub(crate) struct Statistics(());

impl Statistics {
    /// Shows the file. May sleep; the module does so once.
    pub(crate) fn show() -> Self {
        // SAFETY: May be called once.
        unsafe { bindings::dm_io_rust_show_statistics() };
        Self(())
    }

    /// Hides the file, if it is there. May sleep.
    pub(crate) fn hide() {
        // SAFETY: May be called at any time, and does nothing the second time.
        unsafe { bindings::dm_io_rust_hide_statistics() }
    }
}

impl Drop for Statistics {
    fn drop(&mut self) {
        Self::hide();
    }
}
