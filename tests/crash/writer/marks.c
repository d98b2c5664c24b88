// SPDX-License-Identifier: GPL-2.0
/* dmsetup message DEVICE 0 mark WRITER:NUMBER, without a process for each. */
#include <err.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "writer.h"

static const char *log_device;
static int control;

void marks_open(const char *device)
{
	log_device = device;
	control = open("/dev/mapper/control", O_RDWR);
	if (control < 0)
		err(1, "/dev/mapper/control");
}

void marks_put(unsigned int writer, __u32 number)
{
	struct {
		struct dm_ioctl header;
		struct dm_target_msg message;
		char text[64];
	} request = {
		.header = {
			.version = { DM_VERSION_MAJOR },
			.data_size = sizeof(request),
			.data_start = offsetof(typeof(request), message),
		},
	};

	snprintf(request.header.name, sizeof(request.header.name), "%s", log_device);
	snprintf(request.text, sizeof(request.text), "mark %u:%u", writer, number);
	if (ioctl(control, DM_TARGET_MSG, &request))
		err(1, "a mark in the log of %s", log_device);
}
