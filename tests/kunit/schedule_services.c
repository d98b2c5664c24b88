// SPDX-License-Identifier: GPL-2.0
/*
 * The services of dm_io.h, whose reserve all callers share.
 */
#include "schedule_services.h"

#include <dm_io_rust/dm_io.h>
#include <linux/completion.h>
#include <linux/vmalloc.h>

#define RESERVED 64

static void tell(unsigned long error, void *context)
{
	complete(context);
}

bool schedule_services_write(struct block_device *bdev, sector_t sectors, bool is_async)
{
	struct io_region where = { .bdev = bdev, .count = sectors };
	DECLARE_COMPLETION_ONSTACK(done);
	void *data = vzalloc(sectors << SECTOR_SHIFT);
	int ret = -ENOMEM;

	if (data && is_async) {
		ret = dm_io_async_vm(1, &where, WRITE, data, tell, &done);
		if (!ret)
			wait_for_completion(&done);
	} else if (data) {
		ret = dm_io_sync_vm(1, &where, WRITE, data, NULL);
	}
	vfree(data);
	return !ret;
}

bool schedule_services_reserve(void)
{
	if (dm_io_get(RESERVED))
		return false;
	dm_io_put(RESERVED);
	return true;
}
