// SPDX-License-Identifier: GPL-2.0
/* Copies, on one side and then on the other. */
#include <linux/module.h>
#include <linux/slab.h>

#include "bios.h"
#include "copy_plan.h"
#include "coverage.h"
#include "dice.h"
#include "readable.h"
#include "report.h"

/* After so many requests all bytes of all devices are compared. */
#define AUDIT 256

/* How a batch ends. */
enum ending {
	BY_CALLBACKS,
	BY_FLUSH,
	BY_DESTROY,
	ENDINGS,
};

static struct dm_kcopyd_client *clients[SIDES][CLIENTS];
static struct dm_kcopyd_throttle throttles[SIDES];
static struct copy_plan plans[MAX_BATCH];
/* Which answer is whose, for the callbacks of a client must not meet. */
static atomic_t in_callback[SIDES][CLIENTS];

static int make_clients(enum side side)
{
	throttles[side] = (struct dm_kcopyd_throttle){ .throttle = 90 };
	for (int i = 0; i < CLIENTS; i++) {
		struct dm_kcopyd_client *client =
			apis[side].client_create(i ? &throttles[side] : NULL);

		if (IS_ERR(client))
			return PTR_ERR(client);
		clients[side][i] = client;
	}
	return 0;
}

static void destroy_clients(enum side side)
{
	for (int i = 0; i < CLIENTS; i++) {
		if (clients[side][i])
			apis[side].client_destroy(clients[side][i]);
		clients[side][i] = NULL;
	}
}

int copy_init(void)
{
	int ret = make_clients(MAINLINE);

	return ret ? ret : make_clients(RUST);
}

void copy_exit(void)
{
	destroy_clients(MAINLINE);
	destroy_clients(RUST);
}

static struct copy_plan *plan_of(struct answer *answer, enum side *side)
{
	for (int i = 0; i < MAX_BATCH; i++) {
		for (*side = 0; *side < SIDES; (*side)++) {
			if (plans[i].answers && answer == &plans[i].answers[*side])
				return &plans[i];
		}
	}
	return NULL;
}

static void called(int read_error, unsigned long write_error, void *context)
{
	struct answer *answer = context;
	enum side side;
	struct copy_plan *plan = plan_of(answer, &side);
	atomic_t *busy = plan ? &in_callback[side][plan->client] : NULL;

	answer->bad_context |= !in_task() || !busy || atomic_inc_return(busy) != 1;
	answer->error = write_error;
	answer->other = read_error;
	if (busy)
		atomic_dec(busy);
	plan_called(answer);
}

static void issue(struct copy_plan *plan, enum side side)
{
	struct dm_kcopyd_client *client = clients[side][plan->client];
	struct dm_io_region from = place_region(&plan->from, side);
	struct dm_io_region dests[DM_KCOPYD_MAX_REGIONS];
	struct answer *answer = &plan->answers[side];

	answer->side = side;
	answer->num = plan->num;
	answer->places = plan->dests;
	answer->from = plan->zero ? NULL : &plan->from;
	for (unsigned int i = 0; i < plan->num; i++)
		dests[i] = place_region(&plan->dests[i], side);
	if (plan->zero)
		apis[side].zero(client, plan->num, dests, plan->flags, called, answer);
	else
		apis[side].copy(client, &from, plan->num, dests, plan->flags, called, answer);
}

static bool is_asked(const struct copy_plan *plan, enum side side)
{
	return side == RUST || !plan->only_ours;
}

static bool end(enum side side, enum ending ending)
{
	if (ending == BY_DESTROY) {
		destroy_clients(side);
		/* All callbacks have returned: there is nothing left to wait for. */
		return plan_is_over() && !make_clients(side);
	}
	for (int i = 0; i < CLIENTS && ending == BY_FLUSH; i++)
		apis[side].client_flush(clients[side][i]);
	return plan_wait();
}

static bool run_side(unsigned int num, enum side side, enum ending ending)
{
	unsigned int asked = 0;

	for (unsigned int i = 0; i < num; i++)
		asked += is_asked(&plans[i], side);
	plan_expect(asked);
	for (unsigned int i = 0; i < num; i++) {
		if (is_asked(&plans[i], side))
			issue(&plans[i], side);
	}
	return end(side, ending);
}

static int make_ready(struct copy_plan *plan)
{
	int ret = places_ready(plan->dests, plan->num);

	if (ret)
		return ret;
	for (unsigned int i = 0; i < plan->num; i++)
		plan->old[i] = plan->keeps ? readable_raw(&plan->dests[i], RUST) : NULL;
	for (unsigned int i = 0; i < plan->num && plan->keeps; i++) {
		if (!plan->old[i])
			return -EIO;
	}
	return 0;
}

static bool run_batch(unsigned int number, unsigned int num, struct answer *answers)
{
	enum side first = dice_below(SIDES);
	enum ending ending = dice_percent(80) ? BY_CALLBACKS : dice_between(1, ENDINGS - 1);

	plan_start_batch();
	for (unsigned int i = 0; i < num; i++) {
		plans[i].number = number + i;
		plans[i].answers = answers + SIDES * (number + i);
		copy_plan(&plans[i]);
		if (ending != BY_CALLBACKS)
			coverage_count(ending == BY_FLUSH ? COPY_FLUSHED : COPY_DESTROYED);
		if (make_ready(&plans[i]))
			return false;
	}
	bios_start();
	if (!run_side(num, first, ending) || !run_side(num, !first, ending) || !bios_stop())
		return false;
	for (unsigned int i = 0; i < num; i++)
		copy_check(&plans[i]);
	return true;
}

/* Callbacks that came when all was over, too, or where none may come. */
static void check_calls(struct answer *answers, unsigned int requests)
{
	for (unsigned int i = 0; i < requests; i++) {
		for (int side = 0; side < SIDES; side++) {
			struct answer *answer = &answers[SIDES * i + side];

			if (atomic_read(&answer->calls) > 1 || answer->bad_context)
				report_difference(i, "side %d was called back %d times, badly %d",
						  side, atomic_read(&answer->calls),
						  answer->bad_context);
		}
	}
}

void copy_run(unsigned int requests)
{
	struct answer *answers = kvcalloc(requests * SIDES, sizeof(*answers), GFP_KERNEL);
	unsigned int number = 0, audited = 0, num;

	while (answers && number < requests) {
		num = min(dice_between(1, MAX_BATCH), requests - number);
		if (!run_batch(number, num, answers)) {
			/* What is in flight uses all of this for ever. */
			__module_get(THIS_MODULE);
			report_check(false, "kcopyd, request %u ends", number);
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
		     "kcopyd, %u requests end alike", requests);
	coverage_report(COPY_ONE, COPY_DESTROYED);
}
