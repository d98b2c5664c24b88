# SPDX-License-Identifier: GPL-2.0
"""Run a scenario on a kernel in the emulator.

A scenario is a folder with a main.sh, which the guest runs as its main program
with /scenario, a copy of the folder, as the working directory. main.sh sources
/lib/report.sh (tests/guest/report.sh) to tell what it found; its own output is
in the console log. The host's side is a Python script that runs in the
toolchain (scripts/in-toolchain.sh python3 tests/guest/NAME/run.py):

    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "scripts"))
    from guest import Guest, stock_kernel

    guest = Guest(stock_kernel(), TOP / "tests/guest/NAME")
    guest.modules("dm_mod", "loop")         # for modprobe, with what they need
    guest.add(ko, "/modules/dm_io_rust.ko") # any file or folder
    guest.program("mke2fs")                 # of the toolchain, with its libraries
    guest.disk(image)                       # a raw file: /dev/vda, then /dev/vdb
    outcome = guest.run(timeout=300)        # shows the guest's reports live
    results.check("...", ...)               # outcome.results: the host's checks
    sys.exit(outcome.results.finish())

run() adds the guest's checks to outcome.results, and these: the guest ended by
itself, main.sh ended with 0, the kernel log has no report. outcome.console is
the console's log. The processors are those that the kernel is tried with unless
guest.machine says otherwise; the emulator's own interpreter (TCG), always.
"""

import dataclasses
import lzma
import pathlib
import subprocess
import tempfile
import threading

import kernel_log
from initramfs import Initramfs
from results import FAIL, PASS, SKIP, Results
from steps import CACHE, TOP, StepFailed

STATUSES = {"pass": PASS, "fail": FAIL, "skip": SKIP}
# How a guest ended that the host did not let go on.
CUT_OFF = "cut off"
# How one ended that never came to its main.sh.
NOT_BOOTED = "not booted"
# While one processor sizes the devices' memory, another finds the emulator's map of it changed:
# one boot of a hundred ends with an assertion in iotlb_to_section().
MAX_BOOTS = 3
# What a kernel logs first.
BANNER = "Linux version "


@dataclasses.dataclass
class Kernel:
    """A kernel to boot: its image, the folder of its modules, and what modules are built for."""

    image: pathlib.Path
    modules: pathlib.Path
    series: str
    machine: tuple = ("-smp", "2")
    arguments: tuple = ()
    #: How many times as much time and memory as Debian's own a scenario takes.
    slower: int = 1
    larger: int = 1
    #: What each scenario on it is to have checked, too.
    checks: tuple = ()

    def dependency(self, name):
        """The path of a module, and its line of modules.dep."""
        name = name.replace("-", "_")
        for line in (self.modules / "modules.dep").read_text().splitlines():
            path = line.split(":")[0]
            if path.split("/")[-1].split(".")[0].replace("-", "_") == name:
                return path, line
        raise ValueError(f"the kernel {self.modules.name} has no module {name}")


def stock_kernel(name="7.2"):
    """Debian's own kernel, or a variant of it, as kernels.py unpacked it."""
    modules = next((CACHE / f"stock-{name}").glob("usr/lib/modules/*"), None)
    if not modules:
        raise StepFailed(f"the kernel {name} is not there: scripts/kernels.py {name} unpacks it")
    return Kernel(modules / "vmlinuz", modules, name)


class Outcome:
    """What a run left: the checks, those of the guest itself, the console's log."""

    def __init__(self, results, reported, console):
        self.results = results
        self.reported = reported
        self.console = console


class Boot:
    """A machine to be: what it boots, and what is attached."""

    def __init__(self, kernel, name):
        self.kernel = kernel
        self.name = name
        self.log = CACHE / "log" / f"guest-{name}-{kernel.series}.log"
        # The emulator stalls now and then, which is no fault of the clock or the timer.
        self.arguments = ["console=ttyS0", "panic=-1", "tsc=nowatchdog", "no_timer_check",
                          *kernel.arguments]
        self.machine = list(kernel.machine)
        #: How often it is booted, if it never comes to its scenario.
        self.max_boots = MAX_BOOTS
        #: Whether the run is over with the first check that fails, but for those in may_fail.
        self.until_failure = False
        self.may_fail = ()
        #: After how many lines "acknowledged" the power is cut, if ever.
        self.cut_after = None
        self._disks = []

    def disk(self, image):
        """Attach a raw file as the next virtio disk."""
        self._disks.append(pathlib.Path(image))

    def start(self, initramfs, timeout, memory_mib=1024):
        """Boot, show the reports as they come, and judge how it went.

        What Debian's own kernel needs is given; a kernel with checkers gets more.
        """
        timeout, memory_mib = timeout * self.kernel.slower, memory_mib * self.kernel.larger
        results = Results()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        ending = self._boot(self._command(initramfs, memory_mib), results, timeout)
        reported = list(results.checks)
        console = self._console()
        last = "\n".join(console.splitlines()[-15:])
        if ending is not CUT_OFF:
            results.check(f"{self.name}: the guest ends by itself",
                          ending not in (None, NOT_BOOTED),
                          f"within {timeout} s; the end of its log:\n{last}")
        if self.cut_after is not None:
            results.check(f"{self.name}: the power is cut", ending is CUT_OFF, f"{ending}")
        elif ending not in (None, NOT_BOOTED, CUT_OFF):
            results.check(f"{self.name}: main.sh ends well", ending == 0,
                          f"status {ending}")
            results.check(f"{self.name}: main.sh has checked something", bool(reported))
            for name in self.kernel.checks:
                if name not in (check[1] for check in reported):
                    results.check(f"{self.name}: main.sh has checked that {name}", False)
        # A console that has nothing has no report either.
        reports = kernel_log.reports(console) if BANNER in console else "there is no kernel log"
        results.check(f"{self.name}: no report in the kernel log", not reports, reports)
        if results.count(FAIL):
            print(f"  the guest's whole log: {self.log}", flush=True)
        return Outcome(results, reported, console)

    def _boot(self, command, results, timeout):
        """Follow the guest to its end; again if it never came to its main.sh.

        Nothing of this project has run in a guest that has not booted, unless its kernel has
        it built in: and then its log has a report, or it does not boot this time either.
        """
        for boot in range(self.max_boots):
            ending = follow(command, results, timeout, self.until_failure, self.may_fail,
                            self.cut_after)
            if ending is not NOT_BOOTED or kernel_log.reports(self._console()):
                break
            kept = self.log.with_suffix(f".not-booted-{boot}.log")
            kept.write_text(self._console())
            print(f"  {self.name}: did not boot, see {kept}", flush=True)
        return ending

    def _console(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def _command(self, archive, memory_mib):
        drives = []
        for disk in self._disks:
            drives += ["-drive", f"file={disk},format=raw,if=virtio,cache=unsafe"]
        return [
            "qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", *self.machine,
            "-m", str(memory_mib), "-nodefaults", "-display", "none", "-no-reboot",
            "-kernel", str(self.kernel.image), "-initrd", archive,
            "-append", " ".join(self.arguments),
            "-serial", f"file:{self.log}", "-serial", "stdio", *drives,
        ]


class Guest(Boot):
    """One whose root is an initramfs of ours, with a scenario's folder in it."""

    def __init__(self, kernel, scenario):
        super().__init__(kernel, scenario.name)
        self._image = Initramfs(TOP / "tests" / "guest" / "init")
        self.add(scenario, "/scenario")
        self.add(TOP / "tests" / "guest" / "report.sh", "/lib/report.sh")
        self.modules("virtio_blk")

    def add(self, source, target):
        """Copy a file or a folder into the guest."""
        self._image.add(source, target)

    def program(self, name):
        """Copy a program of the toolchain to /bin in the guest."""
        self._image.add_program(name)

    def modules(self, *names):
        """Make modules of the kernel, and what they need, known to modprobe."""
        for name in names:
            path, line = self.kernel.dependency(name)
            for needed in [path, *line.split(":")[1].split()]:
                self._add_module(needed)
            with open(self._modules_in_guest() / "modules.dep", "a") as known:
                known.write(line.replace(".ko.xz", ".ko") + "\n")

    def _modules_in_guest(self):
        folder = self._image.root / "lib" / "modules" / self.kernel.modules.name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _add_module(self, path):
        # The kernel's own insmod takes no compressed file.
        target = self._modules_in_guest() / path.removesuffix(".xz")
        target.parent.mkdir(parents=True, exist_ok=True)
        content = (self.kernel.modules / path).read_bytes()
        target.write_bytes(lzma.decompress(content) if path.endswith(".xz") else content)

    def pack(self, archive):
        """Write what it boots from, with what has been added: for start()."""
        names = [f"vd{chr(ord('a') + number)}\n" for number in range(len(self._disks))]
        (self._image.root / "disks").write_text("".join(names))
        self._image.pack(archive)

    def run(self, timeout, memory_mib=1024):
        """Start it with what has been added."""
        with tempfile.TemporaryDirectory(prefix="guest-") as folder:
            archive = f"{folder}/initramfs.cpio.gz"
            self.pack(archive)
            return self.start(archive, timeout, memory_mib)


def follow(command, results, timeout, until_failure=False, may_fail=(), cut_after=None):
    """Run the emulator and take in its reports; main.sh's status, None without.

    CUT_OFF if a check failed that was to be the end, or the power was to be cut; NOT_BOOTED if
    main.sh was not begun.
    """
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
        errors="replace",
    )
    limit = threading.Timer(timeout, process.kill)
    limit.start()
    ending, acknowledged = NOT_BOOTED, 0
    try:
        for line in process.stdout:
            kind, _, text = line.strip().partition(" ")
            if kind == "booted":
                ending = None
            elif kind in STATUSES:
                name, _, detail = text.partition(": ")
                results.add(STATUSES[kind], name, detail)
                if until_failure and kind == "fail" and name not in may_fail:
                    ending = CUT_OFF
                    break
            elif kind == "exit":
                ending = int(text)
            elif kind == "acknowledged":
                acknowledged += 1
                if acknowledged == cut_after:
                    ending = CUT_OFF
                    break
            elif text:
                print(f"  {text if kind == 'say' else line.strip()}", flush=True)
        else:
            status = process.wait()
            if ending is NOT_BOOTED:
                print(f"  the emulator ended with status {status}", flush=True)
    finally:
        limit.cancel()
        process.kill()
        process.wait()
        process.stdout.close()
    return ending
