# SPDX-License-Identifier: GPL-2.0
"""The power is cut, again and again: what was acknowledged is there.

The emulator is killed after a number of acknowledged writes. The disks, which are files, are
judged as they are then, and after the next boot by the guest, by what the kernel makes of
them. What the emulator has written stays written: a disk's cache is never lost here.
"""

import random

import dirty_log
import exception_store
from planned import EVERY, SECTOR, Content, Load
from replay import MirrorJudge, SnapshotJudge
from results import FAIL
from volumes import CHUNK, LEG_SECTORS, ORIGIN_SECTORS, REGION

# More than the writers do until the last cut.
WRITES = 20000
MOST_ACKNOWLEDGED = 120
# So many that each of what they are for happens, again and again.
ENOUGH = 100
DISKS = ("origin", "store", "created", "leg_a", "leg_b", "log", "origin_journal", "mirror_journal")


class Machine:
    """The disks, and what must be on them."""

    def __init__(self, folder, seed):
        self.paths = {name: folder / f"{name}.disk" for name in DISKS}
        self.loads = {name: Load(f"{seed} {name}", sectors, WRITES)
                      for name, sectors in (("origin", ORIGIN_SECTORS), ("mirror", LEG_SECTORS))}
        self._fill(random.Random(f"{seed} disks"))
        self.contents = {name: Content(self.loads[name], self.read(disk))
                         for name, disk in (("origin", "origin"), ("mirror", "leg_a"))}
        self.differing = self.copied = self.mapped = 0
        self.snapshots = 1

    def _fill(self, source):
        snapshot, mirror = SnapshotJudge.make(source), MirrorJudge.make(source)
        origin, leg = ORIGIN_SECTORS * SECTOR, LEG_SECTORS * SECTOR
        contents = (snapshot[:origin], snapshot[origin:], snapshot[:origin], mirror[:leg],
                    mirror[leg:2 * leg], mirror[2 * leg:], bytes(1 << 20), bytes(1 << 20))
        for path, content in zip(self.paths.values(), contents, strict=True):
            path.write_bytes(content)

    def read(self, name):
        return self.paths[name].read_bytes()

    def acknowledged(self):
        return sum(sum(content.acknowledged) for content in self.contents.values())

    def seen(self):
        """What there has been, without which the cuts show nothing."""
        return {"copied chunks": self.copied, "snapshots that were replaced": self.snapshots - 1,
                "regions that differed": self.differing,
                **{f"acknowledged writes to the {name}": sum(content.acknowledged)
                   for name, content in self.contents.items()}}

    def check(self, results):
        """What is on the disks after a cut."""
        for name, content in self.contents.items():
            journal = self.read(f"{name}_journal")
            for writer in range(len(EVERY)):
                content.acknowledge(writer, int.from_bytes(journal[writer * SECTOR:][:4], "little"))
        store, chunk = self.read("store"), CHUNK * SECTOR
        legs = [self.read("leg_a"), self.read("leg_b")]
        for what, wrong in (
                ("the origin has what was acknowledged", self.contents["origin"].wrong(self.read("origin"))),
                ("the snapshot is what the origin was",
                 exception_store.wrong(self.read("origin"), store, self.read("created"), chunk)),
                ("the mirror has what was acknowledged", self.contents["mirror"].wrong(legs[0])),
                ("regions that differ are dirty in the log",
                 dirty_log.wrong(legs, self.read("log"), REGION * SECTOR))):
            results.check(what, not wrong, wrong)
        self.differing += len(dirty_log.differing(legs, REGION * SECTOR))
        self.renew_snapshot(exception_store.exceptions(store, chunk))

    def renew_snapshot(self, found):
        """A new one when much is copied: of a chunk that is, no copy is made."""
        if isinstance(found, str):
            return
        self.copied += len(found) - self.mapped
        self.mapped = len(found)
        if self.mapped < ORIGIN_SECTORS // CHUNK // 2:
            return
        self.mapped = 0
        self.snapshots += 1
        self.paths["created"].write_bytes(self.read("origin"))
        with open(self.paths["store"], "r+b") as store:
            store.write(bytes(CHUNK * SECTOR))


def cut_often(results, guest, archive, machine, cuts, seed, timeout, until_failure=False):
    """So many cuts, each checked here and by the boot after it."""
    source = random.Random(f"{seed} cuts")
    for number in range(cuts):
        guest.cut_after = source.randint(1, MOST_ACKNOWLEDGED)
        print(f"== boot {number + 1}, which ends after {guest.cut_after} acknowledged writes", flush=True)
        results.checks += guest.start(archive, timeout).results.checks
        machine.check(results)
        if until_failure and results.count(FAIL):
            return
    guest.cut_after = None
    guest.arguments.append("crash.last")
    print(f"== boot {cuts + 1}, the last", flush=True)
    results.checks += guest.start(archive, timeout).results.checks
    print(f"  {cuts} cuts, {machine.acknowledged():,} acknowledged writes, "
          f"{machine.snapshots} snapshots with {machine.copied:,} copied chunks, "
          f"{machine.differing} regions that differed at a cut", flush=True)
    if cuts >= ENOUGH:
        for what, count in machine.seen().items():
            results.check(f"in {cuts} cuts there were {what}", count > 0)
