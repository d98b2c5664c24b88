// SPDX-License-Identifier: GPL-2.0
#include <linux/bug.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include <linux/blk_types.h>

#include "model.h"

bool model_has(const struct model *sector, u64 tag)
{
	for (unsigned int i = 0; i < sector->num; i++)
		if (sector->tags[i] == tag)
			return true;
	return false;
}

void model_add(struct model *sector, u64 tag)
{
	if (!model_has(sector, tag) && !WARN_ON_ONCE(sector->num == MODEL_TAGS))
		sector->tags[sector->num++] = tag;
}

void model_add_all(struct model *sector, const struct model *other)
{
	for (unsigned int i = 0; i < other->num; i++)
		model_add(sector, other->tags[i]);
}

void model_copy(struct model *sector, const struct model *other)
{
	sector->num = 0;
	model_add_all(sector, other);
}

void content_fill(void *data, u64 tag)
{
	memset64(data, tag, SECTOR_SIZE / sizeof(tag));
}

bool content_tag(const void *data, u64 *tag)
{
	memcpy(tag, data, sizeof(*tag));
	return !memcmp(data, data + sizeof(*tag), SECTOR_SIZE - sizeof(*tag));
}
