# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What the kernel logged.

# Loading any module that is not Debian's own makes the kernel say so, once.
EXPECTED='loading out-of-tree module taints kernel|module verification failed'

log_length()
{
	dmesg | wc -l
}

# Messages of level warning or worse, but for those of the boot. Of a log so long that
# its start is gone all are of the scenario.
unexpected_messages()
{
	dmesg -r | awk -F '[<>]' '
		/loading out-of-tree module/ && !begun { begun = 1; count = 0 }
		$2 % 8 <= 4 { message[++count] = $0 }
		END { for (i = 1; i <= count; i++) print message[i] }
	' | grep -vE "$EXPECTED"
}
