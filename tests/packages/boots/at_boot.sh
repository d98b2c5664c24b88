# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The takeover from the initramfs on; then nothing of this project is to be left.

. ./machine.sh

# left_behind: all that has a name of this project, but for what is the test's.
left_behind()
{
	find / -xdev \( -path /scenario -o -path /var/log -o -path "$(cat /scenario/cache)" \) -prune -o \
		\( -name '*dm[-_]io[-_]rust*' -o -path '*/modules/*/updates' \) -print
	lsinitramfs "/boot/initrd.img-$(uname -r)" | grep -e dm_io_rust -e dm-io-rust -e /updates/
	dpkg-query -W -f '${Package}\n' 'dm-io-rust*' 2>/dev/null
	dkms status | grep dm_io_rust
}

check_boot "at boot"
check_loaded "at boot" dm_mod "$STOCK" ""
check_loaded "at boot" dm_io_rust_takeover "$MODULES/updates/dm_io_rust_takeover.ko.xz" OE
check "at boot, the snapshot of / has its clients here" \
	equal "$(dm-io-rust status | sed 's/ \+/ /g')" \
	"dm_io_rust_takeover is active: new clients are dm_io_rust's
DEVICE TARGETS DM_IO_RUST KERNEL
machine-before snapshot dm-io,kcopyd -"
check_copies "at boot" dm_io_rust
report say "== All packages are purged"
check "at boot, they are purged" apt-get -y purge 'dm-io-rust*'
check "at boot, nothing is left" equal "$(left_behind)" ""
