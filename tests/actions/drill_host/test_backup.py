"""Backups on a drill host: first, again, killed; what they leave, and what they tell Prometheus."""

from __future__ import annotations

import io
import json
import random
import signal
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.adapters import restic
from ops.adapters.restic_results import Part
from ops.recovery import catalogue, vault
from ops.recovery.point import REQUIRED, Kind
from tests.support import drill_host
from tests.support.drill_host import DrillHost

pytestmark = pytest.mark.restic

STEPS = 9
"""Lines of progress of a whole backup: collected, seven members, signed."""


@pytest.fixture
def host(tmp_path: Path) -> Iterator[DrillHost]:
    with drill_host.standing(tmp_path / "host") as made:
        yield made


def test_a_backup_leaves_one_signed_point_with_every_member(host: DrillHost) -> None:
    identifier = host.backup()
    root = vault.root(host.home)
    found = catalogue.read(host.home.points, root, site="lab")
    assert not found.refused
    assert [entry.point.id for entry in found.entries] == [identifier]
    made = found.entries[0].point
    assert {member.kind for member in made.members} == REQUIRED
    assert made.member(Kind.ETCD).etcd == drill_host.STATE
    assert made.member(Kind.ETCD).taken < made.member(Kind.SPEC).taken
    assert not host.home.staging.exists()


def test_prometheus_is_told_of_a_backup(host: DrillHost) -> None:
    host.backup()
    told = (host.home.metrics / "sitewright-backup.prom").read_text()
    assert "sitewright_backup_last_success_timestamp_seconds 1" in told
    assert 'sitewright_recovery_point_bytes{member="models"} 3000000' in told
    assert "last_run_timestamp_seconds" in (host.home.metrics / "sitewright-backup-run.prom").read_text()


def test_a_backup_that_fails_is_a_run_and_no_success(host: DrillHost) -> None:
    (host.home.keys / vault.PASSWORD).write_text("another\n")
    assert host.verb("backup").returncode != 0
    assert (host.home.metrics / "sitewright-backup-run.prom").exists()
    assert not (host.home.metrics / "sitewright-backup.prom").exists()


def test_before_the_first_deposit_a_backup_says_what_to_do(tmp_path: Path) -> None:
    with drill_host.standing(tmp_path / "host") as made:
        made.home.deposit.rename(tmp_path / "away")
        ended = made.verb("backup", "--json")
    assert ended.returncode == 6
    assert json.loads(ended.stdout)["errors"][0]["mend"].endswith("sitewright backup SITE")


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(2, 10))])
def test_a_killed_backup_is_made_good_by_the_same_command(
    host: DrillHost, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = random.Random(seed).randrange(STEPS)  # noqa: S311 - a seeded step, no secret
    with host.start_backup() as running:
        assert running.stdout is not None
        for _ in range(step + 1):
            running.stdout.readline()
        running.send_signal(signal.SIGKILL)
    left = len(list(host.home.points.glob("*.json")))
    identifier = host.backup()
    assert len(list(host.home.points.glob("*.json"))) == left + 1
    assert host.verb("verify", f"--point={identifier}").returncode == 0
    monkeypatch.setenv("PATH", host.environment()["PATH"])
    restic.check(vault.for_backup(host.home, host.site), part=Part(1, 1), timeout=120)


def test_what_lies_outside_is_manifests_and_evidence_and_no_secret(host: DrillHost) -> None:
    identifier = host.backup()
    ended = host.verb("export")
    with tarfile.open(fileobj=io.BytesIO(ended.stdout)) as tar:
        assert tar.getnames() == [f"points/{identifier}.json"]


@pytest.mark.parametrize("part", ["spec", "pulumi-state", "deposit.json"])
def test_a_deposit_that_lacks_a_part_is_refused_and_the_old_one_stays(host: DrillHost, part: str) -> None:
    before = drill_host.contents(host.home.deposit)
    assert host.verb("deposit", stdin=drill_host.archive(host.site, without=part).read()).returncode in {6, 16}
    assert drill_host.contents(host.home.deposit) == before


def test_a_deposit_that_breaks_off_is_refused_and_the_old_one_stays(host: DrillHost) -> None:
    before = drill_host.contents(host.home.deposit)
    assert host.verb("deposit", stdin=drill_host.archive(host.site).read()[:3000]).returncode == 16
    assert drill_host.contents(host.home.deposit) == before


def test_seven_sweeps_cover_everything(host: DrillHost) -> None:
    host.backup()
    covered = [json.loads(host.verb("sweep", "--json").stdout)["covered_since"] for _ in range(7)]
    assert covered[:6] == [None] * 6
    assert covered[6] is not None
    assert "sitewright_repository_unknown_keys 0" in (host.home.metrics / "sitewright-sweep.prom").read_text()
