# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A disk with zones, which are written in order, and emptied by the load.

zoned()
{
	memory_disk zones zoned=1 zone_size=1 size=32
	begin zoned /dev/zones
	phase
	end
	switch_off zones
}
