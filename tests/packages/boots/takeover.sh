# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The takeover, of what is there and of what is new; then it is to be loaded at boot.

. ./machine.sh
SETTINGS=/etc/modprobe.d/dm-io-rust.conf

# row DEVICE: what the command says of it.
row()
{
	dm-io-rust status "$1" | sed -n 's/ \+/ /g; 3p'
}

check_boot takeover
check_stock takeover
check "takeover, the data is written" dd if=/dev/urandom of=/dev/machine/data bs=1M count=64 conv=fsync
dd if=/dev/machine/data of=$TEMPORARY/data bs=1M
check "takeover, it is loaded" modprobe dm_io_rust_takeover
check_loaded takeover dm_io_rust "$MODULES/updates/dm_io_rust.ko.xz" OE
check "takeover, a snapshot is made" lvcreate -y -s -L 128m -n moment machine/data
check "takeover, it has clients here" equal "$(row machine-moment)" \
	"machine-moment snapshot dm-io,kcopyd -"
check "takeover, that of / has none" equal "$(row machine-before)" \
	"machine-before snapshot - dm-io,kcopyd"
check "takeover, the data is written again" \
	dd if=/dev/urandom of=/dev/machine/data bs=1M count=64 conv=fsync
check "takeover, the snapshot is as the data was" cmp $TEMPORARY/data /dev/machine/moment
check "takeover, which this engine has copied" [ "$(copies_of dm_io_rust)" -gt 0 ]
said=$(dm-io-rust adopt --all 2>&1)
check "takeover, that of / is left alone, for / is in use" equal "$? $said" \
	"3 machine-before: dm-io: the kernel's own until the device is deactivated
machine-before: it is left alone: its origin is in use: suspend machine-root meanwhile"
check "takeover, it has none still" equal "$(row machine-before)" \
	"machine-before snapshot - dm-io,kcopyd"
check_copies takeover
check "takeover, the snapshot goes" lvremove -y machine/moment
report say "== The takeover is to be loaded at boot"
sed -i 's/^#softdep/softdep/' $SETTINGS
check "takeover, it is to be loaded with dm_mod" grep '^softdep dm_mod' $SETTINGS
check "takeover, the initramfs has it" update-initramfs -u -k "$(uname -r)"
