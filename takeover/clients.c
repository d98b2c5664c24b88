// SPDX-License-Identifier: GPL-2.0
/*
 * The clients of dm_io_rust that were created in place of the kernel's own, and the
 * file that lists them: /proc/dm_io_rust_takeover. It is in proc because lockdown
 * hides debugfs, and a list may be longer than a page, which is the most of sysfs.
 */
#include <linux/err.h>
#include <linux/kdev_t.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include <dm_io_rust/mainline.h>

#include "../rust/abi/marker.h"
#include "takeover.h"

struct entry {
	struct list_head link;
	const void *client;
	enum dm_io_rust_kind kind;
	dev_t device;
};

static LIST_HEAD(entries);
static DEFINE_MUTEX(entries_lock);

static struct entry *entry_alloc(enum dm_io_rust_kind kind)
{
	struct entry *entry = kmalloc(sizeof(*entry), GFP_KERNEL);

	if (entry) {
		entry->kind = kind;
		entry->device = takeover_current_device();
	}
	return entry;
}

/*
 * Lists a client that was created with the reference to the module that the caller
 * has, or drops that if there is no client.
 */
static void *list_client(struct entry *entry, void *client)
{
	if (IS_ERR(client)) {
		kfree(entry);
		module_put(THIS_MODULE);
		return client;
	}
	entry->client = client;
	mutex_lock(&entries_lock);
	list_add_tail(&entry->link, &entries);
	mutex_unlock(&entries_lock);
	return client;
}

static void unlist_client(const void *client)
{
	struct entry *entry;

	mutex_lock(&entries_lock);
	list_for_each_entry(entry, &entries, link) {
		if (entry->client == client) {
			list_del(&entry->link);
			kfree(entry);
			break;
		}
	}
	mutex_unlock(&entries_lock);
}

/* Called with a reference to the module, which goes with the client. */
struct dm_io_client *takeover_io_client_create(void)
{
	struct entry *entry = entry_alloc(DM_IO_RUST_IO_CLIENT);

	return list_client(entry, entry ? rust_dm_io_client_create() : ERR_PTR(-ENOMEM));
}

void takeover_io_client_destroy(struct dm_io_client *client)
{
	unlist_client(client);
	rust_dm_io_client_destroy(client);
	module_put(THIS_MODULE);
}

/* Called with a reference to the module, which goes with the client. */
struct dm_kcopyd_client *takeover_copy_client_create(struct dm_kcopyd_throttle *throttle)
{
	struct entry *entry = entry_alloc(DM_IO_RUST_COPY_CLIENT);

	return list_client(entry, entry ? rust_dm_kcopyd_client_create(throttle) :
					  ERR_PTR(-ENOMEM));
}

void takeover_copy_client_destroy(struct dm_kcopyd_client *kc)
{
	/* That is refused, with a line in the log, and the client stays. */
	if (dm_io_rust_is_calling_back(kc)) {
		rust_dm_kcopyd_client_destroy(kc);
		return;
	}
	unlist_client(kc);
	rust_dm_kcopyd_client_destroy(kc);
	module_put(THIS_MODULE);
}

static void *clients_start(struct seq_file *file, loff_t *position)
{
	mutex_lock(&entries_lock);
	return seq_list_start(&entries, *position);
}

static void *clients_next(struct seq_file *file, void *entry, loff_t *position)
{
	return seq_list_next(entry, &entries, position);
}

static void clients_stop(struct seq_file *file, void *entry)
{
	mutex_unlock(&entries_lock);
}

/* A line is a device, 0:0 if it is not known, and what the client is for. */
static int clients_show(struct seq_file *file, void *link)
{
	const struct entry *entry = list_entry(link, struct entry, link);

	seq_printf(file, "%u:%u %s\n", MAJOR(entry->device), MINOR(entry->device),
		   entry->kind == DM_IO_RUST_IO_CLIENT ? "dm-io" : "kcopyd");
	return 0;
}

static const struct seq_operations clients_operations = {
	.start = clients_start,
	.next = clients_next,
	.stop = clients_stop,
	.show = clients_show,
};

int takeover_show_clients(void)
{
	return proc_create_seq(KBUILD_MODNAME, 0444, NULL, &clients_operations) ? 0 : -ENOMEM;
}

void takeover_hide_clients(void)
{
	remove_proc_entry(KBUILD_MODNAME, NULL);
}
