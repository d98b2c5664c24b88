# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A kernel for which nothing could be built; then dm-mod is purged.

. ./machine.sh

check_boot upgraded
check_stock upgraded
check_copies upgraded
report say "== dm-mod goes"
check "upgraded, dm-mod is purged" apt-get -y purge dm-io-rust-dm-mod-dkms
