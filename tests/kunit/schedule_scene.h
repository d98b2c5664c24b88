/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What actors act on: disks, clients, and copies whose callbacks are counted.
 */
#ifndef _DM_IO_RUST_SCHEDULE_SCENE_H
#define _DM_IO_RUST_SCHEDULE_SCENE_H

#include <dm_io_rust/mainline.h>
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/irq_work.h>
#include <linux/types.h>

#include "test_disk.h"

struct kunit;
struct schedule_pair;
struct schedule_scene;

#define SCENE_DISKS 6
#define SCENE_CALLS 8
/* Each copy and each request has a run of sectors of its own on each disk. */
#define SCENE_SECTORS 64

/**
 * struct scene_call - something that calls back
 * @may_fail: an error is a possible end of it
 * @callback_ms: how long the callback takes
 * @then: what the callback starts
 */
struct scene_call {
	bool may_fail;
	unsigned int callback_ms;
	void (*then)(struct schedule_scene *scene);
	/* private: */
	struct schedule_scene *scene;
	unsigned int nr;
	bool is_started;
	bool is_copy;
	bool is_due;
	bool has_returned;
	atomic_t calls;
	struct completion done;
	unsigned long error;
	unsigned long write_error;
	void *prepared;
	struct irq_work irq_work;
};

/**
 * struct schedule_scene - the state of one schedule
 * @test: the case that it belongs to
 * @pair: the actors
 * @disks: the disks that the pair has, from the first on
 * @kc: a client, which the scene's end destroys unless an actor has done so
 * @io: likewise
 * @throttle: that of @kc, if the pair has one
 * @calls: what calls back
 * @violation: what was not as it must be, in words; NULL if all was
 * @memory: the data of requests
 */
struct schedule_scene {
	struct kunit *test;
	const struct schedule_pair *pair;
	struct test_disk *disks[SCENE_DISKS];
	struct dm_kcopyd_client *kc;
	struct dm_io_client *io;
	struct dm_kcopyd_throttle throttle;
	struct scene_call calls[SCENE_CALLS];
	const char *violation;
	u8 *memory;
	/* private: */
	unsigned int rescuers;
	bool is_destroyed;
};

/**
 * struct schedule_pair - who is tried against whom
 * @name: for the log
 * @disks: the disks, up to the first without sectors
 * @prepare: makes the state that the actors begin with; called by the case itself
 * @actors: what the actors do, each in a thread of its own; two, or three
 * @check: looks at what is left; may be NULL
 * @hold_ms: for how long at most someone is held; 0 is what serves most pairs
 * @in_order: the actors cannot begin in another order
 * @one_by_one: each actor begins when the one before it has ended
 * @independent: no actor waits for another, nor for a driver that another is in
 */
struct schedule_pair {
	const char *name;
	struct test_disk_config disks[SCENE_DISKS];
	void (*prepare)(struct schedule_scene *scene);
	void (*actors[3])(struct schedule_scene *scene);
	void (*check)(struct schedule_scene *scene);
	unsigned int hold_ms;
	bool in_order;
	bool one_by_one;
	bool independent;
};

/* Each ends with a pair that has no name. */
extern const struct schedule_pair schedule_copy_pairs[];
extern const struct schedule_pair schedule_callback_pairs[];
extern const struct schedule_pair schedule_limit_pairs[];
extern const struct schedule_pair schedule_request_pairs[];

/* The disks of a pair, for all of its schedules. */
struct schedule_scene *scene_create(struct kunit *test, const struct schedule_pair *pair);
void scene_free(struct schedule_scene *scene);
/* Leaves all that is there to what is stuck. */
void scene_abandon(struct schedule_scene *scene);

/* Before each schedule: what the last one left is gone. */
void scene_begin(struct schedule_scene *scene);
/*
 * After the actors, in a thread that may get stuck: waits for all callbacks, then
 * destroys what clients there are.
 */
void scene_finish(struct schedule_scene *scene);
/* After that: what was expected of all calls, whatever the pair. */
void scene_check(struct schedule_scene *scene);

/* Says what was not as it must be; the first to do so is heard. */
void scene_violated(struct schedule_scene *scene, const char *what);

/* The client of copies; with the scene's throttle, or without one. */
void scene_create_client(struct schedule_scene *scene, struct dm_kcopyd_throttle *throttle);
void scene_create_io_client(struct schedule_scene *scene);

/* Start call @nr: a copy from the first disk to the second, or zeroing of the second. */
void scene_copy(struct schedule_scene *scene, unsigned int nr);
void scene_copy_to(struct schedule_scene *scene, unsigned int nr, unsigned int disk,
		   unsigned int flags);
/* The whole of the first disk, which takes several parts. */
void scene_copy_all(struct schedule_scene *scene, unsigned int nr);
void scene_zero(struct schedule_scene *scene, unsigned int nr);

/* A prepared callback, and what calls it back: here, or in an interrupt. */
void scene_prepare_callback(struct schedule_scene *scene, unsigned int nr);
void scene_do_callback(struct schedule_scene *scene, unsigned int nr);
void scene_do_callback_in_irq(struct schedule_scene *scene, unsigned int nr);

/* An I/O of all of a call's sectors, without data if the operation has none. */
void scene_io_async(struct schedule_scene *scene, unsigned int nr, unsigned int disk, blk_opf_t op);
int scene_io_sync(struct schedule_scene *scene, unsigned int nr, unsigned int disk, blk_opf_t op);

void scene_wait(struct schedule_scene *scene, unsigned int nr);

/* Flush and destroy the kcopyd client, and hold them to what they promise. */
void scene_flush(struct schedule_scene *scene);
void scene_destroy(struct schedule_scene *scene);

#endif /* _DM_IO_RUST_SCHEDULE_SCENE_H */
