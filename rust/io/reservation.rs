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

#[kernel::macros::kunit_tests(dm_io_rust_reservation)]
mod tests {
    use super::*;
    use core::cell::Cell;

    const BASE: usize = 10;

    #[test]
    fn what_is_reserved_can_be_given_back_once() -> Result {
        let reservation = KBox::pin_init(Reservation::new(BASE), GFP_KERNEL)?;
        let last = Cell::new(0);
        let resize = |total| {
            last.set(total);
            Ok(())
        };
        reservation.grow(3, resize)?;
        assert_eq!(last.get(), BASE + 3);
        reservation.grow(4, resize)?;
        assert_eq!(last.get(), BASE + 7);
        assert!(reservation.shrink(3, resize));
        assert_eq!(last.get(), BASE + 4);
        assert!(reservation.shrink(4, resize));
        assert_eq!(last.get(), BASE);
        assert!(!reservation.shrink(1, resize));
        assert_eq!(last.get(), BASE);
        Ok(())
    }

    #[test]
    fn a_refusal_changes_nothing() -> Result {
        let reservation = KBox::pin_init(Reservation::new(BASE), GFP_KERNEL)?;
        let refuse = |total| {
            if total > BASE + 3 {
                Err(ENOMEM)
            } else {
                Ok(())
            }
        };
        reservation.grow(3, refuse)?;
        assert!(reservation.grow(1, refuse) == Err(ENOMEM));
        assert!(reservation.grow(usize::MAX - 3, refuse) == Err(ENOMEM));
        assert!(reservation.shrink(3, refuse));
        Ok(())
    }
}
