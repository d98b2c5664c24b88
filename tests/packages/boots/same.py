# SPDX-License-Identifier: GPL-2.0
"""Fail unless two devices have the same content; cmp reads no more than a page at a time."""

import sys

first, second = (open(name, "rb", buffering=0) for name in sys.argv[1:])
while True:
    blocks = first.read(1 << 20), second.read(1 << 20)
    if blocks[0] != blocks[1]:
        sys.exit(f"they differ before byte {first.tell()}")
    if not blocks[0]:
        break
