// SPDX-License-Identifier: GPL-2.0
/* Mainline's own dm-io and kcopyd. */
#define SERVICE mainline_service
#define SERVICE_NAME "mainline"
#include "request_api.h"
