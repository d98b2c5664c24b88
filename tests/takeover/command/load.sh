# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Devices that are in use: of each the first half is written to, and read back; what is in the
# other half is to stay.

# half DEVICE: in bytes.
half()
{
	echo $(($(blockdev --getsize64 "/dev/mapper/$1") / 2))
}

# write_and_verify DEVICE SEED
write_and_verify()
{
	fio --name=load --filename="/dev/mapper/$1" --rw=randwrite --bsrange=4k-16k --blockalign=4k \
		--size=$(($(half "$1") / 2)) --offset_increment=$(($(half "$1") / 2)) --numjobs=2 \
		--thread --direct=1 --fsync=30 --ioengine=psync --randseed="$2" --norandommap \
		--io_size=512k --rate_iops=60 --verify=crc32c --verify_fatal=1 --output=/tmp/fio.log
}

# read_all DEVICE: no other can be written to.
read_all()
{
	/bin/dd if="/dev/mapper/$1" bs=64k iflag=direct 2>/dev/null | /bin/cmp - "/tmp/whole.$1"
}

# go_on DEVICE HOW: until it is stopped, or something is wrong.
go_on()
{
	times=0
	until [ -e /tmp/enough ]; do
		$2 "$1" $((SEED + times)) || return 1
		times=$((times + 1))
		echo $times >/tmp/times
	done
}

# start_load DEVICE [HOW]: returns when the first round is over.
start_load()
{
	loaded=$1
	dd if="/dev/mapper/$1" of="/tmp/whole.$1" bs=64k 2>/dev/null
	rm -f /tmp/enough /tmp/times
	go_on "$1" "${2:-write_and_verify}" >/tmp/load.log 2>&1 &
	load=$!
	until_true has_begun
}

has_begun()
{
	[ -e /tmp/times ] || ! kill -0 "$load" 2>/dev/null
}

# end_load WHAT
end_load()
{
	: >/tmp/enough
	wait "$load"
	check "$1, what was read is what was written, $(cat /tmp/times) times over" equal $? 0
	check "$1, what was not written to is as it was" rest_is_same
}

rest_is_same()
{
	same "/dev/mapper/$loaded" "/tmp/whole.$loaded" "$(half "$loaded")" "$(half "$loaded")" "$(half "$loaded")"
}
