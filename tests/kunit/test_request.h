/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What an asynchronous request or copy is told at its end, kept where a failed
 * test cannot lose it.
 */
#ifndef _DM_IO_RUST_TEST_REQUEST_H
#define _DM_IO_RUST_TEST_REQUEST_H

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/types.h>

struct kunit;

/**
 * struct test_request - the context of one request
 * @calls: how often it was called back
 * @error: what an I/O's callback was told
 * @unsup: what an I/O's callback was told, in the request API
 * @read_err: what a copy's callback was told
 * @write_err: what a copy's callback was told
 * @in_hardirq: whether it was called in a hard interrupt
 * @ended: if set, is called from the callback
 * @context_of_ended: for @ended
 */
struct test_request {
	atomic_t calls;
	unsigned long error;
	unsigned long unsup;
	int read_err;
	unsigned long write_err;
	bool in_hardirq;
	void (*ended)(struct test_request *req);
	void *context_of_ended;
	/* private: */
	struct kunit *test;
	struct completion done;
	bool started;
};

/*
 * A request whose end the test's cleanup waits for, if it was started. Make it
 * after the disks and buffers that it uses: they go after it.
 */
struct test_request *test_request_create(struct kunit *test);

/* Takes what the call that starts the request returned, and returns it. */
int test_request_started(struct test_request *req, int ret);

/* Frees a request that has ended, before the test does. */
void test_request_free(struct test_request *req);

/* Forgets how the request ended: the next one may use it. */
void test_request_reset(struct test_request *req);

/* Waits for the end, and expects it to have come once. */
void test_request_wait(struct test_request *req);

/* Waits, and says whether the end came in time: for any task but the test's own. */
bool test_request_ends(struct test_request *req);

/* Waits for the end of a copy, and expects what it was told. */
void test_request_expect_copied(struct test_request *req, bool read_err, unsigned long write_err);

/* The callbacks: of I/O, and of a copy. */
void test_request_io_done(unsigned long error, void *context);
void test_request_copy_done(int read_err, unsigned int write_err,
			    void *context);

/* Those of the request API. */
void test_request_dm_io_done(unsigned long error, unsigned long unsup,
			     void *context);
void test_request_dm_kcopyd_done(int read_err, unsigned long write_err,
				 void *context);

#endif /* _DM_IO_RUST_TEST_REQUEST_H */
