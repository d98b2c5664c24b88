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
        bio::is_submitting,
        block_device::{
            MAX_BLOCK_SIZE,
            SECTOR_SHIFT, //
        },
        rcu,
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
    impl_has_work,
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
        Arc,
        Completion,
        Mutex, //
    },
    task::Task,
    time::{
        delay::fsleep,
        Delta, //
    },
    workqueue::{
        Work,
        WorkItem, //
    }, //
};

/// The jobs, parts and legs that a client has memory for at any time.
const RESERVE: usize = 8;
/// The I/Os that are started by the caller who brings a job: a read and a write.
const STEPS_HERE: usize = 2;
/// How long a client waits when its throttle forbids I/O, in milliseconds.
const PAUSE_MS: i64 = 100;
/// How often it does so before it goes on all the same: others that share the throttle may use up
/// all that the limit allows.
const MAX_PAUSES: u32 = 10;

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
    /// Held by who is at the client's jobs: the progress work, or a caller.
    #[pin]
    waiting: Mutex<Waiting<N>>,
    #[pin]
    progress: Work<Self, PROGRESS>,
    #[pin]
    callbacks: Work<Self, CALLBACKS>,
    #[pin]
    pause: Work<Self, PAUSE>,
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
    impl{N: Notify} HasWork<Self, PAUSE> for Client<N> { self.pause }
}

/// What there is to do that could not be done at once.
struct Waiting<N: Notify> {
    /// Jobs that do not have all their parts.
    jobs: BioQueue<Job<N>>,
    /// Parts that are to go on.
    parts: BioQueue<Part<N>>,
    /// The pauses since the throttle last allowed that.
    pauses: u32,
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
            queue: OwnedQueue::new(c"kcopyd_rust")?,
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
                    pauses: 0,
                }),
                progress <- new_work!("kcopyd_rust::progress"),
                callbacks <- new_work!("kcopyd_rust::callbacks"),
                pause <- new_work!("kcopyd_rust::pause"),
                pending: Atomic::new(1),
                idle <- Completion::new(),
                caller: Atomic::new(0),
            }? Error),
            GFP_KERNEL,
        )
    }

    /// Accepts a copy of `from`, or if there is none a zeroing. May sleep.
    ///
    /// Without memory it waits for the end of another job if it `may_wait`, or else fails.
    pub(crate) fn start(
        this: &Arc<Self>,
        from: Option<Region>,
        dests: &[Region],
        flags: Flags,
        notify: N,
        may_wait: bool,
    ) -> Result<(), Refusal> {
        let job = Job::new(this.clone(), from, dests, flags, notify)?;
        let job = this.carry(job, may_wait).ok_or(Refusal {
            argument: c"there is no memory, and a callback cannot wait for any",
            error: ENOMEM,
        })?;
        let what = if from.is_some() {
            Counted::Copy
        } else {
            Counted::Zeroing
        };
        statistics::count(what, job.rest());
        if this.accepted.push(job) {
            this.begin_here();
        }
        Ok(())
    }

    /// Makes a job that has nothing to do but to call back, when it is ended. May sleep.
    pub(crate) fn prepare(this: &Arc<Self>, notify: N) -> Option<Bio<Job<N>>> {
        let job = this.carry(Job::callback(this.clone(), notify), true)?;
        statistics::count(Counted::Callback, 0);
        Some(job)
    }

    /// Ends a prepared job: calls back in line with other jobs. Any context.
    pub(crate) fn end(job: Bio<Job<N>>, read_error: i32, write_errors: usize) {
        job.note_read_error(read_error);
        job.note_write_errors(write_errors);
        job.end();
    }

    /// Makes the bio of a job, which is pending from then on.
    fn carry(&self, job: impl Init<Job<N>>, may_wait: bool) -> Option<Bio<Job<N>>> {
        let job = if may_wait {
            BioPool::alloc_carrier(&self.jobs, job)
        } else {
            BioPool::try_alloc(&self.jobs, None, 0, 0, job)
        }?;
        self.pending.fetch_add(1, Relaxed);
        Some(job)
    }

    /// Whether this is a callback of the client. Such a one should not wait for memory: it may be
    /// that only further callbacks would give any back.
    pub(crate) fn is_calling_back(&self) -> bool {
        self.caller.load(Relaxed) == current_task()
    }

    /// Waits for the work that there is, and for that which follows from it at once. May sleep; not
    /// from a callback.
    pub(crate) fn flush(self: &Arc<Self>) {
        // Another caller may be at what was accepted, and not have left any of it to the work yet.
        self.wake();
        // The progress work may make the callbacks' work, which a flush that has begun passes over.
        self.means.queue.flush();
        self.means.queue.flush();
    }

    /// Waits until all jobs were called back, and nothing of the client runs any more, be it work or
    /// an interrupt. May sleep; not from a callback.
    pub(crate) fn drain(&self) {
        if self.pending.fetch_sub(1, Full) > 1 {
            self.idle.wait_for_completion();
        }
        self.means.queue.flush();
        rcu::synchronize();
    }

    /// Takes a part whose I/O has ended. Any context.
    pub(super) fn part_ended(self: &Arc<Self>, part: Bio<Part<N>>) {
        if self.ended.push(part) {
            self.wake();
        }
    }

    /// Takes a job all of whose parts have gone. Any context.
    pub(super) fn job_done(self: &Arc<Self>, job: Bio<Job<N>>) {
        if self.done.push(job) {
            self.wake_callbacks();
        }
    }

    /// Does the first that there is to do at once, where that is safe: on a fast device a short copy
    /// then needs no other task but for its callback.
    fn begin_here(self: &Arc<Self>) {
        let has_more = match self.waiting.try_lock() {
            Some(mut waiting) if !is_submitting() => self.progress(&mut waiting, STEPS_HERE),
            _ => true,
        };
        if has_more {
            self.wake();
        }
    }

    fn wake(self: &Arc<Self>) {
        // One that is queued already will find what there is to do.
        let _ = self.means.queue.enqueue::<_, PROGRESS>(self.clone());
    }

    fn wake_callbacks(self: &Arc<Self>) {
        // One that is queued already will find the jobs.
        let _ = self.means.queue.enqueue::<_, CALLBACKS>(self.clone());
    }

    /// Does all that can be done without waiting, but starts no more than so many I/Os. Returns
    /// whether there is another to start: then the caller is to see to it that this is called again.
    ///
    /// Parts come first: they may set memory free. On a device that is done with an I/O when it
    /// was submitted, this also lets one buffer serve a whole job.
    fn progress(self: &Arc<Self>, waiting: &mut Waiting<N>, mut most: usize) -> bool {
        loop {
            self.take_ended(&mut waiting.parts);
            waiting.jobs.append(&mut self.accepted.take());
            let has_done = if waiting.parts.is_empty() {
                self.begin(waiting)
            } else if most == 0 {
                return true;
            } else {
                most -= 1;
                self.go_on(waiting)
            };
            if !has_done && self.ended.leave() && self.accepted.leave() {
                return false;
            }
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
        if !self.may_start(&mut waiting.pauses) {
            // One that is queued already will do.
            let _ = self.means.queue.enqueue::<_, PAUSE>(self.clone());
            return false;
        }
        if let Some(part) = waiting.parts.pop_front() {
            Part::submit(part, &self.means);
        }
        true
    }

    /// Whether an I/O may start, which is counted then.
    fn may_start(&self, pauses: &mut u32) -> bool {
        let Some(throttle) = &self.means.throttle else {
            return true;
        };
        if *pauses >= MAX_PAUSES {
            throttle.start_anyway();
        } else if !throttle.start() {
            return false;
        }
        *pauses = 0;
        true
    }

    /// Begins another part of the first job, or lets the job go if it has all that it is to have.
    /// Returns false if nothing can be done.
    fn begin(&self, waiting: &mut Waiting<N>) -> bool {
        let Some(job) = waiting.jobs.pop_front() else {
            return false;
        };
        if !job.takes_parts() {
            job.end();
            return true;
        }
        match Part::new(&self.means, &job) {
            Some(part) => {
                job.count_part();
                if let Some(part) = Part::take(part) {
                    waiting.parts.push_back(part);
                }
            }
            // The parts that it has will do.
            None if job.parts() > 0 => {
                job.end();
                return true;
            }
            None => {
                waiting.jobs.push_front(job);
                return false;
            }
        }
        waiting.jobs.push_front(job);
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
            self.wake_callbacks();
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
        this.progress(&mut this.waiting.lock(), usize::MAX);
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
        fsleep(Delta::from_millis(PAUSE_MS));
        this.waiting.lock().pauses += 1;
        this.wake();
    }
}
