"""A backup whose process is killed: the same command again converges, and the repository is sound."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.adapters import restic
from ops.adapters.restic_results import Part
from ops.recovery import capture, restore
from ops.recovery.point import Kind
from ops.spec import places
from tests.support import vault

pytestmark = pytest.mark.restic

_CHILD = """
import dataclasses, pathlib, sys
from ops.adapters import restic_binary, restic_repository
from ops.recovery import capture, point
location, password, binary, credential, authority, models = sys.argv[1:]
repository = restic_repository.Repository(
    location, pathlib.Path(password), restic_binary.find(pathlib.Path(binary)),
    credential=pathlib.Path(credential), authority=pathlib.Path(authority))
print("started", flush=True)
capture.capture(repository, point.Kind.MODELS, pathlib.Path(models), host="lab", timeout=120)
"""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = vault.template(tmp_path_factory.mktemp("template"))
    (directory / "models/weights").write_bytes(os.urandom(60_000_000))
    return directory


@pytest.fixture
def made(template: Path, tmp_path: Path) -> Iterator[vault.Vault]:
    with vault.copied(template, tmp_path / "vault") as copy:
        yield copy


def kill_a_backup(made: vault.Vault, after: float) -> None:
    """Start a backup in a process of its own and SIGKILL that process some seconds after its start."""
    known = made.repository
    words = (known.location, known.password, known.binary.path, known.credential, known.authority, made.models)
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, *map(str, words)],
        stdout=subprocess.PIPE,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(places.PROJECT_ROOT)},
    )
    with child:
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(after)
        child.send_signal(signal.SIGKILL)


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(2, 12))])
def test_a_killed_backup_is_made_good_by_the_same_command(seed: int, made: vault.Vault, tmp_path: Path) -> None:
    kill_a_backup(made, random.Random(seed).uniform(0.0, 2.5))  # noqa: S311 - a seeded moment, no secret
    member = capture.capture(made.repository, Kind.MODELS, made.models, host="lab", timeout=120)
    restic.check(made.repository, part=Part(1, 1), timeout=120)
    back = restore.restore(made.repository, member, tmp_path / "back", timeout=120)
    assert back.files == 2
