// SPDX-License-Identifier: GPL-2.0
/* Requests to dm_io, on one side and then on the other. */
#include <linux/module.h>
#include <linux/slab.h>

#include "bios.h"
#include "coverage.h"
#include "dice.h"
#include "io_plan.h"
#include "readable.h"
#include "report.h"

#define UNTOUCHED 0x5a5a5a5a5a5a5a5aUL
/* After so many requests all bytes of all devices are compared. */
#define AUDIT 256

static struct dm_io_client *clients[SIDES];
static struct io_plan plans[MAX_BATCH];
static struct dm_io_region regions[BITS_PER_LONG];

void io_exit(void)
{
	for (int side = 0; side < SIDES; side++) {
		if (!IS_ERR_OR_NULL(clients[side]))
			apis[side].io_client_destroy(clients[side]);
	}
}

int io_init(void)
{
	for (int side = 0; side < SIDES; side++) {
		clients[side] = apis[side].io_client_create();
		if (IS_ERR(clients[side]))
			return PTR_ERR(clients[side]);
	}
	return 0;
}

static void called(unsigned long error, unsigned long unsup, void *context)
{
	struct answer *answer = context;

	answer->error = error;
	answer->other = unsup;
	plan_called(answer);
}

static void issue(struct io_plan *plan, enum side side)
{
	struct answer *answer = &plan->answers[side];
	bool no_bits = plan->async || plan->no_bits;
	struct dm_io_request request = {
		.bi_opf = plan->opf,
		.client = clients[side],
	};

	if (plan->no_buffer)
		request.mem.type = DM_IO_KMEM;
	else
		request.mem = buffer_memory(&plan->buffer, side);
	if (plan->async)
		request.notify = (struct dm_io_notify){ called, answer };
	for (unsigned int i = 0; i < plan->num; i++)
		regions[i] = place_region(&plan->places[i], side);
	answer->side = side;
	answer->num = plan->num;
	answer->places = plan->places;
	answer->error = UNTOUCHED;
	answer->other = UNTOUCHED;
	answer->ret = apis[side].io(&request, plan->num, regions,
				    no_bits ? NULL : &answer->error,
				    no_bits ? NULL : &answer->other, plan->priority);
	if (!plan->async)
		plan_ended(answer);
	else if (answer->ret)
		plan_not_called();
}

static int make_ready(struct io_plan *plan)
{
	struct place *places = plan->places;

	buffer_fill(&plan->buffer, !io_is(plan, REQ_OP_READ), plan->number);
	plan->old_place = NULL;
	for (unsigned int i = 0; i < plan->num && !io_is(plan, REQ_OP_READ); i++) {
		if (!places[i].count ||
		    places[i].sector + places[i].count <= places[i].disk->sectors)
			continue;
		/* One such place is enough. */
		if (plan->old_place) {
			places[i].sector = 0;
			places[i].count = 0;
			continue;
		}
		plan->old_place = &places[i];
		plan->old = readable_raw(&places[i], RUST);
	}
	return io_is(plan, REQ_OP_WRITE) ? places_ready(places, plan->num) : 0;
}

static bool run_side(unsigned int num, enum side side)
{
	unsigned int async = 0;

	for (unsigned int i = 0; i < num; i++)
		async += plans[i].async;
	plan_expect(async);
	for (unsigned int i = 0; i < num; i++)
		issue(&plans[i], side);
	return plan_wait();
}

static bool run_batch(unsigned int number, unsigned int num, struct answer *answers)
{
	enum side first = dice_below(SIDES);
	size_t size = round_down(ARENA_SIZE / num, PAGE_SIZE);

	plan_start_batch();
	for (unsigned int i = 0; i < num; i++) {
		plans[i].number = number + i;
		plans[i].answers = answers + SIDES * (number + i);
		io_plan(&plans[i], i * size, size);
		if (make_ready(&plans[i]))
			return false;
	}
	bios_start();
	if (!run_side(num, first) || !run_side(num, !first) || !bios_stop())
		return false;
	for (unsigned int i = 0; i < num; i++)
		io_check(&plans[i]);
	return true;
}

/* Callbacks that came when all was over, too. */
static void check_calls(struct answer *answers, unsigned int requests)
{
	for (unsigned int i = 0; i < requests; i++) {
		for (int side = 0; side < SIDES; side++) {
			if (atomic_read(&answers[SIDES * i + side].calls) > 1)
				report_difference(i, "side %d was called back again", side);
		}
	}
}

void io_run(unsigned int requests)
{
	struct answer *answers = kvcalloc(requests * SIDES, sizeof(*answers), GFP_KERNEL);
	unsigned int number = 0, audited = 0, num;

	while (answers && number < requests) {
		num = dice_percent(50) ? 1 : dice_between(2, MAX_BATCH);
		num = min(num, requests - number);
		if (!run_batch(number, num, answers)) {
			/* What is in flight uses all of this for ever. */
			__module_get(THIS_MODULE);
			report_check(false, "dm_io, request %u ends", number);
			return;
		}
		number += num;
		if (number - audited >= AUDIT || number == requests) {
			disks_audit(number);
			audited = number;
		}
	}
	check_calls(answers, requests);
	kvfree(answers);
	report_check(number == requests && !report_differences(),
		     "dm_io, %u requests end alike", requests);
	coverage_report(IO_READ, IO_FLUSHED_BEYOND_END);
}
