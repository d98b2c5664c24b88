/* SPDX-License-Identifier: GPL-2.0 */
/* How often what happened: a comparison of nothing finds no difference. */
#ifndef _DIFFERENTIAL_COVERAGE_H
#define _DIFFERENTIAL_COVERAGE_H

enum kind {
	IO_READ, IO_WRITE, IO_FLUSH, IO_DISCARD, IO_ZEROES,
	IO_LIST, IO_BIO, IO_VMA, IO_KMEM, IO_ODD_START, IO_ADVANCED,
	IO_WAITED, IO_CALLED_BACK, IO_MANY_REGIONS, IO_ZONED,
	IO_FAILED, IO_UNSUPPORTED, IO_FAILED_READ, IO_BEYOND_END,
	IO_FLUSHED_BEYOND_END,
	COPY_ONE, COPY_MANY, COPY_ZERO, COPY_SPLIT, COPY_SEQUENTIAL, COPY_ZONED,
	COPY_THROTTLED, COPY_READ_FAILED, COPY_WRITE_FAILED, COPY_IGNORED, COPY_STOPPED,
	COPY_OVERLAPPING, COPY_IN_PLACE, COPY_BEYOND_END,
	COPY_FLUSHED, COPY_DESTROYED,
	KINDS,
};

void coverage_start(void);
void coverage_count(enum kind kind);
/* Tells of the kinds from one to another, and whether there was each. */
void coverage_report(enum kind from, enum kind to);

#endif /* _DIFFERENTIAL_COVERAGE_H */
