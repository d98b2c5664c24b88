# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What went through the module, and that nothing went past it.

# keep_statistics NAME: at the end of the part of the demo that has this name.
keep_statistics()
{
	cp "$STATISTICS" "/tmp/statistics.$1"
}

# sectors_copied NAME: by kcopyd, since the end of that part.
sectors_copied()
{
	awk '$1 == "copy_sectors" { print $2 - before; before = $2 }' \
		"/tmp/statistics.$1" "$STATISTICS" | tail -n 1
}

# table: of the statistics' growth in each part.
table()
{
	cd /tmp && awk '
		function row(label, name, part, text) {
			text = sprintf("%-28s", label)
			for (part = 2; part <= 4; part++)
				text = text cell(name, part, part - 1)
			print text cell(name, 4, 1)
		}
		function cell(name, part, since, grown) {
			grown = value[name, part] - value[name, since]
			if (name ~ /sectors/)
				return sprintf("%7.1f MiB", grown / 2048)
			return sprintf("%11d", grown)
		}
		FNR == 1 { file++ }
		{ value[$1, file] = $2 }
		END {
			printf "%-28s%11s%11s%11s%11s\n", "", "snapshot", "mirror", "services", "in all"
			row("dm-io: requests", "io_requests")
			row("  read", "io_sectors_read")
			row("  written", "io_sectors_written")
			row("kcopyd: copies", "copy_jobs")
			row("  copied", "copy_sectors")
			row("kcopyd: zeroings", "zero_jobs")
			row("  zeroed", "zero_sectors")
			row("kcopyd: callbacks alone", "callback_jobs")
		}' statistics.before statistics.snapshot statistics.mirror statistics.services
}

check_table()
{
	keep_statistics services
	report say "== What went through the module"
	table | while IFS= read -r line; do
		report say "   $line"
	done
	for name in io_requests io_sectors_read io_sectors_written copy_jobs copy_sectors; do
		check "the statistic $name has grown" grew $name
	done
	end_proof
}
