# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# fail_make_request, on and off, where the kernel has it.

INJECTED=/sys/kernel/debug/fail_make_request

# inject PER_CENT
inject()
{
	echo 0 >$INJECTED/verbose && echo -1 >$INJECTED/times &&
		echo "$1" >$INJECTED/probability && echo 1 >/sys/block/faulty/make-it-fail
}

injected()
{
	if [ ! -d $INJECTED ]; then
		report skip "injected: the kernel has no fail_make_request"
		return
	fi
	memory_disk faulty discard=1
	begin injected /dev/faulty
	# Of 1 % none may happen to be in a short phase.
	rates='20 100 5'
	[ "$SCOPE" = short ] || rates="1 $rates"
	for per_cent in $rates; do
		may_fail 1 /dev/faulty
		check "injected, $per_cent % fail" inject "$per_cent"
		noticed /dev/faulty "that $per_cent % fail"
		check "injected, none fail" inject 0
		may_fail 0 /dev/faulty
		phase
	done
	end
	switch_off faulty
}
