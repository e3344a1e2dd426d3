"""A backup that cannot be made says why in three lines, by an exit code of its own, and nothing that was kept goes."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from ops.adapters import process
from tests.support import site as support

pytestmark = pytest.mark.e2e

HOST = "infra1"
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


@pytest.fixture
def before(site: support.TestSite) -> Iterator[list[str]]:
    """Give the recovery points that are there; afterwards they and a new backup must be."""
    kept = points(site)
    yield kept
    process.run([support.SITEWRIGHT, "backup", site.path, "--wait=60"], timeout=600)
    assert set(kept) < set(points(site))


def points(site: support.TestSite) -> list[str]:
    """Return the ids of the recovery points."""
    said = process.run([support.SITEWRIGHT, "recovery-point", "list", site.path, "--json"], timeout=120).stdout
    return [entry["id"] for entry in json.loads(said)["recovery_points"]]


def on_host(site: support.TestSite, script: str) -> None:
    """Run a shell script on the drill host."""
    ended = site.ssh(HOST, "sh", "-ec", script)
    assert ended.returncode == 0, ended.stderr


def refused(site: support.TestSite, code: int) -> str:
    """Ask for a backup that must fail with that exit code; return its three lines."""
    ended = process.run([support.SITEWRIGHT, "backup", site.path], timeout=600, expect=(code,))
    what, where, mend = ended.stderr.rstrip().splitlines()[-3:]
    assert what.startswith("error[E-RESTIC-")
    assert where.startswith("  at ")
    assert mend.startswith("  mend: ")
    return what


def test_a_server_that_is_down(site: support.TestSite, before: list[str]) -> None:
    on_host(site, f"systemctl stop {SERVER}")
    try:
        assert "E-RESTIC-UNREACHABLE" in refused(site, 12)
    finally:
        on_host(site, f"systemctl start {SERVER}")


def test_a_wrong_password(site: support.TestSite, before: list[str]) -> None:
    on_host(site, f"cp -a {PASSWORD} /root/password; echo wrong >{PASSWORD}")
    try:
        assert "E-RESTIC-PASSWORD" in refused(site, 3)
    finally:
        on_host(site, f"mv /root/password {PASSWORD}")


def test_a_server_whose_disk_is_full(site: support.TestSite, before: list[str]) -> None:
    on_host(site, MAKE_FULL)
    try:
        assert "E-RESTIC-NO-SPACE" in refused(site, 14)
    finally:
        on_host(site, f"systemctl stop {SERVER}; umount {STORE}; systemctl start {SERVER}")
