// SPDX-License-Identifier: GPL-2.0
/*
 * The parameters of a module with all its mutants in it: which of them it is,
 * none unless it is given, and the places that were reached since they were
 * last asked for.
 */
#include <linux/bitmap.h>
#include <linux/moduleparam.h>

unsigned int dm_io_rust_mutant;
/* Number 0 is no mutant's. */
u8 dm_io_rust_reached[DM_IO_RUST_MUTANTS + 1];

static DECLARE_BITMAP(reached, DM_IO_RUST_MUTANTS + 1);

module_param_named(mutant, dm_io_rust_mutant, uint, 0444);

static int get_reached(char *buffer, const struct kernel_param *parameter)
{
	unsigned int number;

	for (number = 0; number <= DM_IO_RUST_MUTANTS; number++)
		__assign_bit(number, reached,
			     xchg(&dm_io_rust_reached[number], 0));
	return scnprintf(buffer, PAGE_SIZE, "%*pb\n", DM_IO_RUST_MUTANTS + 1,
			 reached);
}

static const struct kernel_param_ops reached_ops = {
	.get = get_reached,
};

module_param_cb(reached, &reached_ops, NULL, 0444);
