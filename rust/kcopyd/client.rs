// SPDX-License-Identifier: GPL-2.0

//! Who copies, and with what.

use super::{
    job::Job,
    part::{
        Means,
        Part, //
    },
    Notify, //
};
use crate::{
    block::{
        block_device::MAX_BLOCK_SIZE,
        rcu,
        Bio,
        BioList,
        BioPool,
        BioQueue,
        OwnedQueue,
        PageReserve, //
    },
    io::{
        Refusal,
        Region, //
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
    workqueue::{
        Work,
        WorkItem, //
    }, //
};

/// The jobs, parts and legs that a client has memory for at any time.
const RESERVE: usize = 8;
/// The parts of a job that are in flight at a time.
const MAX_PARTS: u32 = 8;

const PROGRESS: u64 = 1;
const CALLBACKS: u64 = 2;

/// A user of the copy service.
#[pin_data]
pub(crate) struct Client<N: Notify> {
    means: Means<N>,
    jobs: Arc<BioPool<Job<N>>>,
    /// Jobs that the progress work has not seen.
    accepted: BioList<Job<N>>,
    /// Parts whose I/O has ended.
    ended: BioList<Part<N>>,
    /// Jobs that are to be called back.
    done: BioList<Job<N>>,
    /// Jobs that do not have all their parts: the progress work's own.
    #[pin]
    waiting: Mutex<BioQueue<Job<N>>>,
    #[pin]
    progress: Work<Self, PROGRESS>,
    #[pin]
    callbacks: Work<Self, CALLBACKS>,
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

impl<N: Notify> Client<N> {
    /// Makes a client with `pages` pages set aside. May sleep.
    ///
    /// There are at least as many as the largest block of a device, without which that could not be
    /// copied.
    pub(crate) fn new(pages: usize) -> Result<Arc<Self>> {
        let means = Means {
            parts: BioPool::new(RESERVE)?,
            legs: BioPool::new(RESERVE)?,
            pages: PageReserve::new(pages.max(MAX_BLOCK_SIZE / PAGE_SIZE))?,
            queue: OwnedQueue::new(c"kcopyd_rust")?,
        };
        Arc::pin_init(
            try_pin_init!(Self {
                means,
                jobs: BioPool::new(RESERVE)?,
                accepted: BioList::new(),
                ended: BioList::new(),
                done: BioList::new(),
                waiting <- new_mutex!(BioQueue::new()),
                progress <- new_work!("kcopyd_rust::progress"),
                callbacks <- new_work!("kcopyd_rust::callbacks"),
                pending: Atomic::new(1),
                idle <- Completion::new(),
                caller: Atomic::new(0),
            }? Error),
            GFP_KERNEL,
        )
    }

    /// Accepts a copy. May sleep.
    pub(crate) fn copy(
        this: &Arc<Self>,
        from: Region,
        dests: &[Region],
        ignore_errors: bool,
        notify: N,
    ) -> Result<(), Refusal> {
        let job = Job::new(this.clone(), from, dests, ignore_errors, notify)?;
        // A callback must not wait for memory that only callbacks give back.
        let job = if this.caller.load(Relaxed) == current_task() {
            BioPool::try_alloc(&this.jobs, None, 0, 0, job)
        } else {
            BioPool::alloc_carrier(&this.jobs, job)
        };
        let job = job.map_err(|_| Refusal {
            argument: c"there is no memory, and a callback cannot wait for any",
            error: ENOMEM,
        })?;
        this.pending.fetch_add(1, Relaxed);
        if this.accepted.push(job) {
            this.wake();
        }
        Ok(())
    }

    /// Waits until all jobs were called back, and nothing of the client runs any more, be it work or
    /// an interrupt. May sleep;
    /// not from a callback.
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
            // One that is queued already will find the job.
            let _ = self.means.queue.enqueue::<_, CALLBACKS>(self.clone());
        }
    }

    fn wake(self: &Arc<Self>) {
        // One that is queued already will find what there is to do.
        let _ = self.means.queue.enqueue::<_, PROGRESS>(self.clone());
    }

    /// Does all that can be done without waiting.
    ///
    /// Parts come first: they may set memory free. On a device that is done with an I/O when it
    /// was submitted, this also lets one buffer serve a whole job.
    fn progress(&self) {
        let mut waiting = self.waiting.lock();
        let mut ended = BioQueue::new();
        loop {
            ended.append(&mut self.ended.take());
            if let Some(part) = ended.pop_front() {
                Part::advance(part, &self.means);
                continue;
            }
            waiting.append(&mut self.accepted.take());
            let Some(job) = waiting.pop_front() else {
                return;
            };
            match self.begin(job) {
                Begun::Fully => {}
                Begun::Partly(job) => waiting.push_front(job),
                Begun::ForWantOfMemory(job) => {
                    waiting.push_front(job);
                    return;
                }
            }
        }
    }

    /// Begins another part of a job, if it is to have one.
    fn begin(&self, job: Bio<Job<N>>) -> Begun<N> {
        if job.rest() == 0 || job.is_stopped() || job.parts() >= MAX_PARTS {
            job.end();
            return Begun::Fully;
        }
        match Part::new(&self.means, &job) {
            Some(part) => {
                job.count_part();
                Part::go_on(part, &self.means);
                Begun::Partly(job)
            }
            // The parts that it has will do.
            None if job.parts() > 0 => {
                job.end();
                Begun::Fully
            }
            None => Begun::ForWantOfMemory(job),
        }
    }

    /// Calls back for all jobs that are done.
    fn call_back(&self) {
        let mut done = self.done.take();
        while let Some(job) = done.pop_front() {
            let (notify, read_failed) = (job.notify(), job.read_failed());
            let write_errors = job.write_errors();
            // The callback may start another copy, which is to find this one's memory.
            drop(job);
            self.caller.store(current_task(), Relaxed);
            notify.notify(read_failed, write_errors);
            self.caller.store(0, Relaxed);
            if self.pending.fetch_sub(1, Full) == 1 {
                self.idle.complete_all();
            }
        }
    }
}

/// What became of an attempt to begin a part.
enum Begun<N: Notify> {
    /// The job has all its parts, and is held up by them only.
    Fully,
    Partly(Bio<Job<N>>),
    ForWantOfMemory(Bio<Job<N>>),
}

/// What the current task is told apart by.
fn current_task() -> usize {
    Task::current_raw().addr()
}

impl<N: Notify> WorkItem<PROGRESS> for Client<N> {
    type Pointer = Arc<Self>;

    fn run(this: Arc<Self>) {
        this.progress();
    }
}

impl<N: Notify> WorkItem<CALLBACKS> for Client<N> {
    type Pointer = Arc<Self>;

    fn run(this: Arc<Self>) {
        this.call_back();
    }
}
