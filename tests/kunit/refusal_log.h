/* SPDX-License-Identifier: GPL-2.0 */
/* Lines that the log gets of refusals. */
#ifndef _DM_IO_RUST_REFUSAL_LOG_H
#define _DM_IO_RUST_REFUSAL_LOG_H

struct kunit;

/* Counts those of the calls of this task from now on. */
void refusal_log_watch(struct kunit *test);

/*
 * Expects so many since this was last asked, each with the name of a function and a
 * reason; @call is a number to tell the call by if it is not so.
 */
void refusal_log_expect(struct kunit *test, unsigned int lines, unsigned int call);

#endif /* _DM_IO_RUST_REFUSAL_LOG_H */
