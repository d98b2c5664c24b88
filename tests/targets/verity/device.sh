# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2034 # the other pieces use these
# A device that verity looks after, and a file that holds what it must hold.

DATA=/dev/vda
HASHES=/dev/vdb
CODES=/dev/vdc
VERIFIED=/dev/mapper/verified
WANTED=/tmp/wanted
BLOCK=4096

# format OPTION...: leaves the root hash in a file.
format()
{
	veritysetup format $DATA $HASHES "$@" >/tmp/format || return 1
	sed -n 's/^Root hash:[[:space:]]*//p' /tmp/format >/tmp/root-hash
}

open_device()
{
	veritysetup open $DATA verified $HASHES "$(cat /tmp/root-hash)" "$@"
}

close_device()
{
	veritysetup close verified
}

holds()
{
	same $VERIFIED $WANTED "$SIZE"
}

# blocks_hold FIRST COUNT
blocks_hold()
{
	/bin/dd if=$VERIFIED bs=$BLOCK skip="$1" count="$2" iflag=direct 2>/dev/null |
		/bin/cmp -n $(($2 * BLOCK)) - $WANTED 0 $(($1 * BLOCK))
}

# others_hold FIRST COUNT: all blocks but those.
others_hold()
{
	after=$(($1 + $2))
	blocks_hold 0 "$1" && blocks_hold $after $((SIZE / BLOCK - after))
}

# read_block NUMBER
read_block()
{
	/bin/dd if=$VERIFIED of=/tmp/read bs=$BLOCK skip="$1" count=1 iflag=direct
}

# change_byte DISK OFFSET: to something else.
change_byte()
{
	old=$(dd if="$1" bs=1 skip="$2" count=1 2>/dev/null | hexdump -e '1/1 "%u"')
	printf "%b" "\\0$(printf %o $((old ^ 1)))" |
		dd of="$1" bs=1 seek="$2" conv=notrunc,fsync 2>/dev/null
}
