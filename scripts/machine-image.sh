#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Make the machine that make test-packages installs the packages on: a root of Debian 13
# with systemd, lvm2 and the stock kernel, and at hand the packages of the next one, as
# apt has downloaded them but not installed. The cache's link `machine` points at it.
set -euo pipefail
. "$(dirname "$0")/env.sh"
. "$(dirname "$0")/debian-root.sh"

log=$CACHE/log/machine-image.log
packages=$TOP/scripts/machine-packages
upgrade=/var/cache/upgrade

# release SERIES: the stock kernel of a series, as uname -r says.
release()
{
	cat "$CACHE/tree-$1/include/config/kernel.release"
}

# What the guest is to be upgraded to, without the source that its modules would want.
download_upgrade()
{
	logged "${SUDO[@]}" chroot "$1" sh -c "mkdir -p $upgrade/partial &&
		apt-get update && exec apt-get -y --no-install-recommends --download-only \
			-o Dir::Cache::archives=$upgrade install \
			linux-image-$(release 7.3) linux-headers-$(release 7.3)"
}

# Most of a kernel's modules are for hardware that an emulator does not have, and depmod, which
# reads all of them, takes minutes there. dkms removes a folder that is left without any.
without=('drivers/[!bmv]*' 'drivers/media*' 'net*' 'sound*')

make_machine()
{
	local uri
	uri=$(cat "$CACHE/mirror")
	echo "[machine] making a Debian 13 with $(release 7.2) (about 2 minutes, 2.4 GB)"
	debian_root "$1.root" "$packages" "deb $uri trixie main" "deb $uri trixie-backports main" \
		"${without[@]/#/--dpkgopt=path-exclude=/usr/lib/modules/*/kernel/}" \
		--include="linux-base/trixie-backports,linux-image-$(release 7.2),linux-headers-$(release 7.2),linux-source-7.2"
	download_upgrade "$1.root"
	"${SUDO[@]}" mv "$1.root" "$1"
}

: >"$log"
key=$({ cat "$0" "$packages"; release 7.2; release 7.3; } | sha256sum | cut -c1-12)
machine=$CACHE/machine-$key
exec 9>"$CACHE/machine.flock"
flock 9
[ -d "$machine" ] || { "${SUDO[@]}" rm -rf --one-file-system "$machine.root" && make_machine "$machine"; }
ln -sfn "$machine" "$CACHE/machine"
