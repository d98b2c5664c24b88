# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What is seen of a verity device: all of it, or an error exactly where it is wrong.

# read_all HASH
read_all()
{
	dd if=/tmp/hashes of="$HASHES" bs=1M conv=fsync 2>/dev/null
	check "veritysetup makes the tree" format --hash "$1"
	check "the device is opened" open_device
	check "it holds what it was made of" holds
	check "verity says that it is right" equal "$(dmsetup status verified | cut -d ' ' -f 4)" V
	check "the device is closed" close_device
}

# One byte of one block of the data.
spoil_data()
{
	expect_message 'verity: .* (data|metadata) block [0-9]* is corrupted'
	spoiled=$((SIZE / BLOCK / 3))
	check "a byte of block $spoiled changes" change_byte "$DATA" $((spoiled * BLOCK + 1234))
	check "the device is opened" open_device
	check "block $spoiled cannot be read" fails read_block $spoiled
	check "all other blocks hold what they held" others_hold $spoiled 1
	check "verity says that it is wrong" equal "$(dmsetup status verified | cut -d ' ' -f 4)" C
	check "the device is closed" close_device
	check "the byte changes back" change_byte "$DATA" $((spoiled * BLOCK + 1234))
	check "the device is opened" open_device
	check "it holds all" holds
	check "the device is closed" close_device
}

# The last block of the tree has the hashes of the last blocks of the data.
spoil_hashes()
{
	end=$(veritysetup dump "$HASHES" | awk '/^Hash device size:/ { print $4 }')
	covered=$((SIZE / BLOCK - PER_BLOCK))
	check "a byte of the last block of hashes changes" change_byte "$HASHES" $((end - 5))
	check "the device is opened" open_device
	check "block $covered cannot be read" fails read_block $covered
	check "the last block cannot" fails read_block $((SIZE / BLOCK - 1))
	check "all before hold what they held" blocks_hold 0 $covered
	check "the device is closed" close_device
	check "the byte changes back" change_byte "$HASHES" $((end - 5))
}

# With codes, what is wrong is made right on its way.
repair()
{
	expect_message 'verity-fec: .* corrected [0-9]* errors'
	dd if=/tmp/hashes of="$HASHES" bs=1M conv=fsync 2>/dev/null
	check "veritysetup makes the tree and the codes" format --hash "$1" \
		--fec-device "$CODES" --fec-roots 2
	check "a byte of the data changes" change_byte "$DATA" $((spoiled * BLOCK + 99))
	check "ten blocks are lost" dd if=/dev/zero of="$DATA" bs="$BLOCK" seek=2000 count=10 \
		conv=notrunc,fsync
	check "the device is opened with the codes" open_device --fec-device "$CODES" --fec-roots 2
	check "it holds what it was made of" holds
	check "the device is closed" close_device
	check "the device is opened without the codes" open_device
	check "what is lost cannot be read" fails read_block 2005
	check "the device is closed" close_device
	dd if="$WANTED" of="$DATA" bs=1M conv=fsync 2>/dev/null
}
