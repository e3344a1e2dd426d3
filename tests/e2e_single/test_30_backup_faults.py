"""A backup that cannot be made says why in three lines, by an exit code of its own, and nothing that was kept goes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest

from ops.adapters import process
from tests.support import site as support

pytestmark = pytest.mark.e2e

HOST = "node1"
STORE = "/srv/sitewright/backup"
SERVER = "sitewright-backup-server"
PASSWORD = "/var/lib/sitewright/recovery/keys/restic-password"

MAKE_FULL = f"""
systemctl stop {SERVER}
cp -a {STORE} /root/store
size=$(find {STORE} -type f -printf '%s\\n' | awk '{{n += int(($1 + 4095) / 4096) * 4}} END {{print n + 64}}')
mount -t tmpfs -o mode=0700,size=${{size}}k tmpfs {STORE}
cp -a /root/store/. {STORE}
rm -r /root/store
systemctl start {SERVER}
"""
"""Puts the store into a file system that has 64 KiB to spare."""


@dataclasses.dataclass(frozen=True)
class Fault:
    """What is done on the drill host, what undoes it, and what a backup says in between."""

    plant: str
    mend: str
    code: str
    exit_code: int


FAULTS = {
    "stopped server": Fault(f"systemctl stop {SERVER}", f"systemctl start {SERVER}", "E-RESTIC-UNREACHABLE", 12),
    "wrong password": Fault(
        f"cp -a {PASSWORD} /root/password; echo wrong >{PASSWORD}",
        f"mv /root/password {PASSWORD}",
        "E-RESTIC-PASSWORD",
        3,
    ),
    "full disk": Fault(
        MAKE_FULL, f"systemctl stop {SERVER}; umount {STORE}; systemctl start {SERVER}", "E-RESTIC-NO-SPACE", 14
    ),
}


@pytest.fixture(scope="module")
def kept(site: support.TestSite) -> Iterator[list[str]]:
    """Give the recovery points that are there; after all faults they and a new one must be."""
    site.back_up()
    before = site.recovery_points()
    yield before
    site.back_up()
    assert set(before) < set(site.recovery_points())


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_what_stands_in_the_way_is_named(site: support.TestSite, kept: list[str], fault: Fault) -> None:
    on_host(site, fault.plant)
    try:
        ended = process.run([support.SITEWRIGHT, "backup", site.path], timeout=600, expect=(fault.exit_code,))
    finally:
        on_host(site, fault.mend)
    what, where, mend = ended.stderr.rstrip().splitlines()[-3:]
    assert what.startswith(f"error[{fault.code}]: ")
    assert where.startswith("  at ")
    assert mend.startswith("  mend: ")
    assert site.recovery_points() == kept


def on_host(site: support.TestSite, script: str) -> None:
    """Run a shell script on the drill host."""
    ended = site.ssh(HOST, "sh", "-ec", script)
    assert ended.returncode == 0, ended.stderr
