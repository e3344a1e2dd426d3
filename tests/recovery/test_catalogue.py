"""The directory of recovery points."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from ops import errors
from ops.recovery import catalogue, signing
from tests.support import drills


@pytest.fixture
def keys() -> drills.Keys:
    return drills.keys(purpose=signing.Purpose.RECOVERY_POINT)


def filled(directory: Path, keys: drills.Keys) -> list[Path]:
    ages = (datetime.timedelta(hours=hours) for hours in (30, 7, 1))
    return [catalogue.add(directory, drills.recovery_point(age=age), keys.signer, now=drills.NOW) for age in ages]


def test_the_newest_is_found_and_each_by_its_id(keys: drills.Keys, tmp_path: Path) -> None:
    paths = filled(tmp_path, keys)
    assert catalogue.find(tmp_path, keys.root, site="lab").path == paths[2]
    for path in paths:
        assert catalogue.find(tmp_path, keys.root, site="lab", identifier=path.stem).path == path
    assert [entry.path for entry in catalogue.read(tmp_path, keys.root, site="lab").entries] == paths


def test_a_damaged_manifest_is_told_and_hides_no_other(keys: drills.Keys, tmp_path: Path) -> None:
    paths = filled(tmp_path, keys)
    paths[2].write_bytes(paths[2].read_bytes()[:-10])
    (tmp_path / "half.json.new").write_bytes(b"half")
    there = catalogue.read(tmp_path, keys.root, site="lab")
    assert [error.where for error in there.refused] == [str(paths[2])]
    assert catalogue.find(tmp_path, keys.root, site="lab").path == paths[1]
    with pytest.raises(errors.IntegrityError):
        catalogue.find(tmp_path, keys.root, site="lab", identifier=paths[2].stem)


def test_an_old_manifest_under_a_new_name_is_refused(keys: drills.Keys, tmp_path: Path) -> None:
    paths = filled(tmp_path, keys)
    newer = tmp_path / "20991231T235959Z-ffffff.json"
    newer.write_bytes(paths[0].read_bytes())
    assert catalogue.find(tmp_path, keys.root, site="lab").path == paths[2]
    with pytest.raises(errors.IntegrityError, match="it is of 20261123T"):
        catalogue.find(tmp_path, keys.root, site="lab", identifier=newer.stem)


def test_what_is_not_there_is_named(keys: drills.Keys, tmp_path: Path) -> None:
    with pytest.raises(errors.NotFoundError, match="there is no recovery point"):
        catalogue.find(tmp_path / "none", keys.root, site="lab")
    with pytest.raises(errors.NotFoundError, match="no recovery point yesterday"):
        catalogue.find(tmp_path, keys.root, site="lab", identifier="yesterday")
