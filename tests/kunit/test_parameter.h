/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The module's parameters, written as from sysfs.
 */
#ifndef _DM_IO_RUST_TEST_PARAMETER_H
#define _DM_IO_RUST_TEST_PARAMETER_H

struct kunit;

/* Sets a parameter until the test ends. */
void test_parameter_set(struct kunit *test, const char *name, const char *value);

#endif /* _DM_IO_RUST_TEST_PARAMETER_H */
