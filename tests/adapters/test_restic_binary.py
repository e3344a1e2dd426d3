"""Which restic is trusted."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops import errors
from ops.adapters import restic_binary
from tests.support import recorded


@pytest.mark.parametrize("version", ["0.18.0", "0.18.1", "0.19.1", "1.0.0"])
def test_released_versions_from_the_minimum_on_are_taken(version: str) -> None:
    assert ".".join(map(str, restic_binary.judge(version, Path("restic")))) == version


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        ("0.14.0", "too old"),
        ("0.17.3", "too old"),
        ("0.16.3", "damage data at compression max"),
        ("0.19.1-dev", "only released versions"),
        ("nonsense", "only released versions"),
    ],
)
def test_other_versions_are_refused_with_the_reason(version: str, reason: str) -> None:
    with pytest.raises(errors.PrerequisiteError, match=reason):
        restic_binary.judge(version, Path("restic"))


def test_the_text_of_an_old_restic_is_understood_and_refused(tmp_path: Path) -> None:
    said = "restic 0.14.0 compiled with go1.19.8 on linux/amd64\n"
    program = recorded.player(tmp_path / "restic", {"version": recorded.Recording(0, said)})
    with pytest.raises(errors.PrerequisiteError, match=r"0\.14\.0 is too old"):
        restic_binary.find(program)


def test_a_replaced_program_is_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "restic"
    for version in ("0.18.0", "0.19.1000"):
        said = f'{{"message_type":"version","version":"{version}"}}\n'
        found = restic_binary.find(recorded.player(path, {"version": recorded.Recording(0, said)}))
        assert ".".join(map(str, found.version)) == version


@pytest.mark.parametrize("said", ["", "something else\n", "[]\n", "{}\n"])
def test_a_program_that_is_no_restic_is_refused(tmp_path: Path, said: str) -> None:
    program = recorded.player(tmp_path / "restic", {"version": recorded.Recording(0, said)})
    with pytest.raises(errors.PrerequisiteError, match="does not tell a restic version"):
        restic_binary.find(program)


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(errors.PrerequisiteError, match="there is no restic at"):
        restic_binary.find(tmp_path / "restic")
