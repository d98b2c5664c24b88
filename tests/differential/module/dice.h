/* SPDX-License-Identifier: GPL-2.0 */
/* Random choices that a seed repeats. */
#ifndef _DIFFERENTIAL_DICE_H
#define _DIFFERENTIAL_DICE_H

#include <linux/types.h>

void dice_seed(u64 seed);
u32 dice_below(u32 bound);
u32 dice_between(u32 least, u32 most);
bool dice_percent(u32 percent);
void dice_bytes(void *data, size_t size);

#endif /* _DIFFERENTIAL_DICE_H */
