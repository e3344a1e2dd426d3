"""Make the virtual environment in `.venv` from the lock file. Standard library only: it runs before set-up.

Run as `python3 -m ops.cli.bootstrap` from the checkout. Exit codes: 0 done, 10 something is missing.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from ops.checks import prerequisites
from ops.spec import places

LOCK = places.PROJECT_ROOT / "ops" / "bundle" / "locks" / "operator.txt"
ENVIRONMENT = places.PROJECT_ROOT / ".venv"
STAMP = ENVIRONMENT / "sitewright.lock"
"""Holds the digest of the lock file that the finished environment was made from."""


def read_machine() -> prerequisites.Machine:
    """Return the facts about this machine."""
    cache = places.cache_directory()
    existing = next(path for path in (cache, *cache.parents) if path.exists())
    memory = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal:"))
    flags = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("flags")]
    release = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    system = release.get("VERSION_ID", "").strip('"') if release.get("ID") == "debian" else release.get("ID", "unknown")
    return prerequisites.Machine(
        is_root=os.geteuid() == 0,
        python=sys.version_info[:2],
        memory=int(memory.split()[1]) * 1024,
        free_disk=shutil.disk_usage(existing).free,
        has_bundle=(cache / "artifacts").is_dir(),
        processor_flags=frozenset(flags[0].split()) if flags else frozenset(),
        debian=system,
        cache=str(existing),
    )


def run(words: Sequence[str], seconds: int) -> bool:
    """Run a program with its output on stderr; return whether it ended well."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    ended = subprocess.run(words, stdout=sys.stderr, timeout=seconds, env=environment, close_fds=False, check=False)
    return ended.returncode == 0


def say(text: str) -> None:
    """Write one line of progress to stderr."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def fail(findings: Sequence[prerequisites.Finding]) -> int:
    """Say what is missing and return the exit code."""
    for finding in findings:
        say(f"error[E-PREREQUISITE]: {finding.what}\n  at {finding.where}\n  mend: {finding.mend}")
    return 10


@contextlib.contextmanager
def alone(checkout: Path) -> Iterator[None]:
    """Keep other set-ups of a checkout out for the block; wait for one that runs.

    The programs that `run` starts hold the lock too: when we are killed, the next waits until they have ended.
    """
    descriptor = os.open(checkout, os.O_RDONLY)
    os.set_inheritable(descriptor, True)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"another set-up of {checkout} runs: waiting for it")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def has_venv() -> bool:
    """Return whether this Python can make virtual environments with pip (Debian splits that off)."""
    with tempfile.TemporaryDirectory() as directory:
        words = [sys.executable, "-m", "venv", directory]
        return subprocess.run(words, capture_output=True, timeout=120, check=False).returncode == 0


def install_venv() -> bool:
    """Install Debian's package for virtual environments."""
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    return run(["apt-get", "-qq", "update"], 600) and run(["apt-get", "-qq", "-y", "install", package], 600)


def build(digest: str) -> bool:
    """Make the environment beside its place, then move it there: a half-made one is never used."""
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    say("step 1 of 2  virtual environment")
    if not run([sys.executable, "-m", "venv", str(ENVIRONMENT)], 300):
        return False
    pip = [str(ENVIRONMENT / "bin" / "pip"), "--disable-pip-version-check", "--quiet", "install"]
    say("step 2 of 2  Python packages by hash (about 2 minutes)")
    if not run([*pip, "--require-hashes", "--requirement", str(LOCK)], 1800):
        return False
    if not run([*pip, "--no-deps", "--no-build-isolation", "--editable", str(places.PROJECT_ROOT)], 300):
        return False
    STAMP.write_text(digest)
    return True


def main() -> int:
    """Check the machine, then make the environment unless it is there."""
    findings = prerequisites.judge(read_machine())
    if findings:
        return fail(findings)
    with alone(places.PROJECT_ROOT):
        return set_up()


def set_up() -> int:
    """Make the environment unless it is there; return the exit code."""
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if STAMP.exists() and STAMP.read_text() == digest:
        return 0
    if not has_venv() and not install_venv():
        mend = "make the Debian mirror of this machine reachable, or install the package by hand"
        return fail([prerequisites.Finding("python3-venv cannot be installed", "apt-get", mend)])
    if not build(digest):
        mend = "make the Python package index that pip is configured for reachable, then run again"
        return fail([prerequisites.Finding("the Python packages cannot be installed", str(LOCK), mend)])
    return 0


if __name__ == "__main__":
    sys.exit(main())
