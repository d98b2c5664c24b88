# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The copy service: disk A to B and C, of which C has bad sectors.

mirror()
{
	check "kcopyd copies A to B and C, stops, and names C" \
		client "read_err=0 write_err=0x2" copy stop "$A,0,$SECTORS" "$B,0,$SECTORS" "$C,0,$SECTORS"
	check "kcopyd copies A to B and C despite errors, and names C" \
		client "read_err=0 write_err=0x2" copy ignore "$A,0,$SECTORS" "$B,0,$SECTORS" "$C,0,$SECTORS"
	check "disk B holds the image" holds "$IMAGE_SUM" "$B"
	check "disk C holds the image but for its bad sectors" holds "$C_SUM" "$RAW_C"
}

mirror_from_bad()
{
	check "kcopyd copies C to slots 4 and 5, stops, and names the source" \
		client "read_err=1 write_err=0x0" copy stop "$C,0,$SECTORS" "$(slot 4)" "$(slot 5)"
	check "kcopyd copies C to slots 4 and 5 despite errors, and names the source" \
		client "read_err=1 write_err=0x0" copy ignore "$C,0,$SECTORS" "$(slot 4)" "$(slot 5)"
	check "slot 4 holds the image, with zeroes for what C cannot read" slot_holds "$SAVED_SUM" 4
	check "slot 5 holds it too" slot_holds "$SAVED_SUM" 5
	# shellcheck disable=SC2046 # a word for each slot
	check "kcopyd copies A to all of slots 0 to 7" client "read_err=0 write_err=0x0" \
		copy stop "$A,0,$SECTORS" $(for i in 0 1 2 3 4 5 6 7; do slot $i; done)
	check "slot 0 holds the image" slot_holds "$IMAGE_SUM" 0
	check "slot 7 holds the image" slot_holds "$IMAGE_SUM" 7
}
