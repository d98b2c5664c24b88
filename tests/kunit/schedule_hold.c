// SPDX-License-Identifier: GPL-2.0
#include "schedule_hold.h"

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/text-patching.h>
#include <linux/wait.h>

#include "schedule_points.h"

/* What must not sleep holds up its processor, and maybe RCU, for so long at most. */
#define MAX_SPIN_MS 20u
#define SPIN_US 20

static DECLARE_WAIT_QUEUE_HEAD(wait);
static struct schedule_point *held_point;
static const struct schedule_hold_rules *rules;
static unsigned int max_ms;
/* Whether someone has come to the point. */
static atomic_t taken;
static DECLARE_COMPLETION(has_gone_on);
static enum schedule_held state;
static struct task_struct *task;
static bool is_ended;

/* In schedule_trampoline.S: calls schedule_hold() and goes back to the point. */
asmlinkage void schedule_trampoline(void);
asmlinkage void schedule_hold(struct pt_regs *regs);

static bool may_go(void)
{
	return READ_ONCE(is_ended) || rules->is_over(task);
}

static bool may_sleep(void)
{
	return in_task() && preemptible() && !rcu_preempt_depth() &&
	       READ_ONCE(current->__state) == TASK_RUNNING;
}

/* Not by a clock, which may stand still while this processor takes no interrupts. */
static enum schedule_held spin(void)
{
	unsigned int left = min(max_ms, MAX_SPIN_MS) * USEC_PER_MSEC / SPIN_US;

	while (!may_go()) {
		if (!left--)
			return SCHEDULE_SPUN_OUT;
		udelay(SPIN_US);
	}
	return SCHEDULE_HELD;
}

static enum schedule_held expire(void)
{
	rules->expired(task);
	return SCHEDULE_EXPIRED;
}

asmlinkage void schedule_hold(struct pt_regs *regs)
{
	enum schedule_held result = SCHEDULE_HELD;

	WRITE_ONCE(task, current);
	WRITE_ONCE(state, SCHEDULE_HELD);
	if (!may_sleep())
		result = spin();
	else if (!wait_event_timeout(wait, may_go(), msecs_to_jiffies(max_ms)))
		result = expire();
	WRITE_ONCE(state, result);
	/* Its lock is a raw one: the caller may be in any context. */
	complete(&has_gone_on);
}

int schedule_hold_hit(struct schedule_point *point, struct pt_regs *regs)
{
	if (READ_ONCE(held_point) != point || atomic_xchg(&taken, true))
		return 0;
	int3_emulate_call(regs, (unsigned long)point->probe.addr,
			  (unsigned long)schedule_trampoline);
	return 1;
}
NOKPROBE_SYMBOL(schedule_hold_hit);

void schedule_hold_begin(struct schedule_point *point, unsigned int ms,
			 const struct schedule_hold_rules *of)
{
	atomic_set(&taken, false);
	reinit_completion(&has_gone_on);
	rules = of;
	max_ms = ms;
	is_ended = false;
	task = NULL;
	state = SCHEDULE_NOT_REACHED;
	WRITE_ONCE(held_point, point);
	schedule_point_arm(point);
}

void schedule_hold_look(void)
{
	wake_up_all(&wait);
}

enum schedule_held schedule_hold_state(void)
{
	return READ_ONCE(state);
}

enum schedule_held schedule_hold_end(void)
{
	struct schedule_point *point = held_point;
	enum schedule_held result;

	if (point) {
		WRITE_ONCE(held_point, NULL);
		schedule_point_disarm(point);
	}
	WRITE_ONCE(is_ended, true);
	wake_up_all(&wait);
	if (point && atomic_read(&taken))
		wait_for_completion(&has_gone_on);
	result = state;
	state = SCHEDULE_NOT_REACHED;
	return result;
}
