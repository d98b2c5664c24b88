# SPDX-License-Identifier: GPL-2.0
"""Boot the kernel with one of its mutants, or none, and have it run suites until one notices."""

import dataclasses
import pathlib
import queue
import re
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))
import kernel_log  # noqa: E402
from steps import StepFailed  # noqa: E402

FAILED = re.compile(r"# (\S+): (?:EXPECTATION|ASSERTION) FAILED at \S*?([^/\s]+)$|^ *not ok \d+ (\S+)")
RUNNING = re.compile(r"mutants: running (\S+)")
REACHED = re.compile(r"mutants: reached by (\S+): ([0-9a-f,]+)")
LEAK_SCAN = "leak scan"
BOOT = "boot"
HANGS = "hangs"
ENDS = "the guest ends"
# What a guest may take beyond some times of what it took without a mutant, in seconds.
PATIENCE_SECONDS = 60
PATIENCE = 5
MEMORY_MIB = 1024
# One boot of a hundred ends with an assertion of the emulator's own.
MAX_BOOTS = 3


@dataclasses.dataclass
class Times:
    """How long a suite took, and its longest silence, in seconds."""

    total: float = 0
    silence: float = 0

    def limits(self):
        return (PATIENCE_SECONDS + PATIENCE * self.total, PATIENCE_SECONDS + PATIENCE * self.silence)


@dataclasses.dataclass
class Outcome:
    """What a guest has shown: who noticed what, or neither."""

    suite: str = BOOT
    noticed: str = ""
    reached: dict = dataclasses.field(default_factory=dict)
    times: dict = dataclasses.field(default_factory=dict)


def numbers(bitmap):
    """The numbers of the bits that are set."""
    value = int(bitmap.replace(",", ""), 16)
    return {number for number in range(value.bit_length()) if value >> number & 1}


class Watch:
    """Follows a guest's log, line by line."""

    def __init__(self, times):
        self.known = times
        self.outcome = Outcome()
        self.is_complete = False
        self.begin = self.latest = time.monotonic()

    def patience(self):
        """How much longer it may be silent; at most 0 if it has taken too long."""
        total, silence = self.known.get(self.outcome.suite, Times()).limits()
        return min(silence, self.begin + total - time.monotonic())

    def line(self, text):
        now = time.monotonic()
        times = self.outcome.times.setdefault(self.outcome.suite, Times())
        times.silence = max(times.silence, now - self.latest)
        times.total = now - self.begin
        self.latest = now
        failed, running, reached = (pattern.search(text) for pattern in (FAILED, RUNNING, REACHED))
        if running:
            self.begin_suite(running[1])
        elif reached:
            self.outcome.reached[reached[1]] = numbers(reached[2])
            if reached[1] != BOOT:
                self.begin_suite(LEAK_SCAN)
        elif failed:
            self.outcome.noticed = " at ".join(filter(None, failed.groups()))
        elif kernel_log.REPORT.search(text):
            self.outcome.noticed = text.strip()
        self.is_complete |= "mutants: complete" in text

    def begin_suite(self, name):
        self.outcome.suite, self.begin = name, time.monotonic()


def feed(watch, lines, log):
    """Have a guest's lines watched; whether it has ended before somebody noticed, or it hung."""
    while not watch.outcome.noticed:
        patience = watch.patience()
        try:
            line = lines.get(patience > 0, patience)
        except queue.Empty:
            line = ""
        if line is None:
            return True
        if line:
            log.write(line)
            watch.line(line.rstrip())
        if not line or patience <= 0:
            watch.outcome.noticed = HANGS
    return False


def follow(command, times, path):
    """Run the emulator as long as need be; what was seen, and how it ended if it was not ended."""
    watch, lines, status = Watch(times), queue.Queue(), 0
    # An interrupt is for those who wait for it: a guest that it ended would have noticed something.
    with open(path, "w", buffering=1) as log, subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True,
            stderr=subprocess.STDOUT, text=True, errors="replace") as process:

        def read():
            for line in process.stdout:
                lines.put(line)
            lines.put(None)

        reader = threading.Thread(target=read)
        reader.start()
        try:
            if feed(watch, lines, log):
                status = process.wait()
        finally:
            process.kill()
            reader.join()
    if not watch.outcome.noticed and not watch.is_complete:
        watch.outcome.noticed = ENDS
    return watch.outcome, status


def run(image, initrd, log, suites, times, mutant=0):
    """Run suites in this order; what is known of their times limits them."""
    arguments = ["console=ttyS0", "panic=-1", "no_timer_check", "kunit.enable=1", "kunit.autorun=0",
                 "printk.devkmsg=on", f"dm_io_rust.mutant={mutant}", f"suites={','.join(suites)}"]
    command = ["qemu-system-x86_64", "-accel", "tcg", "-smp", "4", "-m", str(MEMORY_MIB),
               "-bios", "qboot.rom", "-nodefaults", "-display", "none", "-no-reboot",
               "-serial", "stdio", "-kernel", str(image), "-initrd", str(initrd),
               "-append", " ".join(arguments)]
    for _ in range(MAX_BOOTS):
        outcome, status = follow(command, times, log)
        if not status:
            return outcome
    raise StepFailed(f"the emulator ended with status {status}, see {log}")
