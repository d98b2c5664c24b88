# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Disks that do not fail.

plain()
{
	begin plain
	phase
	end
}
