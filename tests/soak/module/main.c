// SPDX-License-Identifier: GPL-2.0
/*
 * A load on dm-io and kcopyd of which it is known what every sector must hold.
 *
 * debugfs has dm_io_rust_soak/counts; dm_io_rust_soak/failed, of how many regions on each disk
 * have failed; and dm_io_rust_soak/control, which takes:
 *
 *	disk PATH		open a disk, fill it, and put load on it from the next start on
 *	start, stop		the load, by the parameters seed and workers
 *	verify			read all disks, past the engine, while there is no load
 *	may_fail PATH 0|1	whether I/O to the disk may fail; 0 waits for what is in flight
 *	bad PATH SECTOR COUNT r|w|rw|heals|none
 *				what fails for certain there; heals: reads, until one writes
 *	any_memory PATH		data for the disk is at any address that it says it can do
 *	freeze PATH, thaw PATH	the disk's queue, until nothing is in flight there
 *	close PATH, reopen PATH	a disk that goes and comes back, while there is no load
 *	clients NUMBER		create and destroy so many of each kind, by both APIs
 *
 * What is wrong is counted, and described in the log.
 */
#include <linux/cleanup.h>
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "disk.h"
#include "load.h"
#include "report.h"

static uint seed;
module_param(seed, uint, 0644);
MODULE_PARM_DESC(seed, "Seed of the load, 0 for a new one each time");

static uint workers = 4;
module_param(workers, uint, 0644);
MODULE_PARM_DESC(workers, "How many tasks there are");

static struct dentry *directory;
static DEFINE_MUTEX(lock);

static int start(char *words)
{
	u32 chosen = seed ?: get_random_u32();

	pr_info("soak: seed %u, %u workers\n", chosen, workers);
	return num_disks && workers ? load_start(workers, chosen) : -EINVAL;
}

static int stop(char *words)
{
	load_stop();
	return 0;
}

static int verify(char *words)
{
	return disks_verify();
}

static int close_disk(char *words)
{
	struct disk *disk = disk_find(words);

	if (disk)
		disk_close(disk);
	return disk ? 0 : -ENOENT;
}

static int reopen(char *words)
{
	struct disk *disk = disk_find(words);

	return disk ? disk_reopen(disk) : -ENOENT;
}

static int may_fail(char *words)
{
	struct disk *disk = disk_find(strsep(&words, " "));
	bool may;
	int ret = words ? kstrtobool(words, &may) : -EINVAL;

	if (!disk || ret)
		return disk ? ret : -ENOENT;
	/* What has begun may have failed. */
	if (!may)
		load_settle();
	WRITE_ONCE(disk->may_fail, may);
	return 0;
}

static int bad(char *words)
{
	static const struct {
		const char *name;
		u8 bad;
	} kinds[] = {
		{ "r", BAD_READS }, { "w", BAD_WRITES }, { "rw", BAD_READS | BAD_WRITES },
		{ "heals", BAD_READS | BAD_HEALS }, { "none", 0 },
	};
	struct disk *disk = disk_find(strsep(&words, " "));
	unsigned long long sector, count;
	char name[8];

	if (!disk || !words || sscanf(words, "%llu %llu %7s", &sector, &count, name) != 3)
		return -EINVAL;
	for (int i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(name, kinds[i].name))
			return disk_set_bad(disk, sector, count, kinds[i].bad);
	return -EINVAL;
}

static int any_memory(char *words)
{
	struct disk *disk = disk_find(words);

	return disk ? disk_take_any_memory(disk) : -ENOENT;
}

static int freeze(char *words)
{
	struct disk *disk = disk_find(words);

	if (disk)
		disk_freeze(disk);
	return disk ? 0 : -ENOENT;
}

static int thaw(char *words)
{
	struct disk *disk = disk_find(words);

	if (disk)
		disk_thaw(disk);
	return disk ? 0 : -ENOENT;
}

static int clients(char *words)
{
	unsigned int number;

	return kstrtouint(words, 0, &number) ?: load_clients(number);
}

static const struct {
	const char *name;
	int (*run)(char *words);
	/* What changes the disks is not for a time of load. */
	bool wants_rest;
} commands[] = {
	{ "disk", disk_add, true }, { "start", start, true }, { "stop", stop },
	{ "verify", verify, true }, { "may_fail", may_fail }, { "bad", bad, true },
	{ "any_memory", any_memory }, { "freeze", freeze }, { "thaw", thaw },
	{ "close", close_disk, true }, { "reopen", reopen, true }, { "clients", clients },
};

static int run(char *words)
{
	char *name = strsep(&words, " "), none[] = "";

	guard(mutex)(&lock);
	for (int i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(name, commands[i].name))
			continue;
		if (commands[i].wants_rest && load_is_on())
			return -EBUSY;
		return commands[i].run(words ?: none);
	}
	return -EINVAL;
}

static ssize_t control_write(struct file *file, const char __user *from, size_t length,
			     loff_t *position)
{
	char *text __free(kfree) = memdup_user_nul(from, min(length, PAGE_SIZE));
	int ret;

	if (IS_ERR(text))
		return PTR_ERR(text);
	ret = run(strim(text));
	return ret ?: length;
}

static const struct file_operations control_operations = {
	.owner = THIS_MODULE,
	.write = control_write,
};

static int counts_show(struct seq_file *to, void *unused)
{
	report_counts(to);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(counts);

static int failed_show(struct seq_file *to, void *unused)
{
	disks_report(to);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(failed);

static int __init soak_init(void)
{
	directory = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("control", 0200, directory, NULL, &control_operations);
	debugfs_create_file("counts", 0400, directory, NULL, &counts_fops);
	debugfs_create_file("failed", 0400, directory, NULL, &failed_fops);
	return 0;
}
module_init(soak_init);

static void __exit soak_exit(void)
{
	debugfs_remove(directory);
	load_stop();
	disks_remove();
}
module_exit(soak_exit);

MODULE_AUTHOR("The dm_io_rust developers");
MODULE_DESCRIPTION("Puts load on dm-io and kcopyd, and verifies what comes of it");
MODULE_LICENSE("GPL");
