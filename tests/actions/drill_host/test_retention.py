"""What is older than the site keeps goes, with its data, after a sound sweep; nothing else ever does."""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.adapters import restic, restic_process, restic_repository
from ops.adapters.restic_binary import Binary
from ops.adapters.restic_results import Retention
from ops.plan import recovery
from ops.recovery import catalogue, home, point, retention, signing, vault
from ops.recovery.point import Kind, RecoveryPoint
from ops.spec import places
from tests.support import drill_host
from tests.support.drill_host import DrillHost

pytestmark = pytest.mark.restic

OLD = datetime.datetime(2020, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
ACCOUNT = 12345
"""Stands for the backup server's account."""
DAMAGED = 16
"""The exit code for what is not as it was stored."""


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DrillHost]:
    with drill_host.standing(tmp_path / "host") as made:
        monkeypatch.setenv("PATH", made.environment()["PATH"])
        yield made


def points(host: DrillHost) -> list[str]:
    """Return the ids of all recovery points, oldest first."""
    found = catalogue.read(host.home.points, vault.root(host.home), site=host.site.name)
    assert not found.refused
    return [entry.point.id for entry in found.entries]


def snapshots(host: DrillHost) -> set[str]:
    """Return the ids of all snapshots."""
    return {snapshot.id for snapshot in restic.snapshots(vault.for_drill(host.home, host.site))}


def age(host: DrillHost) -> str:
    """Make the only recovery point one of 2020, snapshots and all, and return its new id."""
    repository = vault.for_administration(host.home, host.site)
    before = {snapshot.id for snapshot in restic.snapshots(repository)}
    words = ["rewrite", "--forget", "--new-time", OLD.strftime("%Y-%m-%d %H:%M:%S"), *before]
    with restic_repository.command(repository, words) as command:
        assert restic_process.run(command, timeout=60).returncode == 0
    aged = {"".join(snapshot.tags or ()): snapshot.id for snapshot in restic.snapshots(repository)}
    (entry,) = catalogue.read(host.home.points, vault.root(host.home), site=host.site.name).entries
    members = tuple(
        member.model_copy(update={"snapshot": aged[member.kind], "taken": OLD}) for member in entry.point.members
    )
    made = RecoveryPoint.model_validate(
        entry.point.model_dump()
        | {"id": point.identifier(OLD, members), "members": members, "started": OLD, "ended": OLD, "skew_s": 0.0}
    )
    entry.path.unlink()
    signer = vault.signer(host.home, signing.Purpose.RECOVERY_POINT)
    catalogue.add(host.home.points, made, signer, now=datetime.datetime.now(datetime.UTC))
    return made.id


def sweep(host: DrillHost) -> dict[str, Any]:
    """Run the verb and return what it says."""
    ended = host.verb("sweep", "--json")
    assert ended.returncode == 0, ended
    told: dict[str, Any] = json.loads(ended.stdout)
    return told


def test_an_old_point_goes_with_its_data_and_a_young_one_stays(host: DrillHost) -> None:
    host.backup()
    old = age(host)
    next(host.home.models.rglob("weights")).write_bytes(os.urandom(drill_host.MODEL_BYTES))
    young = host.backup()
    # what a run leaves that was killed between its two halves: a snapshot that is gone, its data that are not
    administrator = vault.for_administration(host.home, host.site)
    restic.forget(administrator, Retention("720h"), host=host.site.name, tag=Kind.MODELS)
    (host.home.state / "prune-due").touch()
    for path in (host.data, *host.data.rglob("*")):
        os.chown(path, ACCOUNT, ACCOUNT)
    stored = sum(drill_host.contents(host.data / "data").values())
    told = sweep(host)
    assert told["removed_points"] == [old]
    assert told["removed_snapshots"] == len(Kind) - 1
    assert points(host) == [young]
    assert sum(drill_host.contents(host.data / "data").values()) < stored - drill_host.MODEL_BYTES // 2
    assert {path.stat().st_uid for path in host.data.rglob("*")} == {ACCOUNT}
    assert host.verb("verify").returncode == 0
    assert sweep(host)["removed_points"] == []


def test_nothing_goes_while_no_point_is_young_or_the_repository_is_damaged(host: DrillHost) -> None:
    host.backup()
    old, before = age(host), snapshots(host)
    told = sweep(host)
    assert (told["removed_points"], told["removed_snapshots"]) == ([], 0)
    assert (points(host), snapshots(host)) == ([old], before)
    young, before = host.backup(), snapshots(host)
    for pack in (path for path in (host.data / "data").rglob("*") if path.is_file()):
        pack.chmod(0o600)
        pack.write_bytes(pack.read_bytes()[:-1])
    assert host.verb("sweep").returncode == DAMAGED
    assert points(host) == [old, young]
    assert {path.name for path in (host.data / "snapshots").iterdir()} >= before


def test_a_point_that_lost_a_snapshot_too_early_stays_to_be_seen(host: DrillHost) -> None:
    identifier = host.backup()
    next((host.data / "snapshots").iterdir()).unlink()
    assert sweep(host)["removed_points"] == []
    assert points(host) == [identifier]


def test_a_prune_that_is_due_stays_due_when_nothing_more_is_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = home.Home(tmp_path)
    place.state.mkdir()
    due = place.state / "prune-due"
    due.touch()
    monkeypatch.setattr(restic, "snapshots", lambda *_, **__: ())
    repository = restic_repository.Repository("/nowhere", tmp_path, Binary(tmp_path, (0, 18, 0)))
    assert retention._forget(place, repository, "lab", datetime.timedelta(days=1)) == ()
    assert due.exists()


def test_the_repositories_lie_where_the_role_puts_them() -> None:
    role = yaml.safe_load((places.PROJECT_ROOT / "roles/backup_server/defaults/main.yml").read_text())
    assert role["backup_server_directory"] == recovery.REPOSITORIES


@pytest.mark.parametrize(("seconds", "shown"), [(3600, "1h"), (3601, "2h"), (30 * 86400, "720h"), (1, "1h")])
def test_ages_are_rounded_up_to_hours(seconds: int, shown: str) -> None:
    assert retention.hours(datetime.timedelta(seconds=seconds)) == shown
