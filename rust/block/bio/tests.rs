// SPDX-License-Identifier: GPL-2.0

//! Tests of what bios do without a device: how they are owned, chained and ended.

#[kernel::macros::kunit_tests(dm_io_rust_bio)]
mod tests {
    use crate::block::{
        bio::INLINE_VECS,
        bvec::MAX_VECS,
        Bio,
        BioPool,
        EndIo,
        Parent,
        Resources,
        StackBio,
        Status, //
    };
    use kernel::{
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
    struct Seen {
        ended: Atomic<u32>,
        dropped: Atomic<u32>,
        legs: Atomic<u32>,
    }

    impl Seen {
        fn new() -> Result<Arc<Self>> {
            let seen = Self {
                ended: Atomic::new(0),
                dropped: Atomic::new(0),
                legs: Atomic::new(0),
            };
            Ok(Arc::new(seen, GFP_KERNEL)?)
        }

        fn counts(&self) -> (u32, u32, u32) {
            let Self {
                ended,
                dropped,
                legs,
            } = self;
            (
                ended.load(Relaxed),
                dropped.load(Relaxed),
                legs.load(Relaxed),
            )
        }
    }

    struct Payload(Arc<Seen>);

    impl Drop for Payload {
        fn drop(&mut self) {
            self.0.dropped.fetch_add(1, Relaxed);
        }
    }

    impl EndIo for Payload {
        fn end_io(bio: Bio<Self>) {
            let Self(seen) = &*bio;
            seen.ended.fetch_add(1, Relaxed);
        }
    }

    impl Parent for Payload {
        fn leg_ended(&self, index: usize, status: Status) {
            assert!(status.is_ok());
            self.0.legs.fetch_add(1 + index as u32, Relaxed);
        }
    }

    type Pool = Arc<BioPool<Payload>>;

    fn bio(pool: &Pool, vecs: usize, seen: &Arc<Seen>) -> Result<Bio<Payload>> {
        BioPool::try_alloc(pool, None, 0, vecs, Payload(seen.clone())).ok_or(ENOMEM)
    }

    #[test]
    fn a_bio_that_is_dropped_has_not_ended() -> Result {
        let (pool, seen) = (BioPool::new(&Resources::new()?, 1)?, Seen::new()?);
        drop(bio(&pool, 0, &seen)?);
        assert_eq!(seen.counts(), (0, 1, 0));
        assert!(Arc::into_unique_or_drop(pool).is_some());
        Ok(())
    }

    #[test]
    fn a_bio_ends_when_nothing_is_chained_to_it() -> Result {
        let (pool, seen) = (BioPool::new(&Resources::new()?, 1)?, Seen::new()?);
        bio(&pool, 0, &seen)?.end();
        assert_eq!(seen.counts(), (1, 1, 0));

        let parent = bio(&pool, 0, &seen)?;
        let (one, other) = (parent.chained(), parent.chained());
        drop(one);
        parent.end();
        assert_eq!(seen.counts(), (1, 1, 0));
        drop(other);
        assert_eq!(seen.counts(), (2, 2, 0));

        let parent = bio(&pool, 0, &seen)?;
        drop(parent.chained());
        assert_eq!(seen.counts(), (2, 2, 0));
        parent.end();
        assert_eq!(seen.counts(), (3, 3, 0));
        assert!(Arc::into_unique_or_drop(pool).is_some());
        Ok(())
    }

    #[test]
    fn a_bio_on_a_stack_is_waited_for() -> Result {
        let seen = Seen::new()?;
        {
            let resources = Resources::new()?;
            pin_init::stack_pin_init!(let bio = StackBio::new(&resources, None, 0, 0, Payload(seen.clone())));
            let chained = StackBio::chained(bio.as_mut());
            drop(chained);
            bio.as_mut().end_and_wait();
            // Without anything chained to it there is nothing to wait for.
            bio.as_mut().end_and_wait();
            assert_eq!(seen.counts(), (0, 0, 0));
        }
        assert_eq!(seen.counts(), (0, 1, 0));
        Ok(())
    }

    #[test]
    fn a_bio_on_a_stack_is_waited_for_when_it_is_dropped() -> Result {
        let seen = Seen::new()?;
        {
            let resources = Resources::new()?;
            pin_init::stack_pin_init!(let bio = StackBio::new(&resources, None, 0, 0, Payload(seen.clone())));
            drop(StackBio::chained(bio.as_mut()));
        }
        assert_eq!(seen.counts(), (0, 1, 0));
        Ok(())
    }

    #[test]
    fn a_bio_has_as_many_vectors_as_asked_for() -> Result {
        let (pool, seen) = (BioPool::new(&Resources::new()?, 1)?, Seen::new()?);
        for vecs in 0..=INLINE_VECS {
            assert_eq!(bio(&pool, vecs, &seen)?.draft().capacity(), INLINE_VECS);
        }
        for vecs in [INLINE_VECS + 1, 100, MAX_VECS] {
            assert!(bio(&pool, vecs, &seen)?.draft().capacity() >= vecs);
        }
        assert_eq!(
            bio(&pool, MAX_VECS + 1, &seen)?.draft().capacity(),
            MAX_VECS
        );
        Ok(())
    }
}
