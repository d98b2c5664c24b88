#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Remove the cache; the toolchain's root belongs to root.
set -euo pipefail
. "$(dirname "$0")/env.sh"

"${SUDO[@]}" rm -rf --one-file-system "$CACHE"
