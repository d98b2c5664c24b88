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
        Mutex, //
    }, //
};

/// No limit, in per cent.
const ALL_OF_THE_TIME: u32 = 100;
/// After so many ticks older samples decay by half.
const MEMORY: u32 = jiffies::PER_SECOND;

/// A limit that several may have; in memory the `struct dm_kcopyd_throttle` of C.
///
/// It is only read. Anyone may write the percentage, and a kernel that has the C engine, too, keeps
/// its account in the rest, under a lock of its own.
#[repr(C)]
pub(crate) struct Limit {
    /// The part of the time during which I/O may be in flight, in per cent.
    percent: Atomic<u32>,
    _in_flight: Atomic<u32>,
    busy: Atomic<u32>,
    total: Atomic<u32>,
    last: Atomic<u32>,
}

const _: () = {
    assert!(size_of::<Limit>() == size_of::<dm_kcopyd_throttle>());
    assert!(align_of::<Limit>() == align_of::<dm_kcopyd_throttle>());
    assert!(offset_of!(Limit, percent) == offset_of!(dm_kcopyd_throttle, throttle));
    assert!(offset_of!(Limit, busy) == offset_of!(dm_kcopyd_throttle, io_period));
    assert!(offset_of!(Limit, total) == offset_of!(dm_kcopyd_throttle, total_period));
    assert!(offset_of!(Limit, last) == offset_of!(dm_kcopyd_throttle, last_jiffies));
};

/// The account of those who have a limit.
struct Account {
    in_flight: u32,
    /// For how long I/O was in flight, in ticks.
    busy: u32,
    /// Of how many ticks.
    total: u32,
    /// When both were last brought up to date.
    last: u32,
}

impl Account {
    /// Creates an account that begins with the times that its owner has initialised the limit with.
    fn new(limit: &Limit) -> Self {
        Self {
            in_flight: 0,
            busy: limit.busy.load(Relaxed),
            total: limit.total.load(Relaxed),
            last: limit.last.load(Relaxed),
        }
    }

    /// Counts an I/O that is to start at `now`, unless a limit of `percent` forbids it for now.
    fn start(&mut self, percent: u32, now: u32) -> bool {
        if percent < ALL_OF_THE_TIME {
            self.pass(now);
            if self.is_above(percent) {
                return false;
            }
        }
        self.in_flight += 1;
        true
    }

    /// Counts an I/O that has ended at `now`.
    fn finish(&mut self, percent: u32, now: u32) {
        if percent < ALL_OF_THE_TIME {
            self.pass(now);
        }
        self.in_flight -= 1;
    }

    /// Takes the time up to `now` into the account.
    fn pass(&mut self, now: u32) {
        let passed = now.wrapping_sub(self.last);
        self.last = now;
        self.total = self.total.saturating_add(passed);
        if self.in_flight > 0 {
            self.busy = self.busy.saturating_add(passed);
        }
        while self.total >= MEMORY {
            self.total /= 2;
            self.busy /= 2;
        }
        self.busy = self.busy.min(self.total);
    }

    /// Whether I/O was in flight for more than `percent` of the time.
    fn is_above(&self, percent: u32) -> bool {
        // Neither is above MEMORY, nor the limit above 100.
        self.busy > self.total * percent / ALL_OF_THE_TIME
    }
}

/// The accounts of all limits that anyone has.
///
/// They are a chain, for there are few: a target's module has one for all its devices.
pub(crate) type Accounts = Mutex<Link>;

type Link = Option<KBox<Share>>;

/// An account, and how many have it.
pub(crate) struct Share {
    limit: &'static Limit,
    users: usize,
    account: Account,
    next: Link,
}

impl Share {
    fn new(limit: &'static Limit) -> Result<KBox<Self>> {
        let share = Self {
            limit,
            users: 0,
            account: Account::new(limit),
            next: None,
        };
        Ok(KBox::new(share, GFP_KERNEL)?)
    }
}

/// Returns the link to the share of the account for the limit, or the empty one at the end.
// Once in the text is enough.
#[inline(never)]
fn find<'a>(mut link: &'a mut Link, limit: &Limit) -> &'a mut Link {
    let is_other = |share: &KBox<Share>| !core::ptr::eq(share.limit, limit);
    while link.as_ref().is_some_and(is_other) {
        if let Some(share) = link {
            link = &mut share.next;
        }
    }
    link
}

/// Counts one more user of the new share's limit, which already has a share if it has users.
fn join(shares: &mut Link, new: KBox<Share>) {
    find(shares, new.limit).get_or_insert(new).users += 1;
}

/// Counts one user less.
fn leave(shares: &mut Link, limit: &Limit) {
    let link = find(shares, limit);
    if let Some(share) = link {
        share.users -= 1;
        if share.users == 0 {
            *link = share.next.take();
        }
    }
}

/// A user of a limit, and of the account for it.
pub(crate) struct Throttle {
    limit: &'static Limit,
    accounts: &'static Accounts,
}

impl Throttle {
    /// Joins those who have the limit. May sleep.
    pub(crate) fn new(limit: &'static Limit, accounts: &'static Accounts) -> Result<Self> {
        // Whoever else waits for the lock waits for no memory.
        let share = Share::new(limit)?;
        join(&mut accounts.lock(), share);
        Ok(Self { limit, accounts })
    }

    /// Changes the account under the lock. It is there as long as this user is.
    fn with<R>(&self, work: impl FnOnce(&mut Account) -> R) -> Option<R> {
        let mut shares = self.accounts.lock();
        find(&mut shares, self.limit)
            .as_mut()
            .map(|share| work(&mut share.account))
    }

    fn percent(&self) -> u32 {
        self.limit.percent.load(Relaxed)
    }

    /// Counts an I/O that is to start, unless the limit forbids it for now.
    pub(super) fn start(&self) -> bool {
        self.with(|account| account.start(self.percent(), jiffies::now()))
            .unwrap_or(true)
    }

    /// Counts an I/O that starts whatever the limit is.
    pub(super) fn start_anyway(&self) {
        self.with(|account| account.in_flight += 1);
    }

    /// Counts an I/O that has ended.
    pub(super) fn finish(&self) {
        self.with(|account| account.finish(self.percent(), jiffies::now()));
    }
}

impl Drop for Throttle {
    fn drop(&mut self) {
        leave(&mut self.accounts.lock(), self.limit);
    }
}

#[kernel::macros::kunit_tests(dm_io_rust_throttle)]
mod tests {
    use super::*;

    const fn limit(percent: u32) -> Limit {
        Limit {
            percent: Atomic::new(percent),
            _in_flight: Atomic::new(0),
            busy: Atomic::new(0),
            total: Atomic::new(0),
            last: Atomic::new(0),
        }
    }

    fn account(last: u32) -> Account {
        Account {
            last,
            ..Account::new(&limit(0))
        }
    }

    #[test]
    fn without_a_limit_every_start_is_fine() {
        for limit in [100, 101, u32::MAX] {
            let mut account = account(0);
            for now in 0..100 {
                assert!(account.start(limit, now));
            }
            assert_eq!(account.in_flight, 100);
        }
    }

    /// How many of so many ticks an I/O of one tick is in flight, when one is tried at every tick.
    fn busy_ticks(limit: u32, first: u32, ticks: u32) -> u32 {
        let mut account = account(first);
        let mut busy = 0;
        for now in (0..ticks).map(|tick| first.wrapping_add(tick)) {
            if account.in_flight > 0 {
                busy += 1;
                account.finish(limit, now);
            }
            let _ = account.start(limit, now);
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
        let mut account = account(0);
        assert!(account.start(50, 0));
        assert!(account.start(50, 0));
        account.finish(50, 10);
        // One is still in flight, and has been all the time.
        assert!(!account.start(50, 20));
        account.finish(50, 20);
        assert!(!account.start(50, 39));
        assert!(account.start(50, 40));
    }

    #[test]
    fn numbers_that_make_no_sense_do_no_harm() {
        let limit = limit(50);
        limit.busy.store(u32::MAX, Relaxed);
        limit.total.store(u32::MAX, Relaxed);
        let mut account = Account::new(&limit);
        assert!(!account.start(50, u32::MAX));
        assert!(!account.start(0, u32::MAX));
    }

    fn users(shares: &mut Link, limit: &Limit) -> Option<usize> {
        find(shares, limit).as_ref().map(|share| share.users)
    }

    #[test]
    fn accounts_go_with_their_last_users() -> Result {
        static LIMITS: [Limit; 3] = [limit(1), limit(2), limit(3)];
        for gone in &LIMITS {
            let mut shares = None;
            for limit in &LIMITS {
                join(&mut shares, Share::new(limit)?);
                join(&mut shares, Share::new(limit)?);
            }
            leave(&mut shares, gone);
            assert_eq!(users(&mut shares, gone), Some(1));
            leave(&mut shares, gone);
            assert_eq!(users(&mut shares, gone), None);
            for limit in LIMITS.iter().filter(|limit| !core::ptr::eq(*limit, gone)) {
                assert_eq!(users(&mut shares, limit), Some(2));
                leave(&mut shares, limit);
                leave(&mut shares, limit);
            }
            assert!(shares.is_none());
        }
        Ok(())
    }
}
