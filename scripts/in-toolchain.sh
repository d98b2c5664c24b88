#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Run a command with the Debian 13 toolchain: natively on Debian 13, elsewhere
# in the toolchain's root, where the checkout and the cache keep their paths.
#
# usage: in-toolchain.sh COMMAND [ARGUMENT...]
set -euo pipefail
. "$(dirname "$0")/env.sh"

# A rustup in the caller's PATH must not shadow Debian's rustc.
clean=(env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
	HOME="$HOME" TERM="${TERM:-dumb}" LANG=C.UTF-8
	DM_IO_RUST_CACHE="$CACHE" PYTHONDONTWRITEBYTECODE=1)

if [ "$ROOT" = / ]; then
	exec "${clean[@]}" "$@"
fi

# shellcheck disable=SC2016 # expanded by the inner shell
enter='
set -e
root=$1 ids=$2 dir=$3
shift 3
for d in /proc /sys /dev; do
	mount --rbind "$d" "$root$d"
done
for d in "$TOP" "$CACHE"; do
	mkdir -p "$root$d"
	mount --bind "$d" "$root$d"
done
exec chroot --userspec="$ids" "$root" /bin/sh -c "cd \"\$0\" && exec \"\$@\"" "$dir" "$@"
'
mkdir -p "$CACHE"
dir=$PWD
case $dir/ in
"$TOP"/* | "$CACHE"/*) ;;
*) dir=$TOP ;;
esac
exec "${SUDO[@]}" env TOP="$TOP" CACHE="$CACHE" unshare --mount \
	sh -c "$enter" sh "$ROOT" "$(id -u):$(id -g)" "$dir" "${clean[@]}" "$@"
