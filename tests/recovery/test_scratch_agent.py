"""The agent's verbs for drills, as root of a node runs them, in a directory of the test."""

from __future__ import annotations

import importlib.util
import io
import json
import sys
import tarfile
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from ops.recovery import hashing
from ops.spec import places

DRILL = "drill-0a1b2c3d"


@pytest.fixture
def verbs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    path = places.PROJECT_ROOT / "roles/recovery_agent/files/recovery_scratch.py"
    found = importlib.util.spec_from_file_location("recovery_scratch", path)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    monkeypatch.setattr(module, "DRILLS", tmp_path / "drills")
    monkeypatch.setattr(module, "RESERVE", 0)
    return module


def receive(verbs: ModuleType, monkeypatch: pytest.MonkeyPatch, size: int = 10) -> None:
    """Send two files, one of them a layer with a model in it."""
    inner, outer = io.BytesIO(), io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w") as tar:
        entry = tarfile.TarInfo("weights.gguf")
        entry.size = 7
        tar.addfile(entry, io.BytesIO(b"weights"))
    with tarfile.open(fileobj=outer, mode="w") as tar:
        for name, content in (("store/index.json", b"{}"), ("store/layer", inner.getvalue())):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    outer.seek(0)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=outer))
    verbs.receive([DRILL, str(size)])


def test_what_came_is_hashed_unpacked_damaged_and_wiped(
    verbs: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    receive(verbs, monkeypatch)
    verbs.hashes([DRILL, "store"])
    sent = [hashing.File(**item) for item in json.loads(capsys.readouterr().out)]
    assert sent == list(hashing.hash_tree(tmp_path / "drills" / DRILL / "store"))
    verbs.unpack([DRILL, "weights/smollm2", "store/layer"])
    assert (tmp_path / "drills" / DRILL / "weights/smollm2/weights.gguf").read_bytes() == b"weights"
    verbs.damage([DRILL, "store/index.json"])
    verbs.hashes([DRILL, "store"])
    now = [hashing.File(**item) for item in json.loads(capsys.readouterr().out)]
    assert hashing.differences(sent, now).changed == ("index.json",)
    verbs.kept([])
    assert json.loads(capsys.readouterr().out) == [DRILL]
    verbs.wipe([DRILL])
    assert list((tmp_path / "drills").iterdir()) == []


def test_what_does_not_fit_is_refused_before_a_byte_is_written(
    verbs: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(verbs.Refused, match="no space"):
        receive(verbs, monkeypatch, size=2**60)
    assert list((tmp_path / "drills").iterdir()) == []


@pytest.mark.parametrize("name", ["models", "drill-", "drill-../x", "drill-0a1b/../..", "DRILL-0a1b2c3d", ""])
def test_other_names_are_refused(name: str, verbs: ModuleType) -> None:
    for verb in (verbs.wipe, verbs.stop):
        with pytest.raises(verbs.Refused, match="no drill's name"):
            verb([name])


@pytest.mark.parametrize("part", ["../other", "/etc", "store/../../.."])
def test_paths_outside_the_drill_are_refused(part: str, verbs: ModuleType) -> None:
    with pytest.raises(verbs.Refused, match="outside the drill's directory"):
        verbs.inside(DRILL, part)


@pytest.mark.parametrize(
    "item",
    [
        {"kind": "Deployment", "metadata": {"name": "x", "namespace": DRILL}},
        {"kind": "Pod", "metadata": {"name": "x", "namespace": "models"}},
        {"kind": "Namespace", "metadata": {"name": "models", "labels": {}}},
        {"kind": "Namespace", "metadata": {"name": DRILL, "labels": {}}},
        {
            "kind": "PersistentVolume",
            "metadata": {"name": DRILL},
            "spec": {"local": {"path": "/var/lib/sitewright/drills/drill-0a1b2c3d/../../recovery"}},
        },
    ],
)
def test_objects_that_are_not_the_drills_own_are_refused(item: dict[str, Any], verbs: ModuleType) -> None:
    with pytest.raises(verbs.Refused):
        verbs.check(item, DRILL)
