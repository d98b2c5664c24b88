#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Install the Debian 13 toolchain: plain packages on Debian 13, elsewhere a
# root of its own in the cache, which leaves the machine's packages alone.
set -euo pipefail
. "$(dirname "$0")/env.sh"
. "$(dirname "$0")/debian-root.sh"

log=$CACHE/log/toolchain.log
mapfile -t packages < <(grep -v '^#' "$PACKAGE_LIST")
mkdir -p "$CACHE/log"

say()
{
	printf '[toolchain] %s (%d s)\n' "$*" "$SECONDS"
}

named_mirror()
{
	# shellcheck disable=SC2016 # names of apt's, not of the shell's
	apt-get indextargets --format '$(ORIGIN)|$(COMPONENT)|$(CREATED_BY)|$(REPO_URI)|$(CODENAME)' |
		awk -F'|' '$1 == "Debian" && $2 == "main" && $3 == "Packages" &&
			$5 !~ /-/ && !found++ { print $4 }'
}

# Where this machine gets Debian from; nothing when it does not say. Without
# lists apt does not know whose its sources are.
machine_mirror()
{
	[ -n "$(named_mirror)" ] || logged "${SUDO[@]}" apt-get update
	named_mirror
}

make_root()
{
	local uri
	uri=$(machine_mirror)
	say "making a Debian 13 root of ${#packages[@]} packages (about 1 minute, 2.6 GB)"
	debian_root "$ROOT" "$PACKAGE_LIST" ${uri:+"$uri"}
}

: >"$log"
if [ "$ROOT" = / ]; then
	host_install "${packages[@]}"
elif [ ! -d "$ROOT" ]; then
	exec 9>"$CACHE/toolchain.flock"
	flock 9
	[ -d "$ROOT" ] || make_root
fi
# The kernel packages come from where the toolchain came from.
if [ "$ROOT" = / ]; then
	machine_mirror >"$CACHE/mirror"
else
	awk '$1 == "deb" { print $2; exit }' "$ROOT/etc/apt/sources.list" >"$CACHE/mirror"
fi
# What names the toolchain in the keys of all that it made.
"$TOP/scripts/in-toolchain.sh" dpkg-query -W rustc bindgen gcc-14 clang pahole \
	>"$CACHE/toolchain-id"
say "ready: $("$TOP/scripts/in-toolchain.sh" rustc --version)"
