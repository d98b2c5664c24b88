// SPDX-License-Identifier: GPL-2.0

//! How much memory callers have reserved.

use kernel::{
    new_mutex,
    prelude::*,
    sync::Mutex, //
};

/// The pages that are reserved, beyond the base.
#[pin_data]
pub(super) struct Reservation {
    /// The base reserve, for callers that reserve nothing.
    base: usize,
    #[pin]
    pages: Mutex<usize>,
}

impl Reservation {
    pub(super) fn new(base: usize) -> impl PinInit<Self> {
        pin_init!(Self { base, pages <- new_mutex!(0) })
    }

    /// Reserves `more` pages by `resize` to the new total, or fails and changes nothing.
    pub(super) fn grow(&self, more: usize, resize: impl Fn(usize) -> Result) -> Result {
        let mut pages = self.pages.lock();
        let total = pages
            .checked_add(more)
            .and_then(|sum| sum.checked_add(self.base));
        if let Err(error) = total.ok_or(ENOMEM).and_then(&resize) {
            // Going back needs no memory.
            let _ = resize(*pages + self.base);
            return Err(error);
        }
        *pages += more;
        Ok(())
    }

    /// Gives up to `fewer` pages back. Returns whether so many were reserved.
    pub(super) fn shrink(&self, fewer: usize, resize: impl Fn(usize) -> Result) -> bool {
        let mut pages = self.pages.lock();
        let enough = fewer <= *pages;
        *pages = pages.saturating_sub(fewer);
        // A smaller reserve needs no memory.
        let _ = resize(*pages + self.base);
        enough
    }
}
