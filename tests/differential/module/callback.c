// SPDX-License-Identifier: GPL-2.0
/* Prepared callbacks, done from a task and from interrupts. */
#include <linux/hrtimer.h>
#include <linux/irq_work.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "dice.h"
#include "other.h"
#include "plan.h"
#include "report.h"

#define MOST_AT_ONCE 8

enum origin {
	TASK,
	IRQ_WORK,
	TIMER,
	ORIGINS,
};

static const char * const origins[ORIGINS] = { "a task", "irq_work", "a timer" };

/* One callback, as it is asked for and as it came. */
struct call {
	struct answer answer;
	enum side side;
	enum origin origin;
	void *job;
	int read_error;
	unsigned long write_error;
	struct irq_work work;
	struct hrtimer timer;
};

static struct call calls[MOST_AT_ONCE];
static unsigned int counts[SIDES][ORIGINS];
static atomic_t busy;

static void called(int read_error, unsigned long write_error, void *context)
{
	struct call *call = context;

	call->answer.bad_context |= !in_task() || atomic_inc_return(&busy) != 1;
	call->answer.other = read_error;
	call->answer.error = write_error;
	atomic_dec(&busy);
	plan_called(&call->answer);
}

static void do_it(struct call *call)
{
	apis[call->side].do_callback(call->job, call->read_error, call->write_error);
}

static void from_irq_work(struct irq_work *work)
{
	do_it(container_of(work, struct call, work));
}

/* In a hard interrupt, but with PREEMPT_RT, where mainline takes a lock that sleeps. */
static enum hrtimer_restart from_timer(struct hrtimer *timer)
{
	do_it(container_of(timer, struct call, timer));
	return HRTIMER_NORESTART;
}

static void prepare(struct call *call, struct dm_kcopyd_client *client, enum side side)
{
	memset(call, 0, sizeof(*call));
	call->side = side;
	call->origin = dice_below(ORIGINS);
	call->read_error = dice_below(2);
	call->write_error = dice_below(256);
	call->job = apis[side].prepare_callback(client, called, call);
	init_irq_work(&call->work, from_irq_work);
	hrtimer_setup(&call->timer, from_timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	counts[side][call->origin]++;
}

static void start(struct call *call)
{
	switch (call->origin) {
	case TASK:
		do_it(call);
		break;
	case IRQ_WORK:
		irq_work_queue(&call->work);
		break;
	default:
		hrtimer_start(&call->timer, us_to_ktime(dice_below(500)), HRTIMER_MODE_REL);
	}
}

static void check(struct call *call, unsigned int request)
{
	irq_work_sync(&call->work);
	hrtimer_cancel(&call->timer);
	if (call->answer.other == call->read_error && call->answer.error == call->write_error &&
	    atomic_read(&call->answer.calls) == 1 && !call->answer.bad_context)
		return;
	report_difference(request,
			  "side %d, a callback from %s: read %d write %lx, but read %lu write %lx calls %d, badly %d",
			  call->side, origins[call->origin], call->read_error, call->write_error,
			  call->answer.other, call->answer.error,
			  atomic_read(&call->answer.calls), call->answer.bad_context);
}

/* So many callbacks in flight on one side, which a client's end waits for. */
static bool run_side(unsigned int request, unsigned int num, enum side side)
{
	struct dm_kcopyd_client *client = apis[side].client_create(NULL);
	bool destroy = dice_percent(30);
	bool over;

	if (IS_ERR(client))
		return false;
	plan_expect(num);
	for (unsigned int i = 0; i < num; i++)
		prepare(&calls[i], client, side);
	for (unsigned int i = 0; i < num; i++)
		start(&calls[i]);
	over = destroy || plan_wait();
	apis[side].client_destroy(client);
	if (destroy)
		over = plan_is_over();
	for (unsigned int i = 0; i < num && over; i++)
		check(&calls[i], request);
	return over;
}

/* A callback that was done before a flush has returned after it. */
static bool run_flush(unsigned int request, enum side side)
{
	struct dm_kcopyd_client *client = apis[side].client_create(NULL);
	bool over;

	if (IS_ERR(client))
		return false;
	plan_expect(1);
	prepare(&calls[0], client, side);
	do_it(&calls[0]);
	apis[side].client_flush(client);
	over = plan_is_over();
	apis[side].client_destroy(client);
	check(&calls[0], request);
	return over;
}

void callback_run(unsigned int requests)
{
	unsigned int number = 0;

	memset(counts, 0, sizeof(counts));
	while (number < requests) {
		unsigned int num = min(dice_between(1, MOST_AT_ONCE), requests - number);
		bool over = true;

		for (int side = 0; side < SIDES && over; side++)
			over = run_side(number, num, side) && run_flush(number, side);
		if (!over) {
			__module_get(THIS_MODULE);
			report_check(false, "callbacks, that of request %u comes", number);
			return;
		}
		number += num;
	}
	for (int i = 0; i < ORIGINS; i++)
		report_check(counts[RUST][i] && counts[MAINLINE][i],
			     "callbacks, %u of mainline's and %u of ours were done from %s",
			     counts[MAINLINE][i], counts[RUST][i], origins[i]);
	report_check(!report_differences(), "callbacks, %u on either side come once each, as asked",
		     requests);
}
