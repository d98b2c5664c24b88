// SPDX-License-Identifier: GPL-2.0

//! Clients: lists of jobs, the memory for them, and the works that see to them.

use super::{
    job::Job,
    sub_job::SubJob,
    throttle::Throttle,
    waiting::Waiting,
    Flags, //
};
use crate::{
    block::{
        block_device::{
            MAX_BLOCK_SIZE,
            SECTOR_SHIFT, //
        },
        rcu,
        workqueue::flush_delayed,
        BioPool,
        Child,
        IdleBio,
        OwnedQueue,
        ZeroVectors, //
    },
    dm::{
        CopyCallback,
        Refusal,
        Region, //
    },
    memory::{
        pages::MIN_BLOCK,
        LList,
        PageReserve,
        Pool,
        Pooled,
        Shared,
        Wait, //
    },
    statistics::{
        self,
        Counted, //
    }, //
};
use kernel::{
    impl_has_delayed_work,
    impl_has_work,
    new_delayed_work,
    new_mutex,
    new_work,
    page::PAGE_SIZE,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            AtomicFlag,
            Full,
            Relaxed, //
        },
        rcu::read_lock,
        Arc,
        ArcBorrow,
        Completion,
        LockedBy,
        Mutex, //
    },
    task::Task,
    time::msecs_to_jiffies,
    workqueue::{
        DelayedWork,
        Work,
        WorkItem, //
    }, //
};

/// The jobs, sub-jobs and children that a client has memory for at any time.
const RESERVE: usize = 8;
/// The steps that one run of a work takes: then it is another work's turn.
const STEPS: usize = 256;
/// How long a client waits when its throttle forbids I/O, in milliseconds.
const PAUSE_MS: u32 = 100;
/// How often it does so before it goes on all the same: others that share the throttle may use up
/// all that the limit allows.
const MAX_PAUSES: u32 = 10;

/// Cannot happen: whoever waits for memory gets it.
const NO_MEMORY: Refusal = Refusal {
    argument: c"there is no memory",
    error: ENOMEM,
};

/// What waits for all callbacks would wait for the one that it is called from.
const IN_CALLBACK: Refusal = Refusal::invalid(c"kc: this is one of its callbacks");

const PROGRESS: u64 = 1;
const CALLBACKS: u64 = 2;
const PAUSE: u64 = 3;

/// A user of the copy service.
#[pin_data]
pub(crate) struct Client {
    ctx: ClientCtx,
    jobs: Arc<Pool<Job>>,
    /// Jobs that were accepted, and not yet looked at.
    accepted: LList<Pooled<Job>>,
    /// Sub-jobs whose I/O has ended.
    ended: LList<IdleBio<SubJob>>,
    /// Jobs that are to be called back.
    done: LList<Pooled<Job>>,
    /// Serialises progress.
    #[pin]
    waiting: Mutex<Waiting>,
    /// Whether the progress work will look at `accepted` and `ended`.
    makes_progress: AtomicFlag,
    /// Whether the callbacks work will look at `done`.
    calls_back: AtomicFlag,
    /// The task that is in a callback, or null.
    caller: Atomic<usize>,
    /// The pauses since the throttle last allowed an I/O.
    pauses: Atomic<u32>,
    #[pin]
    progress: Work<Self, PROGRESS>,
    #[pin]
    callbacks: Work<Self, CALLBACKS>,
    #[pin]
    pause: DelayedWork<Self, PAUSE>,
    /// Of the progress work and the pause, which wait for nothing but devices.
    progress_queue: OwnedQueue,
    /// Of the callbacks: one may wait for what the progress work is to do, even if there is but one
    /// thread to be had for each queue.
    callback_queue: OwnedQueue,
    /// The jobs that were not called back, and one for the client's owner.
    pending: Atomic<i64>,
    #[pin]
    idle: Completion,
}

impl_has_work! {
    impl HasWork<Self, PROGRESS> for Client { self.progress }
    impl HasWork<Self, CALLBACKS> for Client { self.callbacks }
}

impl_has_delayed_work! {
    impl HasDelayedWork<Self, PAUSE> for Client { self.pause }
}

/// What sub-jobs need of their client.
pub(super) struct ClientCtx {
    pub(super) sub_jobs: Arc<BioPool<SubJob>>,
    pub(super) children: Arc<BioPool<Child<SubJob>>>,
    pub(super) pages: Arc<PageReserve>,
    pub(super) zeroes: Arc<ZeroVectors>,
    /// The most sectors of a sub-job that has a buffer.
    pub(super) max_sectors: u64,
    throttle: Option<Throttle>,
}

impl Client {
    /// Creates a client with `pages` pages set aside, which copies up to `sub_job_bytes` bytes at a
    /// time. May sleep.
    ///
    /// There are at least as many pages as the largest block of a device has, without which that
    /// could not be copied.
    pub(crate) fn new(
        pages: usize,
        sub_job_bytes: usize,
        zeroes: &Arc<ZeroVectors>,
        throttle: Option<Throttle>,
    ) -> Result<Arc<Self>> {
        // In blocks of the smallest size there are no more runs than `Method` counts on.
        let pages = pages
            .max(MAX_BLOCK_SIZE / PAGE_SIZE)
            .next_multiple_of(MIN_BLOCK / PAGE_SIZE);
        let ctx = ClientCtx {
            sub_jobs: BioPool::new(RESERVE)?,
            children: BioPool::new(RESERVE)?,
            pages: PageReserve::new(pages)?,
            zeroes: zeroes.clone(),
            max_sectors: sub_job_bytes as u64 >> SECTOR_SHIFT,
            throttle,
        };
        Arc::pin_init(
            try_pin_init!(Self {
                ctx,
                jobs: Pool::new(RESERVE)?,
                accepted: LList::new(),
                ended: LList::new(),
                done: LList::new(),
                waiting <- new_mutex!(Waiting::new()),
                makes_progress: AtomicFlag::new(false),
                calls_back: AtomicFlag::new(false),
                caller: Atomic::new(0),
                pauses: Atomic::new(0),
                progress <- new_work!("kcopyd_rust::progress"),
                callbacks <- new_work!("kcopyd_rust::callbacks"),
                pause <- new_delayed_work!("kcopyd_rust::pause"),
                progress_queue: OwnedQueue::new(c"kcopyd_rust")?,
                callback_queue: OwnedQueue::new(c"kcopyd_rust_callback")?,
                pending: Atomic::new(1),
                idle <- Completion::new(),
            }? Error),
            GFP_KERNEL,
        )
    }

    /// Lets `data` be protected by the lock that serialises progress.
    pub(super) fn lock<T>(&self, data: T) -> LockedBy<T, Waiting> {
        LockedBy::new(&self.waiting, data)
    }

    /// Accepts a copy of `from`, or if there is none a zeroing. May sleep.
    ///
    /// None of its I/O is submitted here: the caller may hold locks that a device beneath wants.
    pub(crate) fn start(
        this: ArcBorrow<'_, Self>,
        from: Option<Region>,
        dests: &[Region],
        flags: Flags,
        callback: CopyCallback,
    ) -> Result<(), Refusal> {
        let job = Job::new(this.into(), from, dests, flags, callback)?;
        let job = this.alloc_job(job).ok_or(NO_MEMORY)?;
        let what = if from.is_some() {
            Counted::Copy
        } else {
            Counted::Zeroing
        };
        statistics::count_job(what, job.sectors());
        // From here on the job may end, and its owner destroy the client: see `drain`.
        let _reader = read_lock();
        this.accepted.push(job);
        this.wake();
        Ok(())
    }

    /// Creates a job that has nothing to do but to call back, when it is ended. May sleep.
    pub(crate) fn prepare(
        this: ArcBorrow<'_, Self>,
        callback: CopyCallback,
    ) -> Result<Pooled<Job>, Refusal> {
        this.alloc_job(Job::callback_only(this.into(), callback))
            .ok_or(NO_MEMORY)
    }

    /// Ends a prepared job: calls back in line with other jobs. Any context.
    pub(crate) fn end(job: Pooled<Job>, read_error: i32, write_errors: usize) {
        job.record_read_error(read_error);
        (0..usize::BITS as usize)
            .filter(|dest| write_errors >> dest & 1 != 0)
            .for_each(|dest| job.record_write_error(dest));
        drop(job.share());
    }

    /// Allocates a job, which is pending from then on. Without memory that waits for another job's
    /// callback; in a callback, for the kernel's memory.
    fn alloc_job(&self, job: impl Init<Job>) -> Option<Pooled<Job>> {
        let wait = if self.is_calling_back() {
            Wait::Memory
        } else {
            Wait::Element
        };
        let job = Pool::alloc(&self.jobs, job, wait)?;
        self.pending.fetch_add(1, Relaxed);
        Some(job)
    }

    /// Returns whether this is called from a callback of the client.
    pub(crate) fn is_calling_back(&self) -> bool {
        self.caller.load(Relaxed) == current_task()
    }

    /// Waits until the callback has returned for every job that had nothing left to do but that; in a
    /// callback that is refused. May sleep.
    pub(crate) fn flush(this: ArcBorrow<'_, Self>) -> Result<(), Refusal> {
        if this.is_calling_back() {
            return Err(IN_CALLBACK);
        }
        // Whoever ended an I/O or a job may still be about to queue a work for it, and whoever added
        // to the list behind that relies on it. What is queued here begins only now, and takes all of
        // the lists: first the progress work, which finds the jobs that are through, then that of their
        // callbacks.
        this.queue_progress();
        this.progress_queue.flush();
        this.queue_callbacks();
        this.callback_queue.flush();
        Ok(())
    }

    /// Waits until all jobs were called back, and nothing of the client runs any more, be it work or
    /// an interrupt, so that the caller's reference is the last; in a callback that is refused, and
    /// nothing has changed. May sleep.
    pub(crate) fn drain(&self) -> Result<(), Refusal> {
        if self.is_calling_back() {
            return Err(IN_CALLBACK);
        }
        if self.pending.fetch_sub(1, Full) > 1 {
            self.idle.wait_for_completion();
        }
        // Whoever brought or ended a job may still be about to queue a work for it.
        rcu::synchronize();
        // Then only work queues work, and each has its reference until it has returned.
        flush_delayed(&self.pause);
        self.progress_queue.drain();
        self.callback_queue.drain();
        Ok(())
    }

    /// Takes a sub-job whose I/O has ended. Any context, under RCU.
    pub(super) fn sub_job_ended(self: &Arc<Self>, sub_job: IdleBio<SubJob>) {
        self.ended.push(sub_job);
        self.as_arc_borrow().wake();
    }

    /// Takes a job whose last sub-job has gone. Any context, under RCU.
    pub(super) fn job_done(self: &Arc<Self>, job: Pooled<Job>) {
        self.done.push(job);
        // The push is a full barrier: either the work sees the job, or this that it has left.
        if !self.calls_back.load(Relaxed) && !self.calls_back.xchg(true, Full) {
            self.as_arc_borrow().queue_callbacks();
        }
    }

    /// Has `accepted` and `ended` looked at. Called after an addition to one of them, which is a full
    /// barrier: either the progress work sees it, or this that it has left.
    #[inline]
    fn wake(self: ArcBorrow<'_, Self>) {
        if !self.makes_progress.load(Relaxed) && !self.makes_progress.xchg(true, Full) {
            self.queue_progress();
        }
    }

    #[inline(never)]
    fn queue_progress(self: ArcBorrow<'_, Self>) {
        // One that is queued already will do.
        let _ = self
            .progress_queue
            .enqueue::<Arc<Self>, PROGRESS>(self.into());
    }

    fn queue_callbacks(self: ArcBorrow<'_, Self>) {
        // One that is queued already will do.
        let _ = self
            .callback_queue
            .enqueue::<Arc<Self>, CALLBACKS>(self.into());
    }

    /// Does all that can be done without waiting. Returns whether there is more to do, after so many
    /// steps.
    ///
    /// Sub-jobs come first: they may free memory. On a device that is done with an I/O when it was
    /// submitted, this also lets one buffer serve a whole job. But once one of them has taken another
    /// range, a job that has none has its turn.
    fn progress(self: &Arc<Self>, waiting: &mut Waiting) -> bool {
        for _ in 0..STEPS {
            self.take_ended(waiting);
            self.take_accepted(waiting);
            waiting.sort();
            let job = waiting.pop_job();
            let has_begun = job.is_some_and(|job| self.begin(job, waiting));
            let has_done = has_begun || self.go_on(waiting);
            if !has_done && self.ended.is_empty() && self.accepted.is_empty() {
                return false;
            }
        }
        true
    }

    /// Takes the jobs that were accepted, and keeps those that have anything to do.
    fn take_accepted(&self, waiting: &mut Waiting) {
        if self.accepted.is_empty() {
            return;
        }
        let mut accepted = self.accepted.take();
        while let Some(job) = accepted.pop_front() {
            waiting.add(job.share());
        }
    }

    /// Takes the sub-jobs whose I/O has ended, and keeps those that are to go on.
    fn take_ended(&self, waiting: &mut Waiting) {
        if self.ended.is_empty() {
            return;
        }
        let mut ended = self.ended.take();
        while let Some(mut sub_job) = ended.pop_front() {
            if let Some(throttle) = &self.ctx.throttle {
                throttle.finish();
            }
            if SubJob::advance(&mut sub_job, waiting) {
                waiting.sub_jobs.push_back(sub_job);
            }
        }
    }

    /// Starts the I/O of a sub-job. Returns false if there is none to start, or none may start now.
    fn go_on(self: &Arc<Self>, waiting: &mut Waiting) -> bool {
        if waiting.sub_jobs.is_empty() {
            return false;
        }
        if !self.may_start() {
            // One that is queued already will do.
            let _ = OwnedQueue::enqueue_delayed::<_, PAUSE>(
                self.clone(),
                |client| &client.progress_queue,
                msecs_to_jiffies(PAUSE_MS),
            );
            return false;
        }
        if let Some(sub_job) = waiting.sub_jobs.pop_front() {
            SubJob::submit(sub_job, &self.ctx);
        }
        true
    }

    /// Returns whether an I/O may start, which is counted then.
    fn may_start(&self) -> bool {
        let Some(throttle) = &self.ctx.throttle else {
            return true;
        };
        if self.pauses.load(Relaxed) >= MAX_PAUSES {
            throttle.start_anyway();
        } else if !throttle.start() {
            return false;
        }
        self.pauses.store(0, Relaxed);
        true
    }

    /// Begins a sub-job. Returns false if there is no memory for the first one of a job.
    fn begin(&self, job: Shared<Job>, waiting: &mut Waiting) -> bool {
        let Some(mut sub_job) = SubJob::new(&self.ctx, &job, waiting) else {
            return waiting.put_back(job);
        };
        job.state(waiting).count_sub_job();
        if SubJob::take(&mut sub_job, waiting) {
            waiting.sub_jobs.push_back(sub_job);
        }
        waiting.add(job);
        true
    }

    /// Calls back for the jobs that are done.
    fn call_back(self: &Arc<Self>) {
        let mut done = self.done.take();
        while let Some(job) = done.pop_front() {
            self.call_back_for(job);
        }
        // A callback may have brought another copy, and that may have ended: without an end to this
        // work no other would have its turn.
        self.calls_back.xchg(false, Full);
        if !self.done.is_empty() && !self.calls_back.xchg(true, Full) {
            self.as_arc_borrow().queue_callbacks();
        }
    }

    fn call_back_for(&self, job: Pooled<Job>) {
        let (callback, read_error) = (job.callback(), job.read_error());
        let write_errors = job.write_errors();
        // The callback may start another copy, which is to find this one's memory.
        drop(job);
        self.caller.store(current_task(), Relaxed);
        callback.call(read_error, write_errors);
        self.caller.store(0, Relaxed);
        if self.pending.fetch_sub(1, Full) == 1 {
            self.idle.complete_all();
        }
    }
}

/// Returns the address of the current task.
fn current_task() -> usize {
    Task::current_raw().addr()
}

impl WorkItem<PROGRESS> for Client {
    type Pointer = Arc<Self>;

    fn run(this: Arc<Self>) {
        let has_more = this.progress(&mut this.waiting.lock());
        // From here on an addition to a list queues the work anew.
        this.makes_progress.xchg(false, Full);
        if has_more {
            this.as_arc_borrow().queue_progress();
        } else if !this.ended.is_empty() || !this.accepted.is_empty() {
            this.as_arc_borrow().wake();
        }
    }
}

impl WorkItem<CALLBACKS> for Client {
    type Pointer = Arc<Self>;

    fn run(this: Arc<Self>) {
        this.call_back();
    }
}

impl WorkItem<PAUSE> for Client {
    type Pointer = Arc<Self>;

    fn run(this: Arc<Self>) {
        this.pauses.fetch_add(1, Relaxed);
        // Nothing was added to a list: the work may run, and be past what waits for the throttle.
        this.as_arc_borrow().queue_progress();
    }
}
