// SPDX-License-Identifier: GPL-2.0
/*
 * Pages return whatever fails: kmemleak sees none that come from the page
 * allocator. Each scenario is run often, and had it lost a page each time there
 * would be that many fewer.
 */
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "refuse_memory.h"
#include "service.h"
#include "spare_pages.h"
#include "test_disk.h"
#include "test_request.h"

#define SECTORS (SZ_128K / SECTOR_SIZE)
#define RUNS 64
/* What others take or give back meanwhile is far less than a page a run. */
#define NOISE (RUNS / 2)
#define ROUNDS 3

/* What a scenario has for each of its runs. */
struct scene {
	struct kunit *test;
	const struct copy_service *service;
	struct test_disk *from;
	struct test_disk *to[2];
	struct copy_call *call;
	struct copy_client *kc;
};

static void copy_all(struct scene *scene, unsigned int flags)
{
	struct service_region from = { scene->from->bdev, 0, SECTORS };
	struct service_region dests[2] = {
		{ scene->to[0]->bdev, 0, SECTORS }, { scene->to[1]->bdev, 0, SECTORS },
	};

	KUNIT_EXPECT_EQ(scene->test, 0, copy_start(scene->kc, scene->call, &from, 2, dests, flags));
	test_request_wait(scene->call->req);
	test_request_reset(scene->call->req);
	test_disk_forget(scene->from);
	test_disk_forget(scene->to[0]);
	test_disk_forget(scene->to[1]);
}

static void copy_stops(struct scene *scene)
{
	copy_all(scene, 0);
}

static void copy_goes_on(struct scene *scene)
{
	copy_all(scene, COPY_IGNORE_ERROR);
}

/* Memory is in pieces, or there is none but the client's. */
static void copy_of_pieces(struct scene *scene)
{
	refuse_runs(scene->test, 1);
	copy_all(scene, COPY_IGNORE_ERROR);
	refuse_memory_end(scene->test);
}

static void copy_without_memory(struct scene *scene)
{
	refuse_memory(scene->test);
	copy_all(scene, 0);
	refuse_memory_end(scene->test);
}

static void client_is_refused(struct scene *scene)
{
	void *client;

	refuse_memory(scene->test);
	client = scene->service->create(16);
	refuse_memory_end(scene->test);
	KUNIT_EXPECT_EQ(scene->test, PTR_ERR_OR_ZERO(client), -ENOMEM);
}

static void client_comes_and_goes(struct scene *scene)
{
	void *client = scene->service->create(40);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(scene->test, client);
	scene->service->destroy(client);
}

static void copy_is_refused(struct scene *scene)
{
	struct service_region from = { scene->from->bdev, 0, SECTORS };

	if (!copy_start(scene->kc, scene->call, &from, 0, NULL, 0))
		test_request_wait(scene->call->req);
	test_request_reset(scene->call->req);
}

struct scenario {
	const char *name;
	void (*run)(struct scene *scene);
};

static const struct scenario scenarios[] = {
	{ "copy_stops", copy_stops },
	{ "copy_goes_on", copy_goes_on },
	{ "copy_of_pieces", copy_of_pieces },
	{ "copy_without_memory", copy_without_memory },
	{ "copy_is_refused", copy_is_refused },
	{ "client_is_refused", client_is_refused },
	{ "client_comes_and_goes", client_comes_and_goes },
};

/* Bad sectors at the source and at both destinations. */
static void scene_init(struct scene *scene, struct kunit *test)
{
	*scene = (struct scene) { .test = test, .service = test->param_value };
	scene->from = test_disk_create(test, &(struct test_disk_config) { .sectors = SECTORS });
	test_disk_fail(scene->from, 170, 1, true, false, BLK_STS_MEDIUM);
	for (int i = 0; i < 2; i++) {
		scene->to[i] = test_disk_create(test, &(struct test_disk_config) {
			.sectors = SECTORS,
		});
		test_disk_fail(scene->to[i], 30 * i, 1, false, true, BLK_STS_IOERR);
	}
	scene->call = copy_call_create(test);
	scene->kc = copy_client_create(test, scene->service, 16);
}

/* How many pages fewer there are after many runs. */
static long lost_pages(struct scene *scene, const struct scenario *scenario)
{
	long before, lost;

	rcu_barrier();
	before = spare_pages();
	for (int i = 0; i < RUNS; i++)
		scenario->run(scene);
	rcu_barrier();
	lost = before - spare_pages();
	kunit_info(scene->test, "%s: %ld pages fewer\n", scenario->name, lost);
	return lost;
}

static void free_pages_return(struct kunit *test)
{
	struct scene scene;

	scene_init(&scene, test);
	for (int i = 0; i < ARRAY_SIZE(scenarios); i++) {
		long lost = NOISE;

		/* What is taken once is taken now. */
		scenarios[i].run(&scene);
		/* What loses pages does so every time, and what others take they take once. */
		for (int round = 0; round < ROUNDS && lost >= NOISE; round++)
			lost = lost_pages(&scene, &scenarios[i]);
		KUNIT_EXPECT_LT_MSG(test, lost, NOISE, "%s", scenarios[i].name);
	}
}

static struct kunit_case free_pages_test_cases[] = {
	KUNIT_CASE_PARAM(free_pages_return, copy_service_gen_params),
	{}
};

static struct kunit_suite free_pages_test_suite = {
	.name = "dm_io_rust_free_pages",
	.suite_exit = test_disks_scrap_spare,
	.test_cases = free_pages_test_cases,
};

kunit_test_suite(free_pages_test_suite);
