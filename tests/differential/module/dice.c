// SPDX-License-Identifier: GPL-2.0
/* The kernel's own repeatable generator. */
#include <linux/prandom.h>

#include "dice.h"

static struct rnd_state state;

void dice_seed(u64 seed)
{
	prandom_seed_state(&state, seed);
}

/* A number from 0 up that is less than the bound. */
u32 dice_below(u32 bound)
{
	return ((u64)prandom_u32_state(&state) * bound) >> 32;
}

u32 dice_between(u32 least, u32 most)
{
	return least + dice_below(most - least + 1);
}

bool dice_percent(u32 percent)
{
	return dice_below(100) < percent;
}

void dice_bytes(void *data, size_t size)
{
	prandom_bytes_state(&state, data, size);
}
