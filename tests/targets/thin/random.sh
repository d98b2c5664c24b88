# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A long random sequence of what can be done to volumes.

# random BOUND: the next of a sequence that the seed decides.
random()
{
	state=$(((state * 1103515245 + 12345) % 2147483648))
	drawn=$((state / 65536 % $1))
}

random_step()
{
	random 3
	volume=$((drawn + 5))
	random 6
	case $drawn in
	0)
		random 3
		[ $((drawn + 5)) = $volume ] && return
		delete_volume $((drawn + 5)) && snapshot $((drawn + 5)) $volume
		;;
	1)
		random $((BLOCKS * 3 / 4))
		discard $volume "$drawn" $((BLOCKS / 8))
		;;
	*)
		write_both $volume $((100 + step))
		;;
	esac
}

random_sequence()
{
	report say "-- $1 random steps"
	state=$((SEED % 2147483648))
	new_volume 5
	snapshot 6 5
	snapshot 7 6
	step=0
	while [ $step -lt "$1" ]; do
		check "step $step" random_step
		step=$((step + 1))
	done
	check_volumes 5 6 7
}
