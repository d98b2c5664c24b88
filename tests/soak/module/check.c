// SPDX-License-Identifier: GPL-2.0
#include <linux/blkdev.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/stdarg.h>

#include <linux/dm-kcopyd.h>

#include "report.h"
#include "worker.h"
#include "zone.h"

static const char * const names[] = {
	[KIND_READ] = "a read", [KIND_WRITE] = "a write", [KIND_DISCARD] = "a discard",
	[KIND_ZEROES] = "a write of zeroes", [KIND_FLUSH] = "a flush", [KIND_COPY] = "a copy",
	[KIND_ZEROING] = "a zeroing", [KIND_CALLBACK] = "a callback",
};

static void describe_places(const struct request *request, char *text, size_t size)
{
	const struct place *from = &request->from, *to = &request->to[0];

	snprintf(text, size, "from %s %llu+%llu to %u, the first %s %llu+%llu",
		 from->disk ? from->disk->path : "", from->sector, from->count, request->num,
		 request->num ? to->disk->path : "", to->sector, to->count);
}

void request_report(const struct request *request, const char *format, ...)
{
	const struct worker *worker = request->worker;
	struct va_format text = { .fmt = format };
	char places[200], call[140];
	va_list arguments;

	describe_places(request, places, sizeof(places));
	snprintf(call, sizeof(call), "%s %#x, flags %#x, memory %u at %zu: %d, %#lx, %#lx, %d",
		 request->is_classic ? "classic" : "mainline's", (__force u32)request->opf,
		 request->flags, request->memory.type, request->memory.start, request->ret,
		 request->error, request->unsup, request->read_err);
	va_start(arguments, format);
	text.va = &arguments;
	report_wrong("%s %pV; worker %u, request %u, %s, %s", names[request->kind], &text,
		     worker->index, request->serial, places, call);
	va_end(arguments);
}

bool request_is_able(const struct request *request, const struct place *place)
{
	struct block_device *bdev = place->disk->bdev;

	switch (request->kind) {
	case KIND_DISCARD:
		return bdev_max_discard_sectors(bdev);
	case KIND_ZEROES:
	case KIND_ZEROING:
		return bdev_write_zeroes_sectors(bdev);
	default:
		return true;
	}
}

static struct model *model_of(const struct place *place, sector_t index)
{
	return &place->disk->model[place->sector + index];
}

/* Whether a sector fails for certain; whether one may. */
static bool has_bad(const struct place *place, u8 bad, bool for_certain)
{
	for (sector_t i = 0; i < place->count; i++) {
		u8 has = model_of(place, i)->bad;

		if (has & bad && !(for_certain && has & BAD_MAYBE))
			return true;
	}
	return false;
}

static bool ends_beyond(const struct place *place, bool for_certain)
{
	sector_t now = bdev_nr_sectors(place->disk->bdev);
	sector_t end = for_certain ? max(place->end, now) : min(place->end, now);

	return place->count && place->sector + place->count > end;
}

static bool must_fail(const struct place *place, u8 bad)
{
	return ends_beyond(place, true) || has_bad(place, bad, true);
}

static bool may_fail(const struct place *place, u8 bad)
{
	return place->may_fail || READ_ONCE(place->disk->may_fail) || ends_beyond(place, false) ||
	       has_bad(place, bad, false);
}

/* Whether a place that failed, or not, was to. */
static void check_error(const struct request *request, const struct place *place, u8 bad,
			bool failed)
{
	if (failed && !may_fail(place, bad))
		request_report(request, "fails at %s %llu+%llu, which does not", place->disk->path,
			       place->sector, place->count);
	else if (!failed && must_fail(place, bad))
		request_report(request, "does not fail at %s %llu+%llu, which does",
			       place->disk->path, place->sector, place->count);
}

/* A write heals what it has reached; whether a failed one has is not known. */
static void heal(struct model *sector, bool is_done)
{
	if (sector->bad & BAD_HEALS)
		sector->bad = is_done ? 0 : sector->bad | BAD_MAYBE;
}

/* No write gets to a sector that fails for certain. */
static bool stays(const struct model *sector)
{
	return (sector->bad & (BAD_WRITES | BAD_MAYBE)) == BAD_WRITES;
}

/* Whether what was to be written is there, or what was there before, too. */
static void write_model(const struct request *request, const struct place *place, bool is_done)
{
	/* dm_io() begins with none that is too long; kcopyd does what comes before the end. */
	if (!is_done && !request_is_copy(request) && ends_beyond(place, true))
		return;
	for (sector_t i = 0; i < place->count; i++) {
		struct model *sector = model_of(place, i);
		u64 tag = request->kind == KIND_WRITE ? request->tag + i : 0;

		if (stays(sector))
			continue;
		/* Of what is discarded a device may keep what it likes. */
		if (request->kind == KIND_DISCARD)
			is_done = false;
		if (is_done)
			model_set(sector, tag);
		else
			model_add(sector, tag);
		heal(sector, is_done);
	}
	if (request->kind == KIND_WRITE || request->kind == KIND_ZEROING)
		zone_written(place, is_done);
}

/* Not where they are written in order, as zones are. */
static bool ignores_errors(const struct request *request)
{
	for (unsigned int i = 0; i < request->num; i++)
		if (request->to[i].disk->zone)
			return false;
	return (request->flags & (BIT(DM_KCOPYD_IGNORE_ERROR) | BIT(DM_KCOPYD_WRITE_SEQ))) ==
	       BIT(DM_KCOPYD_IGNORE_ERROR);
}

/* Nothing fails there but what is known to. */
static bool is_known(const struct place *place)
{
	return !place->may_fail && !READ_ONCE(place->disk->may_fail) && !ends_beyond(place, false);
}

/*
 * A copy that ignores errors loses single blocks: those that cannot be read are zeroes, and
 * those that cannot be written are what they were.
 */
static void copy_known(struct model *sector, const struct model *source)
{
	if ((source->bad & (BAD_READS | BAD_MAYBE)) == BAD_READS)
		model_set(sector, 0);
	else
		model_copy(sector, source);
	if (source->bad & BAD_MAYBE)
		model_add(sector, 0);
}

static void copy_unknown(struct model *sector, const struct model *source, bool is_done,
			 bool may_be_zeroes)
{
	if (is_done)
		model_copy(sector, source);
	else
		model_add_all(sector, source);
	if (may_be_zeroes)
		model_add(sector, 0);
}

static void copy_model(const struct request *request, const struct place *place, bool is_done)
{
	bool all = ignores_errors(request);
	bool known = all && request->block == 1 && is_known(&request->from) && is_known(place);

	for (sector_t i = 0; i < place->count; i++) {
		struct model *sector = model_of(place, i);
		const struct model *source = model_of(&request->from, i);

		if (stays(sector))
			continue;
		if (known)
			copy_known(sector, source);
		else
			copy_unknown(sector, source, is_done, all && request->read_err);
		heal(sector, is_done);
	}
	zone_written(place, is_done);
}

/* A read that failed has zeroes wherever it has not what is on the disk. */
static bool sector_is_right(const struct request *request, sector_t index)
{
	const u8 *data = memory_data(&request->memory) + (index << SECTOR_SHIFT);
	struct model *sector = model_of(&request->to[0], index);
	u64 tag;

	if (!content_tag(data, &tag))
		return false;
	if (request->error | request->unsup)
		return !tag || (model_has(sector, tag) &&
				(sector->bad & (BAD_READS | BAD_MAYBE)) != BAD_READS);
	if (!model_has(sector, tag))
		return false;
	model_set(sector, tag);
	return true;
}

static void check_read(const struct request *request)
{
	const struct place *place = &request->to[0];

	atomic64_add(place->count, &counts[COUNT_CHECKED]);
	for (sector_t i = 0; i < place->count; i++) {
		u64 tag;

		if (sector_is_right(request, i))
			continue;
		content_tag(memory_data(&request->memory) + (i << SECTOR_SHIFT), &tag);
		request_report(request, "has %#llx of sector %llu, which has %#llx or %u others",
			       tag, place->sector + i, model_of(place, i)->tags[0],
			       model_of(place, i)->num - 1);
		return;
	}
}

static void check_unsupported(const struct request *request, const struct place *place, bool unsup)
{
	bool is_able = request_is_able(request, place);

	if (!place->count || place->may_fail || READ_ONCE(place->disk->may_fail) ||
	    ends_beyond(place, false))
		return;
	if (unsup ? place->able && is_able : !place->able && !is_able)
		request_report(request, "is %s by %s", unsup ? "unsupported" : "done",
			       place->disk->path);
}

static void check_returned(const struct request *request)
{
	int unsup = request->is_classic ? -EIO : -EOPNOTSUPP;
	int ret = request->error ? -EIO : request->unsup ? unsup : 0;

	if (request->ret != (request->waits ? ret : 0))
		request_report(request, "returns so");
	if ((request->error | request->unsup) >> request->num)
		request_report(request, "has errors of no region");
	if (request_sectors(request) && !memory_margins_intact(&request->memory))
		request_report(request, "has written beside its memory");
}

/* Classic services say of what a device cannot do no more than that it fails. */
static void find_unsupported(struct request *request)
{
	for (unsigned int i = 0; i < request->num; i++) {
		const struct place *place = &request->to[i];

		if (place->count && request->error & BIT(i) &&
		    !(place->able && request_is_able(request, place))) {
			request->error &= ~BIT(i);
			request->unsup |= BIT(i);
		}
	}
}

static void check_io(const struct request *request)
{
	u8 bad = request->kind == KIND_READ ? BAD_READS : BAD_WRITES;

	check_returned(request);
	for (unsigned int i = 0; i < request->num; i++) {
		const struct place *place = &request->to[i];
		bool failed = request->error & BIT(i), unsup = request->unsup & BIT(i);

		check_unsupported(request, place, unsup);
		if (!unsup)
			check_error(request, place, bad, failed);
		if (request->kind != KIND_READ)
			write_model(request, place, !failed && !unsup);
	}
	if (request_sectors(request) && request->kind == KIND_READ)
		check_read(request);
}

/* Of several errors the first ends the copy: that there is one is known, and where. */
static void check_first_error(const struct request *request)
{
	bool any = request->kind == KIND_COPY && must_fail(&request->from, BAD_READS);

	for (unsigned int i = 0; i < request->num; i++)
		any |= must_fail(&request->to[i], BAD_WRITES);
	if (any && !request->read_err && !request->error)
		request_report(request, "does not fail");
}

static void check_copy_errors(const struct request *request)
{
	bool all = ignores_errors(request);

	if (request->kind == KIND_COPY && (all || request->read_err))
		check_error(request, &request->from, BAD_READS, request->read_err);
	for (unsigned int i = 0; i < request->num; i++) {
		bool failed = request->error & BIT(i);

		if (all || failed)
			check_error(request, &request->to[i], BAD_WRITES, failed);
	}
	if (!all)
		check_first_error(request);
}

static void check_copy(const struct request *request)
{
	bool stopped = !ignores_errors(request) && (request->read_err || request->error);

	if (request->ret)
		request_report(request, "is refused");
	if (request->error >> request->num ||
	    (request->kind == KIND_ZEROING && request->read_err))
		request_report(request, "has errors of no region");
	check_copy_errors(request);
	for (unsigned int i = 0; i < request->num; i++) {
		bool is_done = !stopped && !(request->error & BIT(i));

		if (request->kind == KIND_COPY)
			copy_model(request, &request->to[i], is_done);
		else
			write_model(request, &request->to[i], is_done);
	}
}

static void count_place(const struct place *place, bool failed)
{
	count(COUNT_REGIONS);
	atomic64_add(place->count, &counts[COUNT_SECTORS]);
	if (!failed)
		return;
	count(COUNT_FAILED);
	atomic64_inc(&place->disk->failed);
}

static void count_request(const struct request *request)
{
	static const enum count kinds[] = {
		[KIND_READ] = COUNT_READS, [KIND_WRITE] = COUNT_WRITES,
		[KIND_DISCARD] = COUNT_DISCARDS, [KIND_ZEROES] = COUNT_ZEROES,
		[KIND_FLUSH] = COUNT_FLUSHES, [KIND_COPY] = COUNT_COPIES,
		[KIND_ZEROING] = COUNT_ZEROINGS, [KIND_CALLBACK] = COUNT_CALLBACKS,
	};

	count(kinds[request->kind]);
	if (request->kind == KIND_CALLBACK)
		return;
	if (request->is_classic)
		count(COUNT_CLASSIC);
	if (request->kind == KIND_READ)
		count_most(COUNT_LONGEST_READ, jiffies_to_msecs(request->took));
	if (request_sectors(request) && request->memory.start % SECTOR_SIZE)
		count(COUNT_ODD);
	if (request->from.disk)
		count_place(&request->from, request->read_err);
	for (unsigned int i = 0; i < request->num; i++)
		count_place(&request->to[i], request->error & BIT(i));
	atomic64_add(hweight_long(request->unsup), &counts[COUNT_UNSUPPORTED]);
}

void request_check(struct request *request)
{
	if (request->is_classic && !request_is_copy(request))
		find_unsupported(request);
	count_request(request);
	if (request->kind == KIND_CALLBACK) {
		if (request->read_err != REQUEST_READ_ERR || request->error != REQUEST_WRITE_ERR)
			request_report(request, "is called back so");
	} else if (request_is_copy(request)) {
		check_copy(request);
	} else {
		check_io(request);
	}
}
