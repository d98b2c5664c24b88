# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What the kernel logged.

# Loading any module that is not Debian's own makes the kernel say so, once.
EXPECTED='loading out-of-tree module taints kernel|module verification failed'

log_length()
{
	dmesg | wc -l
}

# Messages of level warning or worse, but for those of the boot.
unexpected_messages()
{
	dmesg -r | sed '1,/loading out-of-tree module/d' |
		awk -F '[<>]' '$2 % 8 <= 4' | grep -vE "$EXPECTED"
}
