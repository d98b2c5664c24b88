# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What is dirty goes home.

no_dirty()
{
	[ "$(dirty)" = 0 ]
}

write_back()
{
	report say "-- writing back"
	make_dirty "$1" "$2"
	check "the policy is the cleaner's" change writeback cleaner
	until_true no_dirty
	check "the origin has all" origin_holds
	check "the device holds what it must" holds
}

# In a part that none of the others has promoted.
write_through()
{
	report say "-- writing through"
	check "the mode is writethrough" change writethrough smq
	check "blocks are promoted" promote_until $(($(promotions) + 4)) 14
	check "writes to what is in the cache" write_both 35 14 2
	check "nothing is dirty" equal "$(dirty)" 0
	check "the origin has all" origin_holds
	check "the device holds what it must" holds
}

# The cache knows its blocks, and which of them are dirty, after it was gone.
return_later()
{
	report say "-- the cache goes and returns"
	change writeback smq
	make_dirty 24 36
	before="$(used) $(dirty)"
	check "the cache goes" dmsetup remove cache
	check "its metadata is sound" cache_check /dev/vda
	check "the cache returns" create writeback smq 0
	check "with the same blocks in it" equal "$(used) $(dirty)" "$before"
	check "the device holds what it must" holds
	move_blocks "$PLENTY"
}
