# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # CACHE and SUDO are env.sh's, log is of who sources this
# A root of Debian 13 in the cache, and the packages of the machine itself; sourced.

# logged COMMAND...: output to the log; its last lines when the command fails.
logged()
{
	"$@" </dev/null >>"$log" 2>&1 && return
	echo "FAILED: $*"
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
	echo "installing" "${missing//$'\n'/ }"
	export DEBIAN_FRONTEND=noninteractive
	# shellcheck disable=SC2086 # one word for each package
	"${SUDO[@]}" apt-get -y --no-install-recommends install $missing \
		</dev/null >>"$log" 2>&1 && return
	logged "${SUDO[@]}" apt-get update
	# shellcheck disable=SC2086
	logged "${SUDO[@]}" apt-get -y --no-install-recommends install $missing
}

# The machine's ways through a proxy, for the apt that fills a root.
apt_network_options()
{
	apt-config dump | grep -E '^Acquire::(https?|Check-|Retries)' || true
}

# debian_root FOLDER PACKAGES [ARGUMENT...]: a root with the packages that a file lists;
# mirrors and options as of mmdebstrap.
debian_root()
{
	local new=$1.new include
	host_install mmdebstrap debian-archive-keyring python3 ca-certificates
	include=$(grep -v '^#' "$2" | paste -sd,)
	apt_network_options >"$CACHE/apt-network.conf"
	# What a killed run left is of no use: mmdebstrap cannot resume.
	"${SUDO[@]}" rm -rf --one-file-system "$new"
	logged "${SUDO[@]}" mmdebstrap --mode=root --variant=minbase \
		--aptopt="$CACHE/apt-network.conf" --include="$include" \
		trixie "$new" "${@:3}"
	"${SUDO[@]}" mv "$new" "$1"
}
