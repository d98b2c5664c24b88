// SPDX-License-Identifier: GPL-2.0

//! What went through the module, for those who want to know: debugfs, `dm_io_rust/statistics`.

use crate::bindings;

/// What an I/O or a job is counted as.
#[derive(Clone, Copy)]
pub(crate) enum Counted {
    Read,
    Write,
    Copy,
    Zeroing,
    Callback,
}

/// Counts an I/O or a job, which has so many sectors. Any context.
pub(crate) fn count(what: Counted, sectors: u64) {
    let (events, sectors_of) = match what {
        Counted::Read => (
            bindings::DM_IO_RUST_IO_REQUESTS,
            bindings::DM_IO_RUST_IO_SECTORS_READ,
        ),
        Counted::Write => (
            bindings::DM_IO_RUST_IO_REQUESTS,
            bindings::DM_IO_RUST_IO_SECTORS_WRITTEN,
        ),
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
}

impl Drop for Statistics {
    fn drop(&mut self) {
        // SAFETY: It was shown.
        unsafe { bindings::dm_io_rust_hide_statistics() }
    }
}
