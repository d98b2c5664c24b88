// SPDX-License-Identifier: GPL-2.0
/*
 * Measures what is written to the file dm_io_rust_bench in debugfs, one line
 * at a time; what is read from it are the figures of the last line.
 *
 *	MEASURE SERVICE OPERATION MEMORY BYTES REGIONS CLIENTS JOBS DISKS
 *
 * MEASURE is time, idle or busy (see measure.c and memory.c), DISKS what the names
 * of the block devices have before their numbers. Of a copy REGIONS are the
 * destinations. JOBS are how many copies or asynchronous I/Os each client has in
 * flight. MEMORY is of I/O only, else -.
 */
#include <linux/blkdev.h>
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "bench.h"

#define LINE 512

struct command {
	char measure[8];
	char service[16];
	char operation[16];
	char memory[8];
	char disks[16];
	size_t bytes;
};

static const struct service *const services[] = {
	&floor_service,	  &wake_service,    &mainline_service,
	&request_service, &classic_service,
};

static const struct operation {
	const char *name;
	enum kind kind;
	enum req_op op;
} operations[] = {
	{ "read", SYNC, REQ_OP_READ },
	{ "write", SYNC, REQ_OP_WRITE },
	{ "write_async", ASYNC, REQ_OP_WRITE },
	{ "copy", COPY },
	{ "queue_work", QUEUE_WORK },
	{ "wake_up", WAKE_UP },
};

static const char *const memories[] = {
	[MEMORY_KMEM] = "kmem",
	[MEMORY_LIST] = "list",
	[MEMORY_VMALLOC] = "vmalloc",
	[MEMORY_BVEC] = "bvec",
};

static DEFINE_MUTEX(one_at_a_time);
static struct dentry *debugfs_file;
static char result[LINE];

static const struct operation *find_operation(const struct command *command)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(operations); i++)
		if (!strcmp(operations[i].name, command->operation))
			return &operations[i];
	return NULL;
}

static int find_way(const struct command *command, enum kind kind, struct load *load)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(services); i++) {
		const struct way *way = &services[i]->ways[kind];

		if (!strcmp(services[i]->name, command->service) && way->run)
			load->way = way;
	}
	return load->way ? 0 : -EINVAL;
}

static int find_memory(const struct command *command, enum kind kind, struct load *load)
{
	int memory = match_string(memories, ARRAY_SIZE(memories),
				  command->memory);

	if (kind != SYNC && kind != ASYNC)
		return 0;
	if (memory < 0)
		return memory;
	load->buffer = buffer_get(memory, command->bytes);
	return load->buffer ? 0 : -ENOMEM;
}

static int parse(char *line, struct command *command, struct load *load)
{
	const struct operation *operation;
	int fields = sscanf(line, "%7s %15s %15s %7s %zu %u %u %u %15s",
			    command->measure, command->service, command->operation,
			    command->memory, &command->bytes, &load->num_regions,
			    &load->num_clients, &load->jobs, command->disks);

	if (fields != 9 || !load->num_regions || load->num_regions >= MAX_DISKS ||
	    !load->num_clients || load->num_clients > MAX_CLIENTS || !load->jobs)
		return -EINVAL;
	operation = find_operation(command);
	if (!operation)
		return -EINVAL;
	load->op = operation->op;
	load->count = command->bytes >> SECTOR_SHIFT;
	load->num_disks = load->num_regions + (operation->kind == COPY);
	return find_way(command, operation->kind, load) ?:
	       find_memory(command, operation->kind, load);
}

static void close_disks(struct load *load)
{
	for (unsigned int i = 0; i < MAX_DISKS && load->files[i]; i++)
		fput(load->files[i]);
}

static int open_disks(const struct command *command, struct load *load)
{
	for (unsigned int i = 0; i < load->num_disks; i++) {
		char path[32];
		struct file *file;

		scnprintf(path, sizeof(path), "/dev/%s%u", command->disks, i);
		file = bdev_file_open_by_path(path, BLK_OPEN_READ | BLK_OPEN_WRITE,
					      NULL, NULL);
		if (IS_ERR(file)) {
			close_disks(load);
			return PTR_ERR(file);
		}
		load->files[i] = file;
		load->disks[i] = file_bdev(file);
	}
	return 0;
}

static int run_measure(const char *measure, struct load *load)
{
	if (!strcmp(measure, "time"))
		return measure_time(load, result, sizeof(result));
	if (!strcmp(measure, "idle"))
		return measure_idle(load, result, sizeof(result));
	if (!strcmp(measure, "busy"))
		return measure_busy(load, result, sizeof(result));
	return -EINVAL;
}

static int run_line(char *line)
{
	struct load *load __free(kfree) = kzalloc_obj(*load);
	struct command command = {};
	int ret;

	if (!load)
		return -ENOMEM;
	ret = parse(line, &command, load) ?: open_disks(&command, load);
	if (ret)
		return ret;
	ret = run_measure(command.measure, load);
	close_disks(load);
	return ret;
}

static ssize_t command_write(struct file *file, const char __user *from,
			     size_t size, loff_t *offset)
{
	char line[LINE] = "";
	int ret;

	if (size >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, from, size))
		return -EFAULT;
	guard(mutex)(&one_at_a_time);
	result[0] = '\0';
	ret = run_line(line);
	return ret ?: size;
}

static ssize_t result_read(struct file *file, char __user *to, size_t size,
			   loff_t *offset)
{
	guard(mutex)(&one_at_a_time);
	return simple_read_from_buffer(to, size, offset, result, strlen(result));
}

static const struct file_operations file_operations = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = command_write,
	.read = result_read,
};

static int __init bench_init(void)
{
	int ret = load_init();

	if (ret)
		return ret;
	debugfs_file = debugfs_create_file("dm_io_rust_bench", 0600, NULL, NULL,
					   &file_operations);
	return 0;
}

static void __exit bench_exit(void)
{
	debugfs_remove(debugfs_file);
	buffer_forget();
	load_exit();
}

module_init(bench_init);
module_exit(bench_exit);

MODULE_DESCRIPTION("Costs of bare bios, mainline's dm-io and kcopyd, and dm_io_rust");
MODULE_LICENSE("GPL");
