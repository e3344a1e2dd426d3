"""The verbs of backup on the operator's machine alone: copies are read and verified without any service."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ops.recovery import catalogue, signing
from tests.cli.conftest import Command
from tests.support import drills


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Make the state directory of site `lab` with a recovery point and evidence in it, as `fetch` leaves them."""
    state = tmp_path / "state" / "sitewright" / "lab"
    (state / "keys").mkdir(parents=True)
    points = drills.keys(purpose=signing.Purpose.RECOVERY_POINT)
    catalogue.add(state / "recovery-points", drills.recovery_point(), points.signer, now=drills.NOW)
    (state / "keys" / "recovery_root.pub").write_bytes(signing.public_text(points.root))
    return state


def point(state: Path) -> Path:
    return next((state / "recovery-points").iterdir())


def test_copies_are_listed_when_the_site_is_gone(sitewright: Command, state: Path) -> None:
    ended = sitewright("recovery-point", "list", "lab", "--offline", "--json")
    assert ended.code == 0, ended.err
    listed = json.loads(ended.out)["recovery_points"]
    assert [entry["id"] for entry in listed] == [point(state).stem]
    assert point(state).stem in sitewright("recovery-point", "list", "lab", "--offline").out


def test_a_copy_is_shown_with_its_members(sitewright: Command, state: Path) -> None:
    ended = sitewright("recovery-point", "show", "lab", "--offline")
    assert ended.code == 0, ended.err
    for word in (point(state).stem, "etcd", "pulumi-state", "models", "2 golden answers from 5 runs"):
        assert word in ended.out


@pytest.mark.parametrize("words", [("list", "lab"), ("show", "lab")])
def test_a_changed_copy_is_refused(sitewright: Command, state: Path, words: tuple[str, ...]) -> None:
    path = point(state)
    path.write_bytes(path.read_bytes().replace(b'"revision":4711', b'"revision":4712', 1))
    identifier = (path.stem,) if words[0] == "show" else ()
    ended = sitewright("recovery-point", *words, *identifier, "--offline", "--json")
    assert ended.code == 16
    assert json.loads(ended.out)["errors"][0]["code"] == "E-INTEGRITY"
    assert "changed after it was signed" in ended.err


def test_an_unknown_point_is_told(sitewright: Command, state: Path) -> None:
    assert state.is_dir()
    ended = sitewright("recovery-point", "show", "lab", "20260101T000000Z-000000", "--offline")
    assert ended.code == 6
    assert len(ended.err.splitlines()) == 3


def test_evidence_is_verified_by_a_key_alone_and_one_byte_is_enough_to_refuse_it(
    sitewright: Command, tmp_path: Path
) -> None:
    made = drills.keys()
    record = drills.evidence_directory(tmp_path / "evidence", made, 2)[-1]
    root = tmp_path / "root.pub"
    root.write_bytes(signing.public_text(made.root))
    good = sitewright("evidence", "verify", str(record), "--root", str(root), "--json")
    assert good.code == 0, good.err
    document = json.loads(good.out)
    assert (document["sequence"], document["scenario"], document["verdict"]) == (2, "model-restore", "pass")
    assert document["linked"]
    assert sitewright("evidence", "verify", str(record.with_suffix(".html")), "--root", str(root)).code == 0
    data = bytearray(record.read_bytes())
    data[len(data) // 2] ^= 1
    record.write_bytes(data)
    assert sitewright("evidence", "verify", str(record), "--root", str(root)).code == 16


def test_without_a_root_key_evidence_is_not_believed(sitewright: Command, tmp_path: Path) -> None:
    record = drills.evidence_directory(tmp_path / "evidence", drills.keys(), 1)[0]
    ended = sitewright("evidence", "verify", str(record))
    assert ended.code == 3
    assert "--root FILE" in ended.err


def test_evidence_of_another_site_is_refused(sitewright: Command, tmp_path: Path) -> None:
    made = drills.keys()
    record = drills.evidence_directory(tmp_path / "evidence", made, 1)[0]
    root = tmp_path / "root.pub"
    root.write_bytes(signing.public_text(made.root))
    ended = sitewright("evidence", "verify", str(record), "--root", str(root), "--site", "other")
    assert ended.code == 16
    assert "it is from site lab, not from other" in ended.err
