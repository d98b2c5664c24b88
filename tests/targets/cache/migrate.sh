# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Blocks that move between the origin and the cache.

# promote_until COUNT MIB: reads a part again and again. Once will do, unless the cache
# is full: for what may leave it smq looks once a minute. The guest's time limit is the
# bound.
promote_until()
{
	until [ "$(promotions)" -ge "$1" ]; do
		read_part "$2" 2 || return 1
	done
}

promote()
{
	report say "-- promotion"
	check "blocks that are read often are promoted" promote_until 32 2
	show "after the same reads over and over"
	hits=$(read_hits)
	check "the same part once more" read_part 2 2
	check "some of that is in the cache" [ "$(read_hits)" -gt "$hits" ]
	check "the device holds what it must" holds
	check "so does the origin" origin_holds
}

# make_dirty MIB SEED: while no block may move, a write to the cache stays there.
make_dirty()
{
	check "blocks are promoted" promote_until $(($(promotions) + 4)) "$1"
	move_blocks 0
	check "writes to what is in the cache" write_both "$2" "$1" 2
	check "some of them are nowhere else" [ "$(dirty)" -gt 0 ]
	check "the origin does not have them" fails origin_holds
}

# demote_until COUNT: the policy wants a new part to be hot for long, and hits besides.
demote_until()
{
	until [ "$(demotions)" -ge "$1" ]; do
		read_part 2 2 && read_part 20 2 || return 1
	done
}

# A cache that is full has to give up some blocks for others, dirty ones too.
demote()
{
	report say "-- demotion"
	make_dirty 6 30
	move_blocks "$PLENTY"
	check "writes everywhere" write_both 31 0 "$MIB"
	show "after writes everywhere"
	check "blocks that are not used any more are demoted" demote_until "$1"
	show "after reads of a new part"
	check "the device holds what it must" holds
}

# Reads and writes at the same time, all over the device.
mix()
{
	report say "-- writes among reads, $1 rounds"
	round=0
	while [ $round -lt "$1" ]; do
		read_part $((round * 6 % 28)) 4 &
		check "writes in one part" write_both $((40 + 2 * round)) $((round * 6 % 28)) 4
		check "writes everywhere" write_both $((41 + 2 * round)) 0 "$MIB"
		wait
		round=$((round + 1))
	done
	show "after that"
	check "the device holds what it must" holds
}
