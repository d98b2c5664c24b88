# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Devices that are suspended, and queues that are frozen, until nothing goes on: and then goes on.

stopped()
{
	memory_disk under discard=1
	dmsetup create halts --table "0 $((MIB * 2048)) linear /dev/under 0"
	begin stopped /dev/mapper/halts
	for options in '' --noflush --nolockfs '--noflush --nolockfs'; do
		# shellcheck disable=SC2086 # a word for each
		check "stopped, suspended $options" dmsetup suspend $options halts
		until_true stands_still
		check "stopped, resumed" dmsetup resume halts
		more 100
	done
	for times in once twice; do
		check "stopped, the queue of a disk is frozen, $times" control freeze /dev/steady0
		until_true stands_still
		check "stopped, it goes on" control thaw /dev/steady0
		more 100
	done
	change_elevators under steady0
	end
	dmsetup remove halts
	switch_off under
}

# Not a request ends while another could have been chosen many times.
stands_still()
{
	had=$(requests)
	usleep 300000
	[ "$had" = "$(requests)" ]
}

# change_elevators DISK...
change_elevators()
{
	modprobe -a mq-deadline kyber-iosched bfq 2>/dev/null
	if [ "$(tr -d '[]' <"/sys/block/$1/queue/scheduler")" = none ]; then
		report skip "stopped, elevators are changed: the kernel has none"
		return
	fi
	for elevator in mq-deadline kyber bfq none mq-deadline none; do
		if ! grep -q "$elevator" "/sys/block/$1/queue/scheduler"; then
			report skip "stopped, there is no $elevator"
			continue
		fi
		for disk in "$@"; do
			check "stopped, $disk has $elevator" \
				sh -c "echo $elevator >/sys/block/$disk/queue/scheduler"
		done
		more 100
	done
}
