// SPDX-License-Identifier: GPL-2.0
/*
 * Parameters that may be changed while the module is loaded: those of Rust's
 * module! are for loading only.
 */
#include <linux/minmax.h>
#include <linux/moduleparam.h>

#include "helpers.h"

#define DEFAULT_RESERVED_IOS 16
#define MAX_RESERVED_IOS 1024

/* The name and the bounds are those of dm_mod's parameter. */
static unsigned int reserved_bio_based_ios = DEFAULT_RESERVED_IOS;
module_param(reserved_bio_based_ios, uint, 0644);
MODULE_PARM_DESC(reserved_bio_based_ios,
		 "The I/Os that new dm-io clients have memory for at any time: 1 to 1024, or 0 for 16");

unsigned int dm_io_rust_reserved_bio_based_ios(void)
{
	unsigned int ios = READ_ONCE(reserved_bio_based_ios);

	return min(ios ?: DEFAULT_RESERVED_IOS, MAX_RESERVED_IOS);
}

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
