# SPDX-License-Identifier: GPL-2.0
"""Debian's kernel packages, through an apt state of the project's own.

The machine's sources stay as they are; its apt configuration (proxy,
certificates) holds here too.
"""

import re
import subprocess
import time

from steps import CACHE, StepFailed, run_logged

SUITE = "trixie-backports"
ARCHITECTURE = "amd64"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
# A point release that appeared since is taken up after a week.
METADATA_MAX_AGE_SECONDS = 7 * 24 * 3600

APT = CACHE / "apt"
DEBS = CACHE / "deb"
SETTINGS = (
    f"Dir::State={APT}/state",
    f"Dir::State::status={APT}/status",
    f"Dir::Cache={APT}/cache",
    f"Dir::Etc::sourcelist={APT}/sources.list",
    "Dir::Etc::sourceparts=-",
    f"APT::Architecture={ARCHITECTURE}",
    "APT::Sandbox::User=root",
)


class Kernel:
    """One series' packages at one version, and the names that they give it."""

    def __init__(self, name, series, version, abi, parts):
        self.name = name  # the series, or a variant of it: 7.2-rt
        self.series = series
        self.version = version
        self.abi = abi  # as uname -r says
        self.source = f"linux-source-{series}"
        self.parts = parts  # the packages beside that

    def deb(self, package):
        """The downloaded file of one of the packages."""
        version = self.version.replace(":", "%3a")
        return next(DEBS.glob(f"{package}_{version}_*.deb"))


def apt(tool, *arguments):
    """A command line of apt with the project's own state."""
    options = [word for setting in SETTINGS for word in ("-o", setting)]
    return [tool, *options, *arguments]


def update():
    """Fetch the suite's metadata unless there is a recent copy."""
    mark = APT / "updated"
    if mark.exists() and time.time() - mark.stat().st_mtime < METADATA_MAX_AGE_SECONDS:
        return
    for folder in ("state/lists/partial", "cache/archives/partial"):
        (APT / folder).mkdir(parents=True, exist_ok=True)
    (APT / "status").touch()
    mirror = (CACHE / "mirror").read_text().strip()
    (APT / "sources.list").write_text(
        f"deb [signed-by={KEYRING}] {mirror} {SUITE} main\n"
    )
    try:
        run_logged(
            f"[kernels] asking which kernels {SUITE} has",
            apt("apt-get", "-o", "APT::Update::Error-Mode=any", "update"),
            CACHE / "log" / "apt-update.log",
        )
    except StepFailed as failure:
        if not mark.exists():
            raise
        print(f"{failure}\n    going on with what was known before")
        return
    mark.touch()


def versions(names):
    """The set of versions that apt knows of each package."""
    listing = subprocess.run(
        apt("apt-cache", "madison", *names), capture_output=True, text=True, check=True
    ).stdout
    found = {name: set() for name in names}
    for line in listing.splitlines():
        name, version, origin = (field.strip() for field in line.split("|"))
        if origin.endswith("Packages"):
            found[name].add(version)
    return found


def newest(candidates):
    """The newest of some Debian versions."""
    best = candidates[0]
    for version in candidates[1:]:
        if not subprocess.call(["dpkg", "--compare-versions", version, "gt", best]):
            best = version
    return best


def resolve(name, parts):
    """The newest version of a series, or of a variant, of which all the parts are there.

    parts: what to have beside the source, as in linux-PART-7.2.12+deb13-amd64.
    """
    series, *variant = name.split("-")
    flavour = "-".join([*variant, ARCHITECTURE])
    names = subprocess.run(
        apt("apt-cache", "pkgnames", "linux-"),
        capture_output=True, text=True, check=True,
    ).stdout.split()
    pattern = re.compile(rf"linux-{parts[0]}-({re.escape(series)}\.\d+[^-]*-{flavour})")
    abis = [match[1] for match in map(pattern.fullmatch, names) if match]
    wanted = {abi: [f"linux-{part}-{abi}" for part in parts] for abi in abis}
    source = f"linux-source-{series}"
    known = versions([source, *(name for group in wanted.values() for name in group)])
    complete = {}
    for abi, group in wanted.items():
        for version in known[source].intersection(*(known[name] for name in group)):
            complete[version] = Kernel(name, series, version, abi, group)
    if not complete:
        raise StepFailed(
            f"{SUITE} has no kernel {name} with all of: source, {', '.join(parts)}"
        )
    return complete[newest(list(complete))]


def download(position, kernel, packages):
    """Fetch those of a kernel's packages that are not there yet; apt checks each file."""
    DEBS.mkdir(parents=True, exist_ok=True)
    have = {path.name.split("_")[0] for path in DEBS.glob(f"*_{kernel.version}_*.deb")}
    missing = [name for name in packages if name not in have]
    if not missing:
        return
    arguments = [f"{name}={kernel.version}" for name in missing]
    run_logged(
        f"[{position}] downloading {kernel.abi}: {len(missing)} packages",
        apt("apt-get", "-q", "download", *arguments),
        CACHE / "log" / f"download-{kernel.name}.log",
        cwd=DEBS,
    )
