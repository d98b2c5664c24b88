// SPDX-License-Identifier: GPL-2.0
/*
 * How long a load takes: in passes that are short, so that some of them see no
 * timer tick, after one that warms up.
 */
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/moduleparam.h>
#include <linux/time64.h>

#include "bench.h"

#define MAX_TIMES 1000
/* So that their median is not one of them by chance. */
#define MIN_PASSES 9
/* Between passes, for what was put off. */
#define REST_MS 10

static unsigned int max_passes = 31;
module_param(max_passes, uint, 0644);
MODULE_PARM_DESC(max_passes, "the most passes of a measurement, after warming up");

static unsigned int pass_us = 200;
module_param(pass_us, uint, 0644);
MODULE_PARM_DESC(pass_us, "about how long a pass takes");

static unsigned int enough_us = 400000;
module_param(enough_us, uint, 0644);
MODULE_PARM_DESC(enough_us, "after how long there is no further pass, if there were some");

static int timed(struct load *load, unsigned int times, u64 *ns)
{
	u64 start = ktime_get_ns();
	int ret = load_run(load, times);

	*ns = ktime_get_ns() - start;
	return ret;
}

/* Also finds how often the load is to be done in a pass. */
static int warm_up(struct load *load, unsigned int *times)
{
	u64 total = 0, ns;

	for (*times = 0; *times < MAX_TIMES && total < pass_us * NSEC_PER_USEC; ++*times) {
		int ret = timed(load, 1, &ns);

		if (ret)
			return ret;
		total += ns;
	}
	return 0;
}

static int passes(struct load *load, char *result, size_t size)
{
	unsigned int pass, times, each;
	u64 total = 0, ns;
	int used = 0, ret = warm_up(load, &times);

	if (ret)
		return ret;
	each = times * load->jobs * load->num_clients;
	for (pass = 0; pass < max_passes; pass++) {
		if (pass >= MIN_PASSES && total >= enough_us * NSEC_PER_USEC)
			break;
		msleep(REST_MS);
		ret = timed(load, times, &ns);
		if (ret)
			return ret;
		total += ns;
		used += scnprintf(result + used, size - used, " %llu",
				  div_u64(ns, each));
	}
	return 0;
}

/* Prints what each pass took, in nanoseconds for one I/O or copy. */
int measure_time(struct load *load, char *result, size_t size)
{
	int ret = load_clients(load);

	if (ret)
		return ret;
	ret = passes(load, result, size);
	load_forget_clients(load);
	return ret;
}
