#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The differential tests: the same requests to mainline and to dm_io_rust.

usage: run.py [--full] [SEED...]

On Debian's stock kernel in the emulator, with what scripts/build_modules.py
built; module/ is the client program. Without a seed each run has another; to
repeat a run give its seed, which it printed.
"""

import pathlib
import random
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "scripts"))
from build_modules import SERIES, build, products  # noqa: E402
from guest import Guest, stock_kernel  # noqa: E402
from results import FAIL, Results  # noqa: E402
from steps import exclusive, main  # noqa: E402

STOCK = SERIES[0]
NAME = "dm_io_rust_differential"
HERE = pathlib.Path(__file__).resolve().parent
DISK_BYTES = 8 << 20
FULL_SEEDS = 3
TIMEOUT_SECONDS = {"short": 300, "full": 1800}
# Requests for each seed.
SHORT = {"IO_REQUESTS": 600, "COPY_REQUESTS": 250, "CALLBACKS": 100}
FULL = {"IO_REQUESTS": 3000, "COPY_REQUESTS": 1200, "CALLBACKS": 1000}


def build_client(results):
    """The client module, against the symbols of dm_io_rust."""
    symbols = products("modules", STOCK) / "Module.symvers"
    with exclusive("modules"):
        build(results, NAME, STOCK, f"KBUILD_EXTRA_SYMBOLS={symbols}", "W=1",
              sources=HERE / "module")
    return products(NAME, STOCK) / f"{NAME}.ko"


def make_guest(folder, client, settings):
    guest = Guest(stock_kernel(), HERE)
    guest.modules("dm_mod", "dm_flakey", "dm_delay", "loop", "null_blk",
                  "scsi_debug", "sd_mod")
    guest.program("dmsetup")
    guest.program("losetup")
    guest.add(products("modules", STOCK) / "dm_io_rust.ko", "/modules/dm_io_rust.ko")
    guest.add(client, f"/modules/{NAME}.ko")
    text = "".join(f'{name}="{value}"\n' for name, value in settings.items())
    (folder / "settings").write_text(text)
    guest.add(folder / "settings", "/data/settings")
    for number in range(2):
        disk = folder / f"disk{number}"
        disk.write_bytes(bytes(DISK_BYTES))
        guest.disk(disk)
    return guest


def run():
    words = sys.argv[1:]
    form = "full" if "--full" in words else "short"
    seeds = [int(word) for word in words if word != "--full"]
    count = FULL_SEEDS if form == "full" else 1
    seeds = seeds or [random.randrange(1 << 32) for _ in range(count)]
    settings = {"SEEDS": " ".join(map(str, seeds)), **(FULL if form == "full" else SHORT)}
    results = Results()
    client = build_client(results)
    if results.count(FAIL):
        return results.finish()
    print(f"  seeds: {settings['SEEDS']}", flush=True)
    with tempfile.TemporaryDirectory(prefix="differential-") as name:
        guest = make_guest(pathlib.Path(name), client, settings)
        outcome = guest.run(TIMEOUT_SECONDS[form])
    outcome.results.checks = results.checks + outcome.results.checks
    return outcome.results.finish()


if __name__ == "__main__":
    main(run)
