# SPDX-License-Identifier: GPL-2.0
"""Long steps: done once for what they are made from, with progress and a log."""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
CACHE = pathlib.Path(
    os.environ.get("DM_IO_RUST_CACHE")
    or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"),
        "dm_io_rust",
    )
)
IN_TOOLCHAIN = str(TOP / "scripts" / "in-toolchain.sh")

# Between two lines that say that a step is still alive.
HEARTBEAT_SECONDS = 20


class StepFailed(Exception):
    """A step's command failed; the message says what and where the log is."""


def last_lines(log, count):
    """The last lines of a log that hold more than blanks."""
    with open(log, errors="replace") as text:
        lines = [line.rstrip() for line in text if line.strip()]
    return lines[-count:]


def wait_aloud(process, log, start):
    """Wait for a process; say now and then how far it is."""
    while True:
        try:
            return process.wait(HEARTBEAT_SECONDS)
        except subprocess.TimeoutExpired:
            elapsed = time.monotonic() - start
            latest = (last_lines(log, 1) or [""])[0].strip()
            print(f"    {elapsed:4.0f} s: {latest.replace(str(CACHE), '')[:70]}", flush=True)


def run_logged(title, command, log, cwd=None):
    """Run a command into a log; raise StepFailed when it fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    print(f"{title} ...", flush=True)
    with open(log, "w") as output:
        output.write(f"$ {shlex.join(command)}\n")
        output.flush()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            start_new_session=True,
        )
        try:
            status = wait_aloud(process, log, start)
        except BaseException:
            # An interrupted run leaves no compiler behind.
            os.killpg(process.pid, signal.SIGTERM)
            raise
    elapsed = time.monotonic() - start
    if status:
        tail = "\n".join("    " + line for line in last_lines(log, 20))
        raise StepFailed(
            f"{title}: FAILED (status {status}) after {elapsed:.0f} s\n"
            f"{tail}\n    the whole log: {log}"
        )
    print(f"    done in {elapsed:.0f} s", flush=True)


class Step:
    """A folder in the cache that a shell recipe makes from given inputs.

    The recipe finds its folder in $OUT. The folder's name carries a hash of the
    recipe and the inputs; a mark inside it says that it is complete.
    """

    def __init__(self, name, title, recipe, inputs=(), resumes=False):
        key = hashlib.sha256("\0".join([recipe, *inputs]).encode()).hexdigest()
        self.name = name
        self.title = title
        self.recipe = recipe
        self.resumes = resumes
        self.path = CACHE / f"{re.sub('[^A-Za-z0-9.+]', '-', name)}-{key[:8]}"

    @property
    def done(self):
        return (self.path / ".complete").exists()

    def make(self, position):
        """Make the folder unless it is complete."""
        if self.done:
            return
        if self.path.exists() and not self.resumes:
            shutil.rmtree(self.path)
        self.path.mkdir(parents=True, exist_ok=True)
        run_logged(
            f"[{position}] {self.title}",
            [IN_TOOLCHAIN, "env", f"OUT={self.path}", "bash", "-euo", "pipefail",
             "-c", self.recipe],
            CACHE / "log" / f"{self.name}.log",
        )
        (self.path / ".complete").touch()


@contextlib.contextmanager
def exclusive(name):
    """Keep other runs away from a folder that is built in place."""
    with open(CACHE / f"{name}.flock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main(function):
    """Run a script's main function; a failed step is its message, no trace."""
    sys.stdout.reconfigure(line_buffering=True)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        sys.exit(function())
    except StepFailed as failure:
        sys.exit(str(failure))
    except KeyboardInterrupt:
        sys.exit(130)
