// SPDX-License-Identifier: GPL-2.0
/*
 * Input that mainline stumbles over goes to ours alone, against what the
 * contract says.
 */
#include <linux/completion.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "other.h"
#include "plan.h"
#include "report.h"

#define NEITHER 0x5a5a5a5aUL

static struct dm_io_client *clients[SIDES];
static struct dm_kcopyd_client *copier;
static struct dm_io_region region[BITS_PER_LONG + 1];
static struct page_list list;
static struct bio bio;
static void *memory;
static unsigned int calls;

/* A request that would be good, with a region that would be, too. */
static struct dm_io_request good(blk_opf_t opf)
{
	for (int i = 0; i <= BITS_PER_LONG; i++)
		region[i] = (struct dm_io_region){ disks[0].bdev[RUST], 8 * i, 8 };
	list = (struct page_list){ NULL, vmalloc_to_page(memory) };
	bio_init(&bio, NULL, NULL, 0, REQ_OP_WRITE);
	return (struct dm_io_request){
		.bi_opf = opf,
		.mem.type = DM_IO_VMA,
		.mem.ptr.vma = memory,
		.client = clients[RUST],
	};
}

static void called(unsigned long error, unsigned long unsup, void *context)
{
	calls++;
}

static void one_answer(const char *what, struct dm_io_request *request, unsigned int num,
		       struct dm_io_region *where, int expected)
{
	unsigned long error = NEITHER, unsup = NEITHER;
	int ret = apis[RUST].io(request, num, where, &error, &unsup, 0);

	report_check(ret == expected && error == NEITHER && unsup == NEITHER && !calls,
		     "bad input, %s%s is %d (%d, error %lx unsup %lx, %u calls)", what,
		     request->notify.fn ? ", async," : "", expected, ret, error, unsup, calls);
	calls = 0;
}

/* Refused with a callback and without. */
static void answer(const char *what, struct dm_io_request request, unsigned int num,
		   struct dm_io_region *where, int expected)
{
	one_answer(what, &request, num, where, expected);
	request.notify.fn = called;
	one_answer(what, &request, num, where, expected);
}

static void bad_regions(void)
{
	struct dm_io_request request = good(REQ_OP_WRITE);

	answer("no region", request, 0, region, -EINVAL);
	answer("65 regions", request, BITS_PER_LONG + 1, region, -EINVAL);
	answer("a NULL array of regions", request, 1, NULL, -EINVAL);
	region[1].bdev = NULL;
	answer("a region of no device", request, 2, region, -EINVAL);
	good(REQ_OP_WRITE);
	region[0].sector = U64_MAX - 3;
	answer("a region whose end overflows", request, 1, region, -EINVAL);
	answer("a read of 2 regions", good(REQ_OP_READ), 2, region, -EIO);
}

static void bad_operations(void)
{
	answer("an unknown operation", good(REQ_OP_SECURE_ERASE), 1, region, -EINVAL);
	answer("a reset of a zone", good(REQ_OP_ZONE_RESET), 1, region, -EINVAL);
	answer("a read with a flush", good(REQ_OP_READ | REQ_PREFLUSH), 1, region, -EINVAL);
	answer("a discard with FUA", good(REQ_OP_DISCARD | REQ_FUA), 1, region, -EINVAL);
}

static void bad_memory(void)
{
	struct dm_io_request request = good(REQ_OP_WRITE);

	request.mem.type = DM_IO_KMEM + 1;
	answer("an unknown type of memory", request, 1, region, -EINVAL);
	for (int type = DM_IO_PAGE_LIST; type <= DM_IO_KMEM; type++) {
		request.mem = (struct dm_io_memory){ .type = type };
		answer("NULL for a buffer", request, 1, region, -EINVAL);
	}
	request.mem = (struct dm_io_memory){ .type = DM_IO_PAGE_LIST, .ptr.pl = &list };
	region[0].count = 9;
	answer("a page list that is too short", request, 1, region, -EINVAL);
	region[0].count = 1;
	request.mem.offset = PAGE_SIZE;
	answer("an offset of a page", request, 1, region, -EINVAL);
	request = good(REQ_OP_WRITE);
	request.mem = (struct dm_io_memory){ .type = DM_IO_BIO, .ptr.bio = &bio };
	answer("a bio that is too short", request, 1, region, -EINVAL);
	request = good(REQ_OP_WRITE);
	request.mem.ptr.vma = page_address(ZERO_PAGE(0));
	answer("memory that is not vmalloc'd", request, 1, region, -EINVAL);
	request = good(REQ_OP_WRITE);
	region[0].count = 9;
	answer("vmalloc'd memory that is too short", request, 1, region, -EINVAL);
}

/*
 * A device that is not to be written to: mainline is asked as well, for the
 * block layer warns, and writes.
 */
static void read_only(void)
{
	struct dm_io_request request = good(REQ_OP_WRITE);
	u8 *data = kmalloc(SECTOR_SIZE, GFP_KERNEL);

	memset(memory, 0xa7, PAGE_SIZE);
	for (int side = 0; side < SIDES; side++) {
		unsigned long error = NEITHER, unsup = NEITHER;
		struct block_device *bdev = disks[0].bdev[side];
		struct dm_io_region where = { bdev, 40, 8 };
		bool is_written;
		int ret;

		request.client = clients[side];
		set_disk_ro(bdev->bd_disk, true);
		ret = apis[side].io(&request, 1, &where, &error, &unsup, 0);
		set_disk_ro(bdev->bd_disk, false);
		is_written = data && !bdev_rw_virt(bdev, 47, data, SECTOR_SIZE, REQ_OP_READ) &&
			     !memchr_inv(data, 0xa7, SECTOR_SIZE);
		report_check(!ret && !error && !unsup && is_written,
			     "side %d, a write to a read-only device is made (%d, error %lx unsup %lx)",
			     side, ret, error, unsup);
	}
	kfree(data);
}

struct copy_answer {
	int read_error;
	unsigned long write_error;
	struct completion done;
};

static void copied(int read_error, unsigned long write_error, void *context)
{
	struct copy_answer *answer = context;

	calls++;
	answer->read_error = read_error;
	answer->write_error = write_error;
	complete(&answer->done);
}

static void copy(const char *what, struct dm_io_region *from, unsigned int num,
		 struct dm_io_region *dests)
{
	struct copy_answer answer = { 0 };
	bool came;

	init_completion(&answer.done);
	if (from)
		apis[RUST].copy(copier, from, num, dests, 0, copied, &answer);
	else
		apis[RUST].zero(copier, num, dests, 0, copied, &answer);
	came = wait_for_completion_timeout(&answer.done, 20 * HZ);
	apis[RUST].client_flush(copier);
	report_check(came && calls == 1 && answer.read_error && answer.write_error == ~0UL,
		     "bad input, %s is an error (read %d write %lx, %u calls)", what,
		     answer.read_error, answer.write_error, calls);
	calls = 0;
}

static void bad_copies(void)
{
	good(REQ_OP_WRITE);
	copy("a copy to none", &region[0], 0, &region[1]);
	copy("a copy to 9", &region[0], DM_KCOPYD_MAX_REGIONS + 1, &region[1]);
	copy("a copy to NULL", &region[0], 1, NULL);
	copy("zeroes to none", NULL, 0, &region[1]);
	copy("zeroes to NULL", NULL, 1, NULL);
	region[2].count = 7;
	copy("a copy to a shorter region", &region[0], 2, &region[1]);
	good(REQ_OP_WRITE);
	region[1].sector = U64_MAX - 3;
	copy("a copy to where the end overflows", &region[0], 1, &region[1]);
	region[1].bdev = NULL;
	copy("a copy to no device", &region[0], 1, &region[1]);
	region[0].bdev = NULL;
	copy("a copy from no device", &region[0], 1, &region[2]);
}

/* There is nobody to answer to: they are survived. */
static void bad_pointers(void)
{
	const struct api *api = &apis[RUST];

	good(REQ_OP_WRITE);
	api->copy(copier, &region[0], 1, &region[1], 0, NULL, NULL);
	api->zero(copier, 1, &region[1], 0, NULL, NULL);
	api->do_callback(NULL, 0, 0);
	api->io_client_destroy(NULL);
	api->client_destroy(NULL);
	report_check(!api->prepare_callback(NULL, copied, NULL) &&
		     !api->prepare_callback(copier, NULL, NULL),
		     "bad input, a callback of nothing is not prepared");
}

static bool make_ready(void)
{
	for (int side = 0; side < SIDES; side++)
		clients[side] = apis[side].io_client_create();
	copier = apis[RUST].client_create(NULL);
	memory = vzalloc(PAGE_SIZE);
	return !IS_ERR(clients[MAINLINE]) && !IS_ERR(clients[RUST]) && !IS_ERR(copier) && memory;
}

static void clean_up(void)
{
	vfree(memory);
	if (!IS_ERR(copier))
		apis[RUST].client_destroy(copier);
	for (int side = 0; side < SIDES; side++) {
		if (!IS_ERR(clients[side]))
			apis[side].io_client_destroy(clients[side]);
	}
}

void bad_input_run(unsigned int requests)
{
	bool is_ready = make_ready();
	sector_t where;

	report_check(is_ready, "bad input, there are clients and memory for it");
	if (is_ready) {
		bad_regions();
		bad_operations();
		bad_memory();
		bad_copies();
		bad_pointers();
		report_check(disk_same(&disks[0], 0, disks[0].sectors, &where),
			     "bad input, the device holds what it held");
		read_only();
	}
	clean_up();
}
