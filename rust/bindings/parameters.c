// SPDX-License-Identifier: GPL-2.0
/*
 * Parameters that may be changed while the module is loaded: those of Rust's
 * module! are for loading only.
 */
#include <linux/minmax.h>
#include <linux/moduleparam.h>

#include "helpers.h"

#define DEFAULT_SUBJOB_SIZE_KB 512
#define MAX_SUBJOB_SIZE_KB 1024

static unsigned int kcopyd_subjob_size_kb = DEFAULT_SUBJOB_SIZE_KB;
module_param(kcopyd_subjob_size_kb, uint, 0644);
MODULE_PARM_DESC(kcopyd_subjob_size_kb,
		 "The most that new kcopyd clients copy at a time, in KiB: 1 to 1024, or 0 for 512");

/* In bytes. As in mainline what is too large is taken for the most there is. */
unsigned int dm_io_rust_kcopyd_subjob_size(void)
{
	unsigned int kib = READ_ONCE(kcopyd_subjob_size_kb);

	return min(kib ?: DEFAULT_SUBJOB_SIZE_KB, MAX_SUBJOB_SIZE_KB) << 10;
}
