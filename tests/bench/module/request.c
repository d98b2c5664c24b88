// SPDX-License-Identifier: GPL-2.0
/* This module, by its request API. */
#include <dm_io_rust/mainline.h>
#include <dm_io_rust/redirect.h>
#define SERVICE request_service
#define SERVICE_NAME "request"
#include "request_api.h"
