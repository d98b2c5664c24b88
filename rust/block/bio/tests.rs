// SPDX-License-Identifier: GPL-2.0

//! Tests of bios, on a disk that is not part of the system.

#[kernel::macros::kunit_tests(dm_io_rust_bio)]
mod tests {
    use crate::{
        bindings::bio_vec,
        block::{
            bio::{
                on_stack,
                Vectors,
                INLINE_VECS,
                MAX_VECS, //
            },
            test_disk::{
                Seen,
                TestDisk, //
            },
            Bio,
            BioData,
            BioPool,
            Child,
            EndIo,
            IdleBio,
            Op,
            Parent,
            Status,
            ZeroVectors, //
        },
        memory::{
            BvecArray,
            LList,
            LinearBuffer,
            PageBuffer,
            PageReserve,
            Wait, //
        }, //
    };
    use kernel::{
        page::PAGE_SIZE,
        prelude::*,
        sync::{
            atomic::{
                Atomic,
                Relaxed, //
            },
            Arc, //
        }, //
    };

    /// What a test sees of its bios.
    struct Notes {
        ended: Atomic<u32>,
        dropped: Atomic<u32>,
        /// How often it was recorded that the child with a number succeeded, and that it failed.
        succeeded: [Atomic<u32>; 2],
        failed: [Atomic<u32>; 2],
        /// Bios that have ended.
        kept: LList<IdleBio<Payload>>,
    }

    impl Notes {
        fn new() -> Result<Arc<Self>> {
            let zero = || Atomic::new(0);
            let notes = Self {
                ended: zero(),
                dropped: zero(),
                succeeded: [zero(), zero()],
                failed: [zero(), zero()],
                kept: LList::new(),
            };
            Ok(Arc::new(notes, GFP_KERNEL)?)
        }

        fn ended(&self) -> u32 {
            self.ended.load(Relaxed)
        }

        fn dropped(&self) -> u32 {
            self.dropped.load(Relaxed)
        }

        fn children(&self) -> [u32; 4] {
            let [a, b] = &self.succeeded;
            let [c, d] = &self.failed;
            [a, b, c, d].map(|count| count.load(Relaxed))
        }

        /// Takes the only bio that has ended.
        fn kept(&self) -> Result<IdleBio<Payload>> {
            self.kept.take().pop_front().ok_or(EINVAL)
        }
    }

    /// What a payload's bio may be over.
    enum Memory {
        None,
        Buffer(PageBuffer),
        Zeroes(Arc<ZeroVectors>),
    }

    impl Memory {
        fn buffer(payload: &Payload) -> Option<&PageBuffer> {
            match &payload.memory {
                Self::Buffer(buffer) => Some(buffer),
                _ => None,
            }
        }

        fn zeroes(payload: &Payload) -> Option<&ZeroVectors> {
            match &payload.memory {
                Self::Zeroes(zeroes) => Some(zeroes),
                _ => None,
            }
        }
    }

    struct Payload {
        notes: Arc<Notes>,
        memory: Memory,
    }

    impl Drop for Payload {
        fn drop(&mut self) {
            self.notes.dropped.fetch_add(1, Relaxed);
        }
    }

    impl EndIo for Payload {
        type Owned = ();

        fn end_io(mut bio: IdleBio<Self>) {
            bio.zero_fill_on_error();
            bio.notes.ended.fetch_add(1, Relaxed);
            let notes = bio.notes.clone();
            notes.kept.push(bio);
        }
    }

    impl Parent for Payload {
        fn record_status(&self, index: usize, status: Status) {
            let counts = if status.is_ok() {
                &self.notes.succeeded
            } else {
                &self.notes.failed
            };
            if let Some(count) = counts.get(index) {
                count.fetch_add(1, Relaxed);
            }
        }
    }

    /// What a test needs.
    struct Bench {
        disk: &'static TestDisk,
        pool: Arc<BioPool<Payload>>,
        children: Arc<BioPool<Child<Payload>>>,
        notes: Arc<Notes>,
    }

    impl Bench {
        fn new() -> Result<Self> {
            Ok(Self {
                disk: TestDisk::get()?,
                pool: BioPool::new(1)?,
                children: BioPool::new(1)?,
                notes: Notes::new()?,
            })
        }

        fn payload(&self, memory: Memory) -> Payload {
            let notes = self.notes.clone();
            Payload { notes, memory }
        }

        fn bio(&self, op: Op, vecs: usize, memory: Memory) -> Result<Bio<'static, Payload>> {
            let payload = self.payload(memory);
            BioPool::alloc(
                &self.pool,
                (self.disk.device()?, op),
                vecs,
                (),
                || payload,
                Wait::No,
            )
            .ok_or(ENOMEM)
        }

        /// Drops what a test has, and returns whether all memory was given back.
        fn is_clean(self) -> bool {
            drop(self.notes.kept.take());
            Arc::into_unique_or_drop(self.pool).is_some()
                && Arc::into_unique_or_drop(self.children).is_some()
        }
    }

    /// Memory that is all ones.
    struct Ones(KVec<u8>);

    impl Ones {
        fn new(bytes: usize) -> Result<Self> {
            Ok(Self(KVec::from_elem(0xff, bytes, GFP_KERNEL)?))
        }

        /// A test keeps its memory until its bios have ended.
        fn linear(&mut self) -> Result<LinearBuffer> {
            let len = self.0.len() as u64;
            // SAFETY: Whoever calls this keeps the memory.
            unsafe { LinearBuffer::from_raw(self.0.as_mut_ptr().cast(), len) }.ok_or(EINVAL)
        }

        /// Returns the first byte that is not all ones, and the end of those from there on.
        fn zeroes(&self) -> (usize, usize) {
            let mut bytes = self.0.iter();
            let start = bytes.position(|&byte| byte == 0).unwrap_or(0);
            let len = self.0[start..].iter().take_while(|&&byte| byte == 0);
            (start, start + len.count())
        }
    }

    fn seen(op: Op, sector: u64, bytes: u32, vectors: u16) -> Seen {
        Seen {
            opf: op.opf(),
            sector,
            bytes,
            vectors,
        }
    }

    #[test]
    fn a_bio_that_is_dropped_has_not_ended() -> Result {
        let bench = Bench::new()?;
        drop(bench.bio(Op::READ, 0, Memory::None)?);
        assert_eq!((bench.notes.ended(), bench.notes.dropped()), (0, 1));
        assert!(bench.disk.seen().is_empty());
        assert!(bench.is_clean());
        Ok(())
    }

    #[test]
    fn a_bio_has_as_many_vectors_as_asked_for() -> Result {
        let (bench, mut memory) = (Bench::new()?, Ones::new(512)?);
        let linear = memory.linear()?;
        for (vecs, most) in [
            (0, INLINE_VECS),
            (INLINE_VECS, INLINE_VECS),
            (INLINE_VECS + 1, INLINE_VECS + 1),
            (MAX_VECS, MAX_VECS),
            (MAX_VECS + 1, MAX_VECS),
        ] {
            let mut bio = bench.bio(Op::READ, vecs, Memory::None)?;
            let fill = |max| linear.clone().next(max);
            assert_eq!(bio.as_mut().fill(u32::MAX, fill), 512 * most as u32);
            assert_eq!(bio.as_mut().fill(1000, fill), 1000);
            assert_eq!(bio.as_mut().fill(0, fill), 0);
            assert_eq!(bio.as_mut().fill(512, |_| None), 0);
        }
        assert!(bench.is_clean());
        Ok(())
    }

    #[test]
    fn adjacent_pages_share_a_vector() -> Result {
        let bench = Bench::new()?;
        let memory = VVec::from_elem(0u8, 8 * PAGE_SIZE, GFP_KERNEL)?;
        let start = memory.as_ptr().cast_mut().cast();
        // SAFETY: The memory stays until the bio was dropped.
        let vmalloc = unsafe { crate::memory::VmallocBuffer::from_raw(start, PAGE_SIZE as u64) };
        let vmalloc = vmalloc.ok_or(EINVAL)?;
        let page = vmalloc.pages().next().ok_or(EINVAL)?;
        let mut bio = bench.bio(Op::WRITE, 0, Memory::None)?;
        // The same page again and again is not adjacent to itself.
        let filled = bio.as_mut().fill_pages(u32::MAX, 512, || Some(page));
        assert_eq!(filled as usize, INLINE_VECS * PAGE_SIZE - 512);
        bio.set_target(8, 0, u32::MAX);
        bio.submit();
        let bytes = filled;
        let expected = seen(Op::WRITE, 8, bytes, INLINE_VECS as u16);
        assert!(bench.disk.seen()[..] == [expected]);

        let reserve = PageReserve::new(4)?;
        let buffer = PageBuffer::new(&reserve, 4, 1).ok_or(ENOMEM)?;
        // SAFETY: The buffer stays until the bio has ended.
        let first = unsafe { buffer.segment_from(0) }.ok_or(EINVAL)?.as_bvec();
        let mut next = 0;
        let mut pages = || {
            next += 1;
            let page = first.bv_page.wrapping_add(next - 1);
            // SAFETY: The buffer has four pages in a block, and the bio is given no more.
            Some(unsafe { crate::memory::segment::MemoryPage::new(page) })
        };
        let mut bio = bench.bio(Op::WRITE, 0, Memory::None)?;
        let bytes = 4 * PAGE_SIZE as u32 - 1024;
        assert_eq!(bio.as_mut().fill_pages(bytes, 512, &mut pages), bytes);
        bio.set_target(0, 0, bytes);
        bio.submit();
        let vectors = if cfg!(CONFIG_SPARSEMEM_VMEMMAP) || cfg!(CONFIG_FLATMEM) {
            1
        } else {
            4
        };
        assert!(bench.disk.seen()[..] == [seen(Op::WRITE, 0, bytes, vectors)]);
        assert!(bench.is_clean());
        Ok(())
    }

    #[test]
    fn a_bio_ends_when_its_io_has() -> Result {
        let (bench, mut memory) = (Bench::new()?, Ones::new(PAGE_SIZE)?);
        let mut linear = memory.linear()?;
        bench.disk.hold();
        let mut bio = bench.bio(Op::READ, 0, Memory::None)?;
        let filled = bio.as_mut().fill(4096, |max| linear.next(max));
        bio.set_target(16, 0, filled);
        bio.submit();
        assert_eq!(bench.notes.ended(), 0);
        assert_eq!(bench.disk.end_held(), 1);
        assert_eq!(bench.notes.ended(), 1);
        assert!(bench.notes.kept()?.status().is_ok());
        assert!(bench.disk.seen()[..] == [seen(Op::READ, 16, 4096, 1)]);
        assert_eq!(memory.zeroes(), (0, 4096));
        assert!(bench.is_clean());
        Ok(())
    }

    #[test]
    fn a_bio_is_over_the_buffer_of_its_payload() -> Result {
        let (bench, reserve) = (Bench::new()?, PageReserve::new(4)?);
        let buffer = PageBuffer::new(&reserve, 4, 1).ok_or(ENOMEM)?;
        let runs = buffer.runs();
        let mut bio = bench.bio(Op::WRITE, runs, Memory::Buffer(buffer))?;
        assert_eq!(bio.fill_with_zeroes(512, Memory::zeroes), 0);
        assert_eq!(
            bio.fill_from(u32::MAX, Memory::buffer) as usize,
            4 * PAGE_SIZE
        );
        assert_eq!(bio.fill_from(1024, Memory::buffer), 1024);
        bio.set_target(0, 0, 2048);
        bio.submit();
        assert!(bench.disk.seen()[..] == [seen(Op::WRITE, 0, 1024, 1)]);
        assert!(bench.is_clean());
        Ok(())
    }

    #[test]
    fn a_shared_bio_ends_when_its_children_have() -> Result {
        let (bench, mut memory) = (Bench::new()?, Ones::new(1024)?);
        let mut linear = memory.linear()?;
        bench.disk.hold();
        let mut bio = bench.bio(Op::WRITE, 0, Memory::None)?;
        bio.as_mut().fill(1024, |max| linear.next(max));
        let mut bio = bio.share();
        let device = bench.disk.device()?;
        assert!(bio.submit_child(&bench.children, (device, 100, 1024), Op::WRITE, 1));
        assert!(bio.submit_child(&bench.children, (device, 200, 512), Op::WRITE, 0));
        bio.set_target(300, 0, 1024);
        assert_eq!(bench.notes.children(), [0; 4]);
        // The parent ends first of all.
        drop(bio);
        assert_eq!(bench.notes.ended(), 0);
        bench.disk.fail();
        assert_eq!(bench.disk.end_held(), 2);
        assert_eq!(bench.notes.children(), [0, 0, 1, 1]);
        assert_eq!(bench.notes.ended(), 1);
        let expected = [seen(Op::WRITE, 100, 1024, 0), seen(Op::WRITE, 200, 512, 0)];
        assert!(bench.disk.seen()[..] == expected);
        assert!(bench.is_clean());
        Ok(())
    }

    #[test]
    fn a_child_that_is_dropped_keeps_nothing() -> Result {
        let (bench, device) = (Bench::new()?, TestDisk::get()?.device()?);
        let bio = bench.bio(Op::READ, 0, Memory::None)?.share();
        let child = bio.child(&bench.children, device, Op::READ, 1, 0, Wait::No);
        drop(bio);
        assert_eq!(bench.notes.ended(), 0);
        drop(child.ok_or(ENOMEM)?);
        assert_eq!(bench.notes.ended(), 1);
        assert_eq!(bench.notes.children(), [0; 4]);
        assert!(bench.is_clean());
        Ok(())
    }

    #[test]
    fn a_read_that_fails_is_cleared() -> Result {
        let (bench, mut memory) = (Bench::new()?, Ones::new(PAGE_SIZE)?);
        let mut linear = memory.linear()?;
        bench.disk.fail();
        let mut bio = bench.bio(Op::READ, 0, Memory::None)?;
        bio.as_mut().fill(4096, |max| linear.next(max));
        bio.set_target(0, 512, 1024);
        bio.submit();
        assert!(!bench.notes.kept()?.status().is_ok());
        assert_eq!(memory.zeroes(), (512, 1536));

        let (mut memory, mut bio) = (Ones::new(512)?, bench.bio(Op::WRITE, 0, Memory::None)?);
        let mut linear = memory.linear()?;
        bio.as_mut().fill(512, |max| linear.next(max));
        bio.set_target(0, 0, 512);
        bio.submit();
        assert!(!bench.notes.kept()?.status().is_ok());
        assert_eq!(memory.zeroes(), (0, 0));
        assert!(bench.is_clean());
        Ok(())
    }

    #[test]
    fn a_bio_is_pointed_anywhere_in_its_data() -> Result {
        let (bench, mut memory) = (Bench::new()?, Ones::new(4096)?);
        for (skip, bytes, end) in [
            (1024, 1024, 2048),
            (3584, 4096, 4096),
            (4096, 512, 4096),
            (u32::MAX, u32::MAX, 4096),
        ] {
            let mut bio = bench.bio(Op::READ, 8, Memory::None)?;
            let mut pieces = memory.linear()?;
            bio.as_mut().fill(4096, |_| pieces.next(512));
            bio.set_target(1, skip, bytes);
            bio.submit();
            let idle = bench.notes.kept()?;
            let expected = seen(Op::READ, 1, end - skip.min(end), 8);
            let got = bench.disk.seen();
            assert!(got.is_empty() == (expected.bytes == 0));
            assert!(got.iter().all(|&seen| seen == expected));
            assert_eq!(idle.status().is_ok(), expected.bytes > 0);
        }
        assert_eq!(memory.zeroes(), (1024, 2048));
        assert_eq!(memory.0[3583..3585], [0xff, 0]);
        assert!(bench.is_clean());
        Ok(())
    }

    #[test]
    fn a_bio_that_was_filled_is_pointed_anew() -> Result {
        let (bench, mut memory) = (Bench::new()?, Ones::new(4096)?);
        let linear = memory.linear()?;
        let mut bio = bench.bio(Op::READ, 0, Memory::None)?;
        bio.submit();
        bio = bench.bio(Op::READ, 0, Memory::None)?;
        bio.as_mut().fill(4096, |max| linear.clone().next(max));
        bio.set_target(0, 0, 4096);
        bio.as_mut().fill(512, |max| linear.clone().next(max));
        bio.submit();
        bio = bench.bio(Op::READ, 0, Memory::None)?;
        bio.as_mut().fill(1000, |max| linear.clone().next(max));
        bio.set_target(0, 0, 511);
        bio.submit();
        assert!(bench.disk.seen().is_empty());
        let mut kept = bench.notes.kept.take();
        for _ in 0..3 {
            let bio = kept.pop_front().ok_or(EINVAL)?;
            assert!(bio.status() == Status::INVALID);
        }
        drop(kept);
        bio = bench.bio(Op::READ, 0, Memory::None)?;
        bio.as_mut().fill(1000, |max| linear.clone().next(max));
        bio.set_target(0, 0, 1000);
        bio.submit();
        assert!(bench.disk.seen()[..] == [seen(Op::READ, 0, 512, 1)]);
        assert!(bench.is_clean());
        Ok(())
    }

    #[test]
    fn a_bio_is_reset_for_its_next_io() -> Result {
        let (bench, mut memory) = (Bench::new()?, Ones::new(512)?);
        let (device, mut linear) = (bench.disk.device()?, memory.linear()?);
        let mut bio = bench.bio(Op::WRITE, 0, Memory::None)?;
        bio.as_mut().fill(512, |max| linear.next(max));
        bio.set_target(0, 0, 512);
        let bio = bio.share();
        assert!(bio.submit_child(&bench.children, (device, 0, 512), Op::WRITE, 0));
        bio.submit();
        assert_eq!(bench.disk.seen().len(), 2);

        // It ends after its children, as at first.
        let bio = bench.notes.kept()?.reset(device, Op::READ).share();
        let child = bio.child(&bench.children, device, Op::READ, 1, 0, Wait::No);
        drop(bio);
        assert_eq!(bench.notes.ended(), 1);
        drop(child);
        assert_eq!(bench.notes.ended(), 2);

        // Its memory was not its payload's, and is its owner's again.
        let mut bio = bench.notes.kept()?.reset(device, Op::WRITE);
        bio.set_target(0, 0, 512);
        bio.submit();
        assert!(bench.disk.seen().is_empty());
        assert!(bench.notes.kept()?.status() == Status::INVALID);
        assert!(bench.is_clean());
        Ok(())
    }

    #[test]
    fn zeroes_are_written_and_never_read_into() -> Result {
        let (bench, zeroes) = (Bench::new()?, ZeroVectors::new()?);
        let device = bench.disk.device()?;
        let mut bio = bench.bio(Op::WRITE, 0, Memory::Zeroes(zeroes))?;
        assert_eq!(bio.fill_from(512, Memory::buffer), 0);
        assert_eq!(bio.fill_with_zeroes(u32::MAX, Memory::zeroes), 1 << 20);
        bio.set_target(0, 0, 1 << 20);
        bio.submit();
        assert!(bench.disk.seen()[..] == [seen(Op::WRITE, 0, 1 << 20, 0)]);
        let bio = bench.notes.kept()?;
        assert!(bio.status().is_ok());

        let mut bio = bio.reset(device, Op::READ);
        bio.set_target(0, 0, 4096);
        bio.submit();
        let bio = bench.notes.kept()?;
        assert!(bio.status() == Status::INVALID);
        let bio = bio.reset(device, Op::READ).share();
        assert!(bio.submit_child(&bench.children, (device, 0, 4096), Op::READ, 1));
        drop(bio);
        assert_eq!(bench.notes.children(), [0, 0, 0, 1]);
        assert!(bench.disk.seen().is_empty());
        assert!(bench.is_clean());
        Ok(())
    }

    #[test]
    fn a_bio_on_a_stack_is_waited_for_with_its_children() -> Result {
        let (bench, mut memory) = (Bench::new()?, Ones::new(1024)?);
        let (device, mut linear) = (bench.disk.device()?, memory.linear()?);
        bench.disk.hold();
        bench.disk.end_held_later()?;
        let run = |mut bio: Bio<'_, Payload>| {
            bio.as_mut().fill(1024, |max| linear.next(max));
            let mut bio = bio.share();
            let is_submitted = bio.submit_child(&bench.children, (device, 0, 512), Op::READ, 0);
            bio.set_target(2, 512, 512);
            bio.submit();
            is_submitted
        };
        let then = |result, status: Status, payload: &mut Payload| {
            (result, status.is_ok(), payload.notes.children())
        };
        let payload = bench.payload(Memory::None);
        let result = on_stack(device, Op::READ, Vectors::UpTo(0), payload, run, then);
        assert!(result == (true, true, [1, 0, 0, 0]));
        assert_eq!((bench.notes.ended(), bench.notes.dropped()), (0, 1));
        assert_eq!(memory.zeroes(), (0, 1024));
        let expected = [seen(Op::READ, 0, 512, 0), seen(Op::READ, 2, 512, 1)];
        assert!(bench.disk.seen()[..] == expected);
        assert!(bench.is_clean());
        Ok(())
    }

    #[test]
    fn a_bio_on_a_stack_that_is_dropped_has_ended() -> Result {
        let bench = Bench::new()?;
        let (device, payload) = (bench.disk.device()?, bench.payload(Memory::None));
        let run = |bio: Bio<'_, Payload>| drop(bio);
        let then = |(), status: Status, _: &mut Payload| status.is_ok();
        let vectors = Vectors::AtLeast(MAX_VECS + 1);
        assert!(on_stack(device, Op::READ, vectors, payload, run, then));
        assert!(bench.disk.seen().is_empty());
        assert_eq!(bench.notes.dropped(), 1);
        assert!(bench.is_clean());
        Ok(())
    }

    #[test]
    fn an_array_serves_as_the_vectors_of_a_bio() -> Result {
        let (bench, mut memory) = (Bench::new()?, Ones::new(2048)?);
        let (device, mut linear) = (bench.disk.device()?, memory.linear()?);
        let mut elements = [bio_vec::default(); 4];
        for element in &mut elements {
            *element = linear.next(512).ok_or(EINVAL)?.as_bvec();
        }
        // SAFETY: The elements and the memory stay until the bio has ended.
        let array = unsafe { BvecArray::from_raw(elements.as_mut_ptr(), 2048) };
        let mut array = array.ok_or(EINVAL)?;
        array.advance(256 + 512);
        let run = |mut bio: Bio<'_, ()>| {
            let array = array.complete()?;
            let bytes = bio.as_mut().borrow(array, 1024);
            bio.set_target(0, 0, bytes);
            bio.submit();
            Some(bytes)
        };
        let then = |bytes, status: Status, _: &mut ()| (bytes, status.is_ok());
        let result = on_stack(device, Op::READ, Vectors::UpTo(0), (), run, then);
        assert!(result == (Some(1024), true));
        assert_eq!(memory.zeroes(), (768, 1792));
        assert!(bench.disk.seen()[..] == [seen(Op::READ, 0, 1024, 0)]);
        assert!(bench.is_clean());
        Ok(())
    }

    #[test]
    fn a_bio_is_over_the_data_of_another() -> Result {
        let (bench, mut memory) = (Bench::new()?, Ones::new(1024)?);
        let (device, mut linear) = (bench.disk.device()?, memory.linear()?);
        let mut source = bench.bio(Op::READ, 0, Memory::None)?;
        // SAFETY: The bio stays as it is.
        assert!(unsafe { BioData::from_raw(source.head().as_raw()) }.is_none());
        source.as_mut().fill(1024, |max| linear.next(max));
        source.set_target(77, 0, 1024);
        // SAFETY: The source is dropped when the other has ended.
        let data = unsafe { BioData::from_raw(source.head().as_raw()) }.ok_or(EINVAL)?;
        assert_eq!(data.len(), 1024);

        let mut bio = bench.bio(Op::WRITE, 0, Memory::None)?;
        assert!(bio.as_mut().clone_data(device, Op::READ, &data).is_ok());
        assert_eq!(bio.as_mut().len(), 1024);
        bio.submit();
        assert!(bench.disk.seen().is_empty());
        let mut bio = bench.bio(Op::WRITE, 0, Memory::None)?;
        assert!(bio.as_mut().clone_data(device, Op::READ, &data).is_ok());
        bio.set_target(3, 512, 1024);
        bio.submit();
        assert!(bench.disk.seen()[..] == [seen(Op::READ, 3, 512, 0)]);
        assert_eq!(memory.zeroes(), (512, 1024));
        data.zero(256);
        assert_eq!(memory.zeroes(), (0, 256));
        drop(source);
        assert!(bench.is_clean());
        Ok(())
    }

    /// A payload whose owner counts how often its bio has ended.
    struct Counted(Atomic<u32>);

    impl EndIo for Counted {
        type Owned = u32;

        fn end_io(mut bio: IdleBio<Self>) {
            let (owned, shared) = bio.halves();
            *owned += 1;
            shared.0.store(*owned, Relaxed);
        }
    }

    #[test]
    fn a_payload_has_a_half_for_the_owner() -> Result {
        let (pool, device) = (BioPool::new(1)?, TestDisk::get()?.device()?);
        let payload = Counted(Atomic::new(0));
        let mut bio =
            BioPool::alloc(&pool, (device, Op::READ), 0, 5, || payload, Wait::No).ok_or(ENOMEM)?;
        *bio.owned_mut() += 1;
        let mut bio = bio.idle();
        assert_eq!(*bio.owned(), 6);
        assert_eq!(*bio.halves().0, 6);
        let mut bio = bio.reset(device, Op::READ).share();
        *bio.owned_mut() += 1;
        assert_eq!(*bio.owned_mut(), 7);
        let Counted(seen) = &*bio;
        assert_eq!(seen.load(Relaxed), 0);
        drop(bio);
        assert!(Arc::into_unique_or_drop(pool).is_some());
        Ok(())
    }

    #[test]
    fn pools_are_as_large_as_asked_for() -> Result {
        let bench = Bench::new()?;
        bench.pool.resize(4)?;
        assert!(bench.pool.resize(0).is_err());
        let bios: [_; 6] = core::array::from_fn(|_| bench.bio(Op::READ, 0, Memory::None).ok());
        assert!(bios.iter().all(Option::is_some));
        drop(bios);
        assert!(bench.is_clean());
        Ok(())
    }
}
