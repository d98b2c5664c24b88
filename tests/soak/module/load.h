/* SPDX-License-Identifier: GPL-2.0 */
/* The workers, and who looks whether they are stuck. */
#ifndef _SOAK_LOAD_H
#define _SOAK_LOAD_H

#include <linux/types.h>

int load_start(unsigned int workers, u32 seed);
/* Waits for everything that is in flight. */
void load_stop(void);
bool load_is_on(void);
/* Waits for what is in flight now, while more goes on. */
void load_settle(void);

/* Creates and destroys so many clients of each kind. */
int load_clients(unsigned int number);

#endif /* _SOAK_LOAD_H */
