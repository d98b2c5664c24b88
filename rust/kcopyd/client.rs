// SPDX-License-Identifier: GPL-2.0

//! Who copies, and with what.

use super::{
    job::Job,
    part::{
        Means,
        Part, //
    },
    throttle::Throttle,
    Flags,
    Notify, //
};
use crate::{
    block::{
        block_device::{
            MAX_BLOCK_SIZE,
            SECTOR_SHIFT, //
        },
        rcu,
        workqueue::flush_delayed,
        Bio,
        BioList,
        BioPool,
        BioQueue,
        OwnedQueue,
        PageReserve,
        Resources, //
    },
    io::{
        Refusal,
        Region, //
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
            Full,
            Relaxed, //
        },
        rcu::read_lock,
        Arc,
        ArcBorrow,
        Completion,
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

/// The jobs, parts and legs that a client has memory for at any time.
const RESERVE: usize = 8;
/// The steps that one run of the progress work takes: then it is another work's turn.
const STEPS: usize = 256;
/// How long a client waits when its throttle forbids I/O, in milliseconds.
const PAUSE_MS: u32 = 100;
/// How often it does so before it goes on all the same: others that share the throttle may use up
/// all that the limit allows.
const MAX_PAUSES: u32 = 10;

/// What cannot happen: who waits for memory gets it.
const NO_MEMORY: Refusal = Refusal {
    argument: c"there is no memory",
    error: ENOMEM,
};

const PROGRESS: u64 = 1;
const CALLBACKS: u64 = 2;
const PAUSE: u64 = 3;

/// A user of the copy service.
#[pin_data]
pub(crate) struct Client<N: Notify> {
    means: Means<N>,
    jobs: Arc<BioPool<Job<N>>>,
    /// Jobs that nobody has looked at.
    accepted: BioList<Job<N>>,
    /// Parts whose I/O has ended.
    ended: BioList<Part<N>>,
    /// Jobs that are to be called back.
    done: BioList<Job<N>>,
    /// Serialises job processing; held by the progress work.
    #[pin]
    waiting: Mutex<Waiting<N>>,
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
    /// The address of the task that is in a callback, or 0.
    caller: Atomic<usize>,
}

impl_has_work! {
    impl{N: Notify} HasWork<Self, PROGRESS> for Client<N> { self.progress }
    impl{N: Notify} HasWork<Self, CALLBACKS> for Client<N> { self.callbacks }
}

impl_has_delayed_work! {
    impl{N: Notify} HasDelayedWork<Self, PAUSE> for Client<N> { self.pause }
}

/// What there is to do that could not be done at once.
struct Waiting<N: Notify> {
    /// Jobs that do not have all their parts.
    jobs: BioQueue<Job<N>>,
    /// Parts that are to go on.
    parts: BioQueue<Part<N>>,
}

impl<N: Notify> Client<N> {
    /// Makes a client with `pages` pages set aside, which copies up to `part_bytes` bytes at a time.
    /// May sleep.
    ///
    /// There are at least as many pages as the largest block of a device has, without which that
    /// could not be copied.
    pub(crate) fn new(
        pages: usize,
        part_bytes: usize,
        resources: &Arc<Resources>,
        throttle: Option<Throttle>,
    ) -> Result<Arc<Self>> {
        let means = Means {
            parts: BioPool::new(resources, RESERVE)?,
            legs: BioPool::new(resources, RESERVE)?,
            pages: PageReserve::new(pages.max(MAX_BLOCK_SIZE / PAGE_SIZE))?,
            resources: resources.clone(),
            max_sectors: part_bytes as u64 >> SECTOR_SHIFT,
            throttle,
        };
        Arc::pin_init(
            try_pin_init!(Self {
                means,
                jobs: BioPool::new(resources, RESERVE)?,
                accepted: BioList::new(),
                ended: BioList::new(),
                done: BioList::new(),
                waiting <- new_mutex!(Waiting {
                    jobs: BioQueue::new(),
                    parts: BioQueue::new(),
                }),
                pauses: Atomic::new(0),
                progress <- new_work!("kcopyd_rust::progress"),
                callbacks <- new_work!("kcopyd_rust::callbacks"),
                pause <- new_delayed_work!("kcopyd_rust::pause"),
                progress_queue: OwnedQueue::new(c"kcopyd_rust")?,
                callback_queue: OwnedQueue::new(c"kcopyd_rust_callback")?,
                pending: Atomic::new(1),
                idle <- Completion::new(),
                caller: Atomic::new(0),
            }? Error),
            GFP_KERNEL,
        )
    }

    /// Accepts a copy of `from`, or if there is none a zeroing. May sleep.
    ///
    /// None of its I/O is submitted here: the caller may hold locks that a device beneath wants.
    pub(crate) fn start(
        this: ArcBorrow<'_, Self>,
        from: Option<Region>,
        dests: &[Region],
        flags: Flags,
        notify: N,
    ) -> Result<(), Refusal> {
        let job = Job::new(this.into(), from, dests, flags, notify)?;
        let job = this.carry(job).ok_or(NO_MEMORY)?;
        let what = if from.is_some() {
            Counted::Copy
        } else {
            Counted::Zeroing
        };
        statistics::count(what, job.rest());
        // From here on the job may end, and its owner destroy the client: see `drain`.
        let _reader = read_lock();
        if this.accepted.push(job) {
            this.wake();
        }
        Ok(())
    }

    /// Makes a job that has nothing to do but to call back, when it is ended. May sleep.
    pub(crate) fn prepare(this: ArcBorrow<'_, Self>, notify: N) -> Result<Bio<Job<N>>, Refusal> {
        this.carry(Job::callback(this.into(), notify))
            .ok_or(NO_MEMORY)
    }

    /// Ends a prepared job: calls back in line with other jobs. Any context.
    pub(crate) fn end(job: Bio<Job<N>>, read_error: i32, write_errors: usize) {
        job.note_read_error(read_error);
        job.note_write_errors(write_errors);
        job.end();
    }

    /// Makes the bio of a job, which is pending from then on. Without memory that waits for another
    /// job's callback; in a callback, for the kernel's memory.
    fn carry(&self, job: impl Init<Job<N>>) -> Option<Bio<Job<N>>> {
        let job = if self.is_calling_back() {
            BioPool::alloc_carrier_beyond_reserve(&self.jobs, job)
        } else {
            BioPool::alloc_carrier(&self.jobs, job)
        }?;
        self.pending.fetch_add(1, Relaxed);
        Some(job)
    }

    /// Whether this is a callback of the client, which must not wait for another.
    fn is_calling_back(&self) -> bool {
        self.caller.load(Relaxed) == current_task()
    }

    /// Waits until the callback has returned for every job that had nothing left to do but that. May
    /// sleep; not from a callback.
    pub(crate) fn flush(this: ArcBorrow<'_, Self>) {
        // Whoever ended an I/O or a job may still be about to queue the work for it, and whoever added
        // to the list behind him rely on that. What is queued here begins only now, and takes all of
        // the list: first the progress work, which finds the jobs that are through, then that of their
        // callbacks.
        this.wake();
        this.progress_queue.flush();
        this.wake_callbacks();
        this.callback_queue.flush();
    }

    /// Waits until all jobs were called back, and nothing of the client runs any more, be it work or
    /// an interrupt, so that the caller's reference is the last. May sleep; not from a callback.
    pub(crate) fn drain(&self) {
        if self.pending.fetch_sub(1, Full) > 1 {
            self.idle.wait_for_completion();
        }
        // Who brought or ended a job may still be about to queue work for it.
        rcu::synchronize();
        // Then only work queues work, and each has its reference until it has returned.
        flush_delayed(&self.pause);
        self.progress_queue.drain();
        self.callback_queue.drain();
    }

    /// Takes a part whose I/O has ended. Any context, under RCU.
    pub(super) fn part_ended(self: &Arc<Self>, part: Bio<Part<N>>) {
        if self.ended.push(part) {
            self.as_arc_borrow().wake();
        }
    }

    /// Takes a job all of whose parts have gone. Any context, under RCU.
    pub(super) fn job_done(self: &Arc<Self>, job: Bio<Job<N>>) {
        if self.done.push(job) {
            self.as_arc_borrow().wake_callbacks();
        }
    }

    fn wake(self: ArcBorrow<'_, Self>) {
        // One that is queued already will find what there is to do.
        let _ = self
            .progress_queue
            .enqueue::<Arc<Self>, PROGRESS>(self.into());
    }

    fn wake_callbacks(self: ArcBorrow<'_, Self>) {
        // One that is queued already will find the jobs.
        let _ = self
            .callback_queue
            .enqueue::<Arc<Self>, CALLBACKS>(self.into());
    }

    /// Does all that can be done without waiting; after so many steps the work queues itself anew.
    ///
    /// Parts come first: they may set memory free. On a device that is done with an I/O when it
    /// was submitted, this also lets one buffer serve a whole job.
    fn progress(self: &Arc<Self>, waiting: &mut Waiting<N>) {
        for _ in 0..STEPS {
            self.take_ended(&mut waiting.parts);
            self.take_accepted(&mut waiting.jobs);
            let has_done = if waiting.parts.is_empty() {
                self.begin(waiting)
            } else {
                self.go_on(waiting)
            };
            if !has_done && self.ended.leave() && self.accepted.leave() {
                return;
            }
        }
        self.as_arc_borrow().wake();
    }

    /// Takes the jobs that were accepted, and adds those that have anything to do to `jobs`.
    fn take_accepted(&self, jobs: &mut BioQueue<Job<N>>) {
        let mut accepted = self.accepted.take();
        while let Some(job) = accepted.pop_front() {
            Self::keep_or_end(job, |job| jobs.push_back(job));
        }
    }

    /// Keeps a job that is to have another part; any other ends with the last of those it has.
    fn keep_or_end(job: Bio<Job<N>>, keep: impl FnOnce(Bio<Job<N>>)) {
        if job.takes_parts() {
            keep(job);
        } else {
            job.end();
        }
    }

    /// Takes the parts whose I/O has ended, and adds those that are to go on to `parts`.
    fn take_ended(&self, parts: &mut BioQueue<Part<N>>) {
        let mut ended = self.ended.take();
        while let Some(part) = ended.pop_front() {
            if let Some(throttle) = &self.means.throttle {
                throttle.finish();
            }
            if let Some(part) = Part::advance(part) {
                parts.push_back(part);
            }
        }
    }

    /// Starts the I/O of a part. Returns false if none may start now.
    fn go_on(self: &Arc<Self>, waiting: &mut Waiting<N>) -> bool {
        if !self.may_start() {
            Self::let_go(waiting);
            // One that is queued already will do.
            let _ = self
                .progress_queue
                .enqueue_delayed::<_, PAUSE>(self.clone(), msecs_to_jiffies(PAUSE_MS));
            return false;
        }
        if let Some(part) = waiting.parts.pop_front() {
            Part::submit(part, &self.means);
        }
        true
    }

    /// Lets the first job go if its parts have taken all of it.
    fn let_go(waiting: &mut Waiting<N>) {
        if let Some(job) = waiting.jobs.pop_front() {
            Self::keep_or_end(job, |job| waiting.jobs.push_front(job));
        }
    }

    /// Whether an I/O may start, which is counted then.
    fn may_start(&self) -> bool {
        let Some(throttle) = &self.means.throttle else {
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

    /// Begins another part of the first job, or lets the job go if it has all that it is to have.
    /// Returns false if nothing can be done.
    fn begin(&self, waiting: &mut Waiting<N>) -> bool {
        let Some(job) = waiting.jobs.pop_front() else {
            return false;
        };
        // An error may have stopped it.
        let part = job
            .takes_parts()
            .then(|| Part::new(&self.means, &job))
            .flatten();
        match part {
            Some(part) => {
                job.count_part();
                if let Some(part) = Part::take(part) {
                    waiting.parts.push_back(part);
                }
                Self::keep_or_end(job, |job| waiting.jobs.push_front(job));
            }
            // It needs memory for one part at least, which another gives back.
            None if job.takes_parts() && job.parts() == 0 => {
                waiting.jobs.push_front(job);
                return false;
            }
            // The parts that it has will do.
            None => job.end(),
        }
        true
    }

    /// Calls back for all jobs that are done.
    fn call_back(self: &Arc<Self>) {
        let mut done = self.done.take();
        while let Some(job) = done.pop_front() {
            self.call_back_for(job);
        }
        // Each callback may have brought another copy, and that may have ended: without an end to
        // this work no other would have its turn.
        if !self.done.leave() {
            self.as_arc_borrow().wake_callbacks();
        }
    }

    fn call_back_for(&self, job: Bio<Job<N>>) {
        let (notify, read_error) = (job.notify(), job.read_error());
        let write_errors = job.write_errors();
        // The callback may start another copy, which is to find this one's memory.
        drop(job);
        self.caller.store(current_task(), Relaxed);
        notify.notify(read_error, write_errors);
        self.caller.store(0, Relaxed);
        if self.pending.fetch_sub(1, Full) == 1 {
            self.idle.complete_all();
        }
    }
}

/// What the current task is told apart by.
fn current_task() -> usize {
    Task::current_raw().addr()
}

impl<N: Notify> WorkItem<PROGRESS> for Client<N> {
    type Pointer = Arc<Self>;

    fn run(this: Arc<Self>) {
        this.progress(&mut this.waiting.lock());
    }
}

impl<N: Notify> WorkItem<CALLBACKS> for Client<N> {
    type Pointer = Arc<Self>;

    fn run(this: Arc<Self>) {
        this.call_back();
    }
}

impl<N: Notify> WorkItem<PAUSE> for Client<N> {
    type Pointer = Arc<Self>;

    fn run(this: Arc<Self>) {
        this.pauses.fetch_add(1, Relaxed);
        this.as_arc_borrow().wake();
    }
}
