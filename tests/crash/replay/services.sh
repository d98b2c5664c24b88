# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The steps that the host has planned, each by a service, one after the other.

# logged NAME DISK LOG: /dev/mapper/NAME, whose writes are logged.
logged()
{
	dmsetup create "$1" --table "0 $(sectors "$2") log-writes $2 $3"
}

mark()
{
	dmsetup message "$1" 0 mark "$2"
}

# What the disk holds now is durable, and the host is to judge what follows.
begin_log()
{
	dd if=/dev/null of="/dev/mapper/$1" conv=fsync,notrunc && mark "$1" begin
}

# end_log NAME: nothing was left out of it.
end_log()
{
	check "$1, all was logged" fails grep -q disabled /tmp/log.status
	report say "$1: $(cat /tmp/log.status)"
	check "$1, the log is complete" dmsetup remove "$1"
}

# keep_status NAME
keep_status()
{
	dmsetup status "$1" >/tmp/log.status
}

run_steps()
{
	while read -r number command; do
		# shellcheck disable=SC2086 # the words of the command
		client error=0x0 $command || return 1
		mark services "$number" || return 1
	done </data/steps
}

logged_services()
{
	check "the services' disk is logged" logged services /dev/vda /dev/vdb
	# shellcheck disable=SC2034 # fill_buffer uses it
	MIB=$BUFFER_MIB
	fill_buffer /dev/vdc
	check "the log begins" begin_log services
	check "the services do all steps" run_steps
	keep_status services
	end_log services
}
