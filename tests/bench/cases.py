# SPDX-License-Identifier: GPL-2.0
"""What the benchmark measures."""

import dataclasses

KIB, MIB = 1 << 10, 1 << 20
# How the guest's module names who is measured.
FLOOR, C, REQUEST, CLASSIC = "floor", "mainline", "request", "classic"
OURS = (REQUEST, CLASSIC)
QUEUE_WORK, WAKE_UP = "a work item that is queued", "a thread that is woken"


@dataclasses.dataclass(frozen=True)
class Load:
    """I/O as the module in the guest takes it: see module/command.c."""

    operation: str
    memory: str
    bytes: int
    regions: int = 1
    clients: int = 1
    jobs: int = 1
    disks: str = "nullb"
    kind: str = "time"

    def line(self, service):
        return (f"{self.kind} {service} {self.operation} {self.memory} {self.bytes} "
                f"{self.regions} {self.clients} {self.jobs} {self.disks}")


# A work item that completes what its caller waits for.
HAND_OVER = Load("queue_work", "-", 0)


def copy(size, dests=1, **others):
    return Load("copy", "-", size, dests, **others)


def size_name(size):
    for unit, name in ((MIB, "MiB"), (KIB, "KiB")):
        if size >= unit and size % unit == 0:
            return f"{size // unit} {name}"
    return f"{size} B"


def without_target(case):
    """The case as one that is compared with its floor, but not judged by it."""
    return dataclasses.replace(case, target=None, has_floor=True)


def plural(count, noun):
    return f"{count} {noun}{'s' if count > 1 else ''}"


@dataclasses.dataclass(frozen=True)
class Case:
    """A load with a name, and what it may cost."""

    name: str
    load: Load
    # The floor of a copy: its parts, each a bio for the source and one for each
    # destination, and how often another task is to be woken.
    part: Load | None = None
    parts: int = 1
    hand_overs: int = 0
    # The most that it may cost, as a multiple of the floor.
    target: float | None = None
    # Whether the floor is measured though there is no target.
    has_floor: bool = False
    services: tuple = (C, *OURS)

    @property
    def ours(self):
        """Which of our services are measured."""
        return tuple(service for service in self.services if service != C)

    def floor_lines(self):
        """The floor's measurements, each with how often it is needed."""
        if self.target is None and not self.has_floor:
            return {}
        if self.part is None:
            return {self.load.line(FLOOR): 1}
        read = dataclasses.replace(self.part, operation="read")
        lines = {read.line(FLOOR): self.parts,
                 self.part.line(FLOOR): self.parts * self.load.regions}
        if self.hand_overs:
            lines[HAND_OVER.line(FLOOR)] = self.hand_overs
        return lines

    def lines(self):
        """All measurements of the case."""
        return [*self.floor_lines(), *map(self.load.line, self.services)]


def table():
    """The cases that have a floor and a target."""
    kmem, pages = Load("write", "kmem", 4 * KIB), Load("write", "list", 4 * KIB)
    whole, mixed = Load("write", "kmem", MIB), Load("write", "list", MIB)
    alike = dataclasses.replace
    return [
        Case("sync 4 KiB write, kmem", kmem, target=1.15),
        Case("sync 4 KiB read, kmem", Load("read", "kmem", 4 * KIB), target=1.12),
        Case("sync 4 KiB write, page list", pages, target=1.15),
        Case("sync 4 KiB write, vectors", alike(pages, memory="bvec"), has_floor=True),
        Case("sync 4 KiB write, vmalloc", alike(pages, memory="vmalloc"), target=1.20),
        Case("sync 4 KiB write to 2 regions, kmem", alike(kmem, regions=2),
             target=1.15),
        Case("sync 1 MiB write, kmem", whole, target=1.03),
        Case("sync 1 MiB write, vmalloc", alike(mixed, memory="vmalloc"), target=1.20),
        Case("sync 1 MiB write, page list", mixed, target=1.20),
        Case("sync 1 MiB write, vectors", alike(mixed, memory="bvec"), has_floor=True),
        Case("sync 1 MiB write to 4 regions, page list", alike(mixed, regions=4),
             target=1.00),
        *(Case(f"kcopyd {size_name(size)}, 1 destination", copy(size),
               alike(kmem, bytes=size), hand_overs=1, target=target)
          for size, target in ((4 * KIB, 1.20), (64 * KIB, 1.20), (512 * KIB, 1.12))),
        # One hand-over is nothing beside 64 parts.
        *(Case(f"kcopyd 64 MiB, {plural(dests, 'destination')}", copy(64 * MIB, dests),
               whole, 64, target=1.08) for dests in (1, 2)),
    ]


def waking():
    """The cost of a hand-over: waking a task, and being woken by it."""
    wake_up = dataclasses.replace(HAND_OVER, operation="wake_up")
    return [Case(name, load, has_floor=True, services=())
            for name, load in ((QUEUE_WORK, HAND_OVER), (WAKE_UP, wake_up))]


def asynchronous(disks="nullb", has_floor=True):
    """I/O that is not waited for, one or many at a time."""
    small = Load("write_async", "kmem", 4 * KIB, disks=disks)
    large = dataclasses.replace(small, bytes=MIB)
    loads = {"4 KiB write, kmem": small,
             "1 MiB write, page list": dataclasses.replace(large, memory="list"),
             "1 MiB write, vmalloc": dataclasses.replace(large, memory="vmalloc")}
    return [Case(f"async {name}, {jobs} in flight", dataclasses.replace(load, jobs=jobs),
                 has_floor=has_floor)
            for jobs in (1, 32) for name, load in loads.items()]


def destinations():
    """1 to 8 regions and destinations."""
    counts = (1, 2, 4, 8)
    return [
        *(Case(f"sync 64 KiB write to {plural(count, 'region')}, page list",
               Load("write", "list", 64 * KIB, count)) for count in counts),
        *(Case(f"kcopyd 4 MiB, {plural(count, 'destination')}", copy(4 * MIB, count))
          for count in counts),
    ]


COPY_SIZES = (*(512 << shift for shift in range(0, 20, 2)), 256 * MIB)
# Making a list takes much longer than what is measured.
IO_SIZES = (*(512 << shift for shift in range(0, 16, 3)), 256 * MIB)


def copy_sizes():
    """Copies from a sector to 256 MiB."""
    return [Case(f"kcopyd {size_name(size)}", copy(size)) for size in COPY_SIZES]


def io_sizes():
    """Writes from a sector to 256 MiB."""
    return [Case(f"a page list of {size_name(size)}", Load("write", "list", size))
            for size in IO_SIZES]


def parallel(disks="nullb", size=16 * KIB):
    """Many clients, each with many copies in flight."""
    shapes = ((1, 1), (4, 1), (16, 1), (64, 1), (1, 30), (1, 1000), (16, 60))
    return [Case(f"kcopyd {size_name(size)}, {plural(clients, 'client')} with "
                 f"{plural(jobs, 'job')} in flight",
                 copy(size, clients=clients, jobs=jobs, disks=disks))
            for clients, jobs in shapes]


def delayed():
    """Elapsed time with delayed completions, each after the same time."""
    us, ms = {"disks": "late"}, {"disks": "slow"}
    ios = [
        Case("sync 4 KiB write, kmem", Load("write", "kmem", 4 * KIB, **us)),
        Case("sync 1 MiB write, page list", Load("write", "list", MIB, **us)),
        Case("sync 1 MiB write to 4 regions, page list", Load("write", "list", MIB, 4, **us)),
        Case("kcopyd 4 KiB", copy(4 * KIB, **us)),
        Case("kcopyd 64 MiB", copy(64 * MIB, **us)),
        Case("kcopyd 64 MiB, 2 destinations", copy(64 * MIB, 2, **us)),
        *asynchronous("late", has_floor=False),
        *parallel("late", 64 * KIB),
    ]
    # Here it is only the number of bios in flight that matters.
    copies = [
        Case("kcopyd 64 MiB", copy(64 * MIB, **ms)),
        Case("kcopyd 4 MiB, 16 clients", copy(4 * MIB, clients=16, **ms)),
        Case("kcopyd 64 KiB, 100 jobs in flight", copy(64 * KIB, jobs=100, **ms)),
    ]
    return [dataclasses.replace(case, name=f"{case.name}, {delay} delay")
            for delay, cases in (("100 us", ios), ("100 ms", copies)) for case in cases]


def memory():
    """Bytes that a client holds, idle, and while completions are delayed by 100 ms."""
    slow = {"disks": "slow", "kind": "busy"}
    return [
        Case("an idle dm_io client", Load("write", "kmem", 4 * KIB, clients=256, kind="idle")),
        Case("an idle kcopyd client", copy(4 * KIB, clients=256, kind="idle")),
        Case("a dm_io client writing a page list of 1 MiB",
             Load("write", "list", MIB, clients=256, **slow)),
        Case("8 kcopyd clients, each copying 8 MiB", copy(8 * MIB, clients=8, **slow)),
        Case("a kcopyd client copying 64 MiB", copy(64 * MIB, **slow)),
        Case("a kcopyd client with 100 copies of 64 KiB in flight",
             copy(64 * KIB, jobs=100, **slow)),
    ]


def processors():
    """Throughput of parallel clients on four processors."""
    shapes = ((1, 4), (4, 4), (16, 4))
    return [
        *(Case(f"sync 4 KiB write, kmem, {plural(clients, 'client')}",
               Load("write", "kmem", 4 * KIB, clients=clients)) for clients in (1, 4, 16)),
        *(Case(f"kcopyd 64 KiB, {plural(clients, 'client')} with {jobs} jobs in flight",
               copy(64 * KIB, clients=clients, jobs=jobs)) for clients, jobs in shapes),
    ]


@dataclasses.dataclass(frozen=True)
class TakeoverCase:
    """A load by the kernel's names, which dm_io_rust_takeover redirects, and by ours."""

    name: str
    load: Load

    def takeover_line(self):
        return f"takeover {self.load.line(C)}"

    def lines(self):
        return [self.load.line(REQUEST), self.takeover_line()]


def takeover():
    """Loads of a single call each."""
    kmem = Load("write", "kmem", 4 * KIB)
    return [
        TakeoverCase("sync 4 KiB write, kmem", kmem),
        TakeoverCase("async 4 KiB write, kmem", dataclasses.replace(kmem, operation="write_async")),
        TakeoverCase("kcopyd 4 KiB, 1 destination", copy(4 * KIB)),
    ]
