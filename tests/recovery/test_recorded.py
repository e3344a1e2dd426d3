"""The recordings say where they come from."""

from __future__ import annotations

import json

import pytest

from tests.support import recorded

CASES = sorted(path.stem for path in (recorded.RECORDED / recorded.VERSIONS[0]).iterdir())


@pytest.mark.parametrize("version", recorded.VERSIONS)
@pytest.mark.parametrize("case", CASES)
def test_a_recording_carries_its_origin_and_no_name_of_a_machine(version: str, case: str) -> None:
    document = json.loads((recorded.RECORDED / version / f"{case}.json").read_text())
    assert document["version"] == version
    assert len(document["binary_sha256"]) == 64
    assert document["script"] == "python -m tests.recovery.record"
    assert document["command"][0] == "restic"
    assert isinstance(document["returncode"], int)
    assert "/tmp/" not in document["stdout"] + document["stderr"]  # noqa: S108 - what must not be there
