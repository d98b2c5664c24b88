# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034 # the sourcing scripts use these
# Where things are; sourced by the other scripts.

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
export DM_IO_RUST_CACHE=${DM_IO_RUST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/dm_io_rust}
CACHE=$DM_IO_RUST_CACHE
PACKAGE_LIST=$TOP/scripts/toolchain-packages

host_is_trixie()
{
	# shellcheck source=/dev/null
	(. /etc/os-release && [ "$ID ${VERSION_ID:-}" = "debian 13" ])
}

if host_is_trixie; then
	ROOT=/
else
	ROOT=$CACHE/toolchain-$(sha256sum "$PACKAGE_LIST" | cut -c1-12)
fi

SUDO=()
[ "$(id -u)" = 0 ] || SUDO=(sudo)
export TOP ROOT CACHE
