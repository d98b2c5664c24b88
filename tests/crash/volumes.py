# SPDX-License-Identifier: GPL-2.0
"""How large the snapshot's and the mirror's pieces are, in sectors, here and in the guest."""

CHUNK = 8
ORIGIN_SECTORS = 4 * 2048
STORE_SECTORS = 6 * 2048
REGION = 128
LEG_SECTORS = 4 * 2048
LOG_SECTORS = 2048

SETTINGS = {name: value for name, value in globals().items() if name.isupper()}
