# SPDX-License-Identifier: GPL-2.0
"""What was acknowledged is there at each flush, by the logs of dm-log-writes.

The guest's disks are files. When it has ended, what each disk may have held had the power
gone at some moment is made from its first content and its log, and judged here.
"""

import itertools
import pathlib
import random

import dirty_log
import exception_store
from planned import EVERY, SECTOR, Content, Load
from steps_plan import Steps, StepsContent
from volumes import CHUNK, LEG_SECTORS, LOG_SECTORS, ORIGIN_SECTORS, REGION, STORE_SECTORS
from write_log import Malformed, crash_states, read_log

MIB = 1 << 20
SERVICES_SECTORS = 8 * MIB // SECTOR
LOG_MIB = 1024
STEPS, WRITES = 200, 64


class ServicesJudge:
    """The disk that the dm-io services write to."""

    name, log, device = "the services", "services", "services"

    def __init__(self, seed):
        self.steps = Steps(seed, SERVICES_SECTORS, STEPS)
        self.disk = random.Random(f"{seed} services").randbytes(SERVICES_SECTORS * SECTOR)
        self.content = StepsContent(self.steps, self.disk)

    def mark(self, text):
        self.content.acknowledge(int(text))

    def wrong(self, state):
        return self.content.wrong(state)

    def finished(self):
        return self.content.done == len(self.steps.steps)

    def buffer_mib(self):
        return -(-len(self.steps.buffer) // MIB)

    def commands(self):
        """The steps for the guest, a line for each."""
        return "".join(f"{number} {step.command()}\n"
                       for number, step in enumerate(self.steps.steps, 1))


class VolumeJudge:
    """A disk with what the writers write to."""

    def __init__(self, seed, sectors):
        self.load = Load(f"{seed} {self.log}", sectors, WRITES)
        self.disk = self.make(random.Random(f"{seed} {self.log} disk"))
        self.content = Content(self.load, self.disk[:sectors * SECTOR])

    def mark(self, text):
        writer, number = map(int, text.split(":"))
        self.content.acknowledge(writer, number)

    def finished(self):
        return self.content.acknowledged == [WRITES] * len(EVERY)


class SnapshotJudge(VolumeJudge):
    """An origin and the store of its snapshot."""

    name, log, device = "a snapshot", "volumes", "origin"

    def __init__(self, seed):
        super().__init__(seed, ORIGIN_SECTORS)
        self.created = self.disk[:ORIGIN_SECTORS * SECTOR]

    @staticmethod
    def make(source):
        store = bytearray(source.randbytes(STORE_SECTORS * SECTOR))
        store[:CHUNK * SECTOR] = bytes(CHUNK * SECTOR)
        return source.randbytes(ORIGIN_SECTORS * SECTOR) + store

    def wrong(self, state):
        origin, store = state[:len(self.created)], state[len(self.created):]
        return (self.content.wrong(origin) or
                exception_store.wrong(origin, store, self.created, CHUNK * SECTOR))


class MirrorJudge(VolumeJudge):
    """Two legs, and the log that says where they may differ."""

    name, log, device = "a mirror", "legs", "mirror"

    def __init__(self, seed):
        super().__init__(seed, LEG_SECTORS)

    @staticmethod
    def make(source):
        leg = source.randbytes(LEG_SECTORS * SECTOR)
        log = dirty_log.all_clean(LEG_SECTORS // REGION)
        return leg + leg + log.ljust(LOG_SECTORS * SECTOR, b"\0")

    def wrong(self, state):
        size = LEG_SECTORS * SECTOR
        legs, log = [state[:size], state[size:2 * size]], state[2 * size:]
        return self.content.wrong(legs[0]) or dirty_log.wrong(legs, log, REGION * SECTOR)


def states_of(path, judge, seed):
    """What the disk may have held since the log began, and what was acknowledged until then."""
    states = crash_states(read_log(path), judge.disk, random.Random(f"{seed} {judge.log} cache"))
    yield from itertools.dropwhile(lambda found: found[0] != "begin", states)


def judge_log(path, judge, seed):
    """How many states there were, and what is wrong with the last, with which it ends."""
    count = 0
    for mark, state in states_of(path, judge, seed):
        if mark and mark not in ("begin", "dm-log-writes-end"):
            judge.mark(mark)
        count += 1
        wrong = judge.wrong(state)
        if wrong:
            return count, f"state {count}: {wrong}"
    if not judge.finished():
        raise Malformed("it ends early")
    return count, ""


def check(results, path, judge, seed, noticed=None):
    """That all is well, or with a mutant that is to be noticed, that something is not."""
    try:
        count, wrong = judge_log(path, judge, seed)
    except Malformed as malformed:
        results.check(f"{judge.name}: the log is complete", False, str(malformed))
        return
    if not noticed:
        results.check(f"{judge.name}: after a loss of power at any of {count} moments, "
                      "all is as acknowledged", not wrong, wrong)
    elif results.check(f"{judge.name}: fails with {noticed}", bool(wrong)):
        print(f"       it noticed: {wrong}", flush=True)


def judges(seed):
    return [ServicesJudge(seed), SnapshotJudge(seed), MirrorJudge(seed)]


def add_disks(guest, folder, all_judges):
    """For each a disk and one for its log; after the first, the client's buffer. The paths of the logs."""
    logs = {}
    for judge in all_judges:
        disk, log = folder / judge.log, folder / f"{judge.log}.log"
        disk.write_bytes(judge.disk)
        with open(log, "wb") as file:
            file.truncate(LOG_MIB * MIB)
        guest.disk(disk)
        guest.disk(log)
        logs[judge.log] = log
        if isinstance(judge, ServicesJudge):
            buffer = folder / "buffer"
            buffer.write_bytes(judge.steps.buffer.ljust(judge.buffer_mib() * MIB, b"\0"))
            guest.disk(buffer)
    return logs
