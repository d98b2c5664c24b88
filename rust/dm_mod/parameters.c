// SPDX-License-Identifier: GPL-2.0
/*
 * The parameters of dm_mod that this code reads: dm-kcopyd.c's own, and dm.c's.
 */
#include <linux/moduleparam.h>

#include "../../dm-core.h"
#include "../bindings/helpers.h"

#define DEFAULT_SUB_JOB_SIZE_KB 512
#define MAX_SUB_JOB_SIZE_KB 1024

static unsigned int kcopyd_subjob_size_kb = DEFAULT_SUB_JOB_SIZE_KB;
module_param(kcopyd_subjob_size_kb, uint, 0644);
MODULE_PARM_DESC(kcopyd_subjob_size_kb, "Sub-job size for dm-kcopyd clients");

/* In bytes. */
unsigned int dm_io_rust_kcopyd_subjob_size(void)
{
	return __dm_get_module_param(&kcopyd_subjob_size_kb, DEFAULT_SUB_JOB_SIZE_KB,
				     MAX_SUB_JOB_SIZE_KB) << 10;
}

unsigned int dm_io_rust_reserved_bio_based_ios(void)
{
	return dm_get_reserved_bio_based_ios();
}
