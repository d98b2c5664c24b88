/* SPDX-License-Identifier: GPL-2.0 */
/* What bindgen reads of dm_mod itself: what dm.c calls. */
#include "../../dm.h"
