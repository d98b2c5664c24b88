// SPDX-License-Identifier: GPL-2.0

//! Throttles: limits for the share of the time in which copies are in flight.

use crate::{
    bindings::dm_kcopyd_throttle,
    block::jiffies, //
};
use core::mem::offset_of;
use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc,
        Mutex, //
    }, //
};

/// No limit, in per cent.
const ALL_OF_THE_TIME: u32 = 100;
/// After so many ticks older samples decay by half.
const MEMORY: u32 = jiffies::PER_SECOND;

/// The account of those who share a limit; in memory the `struct dm_kcopyd_throttle` of C.
///
/// The limit is written by anyone, all else under the lock of [`Throttle`].
#[repr(C)]
pub(crate) struct Account {
    /// The part of the time during which I/O may be in flight, in per cent.
    limit: Atomic<u32>,
    in_flight: Atomic<u32>,
    /// For how long I/O was in flight, in ticks.
    busy: Atomic<u32>,
    /// Of how many ticks.
    total: Atomic<u32>,
    /// When both were last brought up to date.
    last: Atomic<u32>,
}

const _: () = {
    assert!(size_of::<Account>() == size_of::<dm_kcopyd_throttle>());
    assert!(align_of::<Account>() == align_of::<dm_kcopyd_throttle>());
    assert!(offset_of!(Account, limit) == offset_of!(dm_kcopyd_throttle, throttle));
    assert!(offset_of!(Account, in_flight) == offset_of!(dm_kcopyd_throttle, num_io_jobs));
    assert!(offset_of!(Account, busy) == offset_of!(dm_kcopyd_throttle, io_period));
    assert!(offset_of!(Account, total) == offset_of!(dm_kcopyd_throttle, total_period));
    assert!(offset_of!(Account, last) == offset_of!(dm_kcopyd_throttle, last_jiffies));
};

impl Account {
    /// Counts an I/O that is to start at `now`, unless the limit forbids it for now.
    fn start(&self, now: u32) -> bool {
        let limit = self.limit.load(Relaxed);
        if limit < ALL_OF_THE_TIME {
            self.pass(now);
            if self.is_above(limit) {
                return false;
            }
        }
        self.count_start();
        true
    }

    /// Counts an I/O that starts whatever the limit is.
    fn count_start(&self) {
        let in_flight = self.in_flight.load(Relaxed);
        self.in_flight.store(in_flight.wrapping_add(1), Relaxed);
    }

    /// Counts an I/O that has ended at `now`.
    fn finish(&self, now: u32) {
        if self.limit.load(Relaxed) < ALL_OF_THE_TIME {
            self.pass(now);
        }
        let in_flight = self.in_flight.load(Relaxed);
        self.in_flight.store(in_flight.saturating_sub(1), Relaxed);
    }

    /// Takes the time up to `now` into the account.
    fn pass(&self, now: u32) {
        let passed = now.wrapping_sub(self.last.load(Relaxed));
        self.last.store(now, Relaxed);
        let mut total = self.total.load(Relaxed).saturating_add(passed);
        let mut busy = self.busy.load(Relaxed);
        if self.in_flight.load(Relaxed) > 0 {
            busy = busy.saturating_add(passed);
        }
        while total >= MEMORY {
            total /= 2;
            busy /= 2;
        }
        self.total.store(total, Relaxed);
        self.busy.store(busy.min(total), Relaxed);
    }

    /// Whether I/O was in flight for more than `limit` per cent of the time.
    fn is_above(&self, limit: u32) -> bool {
        // Neither is above MEMORY, nor the limit above 100.
        self.busy.load(Relaxed) > self.total.load(Relaxed) * limit / ALL_OF_THE_TIME
    }
}

/// A share in an account.
pub(crate) struct Throttle {
    account: &'static Account,
    /// One for all accounts.
    lock: Arc<Mutex<()>>,
}

impl Throttle {
    pub(crate) fn new(account: &'static Account, lock: Arc<Mutex<()>>) -> Self {
        Self { account, lock }
    }

    /// Counts an I/O that is to start, unless the limit forbids it for now.
    pub(super) fn start(&self) -> bool {
        let _guard = self.lock.lock();
        self.account.start(jiffies::now())
    }

    /// Counts an I/O that starts whatever the limit is.
    pub(super) fn start_anyway(&self) {
        let _guard = self.lock.lock();
        self.account.count_start();
    }

    /// Counts an I/O that has ended.
    pub(super) fn finish(&self) {
        let _guard = self.lock.lock();
        self.account.finish(jiffies::now());
    }
}

#[kernel::macros::kunit_tests(dm_io_rust_throttle)]
mod tests {
    use super::*;

    fn account(limit: u32, last: u32) -> Account {
        Account {
            limit: Atomic::new(limit),
            in_flight: Atomic::new(0),
            busy: Atomic::new(0),
            total: Atomic::new(0),
            last: Atomic::new(last),
        }
    }

    #[test]
    fn without_a_limit_every_start_is_fine() {
        for limit in [100, 101, u32::MAX] {
            let account = account(limit, 0);
            for now in 0..100 {
                assert!(account.start(now));
            }
            assert_eq!(account.in_flight.load(Relaxed), 100);
        }
    }

    /// How many of so many ticks an I/O of one tick is in flight, when one is tried at every tick.
    fn busy_ticks(limit: u32, first: u32, ticks: u32) -> u32 {
        let account = account(limit, first);
        let mut busy = 0;
        for now in (0..ticks).map(|tick| first.wrapping_add(tick)) {
            if account.in_flight.load(Relaxed) > 0 {
                busy += 1;
                account.finish(now);
            }
            let _ = account.start(now);
        }
        busy
    }

    #[test]
    fn limit_is_the_share_of_the_time() {
        for first in [0, u32::MAX - 5000, 12345] {
            for limit in [0, 1, 10, 50, 90, 99] {
                let busy = busy_ticks(limit, first, 10_000);
                let want = 100 * limit;
                assert!(busy.abs_diff(want) <= 250);
            }
        }
    }

    #[test]
    fn one_account_serves_several() {
        let account = account(50, 0);
        assert!(account.start(0));
        assert!(account.start(0));
        account.finish(10);
        // One is still in flight, and has been all the time.
        assert!(!account.start(20));
        account.finish(20);
        assert!(!account.start(39));
        assert!(account.start(40));
    }

    #[test]
    fn numbers_that_make_no_sense_do_no_harm() {
        let account = account(50, 0);
        account.busy.store(u32::MAX, Relaxed);
        account.total.store(u32::MAX, Relaxed);
        account.finish(u32::MAX);
        assert!(!account.start(u32::MAX));
        account.limit.store(0, Relaxed);
        assert!(!account.start(0));
    }
}
