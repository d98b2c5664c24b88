/* SPDX-License-Identifier: GPL-2.0 */
/* Writes that are acknowledged where a crash does not reach. */
#ifndef _WRITER_H
#define _WRITER_H

#include <linux/types.h>

#define SECTOR_SIZE 512

int open_direct(const char *path, int flags);
void *new_sectors(unsigned int count);

/*
 * A mark in the log of dm-log-writes: what was logged before it had ended before it was
 * put there.
 */
void marks_open(const char *device);
void marks_put(unsigned int writer, __u32 number);

/* A sector for each writer on a disk that no device is made of: its last number. */
__u32 journal_open(const char *device, unsigned int writer);
void journal_put(unsigned int writer, __u32 number);

#endif /* _WRITER_H */
