#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Install the Debian 13 toolchain: plain packages on Debian 13, elsewhere a
# root of its own in the cache, which leaves the machine's packages alone.
set -euo pipefail
. "$(dirname "$0")/env.sh"

log=$CACHE/log/toolchain.log
mapfile -t packages < <(grep -v '^#' "$PACKAGE_LIST")
mkdir -p "$CACHE/log"

say()
{
	printf '[toolchain] %s (%d s)\n' "$*" "$SECONDS"
}

# logged COMMAND...: output to the log; its last lines when the command fails.
logged()
{
	"$@" </dev/null >>"$log" 2>&1 && return
	say "FAILED: $*"
	tail -n 20 "$log"
	echo "The whole log: $log"
	return 1
}

# Packages of the machine itself, from its own sources.
host_install()
{
	local installed missing
	# It fails for a package that it has never heard of.
	installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" \
		2>/dev/null | awk '$1 == "installed" { print $2 }') || true
	missing=$(printf '%s\n' "$installed" "$@" | grep . | sort | uniq -u)
	[ -n "$missing" ] || return 0
	say "installing" "${missing//$'\n'/ }"
	export DEBIAN_FRONTEND=noninteractive
	# shellcheck disable=SC2086 # one word for each package
	"${SUDO[@]}" apt-get -y --no-install-recommends install $missing \
		</dev/null >>"$log" 2>&1 && return
	logged "${SUDO[@]}" apt-get update
	# shellcheck disable=SC2086
	logged "${SUDO[@]}" apt-get -y --no-install-recommends install $missing
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

# The machine's ways through a proxy, for the apt that fills the root.
apt_network_options()
{
	apt-config dump | grep -E '^Acquire::(https?|Check-|Retries)' || true
}

make_root()
{
	local new=$ROOT.new include uri
	host_install mmdebstrap debian-archive-keyring python3 ca-certificates
	include=$(IFS=,; echo "${packages[*]}")
	uri=$(machine_mirror)
	apt_network_options >"$CACHE/apt-network.conf"
	say "making a Debian 13 root of ${#packages[@]} packages (about 1 minute, 2.6 GB)"
	# What a killed run left is of no use: mmdebstrap cannot resume.
	"${SUDO[@]}" rm -rf --one-file-system "$new"
	logged "${SUDO[@]}" mmdebstrap --mode=root --variant=minbase \
		--aptopt="$CACHE/apt-network.conf" --include="$include" \
		trixie "$new" ${uri:+"$uri"}
	"${SUDO[@]}" mv "$new" "$ROOT"
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
