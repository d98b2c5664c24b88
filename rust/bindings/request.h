/* SPDX-License-Identifier: GPL-2.0 */
/* What bindgen reads for the request API: the kernel's own headers. */
#include <linux/dm-io.h>
#include <linux/dm-kcopyd.h>
