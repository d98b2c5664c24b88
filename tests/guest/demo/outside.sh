# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The file systems, checked by programs that never heard of the module.

fsck()
{
	forget_cached
	e2fsck -fn "$1"
}

# files_in FOLDER CHECKSUMS: all files, as they are on the disk, have these.
files_in()
{
	forget_cached
	(cd "$1" && sha256sum -c "$2") >/tmp/files.log 2>&1
	status=$?
	grep -v ': OK$' /tmp/files.log
	return $status
}

# files_of DISK [CHECKSUMS]: mounts it, and compares the checksums of all files.
files_of()
{
	forget_cached
	mount -t ext4 -o ro,noload "$1" /mnt || return 1
	files_in /mnt "${2:-/data/checksums}"
	found=$?
	umount /mnt
	return $found
}

check_disk()
{
	check "e2fsck finds no fault with disk $1" fsck "$2"
	check "disk $1 mounts, and its $FILES files have their checksums" files_of "$2"
}

# put_byte OFFSET: a byte on disk B that is not what it was.
put_byte()
{
	old=$(dd if="$B" bs=1 skip="$1" count=1 2>/dev/null | hexdump -e '1/1 "%u"')
	printf "%b" "\\0$(printf %o $((old ^ 1)))" |
		dd of="$B" bs=1 seek="$1" conv=notrunc,fsync 2>/dev/null
}

# The checks themselves: each must notice one wrong byte.
check_checks()
{
	put_byte "$FILE_BYTE"
	check "a wrong byte in a file of disk B shows in its bytes" fails holds "$IMAGE_SUM" "$B"
	check "and in the file's checksum" fails files_of "$B"
	put_byte "$FILE_BYTE"
	put_byte "$LABEL_BYTE"
	check "a wrong byte in the file system of disk B shows in e2fsck" fails fsck "$B"

	check "kcopyd copies A to B once more" client "read_err=0 write_err=0x0" \
		copy stop "$A,0,$SECTORS" "$B,0,$SECTORS"
	check "disk B holds the image again" holds "$IMAGE_SUM" "$B"
}
